/* A node itself: what it is and how it is set up. PVE: PVE::API2::Nodes, PVE::NodeConfig. */
#include "api.h"
#include "base/text.h"
#include "node.h"
#include "props.h"

#include <string.h>

static struct node *node_of(struct call *call)
{
	return world_node(call->world, param(call, "node"));
}

/* Each stands for a path below the node. */
static const struct {
	const char *name;
	unsigned from; /* the first version that has it */
} parts[] = {
	{ "aplinfo", 8 },
	{ "apt", 8 },
	{ "capabilities", 8 },
	{ "ceph", 8 },
	{ "certificates", 8 },
	{ "config", 8 },
	{ "disks", 8 },
	{ "dns", 8 },
	{ "firewall", 8 },
	{ "hardware", 8 },
	{ "hosts", 8 },
	{ "journal", 8 },
	{ "lxc", 8 },
	{ "migrateall", 8 },
	{ "netstat", 8 },
	{ "network", 8 },
	{ "qemu", 8 },
	{ "query-oci-repo-tags", 9 },
	{ "query-url-metadata", 8 },
	{ "replication", 8 },
	{ "report", 8 },
	{ "rrd", 8 },
	{ "rrddata", 8 },
	{ "scan", 8 },
	{ "sdn", 9 },
	{ "services", 8 },
	{ "spiceshell", 8 },
	{ "startall", 8 },
	{ "status", 8 },
	{ "stopall", 8 },
	{ "storage", 8 },
	{ "subscription", 8 },
	{ "suspendall", 8 },
	{ "syslog", 8 },
	{ "tasks", 8 },
	{ "termproxy", 8 },
	{ "time", 8 },
	{ "version", 8 },
	{ "vncshell", 8 },
	{ "vzdump", 8 },
	{ "wakeonlan", 8 },
};

static void node_index(struct call *call)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (call->world->pve >= parts[i].from)
			json_array_append_new(list,
					      json_pack("{s:s}", "name", parts[i].name));
	if (call->world->pve < 9) /* there it comes last */
		json_array_append_new(list, json_pack("{s:s}", "name", "sdn"));
	reply(call, list);
}

static void dns(struct call *call)
{
	reply(call, json_deep_copy(node_setting(node_of(call), "dns")));
}

/* The file is written anew: a server that is not named is gone. */
static void set_dns(struct call *call)
{
	static const char *const keys[] = { "search", "dns1", "dns2", "dns3" };
	json_t *dns = node_setting(node_of(call), "dns");

	json_object_clear(dns);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (param(call, keys[i]))
			props_set(dns, keys[i], param(call, keys[i]));
	world_touch(call->world);
	reply(call, json_null());
}

static void node_time(struct call *call)
{
	const char *zone = props_get(node_setting(node_of(call), "time"), "timezone");
	json_int_t now = (json_int_t)call->world->now;

	reply(call, json_pack("{s:s, s:I, s:I}", "timezone", zone ? zone : "Etc/UTC",
			      "time", now, "localtime", now));
}

static void set_time(struct call *call)
{
	props_set(node_setting(node_of(call), "time"), "timezone",
		  param(call, "timezone"));
	world_touch(call->world);
	reply(call, json_null());
}

static void config(struct call *call)
{
	const json_t *config = node_setting(node_of(call), "config");
	const char *only = param(call, "property");
	json_t *out = json_object();

	if (!only)
		json_object_update(out, (json_t *)(uintptr_t)config);
	else if (props_get(config, only))
		props_set(out, only, props_get(config, only));
	reply(call, out);
}

