/* What became of a plan, and what the leases are after it. Pure. */
#pragma once

#include "reconcile/exec.h"

/* What became of one guest's lease: a fact, whatever the branch says by now. */
struct verdict {
	const char *guest,
		*id; /* of the lease it is about; nothing is done to another one */
	enum verdict_kind {
		VERDICT_MADE,     /* it is up */
		VERDICT_KEPT,     /* it is as its entry says: changed, or taken back */
		VERDICT_FAILED,   /* what was to be done failed: `failed` */
		VERDICT_RELEASED, /* it is stopped and waits for its end or return */
		VERDICT_GONE,     /* it is no more: the lease ends */
		VERDICT_REMADE,   /* it is no more, and is to be made anew */
	} kind;
	const struct desired *want; /* what the lease keeps of it; NULL: nothing new */
	const char *node;           /* where it is; NULL: as before */
	const struct observed
		*seen;           /* with `want`: the guest as it was last seen, or NULL */
	const char *failed;      /* without times and ids */
	const char *unreachable; /* VERDICT_MADE: why it does not answer, or NULL */
};

struct results {
	struct verdict *at;
	size_t len, cap;
};

/* The verdicts of a plan that was carried out. */
void results_of(struct results *out, struct arena *arena, const struct plan *plan,
		const struct exec *exec);

/* The state of its lease after the action went well. */
enum lease_state state_after(const struct action *action);

/* Leases as a tip has them -> as they are after the verdicts; what was freed rests. */
void results_merge(struct leases *out, struct arena *arena, const struct leases *tip,
		   const struct results *results, const struct pools *pools,
		   const char *now);

/*
 * A text without ids of tasks and processes or times: the same failure gives the same
 * words.
 */
char *normalised(struct arena *arena, const char *text);
