/*
 * The making of one guest: what its entry and lease come to in Proxmox's own options, how
 * that differs from what is seen, and which step is next.
 *
 * It is decided anew from what is there after every step, so that a half-made guest is
 * gone on with at any point: who made it that far, and when, does not matter.
 */
#pragma once

#include "ipam/pool.h"
#include "reconcile/guest.h"

/* All that is known about a guest that is to be. */
struct making {
	const struct desired *want; /* NULL: its entry is gone */
	const struct lease *lease;
	const struct pools *pools;
	const struct observed *template; /* NULL: made from an archive */
	const char *instance;            /* of the lease file */
	const char *repository;          /* named in the identity line */
	const char *password_hash;       /* of temp_password, crypt(5); NULL: none */
	const char *backup; /* the storage of one before the end; NULL: none is made */
	const char *commit; /* of people: its entry is as of this one; "" when unknown */
	bool repairs;       /* of a finished guest: what differs is changed */
	bool steady;        /* likewise: but it is not stopped for it */
};

/* One option that differs. */
struct change {
	const char *key;
	const char *from; /* as seen; NULL: not set */
	const char *to;   /* as wanted; NULL: to be taken away */
	bool secret;      /* neither is to be shown */
	bool root;        /* Proxmox takes it from root@pam alone */
};

struct changes {
	struct change *at;
	size_t len, cap;
};

/* In the order in which a guest takes them. */
enum step {
	STEP_CREATE, /* nothing is there: clone or create it */
	STEP_WAIT,   /* Proxmox is working on it */
	STEP_STOP,
	STEP_SNAPSHOT,  /* what it is before its entry changes it */
	STEP_CONFIGURE, /* set what differs */
	STEP_GROW,      /* its root disk */
	STEP_PRUNE,     /* an old snapshot of ours */
	STEP_START,
	STEP_BACKUP, /* of what is about to be destroyed */
	STEP_DESTROY,
	STEP_DONE,
	STEP_REFUSE, /* it is not ours, or not in a state to go on with: `why` */
};

enum { STEPS_MAX = 16 }; /* that one guest takes in one plan */

/* How a guest is stopped. */
enum stop {
	STOP_ASKED, /* it shuts down, or it stays up */
	STOP_FIRM,  /* it shuts down, or is switched off after a while */
	STOP_HARD,  /* switched off: it was never finished */
};

/* How much of its entry a guest is given. */
enum extent {
	EXTENT_KEPT,   /* what is compared for as long as it lives */
	EXTENT_RESEED, /* and what its first start was told: cloud-init */
	EXTENT_MADE,   /* and what is only given when it is made: identity, serial port */
};

struct next {
	enum step step;
	enum stop stop;          /* STEP_STOP */
	struct changes changes;  /* STEP_CONFIGURE */
	const char *disk, *size; /* STEP_GROW: "scsi0", "40G" */
	const char *snapshot;    /* STEP_SNAPSHOT, STEP_PRUNE: its name */
	struct error why;        /* STEP_REFUSE, STEP_WAIT */
};

/* What is next for a reserved guest; `seen` is NULL when it is absent. Needs the config.
 */
void making_next(struct next *out, struct arena *arena, const struct making *making,
		 const struct observed *seen);

/* The steps from what is seen to the end; at most STEPS_MAX of them. */
size_t making_steps(enum step *out, struct arena *arena, const struct making *making,
		    const struct observed *seen);

/* How a guest's options differ from what its entry and lease come to. */
void making_changes(struct changes *out, struct arena *arena, const struct making *making,
		    const struct observed *seen, enum extent extent);

/* Everything a guest is given when it is made out of nothing (a container from an
 * archive). */
void making_options(struct changes *out, struct arena *arena,
		    const struct making *making);

/* The tag of every guest of ours, and of those that wait for their end or return. */
#define TAG_OURS     "vm7"
#define TAG_RELEASED "vm7-released"

/* What a released guest is left with: not started with its node, and marked. */
void released_changes(struct changes *out, struct arena *arena,
		      const struct observed *seen);

/* What takes our marks off a guest: the line of these leases and our tags. All else stays.
 */
void forgotten_changes(struct changes *out, struct arena *arena,
		       const struct observed *seen, const char *instance);

/* The key of an entry that an option comes from: "cpu" for "cores"; else the option's own
 * name. */
const char *making_entry_key(const char *option);

/*
 * A slot for a cloud-init drive where the template has none, and the entry wants no disk;
 * NULL: all are taken.
 */
const char *making_free_slot(const struct desired *want, const struct observed *template);

/*
 * Do two readings of an entry ask for the same guest? Wherever they stand in their
 * files; with the same lease, by everything that its making sends.
 */
bool making_same(struct arena *arena, const struct making *a, const struct making *b);

/*
 * Is the guest one that may be worked on: unlocked, readable, proven to be the one of its
 * lease, no template? Otherwise `out` waits or refuses, and says why.
 */
bool next_is_ours(struct next *out, const struct making *making,
		  const struct observed *seen);

/* Its root disk, as far as it is smaller than its entry asks for; it never shrinks. */
bool next_grows(struct next *out, struct arena *arena, const struct making *making,
		const struct observed *seen);

/* Is a backup due before it is destroyed? What was never finished has nothing in it. */
bool ends_with_backup(const struct making *making);

/* keeping.c: of a guest that was finished, wanted (ready) or not (releasing ...). */
void next_of_ready(struct next *out, struct arena *arena, const struct making *making,
		   const struct observed *seen);
void next_of_releasing(struct next *out, struct arena *arena, const struct making *making,
		       const struct observed *seen);
void next_of_destroying(struct next *out, const struct making *making,
			const struct observed *seen);

/* adopting.c: of one that somebody else made and that is to get our marks. */
void next_of_adopting(struct next *out, struct arena *arena, const struct making *making,
		      const struct observed *seen);

/*
 * What makes a disputed guest the one of its lease again: line, tag, and a VM's UUID, as far
 * as they differ. ERROR_REFUSED: it is not the leased one by its UUID, a MAC or its line, or
 * is not to be touched.
 */
bool sealing_changes(struct changes *out, struct arena *arena,
		     const struct making *making, const struct observed *seen,
		     struct error *err);

/* Does the change take effect while the guest runs, or only when it is started again? */
bool change_is_hot(struct arena *arena, const struct observed *seen,
		   const struct change *change);

/*
 * Its entry lets vm7 restart it, and an option of its entry waits for that. Not after a
 * failure: a restart that did not help is not repeated for ever.
 */
bool restart_is_due(struct arena *arena, const struct making *making,
		    const struct observed *seen);

/*
 * What frees a guest that is locked and that nobody works on any more, as a command for its
 * node. What was never finished is removed, and then made again: without its lock it would
 * look like somebody's guest, with half a disk.
 */
char *making_freed_by(struct arena *arena, const struct lease *lease, const char *lock);

/* The last line of the description: "vm7: <instance>/<id>, edit vm7.yaml in
 * <repository>". */
char *identity_line(struct arena *arena, const char *instance, const char *id,
		    const char *repository);

/*
 * The proofs that the guest is the one of the lease, as its state asks for them. False:
 * `err` (ERROR_REFUSED) names the one that is missing.
 */
bool identity_proven(const struct lease *lease, const char *instance,
		     const struct observed *seen, struct error *err);

const char *step_name(enum step step); /* "clone" is "create" here */
