/*
 * Freed addresses rest: an address that a guest had until a moment ago is still in caches,
 * known_hosts and firewalls. How long is the pool's `quarantine`.
 */
#pragma once

#include "ipam/lease.h"
#include "ipam/pool.h"

/* May its address not be given out yet? */
bool resting_holds(const struct resting *resting, const char *now);

/*
 * End the leases of which `gone` is true, in the order of `leases`: they are taken out, and
 * their addresses (of both families, those that were leaving the guest too) rest from
 * `now` on, as long as their pools want it; not at all where a pool is there no more. What
 * has rested long enough is forgotten then; where nothing ends, nothing changes, so that
 * an idle pass has nothing to write.
 */
void leases_end(struct leases *leases, struct arena *arena, const bool *gone,
		const struct pools *pools, const char *now);

/* The addresses of cards that a guest has no more rest likewise. */
void leases_let_go(struct leases *leases, struct arena *arena, const struct nic *nics,
		   size_t len, const struct pools *pools, const char *now);
