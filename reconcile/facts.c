#include "reconcile/facts.h"

#include "reconcile/place.h"

/* A leased address as text, or NULL. */
static const char *leased(struct arena *arena, const struct addr *addr)
{
	char text[ADDR_TEXT];

	addr_print(addr, text);
	return *text ? arena_strdup(arena, text) : NULL;
}

/* A learned address in our spelling; NULL when it is none of that family. */
static const char *learned(struct arena *arena, const char *text, enum family family)
{
	struct addr addr;
	struct error err;

	if (!text || !addr_read(&addr, text, &err) || addr.family != family)
		return NULL;
	return leased(arena, &addr);
}

/* Take a card's addresses; false when it has none. */
static bool take_nic(struct facts *out, struct arena *arena, const struct nic *nic)
{
	out->ip = leased(arena, &nic->ip);
	out->ip6 = leased(arena, &nic->ip6);
	return out->ip || out->ip6;
}

static bool take_learned(struct facts *out, struct arena *arena,
			 const struct inventory_guest *guest)
{
	const struct desired *want = guest->want;
	bool dhcp = want && want->networks_len > 0 && want->networks[0]->dhcp.value;

	out->ip = learned(arena, guest->observed_ip, FAMILY_4);
	out->ip6 = learned(arena, guest->observed_ip6, FAMILY_6);
	if (!out->ip && !out->ip6)
		return false;
	out->ip_source = dhcp ? "dhcp" : "agent";
	return true;
}

static void find_address(struct facts *out, struct arena *arena,
			 const struct inventory_guest *guest)
{
	const struct lease *lease = guest->lease;
	bool found = lease->nics_len > 0 && take_nic(out, arena, &lease->nics[0]);

	found = found || take_learned(out, arena, guest);
	for (size_t i = 1; i < lease->nics_len && !found; i++)
		found = take_nic(out, arena, &lease->nics[i]);
	if (!out->ip) {
		out->ip = out->ip6;
		out->ip6 = NULL;
	}
}

static bool is_going(enum lease_state state)
{
	switch (state) {
	case LEASE_RESERVED:
	case LEASE_ADOPTING:
	case LEASE_READY:
		return false;
	case LEASE_RELEASING:
	case LEASE_RELEASED:
	case LEASE_DESTROYING:
		return true;
	}
	return false;
}

static void take_want(struct facts *out, const struct desired *want)
{
	const struct spec *spec = &want->spec;

	/* a container has no cloud-init that would make another user */
	out->user = want->type == GUEST_LXC ? "root" : spec->access.user.value;
	if (want->networks_len > 0) {
		const struct network *first = want->networks[0];

		out->network = first->pool.value ? first->pool.value : first->name;
	}
	out->environment = spec->env.value;
	out->domain = spec->domain.value;
	out->node = place_is_auto(want) ? NULL : want->node;
	out->type = guest_type_name(want->type);
	out->tags = want->tags;
	out->tags_len = want->tags_len;
}

static void take_lease(struct facts *out, struct arena *arena,
		       const struct inventory_guest *guest)
{
	const struct lease *lease = guest->lease;

	find_address(out, arena, guest);
	if (!out->state)
		out->state = lease_state_name(lease->state);
	if (lease->bare)
		return; /* nothing is known but the address */
	out->vmid = lease->vmid;
	out->type = guest_type_name(lease->type);
	if (lease->node)
		out->node = lease->node;
}

void facts_make(struct facts *out, struct arena *arena,
		const struct inventory_guest *guest)
{
	const struct desired *want = guest->want;
	const struct lease *lease = guest->lease;

	*out = (struct facts){
		.name = want ? want->name : lease->name,
		.state = guest->state,
		.listed = want && lease,
	};
	if (want)
		take_want(out, want);
	if (lease)
		take_lease(out, arena, guest);
	out->reachable = out->listed && out->ip && !is_going(lease->state);
}

struct facts *facts_of_all(struct arena *arena, const struct inventory_guest *guests,
			   size_t len)
{
	struct facts *all = arena_array(arena, struct facts, len);

	for (size_t i = 0; i < len; i++)
		facts_make(&all[i], arena, &guests[i]);
	return all;
}
