/* The JSON form: one document, its members always in the same order, none left out. */
#include "base/own.h"
#include "reconcile/tell.h"

#include "base/text.h"

#include <jansson.h>
#include <string.h>

OWN_DEFINE(json, json_t *, json_decref);

/* NULL is null. Jansson takes nothing but UTF-8, and texts of others may be anything. */
static json_t *json_text(struct arena *arena, const char *text)
{
	return text ? json_string(str_safe(arena, text, strlen(text) + 4)) : json_null();
}

static json_t *json_addr(const struct addr *addr)
{
	char text[ADDR_TEXT];

	if (!addr->family)
		return json_null();
	addr_print(addr, text);
	return json_string(text);
}

static json_t *json_count(unsigned number)
{
	return number ? json_integer(number) : json_null();
}

static json_t *json_error(struct arena *arena, const struct error *err)
{
	json_t *out;

	if (!err || !err->kind)
		return json_null();
	out = json_object();
	json_object_set_new(out, "kind", json_string(error_kind_name(err->kind)));
	json_object_set_new(out, "code", json_integer(error_exit(err->kind)));
	json_object_set_new(out, "text", json_text(arena, err->text));
	return out;
}

static char *print(struct arena *arena, const json_t *document)
{
	char *dumped = json_dumps(document, JSON_INDENT(2) | JSON_ENSURE_ASCII), *out;

	out = arena_printf(arena, "%s\n", dumped ? dumped : "{}");
	free(dumped);
	return out;
}

static json_t *json_nics(struct arena *arena, const struct plan *plan,
			 const struct lease *lease)
{
	json_t *out = json_array();

	for (size_t i = 0; lease && i < lease->nics_len; i++) {
		const struct nic *nic = &lease->nics[i];
		json_t *card = json_object();

		json_object_set_new(card, "pool", json_text(arena, nic->pool));
		json_object_set_new(card, "ip", json_addr(&nic->ip));
		json_object_set_new(card, "ip6", json_addr(&nic->ip6));
		json_object_set_new(
			card, "mac",
			json_text(arena, tells_identity(plan) ? nic->mac : NULL));
		json_array_append_new(out, card);
	}
	return out;
}

static json_t *json_steps(const struct action *action, struct arena *arena)
{
	json_t *out = json_array();

	for (size_t i = 0; i < action->steps_len; i++)
		json_array_append_new(out, json_text(arena, tell_step(arena, action,
								      action->steps[i])));
	return out;
}

static json_t *json_changes(struct arena *arena, const struct plan *plan,
			    const struct action *action)
{
	json_t *out = json_array();

	for (size_t i = 0; i < action->changes.len; i++) {
		const struct change *change = &action->changes.at[i];
		json_t *one = json_object();

		json_object_set_new(one, "key", json_text(arena, change->key));
		json_object_set_new(one, "from",
				    json_text(arena, tell_value(arena, plan, action,
								change, change->from)));
		json_object_set_new(one, "to",
				    json_text(arena, tell_value(arena, plan, action,
								change, change->to)));
		json_array_append_new(out, one);
	}
	return out;
}

static const char *pool_of(const struct action *action)
{
	if (action->lease && action->lease->nics_len > 0)
		return action->lease->nics[0].pool;
	if (action->want && action->want->networks_len > 0)
		return action->want->networks[0]->pool.value;
	return NULL;
}

static const char *node_of(const struct action *action)
{
	if (action->seen)
		return action->seen->node;
	if (action->lease && action->lease->node)
		return action->lease->node;
	return action->want ? action->want->node : NULL;
}

