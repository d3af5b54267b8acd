/* Vnets of SDN. PVE: PVE::API2::Network::SDN::Vnets. */
#include "base/text.h"
#include "props.h"
#include "sdn_object.h"

#include <stdlib.h>
#include <string.h>

static const struct schema vnet_settings[] = {
	{ "alias", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 256 },
	{ "isolate-ports", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "tag", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_ONLY_8 },
	{ "tag", SCHEMA_INTEGER,
	  SCHEMA_OPTIONAL | SCHEMA_FROM_9 | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 16777215 },
	{ "vlanaware", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

static void list(struct call *call)
{
	sdn_list(call, SDN_VNET);
}

static void show(struct call *call)
{
	sdn_show(call, SDN_VNET);
}

static bool is_overlay(const char *type)
{
	return !strcmp(type, "vxlan") || !strcmp(type, "evpn");
}

/* The vnet that has the tag already: VLANs count by zone, VNIs over all. */
static const char *tag_holder(struct call *call, const char *zone, const char *type,
			      const char *tag)
{
	const char *id, *other;
	json_t *entry;

	json_object_foreach (sdn_written(call->world, SDN_VNET), id, entry) {
		other = props_get(entry, "zone");
		if (!str_equal(props_get(entry, "tag"), tag) ||
		    str_equal(id, param(call, "vnet")))
			continue;
		if (!strcmp(other, zone) ||
		    (is_overlay(type) &&
		     is_overlay(props_get(
			     json_object_get(sdn_written(call->world, SDN_ZONE), other),
			     "type"))))
			return id;
	}
	return NULL;
}

static bool check_vnet(struct call *call, const char *what, const char *zone)
{
	const char *type = props_get(
		json_object_get(sdn_written(call->world, SDN_ZONE), zone), "type");
	const char *tag = param(call, "tag"), *holder;

	if (!type) {
		refuse(call, 500, "%s: zone %s don't exist", what, zone);
		return false;
	}
	holder = tag ? tag_holder(call, zone, type, tag) : NULL;
	if (!strcmp(type, "simple") && tag)
		sdn_bad_param(call, what, "tag",
			      "vlan tag is not allowed on simple zone");
	else if (strcmp(type, "simple") != 0 && !tag)
		sdn_bad_param(call, what, "tag", "missing vlan tag");
	else if (!is_overlay(type) && tag && strtoul(tag, NULL, 10) > 4096)
		sdn_bad_param(call, what, "tag", "vlan tag max value is 4096");
	else if (holder)
		sdn_bad_param(call, what, "tag",
			      arena_printf(call->arena, "tag %s already exist in vnet %s",
					   tag, holder));
	else
		return true;
	return false;
}

static void create(struct call *call)
{
	const char *what = sdn_doing(call, "create", SDN_VNET), *id = param(call, "vnet");
	const char *zone = param(call, "zone");

	if (sdn_check_new(call, SDN_VNET, id, what) && check_vnet(call, what, zone))
		sdn_add(call, SDN_VNET, id,
			json_pack("{s:s, s:s}", "type", "vnet", "zone", zone),
			vnet_settings);
}

static void change(struct call *call)
{
	const char *what = sdn_doing(call, "update", SDN_VNET);
	json_t *entry = sdn_changeable(call, SDN_VNET, what);

	if (entry &&
	    (!param(call, "tag") || check_vnet(call, what, props_get(entry, "zone"))))
		sdn_change(call, entry, vnet_settings);
}

static void drop(struct call *call)
{
	const char *what = sdn_doing(call, "delete", SDN_VNET);

	if (!sdn_removable(call, SDN_VNET, what))
		return;
	if (sdn_find(call->world, SDN_SUBNET, "vnet", param(call, "vnet")))
		refuse(call, 500, "%s: Can't delete vnet if subnets exists", what);
	else
		sdn_remove(call, SDN_VNET);
}

static const struct schema vnet_params[] = {
	SDN_ID("vnet"),
	{ NULL },
};
static const struct schema create_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "vnet" },
	{ "zone", SCHEMA_STRING, 0 },
	{ NULL },
};

#define VNETS "/cluster/sdn/vnets"
#define VNET  VNETS "/{vnet}"

const struct row sdn_vnet_rows[] = {
	{ "GET", VNETS, 0, NULL, NULL, { { sdn_read_params } }, list, 0.002 },
	{ "POST",
	  VNETS,
	  ROW_PROTECTED,
	  "/sdn/zones/{zone}",
	  "SDN.Allocate",
	  { { vnet_params, create_params, vnet_settings, sdn_token_params } },
	  create,
	  0.02 },
	{ "GET", VNET, 0, NULL, NULL, { { vnet_params, sdn_read_params } }, show, 0.002 },
	{ "PUT",
	  VNET,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { vnet_params, vnet_settings, sdn_change_params, sdn_token_params } },
	  change,
	  0.02 },
	{ "DELETE",
	  VNET,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { vnet_params, sdn_token_params } },
	  drop,
	  0.02 },
	{ NULL },
};
