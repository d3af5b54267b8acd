/* Subnets of SDN. PVE: PVE::API2::Network::SDN::Subnets. */
#include "sdn_object.h"

#include <string.h>

static const struct schema subnet_settings[] = {
	{ "dhcp-dns-server", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_address },
	{ "dnszoneprefix", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_dns_name },
	{ "gateway", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_address },
	{ "snat", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

static void list(struct call *call)
{
	sdn_list(call, SDN_SUBNET);
}

static void show(struct call *call)
{
	sdn_show(call, SDN_SUBNET);
}

/* "z1-10.0.0.0-24" of its CIDR. */
static void create(struct call *call)
{
	const char *what = sdn_doing(call, "create", SDN_SUBNET),
		   *vnet = param(call, "vnet");
	const char *zone = sdn_zone_of(call->world, vnet), *cidr = param(call, "subnet");
	const char *slash = strchr(cidr, '/'), *id;

	if (!zone) {
		refuse(call, 500, "%s: sdn vnet '%s' does not exist", what, vnet);
		return;
	}
	if (!must_have(call, arena_printf(call->arena, "/sdn/zones/%s/%s", zone, vnet),
		       "SDN.Allocate"))
		return;
	if (!slash) {
		bad_param(call, "subnet",
			  "invalid format - value does not look like a "
			  "valid sdn subnet ID\n");
		return;
	}
	id = arena_printf(call->arena, "%s-%.*s-%s", zone, (int)(slash - cidr), cidr,
			  slash + 1);
	if (sdn_check_new(call, SDN_SUBNET, id, what))
		sdn_add(call, SDN_SUBNET, id,
			json_pack("{s:s, s:s, s:s, s:s}", "type", "subnet", "vnet", vnet,
				  "zone", zone, "cidr", cidr),
			subnet_settings);
}

static void change(struct call *call)
{
	json_t *entry =
		sdn_changeable(call, SDN_SUBNET, sdn_doing(call, "update", SDN_SUBNET));

	if (entry)
		sdn_change(call, entry, subnet_settings);
}

static void drop(struct call *call)
{
	if (sdn_removable(call, SDN_SUBNET, sdn_doing(call, "delete", SDN_SUBNET)))
		sdn_remove(call, SDN_SUBNET);
}

static const struct schema vnet_params[] = {
	SDN_ID("vnet"),
	{ NULL },
};
static const struct schema subnet_params[] = {
	{ "subnet", SCHEMA_STRING, 0 },
	{ NULL },
};
/* Where a subnet is written, the vnet's name is not looked at again. */
static const struct schema write_params[] = {
	{ "vnet", SCHEMA_STRING, 0 },
	{ "subnet", SCHEMA_STRING, 0 },
	{ NULL },
};
static const struct schema type_params[] = {
	{ "type", SCHEMA_STRING, 0, .values = "subnet" },
	{ NULL },
};

#define SUBNETS "/cluster/sdn/vnets/{vnet}/subnets"
#define SUBNET  SUBNETS "/{subnet}"

const struct row sdn_subnet_rows[] = {
	{ "GET",
	  SUBNETS,
	  0,
	  NULL,
	  NULL,
	  { { vnet_params, sdn_read_params } },
	  list,
	  0.002 },
	{ "POST",
	  SUBNETS,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { write_params, type_params, subnet_settings, sdn_token_params } },
	  create,
	  0.02 },
	{ "GET",
	  SUBNET,
	  0,
	  NULL,
	  NULL,
	  { { vnet_params, subnet_params, sdn_read_params } },
	  show,
	  0.002 },
	{ "PUT",
	  SUBNET,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { write_params, subnet_settings, sdn_change_params, sdn_token_params } },
	  change,
	  0.02 },
	{ "DELETE",
	  SUBNET,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { vnet_params, subnet_params, sdn_token_params } },
	  drop,
	  0.02 },
	{ NULL },
};
