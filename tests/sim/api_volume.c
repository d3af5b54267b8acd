/* One volume: made, looked at, changed, removed. PVE: PVE::API2::Storage::Content. */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "image.h"
#include "params.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK 4096

/* The volid of the path, "local:iso/x.iso" or "iso/x.iso"; NULL: refused. */
static const char *volid_of(struct call *call)
{
	const char *volume = param(call, "volume"), *storage = param(call, "storage");
	const char *colon = strchr(volume, ':');

	if (!colon)
		return arena_printf(call->arena, "%s:%s", storage, volume);
	if (format_volume(call->arena, volume))
		bad_param(call, "volume", "unable to parse volume ID '%s'\n", volume);
	else if (strncmp(volume, storage, (size_t)(colon - volume)) != 0 ||
		 storage[colon - volume])
		bad_param(call, "volume", "storage ID mismatch (%.*s != %s)\n",
			  (int)(colon - volume), volume, storage);
	else
		return volume;
	return NULL;
}

/* The storage of the volume; NULL: refused. */
static struct storage *storage_of(struct call *call, const char *volid)
{
	struct storage *storage = world_storage(
		call->world, arena_strndup(call->arena, volid, strcspn(volid, ":")));

	if (!storage)
		refuse(call, 500, "storage '%.*s' does not exist",
		       (int)strcspn(volid, ":"), volid);
	return storage;
}

static void put_marks(const struct volume *volume, json_t *out)
{
	const char *notes = props_get(volume->facts, "notes");

	if (notes)
		json_object_set_new(out, "notes", json_string(notes));
	if (!strcmp(volume->content, "backup"))
		json_object_set_new(out, "protected",
				    json_integer(volume_is_protected(volume)));
}

/* Bytes that the file takes. */
static json_int_t used_by(const struct volume *volume)
{
	uint64_t bytes = (volume->size + BLOCK - 1) / BLOCK * BLOCK;

	return (json_int_t)bytes;
}

static void look(struct call *call)
{
	const char *volid = volid_of(call), *node = param(call, "node");
	const struct volume *volume;
	json_t *out;

	if (!volid || !storage_of(call, volid) || !check_volume(call, 0, volid))
		return;
	volume = volume_find(call->world, node, volid);
	if (!volume) {
		refuse(call, 500, "volume_size_info on '%s' failed - no format", volid);
		return;
	}
	out = json_pack("{s:s, s:I, s:I, s:s}", "path",
			image_path(call->arena, call->world, volid), "size",
			(json_int_t)volume->size, "used", used_by(volume), "format",
			strcmp(volume->content, "iso") ? volume->format : "raw");
	put_marks(volume, out);
	reply(call, out);
}

static void mark(struct call *call)
{
	const char *volid = volid_of(call), *notes = param(call, "notes");
	const char *protect = param(call, "protected");
	struct volume *volume;

	if (!volid || !storage_of(call, volid) || !check_volume(call, 0, volid))
		return;
	volume = volume_find(call->world, param(call, "node"), volid);
	if ((notes || protect) && strcmp(volume_kind(volid), "backup") != 0) {
		refuse(call, 500, "only backups support attribute '%s'",
		       notes ? "notes" : "protected");
		return;
	}
	if (!volume) {
		refuse(call, 500, "volume '%s' does not exist", volid);
		return;
	}
	if (notes && *notes)
		props_set(volume->facts, "notes", notes);
	else if (notes)
		json_object_del(volume->facts, "notes");
	if (protect)
		json_object_set_new(volume->facts, "protected",
				    json_boolean(param_true(call, "protected")));
	world_touch(call->world);
	reply(call, json_null());
}

static bool may_remove(struct call *call, const char *volid)
{
	const char *path =
		arena_printf(call->arena, "/storage/%s", param(call, "storage"));

	if (strcmp(volume_kind(volid), "backup") != 0)
		return must_have(call, path, "Datastore.Allocate");
	return must_have(call, path, "Datastore.AllocateSpace") &&
	       must_have(call,
			 vm_path(call, volume_owner_on(call->world, param(call, "node"),
						       volid)),
			 "VM.Backup");
}

static struct task *start_removal(struct call *call)
{
	const char *volid = volid_of(call), *storage = param(call, "storage");
	unsigned owner;

	if (!volid || !storage_of(call, volid) || !may_remove(call, volid))
		return NULL;
	owner = volume_owner_on(call->world, param(call, "node"), volid);
	return call_start(call, "imgdel",
			  owner ? arena_printf(call->arena, "%u@%s", owner, storage)
				: storage,
			  json_pack("{s:s}", "volid", volid));
}

/* With `delay` the answer waits for the task: null when it has ended in time. */
static void drop(struct call *call)
{
	struct task *task = call->task ? call->task : start_removal(call);

	if (!task)
		return; /* refused */
	if (task_running(task) &&
	    call->world->now < call->began + param_number(call, "delay"))
		return;
	if (!param(call, "delay") || task_running(task))
		reply_task(call, task);
	else if (!strcmp(task->status, "OK"))
		reply(call, json_null());
	else
		refuse(call, 500, "%s", task->status);
}

