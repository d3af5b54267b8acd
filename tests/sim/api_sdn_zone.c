/* Zones of SDN. PVE: PVE::API2::Network::SDN::Zones, Zones::Status. */
#include "props.h"
#include "sdn_object.h"

#include <string.h>

static const struct schema zone_settings[] = {
	{ "advertise-subnets", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "bridge", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "bridge-disable-mac-learning", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "controller", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "dhcp", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "dnsmasq" },
	{ "dns", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "dnszone", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_dns_name },
	{ "exitnodes", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_node },
	{ "fabric", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ "ipam", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "mac", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_mac },
	{ "mtu", SCHEMA_INTEGER, SCHEMA_OPTIONAL },
	{ "nodes", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .format = format_node },
	{ "peers", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_address },
	{ "reversedns", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "tag", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "vlan-protocol", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "802.1q, 802.1ad" },
	{ "vrf-vxlan", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_ONLY_8 },
	{ "vrf-vxlan", SCHEMA_INTEGER,
	  SCHEMA_OPTIONAL | SCHEMA_FROM_9 | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 16777215 },
	{ "vxlan-port", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX,
	  .min = 1, .max = 65536 },
	{ NULL },
};

static void list(struct call *call)
{
	sdn_list(call, SDN_ZONE);
}

static void show(struct call *call)
{
	sdn_show(call, SDN_ZONE);
}

/* PVE: the options of PVE::Network::SDN::Zones::*Plugin that are not optional. */
static bool check_zone(struct call *call, const char *what)
{
	static const struct {
		const char *type, *needs, * or ;
	} rules[] = {
		{ "vlan", "bridge", NULL },     { "qinq", "bridge", NULL },
		{ "qinq", "tag", NULL },        { "vxlan", "peers", "fabric" },
		{ "evpn", "controller", NULL }, { "evpn", "vrf-vxlan", NULL },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (!strcmp(rules[i].type, param(call, "type")) &&
		    !param(call, rules[i].needs) &&
		    !(rules[i].or &&param(call, rules[i].or))) {
			refuse(call, 500, "%s: missing value for required option '%s'",
			       what, rules[i].needs);
			return false;
		}
	return true;
}

static void create(struct call *call)
{
	const char *what = sdn_doing(call, "create", SDN_ZONE), *id = param(call, "zone");

	if (sdn_check_new(call, SDN_ZONE, id, what) && check_zone(call, what))
		sdn_add(call, SDN_ZONE, id,
			json_pack("{s:s}", "type", param(call, "type")), zone_settings);
}

static void change(struct call *call)
{
	json_t *entry =
		sdn_changeable(call, SDN_ZONE, sdn_doing(call, "update", SDN_ZONE));

	if (entry)
		sdn_change(call, entry, zone_settings);
}

static void drop(struct call *call)
{
	const char *what = sdn_doing(call, "delete", SDN_ZONE), *id = param(call, "zone");
	const char *vnet = sdn_find(call->world, SDN_VNET, "zone", id);

	if (!sdn_removable(call, SDN_ZONE, what))
		return;
	if (vnet)
		refuse(call, 500, "%s: zone %s is used by vnet %s", what, id, vnet);
	else
		sdn_remove(call, SDN_ZONE);
}

/* What became of them on a node. */
static void node_zones(struct call *call)
{
	struct node *node = world_node(call->world, param(call, "node"));
	json_t *out = json_array(), *entry;
	const char *id;

	json_object_foreach (sdn_running(call->world, SDN_ZONE), id, entry)
		if (may(call, sdn_acl_path(call, SDN_ZONE, id, entry), "SDN.Audit"))
			json_array_append_new(
				out,
				json_pack("{s:s, s:s}", "zone", id, "status",
					  sdn_is_loaded(call->world, node) ? "available"
									   : "pending"));
	reply(call, out);
}

static const struct schema zone_params[] = {
	SDN_ID("zone"),
	{ NULL },
};
#define TYPES "evpn, faucet, qinq, simple, vlan, vxlan"
static const struct schema list_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = TYPES },
	{ NULL },
};
static const struct schema create_params[] = {
	{ "type", SCHEMA_STRING, 0, .values = TYPES },
	{ NULL },
};

#define ZONES    "/cluster/sdn/zones"
#define ZONE     ZONES "/{zone}"
#define ALLOCATE "/sdn/zones/{zone}", "SDN.Allocate"

const struct row sdn_zone_rows[] = {
	{ "GET",
	  ZONES,
	  0,
	  NULL,
	  NULL,
	  { { sdn_read_params, list_params } },
	  list,
	  0.002 },
	{ "POST",
	  ZONES,
	  ROW_PROTECTED,
	  "/sdn/zones",
	  "SDN.Allocate",
	  { { zone_params, create_params, zone_settings, sdn_token_params } },
	  create,
	  0.02 },
	{ "GET", ZONE, 0, ALLOCATE, { { zone_params, sdn_read_params } }, show, 0.002 },
	{ "PUT",
	  ZONE,
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { zone_params, zone_settings, sdn_change_params, sdn_token_params } },
	  change,
	  0.02 },
	{ "DELETE",
	  ZONE,
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { zone_params, sdn_token_params } },
	  drop,
	  0.02 },
	{ "GET",
	  "/nodes/{node}/sdn/zones",
	  ROW_PROTECTED | ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params } },
	  node_zones,
	  0.002 },
	{ NULL },
};
