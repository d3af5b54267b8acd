/*
 * The objects of SDN. PVE: PVE::API2::Network::SDN, its Zones, Vnets and Subnets.
 *
 * What goes wrong behind the lock of the configuration is a 500, whatever it is.
 */
#include "api.h"
#include "base/text.h"
#include "chance.h"
#include "props.h"
#include "sdn.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define ID "[a-zA-Z][a-zA-Z0-9]*[a-zA-Z0-9]"

/* The first part of texts about an object: "create sdn vnet object failed: ". */
static const char *const words[] = { "zone", "vnet", "subnet" };

#define TOKEN                                                                \
	{                                                                    \
		"lock-token", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9 \
	}

static const char *format_id(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	return len >= 2 && len <= 8 && !format_config_id(arena, text)
		       ? NULL
		       : arena_printf(arena, "ID '%s' contains illegal characters", text);
}

static const struct schema zone_settings[] = {
	TOKEN,
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
static const struct schema vnet_settings[] = {
	TOKEN,
	{ "alias", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 256 },
	{ "isolate-ports", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "tag", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_ONLY_8 },
	{ "tag", SCHEMA_INTEGER,
	  SCHEMA_OPTIONAL | SCHEMA_FROM_9 | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 16777215 },
	{ "vlanaware", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema subnet_settings[] = {
	TOKEN,
	{ "dhcp-dns-server", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_address },
	{ "dnszoneprefix", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_dns_name },
	{ "gateway", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_address },
	{ "snat", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema *const settings[] = { zone_settings, vnet_settings,
						 subnet_settings };

/* --- reading --- */

/* "/sdn/zones/z1/v1" */
static char *acl_path(struct call *call, enum sdn_kind kind, const char *id,
		      const json_t *entry)
{
	const char *vnet = kind == SDN_SUBNET ? props_get(entry, "vnet") : id;
	const char *zone = props_get(entry, "zone");

	if (kind == SDN_ZONE)
		return arena_printf(call->arena, "/sdn/zones/%s", id);
	return arena_printf(call->arena, "/sdn/zones/%s/%s", zone ? zone : "", vnet);
}

static char *digest_of(struct call *call, enum sdn_kind kind)
{
	char *text =
		json_dumps(sdn_written(call->world, kind), JSON_COMPACT | JSON_SORT_KEYS);
	char *out = volume_new_sum(call->arena, "sha1", text, strlen(text));

	free(text);
	return out;
}

/* The keys that differ from what is in force. */
static json_t *changes_of(const json_t *written, json_t *running)
{
	json_t *out = json_object(), *value;
	const char *key;

	json_object_foreach ((json_t *)(uintptr_t)written, key, value)
		if (!json_equal(value, json_object_get(running, key)))
			json_object_set(out, key, value);
	json_object_foreach (running, key, value)
		if (!json_object_get(written, key))
			json_object_set_new(out, key, json_string("deleted"));
	return out;
}

/* As written, as in force (`running`), or in force with what is about to change (`pending`). */
static json_t *entry_of(struct call *call, enum sdn_kind kind, const char *id)
{
	json_t *written = json_object_get(sdn_written(call->world, kind), id);
	json_t *running = json_object_get(sdn_running(call->world, kind), id), *out;
	const char *state = sdn_state(call->world, kind, id);
	bool pending = param_true(call, "pending");

	if (param_true(call, "running"))
		out = json_deep_copy(running);
	else
		out = json_deep_copy(pending && running ? running : written);
	if (!out)
		return NULL;
	if (pending && state) {
		json_object_set_new(out, "state", json_string(state));
		if (written)
			json_object_set_new(out, "pending", changes_of(written, running));
	}
	json_object_set_new(out, words[kind], json_string(id));
	if (!param_true(call, "running"))
		json_object_set_new(out, "digest", json_string(digest_of(call, kind)));
	return out;
}

static bool is_shown(struct call *call, enum sdn_kind kind, const json_t *entry)
{
	const char *type = kind == SDN_ZONE ? param(call, "type") : NULL;
	const char *vnet = kind == SDN_SUBNET ? param(call, "vnet") : NULL;

	return (!type || str_equal(type, props_get(entry, "type"))) &&
	       (!vnet || str_equal(vnet, props_get(entry, "vnet"))) &&
	       may(call, acl_path(call, kind, props_get(entry, words[kind]), entry),
		   "SDN.Audit|SDN.Allocate");
}

static void list(struct call *call, enum sdn_kind kind)
{
	json_t *all = json_copy(sdn_written(call->world, kind)), *out = json_array();
	json_t *value, *entry;
	const char *id;

	json_object_update_missing(all, sdn_running(call->world, kind));
	json_object_foreach (all, id, value) {
		entry = entry_of(call, kind, id);
		if (entry && is_shown(call, kind, entry))
			json_array_append_new(out, entry);
		else
			json_decref(entry);
	}
	json_decref(all);
	reply(call, out);
}

static void one(struct call *call, enum sdn_kind kind)
{
	const char *id = param(call, words[kind]);
	json_t *entry = entry_of(call, kind, id);

	if (!entry)
		refuse(call, 500, "sdn '%s' does not exist", id);
	else if (!must_have(call, acl_path(call, kind, id, entry),
			    kind == SDN_ZONE ? "SDN.Allocate" : "SDN.Audit|SDN.Allocate"))
		json_decref(entry);
	else
		reply(call, entry);
}

/* --- writing --- */

/* Nobody else holds the lock of the configuration, which PVE 9 has. */
static bool check_lock(struct call *call, const char *doing)
{
	const char *held = props_get(call->world->sdn, "lock");
	const char *token = param(call, "lock-token");

	if (str_equal(held, token))
		return call_quorate(call);
	refuse(call, 500, "%s: invalid lock token provided!", doing);
	return false;
}

static char *doing(struct call *call, const char *verb, enum sdn_kind kind)
{
	return arena_printf(call->arena, "%s sdn %s object failed", verb, words[kind]);
}

static void fail(struct call *call, const char *what, const char *name, const char *why)
{
	refuse(call, 500, "%s: 400 Parameter verification failed.\n%s: %s", what, name,
	       why);
}

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
		fail(call, what, "tag", "vlan tag is not allowed on simple zone");
	else if (strcmp(type, "simple") != 0 && !tag)
		fail(call, what, "tag", "missing vlan tag");
	else if (!is_overlay(type) && tag && strtoul(tag, NULL, 10) > 4096)
		fail(call, what, "tag", "vlan tag max value is 4096");
	else if (holder)
		fail(call, what, "tag",
		     arena_printf(call->arena, "tag %s already exist in vnet %s", tag,
				  holder));
	else
		return true;
	return false;
}

static void put_settings(struct call *call, enum sdn_kind kind, json_t *entry)
{
	for (const struct schema *row = settings[kind]; row->name; row++)
		if (param(call, row->name) && strcmp(row->name, "lock-token") != 0)
			props_set(entry, row->name, param(call, row->name));
	world_touch(call->world);
}

static void add(struct call *call, enum sdn_kind kind, const char *id, json_t *entry)
{
	put_settings(call, kind, entry);
	json_object_set_new(sdn_written(call->world, kind), id, entry);
	reply(call, json_null());
}

static bool check_new(struct call *call, enum sdn_kind kind, const char *id,
		      const char *what)
{
	if (!check_lock(call, what))
		return false;
	if (!json_object_get(sdn_written(call->world, kind), id))
		return true;
	refuse(call, 500, "%s: sdn %s object ID '%s' already defined", what, words[kind],
	       id);
	return false;
}

static void create_zone(struct call *call)
{
	const char *what = doing(call, "create", SDN_ZONE), *id = param(call, "zone");
	json_t *entry;

	if (!check_new(call, SDN_ZONE, id, what) || !check_zone(call, what))
		return;
	entry = json_pack("{s:s}", "type", param(call, "type"));
	add(call, SDN_ZONE, id, entry);
}

static void create_vnet(struct call *call)
{
	const char *what = doing(call, "create", SDN_VNET), *id = param(call, "vnet");
	const char *zone = param(call, "zone");

	if (check_new(call, SDN_VNET, id, what) && check_vnet(call, what, zone))
		add(call, SDN_VNET, id,
		    json_pack("{s:s, s:s}", "type", "vnet", "zone", zone));
}

/* "z1-10.0.0.0-24" of its CIDR. */
static void create_subnet(struct call *call)
{
	const char *what = doing(call, "create", SDN_SUBNET), *vnet = param(call, "vnet");
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
	if (check_new(call, SDN_SUBNET, id, what))
		add(call, SDN_SUBNET, id,
		    json_pack("{s:s, s:s, s:s, s:s}", "type", "subnet", "vnet", vnet,
			      "zone", zone, "cidr", cidr));
}

/* What is written of the path's object, when the caller may change it now; else NULL. */
static json_t *changeable(struct call *call, enum sdn_kind kind, const char *what)
{
	const char *id = param(call, words[kind]);
	json_t *entry = json_object_get(sdn_written(call->world, kind), id);

	if (!entry)
		refuse(call, 500, "%s: sdn %s object ID '%s' does not exist", what,
		       words[kind], id);
	else if (must_have(call, acl_path(call, kind, id, entry), "SDN.Allocate") &&
		 check_lock(call, what))
		return entry;
	return NULL;
}

static void change(struct call *call, enum sdn_kind kind)
{
	const char *what = doing(call, "update", kind), *digest = param(call, "digest");
	json_t *entry = changeable(call, kind, what);
	char **gone;
	size_t count;

	if (!entry)
		return;
	if (digest && strcmp(digest, digest_of(call, kind)) != 0) {
		refuse(call, 500,
		       "%s: detected modified configuration - file changed by other "
		       "user? Try again.",
		       what);
		return;
	}
	if (kind == SDN_VNET && param(call, "tag") &&
	    !check_vnet(call, what, props_get(entry, "zone")))
		return;
	count = param(call, "delete")
			? str_split(call->arena, param(call, "delete"), ",; ", &gone)
			: 0;
	for (size_t i = 0; i < count; i++)
		json_object_del(entry, gone[i]);
	put_settings(call, kind, entry);
	reply(call, json_null());
}

/* What still stands on the object, or NULL. */
static const char *user_of(struct call *call, enum sdn_kind kind, const char *id)
{
	enum sdn_kind above = kind == SDN_ZONE ? SDN_VNET : SDN_SUBNET;
	const char *name;
	json_t *entry;

	if (kind != SDN_SUBNET)
		json_object_foreach (sdn_written(call->world, above), name, entry)
			if (str_equal(props_get(entry, words[kind]), id))
				return name;
	return NULL;
}

static void drop(struct call *call, enum sdn_kind kind)
{
	const char *what = doing(call, "delete", kind), *id = param(call, words[kind]);
	const char *user = user_of(call, kind, id);

	if (!changeable(call, kind, what))
		return;
	if (user && kind == SDN_ZONE) {
		refuse(call, 500, "%s: zone %s is used by vnet %s", what, id, user);
		return;
	}
	if (user) {
		refuse(call, 500, "%s: Can't delete vnet if subnets exists", what);
		return;
	}
	json_object_del(sdn_written(call->world, kind), id);
	world_touch(call->world);
	reply(call, json_null());
}

/* --- the whole --- */

static void release(struct call *call)
{
	json_object_del(call->world->sdn, "lock");
	world_touch(call->world);
}

static void apply(struct call *call)
{
	if (!check_lock(call, "commit sdn config failed"))
		return;
	sdn_commit(call->world);
	if (!param(call, "release-lock") || param_true(call, "release-lock"))
		release(call);
	reply_task(call, call_start_on(call, call->world->nodes[0].name,
				       "reloadnetworkall", "", json_object()));
}

static void lock(struct call *call)
{
	char token[UUID_LEN + 1];

	if (props_get(call->world->sdn, "lock")) {
		refuse(call, 500, "could not acquire SDN lock: configuration is locked");
		return;
	}
	if (!param_true(call, "allow-pending") && sdn_is_pending(call->world)) {
		refuse(call, 500,
		       "could not acquire SDN lock: configuration has pending changes");
		return;
	}
	chance_uuid(&call->world->chance, token);
	props_set(call->world->sdn, "lock", token);
	world_touch(call->world);
	reply(call, json_string(token));
}

static void unlock(struct call *call)
{
	if (!param_true(call, "force") && !check_lock(call, "could not release SDN lock"))
		return;
	release(call);
	reply(call, json_null());
}

static void rollback(struct call *call)
{
	if (!check_lock(call, "could not rollback SDN config"))
		return;
	sdn_rollback(call->world);
	if (!param(call, "release-lock") || param_true(call, "release-lock"))
		release(call);
	reply(call, json_null());
}

static void sdn_index(struct call *call)
{
	static const char *const parts[] = { "vnets", "zones", "controllers",
					     "ipams", "dns",   NULL };
	json_t *out = json_array();

	for (size_t i = 0; parts[i]; i++)
		json_array_append_new(out, json_pack("{s:s}", "id", parts[i]));
	reply(call, out);
}

static void node_zones(struct call *call)
{
	struct node *node = world_node(call->world, param(call, "node"));
	json_t *out = json_array(), *entry;
	const char *id;

	json_object_foreach (sdn_running(call->world, SDN_ZONE), id, entry)
		if (may(call, acl_path(call, SDN_ZONE, id, entry), "SDN.Audit"))
			json_array_append_new(
				out,
				json_pack("{s:s, s:s}", "zone", id, "status",
					  sdn_is_loaded(call->world, node) ? "available"
									   : "pending"));
	reply(call, out);
}

/* --- the calls of each kind --- */

#define CALLS(name, kind)                            \
	static void name##_list(struct call *call)   \
	{                                            \
		list(call, kind);                    \
	}                                            \
	static void name##_one(struct call *call)    \
	{                                            \
		one(call, kind);                     \
	}                                            \
	static void name##_change(struct call *call) \
	{                                            \
		change(call, kind);                  \
	}                                            \
	static void name##_drop(struct call *call)   \
	{                                            \
		drop(call, kind);                    \
	}

CALLS(zone, SDN_ZONE)
CALLS(vnet, SDN_VNET)
CALLS(subnet, SDN_SUBNET)

static const struct schema read_params[] = {
	{ "pending", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "running", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
#define ZONE_TYPES "evpn, faucet, qinq, simple, vlan, vxlan"
static const struct schema token_params[] = {
	TOKEN,
	{ NULL },
};
static const struct schema zones_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = ZONE_TYPES },
	{ NULL },
};
static const struct schema zone_params[] = {
	{ "zone", SCHEMA_STRING, SCHEMA_FROM_9, .pattern = ID, .min_length = 2,
	  .max_length = 8 },
	{ "zone", SCHEMA_STRING, SCHEMA_ONLY_8, .format = format_id },
	{ NULL },
};
static const struct schema new_zone_params[] = {
	{ "type", SCHEMA_STRING, 0, .values = ZONE_TYPES },
	{ NULL },
};
static const struct schema vnet_params[] = {
	{ "vnet", SCHEMA_STRING, SCHEMA_FROM_9, .pattern = ID, .min_length = 2,
	  .max_length = 8 },
	{ "vnet", SCHEMA_STRING, SCHEMA_ONLY_8, .format = format_id },
	{ NULL },
};
static const struct schema new_vnet_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "vnet" },
	{ "zone", SCHEMA_STRING, 0 },
	{ NULL },
};
/* Where a subnet is written, the vnet's name is not looked at again. */
static const struct schema of_vnet_params[] = {
	{ "vnet", SCHEMA_STRING, 0 },
	{ NULL },
};
static const struct schema subnet_params[] = {
	{ "subnet", SCHEMA_STRING, 0 },
	{ NULL },
};
static const struct schema new_subnet_params[] = {
	{ "subnet", SCHEMA_STRING, 0 },
	{ "type", SCHEMA_STRING, 0, .values = "subnet" },
	{ NULL },
};
static const struct schema change_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .max_length = 4096,
	  .format = format_config_id },
	{ "digest", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 64 },
	{ NULL },
};
static const struct schema apply_params[] = {
	{ "lock-token", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ "release-lock", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ NULL },
};
static const struct schema lock_params[] = {
	{ "allow-pending", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema unlock_params[] = {
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "lock-token", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};

#define SDN        "/cluster/sdn"
#define ZONES      SDN "/zones"
#define ZONE       ZONES "/{zone}"
#define VNETS      SDN "/vnets"
#define VNET       VNETS "/{vnet}"
#define SUBNETS    VNET "/subnets"
#define SUBNET     SUBNETS "/{subnet}"
#define ALLOCATE   "/sdn", "SDN.Allocate"
#define WRITES     ROW_PROTECTED
#define ZONE_RIGHT "/sdn/zones/{zone}", "SDN.Allocate"

const struct row sdn_rows[] = {
	{ "GET", SDN, 0, "/sdn", "SDN.Audit", { { NULL } }, sdn_index, 0.001 },
	{ "PUT", SDN, WRITES | ROW_FORK, ALLOCATE, { { apply_params } }, apply, 0.05 },
	{ "POST",
	  SDN "/lock",
	  WRITES | ROW_FROM_9,
	  ALLOCATE,
	  { { lock_params } },
	  lock,
	  0.01 },
	{ "DELETE",
	  SDN "/lock",
	  WRITES | ROW_FROM_9,
	  ALLOCATE,
	  { { unlock_params } },
	  unlock,
	  0.01 },
	{ "POST",
	  SDN "/rollback",
	  WRITES | ROW_FROM_9,
	  ALLOCATE,
	  { { apply_params } },
	  rollback,
	  0.01 },
	{ "GET",
	  ZONES,
	  0,
	  NULL,
	  NULL,
	  { { read_params, zones_params } },
	  zone_list,
	  0.002 },
	{ "POST",
	  ZONES,
	  WRITES,
	  "/sdn/zones",
	  "SDN.Allocate",
	  { { zone_params, new_zone_params, zone_settings } },
	  create_zone,
	  0.02 },
	{ "GET", ZONE, 0, ZONE_RIGHT, { { zone_params, read_params } }, zone_one, 0.002 },
	{ "PUT",
	  ZONE,
	  WRITES,
	  ZONE_RIGHT,
	  { { zone_params, zone_settings, change_params } },
	  zone_change,
	  0.02 },
	{ "DELETE",
	  ZONE,
	  WRITES,
	  ZONE_RIGHT,
	  { { zone_params, token_params } },
	  zone_drop,
	  0.02 },
	{ "GET", VNETS, 0, NULL, NULL, { { read_params } }, vnet_list, 0.002 },
	{ "POST",
	  VNETS,
	  WRITES,
	  "/sdn/zones/{zone}",
	  "SDN.Allocate",
	  { { vnet_params, new_vnet_params, vnet_settings } },
	  create_vnet,
	  0.02 },
	{ "GET", VNET, 0, NULL, NULL, { { vnet_params, read_params } }, vnet_one, 0.002 },
	{ "PUT",
	  VNET,
	  WRITES,
	  NULL,
	  NULL,
	  { { vnet_params, vnet_settings, change_params } },
	  vnet_change,
	  0.02 },
	{ "DELETE",
	  VNET,
	  WRITES,
	  NULL,
	  NULL,
	  { { vnet_params, token_params } },
	  vnet_drop,
	  0.02 },
	{ "GET",
	  SUBNETS,
	  0,
	  NULL,
	  NULL,
	  { { vnet_params, read_params } },
	  subnet_list,
	  0.002 },
	{ "POST",
	  SUBNETS,
	  WRITES,
	  NULL,
	  NULL,
	  { { of_vnet_params, new_subnet_params, subnet_settings } },
	  create_subnet,
	  0.02 },
	{ "GET",
	  SUBNET,
	  0,
	  NULL,
	  NULL,
	  { { vnet_params, subnet_params, read_params } },
	  subnet_one,
	  0.002 },
	{ "PUT",
	  SUBNET,
	  WRITES,
	  NULL,
	  NULL,
	  { { of_vnet_params, subnet_params, subnet_settings, change_params } },
	  subnet_change,
	  0.02 },
	{ "DELETE",
	  SUBNET,
	  WRITES,
	  NULL,
	  NULL,
	  { { vnet_params, subnet_params, token_params } },
	  subnet_drop,
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
