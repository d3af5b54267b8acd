/* A person's checkout: where it is, what its HEAD is, and what that follows. */
#include "git/open.h"

#include "git/command.h"

#include "base/text.h"

#include <limits.h>
#include <string.h>

static const char *without_slash(struct arena *arena, const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return arena_strndup(arena, path, len);
}

/* A value of the configuration, NULL when it is not set. */
static bool config_text(git_repository *git, struct arena *arena, const char *key,
			const char **out, struct error *err)
{
	own(git_config) git_config *config = NULL;
	own(git_buf) git_buf value = { 0 };
	int code = git_repository_config_snapshot(&config, git);

	*out = NULL;
	if (code == 0)
		code = git_config_get_string_buf(&value, config, key);
	if (code == GIT_ENOTFOUND || code == GIT_EINVALIDSPEC)
		return true;
	if (code < 0)
		return git_failed(err, code, key);
	*out = arena_strndup(arena, value.ptr, value.size);
	return true;
}

bool upstream_of(git_repository *git, struct arena *arena, const char *branch,
		 const char **remote, const char **upstream_branch, struct error *err)
{
	const char *merge;

	*upstream_branch = NULL;
	if (!config_text(git, arena, arena_printf(arena, "branch.%s.remote", branch),
			 remote, err) ||
	    !config_text(git, arena, arena_printf(arena, "branch.%s.merge", branch),
			 &merge, err))
		return false;
	if (*remote && **remote && **remote != '-' && merge &&
	    str_starts(merge, "refs/heads/"))
		*upstream_branch = arena_strdup(arena, merge + strlen("refs/heads/"));
	else
		*remote = NULL;
	return true;
}

bool repo_head(struct repo *repo, struct arena *arena, struct repo_head *out,
	       struct error *err)
{
	own(git_reference) git_reference *head = NULL;
	const char *target;
	int code;

	*out = (struct repo_head){ 0 };
	if (repo->cache)
		return error_set(err, ERROR_LOCAL, "%s is not a checkout", repo->dir);
	if ((code = git_reference_lookup(&head, repo->git, "HEAD")) < 0)
		return git_failed(err, code, "HEAD");
	if (!ref_commit(repo, "HEAD", out->commit, err))
		return false;
	target = git_reference_symbolic_target(head);
	if (!target || !str_starts(target, "refs/heads/"))
		return true;
	out->branch = arena_strdup(arena, target + strlen("refs/heads/"));
	return upstream_of(repo->git, arena, out->branch, &out->remote,
			   &out->upstream_branch, err);
}

/*
 * A detached HEAD follows nothing (CI): `origin`, or else the only remote there is. (Not
 * git_remote_list: each match of its pattern leaks 20 KiB in libgit2 1.5.)
 */
static bool only_remote(const struct repo *repo, const char **out, struct error *err)
{
	own(git_config) git_config *config = NULL;
	own(git_config_iterator) git_config_iterator *iterator = NULL;
	git_config_entry *entry;
	bool several = false;
	int code;

	*out = NULL;
	if ((code = git_repository_config_snapshot(&config, repo->git)) < 0 ||
	    (code = git_config_iterator_new(&iterator, config)) < 0)
		return git_failed(err, code, "remotes");
	while ((code = git_config_next(&entry, iterator)) == 0) {
		const char *name;

		if (!str_starts(entry->name, "remote.") || !str_ends(entry->name, ".url"))
			continue;
		name = arena_strndup(repo->arena, entry->name + strlen("remote."),
				     strlen(entry->name) - strlen("remote..url"));
		several = several || (*out && strcmp(*out, name) != 0);
		if (!*out || strcmp(name, "origin") == 0)
			*out = name;
	}
	if (code != GIT_ITEROVER)
		return git_failed(err, code, "remotes");
	if (several && strcmp(*out, "origin") != 0)
		*out = NULL;
	return true;
}

static bool remote_found(struct repo *repo, struct error *err)
{
	struct repo_head head;
	const char *url = NULL;

	if (!repo_head(repo, repo->arena, &head, err))
		return false;
	repo->remote = head.remote;
	if (!head.branch && !only_remote(repo, &repo->remote, err))
		return false;
	repo->name = repo->dir;
	if (!repo->remote)
		return true;
	if (!config_text(repo->git, repo->arena,
			 arena_printf(repo->arena, "remote.%s.url", repo->remote), &url,
			 err))
		return false;
	if (url || strcmp(repo->remote, ".") != 0) {
		char *name = arena_strdup(repo->arena, url ? url : repo->remote);

		url_redact(name);
		repo->name = name;
	}
	return true;
}

/* The part of `dir` below the top of the work tree. */
static bool prefix_found(struct repo *repo, const char *dir, struct error *err)
{
	char real[PATH_MAX], top[PATH_MAX];
	size_t len;

	if (!realpath(dir, real) || !realpath(repo->dir, top))
		return error_set(err, ERROR_LOCAL, "%s: cannot be resolved", dir);
	len = strlen(top);
	if (strncmp(real, top, len) != 0 || (real[len] != '/' && real[len]))
		return error_set(err, ERROR_INVALID, "%s: not in the working tree %s",
				 dir, top);
	repo->prefix = arena_strdup(repo->arena, real[len] ? real + len + 1 : "");
	return true;
}

bool open_checkout(struct repo *repo, const char *dir, struct error *err)
{
	const char *top;
	int code = git_repository_open_ext(&repo->git, dir, 0, NULL);

	if (code == GIT_ENOTFOUND)
		return error_set(err, ERROR_INVALID, "%s: not in a Git checkout", dir);
	if (code < 0)
		return git_failed(err, code, dir);
	top = git_repository_workdir(repo->git);
	if (!top)
		return error_set(err, ERROR_INVALID,
				 "%s: a bare repository has no files: use --repo", dir);
	repo->dir = without_slash(repo->arena, top);
	/* Linked worktrees share their objects and branches, so also vm7's lock. */
	repo->private_dir = arena_printf(
		repo->arena, "%s/vm7",
		without_slash(repo->arena, git_repository_commondir(repo->git)));
	return owner_trusted(repo, err) && prefix_found(repo, dir, err) &&
	       remote_found(repo, err);
}
