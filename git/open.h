/* The two ways to have a repository, for repo_open alone. */
#pragma once

#include "git/inside.h"

/* vm7's own cache of config->url; made when missing. */
bool open_cache(struct repo *repo, const struct repo_config *config, struct error *err);

/* Throw away all that the cache holds of its remote, and begin it anew: it is damaged. The
 * caller's own files in it stay. */
bool cache_renew(struct repo *repo, struct error *err);

/* The work tree around the folder `dir`, and the remote of its HEAD's branch. */
bool open_checkout(struct repo *repo, const char *dir, struct error *err);

/*
 * Who may change the files of a repository may make git run programs: like git, vm7 works
 * in a person's own repository only, or in one that their configuration trusts
 * (safe.directory). ERROR_LOCAL otherwise.
 */
bool owner_trusted(const struct repo *repo, struct error *err);

/* The remote and the branch on it that a local branch follows; both NULL without. */
bool upstream_of(git_repository *git, struct arena *arena, const char *branch,
		 const char **remote, const char **upstream_branch, struct error *err);
