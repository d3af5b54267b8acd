/* A guest that was finished once: what differs from its entry is changed, or told. */
#include "base/text.h"
#include "reconcile/declared.h"
#include "reconcile/planner.h"
#include "reconcile/props.h"
#include "reconcile/slots.h"
#include "reconcile/snapshot.h"

#include <string.h>

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

/* A change that a running guest takes with its next start only. */
static bool any_cold(struct planner *p, const struct action *action)
{
	for (size_t i = 0; i < action->changes.len; i++)
		if (!change_is_hot(p->arena, action->seen, &action->changes.at[i]))
			return true;
	return false;
}

/* What its users notice of its steps. */
static enum impact impact_of(struct planner *p, const struct action *action)
{
	const struct observed *seen = action->seen;
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
	return any_cold(p, action) ? IMPACT_PENDING : IMPACT_HOT;
}

/* Something that its entry lets vm7 restart it for: what waits, or what will wait. */
static bool restarts(struct planner *p, const struct action *action)
{
	const struct spec *spec = &action->want->spec;

	if (spec->restart.value != RESTART_AUTO || spec->self.value ||
	    spec->power.value != POWER_RUNNING || action->lease->failed)
		return false;
	return any_cold(p, action) ||
	       restart_is_due(p->arena, &action->making, action->seen);
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
	} else if (planner_proves(action) && !planner_replaces(p, action)) {
		plan_keeping(p, action);
	}
}
