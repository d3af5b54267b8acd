/*
 * Leases without an entry: what becomes of their guests, row by row of the state table;
 * and guests whose entry came back in time.
 */
#include "reconcile/declared.h"
#include "reconcile/planner.h"

#include "base/text.h"
#include "base/vec.h"
#include "base/when.h"

#include <string.h>

static enum removal_policy policy_of(const struct planner *p, const struct lease *lease)
{
	enum removal_policy policy = p->input->manifest->removal_policy;

	removal_read(&policy, lease->removal);
	return policy;
}

/* The lease as it is pushed; it begins a new state now. */
static struct lease *push_state(struct planner *p, const char *guest,
				enum lease_state state)
{
	struct lease *lease = leases_find(&p->plan->leases, guest);

	lease->state = state;
	lease->since = p->input->now;
	return lease;
}

static struct action *add_action(struct planner *p, const struct lease *lease)
{
	struct action *action = vec_push(p->arena, &p->plan->actions);

	*action = (struct action){
		/* the place of one that was dropped is used again */
		.guest = lease->name,
		.lease = lease,
		.seen = p->input->cluster ? cluster_find(p->input->cluster, lease->vmid)
					  : NULL,
		.steps = arena_array(p->arena, enum step, STEPS_MAX),
	};
	planner_fill(p, &action->making, NULL, lease);
	return action;
}

static const char *reason_to_drop(const struct lease *lease)
{
	switch (lease->state) {
	case LEASE_RESERVED:
		return "its entry is gone and it was never made";
	case LEASE_ADOPTING:
		return "its entry is gone and it was not adopted yet";
	case LEASE_DESTROYING:
		return "it is destroyed";
	case LEASE_READY:
	case LEASE_RELEASING:
	case LEASE_RELEASED:
		break;
	}
	return "its entry is gone, and so is the guest";
}

/* Whatever its lease says: Proxmox would not destroy it. */
static bool is_protected(struct action *action)
{
	if (!guest_is_protected(action->seen))
		return false;
	action->verb = VERB_REFUSED;
	error_set(&action->why, ERROR_REFUSED,
		  "it is protected in Proxmox: it is left alone as long as it is");
	return true;
}

/* Is it one that nobody may remove? */
static bool is_kept_by_guard(struct action *action)
{
	const struct lease *lease = action->lease;

	if (lease->self)
		error_set(&action->why, ERROR_REFUSED,
			  "the controller runs in it (self: true): it is not stopped. "
			  "Give it its entry back, or vm7 forget it");
	else if (lease->protection)
		error_set(
			&action->why, ERROR_REFUSED,
			"it is protected: that its entry is gone does not end that. "
			"Give it its entry back with protection: false, then remove it");
	else
		return is_protected(action);
	action->verb = VERB_REFUSED;
	return true;
}

static void stop_first(struct action *action)
{
	if (action->seen->power == OBSERVED_RUNNING)
		action->steps[action->steps_len++] = STEP_STOP;
}

void planner_end_steps(struct action *action)
{
	stop_first(action);
	if (ends_with_backup(&action->making))
		action->steps[action->steps_len++] = STEP_BACKUP;
	action->steps[action->steps_len++] = STEP_DESTROY;
}

/* Its entry is gone: it is stopped and keeps its disks and its lease for now. */
static void release(struct planner *p, struct action *action)
{
	enum removal_policy policy = policy_of(p, action->lease);
	bool begun = action->lease->state == LEASE_RELEASING;
	struct lease *lease;

	action->reason = "its entry is gone";
	if (is_kept_by_guard(action))
		return;
	stop_first(action);
	released_changes(&action->changes, p->arena, action->seen);
	if (action->changes.len > 0)
		action->steps[action->steps_len++] = STEP_CONFIGURE;
	action->impact =
		action->seen->power == OBSERVED_RUNNING ? IMPACT_STOP : IMPACT_NONE;
	action->verb = VERB_RELEASE;
	if (begun)
		return;
	lease = push_state(p, action->guest, LEASE_RELEASING);
	if (policy == REMOVAL_DESTROY)
		lease->destroy_since = p->input->now;
}

/* When a released guest may be destroyed, in seconds since 1970. */
static int64_t due_at(const struct planner *p, const struct lease *lease)
{
	int64_t released = 0, decided = 0;

	when_read(&released, lease->since);
	when_read(&decided, lease->destroy_since);
	return (released > decided ? released : decided) +
	       p->input->manifest->removal_grace;
}

static void note_awaiting(struct planner *p, const struct lease *lease, const char *what)
{
	planner_note(p, lease->name, NOTE_RELEASE, "its entry is gone; %s %u %s",
		     guest_type_name(lease->type), lease->vmid, what);
}

/* Since when it is to be destroyed is a fact of its lease, and taken back there too. */
static void record_destroy_since(struct planner *p, struct action *action,
				 const char *since)
{
	leases_find(&p->plan->leases, action->guest)->destroy_since = since;
	action->verb = VERB_RECORD;
	action->reason = since ? "its removal is destroy now: its grace begins"
			       : "its removal is not destroy any more";
}

