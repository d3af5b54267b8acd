#include "git/sweep.h"

#include "base/arena.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	/* Of 256 folders of loose objects one is looked into: as git does it itself. */
	SAMPLE_MAX = 20,
	PACKS_MAX = 40,
	OPEN_MAX_FOLDERS = 16,
};

OWN_DEFINE(dir, DIR *, closedir);

/*
 * The top of the cache also holds the caller's own files (the instance's lock!): there,
 * only names that are known to be git's.
 */
static bool is_stale_at_top(const char *name)
{
	static const char *const names[] = { "HEAD.lock", "config.lock",
					     "packed-refs.lock", "shallow.lock" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return str_starts(name, "shallow_");
}

static bool is_stale(const char *name)
{
	return str_ends(name, ".lock") || str_ends(name, ".keep") ||
	       str_starts(name, "tmp_") || str_starts(name, "incoming-");
}

/* Depth first, so a temporary folder is empty when its turn comes. */
static int sweep_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	const char *name = path + at->base;

	(void)st;
	if (at->level == 0 || !(at->level == 1 ? is_stale_at_top(name) : is_stale(name)))
		return 0;
	if (type == FTW_DP)
		rmdir(path); /* fails, rightly, for a folder with something good in it */
	else if (type == FTW_F)
		unlink(path);
	return 0;
}

bool sweep(struct repo *repo, struct error *err)
{
	if (repo->swept)
		return true;
	if (nftw(repo->dir, sweep_one, OPEN_MAX_FOLDERS,
		 FTW_PHYS | FTW_DEPTH | FTW_MOUNT) < 0)
		return error_set(err, ERROR_LOCAL, "%s: %s", repo->dir, strerror(errno));
	repo->swept = true;
	return true;
}

static size_t files_in(struct arena *arena, const char *dir, const char *sub,
		       const char *ending)
{
	own(dir) DIR *at = opendir(arena_printf(arena, "%s/%s", dir, sub));
	struct dirent *entry;
	size_t count = 0;

	while (at && (entry = readdir(at)) != NULL)
		count += entry->d_name[0] != '.' && str_ends(entry->d_name, ending);
	return count;
}

bool sweep_is_due(const struct repo *repo)
{
	struct arena *arena = arena_create();
	bool due = files_in(arena, repo->dir, "objects/17", "") > SAMPLE_MAX ||
		   files_in(arena, repo->dir, "objects/pack", ".pack") > PACKS_MAX;

	arena_destroy(arena);
	return due;
}
