/* Addresses of running guests. PVE: PVE::API2::Qemu::Agent, PVE::API2::LXC ip. */
#include "agent.h"
#include "base/text.h"
#include "guest.h"
#include "options.h"
#include "props.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct card {
	char mac[24];
	const char *ip4, *ip6; /* "10.0.0.5/24", or NULL */
};

static void lower(char out[static 24], const char *mac)
{
	size_t i;

	for (i = 0; mac && mac[i] && i < 23; i++)
		out[i] = (char)tolower((unsigned char)mac[i]);
	out[i] = '\0';
}

static const char *resolved(struct call *call, struct guest *guest, unsigned number,
			    const char *value)
{
	if (number == 0 && guest->agent_ip)
		return arena_printf(call->arena, "%s/24", guest->agent_ip);
	if (!value || !strcmp(value, "manual"))
		return NULL;
	if (!strcmp(value, "dhcp"))
		return arena_printf(call->arena, "%s/24",
				    guest_dhcp_address(call->world, guest, number));
	return value;
}

/* What a VM configured from its image, or a container from its config. False: no such card. */
static bool read_card(struct call *call, struct guest *guest, unsigned number,
		      struct card *out)
{
	char *net = arena_printf(call->arena, "net%u", number);
	char *option = arena_printf(call->arena, "ipconfig%u", number);
	const char *value = guest_get(guest, net), *ipconfig;
	bool lxc = guest->type == GUEST_LXC;
	json_t *props, *ip;

	if (!value)
		return false;
	ipconfig = props_get(guest->image ? guest->image : guest->config, option);
	props = props_read(lxc ? lxc_net_format : qemu_net_format, value);
	ip = lxc ? json_incref(props) : props_read(qemu_ipconfig_format, ipconfig);
	lower(out->mac, props_get(props, lxc ? "hwaddr" : "macaddr"));
	out->ip4 = resolved(
		call, guest, number,
		lxc || ipconfig ? arena_strdup(call->arena,
					       props_get(ip, "ip")
						       ? props_get(ip, "ip")
						       : (ipconfig ? "dhcp" : "manual"))
				: NULL);
	out->ip6 = props_get(ip, "ip6") && strchr(props_get(ip, "ip6"), '/')
			   ? arena_strdup(call->arena, props_get(ip, "ip6"))
			   : NULL;
	json_decref(ip);
	json_decref(props);
	return true;
}

static void put_address(struct call *call, json_t *list, const char *cidr,
			const char *type)
{
	const char *slash;

	if (!cidr)
		return;
	slash = strchr(cidr, '/');
	json_array_append_new(
		list, json_pack("{s:s, s:s, s:i}", "ip-address",
				arena_strndup(call->arena, cidr, (size_t)(slash - cidr)),
				"ip-address-type", type, "prefix", atoi(slash + 1)));
}

static json_t *interface(const char *name, const char *mac, json_t *addresses)
{
	static const char *const counters[] = { "rx-bytes",   "rx-packets", "rx-errs",
						"rx-dropped", "tx-bytes",   "tx-packets",
						"tx-errs",    "tx-dropped", NULL };
	json_t *statistics = json_object();

	for (size_t i = 0; counters[i]; i++)
		json_object_set_new(statistics, counters[i], json_integer(0));
	return json_pack("{s:s, s:s, s:o, s:o}", "name", name, "hardware-address", mac,
			 "ip-addresses", addresses, "statistics", statistics);
}

/* The address that a card gives itself (RFC 4291, appendix A). */
static const char *link_local(struct call *call, const char *mac)
{
	unsigned b[6] = { 0 };

	sscanf(mac, "%2x:%2x:%2x:%2x:%2x:%2x", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5]);
	return arena_printf(call->arena, "fe80::%x:%xff:fe%02x:%x/64",
			    (b[0] ^ 2) << 8 | b[1], b[2], b[3], b[4] << 8 | b[5]);
}

void agent_interfaces(struct call *call, struct guest *guest)
{
	json_t *list, *addresses;
	struct card card;

	addresses = json_array();
	put_address(call, addresses, "127.0.0.1/8", "ipv4");
	put_address(call, addresses, "::1/128", "ipv6");
	list = json_pack("[o]", interface("lo", "00:00:00:00:00:00", addresses));
	for (unsigned i = 0; i < 32; i++) {
		if (!read_card(call, guest, i, &card))
			continue;
		addresses = json_array();
		put_address(call, addresses, card.ip4, "ipv4");
		put_address(call, addresses, card.ip6, "ipv6");
		put_address(call, addresses, link_local(call, card.mac), "ipv6");
		json_array_append_new(list,
				      interface(arena_printf(call->arena, "eth%u", i),
						card.mac, addresses));
	}
	agent_reply(call, list);
}

static json_t *lxc_interface(struct call *call, const char *name, const struct card *card)
{
	json_t *addresses = json_array();
	json_t *out = json_pack("{s:s, s:s}", "name", name, "hwaddr", card->mac);

	put_address(call, addresses, card->ip4, "inet");
	put_address(call, addresses, card->ip6, "inet6");
	if (card->ip4)
		json_object_set_new(out, "inet", json_string(card->ip4));
	if (card->ip6)
		json_object_set_new(out, "inet6", json_string(card->ip6));
	json_object_set_new(out, "hardware-address", json_string(card->mac));
	json_object_set_new(out, "ip-addresses", addresses);
	return out;
}

static void lxc_interfaces(struct call *call)
{
	struct guest *guest = call_guest(call, GUEST_LXC);
	struct card card = { .mac = "00:00:00:00:00:00",
			     .ip4 = "127.0.0.1/8",
			     .ip6 = "::1/128" };
	json_t *list;

	if (!guest)
		return;
	if (!guest->running) {
		reply(call, json_null());
		return;
	}
	list = json_pack("[o]", lxc_interface(call, "lo", &card));
	for (unsigned i = 0; i < 32; i++)
		if (read_card(call, guest, i, &card))
			json_array_append_new(
				list,
				lxc_interface(call, arena_printf(call->arena, "eth%u", i),
					      &card));
	reply(call, list);
}

const struct row interface_rows[] = {
	{ "GET",
	  "/nodes/{node}/lxc/{vmid}/interfaces",
	  ROW_PROTECTED | ROW_NODE,
	  "/vms/{vmid}",
	  "VM.Audit",
	  { { guest_params } },
	  lxc_interfaces,
	  0.01 },
	{ NULL },
};
