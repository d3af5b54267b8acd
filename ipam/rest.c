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

static void lay_down_nics(struct ending *e, const struct nic *nics, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		lay_down(e, &nics[i].ip, nics[i].pool);
		lay_down(e, &nics[i].ip6, nics[i].pool);
	}
}

static void lay_down_all(struct ending *e, const struct lease *lease)
{
	lay_down_nics(e, lease->nics, lease->nics_len);
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

/* What rests still; what has rested long enough is forgotten. */
static void begin(struct ending *e, struct arena *arena, const struct leases *leases,
		  const struct pools *pools, const char *now)
{
	*e = (struct ending){ .arena = arena, .pools = pools };
	when_read(&e->now, now);
	for (size_t i = 0; i < leases->resting_len; i++)
		if (resting_holds(&leases->resting[i], now))
			*vec_push(arena, &e->rests) = leases->resting[i];
}

static void finish(struct ending *e, struct leases *leases)
{
	if (e->rests.len > 1)
		qsort(e->rests.at, e->rests.len, sizeof(*e->rests.at), compare_rests);
	leases->resting = e->rests.at;
	leases->resting_len = 0;
	for (size_t i = 0; i < e->rests.len; i++)
		if (i == 0 ||
		    addr_compare(&e->rests.at[i - 1].ip, &e->rests.at[i].ip) != 0)
			leases->resting[leases->resting_len++] = e->rests.at[i];
}

void leases_end(struct leases *leases, struct arena *arena, const bool *gone,
		const struct pools *pools, const char *now)
{
	struct ending e;

	if (!any(gone, leases->len))
		return;
	begin(&e, arena, leases, pools, now);
	for (size_t i = 0; i < leases->len; i++)
		if (gone[i])
			lay_down_all(&e, &leases->at[i]);
	finish(&e, leases);
	leases_sweep(leases, gone);
}

void leases_let_go(struct leases *leases, struct arena *arena, const struct nic *nics,
		   size_t len, const struct pools *pools, const char *now)
{
	struct ending e;

	if (len == 0)
		return;
	begin(&e, arena, leases, pools, now);
	lay_down_nics(&e, nics, len);
	finish(&e, leases);
}
