#include "controller/status_guests.h"

#include "base/text.h"
#include "controller/progress.h"
#include "reconcile/adoption.h"
#include "reconcile/facts.h"
#include "reconcile/index.h"
#include "reconcile/tell.h"

#include <string.h>

enum { WORDS_MAX = 1000 };

/* What a person sees first of a guest. */
enum health {
	HEALTH_OK,
	HEALTH_WORKING,
	HEALTH_FAILED,
	HEALTH_WAITING,
	HEALTH_DRIFT,
	HEALTH_UNKNOWN,
	HEALTH_DISPUTED,
	HEALTH_HELD,
	HEALTH_RELEASED,
};

static const char *const health_names[] = {
	[HEALTH_OK] = "ok",
	[HEALTH_WORKING] = "working",
	[HEALTH_FAILED] = "failed",
	[HEALTH_WAITING] = "waiting",
	[HEALTH_DRIFT] = "drift",
	[HEALTH_UNKNOWN] = "unknown",
	[HEALTH_DISPUTED] = "disputed",
	[HEALTH_HELD] = "held",
	[HEALTH_RELEASED] = "released",
};

/* Everything about one guest, brought together. */
struct view {
	const struct facts *facts;
	const struct inventory_guest *told;
	const struct action *action; /* NULL: nothing is planned about it */
	const struct done *done;     /* NULL: nothing was done about it */
	const struct observed *seen; /* before the pass did anything */
	enum standing standing;
	enum health health;
	const char *says, *command;
	const char *step; /* that failed */
};

struct views {
	struct arena *arena;
	const struct pass *pass;
	const enum standing *standings;
	struct index actions, done;
	struct view *at;
	size_t len;
	struct index by_name;
};

void add_wait(json_t *waits, struct arena *arena, const char *guest, const char *why,
	      const char *command)
{
	json_array_append_new(waits, json_pack("{s:s?, s:s, s:s?}", "guest", guest, "why",
					       str_safe(arena, why, WORDS_MAX), "command",
					       command));
}

static enum health health_of(enum standing standing)
{
	switch (standing) {
	case STANDING_CREATE:
	case STANDING_RESUME:
	case STANDING_ADOPT:
	case STANDING_CHANGE:
	case STANDING_RETURN:
	case STANDING_RELEASING:
	case STANDING_DESTROY:
	case STANDING_REPLACE:
	case STANDING_WAIT:
		return HEALTH_WORKING;
	case STANDING_RECORD:
	case STANDING_DROP:
	case STANDING_DESIRED:
	case STANDING_PASSED:
		return HEALTH_OK;
	case STANDING_REFUSED:
		return HEALTH_WAITING;
	case STANDING_DIFFERS:
		return HEALTH_DRIFT;
	case STANDING_HOLD:
		return HEALTH_HELD;
	case STANDING_UNKNOWN:
	case STANDING_UNASKED:
		return HEALTH_UNKNOWN;
	case STANDING_RELEASE:
		return HEALTH_RELEASED;
	}
	return HEALTH_UNKNOWN;
}

static bool is_disputed(const char *why)
{
	return str_starts(why, "disputed");
}

/* What frees a guest that could not be made; NULL: it is something else. */
static const char *rollback_of(struct arena *arena, const struct view *view)
{
	const struct lease *lease = view->told->lease;

	if (!lease || !lease->failed || lease->state != LEASE_RESERVED)
		return NULL;
	return arena_printf(arena, "vm7 rollback --guest %s", view->facts->name);
}

/* What was refused, or failed: who can do something about it? */
static void blame(struct view *view, struct arena *arena, const struct error *why)
{
	const struct lease *lease = view->told->lease;

	view->says = why->text;
	if (is_disputed(why->text)) {
		view->health = HEALTH_DISPUTED;
		if (lease && lease->vmid)
			view->command = arena_printf(arena, "vm7 adopt %u", lease->vmid);
	} else if (why->kind == ERROR_TEMPORARY) {
		view->health = HEALTH_WORKING;
	} else {
		view->command = rollback_of(arena, view);
	}
}

static void judge_done(struct view *view, struct arena *arena)
{
	const struct done *done = view->done;

	if (!done->ok) {
		view->health = done->tried ? HEALTH_FAILED : HEALTH_WAITING;
		blame(view, arena, &done->err);
		return;
	}
	view->health = HEALTH_OK;
	if (view->told->lease && view->told->lease->state == LEASE_RELEASED)
		view->health = HEALTH_RELEASED;
	if (done->pending)
		view->says = arena_printf(arena, "waits for its next start: %s",
					  done->pending);
}

