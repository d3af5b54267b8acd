#include "controller/apply.h"

#include "base/log.h"
#include "base/text.h"

#include <stdlib.h>

static void carried(void *flow);
static void step(struct apply *a, enum exec_event event, size_t item,
		 const struct error *why);

static void on_gate(void *owner, const char *guest, struct op *op)
{
	gate_ask(((struct apply *)owner)->gate, guest, op);
}

static struct apply_guest *guest_of(struct carry *carry)
{
	return (struct apply_guest *)((char *)carry -
				      offsetof(struct apply_guest, carry));
}

static void on_progress(void *owner, struct carry *carry, enum step which, bool done)
{
	struct apply *a = owner;
	struct apply_guest *guest = guest_of(carry);

	if (a->progress)
		a->progress(a->owner, carry->making->lease->name, which, done);
	guest->at = which;
	guest->started |= which == STEP_START && done;
	if (which == STEP_CREATE && done)
		step(a, EXEC_LET_GO, guest->index, NULL);
}

/* Each try begins with what the plan saw; a later one looks for itself. */
static void begin(struct apply *a, size_t index)
{
	struct apply_guest *guest = &a->guests[index];
	const struct action *action = a->exec.at[index].action;
	const struct lease *held = leases_find(a->gate->plan->held, action->guest);
	bool begun = guest->tries > 0 || (held && str_equal(held->id, action->lease->id));

	arena_destroy(guest->arena);
	guest->arena = arena_create();
	guest->running = true;
	carry_start(&guest->carry, guest->arena, &a->host, &action->making,
		    guest->tries++ ? NULL : action->seen, begun, carried, guest);
}

static void wake(uv_timer_t *timer)
{
	step(timer->data, EXEC_TIME, 0, NULL);
}

static void obey(struct apply *a, const struct exec_orders *orders)
{
	uint64_t now = uv_now(op_loop());

	for (size_t i = 0; i < orders->start_len; i++)
		begin(a, orders->start[i]);
	if (orders->wake)
		uv_timer_start(a->timer, wake,
			       orders->wake > now ? orders->wake - now : 0, 0);
	if (orders->over && !a->over) {
		a->over = true;
		uv_timer_stop(a->timer);
		op_finish(&a->op);
	}
}

static void step(struct apply *a, enum exec_event event, size_t item,
		 const struct error *why)
{
	struct exec_orders orders;

	uv_update_time(op_loop());
	exec_step(&a->exec, event, item, why, uv_now(op_loop()), &orders);
	obey(a, &orders);
}

static void answered(void *flow)
{
	struct apply_guest *guest = flow;
	struct apply *a = guest->apply;
	struct error why;

	guest->coming = false;
	if (op_ok(&guest->ready.op, &why))
		step(a, EXEC_DID_WELL, guest->index, NULL);
	else
		step(a, EXEC_DID_NOT, guest->index, &why);
}

/* Started, and it is to answer before anybody builds on it. */
static bool is_waited_for(const struct apply_guest *guest)
{
	const struct desired *want = guest->apply->exec.at[guest->index].action->want;

	return guest->started && want && is_set(&want->spec.ready.when.is);
}

static void wait_for_answer(struct apply_guest *guest)
{
	struct apply *a = guest->apply;
	const struct action *action = a->exec.at[guest->index].action;
	const struct ready_spec spec = {
		.target = { guest->carry.node, action->want->type, action->lease->vmid },
		.settings = &action->want->spec.ready,
		.address = ready_address(guest->arena, action->lease),
	};

	log_info(action->guest,
		 "started; it is waited for until it answers, %ld s at most",
		 ready_timeout(spec.settings));
	guest->coming = true;
	ready_start(&guest->ready, guest->arena, a->host.cluster, &a->line, &spec,
		    answered, guest);
	step(a, EXEC_IS_UP, guest->index, NULL);
}

static void carried(void *flow)
{
	struct apply_guest *guest = flow;
	struct apply *a = guest->apply;
	struct error why;

	guest->running = false;
	if (op_ok(&guest->carry.op, &why)) {
		if (guest->carry.seen.has_config)
			a->exec.at[guest->index].seen = &guest->carry.seen;
		if (is_waited_for(guest)) {
			wait_for_answer(guest);
			return;
		}
		step(a, EXEC_DID_WELL, guest->index, NULL);
		return;
	}
	log_debug(a->exec.at[guest->index].action->guest, "%s (%s)", why.text,
		  error_kind_name(why.kind));
	step(a, EXEC_DID_NOT, guest->index, &why);
}

static void closed(uv_handle_t *handle)
{
	free(handle);
}

void apply_start(struct apply *apply, struct arena *arena, struct cluster *cluster,
		 const struct plan *plan, struct gate *gate, void (*resume)(void *flow),
		 void *flow)
{
	apply->gate = gate;
	apply->over = false;
	apply->line = (struct ready_line){ 0 };
	op_begin(&apply->op, resume, flow);
	apply->host = (struct carry_host){ cluster, apply, on_gate, on_progress };
	exec_init(&apply->exec, arena, plan);
	apply->guests = arena_array(arena, struct apply_guest, apply->exec.len);
	for (size_t i = 0; i < apply->exec.len; i++) {
		apply->guests[i].apply = apply;
		apply->guests[i].index = i;
	}
	apply->timer = xcalloc(1, sizeof(*apply->timer));
	uv_timer_init(op_loop(), apply->timer);
	apply->timer->data = apply;
	step(apply, EXEC_BEGIN, 0, NULL);
}

void apply_cancel(struct apply *apply)
{
	step(apply, EXEC_STOP, 0, NULL);
	for (size_t i = 0; i < apply->exec.len; i++)
		if (apply->guests[i].running)
			carry_cancel(&apply->guests[i].carry);
		else if (apply->guests[i].coming)
			ready_cancel(&apply->guests[i].ready);
}

void apply_finish(struct apply *apply)
{
	if (apply->timer)
		uv_close((uv_handle_t *)apply->timer, closed);
	apply->timer = NULL;
	for (size_t i = 0; i < apply->exec.len; i++)
		arena_destroy(apply->guests[i].arena);
	apply->exec.len = 0;
}
