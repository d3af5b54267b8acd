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

/*
 * What the controller's own guest stands on: all that it depends on, from link to link.
 * A guest is counted by its entry, or behind those by its lease when the entry is gone.
 */
struct footing {
	const struct manifest *manifest;
	const struct leases *held;
	const char **carries; /* by guest: which one of the controller's; or NULL */
	size_t *open, len;    /* whose links are not followed yet */
};

static bool footing_find(const struct footing *f, const char *name, size_t *at)
{
	const struct desired *want = manifest_find(f->manifest, name);
	const struct lease *lease = want ? NULL : leases_find(f->held, name);

	if (want)
		*at = (size_t)(want - f->manifest->guests);
	else if (lease)
		*at = f->manifest->guests_len + (size_t)(lease - f->held->at);
	return want || lease;
}

/* Everything below `self`; what carries another one already is known to the ground. */
static void footing_follow(struct footing *f, const char *self)
{
	size_t at;

	if (!footing_find(f, self, &at))
		return;
	f->open[f->len++] = at;
	while (f->len > 0) {
		size_t i = f->open[--f->len], entries = f->manifest->guests_len;
		bool entry = i < entries;
		const struct desired *want = entry ? &f->manifest->guests[i] : NULL;
		const struct lease *lease = entry ? NULL : &f->held->at[i - entries];
		const char *const *on = entry ? (const char *const *)want->depends
					      : (const char *const *)lease->depends;
		size_t len = entry ? want->depends_len : lease->depends_len;

		for (size_t j = 0; j < len; j++) {
			if (!footing_find(f, on[j], &at) || f->carries[at])
				continue;
			f->carries[at] = self;
			f->open[f->len++] = at;
		}
	}
}

/* From self: true of an entry, or of a lease whose entry is gone. */
static void footing_read(struct footing *f, struct planner *p)
{
	size_t all = p->input->manifest->guests_len + p->input->held->len;

	*f = (struct footing){ .manifest = p->input->manifest, .held = p->input->held };
	f->carries = arena_array(p->arena, const char *, all);
	f->open = arena_array(p->arena, size_t, all + 1);
	for (size_t i = 0; i < f->manifest->guests_len; i++)
		if (f->manifest->guests[i].spec.self.value)
			footing_follow(f, f->manifest->guests[i].name);
	for (size_t i = 0; i < f->held->len; i++)
		if (f->held->at[i].self)
			footing_follow(f, f->held->at[i].name);
}

/* The controller must not pull out what it stands on. */
static void keep_up_self(struct planner *p)
{
	struct footing footing;
	size_t at;

	footing_read(&footing, p);
	for (size_t i = 0; i < p->plan->actions.len; i++) {
		struct action *action = &p->plan->actions.at[i];

		if (!action_disturbs(action) ||
		    !footing_find(&footing, action->guest, &at) || !footing.carries[at])
			continue;
		action->verb = VERB_REFUSED;
		action->steps_len = 0;
		action->impact = IMPACT_NONE;
		error_set(
			&action->why, ERROR_REFUSED,
			"it would be stopped, and the controller's own guest %s depends "
			"on it: do it by hand, or take that out of its depends_on",
			footing.carries[at]);
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
