/*
 * The network cards of a guest: net0, net1, ... and a machine's ipconfig0, ipconfig1,
 * ...
 */
#include "base/text.h"
#include "reconcile/options.h"
#include "reconcile/props.h"

#include <string.h>
#include <strings.h>

enum { CARDS_MAX = 32 };

/* A property of a card, wanted only where something asks for it. */
static bool card_prop(struct view *view, struct props *props, const char *key,
		      const char *value)
{
	const char *now = props_get(props, key);

	if (!value || same_value(now, value))
		return false;
	if (!now && strcmp(value, "0") == 0 && strcmp(key, "firewall") == 0)
		return false;
	props_set(props, view->arena, key, value);
	return true;
}

/* The model of a VM's card is the key of its MAC: virtio=BC:24:11:5E:01:7A. */
static struct prop *card_model(struct props *props)
{
	static const char *const models[] = {
		"virtio",   "e1000",         "e1000e",        "rtl8139",       "vmxnet3",
		"ne2k_pci", "ne2k_isa",      "pcnet",         "i82551",        "i82557b",
		"i82559er", "e1000-82540em", "e1000-82544gc", "e1000-82545em",
	};

	for (size_t i = 0; i < props->len; i++)
		for (size_t j = 0; j < sizeof(models) / sizeof(models[0]); j++)
			if (strcmp(props->at[i].key, models[j]) == 0)
				return &props->at[i];
	return NULL;
}

/* What the network says of a card, whatever kind of guest it is in. */
static bool card_common(struct view *view, struct props *props,
			const struct network *network)
{
	bool differs = card_prop(view, props, "bridge", network->bridge.value);

	if (!props_get(props, "bridge"))
		differs |= card_prop(view, props, "bridge", "vmbr0");
	differs |= card_prop(view, props, "firewall", view_flag(&network->firewall));
	/* 1 means the bridge's own, which is what a container's card has anyway */
	if (view->making->want->type == GUEST_VM || network->mtu.value != 1)
		differs |=
			card_prop(view, props, "mtu", view_number(view, &network->mtu));
	differs |= card_prop(view, props, "rate", view_number(view, &network->rate));
	differs |= card_prop(view, props, "tag", view_number(view, &network->vlan));
	/* a network that names its bridge says all there is: no vlan is no tag */
	if (is_set(&network->bridge.is) && !is_set(&network->vlan.is) &&
	    props_get(props, "tag")) {
		props_set(props, view->arena, "tag", NULL);
		differs = true;
	}
	return differs;
}

static const char *address_text(struct view *view, const struct addr *ip,
				const struct subnet *subnet)
{
	char text[ADDR_TEXT];

	addr_print(ip, text);
	return arena_printf(view->arena, "%s/%u", text, subnet->cidr.prefix);
}

static const char *gateway_text(struct view *view, const struct addr *gateway)
{
	char text[ADDR_TEXT];

	addr_print(gateway, text);
	return arena_strdup(view->arena, text);
}

/*
 * ip, gw, ip6, gw6 of a card: leased, by DHCP, or none. Only the first card carries the
 * default route. False when they read so already.
 */
static bool card_addresses(struct view *view, struct props *props, size_t card)
{
	const struct making *making = view->making;
	const struct network *network = making->want->networks[card];
	const struct nic *nic = &making->lease->nics[card];
	const struct pool *pool = nic->pool ? pools_find(making->pools, nic->pool) : NULL;
	const char *values[4] = { 0 };
	static const char *const keys[4] = { "ip", "gw", "ip6", "gw6" };
	bool differs = false;

	if (network->dhcp.value)
		values[0] = "dhcp";
	if (pool && nic->ip.family)
		values[0] = address_text(view, &nic->ip, &pool->v4);
	if (pool && nic->ip.family && card == 0 && pool->v4.gateway.family)
		values[1] = gateway_text(view, &pool->v4.gateway);
	if (pool && nic->ip6.family)
		values[2] = address_text(view, &nic->ip6, &pool->v6);
	if (pool && nic->ip6.family && card == 0 && pool->v6.gateway.family)
		values[3] = gateway_text(view, &pool->v6.gateway);
	for (size_t i = 0; i < 4; i++) {
		const char *now = props_get(props, keys[i]);

		if (now && values[i] && strcasecmp(now, values[i]) == 0)
			continue;
		if (!now && !values[i])
			continue;
		props_set(props, view->arena, keys[i], values[i]);
		differs = true;
	}
	return differs;
}

