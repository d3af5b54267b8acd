/*
 * Addresses that guests have already, brought into the lease file: leases of nothing but
 * an address and its pool, which the next pass makes whole.
 */
#pragma once

#include "ipam/lease.h"
#include "ipam/pool.h"

struct given {
	const char *name; /* of the guest */
	const char *text; /* the address as it was given */
	const char *pool; /* NULL: the pool that has it; set when it is leased */
	bool is_new;      /* false: it was leased to the guest before */
};

/*
 * Lease it. `asks` is the pool that the guest's entry asks for, or NULL when it has no
 * entry. Range and `exclude` of a pool do not bind here: they are for addresses that vm7
 * chooses. ERROR_USAGE for what cannot be an address or a pool; ERROR_REFUSED for an
 * address outside the pool, of the pool's own (gateway, DNS ...), or leased to another
 * guest, and for a guest that has another lease.
 */
bool given_lease(struct leases *leases, struct arena *arena, const struct pools *pools,
		 struct given *given, const char *asks, struct error *err);
