/* Names looked up in a list: sorted once, found by halves. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct index_entry {
	const char *name;
	size_t at; /* position in the list */
};

/* Sorted by name, then position. */
struct index {
	struct index_entry *entries;
	size_t len;
};

/* Of `count` structs of `size` bytes at `list`; the first member of each is its name, a
 * `const char *` that is not NULL. */
void index_init(struct index *index, struct arena *arena, const void *list, size_t count,
		size_t size);

/* The first of that name; false when there is none. */
bool index_find(const struct index *index, const char *name, size_t *at);

/* The name most like it, or NULL. Not searched among very many. */
const char *index_nearest(const struct index *index, struct arena *arena,
			  const char *name);
