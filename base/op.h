/*
 * An operation and who waits for it.
 *
 * Everything that finishes later embeds a struct op: a fetch, a call, a nap, a whole
 * pass. Who waits gives a function to resume. It is called exactly once, from the loop
 * and never from inside a `_start`, also when starting failed and also when canceled: a
 * result has one place where it is looked at.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <uv.h>

struct op {
	void (*resume)(void *flow); /* called once, from the loop */
	void *flow;
	struct error err; /* ERROR_NONE when it went well */
	struct op *next;  /* in the queue of the finished */
};

/* The queue of finished operations of the one loop. Call once, before any operation. */
void op_init(uv_loop_t *loop);

/* Close what op_init opened; run the loop once more afterwards. */
void op_finish_all(void);

/* The loop that operations run on. */
uv_loop_t *op_loop(void);

/* Forget an earlier result and remember who waits. */
void op_begin(struct op *op, void (*resume)(void *flow), void *flow);

/* It is over, `op->err` tells how: the waiting flow resumes on the next turn of the loop.
 */
void op_finish(struct op *op);

/* Did it go well? Else its error is copied to `err`. */
bool op_ok(const struct op *op, struct error *err);
