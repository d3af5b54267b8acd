#include "base/nap.h"

#include "base/arena.h"

#include <stdlib.h>

static void closed(uv_handle_t *handle)
{
	free(handle);
}

static void nap_end(struct nap *nap)
{
	uv_timer_stop(nap->timer);
	uv_close((uv_handle_t *)nap->timer, closed);
	nap->timer = NULL;
	op_finish(&nap->op);
}

static void awake(uv_timer_t *timer)
{
	nap_end(timer->data);
}

void nap_start(struct nap *nap, uint64_t ms, void (*resume)(void *flow), void *flow)
{
	op_begin(&nap->op, resume, flow);
	nap->timer = xcalloc(1, sizeof(*nap->timer));
	uv_timer_init(op_loop(), nap->timer);
	nap->timer->data = nap;
	/* the loop's idea of now is as old as its turn: a nap counts from this moment */
	uv_update_time(op_loop());
	uv_timer_start(nap->timer, awake, ms, 0);
}

void nap_cancel(struct nap *nap)
{
	if (!nap->timer)
		return;
	error_set(&nap->op.err, ERROR_CANCELED, "interrupted");
	nap_end(nap);
}
