/* Paths of a repository taken apart, and the lists of files that are made of them. */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { PATH_DEPTH_MAX = 64, PATH_BYTES_MAX = 4096 };

/*
 * The parts of a path that is relative to the top of a repository. ERROR_INVALID for an
 * empty part, "." and "..", anything that is or looks like .git, and what is too long.
 */
bool path_split(struct arena *arena, const char *path, char ***parts, size_t *count,
		struct error *err);

/* The first `count` parts with slashes between them. */
char *path_join(struct arena *arena, char *const *parts, size_t count);

/* ".git" as any file system may spell it. */
bool path_is_git(const char *name);

/* Files found so far, by who walks a tree. */
struct listing {
	struct arena *arena;   /* of what is wanted */
	struct arena *scratch; /* of what is only looked at */
	bool (*wanted)(void *what, const char *path);
	void *what;
	const char **at;
	size_t len, cap;
	size_t looked; /* at that many entries */
};

void listing_init(struct listing *listing, struct arena *arena,
		  bool (*wanted)(void *what, const char *path), void *what);

/* One more entry `name` is looked at in the folder `folder` ("" at the top): its path.
 * NULL, and ERROR_INVALID, when there are too many or it is too long. */
const char *listing_look(struct listing *listing, const char *folder, const char *name,
			 struct error *err);
bool listing_wants(const struct listing *listing, const char *path);
void listing_add(struct listing *listing, const char *path);

/* Hand out what was found, sorted by bytes, when `ok`; forget the rest. Returns `ok`. */
bool listing_end(struct listing *listing, bool ok, const char ***out, size_t *len);
