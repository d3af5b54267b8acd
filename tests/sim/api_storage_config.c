/* What storages there are: storage.cfg. PVE: PVE::API2::Storage::Config. */
#include "api.h"
#include "base/text.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define UNKNOWN_SIZE ((uint64_t)100 << 30) /* of what is behind a new storage */

/* The types, what each takes unless told, and what it cannot be without. */
static const struct type {
	const char *name, *content, *needs[3];
	bool shared;
} types[] = {
	{ "dir", "images,rootdir,vztmpl,iso,backup,snippets", { "path" }, false },
	{ "nfs",
	  "images,rootdir,vztmpl,iso,backup,snippets",
	  { "server", "export" },
	  true },
	{ "cifs",
	  "images,rootdir,vztmpl,iso,backup,snippets",
	  { "server", "share" },
	  true },
	{ "lvm", "images,rootdir", { "vgname" }, false },
	{ "lvmthin", "images,rootdir", { "vgname", "thinpool" }, false },
	{ "zfspool", "images,rootdir", { "pool" }, false },
	{ "rbd", "images", { "pool" }, true },
	{ "btrfs", "images,rootdir", { "path" }, false },
	{ "cephfs", "backup,iso,vztmpl,snippets", { NULL }, true },
	{ "pbs", "backup", { "server", "datastore" }, true },
};

static const struct type *type_of(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	return NULL;
}

