#include "base/text.h"
#include "base/when.h"
#include "reconcile/declared.h"
#include "reconcile/planner.h"
#include "reconcile/props.h"
#include "reconcile/replace.h"
#include "reconcile/slots.h"
#include "reconcile/snapshot.h"

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

/* ---- a guest that was finished once ---- */

/* What is only told: disks and cloud-init, where it is, where its disks are. */
static void note_left_alone(struct planner *p, const struct action *action)
{
	const struct desired *want = action->want;
	const struct observed *seen = action->seen;
	const char **stay;
	size_t stay_len;

	if (is_set(&want->spec.disk_gb.is) && seen->root_disk &&
	    seen->root_disk_mib > (unsigned long)want->spec.disk_gb.value * 1024)
		planner_note(
			p, action->guest, NOTE_DRIFT,
			"disk_gb: %s has %s, the entry says %ld GiB: disks only grow",
			seen->root_disk, size_text(p->arena, seen->root_disk_mib),
			want->spec.disk_gb.value);
	stay_len = slots_stay(&stay, p->arena, want, action->lease, seen);
	for (size_t i = 0; i < stay_len; i++)
		planner_note(p, action->guest, NOTE_DRIFT, "%s", stay[i]);
	if (want->datastore && want->spec.clone.value == CLONE_FULL && seen->root_disk &&
	    !volume_is_on(observed_option(seen, seen->root_disk), want->datastore))
		planner_note(p, action->guest, NOTE_DRIFT,
			     "%s is not on %s, as the entry says: disks are not moved",
			     seen->root_disk, want->datastore);
	if (want->spec.node.is.layer >= LAYER_PRESET && !seen->ha &&
	    strcmp(want->node, seen->node) != 0)
		planner_note(p, action->guest, NOTE_DRIFT,
			     "it is on node %s, the entry says %s: guests are not moved",
			     seen->node, want->node);
}

static bool has_change(const struct changes *changes, const char *key)
{
	for (size_t i = 0; i < changes->len; i++)
		if (strcmp(changes->at[i].key, key) == 0)
			return true;
	return false;
}

/* What its first start was told, and its entry says otherwise by now. */
static void note_rebuild(struct planner *p, const struct action *action)
{
	struct changes seeded, kept;

	if (action->want->spec.reseed.value || is_set(&action->want->spec.adopt.is))
		return; /* an adopted guest was told nothing by vm7 */
	making_changes(&seeded, p->arena, &action->making, action->seen, EXTENT_RESEED);
	making_changes(&kept, p->arena, &action->making, action->seen, EXTENT_KEPT);
	for (size_t i = 0; i < seeded.len; i++)
		if (!has_change(&kept, seeded.at[i].key))
			planner_note(
				p, action->guest, NOTE_REBUILD,
				"%s differs from its entry: takes effect when it is made "
				"again, or with reseed: true",
				making_entry_key(seeded.at[i].key));
}

static void note_difference(struct planner *p, const struct action *action,
			    const struct changes *changes)
{
	const struct desired *want = action->want;
	const struct observed *seen = action->seen;
	struct growth *growths;
	size_t grown;

	for (size_t i = 0; i < changes->len; i++)
		planner_note(p, action->guest, NOTE_DRIFT, "%s is %s, the entry says %s",
			     making_entry_key(changes->at[i].key),
			     changes->at[i].from ? changes->at[i].from : "not set",
			     changes->at[i].to ? changes->at[i].to : "nothing");
	grown = disks_to_grow(&growths, p->arena, want, seen);
	for (size_t i = 0; i < grown; i++)
		planner_note(p, action->guest, NOTE_DRIFT,
			     "%s has %s, the entry says %ld GiB", growths[i].disk,
			     size_text(p->arena, growths[i].from_mib), growths[i].to_gib);
	if (want->spec.power.value == POWER_RUNNING && seen->power == OBSERVED_STOPPED)
		planner_note(p, action->guest, NOTE_DRIFT,
			     "it is stopped, the entry says running");
	if (want->spec.power.value == POWER_STOPPED && seen->power == OBSERVED_RUNNING)
		planner_note(p, action->guest, NOTE_DRIFT,
			     "it is running, the entry says stopped");
}

