/*
 * A plan carried out: the core says which guests may be worked on, each is a flow of
 * its own, and before each of their steps the gate is asked.
 */
#pragma once

#include "controller/gate.h"
#include "pve/carry.h"
#include "pve/ready.h"
#include "reconcile/exec.h"

struct apply;

struct apply_guest {
	struct apply *apply;
	size_t index; /* in exec */
	struct arena *arena;
	struct carry carry;
	struct ready ready;
	bool running;
	bool started; /* by us, in this pass */
	bool coming;  /* an answer of it is waited for */
	enum step at; /* the last that was begun */
	unsigned tries;
};

struct apply {
	struct op op; /* always ends well: what became of each guest is in exec */
	struct exec exec;
	struct apply_guest *guests; /* one for each item of exec */
	struct gate *gate;
	/* Each step as it begins and ends, for a person; may be NULL. */
	void (*progress)(void *owner, const char *guest, enum step step, bool done);
	void *owner;
	/* private */
	struct carry_host host;
	struct ready_line line;
	uv_timer_t *timer;
	bool over;
};

/* The plan, its arena and the gate must stay until it is over. */
void apply_start(struct apply *apply, struct arena *arena, struct cluster *cluster,
		 const struct plan *plan, struct gate *gate, void (*resume)(void *flow),
		 void *flow);

/* No new guest is begun; tasks under way are left to Proxmox. */
void apply_cancel(struct apply *apply);

/* Let go of what guests' flows hold; when it is over. */
void apply_finish(struct apply *apply);
