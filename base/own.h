/*
 * Release a value where its name ends.
 *
 * OWN_DEFINE(git_tree, git_tree *, git_tree_free) allows
 * `own(git_tree) git_tree *tree = NULL;` from then on. The value must be initialized.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define own(name) __attribute__((cleanup(own_##name)))

#define OWN_DEFINE(name, type, release)            \
	static inline void own_##name(type *value) \
	{                                          \
		if (*value)                        \
			release(*value);           \
	}                                          \
	struct own_##name##_defined

/* Hand on what is owned: the name is empty afterwards. */
#define own_take(value)                             \
	({                                          \
		__typeof__(value) taken_ = (value); \
		(value) = NULL;                     \
		taken_;                             \
	})

static inline void own_free(void *value)
{
	free(*(void **)value);
}

/* A file descriptor; -1 is none. */
static inline void own_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

OWN_DEFINE(file, FILE *, fclose);
