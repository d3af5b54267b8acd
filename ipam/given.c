#include "ipam/given.h"

#include "base/text.h"

#include <string.h>

static const struct subnet *subnet_of(const struct pool *pool, enum family family)
{
	return family == FAMILY_6 ? &pool->v6 : &pool->v4;
}

static bool is_inside(const struct pool *pool, const struct addr *ip)
{
	const struct subnet *subnet = subnet_of(pool, ip->family);

	return subnet->cidr.first.family == ip->family &&
	       cidr_contains(&subnet->cidr, ip);
}

static const char *names_of(struct arena *arena, const struct pools *pools)
{
	const char **names = arena_array(arena, const char *, pools->len);

	for (size_t i = 0; i < pools->len; i++)
		names[i] = pools->at[i].name;
	return pools->len ? str_list(arena, names, pools->len, 8) : "none";
}

/* The one pool that has the address; subnets of two pools may overlap. */
static const struct pool *pool_around(struct arena *arena, const struct pools *pools,
				      const struct given *given, const struct addr *ip,
				      struct error *err)
{
	const struct pool *found = NULL;

	for (size_t i = 0; i < pools->len; i++) {
		if (!is_inside(&pools->at[i], ip))
			continue;
		if (found) {
			error_set(err, ERROR_USAGE,
				  "%s is in the pools %s and %s: say which with --pool",
				  given->text, found->name, pools->at[i].name);
			return NULL;
		}
		found = &pools->at[i];
	}
	if (!found)
		error_set(err, ERROR_REFUSED, "%s is in no pool; there are: %s",
			  given->text, names_of(arena, pools));
	return found;
}

static const struct pool *find_pool(struct arena *arena, const struct pools *pools,
				    const struct given *given, const struct addr *ip,
				    const char *asks, struct error *err)
{
	const char *name = given->pool ? given->pool : asks;
	const struct pool *pool;

	if (!name)
		return pool_around(arena, pools, given, ip, err);
	pool = pools_find(pools, name);
	if (!pool)
		error_set(err, ERROR_USAGE, "there is no pool %s; there are: %s",
			  str_safe(arena, name, 80), names_of(arena, pools));
	return pool;
}

/* Why the pool itself needs the address; NULL when it does not. */
static const char *own_use(const struct pool *pool, const struct addr *ip)
{
	const struct subnet *subnet = subnet_of(pool, ip->family);
	struct addr last = cidr_last(&subnet->cidr);
	bool small = subnet->cidr.prefix >= (ip->family == FAMILY_4 ? 31 : 127);

	if (addr_equal(ip, &subnet->gateway))
		return "gateway";
	for (size_t i = 0; i < pool->dns_len; i++)
		if (addr_equal(ip, &pool->dns[i]))
			return "DNS server";
	if (!small && addr_equal(ip, &subnet->cidr.first))
		return "network address";
	if (!small && ip->family == FAMILY_4 && addr_equal(ip, &last))
		return "broadcast address";
	return NULL;
}

static bool fits(const struct pool *pool, const struct given *given,
		 const struct addr *ip, const char *asks, struct error *err)
{
	const struct subnet *subnet = subnet_of(pool, ip->family);
	char cidr[CIDR_TEXT] = "which has none of its family";

	if (asks && strcmp(asks, pool->name) != 0)
		return error_set(err, ERROR_REFUSED,
				 "its entry asks for an address of pool %s, not of %s",
				 asks, pool->name);
	if (!is_inside(pool, ip)) {
		if (subnet->cidr.first.family)
			cidr_print(&subnet->cidr, cidr);
		return error_set(err, ERROR_REFUSED, "%s is not in pool %s (%s)",
				 given->text, pool->name, cidr);
	}
	if (own_use(pool, ip))
		return error_set(err, ERROR_REFUSED, "%s is the %s of pool %s",
				 given->text, own_use(pool, ip), pool->name);
	return true;
}

static bool holds(const struct lease *lease, const struct addr *ip)
{
	for (size_t i = 0; i < lease->nics_len; i++)
		if (addr_equal(&lease->nics[i].ip, ip) ||
		    addr_equal(&lease->nics[i].ip6, ip))
			return true;
	for (size_t i = 0; i < lease->leaving_len; i++)
		if (addr_equal(&lease->leaving[i].ip, ip))
			return true;
	return false;
}

/* The one address of its lease, for a person. */
static const char *held_text(struct arena *arena, const struct lease *lease)
{
	char text[ADDR_TEXT] = "";

	if (lease->nics_len > 0)
		addr_print(lease->nics[0].ip.family ? &lease->nics[0].ip
						    : &lease->nics[0].ip6,
			   text);
	return *text ? arena_strdup(arena, text) : "a lease without an address";
}

static bool is_free(const struct leases *leases, struct arena *arena,
		    const struct given *given, const struct addr *ip, struct error *err)
{
	const struct lease *own = leases_find(leases, given->name);

	for (size_t i = 0; i < leases->len; i++)
		if (holds(&leases->at[i], ip))
			return error_set(err, ERROR_REFUSED, "%s is leased to %s",
					 given->text, leases->at[i].name);
	if (own)
		return error_set(err, ERROR_REFUSED,
				 "it has %s already, and keeps it: a lease is never "
				 "replaced by hand",
				 held_text(arena, own));
	return true;
}

/* It is in use again. */
static void end_rest(struct leases *leases, struct arena *arena, const struct addr *ip)
{
	struct resting *kept = arena_array(arena, struct resting, leases->resting_len);
	size_t len = 0;

	for (size_t i = 0; i < leases->resting_len; i++)
		if (!addr_equal(&leases->resting[i].ip, ip))
			kept[len++] = leases->resting[i];
	leases->resting = kept;
	leases->resting_len = len;
}

bool given_lease(struct leases *leases, struct arena *arena, const struct pools *pools,
		 struct given *given, const char *asks, struct error *err)
{
	const struct lease *own = leases_find(leases, given->name);
	const struct pool *pool;
	struct lease *lease;
	struct addr ip;

	if (!addr_read(&ip, given->text, err)) {
		err->kind = ERROR_USAGE;
		return false;
	}
	pool = find_pool(arena, pools, given, &ip, asks, err);
	if (!pool || !fits(pool, given, &ip, asks, err))
		return false;
	given->pool = pool->name;
	given->is_new = !own || !holds(own, &ip);
	if (!given->is_new)
		return true;
	if (!is_free(leases, arena, given, &ip, err))
		return false;
	lease = leases_add(arena, leases, given->name);
	lease->bare = true;
	lease->nics = arena_new(arena, struct nic);
	lease->nics_len = 1;
	lease->nics[0].pool = pool->name;
	*(ip.family == FAMILY_6 ? &lease->nics[0].ip6 : &lease->nics[0].ip) = ip;
	end_rest(leases, arena, &ip);
	return true;
}
