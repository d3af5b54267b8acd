/* What libgit2 hands out, released where its name ends; and its errors as ours. */
#pragma once

#include "base/error.h"
#include "base/own.h"

#include <git2.h>

OWN_DEFINE(git_blob, git_blob *, git_blob_free);
OWN_DEFINE(git_commit, git_commit *, git_commit_free);
OWN_DEFINE(git_config, git_config *, git_config_free);
OWN_DEFINE(git_config_iterator, git_config_iterator *, git_config_iterator_free);
OWN_DEFINE(git_diff, git_diff *, git_diff_free);
OWN_DEFINE(git_odb, git_odb *, git_odb_free);
OWN_DEFINE(git_reference, git_reference *, git_reference_free);
OWN_DEFINE(git_repository, git_repository *, git_repository_free);
OWN_DEFINE(git_signature, git_signature *, git_signature_free);
OWN_DEFINE(git_tree, git_tree *, git_tree_free);
OWN_DEFINE(git_treebuilder, git_treebuilder *, git_treebuilder_free);

static inline void own_git_buf(git_buf *buf)
{
	git_buf_dispose(buf);
}

/*
 * Say what libgit2 could not do, with its words: "WHAT: object not found". What is
 * missing or torn in the object database is a local failure: ERROR_LOCAL.
 */
bool git_failed(struct error *err, int code, const char *what);
