#include "ipam/leave.h"

#include "base/text.h"

#include <string.h>

static void take_back(struct lease *lease, struct nic *nic)
{
	size_t kept = 0;

	for (size_t i = 0; i < lease->leaving_len; i++) {
		struct leaving *leaving = &lease->leaving[i];
		struct addr *addr = leaving->ip.family == FAMILY_4 ? &nic->ip : &nic->ip6;

		if (nic->pool && strcmp(leaving->pool, nic->pool) == 0 && !addr->family)
			*addr = leaving->ip;
		else
			lease->leaving[kept++] = *leaving;
	}
	lease->leaving_len = kept;
}

static void leave(struct lease *lease, const struct addr *ip, const char *pool)
{
	if (ip->family != FAMILY_NONE && pool)
		lease->leaving[lease->leaving_len++] = (struct leaving){ *ip, pool };
}

static bool any_leaves(const struct lease *lease, const struct want *want)
{
	for (size_t i = 0; i < lease->nics_len && i < want->claims_len; i++)
		if (!str_equal(lease->nics[i].pool, want->claims[i].pool))
			return true;
	return false;
}

void lease_leave_pools(struct lease *lease, struct arena *arena, const struct want *want)
{
	const struct leaving *before = lease->leaving;
	const struct nic *nics = lease->nics;

	if (!any_leaves(lease, want))
		return;
	lease->nics = arena_array(arena, struct nic, lease->nics_len);
	memcpy(lease->nics, nics, lease->nics_len * sizeof(*nics));
	lease->leaving = arena_array(arena, struct leaving,
				     lease->leaving_len + 2 * lease->nics_len);
	if (lease->leaving_len > 0)
		memcpy(lease->leaving, before, lease->leaving_len * sizeof(*before));
	for (size_t i = 0; i < lease->nics_len && i < want->claims_len; i++) {
		struct nic *nic = &lease->nics[i], old = *nic;

		if (str_equal(old.pool, want->claims[i].pool))
			continue;
		*nic = (struct nic){ .pool = want->claims[i].pool, .mac = old.mac };
		take_back(lease, nic);
		leave(lease, &old.ip, old.pool);
		leave(lease, &old.ip6, old.pool);
	}
}
