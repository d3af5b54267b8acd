/* A commit of ours, made in the object database: no index, no work tree, no ref moves. */
#pragma once

#include "git/inside.h"
#include "git/push.h"

/* For work_start: everything is the caller's, and stays until the work is done. */
struct commit_work {
	const char *dir; /* the repository's own folder (with objects/ in it) */
	const char *author, *mail;
	const char *parent; /* "": a first commit */
	const struct new_file *files;
	size_t files_len;
	const char *message;
	int64_t now;
	/* it is to be signed: commit_make only writes `unsigned_text`, malloc'd */
	bool sign;
	char *unsigned_text;
	const char *signature;   /* for commit_sign */
	char commit[COMMIT_HEX]; /* out */
};

/*
 * Write the blobs, the trees and the commit, all of them on disk before it returns.
 * ERROR_INVALID when a file cannot stand where it should (a folder or link is there),
 * ERROR_LOCAL when nothing would change or the disk fails.
 */
bool commit_make(void *what, struct error *err);

/* Write the commit that commit_make only made the text of, with its signature. */
bool commit_sign(void *what, struct error *err);
