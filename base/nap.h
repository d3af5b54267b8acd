/* A rest of some milliseconds, as an operation. */
#pragma once

#include "base/op.h"

#include <stdint.h>

struct nap {
	struct op op;
	uv_timer_t *timer; /* NULL when nobody naps */
};

void nap_start(struct nap *nap, uint64_t ms, void (*resume)(void *flow), void *flow);

/* A nap under way ends now, with ERROR_CANCELED. Fine when none is. */
void nap_cancel(struct nap *nap);
