#include "reconcile/exec.h"

#include "base/text.h"

#include <assert.h>
#include <string.h>

enum {
	TRIES_TEMPORARY = 5,
	TRIES_CONFLICT = 4,
	REST_FIRST = 1000, /* milliseconds, doubled each time */
	REST_MOST = 15000,
};

/*
 * What two guests in the making must not use at once. A container template is locked for
 * as long as it is cloned (pve-container src/PVE/API2/LXC.pm clone_vm).
 */
static const char *lock_of(struct arena *arena, const struct action *action)
{
	if (action->verb != VERB_CREATE || action->want->type != GUEST_LXC ||
	    !action->want->template_id)
		return NULL;
	return arena_printf(arena, "lxc template %u", action->want->template_id);
}

void exec_init(struct exec *exec, struct arena *arena, const struct plan *plan)
{
	*exec = (struct exec){
		.at = arena_array(arena, struct exec_item, plan->actions.len),
		.ready = arena_array(arena, size_t, plan->actions.len),
		.parallel = (size_t)plan->input->manifest->parallel,
		.on_error = plan->input->manifest->on_error,
	};
	for (size_t i = 0; i < plan->actions.len; i++) {
		const struct action *action = &plan->actions.at[i];

		if (action->verb != VERB_CREATE && action->verb != VERB_RESUME)
			continue;
		exec->at[exec->len++] = (struct exec_item){
			.action = action,
			.lock = lock_of(arena, action),
		};
	}
}

/* Again after a rest, or is that the end of it? */
static bool may_pass(const struct exec_item *item, enum error_kind kind)
{
	switch (kind) {
	case ERROR_TEMPORARY:
	case ERROR_UNKNOWN:
		return item->attempts < TRIES_TEMPORARY;
	case ERROR_CONFLICT:
		return item->attempts < TRIES_CONFLICT;
	case ERROR_NONE:
	case ERROR_INVALID:
	case ERROR_DENIED:
	case ERROR_REFUSED:
	case ERROR_EXHAUSTED:
	case ERROR_BUSY:
	case ERROR_FAILED:
	case ERROR_MISSING:
	case ERROR_LOCAL:
	case ERROR_USAGE:
	case ERROR_CANCELED:
		return false;
	}
	return false;
}

static uint64_t rest_of(const struct exec_item *item, enum error_kind kind)
{
	uint64_t rest = REST_FIRST;

	if (kind == ERROR_CONFLICT)
		return 0;
	for (unsigned i = 1; i < item->attempts && rest < REST_MOST; i++)
		rest *= 2;
	return rest < REST_MOST ? rest : REST_MOST;
}

static void did_not(struct exec *exec, struct exec_item *item, const struct error *why,
		    uint64_t now)
{
	item->attempts++;
	item->why = *why;
	if (!exec->stopping && may_pass(item, why->kind)) {
		item->state = EXEC_RESTING;
		item->rest_until = now + rest_of(item, why->kind);
		return;
	}
	item->state = EXEC_FAILED;
	if (exec->on_error == ON_ERROR_STOP || why->kind == ERROR_CANCELED)
		exec->stopping = true;
}

static void take_in(struct exec *exec, enum exec_event event, size_t index,
		    const struct error *why, uint64_t now)
{
	struct exec_item *item = index < exec->len ? &exec->at[index] : NULL;

	assert(item || event == EXEC_BEGIN || event == EXEC_TIME || event == EXEC_STOP);
	switch (event) {
	case EXEC_BEGIN:
	case EXEC_TIME:
		return;
	case EXEC_STOP:
		exec->stopping = true;
		return;
	case EXEC_LET_GO:
		item->lock = NULL;
		return;
	case EXEC_DID_WELL:
		item->state = EXEC_WELL;
		break;
	case EXEC_DID_NOT:
		did_not(exec, item, why, now);
		break;
	}
	exec->running--;
}

static bool lock_is_free(const struct exec *exec, const struct exec_item *item)
{
	for (size_t i = 0; item->lock && i < exec->len; i++)
		if (&exec->at[i] != item && exec->at[i].state == EXEC_RUNNING &&
		    str_equal(exec->at[i].lock, item->lock))
			return false;
	return true;
}

/* What was begun is finished; what was not is left for another pass. */
static void skip(struct exec *exec, struct exec_item *item)
{
	const char *failed = NULL;

	for (size_t i = 0; i < exec->len && !failed; i++)
		if (exec->at[i].state == EXEC_FAILED)
			failed = exec->at[i].action->guest;
	item->state = EXEC_SKIPPED;
	if (failed)
		error_set(&item->why, ERROR_REFUSED,
			  "not begun: %s failed (on_error: stop)", failed);
	else
		error_set(&item->why, ERROR_CANCELED, "not begun: interrupted");
}

static void give_orders(struct exec *exec, uint64_t now, struct exec_orders *orders)
{
	*orders = (struct exec_orders){ .start = exec->ready };
	for (size_t i = 0; i < exec->len; i++) {
		struct exec_item *item = &exec->at[i];

		if (item->state == EXEC_RESTING && exec->stopping) {
			item->state = EXEC_FAILED;
		} else if (item->state == EXEC_WAITING && exec->stopping) {
			skip(exec, item);
		} else if (item->state == EXEC_RESTING && item->rest_until > now) {
			if (!orders->wake || item->rest_until < orders->wake)
				orders->wake = item->rest_until;
		} else if ((item->state == EXEC_WAITING || item->state == EXEC_RESTING) &&
			   exec->running < exec->parallel && lock_is_free(exec, item)) {
			item->state = EXEC_RUNNING;
			exec->running++;
			exec->ready[orders->start_len++] = i;
		}
	}
	orders->over = exec->running == 0 && !orders->wake;
}

void exec_step(struct exec *exec, enum exec_event event, size_t item,
	       const struct error *why, uint64_t now, struct exec_orders *orders)
{
	take_in(exec, event, item, why, now);
	give_orders(exec, now, orders);
}
