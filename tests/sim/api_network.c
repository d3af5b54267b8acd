/* The interfaces of a node. PVE: PVE::API2::Network. */
#include "api.h"
#include "base/text.h"
#include "node.h"
#include "props.h"
#include "sdn.h"

#include <stdlib.h>
#include <string.h>

static struct node *node_of(struct call *call)
{
	return world_node(call->world, param(call, "node"));
}

static bool has_type(const char *type, const char *wanted)
{
	if (!wanted || !strcmp(type, wanted))
		return true;
	return !strncmp(wanted, "any_", 4) && str_ends(type, "ridge");
}

static bool is_active(struct call *call, const char *name)
{
	return json_object_get(node_interfaces(node_of(call), false), name) != NULL;
}

static json_t *entry_of(struct call *call, const json_t *from, const char *name)
{
	static const char *const flags[] = { "autostart", "bridge_vlan_aware", NULL };
	json_t *out = json_deep_copy(from);

	for (size_t i = 0; flags[i]; i++)
		if (props_get(out, flags[i]))
			json_object_set_new(out, flags[i],
					    json_integer(atoi(props_get(out, flags[i]))));
	if (is_active(call, name))
		json_object_set_new(out, "active", json_integer(1));
	json_object_set_new(out, "families", json_pack("[s]", "inet"));
	return out;
}

/* (pve-network PVE/Network/SDN.pm get_local_vnets) */
static void put_vnets(struct call *call, json_t *list)
{
	const char *name;
	json_t *vnet;

	json_object_foreach (sdn_running(call->world, SDN_VNET), name, vnet) {
		const char *zone = sdn_zone_of(call->world, name);

		if (sdn_has_bridge(call->world, node_of(call), name) && zone &&
		    may(call, arena_printf(call->arena, "/sdn/zones/%s/%s", zone, name),
			"SDN.Audit|SDN.Use"))
			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:i}", "iface", name,
							"type", "vnet", "active", 1));
	}
}

static void interfaces(struct call *call)
{
	const char *type = param(call, "type"), *name;
	int priority = 3; /* the loopback device and its address come first */
	json_t *list = json_array(), *entry, *out;

	json_object_foreach (node_interfaces(node_of(call), true), name, entry) {
		if (!has_type(props_get(entry, "type"), type) ||
		    !may(call,
			 arena_printf(call->arena, "/sdn/zones/localnetwork/%s", name),
			 "SDN.Audit|SDN.Use"))
			continue;
		out = entry_of(call, entry, name);
		json_object_set_new(out, "iface", json_string(name));
		json_object_set_new(out, "priority", json_integer(priority++));
		json_array_append_new(list, out);
	}
	if (type && (!strcmp(type, "any_bridge") || !strcmp(type, "vnet")))
		put_vnets(call, list);
	reply(call, list);
}

/* The entry of the path; NULL after answering that there is none. */
static json_t *named(struct call *call)
{
	json_t *entry = json_object_get(node_interfaces(node_of(call), true),
					param(call, "iface"));

	if (!entry)
		bad_param(call, "iface", "interface does not exist");
	return entry;
}

static void interface(struct call *call)
{
	json_t *entry = named(call), *out;

	if (!entry)
		return;
	out = entry_of(call, entry, param(call, "iface"));
	json_object_set_new(out, "method6",
			    json_string(props_get(entry, "method6")
						? props_get(entry, "method6")
						: "manual"));
	reply(call, out);
}

/* The file to come, begun as a copy of the one in force. */
static json_t *pending(struct call *call)
{
	struct node *node = node_of(call);

	if (!json_object_get(node->settings, "interfaces.new"))
		json_object_set_new(node->settings, "interfaces.new",
				    json_deep_copy(node_interfaces(node, false)));
	world_touch(call->world);
	return node_interfaces(node, true);
}

