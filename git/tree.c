#include "git/tree.h"

#include "git/inside.h"
#include "git/path.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static bool commit_tree(const struct repo *repo, const char *commit, git_tree **out,
			struct error *err)
{
	own(git_commit) git_commit *found = NULL;
	git_oid id;
	int code;

	if ((code = git_oid_fromstr(&id, commit)) < 0 ||
	    (code = git_commit_lookup(&found, repo->git, &id)) < 0 ||
	    (code = git_commit_tree(out, found)) < 0)
		return git_failed(err, code, commit);
	return true;
}

/* Why an entry is neither a file nor a folder to walk through, NULL when it is one. */
static const char *strange(const git_tree_entry *entry)
{
	switch (git_tree_entry_filemode(entry)) {
	case GIT_FILEMODE_LINK:
		return "a link";
	case GIT_FILEMODE_COMMIT:
		return "a submodule";
	case GIT_FILEMODE_TREE:
	case GIT_FILEMODE_BLOB:
	case GIT_FILEMODE_BLOB_EXECUTABLE:
	case GIT_FILEMODE_UNREADABLE:
		break;
	}
	return NULL;
}

static bool refused(struct error *err, const char *path, const char *what)
{
	return error_set(err, ERROR_INVALID, "%s: is %s: only plain files are read", path,
			 what);
}

/* The file's id; `found` tells whether there is one. */
static bool find(struct repo *repo, const char *commit, const char *path, git_oid *id,
		 bool *found, struct error *err)
{
	struct arena *arena = arena_create();
	own(git_tree) git_tree *tree = NULL;
	char **parts;
	size_t count;
	bool ok = path_split(arena, path, &parts, &count, err) &&
		  commit_tree(repo, commit, &tree, err);

	*found = false;
	for (size_t i = 0; ok && i < count; i++) {
		const git_tree_entry *entry = git_tree_entry_byname(tree, parts[i]);
		bool last = i + 1 == count, folder;
		git_tree *below = NULL;
		int code;

		if (!entry)
			break;
		folder = git_tree_entry_type(entry) == GIT_OBJECT_TREE;
		if (strange(entry))
			ok = refused(err, path_join(arena, parts, i + 1), strange(entry));
		else if (last && folder)
			ok = refused(err, path, "a folder");
		else if (last) {
			git_oid_cpy(id, git_tree_entry_id(entry));
			*found = true;
		} else if (!folder) {
			break; /* nothing is below a file */
		} else if ((code = git_tree_lookup(&below, repo->git,
						   git_tree_entry_id(entry))) < 0) {
			ok = git_failed(err, code, path);
		} else {
			git_tree_free(tree);
			tree = below;
		}
	}
	arena_destroy(arena);
	return ok;
}

bool tree_id(struct repo *repo, const char *commit, const char *path,
	     char out[COMMIT_HEX], struct error *err)
{
	git_oid id;
	bool found;

	out[0] = '\0';
	if (!find(repo, commit, path, &id, &found, err))
		return false;
	if (found)
		git_oid_tostr(out, COMMIT_HEX, &id);
	return true;
}

/* The size is asked before the content is unpacked: a small pack can hold a huge blob. */
static bool size_is_fine(struct repo *repo, const git_oid *id, const char *path,
			 struct error *err)
{
	own(git_odb) git_odb *odb = NULL;
	git_object_t type;
	size_t size;
	int code;

	if ((code = git_repository_odb(&odb, repo->git)) < 0 ||
	    (code = git_odb_read_header(&size, &type, odb, id)) < 0)
		return git_failed(err, code, path);
	if (type != GIT_OBJECT_BLOB)
		return refused(err, path, "no file");
	if (size > FILE_BYTES_MAX)
		return error_set(err, ERROR_INVALID, "%s: larger than %d MiB", path,
				 FILE_BYTES_MAX / (1024 * 1024));
	return true;
}

bool tree_read(struct repo *repo, struct arena *arena, const char *commit,
	       const char *path, struct file **out, struct error *err)
{
	own(git_blob) git_blob *blob = NULL;
	git_oid id;
	bool found;
	int code;

	*out = NULL;
	if (!find(repo, commit, path, &id, &found, err))
		return false;
	if (!found)
		return true;
	if (!size_is_fine(repo, &id, path, err))
		return false;
	if ((code = git_blob_lookup(&blob, repo->git, &id)) < 0)
		return git_failed(err, code, path);
	*out = arena_new(arena, struct file);
	(*out)->path = arena_strdup(arena, path);
	(*out)->len = (size_t)git_blob_rawsize(blob);
	(*out)->text = arena_strndup(arena, git_blob_rawcontent(blob), (*out)->len);
	return true;
}

static bool list_below(struct repo *repo, struct listing *listing, const git_oid *id,
		       const char *prefix, unsigned depth, struct error *err)
{
	own(git_tree) git_tree *tree = NULL;
	int code = git_tree_lookup(&tree, repo->git, id);
	size_t count;

	if (code < 0)
		return git_failed(err, code, *prefix ? prefix : "the top folder");
	if (depth > PATH_DEPTH_MAX)
		return error_set(err, ERROR_INVALID, "%s: too deep", prefix);
	count = git_tree_entrycount(tree);
	for (size_t i = 0; i < count; i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);
		const char *path =
			listing_look(listing, prefix, git_tree_entry_name(entry), err);

		if (!path)
			return false;
		if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
			if (!list_below(repo, listing, git_tree_entry_id(entry), path,
					depth + 1, err))
				return false;
		} else if (listing_wants(listing, path)) {
			if (strange(entry))
				return refused(err, path, strange(entry));
			listing_add(listing, path);
		}
	}
	return true;
}

bool tree_list(struct repo *repo, struct arena *arena, const char *commit,
	       bool (*wanted)(void *what, const char *path), void *what,
	       const char ***out, size_t *len, struct error *err)
{
	own(git_tree) git_tree *top = NULL;
	struct listing listing;
	bool ok;

	listing_init(&listing, arena, wanted, what);
	ok = commit_tree(repo, commit, &top, err) &&
	     list_below(repo, &listing, git_tree_id(top), "", 1, err);
	return listing_end(&listing, ok, out, len);
}
