/* A task of Proxmox: asked until it stops. */
#pragma once

#include "pve/call.h"

/*
 * op.err, on one line with the exit text and the end of the task's log:
 *
 *	ERROR_FAILED	it failed, and will fail again
 *	ERROR_TEMPORARY	it failed for a reason that passes (locks, quorum, a storage
 *			that is away); what it had begun it cleaned up itself, mostly
 *	ERROR_CONFLICT	it failed because the guest's config had changed
 *	ERROR_UNKNOWN	it was killed, does not end within cluster_config.task_deadline,
 *			or its status is lost: look at the guest
 *	ERROR_DENIED	its status may not be read (any more)
 *	ERROR_CANCELED	task_cancel; the task itself goes on
 */
struct task {
	struct op op;
	const char *upid;
	bool warnings;   /* it ended well, with WARNINGS: n */
	bool unfinished; /* the deadline has passed, and it may still be under way */
	const char *log; /* what its log warned of, or its last lines when it failed: on
			    one line, in `arena`; NULL when there is none */
	struct task_work *work;
};

/*
 * Rests between two looks grow from cluster_config.task_poll_ms to 5 s, and with the
 * number of tasks that are waited for. That its status cannot be read for a while (the
 * node is rebooting, an endpoint is gone) is no reason to give up before the deadline.
 * `upid` must stay. (pve-manager PVE/API2/Tasks.pm read_task_status; the end of a task is
 * judged by pve-common PVE/UPID.pm read_status)
 */
void task_start(struct task *task, struct arena *arena, struct cluster *cluster,
		const char *upid, void (*resume)(void *flow), void *flow);

/* Fine when nothing is under way. */
void task_cancel(struct task *task);

/* The parts of a UPID (PVE/UPID.pm decode); false when it is none. */
struct upid {
	const char *node, *type, *id;
	const char *user; /* "user@realm", or "user@realm!token" */
	int64_t started;  /* Unix seconds */
};
bool upid_read(struct upid *out, struct arena *arena, const char *text);

/*
 * Do both belong to one user? Each is "user@realm", alone or before a token's name and
 * secret: "user@realm!token=secret". What begins with neither belongs to nobody.
 */
bool same_user(const char *a, const char *b);

/* Is it a task of the HA manager (hastop ...), which ends when the request is queued? */
bool upid_is_ha(struct arena *arena, const char *text);

/* Which tasks are under way, of the user that the token belongs to, on one node. */
struct task_find {
	struct op op;
	const char **upids; /* in `arena`; the oldest first */
	size_t upids_len;
	struct task_find_work *work;
};

/*
 * `type` is "qmclone", "vzcreate" ...; `id` is the task's: a VMID, of a clone that of its
 * source. Either may be NULL for any. Tasks of another token of the same user count as
 * ours: a token may have been renewed since. (PVE/API2/Tasks.pm node_tasks)
 */
void task_find_start(struct task_find *find, struct arena *arena, struct cluster *cluster,
		     const char *node, const char *type, const char *id,
		     void (*resume)(void *flow), void *flow);
void task_find_cancel(struct task_find *find);
