/* Backups of guests. PVE: PVE::API2::VZDump. Restoring them is api_create.c's. */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "guest.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

static bool is_excluded(struct call *call, unsigned vmid)
{
	char **out;
	size_t count =
		param(call, "exclude")
			? str_split(call->arena, param(call, "exclude"), ",; ", &out)
			: 0;

	for (size_t i = 0; i < count; i++)
		if (strtoul(out[i], NULL, 10) == vmid)
			return true;
	return false;
}

/* Guests that are named have to be the caller's to back up; NULL: refused. */
static json_t *named_guests(struct call *call, json_t *list)
{
	char **vmids;
	size_t count = str_split(call->arena, param(call, "vmid"), ",; ", &vmids);

	for (size_t i = 0; i < count; i++) {
		unsigned vmid = (unsigned)strtoul(vmids[i], NULL, 10);
		const struct guest *guest = world_guest(call->world, vmid);

		if (!must_have(call, vm_path(call, vmid), "VM.Backup"))
			return NULL;
		if (guest && !strcmp(guest->node, param(call, "node")))
			json_array_append_new(list, json_integer(vmid));
	}
	return list;
}

/* Of all, or of a pool, those that are not are passed over. */
static json_t *wanted_guests(struct call *call, json_t *list)
{
	const char *pool = param(call, "pool");

	for (size_t i = 0; i < call->world->guest_count; i++) {
		const struct guest *guest = call->world->guests[i];
		const struct pool *of = world_pool_of(call->world, guest->vmid);

		if (!strcmp(guest->node, param(call, "node")) &&
		    (!pool || (of && !strcmp(of->name, pool))) &&
		    !is_excluded(call, guest->vmid) &&
		    may_guest(call, guest->vmid, "VM.Backup"))
			json_array_append_new(list, json_integer(guest->vmid));
	}
	return list;
}

/* PVE: PVE::API2::VZDump vzdump, in its order. */
static bool check_rights(struct call *call)
{
	static const char *const rooted[] = { "tmpdir", "dumpdir", "script", "job-id",
					      NULL };
	const char *storage = param(call, "storage");
	char *path =
		arena_printf(call->arena, "/storage/%s", storage ? storage : "local");

	if (!check_root_only(call, rooted))
		return false;
	if (param(call, "bwlimit") && !must_have(call, "/", "Sys.Modify"))
		return false;
	if (param(call, "prune-backups") && !must_have(call, path, "Datastore.Allocate"))
		return false;
	return must_have(call, path, "Datastore.AllocateSpace");
}

static json_t *backup_args(struct call *call, json_t *list)
{
	static const char *const kept[] = { "mode",          "compress", "notes-template",
					    "prune-backups", "bwlimit",  NULL };
	const char *storage = param(call, "storage");
	json_t *args = json_pack("{s:o, s:s, s:i, s:i}", "vms", list, "storage",
				 storage ? storage : "local", "protected",
				 param_true(call, "protected"), "remove",
				 !param(call, "remove") || param_true(call, "remove"));

	for (size_t i = 0; kept[i]; i++)
		if (param(call, kept[i]))
			props_set(args, kept[i], param(call, kept[i]));
	return args;
}

/* Without a guest of this node there is no task, and all is well. */
static void backup(struct call *call)
{
	const char *vmid = param(call, "vmid");
	json_t *list, *found;

	if (!vmid && !param_true(call, "all") && !param(call, "pool")) {
		bad_param(call, "vmid", "property is missing");
		return;
	}
	if (!check_rights(call))
		return;
	list = json_array();
	found = vmid ? named_guests(call, list) : wanted_guests(call, list);
	if (!found) {
		json_decref(list);
	} else if (json_array_size(list) == 0) {
		json_decref(list);
		reply(call, json_string("OK"));
	} else {
		reply_task(call, call_start(call, "vzdump",
					    vmid && !strpbrk(vmid, ",; ") ? vmid : "",
					    backup_args(call, list)));
	}
}

static void defaults(struct call *call)
{
	const char *storage = param(call, "storage") ? param(call, "storage") : "local";

	if (!must_have(call, arena_printf(call->arena, "/storage/%s", storage),
		       "Datastore.Audit|Datastore.AllocateSpace"))
		return;
	reply(call, json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:{s:s}}", "mode",
			      "snapshot", "compress", "0", "storage", storage, "lockwait",
			      180, "stopwait", 10, "ionice", 7, "zstd", 1,
			      "prune-backups", "keep-all", "1"));
}

static void config(struct call *call)
{
	const char *volid = param(call, "volume"), *name;
	const struct volume *volume =
		volume_find(call->world, param(call, "node"), volid);
	const json_t *guest = volume ? json_object_get(volume->facts, "guest") : NULL;
	struct text out;
	json_t *value;

	if (volume && (!must_have(call,
				  arena_printf(call->arena, "/storage/%.*s",
					       (int)strcspn(volid, ":"), volid),
				  "Datastore.AllocateSpace") ||
		       !must_have(call, vm_path(call, volume->vmid), "VM.Backup")))
		return;
	if (!guest) {
		refuse(call, 500, "unable to find a backup in volume '%s'", volid);
		return;
	}
	text_init(&out, call->arena);
	json_object_foreach (json_object_get(guest, "config"), name, value)
		text_addf(&out, "%s: %s\n", name, json_string_value(value));
	reply(call, json_string(text_str(&out)));
}

static const struct schema backup_params[] = {
	{ "all", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "bwlimit", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "compress", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "0, 1, gzip, lzo, zstd" },
	{ "dumpdir", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "exclude", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_vmid },
	{ "job-id", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 50 },
	{ "mode", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "snapshot, suspend, stop" },
	{ "notes-template", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 1024,
	  .needs = "storage" },
	{ "pool", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_pool },
	{ "protected", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .needs = "storage" },
	{ "prune-backups", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "remove", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "script", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage },
	{ "tmpdir", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "vmid", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .format = format_vmid },
	{ NULL },
};
static const struct schema defaults_params[] = {
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage },
	{ NULL },
};
static const struct schema volume_params[] = {
	{ "volume", SCHEMA_STRING, 0 },
	{ NULL },
};

#define VZDUMP "/nodes/{node}/vzdump"

const struct row backup_rows[] = {
	{ "POST",
	  VZDUMP,
	  ROW_PROTECTED | ROW_NODE | ROW_FORK,
	  NULL,
	  NULL,
	  { { node_params, backup_params } },
	  backup,
	  0.02 },
	{ "GET",
	  VZDUMP "/defaults",
	  ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, defaults_params } },
	  defaults,
	  0.002 },
	{ "GET",
	  VZDUMP "/extractconfig",
	  ROW_PROTECTED | ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, volume_params } },
	  config,
	  0.1 },
	{ NULL },
};