/* "16M", "1G", or KiB. */
static uint64_t size_of(const char *text)
{
	char *unit;
	uint64_t size = strtoull(text, &unit, 10) << 10;

	if (*unit == 'G')
		return size << 20;
	return *unit == 'M' ? size << 10 : size;
}

/* The format that the name ends in, or NULL. */
static const char *format_of_name(const char *name)
{
	static const char *const formats[] = { "raw", "qcow2", "vmdk", NULL };
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot && formats[i]; i++)
		if (!strcmp(formats[i], dot + 1))
			return formats[i];
	return NULL;
}

/* The name fits the guest, the format and the storage. PVE: alloc_image of the plugins. */
static bool check_new(struct call *call, const struct storage *storage, const char *volid,
		      const char *format)
{
	const char *name = param(call, "filename"), *ends = format_of_name(name);

	if (!str_starts(name,
			arena_printf(call->arena, "vm-%u-", param_number(call, "vmid"))))
		refuse(call, 500, "illegal name '%s' - should be 'vm-%u-*'", name,
		       param_number(call, "vmid"));
	else if (storage_is_file(storage) && strcmp(ends ? ends : "raw", format) != 0)
		refuse(call, 500,
		       "illegal name '%s' - wrong extension for format ('%s != '%s')",
		       name, ends ? ends : "raw", format);
	else if (!storage_is_file(storage) && strcmp(format, "raw") != 0)
		refuse(call, 500, "unsupported format '%s'", format);
	else if (volume_find(call->world, param(call, "node"), volid))
		refuse(call, 500, "disk image '%s' already exists",
		       image_path(call->arena, call->world, volid));
	return !answered(call);
}

static void make(struct call *call)
{
	const char *name = param(call, "filename"), *format = param(call, "format");
	const char *ends = format_of_name(name), *where = param(call, "storage");
	const char *node = param(call, "node"), *volid;
	unsigned vmid = param_number(call, "vmid");
	const struct storage *storage = world_storage(call->world, where);
	const char *why = storage_refused(call->arena, call->world, where, node);

	if (ends && format && strcmp(ends, format) != 0) {
		bad_param(call, "format", "different storage formats (%s != %s)", format,
			  ends);
		return;
	}
	if (!why)
		why = storage_unwritable(call->arena, storage);
	if (why) {
		refuse(call, 500, "%s", why);
		return;
	}
	format = format ? format : ends ? ends : "raw";
	volid = storage_is_file(storage)
			? arena_printf(call->arena, "%s:%u/%s", where, vmid, name)
			: arena_printf(call->arena, "%s:%s", where, name);
	if (!check_new(call, storage, volid, format))
		return;
	volume_add(call->world, storage, node, volid, vmid, size_of(param(call, "size")),
		   "images", format, NULL);
	reply(call, json_string(volid));
}

static const struct schema volume_params[] = {
	{ "storage", SCHEMA_STRING, 0, .format = format_storage },
	{ "volume", SCHEMA_STRING, 0 },
	{ NULL },
};
static const struct schema mark_params[] = {
	{ "notes", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "protected", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema drop_params[] = {
	{ "delay", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 30 },
	{ NULL },
};
static const struct schema make_params[] = {
	{ "filename", SCHEMA_STRING, 0 },
	{ "format", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "raw, qcow2, subvol, vmdk",
	  .needs = "size" },
	{ "size", SCHEMA_STRING, 0, .pattern = "[0-9]+[MG]?" },
	{ "storage", SCHEMA_STRING, 0, .format = format_storage },
	{ NULL },
};

#define CONTENT "/nodes/{node}/storage/{storage}/content"
#define VOLUME  CONTENT "/{volume}"
#define FLAGS   (ROW_PROTECTED | ROW_NODE | ROW_REST)

const struct row volume_rows[] = {
	{ "POST",
	  CONTENT,
	  ROW_PROTECTED | ROW_NODE,
	  "/storage/{storage}",
	  "Datastore.AllocateSpace",
	  { { guest_params, make_params } },
	  make,
	  0.05 },
	{ "GET",
	  VOLUME,
	  FLAGS,
	  NULL,
	  NULL,
	  { { node_params, volume_params } },
	  look,
	  0.01 },
	{ "PUT",
	  VOLUME,
	  FLAGS,
	  NULL,
	  NULL,
	  { { node_params, volume_params, mark_params } },
	  mark,
	  0.01 },
	{ "DELETE",
	  VOLUME,
	  FLAGS | ROW_FORK,
	  NULL,
	  NULL,
	  { { node_params, volume_params, drop_params } },
	  drop,
	  0.01 },
	{ NULL },
};
