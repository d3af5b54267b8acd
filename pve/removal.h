/*
 * One guest, destroyed; or proven absent.
 *
 * There: read the config, prove that it is ours, stop it if it runs, read and prove
 * again, destroy it, wait. At the end, and when it was not there from the beginning:
 * the VMID must be free.
 */
#pragma once

#include "pve/carry.h"

struct removal {
	struct op op;
	struct arena *arena;
	const struct carry_host *host;
	const struct lease *lease;
	const char *instance;
	struct target target; /* its node is only known when it is there */
	bool there, running;
	/* private */
	int step;
	unsigned looks;
	struct observed seen;
	struct request request;
	struct call call;
	struct task task;
	struct op gate;
};

/*
 * `seen` is NULL for a guest that is absent. The lease is in the state `destroying`
 * when it is there.
 */
void removal_start(struct removal *removal, struct arena *arena,
		   const struct carry_host *host, const struct lease *lease,
		   const char *instance, const struct observed *seen,
		   void (*resume)(void *flow), void *flow);
