/* The addresses that a pool may hand out. */
#pragma once

#include "base/diag.h"
#include "ipam/net.h"

/* First to last, both included. */
struct range {
	struct addr first, last;
};

/* What a pool knows of one address family. `cidr.first.family` is FAMILY_NONE when it has
 * none. */
struct subnet {
	struct cidr cidr;
	struct range range;
	struct addr gateway; /* may be none */
};

struct pool {
	const char *name;
	struct place at;
	struct subnet v4, v6;
	struct addr *dns; /* of both families, in the order of the file */
	size_t dns_len;
	struct range *exclude; /* sorted; no two of them overlap */
	size_t exclude_len;
	unsigned quarantine; /* seconds that a freed address rests */
};

/* Sorted by name. */
struct pools {
	struct pool *at;
	size_t len;
};

/*
 * Read ipam/pools.yaml. Every mistake goes to `diags`: host bits, a range outside its
 * cidr or backwards, a gateway outside, ranges of two pools that overlap, unknown keys
 * ...
 */
void pools_read(struct pools *out, struct arena *arena, const struct file *file,
		struct diags *diags);

const struct pool *pools_find(const struct pools *pools, const char *name);

/*
 * May this address of the pool ever be leased to a new card? False for the network and
 * broadcast address, gateway, DNS servers, excluded addresses and what lies outside the
 * range.
 */
bool pool_offers(const struct pool *pool, const struct addr *addr);

/* How many addresses of a family it offers; UINT64_MAX when there are more. */
uint64_t pool_size(const struct pool *pool, enum family family);

/*
 * What of a family's range is never leased, sorted by first address; it may overlap and
 * reach beyond the range. `out` has room for pool_withheld_max of them.
 */
size_t pool_withheld(const struct pool *pool, enum family family, struct range *out);

static inline size_t pool_withheld_max(const struct pool *pool)
{
	return pool->exclude_len + pool->dns_len + 3; /* network, broadcast, gateway */
}
