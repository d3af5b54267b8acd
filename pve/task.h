/* A task of Proxmox: asked until it stops. */
#pragma once

#include "pve/call.h"

struct task {
	struct op op; /* ERROR_FAILED with the exit text and the tail of its log;
			 ERROR_TEMPORARY where the text says so (locks); ERROR_UNKNOWN
			 when it does not end or its status is lost */
	const char *upid;
	bool warnings; /* it ended with WARNINGS: n; what its log said is in `log` */
	const char *log;
	struct task_work *work;
};

/* Rests between two looks grow from cluster_config.task_poll_ms to 5 s.
 * (PVE/API2/Tasks.pm read_task_status) */
void task_start(struct task *task, struct arena *arena, struct cluster *cluster,
		const char *upid, void (*resume)(void *flow), void *flow);
void task_cancel(struct task *task);

/* The parts of a UPID (PVE/UPID.pm decode); false when it is none. */
struct upid {
	const char *node, *type, *id, *user;
	int64_t started;
};
bool upid_read(struct upid *out, struct arena *arena, const char *text);
