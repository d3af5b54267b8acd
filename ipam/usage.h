/* What has become of a pool's addresses, for people to look at. */
#pragma once

#include "ipam/lease.h"
#include "ipam/pool.h"

enum address_use { USE_FREE, USE_LEASED, USE_RESTING, USE_WITHHELD };

/* Addresses in a row of which the same is true. */
struct usage_run {
	enum address_use use;
	struct addr first, last;
	uint64_t count; /* UINT64_MAX: that many or more */
};

/* Counts are of the addresses that the pool offers; UINT64_MAX as in pool_size. */
struct usage {
	uint64_t size, leased, resting, free;
	struct usage_run *runs; /* all of the range, lowest first, without gaps */
	size_t runs_len;
};

/* A family that the pool does not have has no runs and no addresses. `now` as in rest.h. */
void usage_of(struct usage *out, struct arena *arena, const struct pool *pool,
	      enum family family, const struct leases *leases, const char *now);

const char *address_use_name(enum address_use use);
