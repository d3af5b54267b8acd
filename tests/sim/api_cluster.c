/* The cluster: version, nodes, status, options, resources, ids. PVE: PVE::API2::Cluster. */
#include "api.h"
#include "base/text.h"
#include "guest.h"
#include "ha.h"
#include "props.h"
#include "resource.h"
#include "rights.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define NODE_DISK ((json_int_t)100 << 30)
#define NODE_CPUS 16

static void version(struct call *call)
{
	bool nine = call->world->pve >= 9;

	reply(call, json_pack("{s:s, s:s, s:s}", "version", nine ? "9.2.11" : "8.4.21",
			      "release", nine ? "9.2" : "8.4", "repoid",
			      nine ? "14a22df35955d97d" : "2606ac850d46da29"));
}

static void put_node_load(const struct world *world, const struct node *node, json_t *out)
{
	json_int_t memory = (json_int_t)node->memory;

	if (!node->online)
		return;
	json_object_set_new(out, "cpu", json_real(0.02));
	json_object_set_new(out, "maxcpu", json_integer(NODE_CPUS));
	json_object_set_new(out, "mem", json_integer(memory / 8));
	json_object_set_new(out, "maxmem", json_integer(memory));
	json_object_set_new(out, "disk", json_integer(NODE_DISK / 10));
	json_object_set_new(out, "maxdisk", json_integer(NODE_DISK));
	json_object_set_new(out, "uptime",
			    json_integer((json_int_t)world->now % 10000000));
}

static bool audits_node(struct call *call, const struct node *node)
{
	return may(call, arena_printf(call->arena, "/nodes/%s", node->name), "Sys.Audit");
}

static void nodes(struct call *call)
{
	const struct world *world = call->world;
	json_t *list = json_array();

	for (size_t i = 0; i < world->node_count; i++) {
		const struct node *node = &world->nodes[i];
		json_t *out = json_pack(
			"{s:s, s:s, s:s, s:s, s:s}", "node", node->name, "id",
			arena_printf(call->arena, "node/%s", node->name), "type", "node",
			"status", node->online ? "online" : "offline", "level", "");

		json_object_set_new(
			out, "ssl_fingerprint",
			json_string(world->fingerprint ? world->fingerprint : ""));
		if (audits_node(call, node))
			put_node_load(world, node, out);
		json_array_append_new(list, out);
	}
	reply(call, list);
}

static json_t *space(json_int_t total, json_int_t used)
{
	return json_pack("{s:I, s:I, s:I}", "total", total, "used", used, "free",
			 total - used);
}

static json_t *cpu_facts(unsigned pve)
{
	json_t *out = json_pack("{s:i, s:i, s:i, s:s, s:s, s:s, s:s, s:i}", "cpus",
				NODE_CPUS, "cores", NODE_CPUS, "sockets", 1, "model",
				"simulated CPU", "mhz", "3000.000", "flags", "vmx aes",
				"hvm", "1", "user_hz", 100);

	if (pve >= 9) {
		json_object_set_new(out, "vendor", json_string("simulated"));
		json_object_set_new(out, "family", json_string("6"));
	}
	return out;
}

static void put_kernel(struct call *call, json_t *out)
{
	const char *release = call->world->pve >= 9 ? "6.17.2-1-pve" : "6.8.12-1-pve";
	const char *build = "#1 SMP PREEMPT_DYNAMIC";

	json_object_set_new(out, "current-kernel",
			    json_pack("{s:s, s:s, s:s, s:s}", "sysname", "Linux",
				      "machine", "x86_64", "release", release, "version",
				      build));
	json_object_set_new(
		out, "kversion",
		json_string(arena_printf(call->arena, "Linux %s %s", release, build)));
}

/* PVE: PVE::API2::Nodes status, PVE::ProcFSTools. */
static void node_status(struct call *call)
{
	bool nine = call->world->pve >= 9;
	const struct node *node = world_node(call->world, param(call, "node"));
	json_int_t bytes = (json_int_t)node->memory;
	json_t *memory = space(bytes, bytes / 8);
	json_t *root = space(NODE_DISK, NODE_DISK / 10), *out;

	if (nine)
		json_object_set(memory, "available", json_object_get(memory, "free"));
	json_object_set(root, "avail", json_object_get(root, "free"));
	out = json_pack("{s:I, s:f, s:i, s:i, s:o, s:o, s:o, s:{s:i}, s:o, s:{s:s}, "
			"s:[s, s, s], s:s}",
			"uptime", (json_int_t)call->world->now % 10000000, "cpu", 0.02,
			"wait", 0, "idle", 0, "memory", memory, "rootfs", root, "swap",
			space(0, 0), "ksm", "shared", 0, "cpuinfo",
			cpu_facts(call->world->pve), "boot-info", "mode", "efi",
			"loadavg", "0.20", "0.20", "0.20", "pveversion",
			nine ? "pve-manager/9.2.11/14a22df35955d97d"
			     : "pve-manager/8.4.21/2606ac850d46da29");
	put_kernel(call, out);
	reply(call, out);
}

