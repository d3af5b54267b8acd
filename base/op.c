#include "base/op.h"

#include <stddef.h>

/* One program has one loop; what finished waits here for its next turn. */
static uv_loop_t *the_loop;
static uv_idle_t idle;
static struct op *head, **tail = &head;

static void drain(uv_idle_t *handle)
{
	struct op *op = head;

	/* What finishes while resuming waits for the turn after: nobody is resumed deep.
	 */
	head = NULL;
	tail = &head;
	uv_idle_stop(handle);
	while (op) {
		struct op *next = op->next;

		op->resume(op->flow);
		op = next;
	}
}

void op_init(uv_loop_t *loop)
{
	the_loop = loop;
	uv_idle_init(loop, &idle);
}

void op_finish_all(void)
{
	uv_close((uv_handle_t *)&idle, NULL);
}

uv_loop_t *op_loop(void)
{
	return the_loop;
}

void op_begin(struct op *op, void (*resume)(void *flow), void *flow)
{
	*op = (struct op){ .resume = resume, .flow = flow };
}

void op_finish(struct op *op)
{
	op->next = NULL;
	*tail = op;
	tail = &op->next;
	uv_idle_start(&idle, drain);
}

bool op_ok(const struct op *op, struct error *err)
{
	if (op->err.kind == ERROR_NONE)
		return true;
	*err = op->err;
	return false;
}
