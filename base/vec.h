/*
 * Arrays that grow inside an arena: a pointer, a length, a capacity.
 *
 *	struct names { const char **at; size_t len, cap; } names = { 0 };
 *	*vec_push(arena, &names) = "web-01";
 */
#pragma once

#include "base/arena.h"

#include <string.h>

/* Room for one more at the end, zeroed; a pointer to it, good until the next push. */
#define vec_push(arena, vec)                                                  \
	({                                                                    \
		__typeof__(vec) vec_ = (vec);                                 \
		vec_->at = vec_grow((arena), vec_->at, &vec_->cap, vec_->len, \
				    sizeof(*vec_->at));                       \
		vec_->len++;                                                  \
		&vec_->at[vec_->len - 1];                                     \
	})

static inline void *vec_grow(struct arena *arena, void *at, size_t *cap, size_t len,
			     size_t size)
{
	size_t more = *cap ? *cap * 2 : 8;
	void *moved;

	if (len < *cap)
		return at;
	moved = arena_alloc(arena, more, size);
	if (len > 0)
		memcpy(moved, at, len * size);
	*cap = more;
	return moved;
}
