/*
 * A guest out of its backup. PVE: PVE::QemuServer restore_file_archive, PVE::LXC::Create
 * restore_archive. What fails is left as it is: a restore is not cleaned up.
 */
#include "base/text.h"
#include "guest.h"
#include "image.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <string.h>

/* The arguments: vmid, archive, options (texts), storage, unique, start, pool. */

static const struct volume *archive_of(const struct world *world, const struct task *task)
{
	return volume_find(world, task->node, task_text(task, "archive"));
}

static const json_t *config_of(const struct volume *archive)
{
	return json_object_get(json_object_get(archive->facts, "guest"), "config");
}

static uint64_t size_of(const char *value)
{
	const char *size = strstr(value, "size=");
	char text[32];
	uint64_t bytes = 0;

	if (!size)
		return (uint64_t)4 << 20; /* a cloud-init image */
	size += strlen("size=");
	snprintf(text, sizeof(text), "%.*s", (int)strcspn(size, ","), size);
	size_read(text, &bytes);
	return bytes;
}

/* The disk anew, where it was or where the caller wants it: its value, or NULL and why not. */
static char *make_disk(struct arena *arena, struct world *world, const struct task *task,
		       struct guest *guest, const char *value, const char **why)
{
	const char *volid = guest_volid(arena, value), *wish = task_text(task, "storage");
	bool image = volid && strstr(volid, "cloudinit");
	const struct storage *storage;
	const char *fresh, *kind, *name;

	if (!volid || !strchr(volid, ':') || (guest_is_cdrom(value) && !image))
		return arena_strdup(arena, value);
	name = wish ? wish : arena_strndup(arena, volid, strcspn(volid, ":"));
	*why = storage_refused(arena, world, name, guest->node);
	if (!*why)
		*why = storage_unwritable(arena, world_storage(world, name));
	if (*why)
		return NULL;
	storage = world_storage(world, name);
	kind = storage_is_file(storage) && str_ends(volid, ".qcow2") ? "qcow2" : "raw";
	fresh = image ? volume_cloudinit_name(arena, storage, guest->vmid, kind)
		      : volume_disk_name(arena, world, storage, guest->node, guest->vmid,
					 kind, NULL);
	volume_add(world, storage, guest->node, fresh, guest->vmid, size_of(value),
		   guest->type == GUEST_LXC ? "rootdir" : "images", kind, NULL);
	return arena_printf(arena, "%s%s", fresh, strstr(value, volid) + strlen(volid));
}

static bool make_disks(struct arena *arena, struct world *world, struct task *task,
		       struct guest *guest, json_t *config)
{
	const char *name, *why = NULL;
	json_t *value;
	void *next;

	json_object_foreach_safe(config, next, name, value)
	{
		char *made;

		if (!option_is_disk(guest->type, name))
			continue;
		made = make_disk(arena, world, task, guest, json_string_value(value),
				 &why);
		if (!made) {
			task_fail(world, task, "unable to restore %s %u - %s",
				  guest_word(guest->type), guest->vmid, why);
			return false;
		}
		props_set(config, name, made);
	}
	return true;
}

static void finish(struct arena *arena, struct world *world, struct task *task,
		   struct guest *guest)
{
	const char *pool = task_text(task, "pool");
	json_t *config = json_deep_copy(config_of(archive_of(world, task)));

	if (!make_disks(arena, world, task, guest, config)) {
		json_decref(config);
		return;
	}
	json_object_update(config, json_object_get(task->args, "options"));
	json_object_del(config, "template");
	if (task_number(task, "unique"))
		guest_new_identity(world, guest->type, config);
	json_decref(guest->config);
	guest->config = config;
	if (pool)
		world_pool_join(world, pool, guest->vmid);
	world_touch(world);
	if (guest->type == GUEST_LXC)
		task_log(task, "Detected container architecture: amd64");
	else
		task_log(task, "rescan volumes...");
	task_end(world, task);
	if (task_number(task, "start") && !strcmp(task->status, "OK"))
		task_start(world, guest->node,
			   guest->type == GUEST_LXC ? "vzstart" : "qmstart", task->id,
			   task->user,
			   json_pack("{s:i, s:s}", "vmid", (int)guest->vmid, "type",
				     guest_kind(guest->type)));
}

static void drop_volume(struct world *world, struct guest *guest, const char *volid,
			void *with)
{
	(void)with;
	volume_remove(world, guest->node, volid);
}

void restore_step(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));
	const struct volume *archive = archive_of(world, task);
	struct arena *arena;

	if (!guest || !archive) {
		task_fail(world, task, "volume '%s' does not exist",
			  task_text(task, "archive"));
		return;
	}
	if (!task_lock(world, task, guest->type, guest->vmid, 1))
		return;
	arena = arena_create();
	if (task->step == 0) {
		/* an old guest of that number loses its disks first */
		guest_each_volume(world, guest, drop_volume, NULL);
		task_log(task,
			 guest->type == GUEST_LXC ? "recovering backed-up "
						    "configuration from '%s'"
						  : "restore vma archive: %s",
			 guest->type == GUEST_LXC
				 ? archive->volid
				 : image_path(arena, world, archive->volid));
		task_later(world, task,
			   1 + storage_copy(world, volume_storage(world, archive->volid),
					    2 * archive->size, 0));
	} else {
		finish(arena, world, task, guest);
	}
	arena_destroy(arena);
}
