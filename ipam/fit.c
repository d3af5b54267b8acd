#include "ipam/fit.h"

#include "base/text.h"

/* An address that is leased lies in its pool's subnet; `cidr` is that of its family. */
static bool inside(const struct want *want, const struct addr *addr,
		   const struct pool *pool, const struct cidr *cidr, struct error *err)
{
	char text[ADDR_TEXT], subnet[CIDR_TEXT] = "which has none of its family";

	if (addr->family == FAMILY_NONE || cidr_contains(cidr, addr))
		return true;
	addr_print(addr, text);
	if (cidr->first.family != FAMILY_NONE)
		cidr_print(cidr, subnet);
	return error_set(err, ERROR_INVALID,
			 "%s is leased to %s, but not in pool %s (%s)", text, want->name,
			 pool->name, subnet);
}

static bool readdress(const struct want *want, size_t card, const struct nic *nic,
		      struct error *err)
{
	const char *pool = want->claims[card].pool;
	char text[ADDR_TEXT];

	addr_print(nic->ip.family ? &nic->ip : &nic->ip6, text);
	return error_set(err, ERROR_REFUSED,
			 "net%zu of %s asks for %s%s and has %s%s%s leased: that is a "
			 "readdress. Give it its network back, or say readdress: allow",
			 card, want->name, pool ? "pool " : "no address",
			 pool ? pool : "", *text ? text : "no address",
			 nic->pool ? " of pool " : "", nic->pool ? nic->pool : "");
}

/* The lease of one card is one of the pool that its network asks for. */
static bool nic_fits(const struct pools *pools, const struct want *want, size_t card,
		     const struct nic *nic, struct error *err)
{
	const struct pool *pool = nic->pool ? pools_find(pools, nic->pool) : NULL;

	if (!str_equal(nic->pool, want->claims[card].pool))
		return readdress(want, card, nic, err);
	if (nic->pool && !pool)
		return error_set(err, ERROR_INVALID,
				 "%s has an address of pool %s, which is not there",
				 want->name, nic->pool);
	return !pool || (inside(want, &nic->ip, pool, &pool->v4.cidr, err) &&
			 inside(want, &nic->ip6, pool, &pool->v6.cidr, err));
}

bool fits_pools(const struct want *want, const struct lease *lease,
		const struct pools *pools, struct error *err)
{
	for (size_t i = 0; i < want->claims_len && i < lease->nics_len; i++)
		if (!nic_fits(pools, want, i, &lease->nics[i], err))
			return false;
	return true;
}

bool fits_whole(const struct want *want, const struct lease *lease,
		const struct pools *pools, struct error *err)
{
	/* of a guest that is there the plan decides */
	if (lease->type == want->type || lease->state != LEASE_RESERVED)
		return fits_pools(want, lease, pools, err);
	return error_set(err, ERROR_REFUSED,
			 "%s is reserved as type %s, its entry says %s. Give it its type "
			 "back, or free it: vm7 rollback --guest %s",
			 want->name, guest_type_name(lease->type),
			 guest_type_name(want->type), want->name);
}

/* A family that the pool got after the lease was made. */
static bool lacks_family(const struct pools *pools, const struct lease *lease)
{
	for (size_t i = 0; i < lease->nics_len; i++) {
		const struct nic *nic = &lease->nics[i];
		const struct pool *pool = nic->pool ? pools_find(pools, nic->pool) : NULL;

		if (pool && ((pool->v4.cidr.first.family && !nic->ip.family) ||
			     (pool->v6.cidr.first.family && !nic->ip6.family)))
			return true;
	}
	return false;
}

static void __attribute__((format(printf, 2, 3)))
add_note(struct text *note, const char *format, ...)
{
	va_list args;

	if (note->len > 0)
		text_add(note, "; ");
	va_start(args, format);
	text_add(note, arena_vprintf(note->arena, format, args));
	va_end(args);
}

const char *fit_note(struct arena *arena, const struct want *want,
		     const struct lease *lease, const struct pools *pools)
{
	struct text note;

	text_init(&note, arena);
	if (lacks_family(pools, lease))
		add_note(&note,
			 "its pool has a second family of addresses now, its lease has "
			 "not: takes effect when it is leased anew");
	if (want->vmid && want->vmid != lease->vmid)
		add_note(&note,
			 "vmid: %u asked for, and %u leased: a guest keeps its VMID",
			 want->vmid, lease->vmid);
	return note.at; /* NULL when nothing was added */
}
