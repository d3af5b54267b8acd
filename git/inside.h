/* A repository from the inside, for the files of git/ alone. */
#pragma once

#include "base/child.h"
#include "git/own.h"
#include "git/repo.h"

enum { DEADLINE_DEFAULT = 60 };

struct repo {
	struct arena *arena; /* of all strings below */
	git_repository *git; /* of the loop's thread */
	bool cache;          /* vm7's own, else a person's checkout */
	bool swept; /* a cache: nothing stale of an earlier owner is in the way */
	const char
		*dir; /* where child git works: the cache, or the top of the work tree */
	const char *prefix; /* the folder of -C in the work tree; "" at its top */
	/*
	 * A URL, or the name of a person's remote; NULL: the local branch is the
	 * remote.
	 */
	const char *remote;
	const char *name, *private_dir;
	const char *author, *mail;
	const char *signing_key_file; /* NULL: our commits are not signed */
	const char *signing_print;    /* "SHA256:..." of it, once somebody asked */
	unsigned deadline;
	struct repo_tally tally;
	/* how a cache reaches its remote */
	struct secret basic; /* "user:password"; none when value is NULL */
	const char *ssh_key_file, *known_hosts, *ca_file;
};

/* An operation of the remote is over. */
void tally_add(struct repo *repo, enum repo_asked what, const struct error *err);

/* Take the words "Name <mail>" apart. */
bool author_read(struct arena *arena, const char *text, const char **name,
		 const char **mail, struct error *err);

/* "refs/heads/BRANCH", or ERROR_INVALID when that is no name of a branch. */
char *branch_ref(struct arena *arena, const char *branch, struct error *err);

/* The cache's own name for a branch of the remote. A branch `a` that was deleted never
 * stands in the way of a branch `a/b`: every branch is one level deep. */
char *private_ref(struct arena *arena, const char *branch);

/* The commit that a ref points to, "" when there is no such ref. */
bool ref_commit(const struct repo *repo, const char *ref, char out[COMMIT_HEX],
		struct error *err);

/* Are the commit and its tree in the object database? */
bool commit_at_hand(const struct repo *repo, const char *commit);