static void note_pending(struct planner *p, const struct action *action)
{
	const struct observed *seen = action->seen;

	for (size_t i = 0; i < seen->pending_len; i++)
		planner_note(p, action->guest, NOTE_PENDING,
			     "%s is set and waits for its next start",
			     making_entry_key(seen->pending[i]));
}

/* What its users notice of what is to be changed. */
static enum impact impact_of(struct planner *p, const struct action *action)
{
	const struct observed *seen = action->seen;
	enum impact impact = IMPACT_NONE;
	bool stops = false, starts = false;

	for (size_t i = 0; i < action->steps_len; i++) {
		stops |= action->steps[i] == STEP_STOP;
		starts |= action->steps[i] == STEP_START;
	}
	if (stops && starts)
		return seen->type == GUEST_VM ? IMPACT_STOP_START : IMPACT_RESTART;
	if (stops)
		return IMPACT_STOP;
	if (seen->power != OBSERVED_RUNNING)
		return IMPACT_NONE;
	for (size_t i = 0; i < action->changes.len; i++)
		if (!change_is_hot(p->arena, seen, &action->changes.at[i]))
			return IMPACT_PENDING;
		else
			impact = IMPACT_HOT;
	return action->steps_len > 0 ? IMPACT_HOT : impact;
}

/* Something that its entry lets vm7 restart it for: what waits, or what will wait. */
static bool restarts(struct planner *p, const struct action *action)
{
	const struct spec *spec = &action->want->spec;

	if (spec->restart.value != RESTART_AUTO || spec->self.value ||
	    spec->power.value != POWER_RUNNING || action->lease->failed)
		return false;
	for (size_t i = 0; i < action->changes.len; i++)
		if (!change_is_hot(p->arena, action->seen, &action->changes.at[i]))
			return true;
	return restart_is_due(p->arena, &action->making, action->seen);
}

static void add_step(struct action *action, enum step step)
{
	action->steps[action->steps_len++] = step;
}

/* In the order in which next_of_ready takes them. */
static void keeping_steps(struct planner *p, struct action *action)
{
	const struct spec *spec = &action->want->spec;
	const struct observed *seen = action->seen;
	bool up = seen->power == OBSERVED_RUNNING;
	struct next grow = { 0 };

	bool grows = next_grows(&grow, p->arena, &action->making, seen);
	bool restart = up && restarts(p, action);

	if (up && spec->power.value == POWER_STOPPED && !spec->self.value)
		add_step(action, STEP_STOP);
	if (snapshots_wanted(&action->making) &&
	    (action->changes.len > 0 || grows || restart))
		add_step(action, STEP_SNAPSHOT);
	if (action->changes.len > 0)
		add_step(action, STEP_CONFIGURE);
	if (grows)
		add_step(action, STEP_GROW);
	if (restart) {
		add_step(action, STEP_STOP);
		add_step(action, STEP_START);
	} else if (seen->power == OBSERVED_STOPPED &&
		   spec->power.value == POWER_RUNNING) {
		add_step(action, STEP_START);
	}
}