static const struct schema settings_params[] = {
	{ "bwlimit", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "content-dirs", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "create-base-path", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "create-subdirs", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "data-pool", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "domain", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 256 },
	{ "fingerprint", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "([A-Fa-f0-9]{2}:){31}[A-Fa-f0-9]{2}" },
	{ "format", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "raw, qcow2, subvol, vmdk" },
	{ "fs-name", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "is_mountpoint", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "krbd", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "max-protected-backups", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,
	  .min = -1 },
	{ "mkdir", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "monhost", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "namespace", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "options", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "pool", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "port", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 65535 },
	{ "preallocation", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "off, metadata, falloc, full" },
	{ "prune-backups", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "saferemove", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "server", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_address },
	{ "smbversion", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "default, 2.0, 2.1, 3, 3.0, 3.11" },
	{ "snapshot-as-volume-chain", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ "sparse", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "subdir", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "username", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};
/* Set once and for all. */
static const struct schema fixed_params[] = {
	{ "datastore", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "export", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "/.*" },
	{ "path", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "/.*" },
	{ "share", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "thinpool", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "type", SCHEMA_STRING, SCHEMA_FROM_9,
	  .values = "btrfs, cephfs, cifs, dir, esxi, iscsi, iscsidirect, lvm, lvmthin, "
		    "nfs, pbs, rbd, zfs, zfspool" },
	{ "type", SCHEMA_STRING, SCHEMA_ONLY_8,
	  .values = "btrfs, cephfs, cifs, dir, esxi, glusterfs, iscsi, iscsidirect, lvm, "
		    "lvmthin, nfs, pbs, rbd, zfs, zfspool" },
	{ "vgname", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};
/* Those that the world keeps apart. */
static const struct schema common_params[] = {
	{ "content", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_content },
	{ "disable", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "nodes", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .format = format_node },
	{ "shared", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "storage", SCHEMA_STRING, 0, .format = format_storage },
	{ NULL },
};

static char *joined(struct call *call, const json_t *list)
{
	struct text out;
	const json_t *name;
	size_t i;

	text_init(&out, call->arena);
	json_array_foreach (list, i, name)
		text_addf(&out, "%s%s", i ? "," : "", json_string_value(name));
	return arena_strdup(call->arena, text_str(&out));
}

static json_t *entry_of(struct call *call, const struct storage *storage)
{
	const char *path = storage_path(call->arena, storage);
	json_t *out = json_deep_copy(storage->config);

	json_object_update_new(out, json_pack("{s:s, s:s, s:s}", "storage", storage->name,
					      "type", storage->type, "content",
					      storage->content));
	if (path)
		props_set(out, "path", path);
	if (storage->nodes)
		props_set(out, "nodes", joined(call, storage->nodes));
	if (storage->shared)
		json_object_set_new(out, "shared", json_integer(1));
	if (storage->disabled)
		json_object_set_new(out, "disable", json_integer(1));
	return out;
}

/* Of the whole file: any storage's change counts. */
static char *digest_of(struct call *call)
{
	const struct world *world = call->world;
	struct text out;

	text_init(&out, call->arena);
	for (size_t i = 0; i < world->storage_count; i++) {
		json_t *entry = entry_of(call, &world->storages[i]);
		char *text = json_dumps(entry, JSON_COMPACT | JSON_SORT_KEYS);

		text_add(&out, text);
		free(text);
		json_decref(entry);
	}
	return volume_new_sum(call->arena, "sha1", text_str(&out), out.len);
}

static char *acl_path(struct call *call, const char *name)
{
	return arena_printf(call->arena, "/storage/%s", name);
}

static void storages(struct call *call)
{
	const char *type = param(call, "type"), *digest = digest_of(call);
	json_t *list = json_array(), *entry;

	for (size_t i = 0; i < call->world->storage_count; i++) {
		const struct storage *storage = &call->world->storages[i];

		if ((type && strcmp(type, storage->type) != 0) ||
		    !may(call, acl_path(call, storage->name),
			 "Datastore.Audit|Datastore.AllocateSpace"))
			continue;
		entry = entry_of(call, storage);
		props_set(entry, "digest", digest);
		json_array_append_new(list, entry);
	}
	reply(call, list);
}

/* The storage of the path; NULL after answering that there is none. */
static struct storage *named(struct call *call, const char *prefix)
{
	struct storage *storage = world_storage(call->world, param(call, "storage"));

	if (!storage)
		refuse(call, 500, "%sstorage '%s' does not exist", prefix,
		       param(call, "storage"));
	return storage;
}

static void storage(struct call *call)
{
	const struct storage *found = named(call, "");
	json_t *out;

	if (!found)
		return;
	out = entry_of(call, found);
	props_set(out, "digest", digest_of(call));
	reply(call, out);
}

static json_t *names_of(struct call *call, const char *text)
{
	char **names;
	size_t count = str_split(call->arena, text, ",; ", &names);

	return props_list(names, count);
}

/* The same list with commas alone. */
static char *commas(struct call *call, const char *text)
{
	char **names;
	size_t count = str_split(call->arena, text, ",; ", &names);
	struct text out;

	text_init(&out, call->arena);
	for (size_t i = 0; i < count; i++)
		text_addf(&out, "%s%s", i ? "," : "", names[i]);
	return arena_strdup(call->arena, text_str(&out));
}

static void set(char **field, const char *value)
{
	free(*field);
	*field = xstrdup(value);
}

static void put_params(struct call *call, struct storage *storage)
{
	const struct schema *const tables[] = { settings_params, fixed_params };

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (const struct schema *row = tables[i]; row->name; row++)
			if (param(call, row->name) && strcmp(row->name, "type") != 0)
				props_set(storage->config, row->name,
					  param(call, row->name));
	if (param(call, "content"))
		set(&storage->content, commas(call, param(call, "content")));
	if (param(call, "nodes")) {
		json_decref(storage->nodes);
		storage->nodes = names_of(call, param(call, "nodes"));
	}
	if (param(call, "shared"))
		storage->shared = param_true(call, "shared");
	if (param(call, "disable"))
		storage->disabled = param_true(call, "disable");
	world_touch(call->world);
}

static json_t *brief(const struct storage *storage)
{
	return json_pack("{s:s, s:s}", "storage", storage->name, "type", storage->type);
}

static bool check_new(struct call *call, const struct type *type)
{
	const char *name = param(call, "storage");

	if (!type) {
		refuse(call, 500, "storage type '%s' is not simulated",
		       param(call, "type"));
		return false;
	}
	if (world_storage(call->world, name)) {
		refuse(call, 500,
		       "create storage failed: storage ID '%s' already defined", name);
		return false;
	}
	for (size_t i = 0; i < 3 && type->needs[i]; i++)
		if (!param(call, type->needs[i])) {
			refuse(call, 500,
			       "create storage failed: missing value for required option "
			       "'%s'",
			       type->needs[i]);
			return false;
		}
	return call_quorate(call);
}

static void create(struct call *call)
{
	const struct type *type = type_of(param(call, "type"));
	struct world *world = call->world;
	struct storage *fresh;

	if (!check_new(call, type))
		return;
	world->storages = xrealloc(world->storages,
				   (world->storage_count + 1) * sizeof(*world->storages));
	fresh = &world->storages[world->storage_count++];
	*fresh = (struct storage){ .name = xstrdup(param(call, "storage")),
				   .type = xstrdup(type->name),
				   .content = xstrdup(type->content),
				   .config = json_object(),
				   .shared = type->shared,
				   .total = UNKNOWN_SIZE };
	put_params(call, fresh);
	reply(call, brief(fresh));
}

static void drop_keys(struct call *call, struct storage *storage)
{
	char **gone;
	size_t count =
		param(call, "delete")
			? str_split(call->arena, param(call, "delete"), ",; ", &gone)
			: 0;

	for (size_t i = 0; i < count; i++) {
		json_object_del(storage->config, gone[i]);
		if (!strcmp(gone[i], "nodes")) {
			json_decref(storage->nodes);
			storage->nodes = NULL;
		} else if (!strcmp(gone[i], "disable")) {
			storage->disabled = false;
		} else if (!strcmp(gone[i], "shared")) {
			storage->shared = false;
		} else if (!strcmp(gone[i], "content")) {
			set(&storage->content, type_of(storage->type)->content);
		}
	}
}

static void change(struct call *call)
{
	struct storage *storage = named(call, "update storage failed: ");
	const char *digest = param(call, "digest");

	if (!storage || !call_quorate(call))
		return;
	if (digest && strcmp(digest, digest_of(call)) != 0) {
		refuse(call, 500,
		       "update storage failed: detected modified configuration - file "
		       "changed by other user? Try again.");
		return;
	}
	if (type_of(storage->type))
		drop_keys(call, storage);
	put_params(call, storage);
	reply(call, brief(storage));
}

/* Only the section goes: what lies there stays where it is, out of sight. */
static void drop(struct call *call)
{
	struct storage *storage = named(call, "delete storage failed: ");
	struct world *world = call->world;
	size_t at;

	if (!storage || !call_quorate(call))
		return;
	for (size_t i = world->volume_count; i-- > 0;)
		if (volume_storage(world, world->volumes[i]->volid) == storage)
			volume_remove(world, world->volumes[i]->node,
				      world->volumes[i]->volid);
	free(storage->name);
	free(storage->type);
	free(storage->content);
	json_decref(storage->nodes);
	json_decref(storage->config);
	at = (size_t)(storage - world->storages);
	memmove(storage, storage + 1, (world->storage_count - at - 1) * sizeof(*storage));
	world->storage_count--;
	world_touch(world);
	reply(call, json_null());
}

static const struct schema list_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9,
	  .values = "btrfs, cephfs, cifs, dir, esxi, iscsi, iscsidirect, lvm, lvmthin, "
		    "nfs, pbs, rbd, zfs, zfspool" },
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_ONLY_8,
	  .values = "btrfs, cephfs, cifs, dir, esxi, glusterfs, iscsi, iscsidirect, lvm, "
		    "lvmthin, nfs, pbs, rbd, zfs, zfspool" },
	{ NULL },
};
static const struct schema name_params[] = {
	{ "storage", SCHEMA_STRING, 0, .format = format_storage },
	{ NULL },
};
static const struct schema update_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .max_length = 4096,
	  .format = format_config_id },
	{ "digest", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 64 },
	{ NULL },
};

#define ALLOCATE "/storage", "Datastore.Allocate"

const struct row storage_config_rows[] = {
	{ "GET", "/storage", 0, NULL, NULL, { { list_params } }, storages, 0.002 },
	{ "POST",
	  "/storage",
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { settings_params, fixed_params, common_params } },
	  create,
	  0.05 },
	{ "GET",
	  "/storage/{storage}",
	  0,
	  "/storage/{storage}",
	  "Datastore.Allocate",
	  { { name_params } },
	  storage,
	  0.002 },
	{ "PUT",
	  "/storage/{storage}",
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { settings_params, common_params, update_params } },
	  change,
	  0.02 },
	{ "DELETE",
	  "/storage/{storage}",
	  ROW_PROTECTED,
	  ALLOCATE,
	  { { name_params } },
	  drop,
	  0.02 },
	{ NULL },
};
