/* A world kept in a file: --save. */
#pragma once

#include "base/error.h"
#include "world.h"

struct save {
	const char *path; /* NULL: nothing is kept */
	uint64_t changes; /* of the world when it was last written */
};

/* The first write comes at once. */
void save_init(struct save *save, const char *path);

/* Write the world if it has changed: whole or not at all. */
bool save_world(struct save *save, const struct world *world, struct error *err);

/* The same; what is wrong is told on standard error. */
void save_or_complain(struct save *save, const struct world *world);
