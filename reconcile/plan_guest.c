#include "base/text.h"
#include "base/when.h"
#include "reconcile/planner.h"
#include "reconcile/props.h"
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

	*making = (struct making){
		.want = c->want,
		.lease = action->lease,
		.pools = &input->manifest->pools,
		.instance = p->instance,
		.repository = input->repository,
		.password_hash = password_hash(input, c->want),
	};
	action->reason = planner_reason(p, c);
	action->seen = candidate_is_taken(c) ? NULL : c->seen;
	action->steps = arena_array(p->arena, enum step, STEP_REFUSE);
	if (input->cluster &&
	    !premise_of_making(&action->why, p->arena, &p->premises, making)) {
		action->verb = verb_unless_it_passes(&action->why);
		return;
	}
	action->steps_len = making_steps(action->steps, p->arena, making, action->seen);
	action->verb = action->seen ? VERB_RESUME : VERB_CREATE;
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
		making_changes(&action->changes, p->arena, making, &fresh, true);
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

/* "local-lvm:vm-100-disk-0,size=3G": a volume's name begins with its storage. */
static bool on_storage(const char *volume, const char *storage)
{
	size_t len = strlen(storage);

	return volume && strncmp(volume, storage, len) == 0 && volume[len] == ':';
}

/* How a finished guest differs from its entry. It is told, not changed. */
static void note_drift(struct planner *p, const struct action *action)
{
	const struct desired *want = action->want;
	const struct observed *seen = action->seen;
	struct making making = {
		.want = want,
		.lease = action->lease,
		.pools = &p->input->manifest->pools,
		.instance = p->instance,
		.repository = p->input->repository,
	};
	struct changes changes;
	const char **stay;
	size_t stay_len;

	making_changes(&changes, p->arena, &making, seen, false);
	for (size_t i = 0; i < changes.len; i++)
		planner_note(p, action->guest, NOTE_DRIFT, "%s is %s, the entry says %s",
			     making_entry_key(changes.at[i].key),
			     changes.at[i].from ? changes.at[i].from : "not set",
			     changes.at[i].to ? changes.at[i].to : "nothing");
	if (is_set(&want->spec.disk_gb.is) && seen->root_disk &&
	    seen->root_disk_mib != (unsigned long)want->spec.disk_gb.value * 1024)
		planner_note(p, action->guest, NOTE_DRIFT,
			     "disk_gb: %s has %s, the entry says %ld GiB",
			     seen->root_disk, size_text(p->arena, seen->root_disk_mib),
			     want->spec.disk_gb.value);
	stay_len = slots_stay(&stay, p->arena, want, action->lease, seen);
	for (size_t i = 0; i < stay_len; i++)
		planner_note(p, action->guest, NOTE_DRIFT, "%s", stay[i]);
	if (want->spec.power.value == POWER_RUNNING && seen->power == OBSERVED_STOPPED)
		planner_note(p, action->guest, NOTE_DRIFT,
			     "it is stopped, the entry says running");
	if (want->spec.power.value == POWER_STOPPED && seen->power == OBSERVED_RUNNING)
		planner_note(p, action->guest, NOTE_DRIFT,
			     "it is running, the entry says stopped");
	if (want->datastore && want->spec.clone.value == CLONE_FULL && seen->root_disk &&
	    !on_storage(observed_option(seen, seen->root_disk), want->datastore))
		planner_note(p, action->guest, NOTE_DRIFT,
			     "%s is not on %s, as the entry says: disks are not moved",
			     seen->root_disk, want->datastore);
	if (want->spec.node.is.layer >= LAYER_PRESET &&
	    strcmp(want->node, seen->node) != 0)
		planner_note(p, action->guest, NOTE_DRIFT,
			     "it is on node %s, the entry says %s: guests are not moved",
			     seen->node, want->node);
}

void planner_finished(struct planner *p, struct action *action)
{
	const struct lease *lease = action->lease;
	const struct observed *seen = action->seen;
	const char *node = seen ? seen->node : lease->node;

	if (!p->input->cluster)
		return;
	if (!p->input->cluster->quorate) {
		planner_note(p, action->guest, NOTE_UNKNOWN,
			     "the cluster has no quorum: what it shows may be old");
	} else if (node_is_offline(p->input->cluster, node)) {
		planner_note(p, action->guest, NOTE_UNKNOWN, "node %s is offline", node);
	} else if (!seen) {
		action->verb = VERB_REFUSED;
		error_set(&action->why, ERROR_REFUSED,
			  "VMID %u is gone: it was deleted outside vm7. Making a "
			  "finished guest again is "
			  "not supported yet",
			  lease->vmid);
	} else if (seen->lock) {
		planner_note(p, action->guest, NOTE_BUSY, "VMID %u is locked (%s)",
			     seen->vmid, seen->lock);
	} else if (!seen->has_config) {
		planner_note(p, action->guest, NOTE_UNKNOWN,
			     "VMID %u on %s cannot be read", seen->vmid, seen->node);
	} else if (!identity_proven(lease, p->instance, seen, &action->why)) {
		action->verb = VERB_REFUSED;
		error_wrap(&action->why, "disputed");
	} else {
		note_drift(p, action);
	}
}
