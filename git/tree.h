/*
 * Files as they stood at a commit, read from the object database, never a checkout; and
 * the same files in a person's working tree. Hostile input: links and submodules are
 * refused on every step of a path, sizes and counts are bounded, nothing is followed,
 * nothing is executed.
 */
#pragma once

#include "base/diag.h"
#include "base/error.h"
#include "git/repo.h"

enum { FILE_BYTES_MAX = 32 * 1024 * 1024, TREE_ENTRIES_MAX = 200000 };

/*
 * One file; `path` is relative to the repository's root. True with *out NULL when there
 * is none. ERROR_INVALID names the path: a link or submodule on the way to it, a folder,
 * an empty part, "." or "..", anything under .git, over FILE_BYTES_MAX.
 */
bool tree_read(struct repo *repo, struct arena *arena, const char *commit,
	       const char *path, struct file **out, struct error *err);

/*
 * The paths of all files for which `wanted` says yes, sorted by bytes. `wanted` is asked
 * about links and submodules too, and a yes there is ERROR_INVALID; what a link points to
 * is never walked. At most TREE_ENTRIES_MAX entries are looked at, folders included, and
 * 64 folders deep: more is ERROR_INVALID.
 */
bool tree_list(struct repo *repo, struct arena *arena, const char *commit,
	       bool (*wanted)(void *what, const char *path), void *what,
	       const char ***out, size_t *len, struct error *err);

/* The object id of a path's file ("" when there is none): equal ids are equal contents.
 */
bool tree_id(struct repo *repo, const char *commit, const char *path,
	     char out[COMMIT_HEX], struct error *err);

/*
 * The same of the working tree of a checkout, as it stands on disk: changed, untracked
 * and ignored files too. Neither .git nor another repository inside (a submodule) is
 * looked into; devices and pipes are refused as links are. ERROR_LOCAL when the disk
 * fails.
 */
bool worktree_read(struct repo *repo, struct arena *arena, const char *path,
		   struct file **out, struct error *err);
bool worktree_list(struct repo *repo, struct arena *arena,
		   bool (*wanted)(void *what, const char *path), void *what,
		   const char ***out, size_t *len, struct error *err);
