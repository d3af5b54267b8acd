/*
 * What is asked of a simulated cluster, one call after the other, and what comes of each.
 *
 * An ask is "METHOD /path?query form", as admin@pve!admin of the default world or, behind
 * "as USER ", as somebody else; a form that begins with "--" is an upload. What comes of it
 * is how the task ended that it started; else the status line and errors of a refusal; else
 * its data. It has to contain `gives`, or to be without it behind a "!". "change JSON" is no
 * call but world_change(), "save" writes the world out and reads it again.
 * "@" in an ask is the last volume that an answer listed.
 */
#pragma once

#include <stddef.h>

#define STEPS_MAX 14

struct step {
	const char *ask, *gives;
};

struct story {
	const char *name;
	struct step steps[STEPS_MAX]; /* up to one without `ask` */
	unsigned only;                /* on this version of PVE; 0: on both */
};

/* For add_rows(): a row is a story. */
void story_plays(void **state);
