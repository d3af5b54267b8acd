#include "reconcile/exec.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/index.h"

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

/* A growing list of items. */
struct line {
	size_t *at;
	size_t len, cap;
};

static void come_after(struct line *lines, struct arena *arena, size_t later,
		       size_t earlier)
{
	*vec_push(arena, &lines[later]) = earlier;
}

static bool is_removal(const struct exec_item *item)
{
	return !item->action->want;
}

/*
 * Who comes after whom. Of a guest that is depended on and has no item nothing is due: the
 * plan holds back whoever depends on one that is not there. Only a making waits: a guest
 * that is there is looked after, whatever became of others. Guests whose entries are gone
 * go the other way round, and what they depended on is in their leases.
 */
static void find_order(struct exec *exec, struct arena *arena)
{
	const char **names = arena_array(arena, const char *, exec->len);
	struct line *lines = arena_array(arena, struct line, exec->len);
	struct index index;
	size_t other;

	for (size_t i = 0; i < exec->len; i++)
		names[i] = exec->at[i].action->guest;
	index_init(&index, arena, names, exec->len, sizeof(*names));
	for (size_t i = 0; i < exec->len; i++) {
		const struct action *action = exec->at[i].action;
		bool removal = is_removal(&exec->at[i]), makes = verb_makes(action->verb);

		for (size_t j = 0; makes && j < action->want->depends_len; j++)
			if (index_find(&index, action->want->depends[j], &other))
				come_after(lines, arena, i, other);
		for (size_t j = 0; removal && j < action->lease->depends_len; j++)
			if (index_find(&index, action->lease->depends[j], &other) &&
			    is_removal(&exec->at[other]))
				come_after(lines, arena, other, i);
	}
	for (size_t i = 0; i < exec->len; i++) {
		exec->at[i].after = lines[i].at;
		exec->at[i].after_len = lines[i].len;
	}
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

		if (!verb_asks(action->verb))
			continue;
		exec->at[exec->len++] = (struct exec_item){
			.action = action,
			.lock = lock_of(arena, action),
		};
	}
	find_order(exec, arena);
}

/* Is it not begun, or not again? After a failure only makings are held back. */
static bool is_held_back(const struct exec *exec, const struct exec_item *item)
{
	return exec->canceled || (exec->stopping && verb_makes(item->action->verb));
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
	if (item->state == EXEC_COMING) {
		item->state = EXEC_UNREACHABLE;
		exec->stopping |= exec->on_error != ON_ERROR_CONTINUE;
		exec->canceled |= why->kind == ERROR_CANCELED;
		return;
	}
	if (!is_held_back(exec, item) && may_pass(item, why->kind)) {
		item->state = EXEC_RESTING;
		item->rest_until = now + rest_of(item, why->kind);
		return;
	}
	item->state = EXEC_FAILED;
	exec->stopping |= exec->on_error != ON_ERROR_CONTINUE;
	exec->canceled |= why->kind == ERROR_CANCELED;
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
		exec->canceled = true;
		return;
	case EXEC_LET_GO:
		item->lock = NULL;
		return;
	case EXEC_IS_UP:
		item->state = EXEC_COMING;
		exec->running--;
		exec->coming++;
		return;
	case EXEC_DID_WELL:
	case EXEC_DID_NOT:
		if (item->state == EXEC_COMING)
			exec->coming--;
		else
			exec->running--;
		if (event == EXEC_DID_WELL)
			item->state = EXEC_WELL;
		else
			did_not(exec, item, why, now);
		return;
	}
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
		if (exec->at[i].state == EXEC_FAILED ||
		    exec->at[i].state == EXEC_UNREACHABLE)
			failed = exec->at[i].action->guest;
	item->state = EXEC_SKIPPED;
	if (failed)
		error_set(&item->why, ERROR_REFUSED,
			  "not begun: %s failed (on_error: stop)", failed);
	else
		error_set(&item->why, ERROR_CANCELED, "not begun: interrupted");
}

/* The first of those it depends on that will not be ready; NULL: none. */
static const struct exec_item *let_down_by(const struct exec *exec,
					   const struct exec_item *item)
{
	for (size_t i = 0; i < item->after_len; i++)
		switch (exec->at[item->after[i]].state) {
		case EXEC_FAILED:
		case EXEC_UNREACHABLE:
		case EXEC_SKIPPED:
			return &exec->at[item->after[i]];
		case EXEC_WAITING:
		case EXEC_RUNNING:
		case EXEC_RESTING:
		case EXEC_COMING:
		case EXEC_WELL:
			break;
		}
	return NULL;
}

static void say_why(struct exec_item *item, const struct exec_item *other)
{
	const char *what = other->state == EXEC_FAILED        ? "failed"
			   : other->state == EXEC_UNREACHABLE ? "does not answer"
							      : "was not begun";

	error_set(&item->why, other->why.kind,
		  is_removal(item) ? "not begun: %s, which depends on it, %s"
				   : "not begun: it depends on %s, which %s",
		  other->action->guest, what);
}

/* Who depends on a guest that is not ready is not begun, nor who depends on them. */
static void skip_dependents(struct exec *exec)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < exec->len; i++) {
			struct exec_item *item = &exec->at[i];
			const struct exec_item *other;

			if (item->state != EXEC_WAITING)
				continue;
			other = let_down_by(exec, item);
			if (!other)
				continue;
			item->state = EXEC_SKIPPED;
			say_why(item, other);
			again = true;
		}
	}
}

static bool is_its_turn(const struct exec *exec, const struct exec_item *item)
{
	for (size_t i = 0; i < item->after_len; i++)
		if (exec->at[item->after[i]].state != EXEC_WELL)
			return false;
	return exec->running < exec->parallel && lock_is_free(exec, item);
}

static void give_orders(struct exec *exec, uint64_t now, struct exec_orders *orders)
{
	*orders = (struct exec_orders){ .start = exec->ready };
	for (size_t i = 0; i < exec->len; i++) {
		struct exec_item *item = &exec->at[i];

		if (item->state == EXEC_RESTING && is_held_back(exec, item)) {
			item->state = EXEC_FAILED;
		} else if (item->state == EXEC_WAITING && is_held_back(exec, item)) {
			skip(exec, item);
		} else if (item->state == EXEC_RESTING && item->rest_until > now) {
			if (!orders->wake || item->rest_until < orders->wake)
				orders->wake = item->rest_until;
		} else if ((item->state == EXEC_WAITING || item->state == EXEC_RESTING) &&
			   is_its_turn(exec, item)) {
			item->state = EXEC_RUNNING;
			exec->running++;
			exec->ready[orders->start_len++] = i;
		}
	}
	orders->over = exec->running == 0 && exec->coming == 0 && !orders->wake;
}

/*
 * Leases may tell of guests that depend on each other in a circle: entries were changed and
 * not recorded before they went. Then nobody waits for anybody.
 */
static bool break_circle(struct exec *exec)
{
	bool any = false;

	for (size_t i = 0; i < exec->len; i++) {
		if (exec->at[i].state != EXEC_WAITING)
			continue;
		exec->at[i].after_len = 0;
		any = true;
	}
	return any;
}

void exec_step(struct exec *exec, enum exec_event event, size_t item,
	       const struct error *why, uint64_t now, struct exec_orders *orders)
{
	take_in(exec, event, item, why, now);
	skip_dependents(exec);
	give_orders(exec, now, orders);
	if (orders->over && break_circle(exec))
		give_orders(exec, now, orders);
}
