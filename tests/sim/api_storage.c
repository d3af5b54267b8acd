/* Storages and their volumes. PVE: PVE::API2::Storage::Status, Content. */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static char *acl_path(struct call *call, const char *name)
{
	return arena_printf(call->arena, "/storage/%s", name);
}

static json_t *status_of(struct call *call, const struct storage *storage,
			 const char *node, bool named)
{
	uint64_t used = storage_used(call->world, storage, node);
	bool on = !storage->disabled && !storage->offline;
	json_t *out = json_pack("{s:s, s:s, s:i, s:i, s:i, s:I, s:I, s:I}", "type",
				storage->type, "content", storage->content, "enabled",
				storage->disabled ? 0 : 1, "active", on, "shared",
				storage->shared ? 1 : 0, "total",
				(json_int_t)(on ? storage->total : 0), "used",
				(json_int_t)(on ? used : 0), "avail",
				(json_int_t)(on ? storage->total - used : 0));

	if (named)
		json_object_set_new(out, "storage", json_string(storage->name));
	if (named && on && storage->total > 0)
		json_object_set_new(out, "used_fraction",
				    json_real((double)used / (double)storage->total));
	return out;
}

static bool has_any(struct call *call, const struct storage *storage,
		    const char *contents)
{
	char **parts;
	size_t count = str_split(call->arena, contents, ",; ", &parts);

	for (size_t i = 0; i < count; i++)
		if (storage_has(storage, parts[i]))
			return true;
	return false;
}

static void storages(struct call *call)
{
	const char *node = param(call, "node"), *content = param(call, "content");
	const char *only = param(call, "storage");
	json_t *list = json_array();

	for (size_t i = 0; i < call->world->storage_count; i++) {
		const struct storage *storage = &call->world->storages[i];

		if (!storage_on(storage, node) ||
		    (param_true(call, "enabled") && storage->disabled) ||
		    (content && !has_any(call, storage, content)) ||
		    (only && strcmp(only, storage->name) != 0) ||
		    !may(call, acl_path(call, storage->name),
			 "Datastore.Audit|Datastore.AllocateSpace"))
			continue;
		json_array_append_new(list, status_of(call, storage, node, true));
	}
	reply(call, list);
}

static void storage_status(struct call *call)
{
	const struct storage *storage =
		world_storage(call->world, param(call, "storage"));

	if (!storage || !storage_on(storage, param(call, "node")))
		bad_param(call, "storage", "No such storage.");
	else
		reply(call, status_of(call, storage, param(call, "node"), false));
}

static void put_backup(const struct volume *volume, json_t *out)
{
	const char *notes = props_get(volume->facts, "notes");
	const char *kind = props_get(json_object_get(volume->facts, "guest"), "type");

	json_object_del(out, "parent");
	if (notes)
		json_object_set_new(out, "notes", json_string(notes));
	if (kind)
		json_object_set_new(out, "subtype", json_string(kind));
	if (volume_is_protected(volume))
		json_object_set_new(out, "protected", json_integer(1));
}

static json_t *volume_entry(const struct storage *storage, const struct volume *volume)
{
	json_t *out =
		json_pack("{s:s, s:s, s:s, s:I, s:I}", "volid", volume->volid, "content",
			  volume->content, "format", volume->format, "size",
			  (json_int_t)volume->size, "ctime", (json_int_t)volume->ctime);

	if (volume->vmid) {
		json_object_set_new(out, "vmid", json_integer(volume->vmid));
		json_object_set_new(out, "parent",
				    volume->parent ? json_string(volume->parent)
						   : json_null());
	}
	if (!strcmp(volume->content, "backup"))
		put_backup(volume, out);
	else if (volume->vmid && storage_is_file(storage)) /* images are sparse */
		json_object_set_new(out, "used",
				    json_integer((json_int_t)(volume->size / 2)));
	return out;
}

/* PVE: PVE::Storage volume_list. */
static int by_volid(const void *a, const void *b)
{
	const struct volume *one = *(const struct volume *const *)a;
	const struct volume *other = *(const struct volume *const *)b;

	return strcasecmp(one->volid, other->volid);
}

/* Imports and snippets are nobody's. PVE: PVE::Storage::Plugin list_volumes. */
static bool is_for(const struct volume *volume, unsigned vmid)
{
	return volume->vmid == vmid || !strcmp(volume->content, "import") ||
	       !strcmp(volume->content, "snippets");
}

/* Those that were asked for and may be seen; NULL at the end. */
static const struct volume **find_volumes(struct call *call,
					  const struct storage *storage)
{
	const struct world *world = call->world;
	const char *node = param(call, "node"), *type = param(call, "content");
	unsigned vmid = param_number(call, "vmid");
	struct right missing;
	const struct volume **found =
		arena_array(call->arena, const struct volume *, world->volume_count + 1);
	size_t count = 0;

	for (size_t i = 0; i < world->volume_count; i++) {
		const struct volume *volume = world->volumes[i];

		if (volume_storage(world, volume->volid) == storage &&
		    (!volume->node || !strcmp(volume->node, node)) &&
		    (!type || !strcmp(type, volume->content)) &&
		    (!vmid || is_for(volume, vmid)) &&
		    may_use_volume(call, vmid, volume->volid, &missing))
			found[count++] = volume;
	}
	qsort(found, count, sizeof(struct volume *), by_volid);
	return found;
}

static void content(struct call *call)
{
	const struct storage *storage =
		world_storage(call->world, param(call, "storage"));
	const struct volume **found;
	const char *why;
	json_t *list;

	why = storage_refused(call->arena, call->world, param(call, "storage"),
			      param(call, "node"));
	if (!why)
		why = storage_unreachable(call->arena, storage);
	if (why) {
		refuse(call, 500, "%s", why);
		return;
	}
	list = json_array();
	found = find_volumes(call, storage);
	for (size_t i = 0; found[i]; i++)
		json_array_append_new(list, volume_entry(storage, found[i]));
	reply(call, list);
}

static const struct schema storages_params[] = {
	{ "content", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_content },
	{ "enabled", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage },
	{ NULL },
};
static const struct schema storage_params[] = {
	{ "storage", SCHEMA_STRING, 0, .format = format_storage },
	{ NULL },
};
static const struct schema content_params[] = {
	{ "content", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_content },
	{ "vmid", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 100,
	  .max = 999999999, .format = format_vmid },
	{ NULL },
};

const struct row storage_rows[] = {
	{ "GET",
	  "/nodes/{node}/storage",
	  ROW_PROTECTED | ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, storages_params } },
	  storages,
	  0.005 },
	{ "GET",
	  "/nodes/{node}/storage/{storage}/status",
	  ROW_PROTECTED | ROW_NODE,
	  "/storage/{storage}",
	  "Datastore.Audit|Datastore.AllocateSpace",
	  { { node_params, storage_params } },
	  storage_status,
	  0.004 },
	{ "GET",
	  "/nodes/{node}/storage/{storage}/content",
	  ROW_PROTECTED | ROW_NODE,
	  "/storage/{storage}",
	  "Datastore.Audit|Datastore.AllocateSpace",
	  { { node_params, storage_params, content_params } },
	  content,
	  0.006 },
	{ NULL },
};
