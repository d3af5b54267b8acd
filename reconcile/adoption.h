/*
 * A guest that somebody else made -> the entry of `vms` that describes it as it is, for a
 * person to look at and to commit. What an entry cannot say becomes a comment.
 */
#pragma once

#include "reconcile/entry.h"
#include "reconcile/manifest.h"

/* Is a lease of ours about this very guest? Then it is not there to be adopted. */
bool adoption_is_leased(const struct leases *leases, const struct observed *seen);

/*
 * May it get an entry? ERROR_REFUSED when not: a template, a guest that has a lease or
 * another vm7's line, one that cannot be read.
 */
bool adoption_is_free(const struct leases *leases, const struct observed *seen,
		      struct error *err);

/*
 * Its entry, with `drift: report` and the power as found. ERROR_REFUSED when its name is
 * taken, in vm7.yaml or by one of `entries`: then there is none.
 */
bool adoption_entry(struct entries *entries, struct arena *arena,
		    const struct manifest *manifest, const struct observed *seen,
		    struct error *err);