static const char *vm_card(struct view *view, const char *seen, size_t card)
{
	const char *mac = view->making->lease->nics[card].mac;
	struct props props = { 0 };
	struct prop *model;
	bool differs = false;

	if (seen)
		props_read(&props, view->arena, seen);
	model = card_model(&props);
	if (!model) {
		props_set(&props, view->arena, "virtio", mac);
		differs = true;
	} else if (strcasecmp(model->value, mac) != 0) {
		model->value = mac;
		differs = true;
	}
	differs |= card_common(view, &props, view->making->want->networks[card]);
	return differs ? props_print(&props, view->arena) : NULL;
}

static const char *ct_card(struct view *view, const char *seen, size_t card)
{
	const char *mac = view->making->lease->nics[card].mac;
	struct props props = { 0 };
	bool differs = false;

	if (seen)
		props_read(&props, view->arena, seen);
	if (!props_get(&props, "name"))
		differs |= card_prop(view, &props, "name",
				     arena_printf(view->arena, "eth%zu", card));
	differs |= card_prop(view, &props, "hwaddr", mac);
	differs |= card_common(view, &props, view->making->want->networks[card]);
	differs |= card_addresses(view, &props, card);
	return differs ? props_print(&props, view->arena) : NULL;
}

static const char *vm_addresses(struct view *view, const char *seen, size_t card)
{
	struct props props = { 0 };

	if (seen)
		props_read(&props, view->arena, seen);
	if (!card_addresses(view, &props, card) || props.len == 0)
		return NULL;
	return props_print(&props, view->arena);
}

/* (qemu-server src/PVE/QemuServer/Network.pm: net0 to net31) */
#define CARD(n)                         \
	{                               \
		"net" #n, "ipconfig" #n \
	}
static const struct {
	const char *net, *ipconfig;
} card_keys[CARDS_MAX] = {
	CARD(0),  CARD(1),  CARD(2),  CARD(3),  CARD(4),  CARD(5),  CARD(6),  CARD(7),
	CARD(8),  CARD(9),  CARD(10), CARD(11), CARD(12), CARD(13), CARD(14), CARD(15),
	CARD(16), CARD(17), CARD(18), CARD(19), CARD(20), CARD(21), CARD(22), CARD(23),
	CARD(24), CARD(25), CARD(26), CARD(27), CARD(28), CARD(29), CARD(30), CARD(31),
};
#undef CARD

/* Its addresses are cloud-init's, but vm7 gives it others: then they are kept as well. */
static bool is_readdressed(const struct making *making, const char *ipseen)
{
	return making->lease->leaving_len > 0 ||
	       (ipseen && making->want->spec.readdress.value == READDRESS_ALLOW);
}

void change_cards(struct changes *out, struct view *view, enum extent extent)
{
	const struct making *making = view->making;
	size_t wanted = making->want->networks_len;
	bool vm = making->want->type == GUEST_VM, made = extent == EXTENT_MADE;

	if (making->lease->nics_len < wanted)
		wanted = making->lease->nics_len;
	for (size_t i = 0; i < (made ? CARDS_MAX : making->lease->nics_len); i++) {
		const char *key = card_keys[i].net, *ipkey = card_keys[i].ipconfig;
		const char *seen = view_seen(view, key), *ipseen = view_seen(view, ipkey);
		const char *to;

		if (i >= wanted) {
			if (seen)
				add_change(out, view, key, seen, NULL);
			if (ipseen && extent != EXTENT_KEPT)
				add_change(out, view, ipkey, ipseen, NULL);
			continue;
		}
		to = vm ? vm_card(view, seen, i) : ct_card(view, seen, i);
		if (to)
			add_change(out, view, key, seen, to);
		if (!vm || (extent == EXTENT_KEPT && !is_readdressed(making, ipseen)))
			continue;
		to = vm_addresses(view, ipseen, i);
		if (to)
			add_change(out, view, ipkey, ipseen, to);
		else if (ipseen && !making->want->networks[i]->dhcp.value &&
			 !making->lease->nics[i].pool)
			add_change(out, view, ipkey, ipseen, NULL);
	}
}
