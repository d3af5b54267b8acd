#include "controller/rests.h"

#include "base/text.h"
#include "reconcile/agenda.h"

#include <stdlib.h>
#include <string.h>

static const struct rest *find(const struct rests *rests, const char *guest)
{
	for (size_t i = 0; i < rests->len; i++)
		if (strcmp(rests->at[i].guest, guest) == 0)
			return &rests->at[i];
	return NULL;
}

static void add(struct rests *rests, const char *guest, enum error_kind kind,
		unsigned failures, uint64_t until)
{
	rests->at = xrealloc(rests->at, (rests->len + 1) * sizeof(*rests->at));
	rests->at[rests->len++] = (struct rest){ xstrdup(guest), kind, failures, until };
}

static void learn(struct rests *fresh, const struct rests *old, const char *guest,
		  enum error_kind kind, uint64_t now)
{
	const struct rest *before = find(old, guest);
	unsigned failures = before ? before->failures + 1 : 1;
	uint64_t ms = rest_of(kind, failures);

	if (ms > 0 && !find(fresh, guest))
		add(fresh, guest, kind, failures, now + ms);
}

static const struct action *action_of(const struct pass *pass, const char *guest)
{
	for (size_t i = 0; i < pass->plan.actions.len; i++)
		if (strcmp(pass->plan.actions.at[i].guest, guest) == 0)
			return &pass->plan.actions.at[i];
	return NULL;
}

static bool was_done(const struct pass *pass, const char *guest)
{
	for (size_t i = 0; i < pass->outcome.len; i++)
		if (strcmp(pass->outcome.at[i].guest, guest) == 0)
			return pass->outcome.at[i].ok || pass->outcome.at[i].tried;
	return false;
}

/* It was left to its rest by this pass, or not begun: so nothing new is known of it. */
static bool still_rests(const struct pass *pass, const char *guest)
{
	const struct action *action = action_of(pass, guest);

	if (str_in(guest, pass->spec.resting, pass->spec.resting_len))
		return true;
	return action && action->verb != VERB_NONE && action->verb != VERB_WAIT &&
	       !was_done(pass, guest);
}

void rests_learn(struct rests *rests, const struct pass *pass, uint64_t now)
{
	struct rests fresh = { 0 };

	if (!pass->planned) /* nothing was learned of any guest */
		return;
	for (size_t i = 0; i < rests->len; i++)
		if (still_rests(pass, rests->at[i].guest))
			add(&fresh, rests->at[i].guest, rests->at[i].kind,
			    rests->at[i].failures, rests->at[i].until);
	for (size_t i = 0; i < pass->outcome.len; i++)
		if (!pass->outcome.at[i].ok)
			learn(&fresh, rests, pass->outcome.at[i].guest,
			      pass->outcome.at[i].err.kind, now);
	for (size_t i = 0; i < pass->plan.actions.len; i++)
		if (pass->plan.actions.at[i].verb == VERB_WAIT &&
		    !still_rests(pass, pass->plan.actions.at[i].guest))
			learn(&fresh, rests, pass->plan.actions.at[i].guest,
			      pass->plan.actions.at[i].why.kind, now);
	rests_finish(rests);
	*rests = fresh;
}

const char *const *rests_names(const struct rests *rests, struct arena *arena,
			       uint64_t now, size_t *len)
{
	const char **out = arena_array(arena, const char *, rests->len);

	*len = 0;
	for (size_t i = 0; i < rests->len; i++)
		if (rests->at[i].until > now)
			out[(*len)++] = arena_strdup(arena, rests->at[i].guest);
	return out;
}

uint64_t rests_next(const struct rests *rests)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < rests->len; i++)
		if (rests->at[i].until < next)
			next = rests->at[i].until;
	return next;
}

void rests_finish(struct rests *rests)
{
	for (size_t i = 0; i < rests->len; i++)
		free(rests->at[i].guest);
	free(rests->at);
	*rests = (struct rests){ 0 };
}
