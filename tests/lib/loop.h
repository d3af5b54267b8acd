/* Running an operation to its end inside a test. */
#pragma once

#include "base/op.h"

#include <stdbool.h>

static inline void loop_resumed(void *flow)
{
	bool *over = flow;

	*over = true;
}

/*
 * bool over = false;
 * call_start(&call, cluster, &request, loop_resumed, &over);
 * loop_until(&over);
 */
static inline void loop_until(const bool *over)
{
	while (!*over)
		uv_run(op_loop(), UV_RUN_ONCE);
}

static inline void loop_begin(void)
{
	op_init(uv_default_loop());
}

/* What was closed is let go; the loop has nothing left. */
static inline int loop_end(void)
{
	op_finish_all();
	uv_run(uv_default_loop(), UV_RUN_DEFAULT);
	return uv_loop_close(uv_default_loop());
}