static void judge(struct view *view, struct arena *arena)
{
	const struct action *action = view->action;
	const struct lease *lease = view->told->lease;

	view->health = health_of(view->standing);
	if (view->done) {
		judge_done(view, arena);
	} else if (view->told->last_error) {
		view->health = HEALTH_FAILED;
		view->says = view->told->last_error;
		view->command = rollback_of(arena, view);
	} else if (action && action->why.kind) {
		blame(view, arena, &action->why);
	}
	if (view->health == HEALTH_OK && lease && lease->state != LEASE_READY &&
	    lease->state != LEASE_RELEASED)
		view->health = HEALTH_WORKING;
	if (view->health == HEALTH_HELD && lease && lease->hold)
		view->says = lease->hold;
	if (view->health == HEALTH_HELD && lease && lease->hold)
		view->command = arena_printf(arena, "vm7 unhold %s", view->facts->name);
}

static const char *power_of(const struct view *view)
{
	const struct done *done = view->done;

	if (done && done->ok && done->action)
		switch (done->action->verb) {
		case VERB_CREATE:
		case VERB_RESUME:
		case VERB_RETURN:
		case VERB_REPLACE:
		case VERB_CHANGE:
			if (!done->action->want)
				break;
			if (done->action->want->spec.power.value == POWER_RUNNING)
				return "running";
			if (done->action->want->spec.power.value == POWER_STOPPED)
				return "stopped";
			break;
		case VERB_RELEASE:
			return "stopped";
		case VERB_NONE:
		case VERB_WAIT:
		case VERB_ADOPT:
		case VERB_RECORD:
		case VERB_DESTROY:
		case VERB_DROP:
		case VERB_REFUSED:
			break;
		}
	if (!view->seen || view->seen->power == OBSERVED_OTHER)
		return "unknown";
	return view->seen->power == OBSERVED_RUNNING ? "running" : "stopped";
}

static json_t *addresses_of(const struct view *view)
{
	json_t *out = json_array();

	if (view->facts->ip)
		json_array_append_new(out, json_string(view->facts->ip));
	if (view->facts->ip6)
		json_array_append_new(out, json_string(view->facts->ip6));
	return out;
}

static const char *words(struct arena *arena, const char *text)
{
	return text ? str_safe(arena, text, WORDS_MAX) : NULL;
}

static json_t *guest_json(struct arena *arena, const struct view *view)
{
	const struct facts *facts = view->facts;
	const struct lease *lease = view->told->lease;
	const char *node = view->done && view->done->node ? view->done->node
			   : view->seen                   ? view->seen->node
							  : facts->node;
	json_t *out = json_pack(
		"{s:s, s:s?, s:s?, s:s, s:s, s:s?, s:o, s:s?, s:s?, s:s?, s:s?, s:s?}",
		"name", facts->name, "type", facts->type, "state",
		lease ? lease_state_name(lease->state) : NULL, "health",
		health_names[view->health], "power", power_of(view), "node",
		words(arena, node), "addresses", addresses_of(view), "commit",
		view->told->commit, "since", lease ? lease->since : NULL, "says",
		words(arena, view->says), "command", view->command, "step", view->step);

	json_object_set_new(
		out, "desired",
		view->told->want
			? json_string(
				  words(arena, manifest_brief(arena, view->told->want)))
			: json_null());
	json_object_set_new(out, "vmid",
			    facts->vmid ? json_integer(facts->vmid) : json_null());
	return out;
}

/* Where there is no plan, or nothing about it in the plan. */
static enum standing standing_by_lease(const struct inventory_guest *told)
{
	if ((told->want && told->want->spec.hold.value) ||
	    (told->lease && told->lease->hold))
		return STANDING_HOLD;
	if (!told->want)
		return STANDING_RELEASE;
	return told->lease ? STANDING_DESIRED : STANDING_CREATE;
}

static void fill(struct views *views, const struct inventory_guest *told,
		 const struct facts *facts)
{
	const struct pass *pass = views->pass;
	struct view *view = &views->at[views->len++];
	const struct lease *lease = told->lease;
	size_t at;

	*view = (struct view){ .facts = facts, .told = told };
	view->standing = standing_by_lease(told);
	if (index_find(&views->actions, facts->name, &at)) {
		view->action = &pass->plan.actions.at[at];
		view->standing = views->standings[at];
	}
	if (index_find(&views->done, facts->name, &at))
		view->done = &pass->outcome.at[at];
	if (pass->observed && lease && lease->vmid)
		view->seen = cluster_find(pass->observed, lease->vmid);
	judge(view, views->arena);
	if (view->health == HEALTH_FAILED && view->done)
		view->step = progress_words(view->done->step);
}

