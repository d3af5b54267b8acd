/* Does a lease fit what its guest asks for by now? */
#pragma once

#include "ipam/allocate.h"

/*
 * Its cards, as far as they are leased and asked for: each has an address of the pool
 * that its network asks for (else ERROR_REFUSED), inside that pool's subnet (else
 * ERROR_INVALID). The range of a pool binds new leases only.
 */
bool fits_pools(const struct want *want, const struct lease *lease,
		const struct pools *pools, struct error *err);

/*
 * And the type of one that is reserved: another is ERROR_REFUSED. A guest that was made is
 * replaced for it, or not: that is not decided here.
 */
bool fits_whole(const struct want *want, const struct lease *lease,
		const struct pools *pools, struct error *err);

/* What its entry asks beyond a whole lease that fits, for a person; NULL: nothing. */
const char *fit_note(struct arena *arena, const struct want *want,
		     const struct lease *lease, const struct pools *pools);
