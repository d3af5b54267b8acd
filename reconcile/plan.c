#include "reconcile/plan.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/vec.h"
#include "reconcile/adoption.h"
#include "reconcile/moved.h"
#include "reconcile/place.h"
#include "reconcile/planner.h"

#include <string.h>

static const char nil_uuid[] = "00000000-0000-0000-0000-000000000000";

void planner_note(struct planner *p, const char *guest, enum note_kind kind,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	*vec_push(p->arena, &p->plan->notes) = (struct note){
		.guest = guest,
		.kind = kind,
		.text = arena_vprintf(p->arena, format, args),
	};
	va_end(args);
}

bool planner_wants(const struct planner *p, const char *guest)
{
	const struct plan_input *input = p->input;

	for (size_t i = 0; i < input->again_len; i++)
		if (strcmp(input->again[i], guest) == 0)
			return true;
	return input->again_len == 0 && (!input->only || strcmp(input->only, guest) == 0);
}

void planner_rests(struct action *action)
{
	action->verb = VERB_WAIT;
	error_set(&action->why, ERROR_TEMPORARY, "it failed, and is tried again later");
}

static void plan_leased(struct planner *p, struct action *action,
			const struct candidate *c)
{
	switch (action->lease->state) {
	case LEASE_RESERVED:
		planner_making(p, action, c);
		return;
	case LEASE_READY:
		planner_finished(p, action);
		return;
	case LEASE_RELEASING:
	case LEASE_RELEASED:
		planner_return(p, action);
		return;
	case LEASE_DESTROYING:
		planner_destroying(p, action);
		return;
	case LEASE_ADOPTING:
		planner_adopting(p, action);
		return;
	}
}

const char *planner_hold(const struct candidate *c)
{
	if (c->want->spec.hold.value)
		return "hold: true in its entry";
	return c->held ? c->held->hold : NULL;
}

static void plan_desired(struct planner *p, const struct candidate *c,
			 const struct allotment *result)
{
	struct action *action = vec_push(p->arena, &p->plan->actions);
	const struct allotment *got = c->wish ? &result[c->wish - 1] : NULL;

	action->guest = c->want->name;
	action->want = c->want;
	action->seen = c->seen;
	action->lease = leases_find(&p->plan->leases, c->want->name);
	if (got && got->note)
		planner_note(p, action->guest, NOTE_VMID, "%s", got->note);
	if (planner_hold(c)) {
		planner_note(p, action->guest, NOTE_HOLD, "left alone: %s",
			     planner_hold(c));
	} else if (!planner_wants(p, action->guest)) {
		return;
	} else if (str_in(action->guest, p->input->resting, p->input->resting_len)) {
		planner_rests(action);
	} else if (c->why) {
		action->verb = verb_unless_it_passes(c->why);
		action->why = *c->why;
		action->reason = planner_reason(p, c);
	} else if (got && !got->ok) {
		action->verb = VERB_REFUSED;
		action->why = got->why;
		action->reason = planner_reason(p, c);
	} else if (action->lease && !action->lease->bare) {
		plan_leased(p, action, c);
		planner_moved(p, action, c);
	}
}

/* Guests that say they are this repository's, without a lease. */
static void note_orphans(struct planner *p)
{
	for (size_t i = 0; i < p->premises.foreign_len; i++) {
		const struct observed *guest = p->premises.foreign[i];

		if (!guest->line_id || adoption_is_leased(&p->plan->leases, guest) ||
		    !str_equal(guest->line_instance, p->input->held->instance))
			continue;
		planner_note(p, guest->name, NOTE_ORPHAN,
			     "VMID %u on %s carries vm7's line of these leases, but no "
			     "lease: it is left alone. An entry with adopt: %u takes it "
			     "over; vm7 release --orphan %u destroys it",
			     guest->vmid, guest->node, guest->vmid, guest->vmid);
	}
}

/*
 * One guest that gets no address stops every creation, unless the file says to go on: the
 * whole allocation is known before anything is made.
 */
static void stop_creations(struct planner *p)
{
	const struct action *full = NULL;

	for (size_t i = 0; i < p->plan->actions.len && !full; i++)
		if (p->plan->actions.at[i].why.kind == ERROR_EXHAUSTED)
			full = &p->plan->actions.at[i];
	if (!full || p->input->manifest->on_error == ON_ERROR_CONTINUE)
		return;
	for (size_t i = 0; i < p->plan->actions.len; i++) {
		struct action *action = &p->plan->actions.at[i];

		if (action->verb != VERB_CREATE)
			continue;
		action->verb = VERB_REFUSED;
		action->steps_len = 0;
		action->offer = arena_new(p->arena, struct lease);
		*action->offer = *action->lease;
		error_set(&action->why, ERROR_EXHAUSTED,
			  "nothing is created while %s cannot be served (on_error: stop)",
			  full->guest);
	}
}

static bool has_step(const struct action *action, enum step step)
{
	for (size_t i = 0; i < action->steps_len; i++)
		if (action->steps[i] == step)
			return true;
	return false;
}

/*
 * Nothing is made, stopped or destroyed, and no lease changes: what is left is to give a
 * finished guest back what its entry says, and to start it.
 */
