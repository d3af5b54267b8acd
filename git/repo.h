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
	const char *url;      /* https://, ssh://, file://, host:path, a path */
	const char *cache;    /* the directory of the cache; made when missing */
	const char *username; /* HTTP basic; NULL: "git", where there is a password */
	const struct secret *password; /* NULL: none */
	/* Files of the host. NULL: ssh's own keys and agent, and its own known hosts. */
	const char *ssh_key_file, *known_hosts;
	const char *ca_file; /* CA certificates for HTTPS; NULL: the system's */
	/* for both: */
	const char *author; /* "vm7 <vm7@example>"; NULL: the person of a checkout */
	/* A private key of OpenSSH that our own commits are signed with; NULL: unsigned */
	const char *signing_key_file;
	unsigned deadline; /* seconds that one network operation may take; 0: 60 */
};

/*
 * Everything in `config` is copied. ERROR_INVALID for a URL, author or folder that
 * cannot be; ERROR_DENIED for a URL with credentials in it (everybody sees a child's
 * arguments); ERROR_LOCAL for a cache that cannot be made and a checkout that belongs
 * to somebody else. The remote of a checkout is that of its HEAD's branch; with a
 * detached HEAD `origin`, or the only one; none: the local branch is the remote. One
 * repository at a time: options of libgit2 are of the whole process.
 */
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

/* Are the commits that are pushed from here signed? */
bool repo_signs(const struct repo *repo);

/* A directory for vm7's own small files (lock, last seen serial): the cache, which is
 * there, or vm7 in the .git that all linked worktrees of a checkout share, which is made
 * by who writes first. */
const char *repo_private_dir(const struct repo *repo);

/* How often the remote was asked, and with what success. */
enum repo_asked { REPO_LOOK, REPO_DEEPEN, REPO_PUSH };
enum repo_came { REPO_WELL, REPO_RACED, REPO_FAILED };
struct repo_tally {
	unsigned long counts[REPO_PUSH + 1][REPO_FAILED + 1];
};
const struct repo_tally *repo_tally(const struct repo *repo);

/*
 * Look at a branch of the remote: its tip, with that commit and its files at hand
 * afterwards. `branch` is its name on the remote (repo_head's upstream_branch; in a
 * checkout without upstream the local branch). `tip` is "" when the branch, or anything
 * at all, does not exist there; that is asked twice, and believed only of a server that
 * speaks Git's protocol.
 *
 * One network operation when nothing is new, and then not a byte of a checkout changes;
 * when something is, a checkout only gets objects: none of the person's refs moves.
 *
 * ERROR_TEMPORARY for the network, the server and the deadline, ERROR_DENIED for
 * credentials and host keys, ERROR_FAILED for a repository that is not there or a
 * certificate that is not trusted, ERROR_INVALID for a name that no branch can have and
 * for objects that are malformed, ERROR_MISSING without git or ssh, ERROR_LOCAL for the
 * disk; always with git's words. In a cache, the caller holds the instance's lock: what a
 * killed git left behind is removed first.
 */
struct look {
	struct op op;
	char tip[COMMIT_HEX];
	struct look_work *work; /* private */
};
void look_start(struct look *look, struct repo *repo, const char *branch,
		void (*resume)(void *flow), void *flow);
void look_cancel(struct look *look);

/*
 * Have the history from `tip`, which was looked at, back to and with `until` at hand.
 * Only a shallow repository ever has to ask for more, four times as much each time: a
 * cache, or a checkout of a CI. Side branches that are merged in between come along for
 * the first thousand commits or so. When `until` is no ancestor of `tip` it ends well
 * with `found` false. Errors as above.
 */
struct deepen {
	struct op op;
	bool found;
	struct deepen_work *work; /* private */
};
void deepen_start(struct deepen *deepen, struct repo *repo, const char *branch,
		  const char *tip, const char *until, void (*resume)(void *flow),
		  void *flow);
void deepen_cancel(struct deepen *deepen);

/* A line of the last paragraph of a message, such as `Vm7-Allow-Destroy: 2`. */
struct trailer {
	const char *key, *value;
};

/* One commit of a walk. All its text is foreign: made safe for a line, and cut. */
struct commit {
	char id[COMMIT_HEX];
	char parent[COMMIT_HEX]; /* the first one, at hand or not; "": none */
	size_t parents;
	bool ours;                    /* it carries a Vm7-Pass trailer */
	const char *pass, *source;    /* its Vm7-Pass and Vm7-Source, or NULL */
	const char *subject, *author; /* the author as "Name <mail>" */
	int64_t time;                 /* of the committer's clock, seconds since 1970 */
	const struct trailer *trailers;
	size_t trailers_len;
};

/*
 * The commits that `tip` has and `until` has not, newest first, merges' sides included.
 * With `until` "" the first `most` from `tip`. What a shallow repository does not have is
 * taken for the end of its history (deepen_start before). ERROR_REFUSED when `until` is
 * not an ancestor of `tip`, as far as the history is at hand.
 */
bool repo_walk(struct repo *repo, struct arena *arena, const char *tip, const char *until,
	       size_t most, struct commit **out, size_t *len, struct error *err);

/*
 * The commits that the branch itself has been at: `tip`, its first parent and so on, up to
 * `until` but without it, and no more than `most`. Where the history at hand ends, it ends.
 * `met`: it was `until` that ended it.
 */
bool repo_mainline(struct repo *repo, struct arena *arena, const char *tip,
		   const char *until, size_t most, char (**out)[COMMIT_HEX], size_t *len,
		   bool *met, struct error *err);

/*
 * Every path that a commit changes against its first parent, which is at hand: files,
 * links and submodules. Foreign text, as it is. ERROR_INVALID when there are very many.
 */
bool commit_touches(struct repo *repo, struct arena *arena, const char *commit,
		    const char ***paths, size_t *len, struct error *err);