static void cluster_status(struct call *call)
{
	const struct world *world = call->world;
	json_t *list = json_array();

	if (world->cluster)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:i, s:i, s:i}", "type",
					"cluster", "id", "cluster", "name",
					world->cluster, "nodes", (int)world->node_count,
					"version", 7, "quorate", world->quorate ? 1 : 0));
	for (size_t i = 0; i < world->node_count; i++) {
		const struct node *node = &world->nodes[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:i, s:s, s:i, s:i, s:s}",
					"type", "node", "id",
					arena_printf(call->arena, "node/%s", node->name),
					"name", node->name, "nodeid",
					world->cluster ? (int)i + 1 : 0, "ip", node->ip,
					"local", i == 0, "online", node->online ? 1 : 0,
					"level", ""));
	}
	reply(call, list);
}

static void cluster_options(struct call *call)
{
	static const char *const always[] = { "console", "tag-style", NULL };
	json_t *out = json_object();

	if (may(call, "/", "Sys.Audit"))
		json_object_update(out, call->world->options);
	else
		for (size_t i = 0; always[i]; i++)
			if (json_object_get(call->world->options, always[i]))
				json_object_set(
					out, always[i],
					json_object_get(call->world->options, always[i]));
	json_object_set_new(out, "allowed-tags", json_array());
	reply(call, out);
}

static void put_guest(struct call *call, const struct guest *guest, json_t *list)
{
	const struct pool *pool = world_pool_of(call->world, guest->vmid);
	json_t *out = resource_guest(call->arena, call->world, guest);
	const char *tags = guest_get(guest, "tags");

	if (ha_managed(call->world, guest))
		props_set(out, "hastate",
			  ha_state(call->world, ha_sid(call->arena, guest)));
	if (tags && *tags)
		json_object_set_new(out, "tags", json_string(tags));
	if (guest_lock(guest))
		json_object_set_new(out, "lock", json_string(guest_lock(guest)));
	if (pool &&
	    may(call, arena_printf(call->arena, "/pool/%s", pool->name), "Pool.Audit"))
		json_object_set_new(out, "pool", json_string(pool->name));
	json_array_append_new(list, out);
}

static void put_storages(struct call *call, json_t *list)
{
	const struct world *world = call->world;

	for (size_t i = 0; i < world->storage_count; i++) {
		const struct storage *storage = &world->storages[i];

		if (!may(call, arena_printf(call->arena, "/storage/%s", storage->name),
			 "Datastore.Audit"))
			continue;
		for (size_t n = 0; n < world->node_count; n++) {
			const struct node *node = &world->nodes[n];

			if (!storage_on(storage, node->name))
				continue;
			json_array_append_new(list, resource_storage(call->arena, world,
								     storage, node));
		}
	}
}

static void put_nodes(struct call *call, json_t *list)
{
	for (size_t i = 0; i < call->world->node_count; i++) {
		const struct node *node = &call->world->nodes[i];
		json_t *out = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "id",
					arena_printf(call->arena, "node/%s", node->name),
					"node", node->name, "type", "node", "status",
					node->online ? "online" : "offline",
					"cgroup-mode", 2, "level", "");

		if (call->world->pve >= 9 && node->maintenance)
			props_set(out, "hastate", "maintenance");
		if (audits_node(call, node))
			put_node_load(call->world, node, out);
		json_array_append_new(list, out);
	}
}

static void put_pools(struct call *call, json_t *list)
{
	for (size_t i = 0; i < call->world->pool_count; i++) {
		const char *name = call->world->pools[i].name;
		char *path = arena_printf(call->arena, "/pool/%s", name);

		if (may(call, path, "Pool.Audit"))
			json_array_append_new(list,
					      json_pack("{s:s, s:s, s:s}", "id", path,
							"type", "pool", "pool", name));
	}
}

