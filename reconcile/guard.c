/*
 * Budgets: how many guests one pass may remove, replace or make again.
 *
 * Decided over the finished plan. What has begun already (its lease was pushed by an
 * earlier pass) has spent its budget then.
 */
#include "reconcile/planner.h"

#include "base/text.h"

#include <string.h>

enum { DEPTH_MAX = 16 }; /* of depends_on, from the controller's own guest */

struct budget {
	const char *what, *key, *trailer;
	long most, raised; /* by the file, and by trailers */
	bool (*counts)(const struct planner *p, const struct action *action);
};

/* The state that the lease file had before this plan. */
static enum lease_state state_before(const struct planner *p, const struct action *action)
{
	const struct lease *held = leases_find(p->input->held, action->guest);

	return held ? held->state : LEASE_RESERVED;
}

static bool is_removal(const struct planner *p, const struct action *action)
{
	return action->verb == VERB_RELEASE && state_before(p, action) == LEASE_READY;
}

static bool is_replacement(const struct planner *p, const struct action *action)
{
	return action->verb == VERB_REPLACE ||
	       (action->verb == VERB_CREATE && state_before(p, action) == LEASE_READY);
}

/* Two and more may still be too many of few. */
static bool too_large_a_part(const struct planner *p, size_t count)
{
	long percent = p->input->manifest->max_percent;
	size_t all = p->input->held->len;

	return count >= 2 && count * 100 > all * (size_t)percent;
}

static void refuse(struct planner *p, const struct budget *budget, const char *names,
		   size_t count, bool part)
{
	for (size_t i = 0; i < p->plan->actions.len; i++) {
		struct action *action = &p->plan->actions.at[i];

		if (!budget->counts(p, action))
			continue;
		action->verb = VERB_REFUSED;
		action->steps_len = 0;
		action->impact = IMPACT_NONE;
		if (part)
			error_set(
				&action->why, ERROR_REFUSED,
				"guard: %zu of %zu guests would be %s in one pass (%s), "
				"more than %ld %% (guard.max_percent). If that is meant, "
				"commit it with the trailer %s: %zu",
				count, p->input->held->len, budget->what, names,
				p->input->manifest->max_percent, budget->trailer, count);
		else
			error_set(
				&action->why, ERROR_REFUSED,
				"guard: %zu %s would be %s in one pass (%s), %ld may be "
				"(guard.%s). If that is meant, commit it with the "
				"trailer "
				"%s: %zu",
				count, count == 1 ? "guest" : "guests", budget->what,
				names, budget->most, budget->key, budget->trailer, count);
	}
}

static void guard(struct planner *p, const struct budget *budget)
{
	const char **names = arena_array(p->arena, const char *, p->plan->actions.len);
	size_t count = 0;

	for (size_t i = 0; i < p->plan->actions.len; i++)
		if (budget->counts(p, &p->plan->actions.at[i]))
			names[count++] = p->plan->actions.at[i].guest;
	if (count == 0 || (long)count <= budget->raised)
		return;
	if ((long)count > budget->most)
		refuse(p, budget, str_list(p->arena, names, count, 5), count, false);
	else if (too_large_a_part(p, count))
		refuse(p, budget, str_list(p->arena, names, count, 5), count, true);
}

/* What the controller's own guest depends on, and what that depends on. */
static bool carries(struct planner *p, const char *name, const char *guest, size_t depth)
{
	const struct desired *want = manifest_find(p->input->manifest, name);
	const struct lease *lease = leases_find(p->input->held, name);
	const char *const *on = want    ? (const char *const *)want->depends
				: lease ? (const char *const *)lease->depends
					: NULL;
	size_t len = want ? want->depends_len : lease ? lease->depends_len : 0;

	for (size_t i = 0; i < len; i++)
		if (strcmp(on[i], guest) == 0 ||
		    (depth > 0 && carries(p, on[i], guest, depth - 1)))
			return true;
	return false;
}

/* self: true of an entry, or of a lease whose entry is gone. */
static const char *self_on(struct planner *p, const char *guest)
{
	const struct manifest *manifest = p->input->manifest;
	const struct leases *held = p->input->held;

	for (size_t i = 0; i < manifest->guests_len; i++)
		if (manifest->guests[i].spec.self.value &&
		    carries(p, manifest->guests[i].name, guest, DEPTH_MAX))
			return manifest->guests[i].name;
	for (size_t i = 0; i < held->len; i++)
		if (held->at[i].self && carries(p, held->at[i].name, guest, DEPTH_MAX))
			return held->at[i].name;
	return NULL;
}

/* The controller must not pull out what it stands on. */
static void keep_up_self(struct planner *p)
{
	for (size_t i = 0; i < p->plan->actions.len; i++) {
		struct action *action = &p->plan->actions.at[i];
		const char *self =
			action_disturbs(action) ? self_on(p, action->guest) : NULL;

		if (!self)
			continue;
		action->verb = VERB_REFUSED;
		action->steps_len = 0;
		action->impact = IMPACT_NONE;
		error_set(
			&action->why, ERROR_REFUSED,
			"it would be stopped, and the controller's own guest %s depends "
			"on it: do it by hand, or take that out of its depends_on",
			self);
	}
}

void planner_guard(struct planner *p)
{
	const struct manifest *manifest = p->input->manifest;
	const struct budget budgets[] = {
		{ "removed", "max_destroy", "Vm7-Allow-Destroy", manifest->max_destroy,
		  p->input->allow_destroy, is_removal },
		{ "replaced or made again", "max_replace", "Vm7-Allow-Replace",
		  manifest->max_replace, p->input->allow_replace, is_replacement },
	};

	for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++)
		guard(p, &budgets[i]);
	keep_up_self(p);
}
