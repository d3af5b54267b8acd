/*
 * Replacement: destroyed and made anew, with the same address, VMID and MAC. Only where its
 * entry allows it, and only when all that its new making needs was found.
 */
#include "reconcile/replace.h"

#include "base/text.h"
#include "reconcile/planner.h"
#include "reconcile/slots.h"

#include <stdio.h>
#include <string.h>

const char *origin_of(struct arena *arena, const struct desired *want)
{
	if (want->template_id)
		return arena_printf(arena, "%u", want->template_id);
	return want->spec.image.value;
}

/* Any template of a map will do: which node's it was may be long ago. */
static bool is_origin(const struct lease *lease, const struct desired *want)
{
	const struct node_map_setting *map = &want->spec.template_id;
	char number[16];

	if (!lease->template)
		return true;
	for (size_t i = 0; i < map->len; i++) {
		snprintf(number, sizeof(number), "%ld", map->values[i]);
		if (strcmp(number, lease->template) == 0)
			return true;
	}
	if (want->spec.image.value)
		return strcmp(want->spec.image.value, lease->template) == 0;
	return map->len == 0; /* adopted: its entry does not say */
}

const char *why_replaced(struct arena *arena, const struct lease *lease,
			 const struct desired *want, const struct observed *seen)
{
	const char *origin = origin_of(arena, want);
	bool unprivileged;

	if (lease->type != want->type)
		return arena_printf(arena, "it is a %s, its entry says %s",
				    guest_type_name(lease->type),
				    guest_type_name(want->type));
	if (want->spec.replace.value != REPLACE_IGNORE && !is_origin(lease, want))
		return arena_printf(arena, "it was made from %s, its entry says %s",
				    lease->template,
				    origin ? origin : "no template for its node");
	if (want->type != GUEST_LXC || !seen || !seen->has_config)
		return NULL;
	/* adopted as it is: only what its own entry says counts */
	if (is_set(&want->spec.adopt.is) &&
	    want->spec.unprivileged.is.layer <= LAYER_BUILT_IN)
		return NULL;
	unprivileged = str_equal(observed_option(seen, "unprivileged"), "1");
	if (unprivileged == want->spec.unprivileged.value)
		return NULL;
	return unprivileged ? "it is unprivileged, its entry says unprivileged: false"
			    : "it is privileged, its entry says unprivileged: true";
}

bool may_be_replaced(const struct lease *lease, const struct desired *want)
{
	return !lease->bare && want->spec.replace.value == REPLACE_ALLOW &&
	       (lease->type != want->type || want->type == GUEST_LXC ||
		!is_origin(lease, want));
}

/* Nobody's word for its end counts as long as it is protected. */
static bool is_protected(struct action *action)
{
	const struct lease *lease = action->lease;

	if (lease->self || action->want->spec.self.value)
		error_set(&action->why, ERROR_REFUSED,
			  "the controller runs in it (self: true): it is not replaced");
	else if (lease->protection || action->want->spec.protection.value)
		error_set(&action->why, ERROR_REFUSED,
			  "it is protected: it is not replaced. Say protection: false "
			  "with the entry as it was, then replace it");
	else if (guest_is_protected(action->seen))
		error_set(&action->why, ERROR_REFUSED,
			  "it is protected in Proxmox: it is not replaced as long as it "
			  "is");
	else
		return false;
	return true;
}

/* All that its new making needs; the steps of it come after those that are there. */
static bool can_be_made(struct planner *p, struct action *action)
{
	struct making anew = action->making;
	struct lease lease = *action->lease;

	if (!is_set(&action->want->spec.template_id.is) &&
	    !action->want->spec.image.value)
		return error_set(&action->why, ERROR_REFUSED,
				 "its entry does not say what it is made from: give it a "
				 "template_id or an image");
	lease.state = LEASE_RESERVED;
	lease.type = action->want->type;
	anew.lease = &lease;
	if (!premise_of_making(&action->why, p->arena, &p->premises, &anew))
		return false;
	if (anew.template)
		making_changes(&action->changes, p->arena, &anew, anew.template,
			       EXTENT_MADE);
	else
		making_options(&action->changes, p->arena, &anew);
	if (!changes_permitted(&action->why, p->arena, &action->changes,
			       is_set(&p->input->manifest->proxmox.privileged.is)))
		return false;
	action->making.template = anew.template;
	action->steps_len +=
		making_steps(action->steps + action->steps_len, p->arena, &anew, NULL);
	return true;
}

static void replace(struct planner *p, struct action *action)
{
	struct lease *lease = leases_find(&p->plan->leases, action->guest);

	if (is_protected(action)) {
		action->verb = VERB_REFUSED;
		return;
	}
	planner_end_steps(action);
	if (!can_be_made(p, action)) {
		action->verb = verb_unless_it_passes(&action->why);
		action->steps_len = action->changes.len = 0;
		error_wrap(&action->why, "it is not replaced");
		return;
	}
	lease->state = LEASE_DESTROYING;
	lease->since = p->input->now;
	action->verb = VERB_REPLACE;
	action->impact = IMPACT_DATA_LOSS;
}

bool planner_replaces(struct planner *p, struct action *action)
{
	const struct desired *want = action->want;
	bool other_type = action->lease->type != want->type;
	const char *why = why_replaced(p->arena, action->lease, want, action->seen);

	if (!why)
		return false;
	planner_note(p, action->guest, NOTE_REPLACE, "%s", why);
	if (!action->making.repairs) /* the rest is told too, where it can be compared */
		return other_type;
	action->reason = why;
	if (want->spec.replace.value == REPLACE_ALLOW) {
		replace(p, action);
		return true;
	}
	action->verb = VERB_REFUSED;
	error_set(&action->why, ERROR_REFUSED,
		  "requires replace: %s. Nothing is changed. Give the entry back what it "
		  "was made with, or say replace: allow (the guest and its disks are "
		  "destroyed)%s",
		  why,
		  other_type || is_origin(action->lease, want) ? ""
							       : " or replace: ignore");
	return true;
}
