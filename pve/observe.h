/*
 * A cluster -> what is there: cluster status, one list, and the configs that matter.
 */
#pragma once

#include "pve/call.h"
#include "reconcile/guest.h"

struct observe_want {
	const unsigned *vmids; /* of leases: their configs are read; sorted */
	size_t vmids_len;
	const unsigned *templates; /* their configs are read, sorted */
	size_t templates_len;
	const unsigned *
		dhcp; /* guests whose own addresses are asked for when they run; sorted */
	size_t dhcp_len;
	bool allocating;  /* also the datacenter's options, and the configs of all guests
			     that are no templates */
	bool expect_list; /* the release of the nodes is asked for too (GET /version) */
};

/*
 * op.err: what made it impossible to know anything. A node that is offline, or a config
 * that cannot be read, makes its guests unknown, not absent: such a guest has has_config
 * false, and node_state.online tells about nodes. What is offline is not asked. `out`
 * lives in `arena`.
 */
struct observe {
	struct op op;
	struct cluster_state out;
	struct observe_work *work;
};
void observe_start(struct observe *observe, struct arena *arena, struct cluster *cluster,
		   const struct observe_want *want, void (*resume)(void *flow),
		   void *flow);
void observe_cancel(struct observe *observe);

/* The config of one guest as JSON -> the same fields of `out`; pure. False: it is no
 * config (ERROR_FAILED). */
bool observe_config(struct observed *out, struct arena *arena, const json_t *config,
		    struct error *err);
