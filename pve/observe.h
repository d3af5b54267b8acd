/*
 * A cluster -> what is there: cluster status, one list, and the configs that matter.
 */
#pragma once

#include "pve/call.h"
#include "reconcile/guest.h"

/* The template of a guest that was finished: needed when that is not in the list. */
struct spare {
	unsigned template, vmid;
};

/* What must be known of the guests; of all others the list says enough. Lists of VMIDs
 * are sorted. Everything must stay until it is over. */
struct observe_want {
	/* of leases: their configs are read, with what waits for their next start */
	const unsigned *vmids;
	size_t vmids_len;
	const unsigned *up; /* guests that should run, or may have to be stopped */
	size_t up_len;
	const unsigned *down; /* guests that should not run */
	size_t down_len;
	const unsigned *templates; /* their configs are read */
	size_t templates_len;
	const struct spare
		*spares; /* templates that are only read when they are needed */
	size_t spares_len;
	const unsigned *dhcp; /* guests that are asked for their own addresses when they
				 run */
	size_t dhcp_len;
	bool allocating; /* also the datacenter's options, and the configs of all guests
			    that are no templates: whose addresses must not be given out */
	bool room; /* also what nodes and storages have left: something is to be made */
	bool placing; /* also which nodes are in maintenance: a node is to be chosen */
	bool release; /* also the release of the node that answers */
};

/*
 * op.err: what made it impossible to know anything. A node that is offline, or a config
 * that cannot be read, makes its guests unknown, not absent: such a guest has has_config
 * false, and node_state.online tells about nodes. What is offline is not asked.
 *
 * The power of a guest of `up` is asked of the guest itself where the list does not say
 * that it runs, that of `down` where it says so: the list is up to 12 s old (pve-manager
 * PVE/Service/pvestatd.pm), and what was done already must not be planned again. Status
 * and list come from the same endpoint.
 *
 * `out` lives in `arena`.
 */
struct observe {
	struct op op;
	struct cluster_state out;
	struct observe_work *work;
};
void observe_start(struct observe *observe, struct arena *arena, struct cluster *cluster,
		   const struct observe_want *want, void (*resume)(void *flow),
		   void *flow);

/* Fine when nothing is under way. */
void observe_cancel(struct observe *observe);

/*
 * The config of one guest as JSON -> the same fields of `out`, whose vmid, type, node and
 * power stay as they are; pure. False, and `out` untouched: it is no config
 * (ERROR_FAILED). (qemu-server PVE/API2/Qemu.pm vm_config, pve-container
 * PVE/API2/LXC/Config.pm vm_config)
 */
bool observe_config(struct observed *out, struct arena *arena, const json_t *config,
		    struct error *err);

/* "web;env-prod" -> out->tags; NULL is none. */
void observe_tags(struct observed *out, struct arena *arena, const char *text);
