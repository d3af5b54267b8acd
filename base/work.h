/* A function that blocks for a bounded time, on another thread, as an operation. */
#pragma once

#include "base/op.h"

struct work {
	struct op op;
	uv_work_t req;
	/* Runs on the other thread: touches `what` and nothing else. False: `err` says
	 * why. */
	bool (*run)(void *what, struct error *err);
	void *what;
};

/* Nothing that can block without a bound may run here: the threads are few and shared. */
void work_start(struct work *work, bool (*run)(void *what, struct error *err), void *what,
		void (*resume)(void *flow), void *flow);
