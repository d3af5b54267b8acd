#include "ipam/pool.h"

#include <stdlib.h>

static const struct subnet *subnet_of(const struct pool *pool, enum family family)
{
	return family == FAMILY_4 ? &pool->v4 : &pool->v6;
}

/* Does a subnet keep its first address (the network, in IPv6 the routers' anycast)? Two
 * addresses of a point-to-point link are both hosts (RFC 3021, RFC 6164). */
static bool keeps_ends(const struct cidr *cidr)
{
	return cidr->prefix < (cidr->first.family == FAMILY_4 ? 31U : 127U);
}

static int compare_ranges(const void *left, const void *right)
{
	const struct range *a = left, *b = right;
	int order = addr_compare(&a->first, &b->first);

	return order ? order : addr_compare(&a->last, &b->last);
}

static bool in_range(const struct range *range, const struct addr *addr)
{
	return addr->family == range->first.family &&
	       addr_compare(&range->first, addr) <= 0 &&
	       addr_compare(addr, &range->last) <= 0;
}

size_t pool_withheld(const struct pool *pool, enum family family, struct range *out)
{
	const struct subnet *subnet = subnet_of(pool, family);
	struct addr last = cidr_last(&subnet->cidr);
	size_t len = 0;

	if (keeps_ends(&subnet->cidr)) {
		out[len++] = (struct range){ subnet->cidr.first, subnet->cidr.first };
		if (family == FAMILY_4)
			out[len++] = (struct range){ last, last };
	}
	if (subnet->gateway.family != FAMILY_NONE)
		out[len++] = (struct range){ subnet->gateway, subnet->gateway };
	for (size_t i = 0; i < pool->dns_len; i++)
		if (pool->dns[i].family == family)
			out[len++] = (struct range){ pool->dns[i], pool->dns[i] };
	for (size_t i = 0; i < pool->exclude_len; i++)
		if (pool->exclude[i].first.family == family)
			out[len++] = pool->exclude[i];
	qsort(out, len, sizeof(*out), compare_ranges);
	return len;
}

static bool is_excluded(const struct pool *pool, const struct addr *addr)
{
	size_t low = 0, high = pool->exclude_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&pool->exclude[middle].last, addr) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < pool->exclude_len && in_range(&pool->exclude[low], addr);
}

bool pool_offers(const struct pool *pool, const struct addr *addr)
{
	const struct subnet *subnet = subnet_of(pool, addr->family);
	struct addr last;

	if (addr->family == FAMILY_NONE || !in_range(&subnet->range, addr))
		return false;
	last = cidr_last(&subnet->cidr);
	if (keeps_ends(&subnet->cidr) &&
	    (addr_equal(addr, &subnet->cidr.first) ||
	     (addr->family == FAMILY_4 && addr_equal(addr, &last))))
		return false;
	if (addr_equal(addr, &subnet->gateway))
		return false;
	for (size_t i = 0; i < pool->dns_len; i++)
		if (addr_equal(addr, &pool->dns[i]))
			return false;
	return !is_excluded(pool, addr);
}

uint64_t pool_size(const struct pool *pool, enum family family)
{
	const struct range *range = &subnet_of(pool, family)->range;
	unsigned __int128 next = range->first.bits, last = range->last.bits, size;
	struct range *taken;
	size_t len;

	if (family == FAMILY_NONE || range->first.family != family || next > last)
		return 0;
	size = last - next;
	taken = xcalloc(pool_withheld_max(pool), sizeof(*taken));
	len = pool_withheld(pool, family, taken);
	if (size >= UINT64_MAX) {
		len = 0; /* more than can be told, whatever is taken out */
	} else {
		size++;
	}
	for (size_t i = 0; i < len && next <= last; i++) {
		unsigned __int128 from = taken[i].first.bits, to = taken[i].last.bits;

		if (from < next)
			from = next;
		if (to > last)
			to = last;
		if (from > to)
			continue;
		size -= to - from + 1;
		next = to + 1;
	}
	free(taken);
	return size > UINT64_MAX ? UINT64_MAX : (uint64_t)size;
}
