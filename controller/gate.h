/*
 * Has the branch changed its mind? Asked right before anything is created, started or
 * destroyed.
 *
 * A look that is younger than ten seconds will do. When the branch has moved, it is
 * read again, and a guest whose entry or lease is no longer what the plan saw may not
 * go on.
 */
#pragma once

#include "controller/source.h"
#include "reconcile/plan.h"

struct gate_wait {
	struct gate_wait *next;
	const char *guest;
	struct op *op;
};

struct gate {
	const struct source *source; /* as the plan read it */
	const struct plan *plan;
	char tip[COMMIT_HEX], leases_tip[COMMIT_HEX]; /* as last looked at */
	uint64_t looked_at;                           /* loop time in ms; 0: never */
	struct gate_wait *waiting;
	/* private */
	int step;
	struct look look;
	struct arena *arena; /* of `again` */
	struct source
		again; /* the branch as it is now, when it has moved since the plan */
	bool moved, looking;
	char seen[COMMIT_HEX]; /* people's tip while the leases' branch is looked at */
};

/*
 * The plan's leases have just been pushed as `leases_tip`: that counts as a look. The
 * gate lives as long as anybody may ask it.
 */
void gate_init(struct gate *gate, const struct source *source, const struct plan *plan,
	       const char *tip, const char *leases_tip);
void gate_finish(struct gate *gate);

/*
 * Finishes `op` well, or with ERROR_TEMPORARY (the remote does not answer) or
 * ERROR_REFUSED (changed).
 */
void gate_ask(struct gate *gate, const char *guest, struct op *op);
