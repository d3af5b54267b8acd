/* globals.ipam.probe: the fresh addresses of a plan, pinged before it is decided. */
#pragma once

#include "base/ping.h"
#include "reconcile/plan.h"

struct probe {
	struct op op;
	/* for the plan's input */
	struct addr *answering;
	size_t answering_len;
	const char *unprobed; /* why nothing was pinged, or NULL */
	/* private */
	struct arena *arena;
	struct addr *fresh;
	size_t len;
	struct ping ping;
};

/*
 * Fails only when canceled: that pings are not permitted is for the plan to tell. Everything
 * must stay until it is over.
 */
void probe_start(struct probe *probe, struct arena *arena, const struct plan *plan,
		 void (*resume)(void *flow), void *flow);

/* Fine when nothing is under way. */
void probe_cancel(struct probe *probe);
