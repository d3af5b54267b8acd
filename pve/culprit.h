/*
 * Who changed a guest behind vm7's back: the newest task of somebody else on it.
 *
 * Proxmox keeps a task for starts, stops, resizes and for what its own pages change of a
 * VM; what came as a plain PUT leaves none.
 */
#pragma once

#include "pve/call.h"

/* A guest that differs although nobody changed its entry. */
struct suspect {
	unsigned vmid;
	const char *node; /* where it is, or was */
};

/* The tasks of a guest, newest first (pve-manager PVE/API2/Tasks.pm node_tasks) */
void request_tasks_of(struct request *out, struct arena *arena,
		      const struct suspect *suspect);

/*
 * "qmstop of root@pam at 2026-11-21T09:10:00Z"; NULL when the list has none that changes
 * a guest, went well and is not of our own user. `token` is "user@realm!name=secret".
 */
const char *culprit_read(struct arena *arena, const json_t *tasks, const char *token);
