/*
 * One guest, carried to where its lease's state wants it: made, kept, released,
 * destroyed; from wherever it stands.
 *
 * The happy path of a VM: is the VMID free? clone, wait; read the config, set what
 * differs; read it, grow the disk, wait; read it, start, wait. After every step the
 * guest is looked at again and the core says what is next, so it does not matter who
 * took the last step, or whether its answer was lost.
 *
 * Before each step the gate is asked: the branch may have changed its mind.
 */
#pragma once

#include "base/nap.h"
#include "pve/request.h"
#include "pve/task.h"

struct carry;

/* What the one who carries out a plan gives to every guest's making. */
struct carry_host {
	struct cluster *cluster;
	void *owner;
	/*
	 * May the guest still be made? Finishes `op` (begun by the carry) well, or with
	 * the reason; now or later.
	 */
	void (*gate)(void *owner, const char *guest, struct op *op);
	/* A step begins; or `step` is over when `done`. */
	void (*progress)(void *owner, struct carry *carry, enum step step, bool done);
};

/* Named after what has just finished. */
enum carry_step {
	CARRY_GATED,   /* it may go on */
	CARRY_FREE,    /* whether the VMID is free */
	CARRY_TASKS,   /* the tasks under way */
	CARRY_LISTED,  /* all guests: where is the VMID? */
	CARRY_STATUS,  /* whether it runs */
	CARRY_MORE,    /* what else the next step depends on */
	CARRY_READ,    /* its config */
	CARRY_SENT,    /* the request of a step */
	CARRY_ENDED,   /* the task of a step, or one that was found under way */
	CARRY_LEFT,    /* what its end has left on a storage */
	CARRY_BLOCKED, /* the volumes among which one is in the way */
	CARRY_RESTED,  /* before it is looked at again */
};

struct carry {
	struct op op;
	struct arena *arena;
	const struct carry_host *host;
	const struct making *making;
	/* what is known of the guest */
	bool there, power_known, running;
	const char *node;
	const char *lock;
	struct observed seen; /* as last read */
	const char *warnings; /* what tasks that ended with warnings said; "" for none */
	/* private */
	enum carry_step step;
	struct next next;
	bool doubt;           /* a task of ours may be under way that is not known here */
	bool stopping;        /* it was asked to stop, and it may take a while */
	bool more_known;      /* `more` is as it was a moment ago */
	struct observed more; /* what its config does not tell: its snapshots, backups */
	bool blocked; /* a cloud-init drive of its VMID is in the way of its making */
	const char *cleared;   /* that volume, once it was asked away */
	const char **storages; /* of its disks, to be looked through after its end */
	size_t storages_len;
	bool backed;       /* a backup was made, and its task ended well */
	int64_t end_began; /* since when one counts, by the clock that it is told in */
	bool restarted;    /* it was stopped for what waits for its next start */
	bool unplugged;    /* Proxmox could not plug something in while it runs */
	unsigned rounds, rests, misses;
	struct request request;
	struct call call;
	struct task task;
	struct task_find find;
	struct op gate;
	struct nap nap;
	bool stop;
};

/*
 * `seen` is how the plan saw the guest, NULL for absent; `begun` that an earlier try or
 * pass may have asked for it already. The carry and all it is given must stay until it
 * resumes.
 */
void carry_start(struct carry *carry, struct arena *arena, const struct carry_host *host,
		 const struct making *making, const struct observed *seen, bool begun,
		 void (*resume)(void *flow), void *flow);

/* The task of Proxmox that it waits for; NULL: none. */
const char *carry_task(const struct carry *carry);

/* It ends soon, with ERROR_CANCELED; a task under way is left to itself. */
void carry_cancel(struct carry *carry);
