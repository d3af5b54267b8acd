/*
 * Budgets: how many guests one pass may remove, replace or make again.
 *
 * Decided over the finished plan. What has begun already (its lease was pushed by an
 * earlier pass) has spent its budget then.
 */
#include "reconcile/planner.h"

#include "base/text.h"

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
}