static void bring_together(struct views *views, struct arena *arena,
			   const struct pass *pass)
{
	struct inventory_guest *told;
	struct facts *facts;
	struct tally tally;
	size_t len = results_guests(&told, arena, &pass->source, pass->after,
				    pass->observed, &pass->results);

	*views = (struct views){ .arena = arena, .pass = pass };
	facts = facts_of_all(arena, told, len);
	views->standings = standings_of(&tally, arena, &pass->plan);
	index_init(&views->actions, arena, pass->plan.actions.at, pass->plan.actions.len,
		   sizeof(*pass->plan.actions.at));
	index_init(&views->done, arena, pass->outcome.at, pass->outcome.len,
		   sizeof(*pass->outcome.at));
	views->at = arena_array(arena, struct view, len);
	for (size_t i = 0; i < len; i++)
		fill(views, &told[i], &facts[i]);
	index_init(&views->by_name, arena, facts, len, sizeof(*facts));
}

/* What the plan said of a guest counts as long as nothing was done about it. */
static void take_note(struct views *views, const struct note *note)
{
	struct view *view;
	size_t at;

	if (!note->guest || !index_find(&views->by_name, note->guest, &at))
		return;
	view = &views->at[at];
	if (!view->says && !(view->done && view->done->ok && note->kind == NOTE_DRIFT))
		view->says = note->text;
	if (note->kind == NOTE_RELEASE)
		view->command = arena_printf(views->arena, "vm7 release %s", note->guest);
}

static bool is_for_a_person(enum note_kind kind)
{
	switch (kind) {
	case NOTE_REPLACE:
	case NOTE_RIGHTS:
		return true;
	case NOTE_RELEASE: /* wait_for_kept() */
	case NOTE_DRIFT:
	case NOTE_REBUILD:
	case NOTE_PENDING:
	case NOTE_BUSY:
	case NOTE_UNKNOWN:
	case NOTE_HOLD:
	case NOTE_VMID:
	case NOTE_ORPHAN:
	case NOTE_TLS:
	case NOTE_WARNING:
		return false;
	}
	return false;
}

/* They carry our line and have no lease; known where all guests were looked at. */
static void find_orphans(json_t *orphans, struct arena *arena, const struct pass *pass)
{
	const struct cluster_state *cluster = pass->observed;

	for (size_t i = 0; cluster && i < cluster->guests_len; i++) {
		const struct observed *seen = &cluster->guests[i];

		if (!seen->line_id ||
		    !str_equal(seen->line_instance, pass->after->instance) ||
		    adoption_is_leased(pass->after, seen))
			continue;
		json_array_append_new(
			orphans,
			json_pack("{s:i, s:s?, s:s?, s:s}", "vmid", (int)seen->vmid,
				  "name", words(arena, seen->name), "node",
				  words(arena, seen->node), "command",
				  arena_printf(arena, "vm7 release --orphan %u",
					       seen->vmid)));
	}
}

static void wait_for_guests(json_t *waits, const struct views *views)
{
	for (size_t i = 0; i < views->len; i++) {
		const struct view *view = &views->at[i];

		if (view->says &&
		    (view->health == HEALTH_FAILED || view->health == HEALTH_WAITING ||
		     view->health == HEALTH_DISPUTED))
			add_wait(waits, views->arena, view->facts->name, view->says,
				 view->command);
	}
}

/* What is stopped, and rests, is as its policy says; what goes on running is for a person. */
static void wait_for_kept(json_t *waits, const struct views *views)
{
	for (size_t i = 0; i < views->len; i++) {
		const struct view *view = &views->at[i];
		const struct lease *lease = view->told->lease;

		if (view->standing == STANDING_RELEASE && lease && view->says &&
		    lease->state == LEASE_READY)
			add_wait(waits, views->arena, view->facts->name, view->says,
				 view->command);
	}
}

void guests_status(struct guests_status *out, struct arena *arena,
		   const struct pass *pass)
{
	const struct plan *plan = &pass->plan;
	struct views views;

	*out = (struct guests_status){ json_array(), json_array(), json_array(), 0, 0 };
	bring_together(&views, arena, pass);
	for (size_t i = 0; i < plan->notes.len; i++)
		take_note(&views, &plan->notes.at[i]);
	wait_for_guests(out->waits, &views);
	for (size_t i = 0; i < plan->notes.len; i++) {
		const struct note *note = &plan->notes.at[i];

		if (is_for_a_person(note->kind))
			add_wait(out->waits, arena, note->guest, note->text, NULL);
	}
	wait_for_kept(out->waits, &views);
	find_orphans(out->orphans, arena, pass);
	out->len = views.len;
	for (size_t i = 0; i < views.len; i++) {
		enum health health = views.at[i].health;

		out->well += health == HEALTH_OK || health == HEALTH_HELD ||
			     health == HEALTH_RELEASED;
		json_array_append_new(out->guests, guest_json(arena, &views.at[i]));
	}
}
