/*
 * What answers on the guests' own network, asked before a pass decides: fresh addresses,
 * which should not (globals.ipam.probe), and guests that were unreachable, which should.
 */
#pragma once

#include "base/ping.h"
#include "controller/source.h"
#include "pve/ready.h"
#include "reconcile/plan.h"

struct probe_spec {
	const struct plan *plan; /* its fresh addresses are pinged; NULL: none */
	struct cluster *cluster; /* guests are asked through it; NULL: none is */
	const struct source *source;
	struct cluster_state *observed; /* who answers again is marked in it */
};

struct probe_guest;

struct probe {
	struct op op;
	/* for the plan's input */
	struct addr *answering;
	size_t answering_len;
	const char *unprobed; /* why nothing was pinged, or NULL */
	/* private */
	struct arena *arena;
	struct probe_spec spec;
	struct addr *fresh;
	size_t len;
	struct ping ping;
	struct probe_guest *guests;
	size_t guests_len, under_way;
	struct ready_line line;
	bool canceled;
};

/*
 * Fails only when canceled: that pings are not permitted is for the plan to tell. Everything
 * but the plan must stay until it is over.
 */
void probe_start(struct probe *probe, struct arena *arena, const struct probe_spec *spec,
		 void (*resume)(void *flow), void *flow);

/* Fine when nothing is under way. */
void probe_cancel(struct probe *probe);
