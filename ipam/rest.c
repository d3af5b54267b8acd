#include "ipam/rest.h"

#include "base/vec.h"
#include "base/when.h"

#include <stdlib.h>
#include <string.h>

struct rests {
	struct resting *at;
	size_t len, cap;
};

bool resting_holds(const struct resting *resting, const char *now)
{
	return strcmp(resting->until, now) > 0;
}

/* By address; of two rests of one address the longer one first. */
static int compare_rests(const void *left, const void *right)
{
	const struct resting *a = left, *b = right;
	int order = addr_compare(&a->ip, &b->ip);

	return order ? order : strcmp(b->until, a->until);
}

struct ending {
	struct arena *arena;
	const struct pools *pools;
	int64_t now;
	struct rests rests;
};

static void lay_down(struct ending *e, const struct addr *ip, const char *pool_name)
{
	const struct pool *pool = pool_name ? pools_find(e->pools, pool_name) : NULL;
	char *until;

	if (ip->family == FAMILY_NONE || !pool || pool->quarantine == 0)
		return;
	until = arena_alloc(e->arena, WHEN_TEXT, 1);
	when_print(e->now + pool->quarantine, until);
	*vec_push(e->arena, &e->rests) = (struct resting){ *ip, until };
}

static void lay_down_all(struct ending *e, const struct lease *lease)
{
	for (size_t i = 0; i < lease->nics_len; i++) {
		lay_down(e, &lease->nics[i].ip, lease->nics[i].pool);
		lay_down(e, &lease->nics[i].ip6, lease->nics[i].pool);
	}
	for (size_t i = 0; i < lease->leaving_len; i++)
		lay_down(e, &lease->leaving[i].ip, lease->leaving[i].pool);
}

static bool any(const bool *flags, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (flags[i])
			return true;
	return false;
}

void leases_end(struct leases *leases, struct arena *arena, const bool *gone,
		const struct pools *pools, const char *now)
{
	struct ending e = { .arena = arena, .pools = pools };

	if (!any(gone, leases->len))
		return;
	when_read(&e.now, now);
	for (size_t i = 0; i < leases->resting_len; i++)
		if (resting_holds(&leases->resting[i], now))
			*vec_push(arena, &e.rests) = leases->resting[i];
	for (size_t i = 0; i < leases->len; i++)
		if (gone[i])
			lay_down_all(&e, &leases->at[i]);
	if (e.rests.len > 1)
		qsort(e.rests.at, e.rests.len, sizeof(*e.rests.at), compare_rests);
	leases->resting = e.rests.at;
	leases->resting_len = 0;
	for (size_t i = 0; i < e.rests.len; i++)
		if (i == 0 || addr_compare(&e.rests.at[i - 1].ip, &e.rests.at[i].ip) != 0)
			leases->resting[leases->resting_len++] = e.rests.at[i];
	leases_sweep(leases, gone);
}
