/*
 * What the list of guests does not tell: is a VMID free, is an archive there? Asked one
 * after the other, and only where something hangs on it.
 */
#pragma once

#include "pve/call.h"
#include "reconcile/guest.h"

struct inquiry_want {
	const unsigned *vmids; /* of guests that must be proven absent */
	size_t vmids_len;
	const struct archives *storages; /* node and storage whose archives are listed */
	size_t storages_len;
};

/*
 * Always ends well, but for ERROR_CANCELED: what could not be learned is not in the
 * answers. They are added to `cluster`, in `arena`. (pve-manager PVE/API2/Cluster.pm
 * nextid; pve-storage PVE/API2/Storage/Content.pm index)
 */
struct inquiry {
	struct op op;
	/* private */
	struct arena *arena;
	struct cluster *cluster;
	struct cluster_state *state;
	struct inquiry_want want;
	size_t next;
	struct request request;
	struct call call;
};

/* The lists of `want` must stay until it is over. */
void inquiry_start(struct inquiry *inquiry, struct arena *arena, struct cluster *cluster,
		   struct cluster_state *state, const struct inquiry_want *want,
		   void (*resume)(void *flow), void *flow);
void inquiry_cancel(struct inquiry *inquiry);