static void keep_to_repairs(struct planner *p)
{
	const struct error *why = p->input->only_repairs;

	for (size_t i = 0; why && i < p->plan->actions.len; i++) {
		struct action *action = &p->plan->actions.at[i];
		const struct lease *held = leases_find(p->plan->held, action->guest);
		bool repair =
			action->verb == VERB_CHANGE && held &&
			held->state == LEASE_READY && !has_step(action, STEP_STOP) &&
			!str_in(TAG_RELEASED, action->seen->tags, action->seen->tags_len);

		action->making.steady = true;
		action->lease = action->making.lease = held;
		if (!verb_acts(action->verb) || repair)
			continue;
		action->verb = VERB_REFUSED;
		action->steps_len = 0;
		error_set(&action->why, ERROR_TEMPORARY, "only repairs are done now: %s",
			  why->text);
	}
	if (why) {
		leases_copy(&p->plan->leases, p->arena, p->plan->held);
		p->plan->reserves = false;
	}
}

static void fingerprint(struct planner *p)
{
	const struct cluster_state *cluster = p->input->cluster;
	struct text facts;

	text_init(&facts, p->arena);
	text_addf(&facts, "%s\n%s\n", p->input->contents,
		  cluster ? cluster->name : "offline");
	for (size_t i = 0; i < p->plan->actions.len; i++) {
		const struct action *action = &p->plan->actions.at[i];
		const struct observed *template = action->making.template;

		text_addf(&facts, "%s %s", action->guest, verb_name(action->verb));
		if (action->lease)
			text_addf(&facts, " %u", action->lease->vmid);
		if (action->want && place_is_auto(action->want))
			text_addf(&facts, " %s", action->want->node);
		if (action->seen)
			text_addf(&facts, " %s %s %d", action->seen->node,
				  action->seen->digest ? action->seen->digest : "-",
				  (int)action->seen->power);
		if (template)
			text_addf(&facts, " %u %s", template->vmid, template->digest);
		text_addc(&facts, '\n');
	}
	for (size_t i = 0; p->plan->reserves && i < p->premises.vmids_len; i++)
		text_addf(&facts, "%u\n", p->premises.vmids[i]);
	for (size_t i = 0; i < p->plan->notes.len; i++)
		text_addf(&facts, "%s %s\n", note_name(p->plan->notes.at[i].kind),
			  p->plan->notes.at[i].text);
	text_add(&facts, p->plan->stop.text);
	hash_sha256_hex(text_str(&facts), facts.len, p->plan->fingerprint);
}

static void note_the_whole(struct planner *p)
{
	const struct manifest *manifest = p->input->manifest;

	for (size_t i = 0; i < manifest->warnings_len; i++)
		planner_note(p, NULL, NOTE_WARNING, "%s", manifest->warnings[i]);
	if (!p->input->instance && p->input->held->branch && p->input->branch &&
	    strcmp(p->input->held->branch, p->input->branch) != 0)
		planner_note(
			p, NULL, NOTE_WARNING,
			"this is the branch %s, the leases belong to %s: planned as if "
			"it were merged there",
			p->input->branch, p->input->held->branch);
	if (p->input->unverified)
		planner_note(p, NULL, NOTE_TLS,
			     "tls.insecure: nobody knows whether this is the cluster it "
			     "says it "
			     "is");
}

/*
 * Room for all actions at once: they are large, and growing would copy each a few
 * times.
 */
static void reserve_actions(struct planner *p)
{
	const struct leases *held = p->input->held;
	size_t most = p->len;

	for (size_t i = 0; i < held->len; i++)
		most += !manifest_find(p->input->manifest, held->at[i].name);
	p->plan->actions.at = arena_array(p->arena, struct action, most);
	p->plan->actions.cap = most;
}

static void plan_guests(struct planner *p)
{
	const struct plan_input *input = p->input;
	struct allotment *result;

	p->len = input->manifest->guests_len;
	p->candidates = arena_array(p->arena, struct candidate, p->len);
	reserve_actions(p);
	for (size_t i = 0; i < p->len; i++)
		planner_consider(p, &p->candidates[i], &input->manifest->guests[i]);
	result = planner_allot(p);
	planner_adopt(p);
	for (size_t i = 0; i < p->len; i++)
		plan_desired(p, &p->candidates[i], result);
	for (size_t i = 0; i < input->held->len; i++)
		planner_undesired(p, &input->held->at[i]);
	note_orphans(p);
	stop_creations(p);
	planner_guard(p);
	planner_probe(p);
	planner_room(p);
	planner_order(p);
	planner_settle(p);
}

void plan_make(struct plan *plan, struct arena *arena, const struct plan_input *input)
{
	struct planner p = { .plan = plan, .arena = arena, .input = input };

	*plan = (struct plan){ .input = input, .held = input->held };
	p.instance = input->held->instance ? input->held->instance
		     : input->instance     ? input->instance
					   : nil_uuid;
	if (input->undo_len == 0)
		planner_rename(&p);
	premises_make(&p.premises, arena, p.input);
	note_the_whole(&p);
	if (!premise_of_pass(&plan->stop, arena, &p.premises))
		p.len = 0;
	else if (input->undo_len > 0)
		planner_undo(&p);
	else
		plan_guests(&p);
	fingerprint(&p);
	if (input->unsigned_tree) /* the same plan all the same: apply will ask */
		planner_note(&p, NULL, NOTE_WARNING,
			     "a working tree has no signature: apply asks for a commit "
			     "that a person has signed (git.require_signed)");
	planner_rights(&p);
	keep_to_repairs(&p);
}
