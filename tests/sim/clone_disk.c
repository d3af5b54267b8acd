#include "clone_disk.h"

#include "base/text.h"
#include "image.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "snapshot.h"
#include "volume.h"

#include <string.h>

#define LINKED_SECONDS    0.19
#define IMAGE_SECONDS     0.03
#define REFERENCE_SECONDS 0.01
#define CLOUDINIT_SIZE    ((uint64_t)4 << 20)

const json_t *clone_original(const struct task *task, const struct guest *source)
{
	return snapshot_config(source, task_text(task, "snapname"));
}

void clone_begin(struct task *task, const struct guest *source, json_t *config)
{
	json_object_set_new(task->args, "config", config);
	json_object_set_new(task->args, "disks",
			    guest_disks(source->type, clone_original(task, source)));
}

static const char *value_with_volume(struct arena *arena, const char *value,
				     const char *volid, const struct schema *format,
				     uint64_t size)
{
	json_t *props = props_read(format, value);
	const struct schema *key = schema_default_key(format);
	char *out;

	props_set(props, key->name, volid);
	props_set(props, "size", size_print(arena, size));
	json_object_del(props, "format");
	out = props_print(arena, format, props);
	json_decref(props);
	return out;
}

/* One disk on its way from the source to the clone. */
struct copy {
	const char *disk, *value, *volid;
	const struct volume *old;
	struct storage *to;
	bool image;  /* the cloud-init image, which is made anew */
	bool linked; /* on top of the template's */
};

/* False: nothing is copied, the reference is carried over (an ISO, none). */
static bool copy_read(struct arena *arena, struct world *world, const struct task *task,
		      const struct guest *source, const char *disk, struct copy *copy)
{
	const char *value = props_get(clone_original(task, source), disk);

	*copy = (struct copy){ .disk = disk,
			       .value = value,
			       .volid = guest_volid(arena, value) };
	if (copy->volid)
		copy->old = volume_find(world, source->node, copy->volid);
	if (!copy->old)
		return false;
	copy->image = guest_is_cdrom(value) && strstr(copy->volid, "cloudinit");
	copy->linked = !task_number(task, "full") && !copy->image;
	copy->to = world_storage(world, task_text(task, "storage"));
	if (!copy->to)
		copy->to = volume_storage(world, copy->volid);
	return copy->image || !guest_is_cdrom(value);
}

/* A cloud-init image is a qcow2 among files. PVE: PVE::QemuServer clone_disk. */
static const char *copy_format(const struct task *task, const struct copy *copy)
{
	const char *wish = task_text(task, "format");

	if (!storage_is_file(copy->to))
		return "raw";
	if (copy->linked)
		return "qcow2";
	if (wish)
		return wish;
	return copy->image ? "qcow2" : copy->old->format;
}

static const char *copy_name(struct arena *arena, struct world *world,
			     const struct task *task, const struct guest *source,
			     const struct copy *copy)
{
	unsigned newid = task_number(task, "newid");

	if (copy->image)
		return volume_cloudinit_name(arena, copy->to, newid,
					     copy_format(task, copy));
	return volume_disk_name(arena, world, copy->to, source->node, newid,
				copy_format(task, copy),
				copy->linked ? copy->volid : NULL);
}

static double copy_seconds(struct world *world, const struct task *task,
			   const struct copy *copy)
{
	if (copy->image)
		return node_work(world, task->node, IMAGE_SECONDS);
	if (copy->linked)
		return node_work(world, task->node, LINKED_SECONDS);
	return node_work(world, task->node, LINKED_SECONDS) +
	       storage_copy(world, copy->to, copy->old->size,
			    1024.0 * task_number(task, "bwlimit"));
}

