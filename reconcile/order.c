#include "reconcile/planner.h"

/* Is the guest there, or made in this pass? If not, `why` says what stands in the way. */
static bool may_be_built_on(const struct action *action, struct error *why)
{
	switch (action->verb) {
	case VERB_CREATE:
	case VERB_RESUME:
	case VERB_ADOPT:
	case VERB_CHANGE:
	case VERB_RECORD:
	case VERB_RETURN:
		return true;
	case VERB_NONE:
		if (action->lease && !action->lease->bare &&
		    action->lease->state != LEASE_RESERVED)
			return true;
		return error_set(why, ERROR_REFUSED,
				 "is not there, and is not to be made now");
	case VERB_RELEASE:
	case VERB_DESTROY:
	case VERB_DROP:
		return error_set(why, ERROR_REFUSED, "is not wanted any more");
	case VERB_REPLACE:
		return error_set(why, ERROR_TEMPORARY, "is replaced first");
	case VERB_WAIT:
		return error_set(why, action->why.kind, "waits itself");
	case VERB_REFUSED:
		return error_set(why, action->why.kind, "is refused");
	}
	return false;
}

static void hold_back(struct planner *p, struct action *action, bool allocates,
		      const char *other, const struct error *why)
{
	action->verb = verb_unless_it_passes(why);
	action->steps_len = action->changes.len = 0;
	if (allocates && action->lease && !action->offer) {
		action->offer = arena_new(p->arena, struct lease);
		*action->offer = *action->lease;
	}
	error_set(&action->why, why->kind, "it depends on %s, which %s", other,
		  why->text);
}

void planner_order(struct planner *p)
{
	const struct manifest *manifest = p->input->manifest;

	/* each after those it depends on, so that a reason goes all the way up */
	for (size_t i = 0; i < p->len; i++) {
		size_t at = manifest->in_order[i];
		struct action *action = &p->plan->actions.at[at];
		const struct list_setting *names = &action->want->spec.depends_on;

		for (size_t j = 0; j < names->len && verb_makes(action->verb); j++) {
			const struct desired *other =
				manifest_find(manifest, names->at[j]);
			struct error why = { 0 };

			if (!may_be_built_on(
				    &p->plan->actions.at[other - manifest->guests], &why))
				hold_back(p, action, p->candidates[at].allocates,
					  other->name, &why);
		}
	}
}
