/*
 * What is being done, for the person who waits: on a terminal one line a guest that
 * changes in place, elsewhere one line a step. On standard error.
 */
#pragma once

#include "reconcile/making.h"

struct progress;

struct progress *progress_create(bool terminal);
void progress_destroy(struct progress *progress);

/* A step of a guest begins, or is over when `done`. */
void progress_step(void *progress, const char *guest, enum step step, bool done);

/* How it ended for a guest; NULL: well. */
void progress_end(struct progress *progress, const char *guest, const char *why_not);

/* "being made"; "" for what is no work. */
const char *progress_words(enum step step);
