/* Many guests, looked at one by one: so many at a time on each node. */
#pragma once

#include "pve/call.h"
#include "reconcile/guest.h"

struct look_item {
	struct observed *guest; /* what is read goes here */
	bool power; /* its own word is needed where the list does not say that it runs */
};

struct look {
	struct op
		op; /* nobody answers, or nobody may ask: what is left was not looked at */
	bool moved; /* some guest was not where the list had it */
	struct look_work *work;
};

/*
 * Their configs and, where it is needed, whether they run. A config that cannot be read
 * leaves has_config false, and is logged. `items` must stay, their nodes be online.
 */
void look_configs_start(struct look *look, struct arena *arena, struct cluster *cluster,
			const struct look_item *items, size_t len,
			void (*resume)(void *flow), void *flow);

/* The addresses they have by themselves; those whose agent does not answer have none. */
void look_addresses_start(struct look *look, struct arena *arena, struct cluster *cluster,
			  const struct look_item *items, size_t len,
			  void (*resume)(void *flow), void *flow);

/* Fine when nothing is under way. */
void look_cancel(struct look *look);
