/*
 * What a pass reads of the repository: desired state, leases, and whether both may be
 * acted on.
 */
#pragma once

#include "controller/vouch.h"
#include "git/repo.h"
#include "reconcile/manifest.h"

/* The files that vm7 writes, by their paths from the root of the repository. */
struct own_files {
	const char *leases, *inventory, *hosts, *status;
};

/*
 * For who goes on when something is wrong with the tip: what was good last. Both are at
 * hand.
 */
struct good {
	char commit[COMMIT_HEX];     /* of people */
	char leases_tip[COMMIT_HEX]; /* of the branch of the leases, with its results */
};

struct source_spec {
	struct repo *repo;
	const char *
		/* of people, by its name on the remote; NULL: HEAD of a checkout,
		 * detached */
		branch;
	const char *head;   /* the commit of a checkout's HEAD; NULL with a cache */
	const char *folder; /* of vm7.yaml, "" for the root */
	/* desired state from the working tree, leases from their branch */
	bool working_tree;
	bool offline;      /* the remote is not asked: leases as HEAD has them */
	bool only_desired; /* leases do not matter (validate) */
	bool committed;    /* as the HEAD of a checkout has it, without the remote */
	bool pushed;       /* a checkout's changes must be committed and pushed first */
	/* whose signatures the tip needs; NULL: none. A working tree has none */
	const struct signers *signers;
	/* the tip that may be acted on although the branch was rewritten: a commit, or
	 * at least 8 digits of it; NULL: none */
	const char *accept;
	/* it goes on with what was good last when something is wrong with the tip */
	bool unattended;
	const struct good *good; /* NULL: nothing is known to have been good */
	/* the branch was looked at just now and is here: no other look; or NULL */
	const char *looked;
};

struct source {
	struct op op;
	/* when it went well: */
	struct manifest manifest;
	struct leases leases;
	struct own_files own;
	const char *branch;        /* as in the spec */
	const char *leases_branch; /* where vm7 writes; the same, or ipam.branch */
	char tip[COMMIT_HEX];      /* of people's branch; "" for a working tree */
	/* whose files are desired state: `tip`, but where that cannot be in force */
	char desired[COMMIT_HEX];
	char leases_tip[COMMIT_HEX]; /* "" when that branch is not there yet */
	/* it was, and the operator accepts that: our next commit goes on from here */
	bool rewritten;
	const char *unaccepted; /* or the commit that is not accepted so far; or NULL */
	bool clean; /* of a working tree: every file that was read is as HEAD has it */
	const char *last;   /* the newest commit of people */
	const char *newest; /* likewise up to `tip`, in force or not; NULL: unknown */
	const char *subject, *author; /* of `desired`, made safe; NULL: not looked at */
	/* trailers of people's commits since the one that the leases were computed from */
	long allow_destroy, allow_replace;
	const char *contents;           /* a hash of all that was read */
	const char *ca_pem;             /* tls.ca_file, or NULL */
	const struct file *status_file; /* inventory/status.json as committed, or NULL */
	/*
	 * Why neither the remote nor its tip can be relied on: everything here is what was
	 * good last, nothing can be pushed, and only finished guests are looked after.
	 */
	struct error repairs;
	struct error rejected; /* why `tip` is not in force; `mistakes` has the places */
	struct diags mistakes;
	enum error_kind remote; /* what came of looking at the branch */
	/* always: */
	struct diags diags; /* mistakes, when op.err is ERROR_INVALID */
	/* private */
	struct arena *arena;
	struct source_spec spec;
	int step;
	const char *good; /* while it is looked for on the way back from the tip */
	struct look look;
	struct vouch vouch;
	struct deepen deepen;
};

/* Everything is read into `arena`. */
void source_start(struct source *source, struct arena *arena,
		  const struct source_spec *spec, void (*resume)(void *flow), void *flow);
void source_cancel(struct source *source);

/* Read the lease file of another tip again: what a push that lost its race has to do. */
bool source_leases_at(struct source *source, const char *tip, struct leases *out,
		      struct error *err);

/* "a/b" of a folder and a name; the name alone at the root. */
char *in_folder(struct arena *arena, const char *folder, const char *name);
