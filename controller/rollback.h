/*
 * Free what was never finished: leases of creations that failed, and their half-made
 * guests.
 *
 * Guests that are there get the state `destroying`, pushed, before the first of them is
 * touched; every lease ends only when its VMID is proven free.
 */
#pragma once

#include "controller/apply.h"
#include "controller/pass.h"
#include "controller/record.h"

struct rollback_spec {
	struct source_spec source;
	const struct host *host;
	const char *const *endpoints;
	size_t endpoints_len;
	const char *only; /* --guest, or NULL: all that failed */
	long task_timeout;
	/* May these guests be destroyed? Asked when there are any. */
	bool (*confirm)(void *owner, const char *guests, struct error *err);
	void *owner;
};

struct rollback_guest {
	const struct lease *lease;
	const struct observed *seen; /* NULL: absent */
	struct error why;            /* why it was left */
	bool gone;
};

struct rollback {
	struct op op;
	struct rollback_guest *guests;
	size_t len;
	struct source source;
	/* private */
	struct arena *arena;
	struct rollback_spec spec;
	int step;
	size_t at; /* the guest that is being removed */
	bool destroys;
	const char *now;
	struct cluster_config cluster_config;
	struct cluster *cluster;
	struct observe_want want;
	struct observe observe;
	struct plan plan; /* for the gate: what was decided */
	struct plan_input input;
	struct gate gate;
	struct carry_host host;
	struct push push;
	struct leases leases;
	struct lease proof; /* of the guest that is being removed */
	struct making making;
	struct carry carry;
	struct results results;
	struct record record;
};

void rollback_start(struct rollback *rollback, struct arena *arena,
		    const struct rollback_spec *spec, void (*resume)(void *flow),
		    void *flow);
void rollback_finish(struct rollback *rollback);