static json_t *json_action(struct arena *arena, const struct plan *plan,
			   const struct action *action)
{
	static const struct nic none;
	const struct lease *lease = action->lease;
	const struct nic *nic = lease && lease->nics_len > 0 ? lease->nics : &none;
	enum guest_type type = action->want ? action->want->type
			       : lease      ? lease->type
					    : GUEST_VM;
	json_t *out = json_object();

	json_object_set_new(out, "name", json_text(arena, action->guest));
	json_object_set_new(out, "type", json_string(guest_type_name(type)));
	json_object_set_new(out, "pool", json_text(arena, pool_of(action)));
	json_object_set_new(out, "ip", json_addr(&nic->ip));
	json_object_set_new(out, "ip6", json_addr(&nic->ip6));
	json_object_set_new(out, "action", json_string(verb_name(action->verb)));
	json_object_set_new(out, "template_id",
			    json_count(action->want ? action->want->template_id : 0));
	json_object_set_new(out, "vmid", json_count(lease ? lease->vmid : 0));
	json_object_set_new(out, "node", json_text(arena, node_of(action)));
	json_object_set_new(out, "mac",
			    json_text(arena, tells_identity(plan) ? nic->mac : NULL));
	json_object_set_new(out, "state",
			    lease && !lease->bare && lease != action->offer
				    ? json_string(lease_state_name(lease->state))
				    : json_null());
	json_object_set_new(out, "reason", json_text(arena, action->reason));
	json_object_set_new(out, "why",
			    json_text(arena, action->why.kind ? action->why.text : NULL));
	json_object_set_new(out, "impact", json_string(impact_name(action->impact)));
	json_object_set_new(out, "steps", json_steps(action, arena));
	json_object_set_new(out, "changes", json_changes(arena, plan, action));
	json_object_set_new(out, "nics", json_nics(arena, plan, lease));
	return out;
}

static json_t *json_notes(struct arena *arena, const struct plan *plan)
{
	json_t *out = json_array();

	for (size_t i = 0; i < plan->notes.len; i++) {
		const struct note *note = &plan->notes.at[i];
		json_t *one = json_object();

		json_object_set_new(one, "guest", json_text(arena, note->guest));
		json_object_set_new(one, "kind", json_string(note_name(note->kind)));
		json_object_set_new(one, "text", json_text(arena, note->text));
		json_array_append_new(out, one);
	}
	return out;
}

static void append_refusal(json_t *out, struct arena *arena, const char *guest,
			   const struct error *why)
{
	json_t *one = json_object();

	json_object_set_new(one, "guest", json_text(arena, guest));
	json_object_set_new(one, "code", json_integer(error_exit(why->kind)));
	json_object_set_new(one, "text", json_text(arena, why->text));
	json_array_append_new(out, one);
}

static json_t *json_refused(struct arena *arena, const struct plan *plan)
{
	json_t *out = json_array();

	if (plan->stop.kind)
		append_refusal(out, arena, NULL, &plan->stop);
	for (size_t i = 0; i < plan->actions.len; i++)
		if (plan->actions.at[i].verb == VERB_REFUSED)
			append_refusal(out, arena, plan->actions.at[i].guest,
				       &plan->actions.at[i].why);
	return out;
}

/* What was read: the first members of both documents. NULL plan: nothing is known. */
static json_t *json_document(struct arena *arena, const struct plan *plan)
{
	const struct plan_input *input = plan ? plan->input : NULL;
	const char *commit =
		input && input->commit && *input->commit ? input->commit : NULL;
	json_t *out = json_object();

	json_object_set_new(out, "schema", json_integer(PRINT_SCHEMA));
	json_object_set_new(out, "commit", json_text(arena, commit));
	json_object_set_new(out, "branch",
			    json_text(arena, input ? input->branch : NULL));
	json_object_set_new(out, "working_tree",
			    json_boolean(input && (input->working_tree || !commit)));
	json_object_set_new(
		out, "cluster",
		json_text(arena, input && input->cluster ? input->cluster->name : NULL));
	json_object_set_new(out, "offline", json_boolean(input && !input->cluster));
	return out;
}

char *print_plan_json(struct arena *arena, const struct plan *plan)
{
	own(json) json_t *out = json_document(arena, plan);
	json_t *vms = json_array();

	for (size_t i = 0; i < plan->actions.len; i++)
		json_array_append_new(vms,
				      json_action(arena, plan, &plan->actions.at[i]));
	json_object_set_new(out, "vms", vms);
	json_object_set_new(out, "notes", json_notes(arena, plan));
	json_object_set_new(out, "refused", json_refused(arena, plan));
	json_object_set_new(out, "error", json_error(arena, &plan->stop));
	json_object_set_new(out, "fingerprint", json_string(plan->fingerprint));
	return print(arena, out);
}