static void await_end(struct planner *p, struct action *action)
{
	const struct lease *lease = action->lease;
	bool destroys = policy_of(p, lease) == REMOVAL_DESTROY;
	int64_t now = 0, due;
	char when[WHEN_TEXT];

	if (destroys != (lease->destroy_since != NULL)) {
		record_destroy_since(p, action, destroys ? p->input->now : NULL);
		return;
	}
	if (!destroys) {
		note_awaiting(p, lease, "is released and keeps its disks and its lease");
		return;
	}
	when_read(&now, p->input->now);
	due = due_at(p, lease);
	if (now < due) {
		when_print(due, when);
		note_awaiting(
			p, lease,
			arena_printf(p->arena, "is released and destroyed at %s", when));
		return;
	}
	action->reason = "its entry is gone and its grace is over";
	if (is_kept_by_guard(action))
		return;
	push_state(p, action->guest, LEASE_DESTROYING);
	action->verb = VERB_DESTROY;
	action->impact = IMPACT_DATA_LOSS;
	planner_end_steps(action);
}

static void destroy_further(struct action *action)
{
	if (is_protected(action))
		return;
	action->verb = VERB_DESTROY;
	action->impact = IMPACT_DATA_LOSS;
	action->reason = "its destruction has begun";
	if (!action->seen)
		return;
	planner_end_steps(action);
}

/* The guest is there, or may be: what its state asks for. */
static void plan_state(struct planner *p, struct action *action)
{
	switch (action->lease->state) {
	case LEASE_RESERVED:
		note_awaiting(p, action->lease,
			      "was never finished: vm7 rollback frees it");
		return;
	case LEASE_ADOPTING: /* dropped */
		return;
	case LEASE_READY:
		if (policy_of(p, action->lease) == REMOVAL_KEEP)
			note_awaiting(p, action->lease,
				      "is left running and keeps its lease (removal: "
				      "keep): vm7 release it or vm7 forget it");
		else if (planner_proves(action))
			release(p, action);
		return;
	case LEASE_RELEASING:
		if (planner_proves(action))
			release(p, action);
		return;
	case LEASE_RELEASED:
		if (planner_proves(action))
			await_end(p, action);
		return;
	case LEASE_DESTROYING:
		if (planner_proves(action))
			destroy_further(action);
		return;
	}
}

void planner_undesired(struct planner *p, const struct lease *lease)
{
	struct action *action;

	if (lease->bare || manifest_find(p->input->manifest, lease->name) ||
	    !planner_wants(p, lease->name))
		return;
	if (lease->hold) {
		planner_note(p, lease->name, NOTE_HOLD, "left alone: %s", lease->hold);
		return;
	}
	if (!p->input->cluster) {
		note_awaiting(p, lease, "is released by a pass");
		return;
	}
	if (!planner_sees(p, lease->name, lease,
			  cluster_find(p->input->cluster, lease->vmid)))
		return;
	action = add_action(p, lease);
	if (str_in(lease->name, p->input->resting, p->input->resting_len)) {
		planner_rests(action);
	} else if (planner_drops(p, lease)) {
		action->verb = VERB_DROP;
		action->reason = reason_to_drop(lease);
	} else if (action->seen) {
		plan_state(p, action);
	} else {
		planner_note(p, lease->name, NOTE_UNKNOWN,
			     "VMID %u is not in the list, and not free either",
			     lease->vmid);
	}
	if (action->verb == VERB_NONE) /* its note says all */
		p->plan->actions.len--;
}

/* Its entry is there: it is to be made anew once it is gone. */
void planner_destroying(struct planner *p, struct action *action)
{
	planner_fill(p, &action->making, action->want, action->lease);
	action->steps = arena_array(p->arena, enum step, STEPS_MAX);
	if (!planner_sees(p, action->guest, action->lease, action->seen))
		return;
	if (!action->seen || planner_proves(action))
		destroy_further(action);
}

void planner_return(struct planner *p, struct action *action)
{
	struct lease *lease = leases_find(&p->plan->leases, action->guest);
	enum verb verb;

	if (!planner_sees(p, action->guest, lease, action->seen))
		return;
	planner_fill(p, &action->making, action->want, lease);
	if (action->seen && !planner_proves(action))
		return;
	lease->state = LEASE_READY;
	lease->since = p->input->now;
	lease->destroy_since = NULL;
	planner_finished(p, action);
	verb = action->verb;
	if (verb == VERB_NONE || verb == VERB_RECORD || verb == VERB_CHANGE) {
		action->verb = VERB_RETURN;
		action->reason = "its entry is back";
	}
}

/* It was finished, and nobody may remove it; or Proxmox will not. */
static bool stays(const struct planner *p, const struct lease *lease)
{
	return (lease->state == LEASE_READY && (lease->protection || lease->self)) ||
	       guest_is_protected(cluster_find(p->input->cluster, lease->vmid));
}

/* What was made in this pass is ours to remove again, finished or not. */
static void undo(struct planner *p, const char *guest)
{
	const struct lease *held = leases_find(p->input->held, guest);
	struct action *action;
	struct lease *lease;

	if (!held || held->bare ||
	    (held->state != LEASE_RESERVED && held->state != LEASE_READY) ||
	    stays(p, held) ||
	    !planner_sees(p, guest, held, cluster_find(p->input->cluster, held->vmid)))
		return;
	lease = push_state(p, guest, LEASE_DESTROYING);
	lease->half_made = true;
	action = add_action(p, lease);
	action->reason = "another one failed (on_error: rollback)";
	action->impact = IMPACT_DATA_LOSS;
	action->verb = VERB_DESTROY;
	if (action->seen && planner_proves(action))
		planner_end_steps(action);
}

void planner_undo(struct planner *p)
{
	leases_copy(&p->plan->leases, p->arena, p->input->held);
	for (size_t i = 0; i < p->input->undo_len; i++)
		undo(p, p->input->undo[i]);
	planner_settle(p);
}
