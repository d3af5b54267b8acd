#include "base/text.h"
#include "base/when.h"
#include "reconcile/planner.h"
#include "reconcile/replace.h"
#include "reconcile/slots.h"

#include <string.h>

static const char *why_in_the_plan(struct planner *p, const struct candidate *c)
{
	char *at = place_print(p->arena, c->want->at);

	if (!c->held)
		return arena_printf(p->arena, "in %s, and nothing is leased to it", at);
	if (c->held->bare)
		return arena_printf(p->arena, "in %s, and only its address is leased",
				    at);
	if (c->remakes)
		return arena_printf(p->arena,
				    c->held->state == LEASE_DESTROYING
					    ? "in %s; VMID %u was destroyed for it"
					    : "in %s; VMID %u was deleted outside vm7",
				    at, c->held->vmid);
	if (candidate_is_taken(c))
		return arena_printf(
			p->arena,
			"in %s; VMID %u was reserved, but somebody else's guest has it",
			at, c->held->vmid);
	if (c->seen)
		return arena_printf(p->arena, "in %s, and half made", at);
	return arena_printf(p->arena, "in %s, reserved and not there yet", at);
}

const char *planner_reason(struct planner *p, const struct candidate *c)
{
	const char *why = why_in_the_plan(p, c);

	return c->placed ? arena_printf(p->arena, "%s; %s", why, c->placed) : why;
}

static const char *password_hash(const struct plan_input *input,
				 const struct desired *want)
{
	const struct secret_setting *password = &want->spec.access.temp_password;

	for (size_t i = 0; i < input->passwords_len; i++)
		if (str_equal(input->passwords[i].secret, password->name))
			return input->passwords[i].hash;
	return is_set(&password->is) && password->name ? "*" : NULL;
}

enum { STUCK_SECONDS = 3600 };

/* Locked for longer than any work takes: waiting for it helps nobody. */
static bool is_stuck(const struct planner *p, const struct action *action)
{
	int64_t since, now;

	return action->seen && action->seen->lock &&
	       when_read(&since, action->lease->since) &&
	       when_read(&now, p->input->now) && now - since > STUCK_SECONDS;
}

enum verb verb_unless_it_passes(const struct error *why)
{
	return why->kind == ERROR_TEMPORARY ? VERB_WAIT : VERB_REFUSED;
}

void planner_making(struct planner *p, struct action *action, const struct candidate *c)
{
	const struct plan_input *input = p->input;
	struct making *making = &action->making;
	struct observed fresh = { 0 };

	planner_fill(p, making, c->want, action->lease);
	action->reason = planner_reason(p, c);
	action->seen = candidate_is_taken(c) ? NULL : c->seen;
	action->steps = arena_array(p->arena, enum step, STEPS_MAX);
	if (input->cluster &&
	    !premise_of_making(&action->why, p->arena, &p->premises, making)) {
		action->verb = verb_unless_it_passes(&action->why);
		return;
	}
	action->steps_len = making_steps(action->steps, p->arena, making, action->seen);
	action->verb = action->seen ? VERB_RESUME : VERB_CREATE;
	if (action->verb == VERB_CREATE) /* it is kept as it is asked for */
		leases_find(&p->plan->leases, action->guest)->template =
			origin_of(p->arena, c->want);
	note_culprit(p, action);
	if (action->steps_len > 0 && action->steps[0] >= STEP_WAIT) {
		struct next next;

		making_next(&next, p->arena, making, action->seen);
		if (next.step == STEP_REFUSE)
			action->verb = VERB_REFUSED;
		action->why = next.why;
		if (is_stuck(p, action)) {
			action->verb = VERB_WAIT;
			error_set(&action->why, ERROR_TEMPORARY,
				  "stuck: VMID %u is locked (%s) for over an hour. Look "
				  "at it on %s; if nothing works "
				  "on it any more: %s",
				  action->seen->vmid, action->seen->lock,
				  action->seen->node,
				  making_freed_by(p->arena, action->lease,
						  action->seen->lock));
		}
	}
	if (action->seen)
		fresh = *action->seen;
	else if (making->template)
		fresh = *making->template;
	if (action->verb == VERB_CREATE && !c->want->template_id)
		making_options(&action->changes, p->arena, making);
	else
		making_changes(&action->changes, p->arena, making, &fresh, EXTENT_MADE);
	if ((action->verb == VERB_CREATE || action->verb == VERB_RESUME) &&
	    !changes_permitted(&action->why, p->arena, &action->changes,
			       is_set(&input->manifest->proxmox.privileged.is)))
		action->verb = VERB_REFUSED;
	if (action->verb == VERB_CREATE && making->template &&
	    c->want->type == GUEST_VM && !making->template->cloud_init_drive)
		action->reason = arena_printf(
			p->arena,
			"%s; template %u has no cloud-init drive, so it is given one",
			action->reason, making->template->vmid);
}

void note_culprit(struct planner *p, const struct action *action)
{
	const struct cluster_state *cluster = p->input->cluster;

	for (size_t i = 0; cluster && i < cluster->culprits_len; i++)
		if (cluster->culprits[i].vmid == action->lease->vmid)
			planner_note(p, action->guest, NOTE_DRIFT,
				     "its entry did not change; the last to change the "
				     "guest was the task %s",
				     cluster->culprits[i].what);
}

void planner_fill(struct planner *p, struct making *making, const struct desired *want,
		  const struct lease *lease)
{
	*making = (struct making){
		.want = want,
		.lease = lease,
		.pools = &p->input->manifest->pools,
		.instance = p->instance,
		.repository = p->input->repository,
		.backup = p->input->manifest->removal_backup,
		.commit = p->input->last     ? p->input->last
			  : p->input->commit ? p->input->commit
					     : "",
		.password_hash = want ? password_hash(p->input, want) : NULL,
		.repairs =
			want && drift_mode_of(p->input->manifest, want) == DRIFT_REPAIR,
	};
}

bool planner_sees(struct planner *p, const char *guest, const struct lease *lease,
		  const struct observed *seen)
{
	const char *node = seen ? seen->node : lease->node;

	if (!p->input->cluster)
		return false;
	if (!p->input->cluster->quorate)
		planner_note(p, guest, NOTE_UNKNOWN,
			     "the cluster has no quorum: what it shows may be old");
	else if (node_is_offline(p->input->cluster, node))
		planner_note(p, guest, NOTE_UNKNOWN, "node %s is offline", node);
	else if (seen && !seen->lock && !seen->has_config)
		planner_note(p, guest, NOTE_UNKNOWN, "VMID %u on %s cannot be read",
			     seen->vmid, seen->node);
	else
		return true;
	return false;
}

bool planner_proves(struct action *action)
{
	struct next next = { 0 };

	if (next_is_ours(&next, &action->making, action->seen))
		return true;
	action->verb = next.step == STEP_WAIT ? VERB_WAIT : VERB_REFUSED;
	action->why = next.why;
	if (action->verb == VERB_REFUSED)
		error_wrap(&action->why, "disputed");
	return false;
}