/* Is there nothing to complain about a guest that nothing was tried with? */
static bool is_well(const struct outcome *outcome, const struct action *action)
{
	if (action->verb == VERB_NONE)
		return true;
	/* otherwise the pass ended before its turn */
	return verb_acts(action->verb) && !verb_asks(action->verb) &&
	       !outcome_stop(outcome);
}

static const char *error_of(const struct outcome *outcome, const struct action *action,
			    const struct done *done, bool ok)
{
	const struct error *stop = outcome_stop(outcome);

	if (ok)
		return NULL;
	if (done)
		return done->err.text;
	if (action->why.kind)
		return action->why.text;
	return stop ? stop->text : NULL;
}

static json_t *json_guest(struct arena *arena, const struct outcome *outcome,
			  const struct action *action, const struct done *done)
{
	const struct lease *lease = action->lease;
	bool ok = done ? done->ok : is_well(outcome, action);
	enum lease_state state = done    ? done->state
				 : lease ? lease->state
					 : LEASE_RESERVED;
	json_t *out = json_object();

	json_object_set_new(out, "name", json_text(arena, action->guest));
	json_object_set_new(out, "action", json_string(verb_name(action->verb)));
	json_object_set_new(out, "ok", json_boolean(ok));
	json_object_set_new(out, "tried", json_boolean(done && done->tried));
	json_object_set_new(out, "state",
			    lease && !lease->bare && action->verb != VERB_DROP
				    ? json_string(lease_state_name(state))
				    : json_null());
	json_object_set_new(out, "vmid", json_count(lease ? lease->vmid : 0));
	json_object_set_new(
		out, "node",
		json_text(arena, done && done->node ? done->node : node_of(action)));
	json_object_set_new(out, "ip",
			    done && done->ip               ? json_text(arena, done->ip)
			    : lease && lease->nics_len > 0 ? json_addr(&lease->nics[0].ip)
							   : json_null());
	json_object_set_new(out, "error",
			    json_text(arena, error_of(outcome, action, done, ok)));
	json_object_set_new(out, "warnings",
			    json_text(arena, done ? done->warnings : NULL));
	json_object_set_new(out, "pending",
			    json_text(arena, done ? done->pending : NULL));
	return out;
}

/* Both lists are in the order of the plan. */
static json_t *json_guests(struct arena *arena, const struct outcome *outcome)
{
	const struct plan *plan = outcome->plan;
	json_t *out = json_array();
	size_t next = 0;

	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];
		const struct done *done = NULL;

		if (next < outcome->len && outcome->at[next].action == action)
			done = &outcome->at[next++];
		json_array_append_new(out, json_guest(arena, outcome, action, done));
	}
	return out;
}

char *print_outcome_json(struct arena *arena, const struct outcome *outcome)
{
	own(json) json_t *out = json_document(arena, outcome->plan);

	json_object_set_new(out, "guests", json_guests(arena, outcome));
	json_object_set_new(out, "notes", json_notes(arena, outcome->plan));
	json_object_set_new(out, "refused", json_refused(arena, outcome->plan));
	json_object_set_new(out, "error", json_error(arena, outcome_stop(outcome)));
	return print(arena, out);
}

static char *print_empty(struct arena *arena, const struct error *err, bool plan)
{
	own(json) json_t *out = json_document(arena, NULL);

	json_object_set_new(out, plan ? "vms" : "guests", json_array());
	json_object_set_new(out, "notes", json_array());
	json_object_set_new(out, "refused", json_array());
	json_object_set_new(out, "error", json_error(arena, err));
	if (plan)
		json_object_set_new(out, "fingerprint", json_null());
	return print(arena, out);
}

char *print_plan_error_json(struct arena *arena, const struct error *err)
{
	return print_empty(arena, err, true);
}

char *print_outcome_error_json(struct arena *arena, const struct error *err)
{
	return print_empty(arena, err, false);
}
