#include "git/commit.h"

#include "base/text.h"

#include <string.h>

/* The tree to build on: of the parent, or an empty one. */
static bool base_tree(struct commit_work *work, git_repository *git, git_commit **parent,
		      git_tree **tree, struct error *err)
{
	own(git_treebuilder) git_treebuilder *builder = NULL;
	git_oid id;
	int code;

	*parent = NULL;
	*tree = NULL;
	if (*work->parent) {
		if ((code = git_oid_fromstr(&id, work->parent)) < 0 ||
		    (code = git_commit_lookup(parent, git, &id)) < 0 ||
		    (code = git_commit_tree(tree, *parent)) < 0)
			return git_failed(err, code, work->parent);
		return true;
	}
	if ((code = git_treebuilder_new(&builder, git, NULL)) < 0 ||
	    (code = git_treebuilder_write(&id, builder)) < 0 ||
	    (code = git_tree_lookup(tree, git, &id)) < 0)
		return git_failed(err, code, "empty tree");
	return true;
}

/* A link or submodule where a file belongs must not be written over unseen. */
static bool place_is_free(git_tree *tree, const char *path, struct error *err)
{
	git_tree_entry *entry = NULL;
	git_filemode_t mode;

	if (git_tree_entry_bypath(&entry, tree, path) < 0)
		return true;
	mode = git_tree_entry_filemode(entry);
	git_tree_entry_free(entry);
	if (mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE)
		return true;
	return error_set(err, ERROR_INVALID, "%s: a file of vm7 belongs here, not a %s",
			 path,
			 mode == GIT_FILEMODE_LINK   ? "link"
			 : mode == GIT_FILEMODE_TREE ? "folder"
						     : "submodule");
}

static bool write_tree(struct commit_work *work, git_repository *git, git_tree *base,
		       git_oid *out, struct error *err)
{
	struct arena *arena = arena_create();
	git_tree_update *updates = arena_array(arena, git_tree_update, work->files_len);
	bool ok = true;
	int code;

	for (size_t i = 0; ok && i < work->files_len; i++) {
		const struct new_file *file = &work->files[i];

		updates[i].action = GIT_TREE_UPDATE_UPSERT;
		updates[i].filemode = GIT_FILEMODE_BLOB;
		updates[i].path = file->path;
		code = git_blob_create_from_buffer(&updates[i].id, git, file->text,
						   file->len);
		if (code < 0)
			ok = git_failed(err, code, file->path);
		else
			ok = place_is_free(base, file->path, err);
	}
	if (ok) {
		code = git_tree_create_updated(out, git, base, work->files_len, updates);
		if (code < 0) {
			ok = git_failed(err, code, work->files[0].path);
			err->kind = ERROR_INVALID; /* a path below a file or link */
		}
	}
	arena_destroy(arena);
	return ok;
}

/* What is signed: the commit as it will be, but for the signature. */
static bool write_text(struct commit_work *work, git_repository *git,
		       git_signature *author, git_tree *tree, const git_commit **parents,
		       struct error *err)
{
	git_buf text = { 0 };
	int code =
		git_commit_create_buffer(&text, git, author, author, NULL, work->message,
					 tree, *parents ? 1 : 0, parents);

	if (code == 0)
		work->unsigned_text = xstrdup(text.ptr);
	git_buf_dispose(&text);
	return code == 0 || git_failed(err, code, "commit");
}

static bool write_commit(struct commit_work *work, git_repository *git,
			 git_commit *parent, const git_oid *tree_id, struct error *err)
{
	own(git_signature) git_signature *author = NULL;
	own(git_tree) git_tree *tree = NULL;
	const git_commit *parents[] = { parent };
	git_oid id;
	int code;

	if ((code = git_tree_lookup(&tree, git, tree_id)) < 0 ||
	    (code = git_signature_new(&author, work->author, work->mail, work->now, 0)) <
		    0)
		return git_failed(err, code, "commit");
	if (work->sign)
		return write_text(work, git, author, tree, parents, err);
	if ((code = git_commit_create(&id, git, NULL, author, author, NULL, work->message,
				      tree, parent ? 1 : 0, parents)) < 0)
		return git_failed(err, code, "commit");
	git_oid_tostr(work->commit, sizeof(work->commit), &id);
	return true;
}

bool commit_make(void *what, struct error *err)
{
	struct commit_work *work = what;
	own(git_repository) git_repository *git = NULL; /* one handle a thread */
	own(git_commit) git_commit *parent = NULL;
	own(git_tree) git_tree *base = NULL;
	git_oid tree;
	int code = git_repository_open_bare(&git, work->dir);

	if (code < 0)
		return git_failed(err, code, work->dir);
	if (!base_tree(work, git, &parent, &base, err) ||
	    !write_tree(work, git, base, &tree, err))
		return false;
	if (git_oid_equal(&tree, git_tree_id(base)))
		return error_set(err, ERROR_LOCAL, "a commit that changes nothing");
	return write_commit(work, git, parent, &tree, err);
}

bool commit_sign(void *what, struct error *err)
{
	struct commit_work *work = what;
	own(git_repository) git_repository *git = NULL;
	git_oid id;
	int code = git_repository_open_bare(&git, work->dir);

	if (code == 0)
		code = git_commit_create_with_signature(&id, git, work->unsigned_text,
							work->signature, NULL);
	if (code < 0)
		return git_failed(err, code, "signed commit");
	git_oid_tostr(work->commit, sizeof(work->commit), &id);
	return true;
}