static const struct schema settings_params[] = {
	{ "address", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv4,
	  .needs = "netmask" },
	{ "address6", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv6,
	  .needs = "netmask6" },
	{ "autostart", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "bridge_ports", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "bridge_vids", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "bridge_vlan_aware", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "cidr", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "cidr6", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "comments", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "gateway", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv4 },
	{ "gateway6", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv6 },
	{ "mtu", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1280,
	  .max = 65520 },
	{ "netmask", SCHEMA_STRING, SCHEMA_OPTIONAL, .needs = "address" },
	{ "netmask6", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 128, .needs = "address6" },
	{ "type", SCHEMA_STRING, SCHEMA_FROM_9,
	  .values = "bridge, bond, eth, alias, vlan, fabric, OVSBridge, OVSBond, "
		    "OVSPort, OVSIntPort, vnet, unknown" },
	{ "type", SCHEMA_STRING, SCHEMA_ONLY_8,
	  .values = "bridge, bond, eth, alias, vlan, OVSBridge, OVSBond, OVSPort, "
		    "OVSIntPort, vnet, unknown" },
	{ "vlan-id", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 4094 },
	{ "vlan-raw-device", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};

/* An address may come as a CIDR or as two. */
static void put_settings(struct call *call, json_t *entry)
{
	const char *cidr = param(call, "cidr");
	const char *slash = cidr ? strchr(cidr, '/') : NULL;

	for (const struct schema *row = settings_params; row->name; row++)
		if (param(call, row->name))
			props_set(entry, row->name, param(call, row->name));
	if (slash) {
		props_set(entry, "address",
			  arena_strndup(call->arena, cidr, (size_t)(slash - cidr)));
		props_set(entry, "netmask", slash + 1);
	}
	props_set(entry, "method", props_get(entry, "address") ? "static" : "manual");
	props_set(entry, "method6", props_get(entry, "address6") ? "static" : "manual");
}

/* One gateway is enough. PVE: PVE::API2::Network $check_duplicate_gateway. */
static bool check_gateway(struct call *call)
{
	json_t *entry;
	const char *name;

	json_object_foreach (node_interfaces(node_of(call), true), name, entry)
		if (param(call, "gateway") && props_get(entry, "gateway") &&
		    strcmp(name, param(call, "iface")) != 0) {
			bad_param(call, "gateway",
				  "Default gateway already exists on interface '%s'.\n",
				  name);
			return false;
		}
	return true;
}

static void create(struct call *call)
{
	const char *name = param(call, "iface");
	json_t *entry;

	if (json_object_get(node_interfaces(node_of(call), true), name)) {
		bad_param(call, "iface", "interface already exists");
		return;
	}
	if (!check_gateway(call))
		return;
	entry = json_object();
	put_settings(call, entry);
	json_object_set_new(pending(call), name, entry);
	reply(call, json_null());
}

static void change(struct call *call)
{
	char **gone;
	size_t count =
		param(call, "delete")
			? str_split(call->arena, param(call, "delete"), ",; ", &gone)
			: 0;
	json_t *entry;

	if (!named(call) || !check_gateway(call))
		return;
	entry = json_object_get(pending(call), param(call, "iface"));
	for (size_t i = 0; i < count; i++) {
		json_object_del(entry, gone[i]);
		if (!strcmp(gone[i], "cidr")) {
			json_object_del(entry, "address");
			json_object_del(entry, "netmask");
		}
	}
	put_settings(call, entry);
	reply(call, json_null());
}

static void drop(struct call *call)
{
	if (!named(call))
		return;
	json_object_del(pending(call), param(call, "iface"));
	reply(call, json_null());
}

static void apply(struct call *call)
{
	reply_task(call, call_start(call, "srvreload", "networking", json_object()));
}

static void revert(struct call *call)
{
	node_revert_interfaces(call->world, node_of(call));
	reply(call, json_null());
}

static const struct schema list_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9,
	  .values =
		  "bridge, bond, eth, alias, vlan, fabric, OVSBridge, OVSBond, OVSPort, "
		  "OVSIntPort, vnet, any_bridge, any_local_bridge, include_sdn" },
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_ONLY_8,
	  .values = "bridge, bond, eth, alias, vlan, OVSBridge, OVSBond, OVSPort, "
		    "OVSIntPort, vnet, any_bridge, any_local_bridge" },
	{ NULL },
};
static const struct schema iface_params[] = {
	{ "iface", SCHEMA_STRING, 0, .min_length = 2, .max_length = 20,
	  .format = format_bridge },
	{ NULL },
};
static const struct schema delete_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_config_id },
	{ NULL },
};

#define NETWORK "/nodes/{node}/network"
#define ONE     NETWORK "/{iface}"
#define WRITES  (ROW_PROTECTED | ROW_NODE)
#define MODIFY  "/nodes/{node}", "Sys.Modify"

const struct row network_rows[] = {
	{ "GET",
	  NETWORK,
	  ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, list_params } },
	  interfaces,
	  0.003 },
	{ "POST",
	  NETWORK,
	  WRITES,
	  MODIFY,
	  { { node_params, iface_params, settings_params } },
	  create,
	  0.01 },
	{ "PUT", NETWORK, WRITES | ROW_FORK, MODIFY, { { node_params } }, apply, 0.01 },
	{ "DELETE", NETWORK, WRITES, MODIFY, { { node_params } }, revert, 0.01 },
	{ "GET",
	  ONE,
	  ROW_NODE,
	  "/nodes/{node}",
	  "Sys.Audit",
	  { { node_params, iface_params } },
	  interface,
	  0.003 },
	{ "PUT",
	  ONE,
	  WRITES,
	  MODIFY,
	  { { node_params, iface_params, settings_params, delete_params } },
	  change,
	  0.01 },
	{ "DELETE", ONE, WRITES, MODIFY, { { node_params, iface_params } }, drop, 0.01 },
	{ NULL },
};
