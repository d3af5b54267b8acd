/*
 * Guests change nodes. PVE: PVE::API2::Qemu migrate_vm, migrate_vm_precondition;
 * PVE::API2::LXC migrate_vm, migrate_vm_precondition.
 */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "disk.h"
#include "guest.h"
#include "ha.h"
#include "migrate.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

/* The target is another node of the cluster. */
static bool check_target(struct call *call)
{
	const char *target = param(call, "target");

	if (!strcmp(target, param(call, "node")))
		bad_param(call, "target", "target is local node.");
	else if (!call_quorate(call))
		return false;
	else if (!world_node(call->world, target))
		refuse(call, 500, "no such cluster node '%s'", target);
	else
		return true;
	return false;
}

/* Storages that disks are sent to have to be there and take them. */
static bool check_map(struct call *call, const char *map, const char *content,
		      const char *words)
{
	const char *target = param(call, "target");
	char **pairs;
	size_t count = str_split(call->arena, map, ",; ", &pairs);

	for (size_t i = 0; i < count; i++) {
		const char *colon = strchr(pairs[i], ':');
		const char *name = colon ? colon + 1 : pairs[i];
		const struct storage *storage = world_storage(call->world, name);

		if (!strcmp(pairs[i], "1"))
			continue;
		if (!storage) {
			refuse(call, 500, "storage '%s' does not exist", name);
			return false;
		}
		if (storage->disabled || !storage_on(storage, target)) {
			refuse(call, 500, "storage '%s' is not available on node '%s'",
			       name, target);
			return false;
		}
		if (!must_have(call, arena_printf(call->arena, "/storage/%s", name),
			       "Datastore.AllocateSpace"))
			return false;
		if (!storage_has(storage, content)) {
			refuse(call, 500, "storage '%s' does not support %s", name,
			       words);
			return false;
		}
	}
	return true;
}

static bool check_storages(struct call *call, const struct guest *guest, const char *map)
{
	const char *target = param(call, "target"), *missing;
	bool ct = guest->type == GUEST_LXC;

	if (map && strcmp(map, "1") != 0 &&
	    !must_have(call, vm_path(call, guest->vmid), "VM.Config.Disk"))
		return false;
	if (map && !check_map(call, map, ct ? "rootdir" : "images",
			      ct ? "container directories" : "vm images"))
		return false;
	missing =
		ct ? NULL : migrate_missing(call->arena, call->world, guest, target, map);
	if (missing)
		refuse(call, 500, "storage '%s' is not available on node '%s'", missing,
		       target);
	return !missing;
}

static json_t *args_of(struct call *call, const char *map)
{
	static const char *const flags[] = { "online", "restart", "with-local-disks",
					     NULL };
	json_t *args = json_pack("{s:i, s:s}", "vmid", (int)param_number(call, "vmid"),
				 "target", param(call, "target"));

	for (size_t i = 0; flags[i]; i++)
		json_object_set_new(args, flags[i],
				    json_integer(param_true(call, flags[i])));
	if (map)
		props_set(args, "targetstorage", map);
	if (param(call, "bwlimit"))
		props_set(args, "bwlimit", param(call, "bwlimit"));
	return args;
}

static void begin(struct call *call, const char *type, const char *map)
{
	reply_task(call, call_start(call, type, param(call, "vmid"), args_of(call, map)));
}

static void qemu_migrate(struct call *call)
{
	static const char *const root[] = { "force", "migration_type",
					    "migration_network", NULL };
	const char *map = param(call, "targetstorage");
	const struct guest *guest;

	if (!check_target(call) || !check_root_only(call, root))
		return;
	guest = call_guest(call, GUEST_QEMU);
	if (!guest || !call_unlocked(call, guest))
		return;
	if (guest->running && !param_true(call, "online"))
		refuse(call, 500, "can't migrate running VM without --online");
	else if (check_storages(call, guest, map) && !call_ha(call, "hamigrate", NULL))
		begin(call, "qmigrate", map);
}

static void lxc_migrate(struct call *call)
{
	const char *map = param(call, "target-storage");
	const struct guest *guest;

	if (!check_target(call))
		return;
	guest = call_guest(call, GUEST_LXC);
	if (!guest)
		return;
	if (guest->running && !param_true(call, "online") && !param_true(call, "restart"))
		refuse(call, 500,
		       "can't migrate running container without --online or --restart");
	else if (check_storages(call, guest, map) && !call_ha(call, "hamigrate", NULL))
		begin(call, "vzmigrate", map);
}

/* --- what stands in the way --- */

