#include "git/inside.h"

#include "git/open.h"

#include "base/text.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

bool git_failed(struct error *err, int code, const char *what)
{
	const git_error *last = git_error_last();

	return error_set(err, ERROR_LOCAL, "%s: %s (git error %d)", what,
			 last && last->message ? last->message : "failed", code);
}

/* Names, mails and branches end up in git's own files: one line of plain text each. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f || *text == '<' ||
		    *text == '>')
			return false;
	return true;
}

bool author_read(struct arena *arena, const char *text, const char **name,
		 const char **mail, struct error *err)
{
	const char *open = strchr(text, '<');
	size_t len = strlen(text);

	if (!open || len == 0 || text[len - 1] != '>')
		return error_set(err, ERROR_INVALID,
				 "git author '%s': expected Name <mail>", text);
	*name = str_trim(arena, arena_strndup(arena, text, (size_t)(open - text)));
	*mail = str_trim(arena, arena_strndup(arena, open + 1, strlen(open) - 2));
	if (!**name || !**mail || !is_plain(*name) || !is_plain(*mail))
		return error_set(err, ERROR_INVALID,
				 "git author '%s': expected Name <mail>", text);
	return true;
}

char *branch_ref(struct arena *arena, const char *branch, struct error *err)
{
	char *ref = arena_printf(arena, "refs/heads/%s", branch);
	int valid = 0;

	if (*branch == '-' || git_reference_name_is_valid(&valid, ref) < 0 || !valid) {
		error_set(err, ERROR_INVALID, "'%s' is no name of a branch",
			  str_safe(arena, branch, 200));
		return NULL;
	}
	return ref;
}

char *private_ref(struct arena *arena, const char *branch)
{
	struct text out;

	text_init(&out, arena);
	text_add(&out, "refs/vm7/");
	for (; *branch; branch++)
		if (*branch == '/')
			text_add(&out, "%2F");
		else if (*branch == '%')
			text_add(&out, "%25");
		else
			text_addc(&out, *branch);
	return arena_strdup(arena, text_str(&out));
}

bool ref_commit(const struct repo *repo, const char *ref, char out[COMMIT_HEX],
		struct error *err)
{
	git_oid id;
	int code = git_reference_name_to_id(&id, repo->git, ref);

	out[0] = '\0';
	if (code == GIT_ENOTFOUND)
		return true;
	if (code < 0)
		return git_failed(err, code, ref);
	git_oid_tostr(out, COMMIT_HEX, &id);
	return true;
}

bool commit_at_hand(const struct repo *repo, const char *commit)
{
	own(git_commit) git_commit *found = NULL;
	own(git_tree) git_tree *tree = NULL;
	git_oid id;

	return git_oid_fromstr(&id, commit) == 0 &&
	       git_commit_lookup(&found, repo->git, &id) == 0 &&
	       git_commit_tree(&tree, found) == 0;
}

const char *repo_name(const struct repo *repo)
{
	return repo->name;
}

const struct repo_tally *repo_tally(const struct repo *repo)
{
	return &repo->tally;
}

void tally_add(struct repo *repo, enum repo_asked what, const struct error *err)
{
	enum repo_came how = REPO_FAILED;

	if (err->kind == ERROR_CANCELED)
		return;
	if (err->kind == ERROR_NONE)
		how = REPO_WELL;
	else if (what == REPO_PUSH && err->kind == ERROR_CONFLICT)
		how = REPO_RACED;
	repo->tally.counts[what][how]++;
}

const char *repo_prefix(const struct repo *repo)
{
	return repo->prefix;
}

bool repo_signs(const struct repo *repo)
{
	return repo->signing_key_file != NULL;
}

const char *repo_private_dir(const struct repo *repo)
{
	return repo->private_dir;
}

enum { TREE_CACHED_MAX = 16 * 1024 * 1024 };

/*
 * Options of libgit2 are of the whole process, as is the one repository that it works on.
 * A cache has no use for anybody's configuration; extensions that only matter to who
 * writes a work tree must not keep vm7 from reading objects. It is never shut down: the
 * loop's threads keep memory of libgit2's that would be lost then.
 */
static void libgit2_start(bool cache)
{
	static const char *extensions[] = { "worktreeconfig", "partialclone",
					    "preciousobjects" };

	if (git_libgit2_init() > 1)
		git_libgit2_shutdown(); /* once is enough */
	/* its own network is never used, so the certificates of 145 authorities that it
	 * reads at once are half a megabyte for nothing: those of a folder without any */
	git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, NULL, "/proc/self/task");
	git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
	git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions,
			 sizeof(extensions) / sizeof(extensions[0]));
	/* a folder of many files is parsed once, not for each of them */
	git_libgit2_opts(GIT_OPT_SET_CACHE_OBJECT_LIMIT, GIT_OBJECT_TREE,
			 (size_t)TREE_CACHED_MAX);
	/* git/owner.c asks instead, and understands safe.directory=* */
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	for (int level = GIT_CONFIG_LEVEL_SYSTEM; level <= GIT_CONFIG_LEVEL_GLOBAL;
	     level++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, cache ? "" : NULL);
}

/* As the host says; else the person whose checkout it is; else vm7 itself. */
static bool find_author(struct repo *repo, const char *author, struct error *err)
{
	own(git_signature) git_signature *person = NULL;

	if (!author && !repo->cache && git_signature_default(&person, repo->git) == 0) {
		repo->author = arena_strdup(repo->arena, person->name);
		repo->mail = arena_strdup(repo->arena, person->email);
		return true;
	}
	return author_read(repo->arena, author ? author : "vm7 <vm7@localhost>",
			   &repo->author, &repo->mail, err);
}

bool repo_open(struct repo **out, const struct repo_config *config, struct error *err)
{
	struct arena *arena = arena_create();
	struct repo *repo = arena_new(arena, struct repo);

	*out = NULL;
	repo->arena = arena;
	repo->cache = !config->checkout;
	repo->deadline = config->deadline ? config->deadline : DEADLINE_DEFAULT;
	repo->prefix = "";
	if (config->signing_key_file)
		repo->signing_key_file = arena_strdup(arena, config->signing_key_file);
	libgit2_start(repo->cache);
	if (!(repo->cache ? open_cache(repo, config, err)
			  : open_checkout(repo, config->checkout, err)) ||
	    !find_author(repo, config->author, err)) {
		repo_close(repo);
		return false;
	}
	*out = repo;
	return true;
}

void repo_close(struct repo *repo)
{
	if (!repo)
		return;
	secret_finish(&repo->basic);
	git_repository_free(repo->git);
	arena_destroy(repo->arena);
}
