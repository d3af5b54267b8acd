/*
 * What must hold before anything is done: of the pass, of a new lease, of a guest's
 * making.
 *
 * Each says why not, in words that tell a person what to do.
 */
#pragma once

#include "reconcile/plan.h"

/*
 * The guests of a cluster that no lease covers, and those that took a reserved VMID, in
 * the orders in which they are asked for.
 */
struct premises {
	const struct plan_input *input;
	const struct observed **foreign; /* by name */
	size_t foreign_len;
	struct addr *addrs; /* that their configs carry, sorted */
	size_t addrs_len;
	unsigned *vmids; /* of all guests, sorted */
	size_t vmids_len;
};

void premises_make(struct premises *out, struct arena *arena,
		   const struct plan_input *input);

/*
 * A reserved VMID where somebody else's guest turned up: unlocked, readable and without
 * our line. Either may be NULL.
 */
bool reservation_is_taken(const struct lease *lease, const struct observed *seen);

/* Of whatever writes leases: they belong to the branch that is worked on. */
bool premise_of_branch(struct error *err, const struct manifest *manifest,
		       const struct leases *held, const char *branch);

/* Of the pass: the cluster and branch of the lease file, and a lease file that did not
 * vanish. */
bool premise_of_pass(struct error *err, struct arena *arena,
		     const struct premises *premises);

/* Of a new lease: nobody else's guest has its name or its address. */
bool premise_of_lease(struct error *err, const struct premises *premises,
		      const struct desired *want, const struct lease *held);

/* Of a making: its node, its template or archive. Sets making->template. */
bool premise_of_making(struct error *err, struct arena *arena,
		       const struct premises *premises, struct making *making);