/* Make the volume; its finished value goes into the task's `value`. */
static void copy_begin(struct arena *arena, struct world *world, struct task *task,
		       const struct guest *source, const struct copy *copy,
		       const char *fresh)
{
	uint64_t size = copy->image ? CLOUDINIT_SIZE : copy->old->size;
	const struct volume *volume = volume_add(
		world, copy->to, source->node, fresh, task_number(task, "newid"), size,
		source->type == GUEST_LXC ? "rootdir" : "images", copy_format(task, copy),
		copy->linked ? copy->volid : NULL);

	image_log_made(world, task, volume);
	if (!copy->linked)
		image_log_copy_begins(world, task, fresh, copy->image ? 0 : size);
	if (!copy->linked && !copy->image) {
		json_object_set_new(task->args, "size", json_integer((json_int_t)size));
		props_set(task->args, "from", copy->volid);
	}
	props_set(task->args, "value",
		  value_with_volume(arena, copy->value, fresh,
				    option_find(source->type, copy->disk)->sub, size));
	props_set(task->args, "volid", fresh);
}

/* Begin the copy of one disk; the seconds it takes, or -1 when the task has failed. */
static double copy_disk(struct world *world, struct task *task,
			const struct guest *source, const char *disk)
{
	struct arena *arena = arena_create();
	double seconds = REFERENCE_SECONDS;
	const char *fresh;
	struct copy copy;

	if (!copy_read(arena, world, task, source, disk, &copy)) {
		props_set(task->args, "value", copy.value);
		arena_destroy(arena);
		return seconds;
	}
	task_log(task, "create %s clone of %s %s (%s)", copy.linked ? "linked" : "full",
		 source->type == GUEST_LXC ? "mount point" : "drive", disk, copy.volid);
	fresh = copy_name(arena, world, task, source, &copy);
	if (copy.image && volume_find(world, source->node, fresh)) {
		task_fail(world, task, "clone failed: disk image '%s' already exists",
			  fresh);
		seconds = -1;
	} else if (storage_unwritable(arena, copy.to)) {
		task_fail(world, task, "clone failed: %s",
			  storage_unwritable(arena, copy.to));
		seconds = -1;
	} else {
		seconds = copy_seconds(world, task, &copy);
		copy_begin(arena, world, task, source, &copy, fresh);
	}
	arena_destroy(arena);
	return seconds;
}

bool clone_disk_done(struct task *task)
{
	static const char *const over[] = { "value", "volid", "size", "from" };
	json_t *config = json_object_get(task->args, "config");
	json_t *disks = json_object_get(task->args, "disks");
	const json_t *size = json_object_get(task->args, "size");

	if (!task_text(task, "value"))
		return false;
	if (size)
		image_log_copied(task, (uint64_t)json_integer_value(size));
	props_set(config, json_string_value(json_array_get(disks, 0)),
		  task_text(task, "value"));
	json_array_remove(disks, 0);
	for (size_t i = 0; i < sizeof(over) / sizeof(over[0]); i++)
		json_object_del(task->args, over[i]);
	return true;
}

bool clone_disk_next(struct world *world, struct task *task, const struct guest *source)
{
	const char *disk = json_string_value(
		json_array_get(json_object_get(task->args, "disks"), 0));
	double seconds;

	if (!disk)
		return true;
	seconds = copy_disk(world, task, source, disk);
	if (seconds >= 0)
		task_later(world, task, seconds);
	return false;
}

void clone_disk_drop(struct world *world, struct task *task, const struct guest *guest)
{
	const char *volid = task_text(task, "volid");

	if (volid)
		volume_remove(world, guest->node, volid);
}

/*
 * The signal ends qemu-img, and that is why the clone fails.
 * PVE: PVE::QemuServer::QemuImage convert.
 */
char *clone_stopped(struct arena *arena, const struct world *world,
		    const struct task *task)
{
	const char *fresh = task_text(task, "volid"), *from = task_text(task, "from");
	const struct volume *source = from ? volume_find(world, task->node, from) : NULL;
	const struct volume *copy = fresh ? volume_find(world, task->node, fresh) : NULL;
	unsigned rate = task_number(task, "bwlimit");

	if (!source || !copy)
		return arena_strdup(arena, "clone failed: interrupted by signal");
	return arena_printf(arena,
			    "clone failed: copy failed: command '/usr/bin/qemu-img "
			    "convert -p -n%s -f %s -O %s %s zeroinit:%s' failed: "
			    "interrupted by signal",
			    rate ? arena_printf(arena, " -r %uK", rate) : "",
			    source->format, copy->format, image_path(arena, world, from),
			    image_path(arena, world, fresh));
}
