/* Many guests, looked at one by one: so many at a time on each node. */
#pragma once

#include "pve/call.h"
#include "reconcile/guest.h"

struct visit_item {
	struct observed *guest; /* what is read goes here */
	bool leased;            /* what waits for its next start is asked for too */
	/* its own word is needed where the list says otherwise; OBSERVED_OTHER: nowhere */
	enum observed_power power;
};

struct visit {
	/* nobody answers, or nobody may ask: what is left was not looked at */
	struct op op;
	bool moved; /* some guest was not where the list had it */
	struct visit_work *work;
};

/*
 * Their configs and, where it is needed, whether they run. A config that cannot be read
 * leaves has_config false, and is logged. `items` must stay, their nodes be online.
 */
void visit_configs_start(struct visit *visit, struct arena *arena,
			 struct cluster *cluster, const struct visit_item *items,
			 size_t len, void (*resume)(void *flow), void *flow);

/* The addresses they have by themselves; those whose agent does not answer have none. */
void visit_addresses_start(struct visit *visit, struct arena *arena,
			   struct cluster *cluster, const struct visit_item *items,
			   size_t len, void (*resume)(void *flow), void *flow);

/* Fine when nothing is under way. */
void visit_cancel(struct visit *visit);
