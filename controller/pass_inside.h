/* The parts of a pass, for its own files alone. */
#pragma once

#include "controller/pass.h"

/* Named after what has just finished. */
enum pass_step {
	PASS_READ,
	PASS_OBSERVED,
	PASS_INQUIRED, /* what the lists do not tell */
	PASS_PROBED,   /* fresh addresses, and guests that were unreachable */
	PASS_PREFLOWN, /* there is something to do: may it be done? */
	PASS_RESERVED,
	PASS_RESTED, /* after a lost race */
	PASS_APPLIED,
	PASS_RECORDED,
};

/* Every wait of a pass ends here. */
void pass_tick(void *flow);

/* What the plan is made from, as far as it is known. */
void pass_fill_input(struct pass *pass, struct plan_input *input);

/* ---- what is asked, one after the other ---- */

/* The lists, and the configs that matter. */
void pass_observe(struct pass *pass);

/*
 * Not in the list is not yet absent: a VMID must be free. And an archive should be there.
 */
void pass_inquire(struct pass *pass);

/* Does somebody answer at addresses that the plan would give out? And who was unreachable? */
void pass_probe(struct pass *pass);

/*
 * Only when something will be asked for, and once: a plan that does nothing needs no
 * leave. False: nothing was begun.
 */
bool pass_preflight(struct pass *pass);

/* ---- what became of it ---- */

/* Of every action, for the report; a later round has the last word. */
void pass_sum_up(struct pass *pass);

/* The guests that another round is about: `again` and `undo`. */
void pass_find_more(struct pass *pass);
