/*
 * What a pass writes back: the lease file, inventory and status, and the words of its
 * commits.
 */
#pragma once

#include "controller/source.h"
#include "git/push.h"
#include "reconcile/inventory.h"
#include "reconcile/verdict.h"

/*
 * The guests as the inventory tells of them: the desired in order, then leases without
 * an entry. `observed` and `results` may be NULL: then it is what the committed status
 * tells.
 */
size_t results_guests(struct inventory_guest **out, struct arena *arena,
		      const struct source *source, const struct leases *leases,
		      const struct cluster_state *observed,
		      const struct results *results);

/*
 * The files of the given leases that differ from what the tip has; none when all is as
 * it was. `commit` is that which the pass worked on: the status of a guest with a
 * verdict gets it.
 */
bool results_files(struct new_file **out, size_t *len, struct arena *arena,
		   const struct source *source, const struct leases *leases,
		   const char *tip, const struct cluster_state *observed,
		   const struct results *results, struct error *err);

/*
 * What belongs to the lease file as a whole, for the next commit of ours: its serial
 * grows.
 */
void leases_sign(struct leases *leases, const struct source *source, const char *instance,
		 const struct cluster_state *observed);

/* Message of the commit before the first request: who is reserved and who is let go. */
char *reservation_message(struct arena *arena, const struct plan *plan,
			  const char *source, const char *pass);

/*
 * Message of the commit after the last: who is up, and how to log in; who failed and
 * why.
 */
char *results_message(struct arena *arena, const struct source *source,
		      const struct leases *leases, const struct results *results,
		      const char *pass);