static void put_networks(struct call *call, json_t *list)
{
	bool nine = call->world->pve >= 9;

	if (!may(call, "/sdn/zones/localnetwork", "SDN.Audit"))
		return;
	for (size_t i = 0; i < call->world->node_count; i++) {
		const char *node = call->world->nodes[i].name;

		json_array_append_new(
			list,
			nine ? json_pack(
				       "{s:s, s:s, s:s, s:s, s:s, s:s}", "id",
				       arena_printf(call->arena,
						    "network/%s/zone/localnetwork", node),
				       "network", "localnetwork", "network-type", "zone",
				       "type", "network", "node", node, "status", "ok")
			     : json_pack("{s:s, s:s, s:s, s:s, s:s}", "id",
					 arena_printf(call->arena, "sdn/%s/localnetwork",
						      node),
					 "sdn", "localnetwork", "type", "sdn", "node",
					 node, "status", "ok"));
	}
}

static void resources(struct call *call)
{
	const char *type = param(call, "type");
	json_t *list = json_array();

	if (!type)
		put_pools(call, list);
	if (!type || !strcmp(type, "vm"))
		for (size_t i = 0; i < call->world->guest_count; i++)
			if (may_guest(call, call->world->guests[i]->vmid, "VM.Audit"))
				put_guest(call, call->world->guests[i], list);
	if (!type || !strcmp(type, "node"))
		put_nodes(call, list);
	if (!type || !strcmp(type, "storage"))
		put_storages(call, list);
	if (!type || (!strcmp(type, "sdn") && call->world->pve < 9))
		put_networks(call, list);
	reply(call, list);
}

static json_int_t id_limit(const struct world *world, const char *which,
			   json_int_t otherwise)
{
	const json_t *range = json_object_get(world->options, "next-id");
	const json_t *value = json_object_get(range, which);

	if (json_is_string(value))
		return atoll(json_string_value(value));
	return value ? json_integer_value(value) : otherwise;
}

static void nextid(struct call *call)
{
	const struct world *world = call->world;
	json_int_t low = id_limit(world, "lower", 100),
		   high = id_limit(world, "upper", 1000000);
	unsigned vmid = param_number(call, "vmid");
	const struct guest *guest = world_guest(world, vmid);

	if (vmid && guest) {
		bad_param(call, "vmid", "%s %u already exists", guest_word(guest->type),
			  vmid);
		return;
	}
	if (!vmid)
		for (vmid = (unsigned)low; vmid < high && world_guest(world, vmid);)
			vmid++;
	if (!param(call, "vmid") && vmid >= high)
		refuse(call, 500, "unable to get any free VMID in range [%lld, %lld]",
		       (long long)low, (long long)high);
	else
		reply(call, json_string(arena_printf(call->arena, "%u", vmid)));
}

static void root_index(struct call *call)
{
	reply(call, json_pack("[{s:s}, {s:s}, {s:s}, {s:s}, {s:s}, {s:s}]", "subdir",
			      "version", "subdir", "cluster", "subdir", "nodes", "subdir",
			      "storage", "subdir", "access", "subdir", "pools"));
}

static const struct schema resources_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "vm, storage, node, sdn" },
	{ NULL },
};
static const struct schema nextid_params[] = {
	{ "vmid", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 100,
	  .max = 999999999, .format = format_vmid },
	{ NULL },
};
const struct row cluster_rows[] = {
	{ "GET", "/", 0, NULL, NULL, { { NULL } }, root_index, 0.001 },
	{ "GET", "/version", 0, NULL, NULL, { { NULL } }, version, 0.0008 },
	{ "GET", "/nodes", 0, NULL, NULL, { { NULL } }, nodes, 0.001 },
	{ "GET",
	  "/nodes/{node}/version",
	  ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params } },
	  version,
	  0.001 },
	{ "GET",
	  "/nodes/{node}/status",
	  ROW_NODE,
	  "/nodes/{node}",
	  "Sys.Audit",
	  { { node_params } },
	  node_status,
	  0.005 },
	{ "GET",
	  "/cluster/status",
	  ROW_PROTECTED,
	  "/",
	  "Sys.Audit",
	  { { NULL } },
	  cluster_status,
	  0.002 },
	{ "GET",
	  "/cluster/options",
	  0,
	  NULL,
	  NULL,
	  { { NULL } },
	  cluster_options,
	  0.001 },
	{ "GET",
	  "/cluster/resources",
	  0,
	  NULL,
	  NULL,
	  { { resources_params } },
	  resources,
	  0.001 },
	{ "GET", "/cluster/nextid", 0, NULL, NULL, { { nextid_params } }, nextid, 0.001 },
	{ NULL },
};