static const char *reason_of_change(struct planner *p, const struct action *action)
{
	struct growth *growths;
	size_t grown = disks_to_grow(&growths, p->arena, action->want, action->seen);
	const char **keys =
		arena_array(p->arena, const char *, action->changes.len + grown);
	size_t len = 0;

	for (size_t i = 0; i < action->changes.len; i++)
		keys[len++] = making_entry_key(action->changes.at[i].key);
	for (size_t i = 0; i < grown; i++)
		keys[len++] = str_equal(growths[i].disk, action->seen->root_disk)
				      ? "disk_gb"
				      : growths[i].disk;
	for (size_t i = 0; i < action->steps_len; i++)
		if (action->steps[i] == STEP_START || action->steps[i] == STEP_STOP) {
			if (len == 0 && action->steps_len == 1)
				return action->steps[i] == STEP_START
					       ? "it is stopped, its entry says running"
					       : "it is running, its entry says stopped";
			if (len == 0)
				return "its pending changes wait for a restart";
		}
	return arena_printf(p->arena, "%s %s from its entry",
			    str_list(p->arena, keys, len, 5),
			    len == 1 ? "differs" : "differ");
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

/* It is ours and can be worked on: what differs is changed, or told. */
static void plan_keeping(struct planner *p, struct action *action)
{
	const struct desired *want = action->want;
	struct making *making = &action->making;
	struct changes changes;

	making_changes(&changes, p->arena, making, action->seen,
		       want->spec.reseed.value ? EXTENT_RESEED : EXTENT_KEPT);
	note_left_alone(p, action);
	note_rebuild(p, action);
	note_pending(p, action);
	if (!making->repairs) {
		note_difference(p, action, &changes);
	} else {
		action->changes = changes;
		keeping_steps(p, action);
	}
	if (action->steps_len > 0) {
		action->verb = VERB_CHANGE;
		action->reason = reason_of_change(p, action);
		action->impact = impact_of(p, action);
	} else if ((action->lease->failed && action->seen->pending_len == 0) ||
		   !lease_declares(p->arena, action->lease, want, action->seen)) {
		action->verb = VERB_RECORD;
		action->reason = action->lease->failed
					 ? "it is as its entry says again"
					 : "its lease takes over what its entry says";
	}
	note_culprit(p, action);
	if (verb_asks(action->verb) &&
	    !changes_permitted(&action->why, p->arena, &action->changes,
			       is_set(&p->input->manifest->proxmox.privileged.is)))
		action->verb = VERB_REFUSED;
	if (want->spec.reseed.value && action->changes.len > 0 && want->type == GUEST_VM)
		planner_note(p, action->guest, NOTE_WARNING,
			     "reseed: cloud-init takes it for a new machine at its next "
			     "start: new SSH host keys");
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

bool planner_proves(struct planner *p, struct action *action)
{
	struct next next = { 0 };

	if (next_is_ours(&next, &action->making, action->seen))
		return true;
	action->verb = next.step == STEP_WAIT ? VERB_WAIT : VERB_REFUSED;
	action->why = next.why;
	if (action->verb == VERB_REFUSED)
		error_wrap(&action->why, "disputed");
	(void)p;
	return false;
}

/* What is not made again by itself (see is_to_be_remade). */
static void plan_gone(struct planner *p, struct action *action)
{
	const struct lease *lease = action->lease;

	if (!cluster_proves_free(p->input->cluster, lease->vmid)) {
		planner_note(p, action->guest, NOTE_UNKNOWN,
			     "VMID %u is not in the list, and not free either",
			     lease->vmid);
	} else if (lease->protection) {
		action->verb = VERB_REFUSED;
		error_set(&action->why, ERROR_REFUSED,
			  "VMID %u is gone: it was deleted outside vm7. It is protected, "
			  "so it is not made again by itself: say protection: false in "
			  "its entry, or take the entry out",
			  lease->vmid);
	} else {
		planner_note(
			p, action->guest, NOTE_DRIFT,
			"VMID %u is gone: it was deleted outside vm7, and is not made "
			"again (drift: report)",
			lease->vmid);
	}
}

void planner_finished(struct planner *p, struct action *action)
{
	const struct lease *lease = action->lease;
	const struct observed *seen = action->seen;

	planner_fill(p, &action->making, action->want, lease);
	action->steps = arena_array(p->arena, enum step, STEPS_MAX);
	if (!planner_sees(p, action->guest, lease, seen))
		return;
	if (!seen) {
		plan_gone(p, action);
	} else if (seen->lock && lease->state == LEASE_READY) {
		planner_note(p, action->guest, NOTE_BUSY, "VMID %u is locked (%s)",
			     seen->vmid, seen->lock);
	} else if (planner_proves(p, action) && !planner_replaces(p, action)) {
		plan_keeping(p, action);
	}
}
