/*
 * Desired, leased and observed guests -> what a pass does, guest by guest, and why.
 *
 * Pure: the same input gives the same plan, byte for byte. The rows of the state table of
 * a lease are decided here; how far a guest is made, in making.c.
 */
#pragma once

#include "ipam/allocate.h"
#include "reconcile/making.h"
#include "reconcile/manifest.h"

enum verb {
	VERB_NONE,    /* as desired, or nothing to be done about it: see the notes */
	VERB_CREATE,  /* nothing is there */
	VERB_RESUME,  /* half made by us: go on where it stands */
	VERB_WAIT,    /* Proxmox is working on it, or it cannot be known: another pass */
	VERB_ADOPT,   /* it is there, and becomes ours as it is */
	VERB_CHANGE,  /* it differs from its entry: what differs is changed */
	VERB_RECORD,  /* only what its lease keeps of its entry changes */
	VERB_RELEASE, /* its entry is gone: stop it, keep it */
	VERB_RETURN,  /* it was released, and its entry is back */
	VERB_DESTROY, /* it was released, and its grace is over */
	VERB_REPLACE, /* it has to be made anew: destroy it, then make it again */
	VERB_DROP,    /* absent, and its entry is gone: drop the lease */
	VERB_REFUSED, /* `why` */
};

/* What the guest's users notice. */
enum impact {
	IMPACT_NONE,
	IMPACT_HOT,        /* takes effect while it runs */
	IMPACT_PENDING,    /* takes effect at its next start */
	IMPACT_STOP,       /* stops it */
	IMPACT_RESTART,    /* restarts it */
	IMPACT_STOP_START, /* stops it and starts it again */
	IMPACT_DATA_LOSS,
};

struct action {
	const char *guest;
	enum verb verb;
	const struct desired *want; /* NULL: its entry is gone */
	const struct lease *lease;  /* as it will be pushed; NULL: none */
	struct lease
		*offer; /* what it would get if nothing else stood in the way; or NULL */
	const struct observed *seen; /* NULL: absent, or not asked */
	struct making making;        /* of what asks something of Proxmox */
	enum step *steps;
	size_t steps_len;
	struct changes changes;
	const char *reason;
	enum impact impact;
	struct error why; /* VERB_WAIT, VERB_REFUSED */
};

enum note_kind {
	NOTE_DRIFT,   /* differs from its entry */
	NOTE_RELEASE, /* leased, but its entry is gone: awaiting release */
	NOTE_REBUILD, /* takes effect when the guest is made again */
	NOTE_PENDING, /* set, and waits for its next start */
	NOTE_REPLACE, /* can only be had by making the guest anew */
	NOTE_BUSY,    /* locked */
	NOTE_UNKNOWN, /* could not be asked about */
	NOTE_HOLD,
	NOTE_VMID,    /* a number was stepped over */
	NOTE_ORPHAN,  /* a line of this repository, but no lease */
	NOTE_TLS,     /* the connection is not verified */
	NOTE_RIGHTS,  /* the token may not do what apply would, or it expires */
	NOTE_WARNING, /* something else that a person should know */
};

struct note {
	const char *guest; /* NULL: of the whole pass */
	enum note_kind kind;
	const char *text;
};

struct plan {
	/* the desired guests in order, then leases without an entry by name */
	struct {
		struct action *at;
		size_t len, cap;
	} actions;
	struct {
		struct note *at;
		size_t len, cap;
	} notes;
	struct leases leases; /* to be pushed before anything is asked of Proxmox */
	bool reserves;        /* they differ from what is held */
	struct error stop;    /* the whole pass is refused: no action is carried out */
	char fingerprint[65];
	const struct plan_input *input;
	const struct leases *held; /* the input's, under their new names */
};

/* A temporary password as it is sent: the name of its secret, its crypt(5) hash. */
struct password {
	const char *secret, *hash;
};

struct plan_input {
	const struct manifest *manifest;
	const struct leases *held;
	const struct cluster_state *cluster; /* NULL: Proxmox was not asked */
	bool applies;         /* what the token may not do is refused, not only told */
	bool unverified;      /* nobody looks at the cluster's certificate */
	const char *commit;   /* that was read, or that the working tree stands on */
	bool working_tree;    /* desired state came from uncommitted files */
	bool unsigned_tree;   /* ... which nobody can have signed, as the host asks */
	const char *last;     /* the newest commit of people, or NULL */
	const char *contents; /* a hash of all that was read of the repository */
	const char *branch;   /* that vm7 writes to */
	const char *instance; /* for a lease file that has none yet; NULL in a dry run */
	const char *repository;   /* its name, for the identity line */
	const char *now;          /* UTC, "2026-11-21T09:30:00Z" */
	const char *only;         /* --guest, or NULL */
	const char *const *again; /* in a further round: the guests that it is about */
	size_t again_len;
	const char *const *undo; /* on_error: rollback: what was made in this pass */
	size_t undo_len;
	const struct addr *answering; /* fresh addresses that answer to a ping */
	size_t answering_len;
	const char *unprobed; /* why they were not pinged as globals.ipam.probe says */
	const struct password *passwords;
	size_t passwords_len;
	/* guests that failed lately, and are tried again later */
	const char *const *resting;
	size_t resting_len;
	/* why nothing but repairs of finished guests is to be done; NULL: everything is */
	const struct error *only_repairs;
	/* trailers of people's commits since the last pass that wrote */
	long allow_destroy, allow_replace;
};

void plan_make(struct plan *plan, struct arena *arena, const struct plan_input *input);

/*
 * The addresses that the plan leases and the branch does not have leased to the same guest
 * yet: what globals.ipam.probe is about. How many there are.
 */
size_t plan_fresh(struct addr **out, struct arena *arena, const struct plan *plan);
/* Is a guest stopped or destroyed? Then a person says so first. */
bool action_disturbs(const struct action *action);

/* Is there anything that apply would do? */
bool plan_acts(const struct plan *plan);

/* The exit code of a pass that went no further than this plan: 0, or of what it refuses.
 */
int plan_exit(const struct plan *plan);

/* The code of one error that stopped a pass or refused a guest (design: verbs). */
int error_exit(enum error_kind kind);

/*
 * The code for what became of the guests that were due: `codes` of those that failed;
 * `well` is how many of the others had work and went well.
 */
int guests_exit(const int *codes, size_t failed, size_t well);

const char *verb_name(enum verb verb);

/* Does apply do anything about it? */
bool verb_acts(enum verb verb);

/* Is anything asked of Proxmox? */
bool verb_asks(enum verb verb);

/* Is a guest made? Only that is not begun after another one failed. */
bool verb_makes(enum verb verb);
const char *impact_name(enum impact impact);
const char *note_name(enum note_kind kind);
