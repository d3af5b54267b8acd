#include "git/history.h"

#include "base/text.h"
#include "base/vec.h"

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 300, TRAILERS_MAX = 50, TOUCHED_MAX = 1000 };

static void read_trailers(struct commit *commit, struct arena *arena, const char *message)
{
	git_message_trailer_array found;
	struct {
		struct trailer *at;
		size_t len, cap;
	} trailers = { 0 };

	if (git_message_trailers(&found, message) < 0)
		return;
	for (size_t i = 0; i < found.count && i < TRAILERS_MAX; i++) {
		struct trailer *trailer = vec_push(arena, &trailers);

		trailer->key = str_safe(arena, found.trailers[i].key, WORD_MAX);
		trailer->value = str_safe(arena, found.trailers[i].value, WORD_MAX);
		if (strcasecmp(trailer->key, "Vm7-Pass") == 0)
			commit->pass = trailer->value;
		else if (strcasecmp(trailer->key, "Vm7-Source") == 0)
			commit->source = trailer->value;
	}
	git_message_trailer_array_free(&found);
	commit->trailers = trailers.at;
	commit->trailers_len = trailers.len;
	commit->ours = commit->pass != NULL;
}

static bool read_commit(const struct repo *repo, struct arena *arena, const git_oid *id,
			struct commit *out, struct error *err)
{
	own(git_commit) git_commit *commit = NULL;
	const git_signature *author;
	const char *summary;
	int code = git_commit_lookup(&commit, repo->git, id);

	if (code < 0)
		return git_failed(err, code, "history");
	author = git_commit_author(commit);
	summary = git_commit_summary(commit);
	git_oid_tostr(out->id, sizeof(out->id), id);
	out->parents = git_commit_parentcount(commit);
	if (out->parents > 0)
		git_oid_tostr(out->parent, sizeof(out->parent),
			      git_commit_parent_id(commit, 0));
	out->time = git_commit_committer(commit)->when.time;
	out->subject = str_safe(arena, summary ? summary : "", WORD_MAX);
	out->author = str_safe(
		arena,
		arena_printf(arena, "%.200s <%.200s>", author->name, author->email),
		WORD_MAX);
	read_trailers(out, arena, git_commit_message(commit));
	return true;
}

static bool read_taken(const struct history *history, struct arena *arena,
		       struct commit **out, size_t *len, struct error *err)
{
	*out = arena_array(arena, struct commit, history->taken.len + 1);
	for (size_t i = 0; i < history->taken.len; i++) {
		const struct history_node *node = history->taken.at[i];

		if (node->excluded)
			continue;
		if (!read_commit(history->repo, arena, &node->id, &(*out)[*len], err))
			return false;
		++*len;
	}
	return true;
}

bool repo_walk(struct repo *repo, struct arena *arena, const char *tip, const char *until,
	       size_t most, struct commit **out, size_t *len, struct error *err)
{
	struct arena *scratch = arena_create();
	struct history history;
	bool ok = history_walk(&history, repo, scratch, tip, until, most, err);

	*out = NULL;
	*len = 0;
	if (ok && *until && !history.reached)
		ok = error_set(err, ERROR_REFUSED,
			       "commit %.12s is no ancestor of %.12s%s", until, tip,
			       history.holes ? ", as far as its history is at hand" : "");
	ok = ok && read_taken(&history, arena, out, len, err);
	arena_destroy(scratch);
	return ok;
}

bool repo_mainline(struct repo *repo, struct arena *arena, const char *tip,
		   const char *until, size_t most, char (**out)[COMMIT_HEX], size_t *len,
		   bool *met, struct error *err)
{
	char(*ids)[COMMIT_HEX] = arena_alloc(arena, most, sizeof(*ids));
	const git_oid *parent;
	git_oid id;
	int code = git_oid_fromstr(&id, tip);

	*out = ids;
	*len = 0;
	if (code < 0)
		return git_failed(err, code, "history");
	while (*len < most && git_oid_streq(&id, until) != 0) {
		own(git_commit) git_commit *commit = NULL;

		code = git_commit_lookup(&commit, repo->git, &id);
		if (code == GIT_ENOTFOUND && *len > 0)
			break;
		if (code < 0)
			return git_failed(err, code, "history");
		git_oid_tostr(ids[(*len)++], COMMIT_HEX, &id);
		parent = git_commit_parent_id(commit, 0);
		if (!parent)
			break;
		id = *parent;
	}
	*met = git_oid_streq(&id, until) == 0;
	return true;
}

bool commit_touches(struct repo *repo, struct arena *arena, const char *commit,
		    const char ***paths, size_t *len, struct error *err)
{
	own(git_commit) git_commit *child = NULL, *parent = NULL;
	own(git_tree) git_tree *now = NULL, *before = NULL;
	own(git_diff) git_diff *diff = NULL;
	git_diff_options options = GIT_DIFF_OPTIONS_INIT;
	git_oid id;
	int code;

	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
	options.ignore_submodules = GIT_SUBMODULE_IGNORE_NONE;
	if ((code = git_oid_fromstr(&id, commit)) < 0 ||
	    (code = git_commit_lookup(&child, repo->git, &id)) < 0 ||
	    (code = git_commit_tree(&now, child)) < 0 ||
	    (code = git_commit_parent(&parent, child, 0)) < 0 ||
	    (code = git_commit_tree(&before, parent)) < 0 ||
	    (code = git_diff_tree_to_tree(&diff, repo->git, before, now, &options)) < 0)
		return git_failed(err, code, commit);
	*len = git_diff_num_deltas(diff);
	if (*len > TOUCHED_MAX)
		return error_set(err, ERROR_INVALID, "%.12s changes %zu files", commit,
				 *len);
	*paths = arena_array(arena, const char *, *len + 1);
	for (size_t i = 0; i < *len; i++)
		(*paths)[i] =
			arena_strdup(arena, git_diff_get_delta(diff, i)->new_file.path);
	return true;
}