static const struct schema config_params[] = {
	{ "acme", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "ballooning-target", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX,
	  .min = 0, .max = 100 },
	{ "description", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 65536 },
	{ "location", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ "startall-onboot-delay", SCHEMA_INTEGER,
	  SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0, .max = 300 },
	{ "wakeonlan", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};

static void set_config(struct call *call)
{
	json_t *config = node_setting(node_of(call), "config");
	char **gone;
	size_t count =
		param(call, "delete")
			? str_split(call->arena, param(call, "delete"), ",; ", &gone)
			: 0;

	for (size_t i = 0; i < count; i++)
		json_object_del(config, gone[i]);
	for (const struct schema *row = config_params; row->name; row++)
		if (param(call, row->name))
			props_set(config, row->name, param(call, row->name));
	world_touch(call->world);
	reply(call, json_null());
}

static void subscription(struct call *call)
{
	reply(call, json_pack("{s:s, s:s, s:s, s:s}", "status", "notfound", "message",
			      "There is no subscription key", "serverid",
			      "00000000000000000000000000000000", "url",
			      "https://www.proxmox.com/en/proxmox-virtual-environment/"
			      "pricing"));
}

static void report(struct call *call)
{
	reply(call, json_string("==== general system info ====\n"));
}

static void nothing(struct call *call)
{
	reply(call, json_array());
}

/* The node goes down a moment after it has answered; on a reboot it comes back. */
static void set_status(struct call *call)
{
	const char *node = param(call, "node");
	json_t *down = json_pack("{s:{s:{s:b}}}", "nodes", node, "online", false);
	json_t *up = json_pack("{s:{s:{s:b}}}", "nodes", node, "online", true);

	world_change_later(call->world, 5, down);
	if (!strcmp(param(call, "command"), "reboot"))
		world_change_later(call->world, 120, up);
	json_decref(down);
	json_decref(up);
	reply(call, json_null());
}

static const struct schema dns_params[] = {
	{ "dns1", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_address },
	{ "dns2", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_address },
	{ "dns3", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_address },
	{ "search", SCHEMA_STRING, 0 },
	{ NULL },
};
static const struct schema time_params[] = {
	{ "timezone", SCHEMA_STRING, 0, .format = format_timezone },
	{ NULL },
};
static const struct schema property_params[] = {
	{ "property", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9,
	  .values = "acme, acmedomain0, acmedomain1, acmedomain2, acmedomain3, "
		    "acmedomain4, acmedomain5, ballooning-target, description, "
		    "location, startall-onboot-delay, wakeonlan" },
	{ "property", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_ONLY_8,
	  .values = "acme, acmedomain0, acmedomain1, acmedomain2, acmedomain3, "
		    "acmedomain4, acmedomain5, ballooning-target, description, "
		    "startall-onboot-delay, wakeonlan" },
	{ NULL },
};
static const struct schema delete_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_config_id },
	{ NULL },
};
static const struct schema status_params[] = {
	{ "command", SCHEMA_STRING, 0, .values = "reboot, shutdown" },
	{ NULL },
};
static const struct schema replication_params[] = {
	{ "guest", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 100,
	  .max = 999999999, .format = format_vmid },
	{ NULL },
};

#define NODE   "/nodes/{node}"
#define AUDIT  NODE, "Sys.Audit"
#define MODIFY NODE, "Sys.Modify"
#define WRITES (ROW_PROTECTED | ROW_NODE)

const struct row node_rows[] = {
	{ "GET", NODE, 0, NULL, NULL, { { node_params } }, node_index, 0.001 },
	{ "GET", NODE "/dns", ROW_NODE, AUDIT, { { node_params } }, dns, 0.002 },
	{ "PUT",
	  NODE "/dns",
	  WRITES,
	  MODIFY,
	  { { node_params, dns_params } },
	  set_dns,
	  0.004 },
	{ "GET", NODE "/time", ROW_NODE, AUDIT, { { node_params } }, node_time, 0.002 },
	{ "PUT",
	  NODE "/time",
	  WRITES,
	  MODIFY,
	  { { node_params, time_params } },
	  set_time,
	  0.01 },
	{ "GET",
	  NODE "/config",
	  ROW_NODE,
	  "/",
	  "Sys.Audit",
	  { { node_params, property_params } },
	  config,
	  0.002 },
	{ "PUT",
	  NODE "/config",
	  WRITES,
	  "/",
	  "Sys.Modify",
	  { { node_params, config_params, delete_params } },
	  set_config,
	  0.005 },
	{ "GET",
	  NODE "/subscription",
	  ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params } },
	  subscription,
	  0.002 },
	{ "GET", NODE "/report", WRITES, AUDIT, { { node_params } }, report, 1 },
	{ "GET",
	  NODE "/replication",
	  WRITES,
	  NULL,
	  NULL,
	  { { node_params, replication_params } },
	  nothing,
	  0.002 },
	{ "POST",
	  NODE "/status",
	  WRITES,
	  NODE,
	  "Sys.PowerMgmt",
	  { { node_params, status_params } },
	  set_status,
	  0.01 },
	{ NULL },
};