static json_t *local_disk(struct call *call, const char *option, const char *value,
			  const char *volid, bool shared)
{
	bool image = strstr(volid, "cloudinit"), unused = str_starts(option, "unused");
	uint64_t size = unused ? 0 : disk_size(GUEST_QEMU, option, value);
	json_t *out =
		json_pack("{s:s, s:s, s:I, s:i, s:i, s:i, s:i, s:i, s:i, s:i}",
			  "drivename", option, "volid", volid, "size", (json_int_t)size,
			  "cdrom", guest_is_cdrom(value) && !image, "shared", shared,
			  "replicate", 1, "is_unused", unused, "is_attached", !unused,
			  "is_vmstate", 0, "is_tpmstate", !strcmp(option, "tpmstate0"));

	if (call->world->pve >= 9)
		json_object_set_new(out, "is_cloudinit", json_integer(image));
	return out;
}

static json_t *local_disks(struct call *call, const struct guest *guest)
{
	json_t *list = json_array(), *value;
	const char *option;

	json_object_foreach (guest->config, option, value) {
		const char *text = json_string_value(value);
		const char *volid =
			option_is_disk(GUEST_QEMU, option) || str_starts(option, "unused")
				? guest_volid(call->arena, text)
				: NULL;
		const struct storage *storage =
			volid ? volume_storage(call->world, volid) : NULL;

		if (storage && !storage->shared)
			json_array_append_new(
				list, local_disk(call, option, text, volid, false));
	}
	return list;
}

/* Of a VM that is down PVE says which nodes could take it. */
static void put_nodes(struct call *call, const struct guest *guest, json_t *out)
{
	json_t *allowed = json_array(), *others = json_object();

	for (size_t i = 0; i < call->world->node_count; i++) {
		const char *node = call->world->nodes[i].name;
		const char *missing;

		if (!strcmp(node, guest->node))
			continue;
		missing = migrate_missing(call->arena, call->world, guest, node, NULL);
		if (missing)
			json_object_set_new(
				others, node,
				json_pack("{s:[s]}", "unavailable_storages", missing));
		else
			json_array_append_new(allowed, json_string(node));
	}
	json_object_set_new(out, "allowed_nodes", allowed);
	json_object_set_new(out, "not_allowed_nodes", others);
}

static void qemu_look(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_QEMU);
	json_t *out;

	if (!guest || !call_unlocked(call, guest))
		return;
	out = json_pack("{s:i, s:o, s:[], s:[], s:{}}", "running", guest->running,
			"local_disks", local_disks(call, guest), "local_resources",
			"mapped-resources", "mapped-resource-info");
	if (call->world->pve >= 9)
		json_object_set_new(out, "has-dbus-vmstate", json_integer(1));
	if (!guest->running)
		put_nodes(call, guest, out);
	reply(call, out);
}

/*
 * Which nodes a container could move to: all others, as far as HA does not keep its
 * resources together or apart, which is not simulated.
 */
static void lxc_look(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_LXC);
	json_t *allowed;

	if (!guest)
		return;
	if (ha_managed(call->world, guest)) {
		refuse(call, 501, "Method '%s %s' not simulated for what HA manages",
		       call->request.method, call->path);
		return;
	}
	allowed = json_array();
	for (size_t i = 0; i < call->world->node_count; i++)
		if (strcmp(call->world->nodes[i].name, guest->node) != 0)
			json_array_append_new(allowed,
					      json_string(call->world->nodes[i].name));
	reply(call, json_pack("{s:i, s:o, s:{}}", "running", guest->running,
			      "allowed-nodes", allowed, "not-allowed-nodes"));
}

/* A target that is named changes nothing: PVE does not look at it either. */
static const struct schema look_params[] = {
	{ "target", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_node },
	{ NULL },
};
static const struct schema qemu_params[] = {
	{ "bwlimit", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "migration_network", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "migration_type", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "secure, insecure" },
	{ "online", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "target", SCHEMA_STRING, 0, .format = format_node },
	{ "targetstorage", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "with-local-disks", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema lxc_params[] = {
	{ "bwlimit", SCHEMA_NUMBER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "online", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "restart", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "target", SCHEMA_STRING, 0, .format = format_node },
	{ "target-storage", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};

/* clang-format off */
#define MIGRATE "/vms/{vmid}", "VM.Migrate"

const struct row migrate_rows[] = {
	{ "GET", "/nodes/{node}/qemu/{vmid}/migrate", ROW_PROTECTED | ROW_NODE, MIGRATE,
	  { { guest_params, look_params } }, qemu_look, 0.01 },
	{ "POST", "/nodes/{node}/qemu/{vmid}/migrate", ROW_PROTECTED | ROW_NODE | ROW_FORK,
	  MIGRATE, { { guest_params, qemu_params } }, qemu_migrate, 0.05 },
	{ "GET", "/nodes/{node}/lxc/{vmid}/migrate",
	  ROW_PROTECTED | ROW_NODE | ROW_FROM_9, MIGRATE,
	  { { guest_params, look_params } }, lxc_look, 0.01 },
	{ "POST", "/nodes/{node}/lxc/{vmid}/migrate", ROW_PROTECTED | ROW_NODE | ROW_FORK,
	  MIGRATE, { { guest_params, lxc_params } }, lxc_migrate, 0.05 },
	{ NULL },
};
/* clang-format on */
