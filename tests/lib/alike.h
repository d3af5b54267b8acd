/*
 * Is an answer like the one that PVE gave? Alike means equal by value and by type, but
 * for
 *
 *   - names made up on the spot (UPIDs, MACs, UUIDs, digests): where PVE repeats one, so
 *     must the other side;
 *   - readings of clocks, memory, disks and processors: any value of the same type;
 *   - the order of lists that PVE makes by walking a hash.
 */
#pragma once

#include "base/arena.h"
#include "base/text.h"

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>

struct alike {
	struct arena *arena;
	regex_t made_up, noise;
	json_t *names; /* PVE's: ours */
};

void alike_init(struct alike *alike, struct arena *arena);
void alike_finish(struct alike *alike);

/* `name` of PVE stands for `ours` from now on. */
void alike_learn(struct alike *alike, const char *name, const char *ours);

/* PVE's text with our names in it. Names not heard of before stand for themselves. */
char *alike_translate(struct alike *alike, const char *theirs);

/* When they are not alike, `where` says where they part. */
bool alike_text(struct alike *alike, const char *theirs, const char *ours);
bool alike_json(struct alike *alike, const json_t *theirs, const json_t *ours,
		struct text *where);

/* Bodies: JSON when PVE's is, else their first lines. */
bool alike_body(struct alike *alike, const char *theirs, const char *ours,
		struct text *where);
