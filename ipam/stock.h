/* The free addresses of a pool's family, lowest first. */
#pragma once

#include "ipam/pool.h"

/* Why an address is not free. */
enum taker { TAKER_LEASE, TAKER_REST, TAKER_FOREIGN, TAKERS };

/* Addresses that are taken, by taker; each list is sorted by addr_compare. */
struct taken {
	struct {
		const struct addr *at;
		size_t len;
	} by[TAKERS];
};

struct stock {
	struct range *at; /* the gaps that are free, lowest first; those before `next` are
			     used up */
	size_t len, cap, next;
	uint64_t left;         /* free by now; UINT64_MAX: that many or more */
	uint64_t used[TAKERS]; /* of those that the pool offers; grows with stock_take */
};

/*
 * Find what is free: one sweep over the range, past what the pool withholds and what is
 * taken. A family that the pool does not have has nothing.
 */
void stock_init(struct stock *stock, struct arena *arena, const struct pool *pool,
		enum family family, const struct taken *taken);

/* The lowest free address, now leased. There must be one left. */
struct addr stock_take(struct stock *stock);
