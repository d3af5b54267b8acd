/*
 * A repository as vm7 sees it: a branch on a remote, files as they stood at a commit, and
 * a push that never forces.
 *
 * Objects are read and written with libgit2; the network is a child `git` in a process
 * group of its own, with a deadline and an explicit environment. Two ways to have a
 * repository:
 *
 *  - a cache of vm7's own, bare and shallow (`--repo URL`): fetched at depth 1, deepened
 * on demand;
 *  - a person's checkout (`-C DIR`): their Git configuration and credentials, never
 * shallow by us; their branch is fast-forwarded right after each push. Without an
 * upstream the local branch is the remote.
 */
#pragma once

#include "base/diag.h"
#include "base/op.h"
#include "base/secret.h"

#include <stddef.h>
#include <stdint.h>

enum { COMMIT_HEX = 41 };

struct repo;

struct repo_config {
	const char *checkout; /* a person's checkout, or NULL */
	/* for a cache: */
	const char *url; /* as git understands it: https://, ssh://, host:path, a path */
	const char *cache;             /* the directory of the cache; made when missing */
	const char *username;          /* HTTP basic; NULL: none */
	const struct secret *password; /* NULL: none */
	const char *ssh_key_file, *known_hosts; /* files of the host; NULL: none */
	const char *ca_file; /* CA certificates for HTTPS; NULL: the system's */
	/* for both: */
	const char *author; /* "vm7 <vm7@example>" */
	unsigned deadline;  /* seconds that one network operation may take; 0: 60 */
};

/* Everything in `config` is copied but the secret, which must outlive the repository. */
bool repo_open(struct repo **out, const struct repo_config *config, struct error *err);
void repo_close(struct repo *repo);

/* The branch of a checkout's HEAD, NULL when detached; its upstream's branch and remote
 * when it has one. */
struct repo_head {
	char commit[COMMIT_HEX];
	const char *branch, *remote, *upstream_branch;
};
bool repo_head(struct repo *repo, struct arena *arena, struct repo_head *out,
	       struct error *err);

/* For the identity line and messages: the URL without credentials, or the path. */
const char *repo_name(const struct repo *repo);

/* The folder of -C inside its work tree, "" for the top of it and for a cache. */
const char *repo_prefix(const struct repo *repo);

/* A directory for vm7's own small files (lock, last seen serial): the cache, or .git/vm7
 * of a checkout (made by the first write). */
const char *repo_private_dir(const struct repo *repo);

/*
 * Look at a branch of the remote: its tip, with the objects of that commit at hand
 * afterwards. One network operation when nothing is new. ERROR_TEMPORARY for the network
 * and the server, ERROR_DENIED for credentials and host keys; `tip` is "" when the branch
 * does not exist.
 */
struct look {
	struct op op;
	char tip[COMMIT_HEX];
	/* private */
	struct look_work *work;
};
void look_start(struct look *look, struct repo *repo, const char *branch,
		void (*resume)(void *flow), void *flow);
void look_cancel(struct look *look);

/*
 * Have the history from `tip` back to `until` at hand (only a cache ever has to ask for
 * more). When `until` is no ancestor of `tip` it ends well with `found` false.
 */
struct deepen {
	struct op op;
	bool found;
	struct look_work *work;
};
void deepen_start(struct deepen *deepen, struct repo *repo, const char *branch,
		  const char *tip, const char *until, void (*resume)(void *flow),
		  void *flow);
void deepen_cancel(struct deepen *deepen);

/* One commit of a walk. */
struct commit {
	char id[COMMIT_HEX];
	bool ours;                 /* it carries a Vm7-Pass trailer */
	const char *pass, *source; /* its trailers, or NULL */
	const char *subject, *author;
};

/*
 * The commits from `tip` back to `until` (not included), newest first, merges' sides
 * included. `until`
 * "" walks at most `most`. ERROR_REFUSED when `until` is not an ancestor.
 */
bool repo_walk(struct repo *repo, struct arena *arena, const char *tip, const char *until,
	       size_t most, struct commit **out, size_t *len, struct error *err);
