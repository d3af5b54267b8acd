/*
 * Guests for which something failed, and when each is tried again: later each time, so
 * that one that cannot be made costs little and keeps nobody else waiting.
 */
#pragma once

#include "controller/pass.h"

struct rest {
	char *guest;
	enum error_kind kind; /* of the last */
	unsigned failures;    /* in a row */
	uint64_t until;       /* loop time in ms */
};

struct rests {
	struct rest *at;
	size_t len;
};

/* What came of the pass: who failed rests, longer than before; who did well no more. */
void rests_learn(struct rests *rests, const struct pass *pass, uint64_t now);

/* Those whose time has not come yet, as pass_spec has them. */
const char *const *rests_names(const struct rests *rests, struct arena *arena,
			       uint64_t now, size_t *len);

/* When the first of them is due; UINT64_MAX: there is none. */
uint64_t rests_next(const struct rests *rests);

void rests_finish(struct rests *rests);
