#include "controller/gate.h"

#include "base/text.h"
#include "reconcile/place.h"

#include <stdlib.h>
#include <string.h>

enum { FRESH_MS = 9000 }; /* a request has a second to go out */

enum gate_step { GATE_LOOKED, GATE_LEASES_LOOKED, GATE_READ };

static void tick(void *flow);

void gate_init(struct gate *gate, const struct source *source, const struct plan *plan,
	       const char *tip, const char *leases_tip)
{
	*gate = (struct gate){ .source = source, .plan = plan };
	memcpy(gate->tip, tip, sizeof(gate->tip));
	memcpy(gate->leases_tip, leases_tip, sizeof(gate->leases_tip));
	uv_update_time(op_loop());
	gate->looked_at = uv_now(op_loop());
}

void gate_finish(struct gate *gate)
{
	arena_destroy(gate->arena);
	gate->arena = NULL;
}

static const struct action *planned(const struct gate *gate, const char *guest)
{
	for (size_t i = 0; i < gate->plan->actions.len; i++)
		if (strcmp(gate->plan->actions.at[i].guest, guest) == 0)
			return &gate->plan->actions.at[i];
	return NULL;
}

/* Is the guest still wanted as it was planned, and still ours to make? */
static bool still_wanted(struct gate *gate, const char *guest, struct error *err)
{
	const struct action *action = planned(gate, guest);
	const struct desired *want = manifest_find(&gate->again.manifest, guest);
	const struct lease *lease = leases_find(&gate->again.leases, guest);
	struct making now;

	if (action->verb == VERB_RELEASE && want)
		return error_set(err, ERROR_REFUSED,
				 "dropped: its entry came back meanwhile (%.8s)",
				 gate->again.tip);
	if (!action->want || action->verb == VERB_DESTROY)
		want = NULL; /* what is removed: only its lease speaks for it */
	else if (!want)
		return error_set(err, ERROR_REFUSED,
				 "dropped: its entry was taken out meanwhile (%.8s)",
				 gate->again.tip);
	if (!lease || !str_equal(lease->id, action->lease->id) ||
	    lease->state != action->lease->state)
		return error_set(err, ERROR_REFUSED,
				 "dropped: its lease was changed meanwhile (%.8s)",
				 gate->again.leases_tip);
	if (lease->hold || (want && want->spec.hold.value))
		return error_set(err, ERROR_REFUSED,
				 "dropped: it was put on hold meanwhile (%.8s)",
				 gate->again.leases_tip);
	if (!want)
		return true;
	now = action->making;
	now.want = place_on(gate->arena, &gate->again.manifest, want, action->want->node);
	now.pools = &gate->again.manifest.pools;
	if (!making_same(gate->arena, &action->making, &now))
		return error_set(err, ERROR_REFUSED,
				 "dropped: its entry was changed meanwhile (%.8s); the "
				 "next pass makes it anew",
				 gate->again.tip);
	return true;
}

/* Everybody at the gate learns the same; `err` is NULL when the branch was read. */
static void open_for_all(struct gate *gate, const struct error *err)
{
	struct gate_wait *wait = gate->waiting;

	gate->waiting = NULL;
	gate->looking = false;
	if (!err) {
		uv_update_time(op_loop());
		gate->looked_at = uv_now(op_loop());
	}
	while (wait) {
		struct gate_wait *next = wait->next;

		if (err) {
			wait->op->err = *err;
			error_wrap(&wait->op->err,
				   "without a look at the branch nothing is done");
		} else if (gate->moved) {
			still_wanted(gate, wait->guest, &wait->op->err);
		}
		op_finish(wait->op);
		free(wait);
		wait = next;
	}
}

static void read_again(struct gate *gate)
{
	arena_destroy(gate->arena);
	gate->arena = arena_create();
	gate->step = GATE_READ;
	source_start(&gate->again, gate->arena, &gate->source->spec, tick, gate);
}

/* The branches are where they were, or everything is read again. */
static void compare(struct gate *gate, const char *tip, const char *leases_tip)
{
	if (strcmp(tip, gate->tip) == 0 && strcmp(leases_tip, gate->leases_tip) == 0)
		open_for_all(gate, NULL);
	else
		read_again(gate);
}

static void tick(void *flow)
{
	struct gate *gate = flow;

	switch ((enum gate_step)gate->step) {
	case GATE_LOOKED:
		if (gate->look.op.err.kind) {
			open_for_all(gate, &gate->look.op.err);
		} else if (strcmp(gate->source->branch, gate->source->leases_branch) ==
			   0) {
			compare(gate, gate->look.tip, gate->look.tip);
		} else {
			memcpy(gate->seen, gate->look.tip, sizeof(gate->seen));
			gate->step = GATE_LEASES_LOOKED;
			look_start(&gate->look, gate->source->spec.repo,
				   gate->source->leases_branch, tick, gate);
		}
		return;
	case GATE_LEASES_LOOKED:
		if (gate->look.op.err.kind)
			open_for_all(gate, &gate->look.op.err);
		else
			compare(gate, gate->seen, gate->look.tip);
		return;
	case GATE_READ:
		if (gate->again.op.err.kind || gate->again.repairs.kind) {
			open_for_all(gate, gate->again.op.err.kind
						   ? &gate->again.op.err
						   : &gate->again.repairs);
			return;
		}
		gate->moved = true;
		memcpy(gate->tip, gate->again.tip, sizeof(gate->tip));
		memcpy(gate->leases_tip, gate->again.leases_tip,
		       sizeof(gate->leases_tip));
		open_for_all(gate, NULL);
		return;
	}
}

void gate_ask(struct gate *gate, const char *guest, struct op *op)
{
	struct gate_wait *wait;

	if (gate->source->repairs.kind) { /* what may be done then was decided before */
		op_finish(op);
		return;
	}
	if (!gate->looking && gate->looked_at &&
	    uv_now(op_loop()) - gate->looked_at < FRESH_MS) {
		if (gate->moved)
			still_wanted(gate, guest, &op->err);
		op_finish(op);
		return;
	}
	wait = xcalloc(1, sizeof(*wait));
	*wait = (struct gate_wait){ gate->waiting, guest, op };
	gate->waiting = wait;
	if (gate->looking)
		return;
	gate->looking = true;
	gate->step = GATE_LOOKED;
	look_start(&gate->look, gate->source->spec.repo, gate->source->branch, tick,
		   gate);
}
