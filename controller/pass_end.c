/* What has become of a round of a pass, and whether it leaves more to do at once. */
#include "controller/pass_inside.h"

#include "base/text.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

static const struct action *action_of(const struct pass *p, const char *guest)
{
	for (size_t i = 0; i < p->plan.actions.len; i++)
		if (strcmp(p->plan.actions.at[i].guest, guest) == 0)
			return &p->plan.actions.at[i];
	return NULL;
}

static struct done *done_with(struct pass *p, const char *guest)
{
	for (size_t i = 0; i < p->done.len; i++)
		if (strcmp(p->done.at[i].guest, guest) == 0)
			return &p->done.at[i];
	return NULL;
}

/* "cores and memory": what it has been given and takes at its next start. */
static const char *pending_of(struct pass *p, const struct observed *seen)
{
	const char **keys = arena_array(p->arena, const char *, seen->pending_len);

	if (seen->pending_len == 0)
		return NULL;
	for (size_t i = 0; i < seen->pending_len; i++)
		keys[i] = arena_strdup(p->arena, making_entry_key(seen->pending[i]));
	return str_list(p->arena, keys, seen->pending_len, 5);
}

/* It was made and is removed again; or it failed, which is what is told then. */
static void undone(const struct pass *p, struct done *done)
{
	done->state = LEASE_DESTROYING;
	if (!done->ok)
		return;
	done->ok = false;
	error_set(&done->err, ERROR_FAILED,
		  "removed again: %s failed (on_error: rollback)", p->failed);
}

/* What a later round refuses of a guest that an earlier one has worked on. */
static void tell_refusals(struct pass *p)
{
	for (size_t i = 0; p->rounds > 0 && i < p->round.actions.len; i++) {
		const struct action *action = &p->round.actions.at[i];
		struct done *done = done_with(p, action->guest);

		if (!done || verb_acts(action->verb) || !action->why.kind)
			continue;
		done->ok = false;
		done->err = action->why;
	}
}

/* Those of each round count. */
static void add_warnings(const struct pass *p, struct done *done, const char *warnings)
{
	if (!warnings || !*warnings)
		return;
	done->warnings = done->warnings ? arena_printf(p->arena, "%s; %s", done->warnings,
						       warnings)
					: arena_strdup(p->arena, warnings);
}

void pass_sum_up(struct pass *p)
{
	tell_refusals(p);
	for (size_t i = 0; i < p->apply.exec.len; i++) {
		const struct exec_item *item = &p->apply.exec.at[i];
		const struct carry *carry = &p->apply.guests[i].carry;
		const char *guest = item->action->guest;
		struct done *done = done_with(p, guest);

		if (!done) {
			done = vec_push(p->arena, &p->done);
			*done = (struct done){ .guest = guest,
					       .action = action_of(p, guest) };
		}
		if (p->undo.len > 0 && item->state == EXEC_WELL) {
			undone(p, done);
			continue;
		}
		done->ok = item->state == EXEC_WELL;
		done->tried |= p->apply.guests[i].tries > 0;
		done->step = p->apply.guests[i].at;
		done->err = item->why;
		if (done->ok)
			done->err = (struct error){ 0 };
		done->state = done->ok || item->state == EXEC_UNREACHABLE
				      ? state_after(item->action)
				      : item->action->lease->state;
		if (carry->node)
			done->node = arena_strdup(p->arena, carry->node);
		add_warnings(p, done, carry->warnings);
		if (done->ok && item->action->verb == VERB_CHANGE)
			done->pending = pending_of(p, &carry->seen);
	}
	p->outcome = (struct outcome){
		.plan = &p->plan,
		.at = p->done.at,
		.len = p->done.len,
	};
}

/* Is there more to do about it, now that this went well? */
static bool leads_on(const struct pass *p, const struct exec_item *item)
{
	const struct action *action = item->action;

	if (item->state != EXEC_WELL)
		return false;
	return action->verb == VERB_REPLACE ||
	       (action->verb == VERB_DESTROY && action->want) ||
	       (action->verb == VERB_RELEASE && action->lease->destroy_since &&
		p->source.manifest.removal_grace == 0);
}

/* Had it never been finished before this pass? One that is made again keeps its lease. */
static bool was_unknown(const struct pass *p, const char *guest)
{
	const struct lease *held = leases_find(&p->source.leases, guest);

	return !held || held->bare || held->state == LEASE_RESERVED;
}

/* on_error: rollback: one failed, so none of those that this pass made stays. */
static void find_undone(struct pass *p)
{
	const struct exec *exec = &p->apply.exec;

	if (p->source.manifest.on_error != ON_ERROR_ROLLBACK || p->failed)
		return;
	for (size_t i = 0; i < exec->len && !p->failed; i++)
		if (exec->at[i].state == EXEC_FAILED &&
		    verb_makes(exec->at[i].action->verb))
			p->failed = exec->at[i].action->guest;
	for (size_t i = 0; i < exec->len && p->failed; i++)
		if (exec->at[i].action->verb == VERB_CREATE &&
		    was_unknown(p, exec->at[i].action->guest))
			*vec_push(p->arena, &p->undo) = exec->at[i].action->guest;
}

void pass_find_more(struct pass *p)
{
	p->again.len = 0;
	if (p->undo.len > 0) { /* that was its round, and the last one */
		p->undo.len = 0;
		return;
	}
	find_undone(p);
	if (p->undo.len > 0)
		return;
	for (size_t i = 0; i < p->apply.exec.len; i++)
		if (leads_on(p, &p->apply.exec.at[i]))
			*vec_push(p->arena, &p->again) =
				p->apply.exec.at[i].action->guest;
}

int pass_exit(const struct pass *pass)
{
	size_t failed = 0, well = 0;
	int *codes, code;

	if (pass->op.err.kind)
		return error_exit(pass->op.err.kind);
	if (!pass->planned)
		return 0;
	if (!pass->spec.apply || pass->plan.stop.kind)
		return plan_exit(&pass->plan);
	codes = xcalloc(pass->plan.actions.len, sizeof(*codes));
	for (size_t i = 0; i < pass->plan.actions.len; i++) {
		const struct action *action = &pass->plan.actions.at[i];

		if (action->verb == VERB_REFUSED || action->verb == VERB_WAIT)
			codes[failed++] = error_exit(action->why.kind);
	}
	for (size_t i = 0; i < pass->outcome.len; i++) {
		enum error_kind kind = pass->outcome.at[i].err.kind;

		if (pass->outcome.at[i].ok)
			well++;
		else /* 20 is for what stops a pass: this guest alone failed */
			codes[failed++] = error_exit(kind) == 20 ? 22 : error_exit(kind);
	}
	code = guests_exit(codes, failed, well);
	free(codes);
	return code;
}
