/* Clones. PVE: PVE::API2::Qemu clone_vm, PVE::API2::LXC clone_vm. */
#include "base/text.h"
#include "guest.h"
#include "image.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "snapshot.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define LINKED_SECONDS    0.19
#define IMAGE_SECONDS     0.03
#define REFERENCE_SECONDS 0.01
#define CLOUDINIT_SIZE    ((uint64_t)4 << 20)

/* What is cloned: the config of now, or a snapshot's. */
static const json_t *original(const struct task *task, const struct guest *source)
{
	return snapshot_config(source, task_text(task, "snapname"));
}

/* The snapshot went while the task waited for its turn. */
static bool is_gone(struct world *world, struct task *task, const struct guest *source)
{
	if (original(task, source))
		return false;
	task_fail(world, task, "snapshot '%s' does not exist",
		  task_text(task, "snapname"));
	return true;
}

/* Everything a clone takes over. Disks follow one by one. */
static json_t *inherited(const struct task *task, const struct guest *source)
{
	static const char *const of_its_own[] = {
		"template",  "lock",       "parent",         "vmstate", "snaptime",
		"snapstate", "runningcpu", "runningmachine", NULL
	};
	json_t *config = json_object();
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)original(task, source), name, value) {
		bool own =
			option_is_disk(source->type, name) || str_starts(name, "unused");

		for (size_t i = 0; of_its_own[i]; i++)
			own = own || !strcmp(name, of_its_own[i]);
		if (!own)
			json_object_set(config, name, value);
	}
	return config;
}

/* Replace the file of the new guest; the lock stays until the end. */
static void write_config(struct world *world, struct guest *guest, const json_t *config,
			 const char *lock)
{
	json_object_clear(guest->config);
	json_object_update(guest->config, (json_t *)(uintptr_t)config);
	if (lock)
		props_set(guest->config, "lock", lock);
	world_touch(world);
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
	const char *value = props_get(original(task, source), disk);

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

/* PVE: PVE::QemuServer clone_disk; a cloud-init image is a qcow2 where there are files. */
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

/* The disk that was begun in the last step is done: into the config with it. */
static void disk_done(struct world *world, struct task *task, struct guest *guest,
		      const char *lock)
{
	json_t *config = json_object_get(task->args, "config");
	json_t *disks = json_object_get(task->args, "disks");

	if (!task_text(task, "value"))
		return;
	if (json_object_get(task->args, "size"))
		image_log_copied(task, (uint64_t)json_integer_value(
					       json_object_get(task->args, "size")));
	props_set(config, json_string_value(json_array_get(disks, 0)),
		  task_text(task, "value"));
	json_array_remove(disks, 0);
	json_object_del(task->args, "value");
	json_object_del(task->args, "volid");
	json_object_del(task->args, "size");
	json_object_del(task->args, "from");
	write_config(world, guest, config, lock);
}

/* True when all disks are there; else the next one has been begun, or the task has failed. */
static bool next_disk(struct world *world, struct task *task, const struct guest *source)
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

static void settle(struct world *world, struct task *task, struct guest *guest)
{
	const char *target = task_text(task, "target"), *pool = task_text(task, "pool");

	if (task_struck(world, task)) /* few disks: half way was not met before */
		return;
	guest_unset(world, guest, "lock");
	if (target && strcmp(target, guest->node) != 0) {
		free(guest->node);
		guest->node = xstrdup(target);
	}
	if (pool)
		world_pool_join(world, pool, guest->vmid);
	task_end(world, task);
}

static void qmclone_begin(struct world *world, struct task *task, struct guest *source)
{
	unsigned newid = task_number(task, "newid");
	const char *name = task_text(task, "name"),
		   *about = task_text(task, "description");
	struct arena *arena = arena_create();
	struct guest *guest;
	json_t *config;

	if (world->pve >= 9)
		task_log(task, "creating a clone of VM %u with ID %u", source->vmid,
			 newid);
	if (world_guest(world, newid)) {
		props_set(task->args, "untouched", "1");
		task_fail(world, task,
			  "close (rename) atomic file '/etc/pve/%s' failed: File exists",
			  guest_path(arena, source->node, GUEST_QEMU, newid));
		arena_destroy(arena);
		return;
	}
	config = inherited(task, source);
	guest_new_identity(world, GUEST_QEMU, config);
	if (name)
		props_set(config, "name", name);
	else
		props_set(config, "name",
			  arena_printf(arena, "Copy-of-VM-%s",
				       props_get(config, "name")
					       ? props_get(config, "name")
					       : ""));
	if (about)
		props_set(config, "description",
			  guest_description(arena, GUEST_QEMU, about));
	json_object_set_new(task->args, "config", config);
	json_object_set_new(task->args, "disks",
			    guest_disks(source->type, original(task, source)));
	guest = world_guest_add(world, newid, GUEST_QEMU, source->node);
	guest_set(world, guest, "lock", "clone");
	guest_set(world, guest, "description", " qmclone temporary file");
	task_lock(world, task, GUEST_QEMU, newid, 1);
	task_later(world, task, 0.04);
	arena_destroy(arena);
}

void qmclone_step(struct world *world, struct task *task)
{
	struct guest *source = world_guest(world, task_number(task, "source"));
	struct guest *guest = world_guest(world, task_number(task, "newid"));

	if (!source) {
		task_fail(world, task,
			  "clone failed: unable to find configuration file for VM %u",
			  task_number(task, "source"));
		return;
	}
	if (is_gone(world, task, source))
		return;
	if (task->step == 0) {
		if (!(source->running
			      ? task_lock(world, task, GUEST_QEMU, source->vmid, 1)
			      : task_share(world, task, GUEST_QEMU, source->vmid, 1)))
			return;
		if (guest_lock(source)) {
			props_set(task->args, "untouched", "1");
			task_fail(world, task, "VM is locked (%s)", guest_lock(source));
			return;
		}
		qmclone_begin(world, task, source);
		return;
	}
	disk_done(world, task, guest, "clone");
	if (next_disk(world, task, source)) {
		write_config(world, guest, json_object_get(task->args, "config"),
			     "clone");
		settle(world, task, guest);
	}
}

/* A disk that was begun is not in the config yet. */
static void drop_begun(struct world *world, struct task *task, const struct guest *guest)
{
	const char *volid = task_text(task, "volid");

	if (volid)
		volume_remove(world, guest->node, volid);
}

void qmclone_undo(struct world *world, struct task *task)
{
	unsigned newid = task_number(task, "newid");
	struct guest *guest = world_guest(world, newid);

	if (!guest || guest->holder != task || task_text(task, "untouched"))
		return;
	drop_begun(world, task, guest);
	guest_scrap(world, newid);
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

static void vzclone_begin(struct world *world, struct task *task, struct guest *source)
{
	struct arena *arena = arena_create();
	json_t *config = inherited(task, source);

	guest_new_identity(world, GUEST_LXC, config);
	if (task_text(task, "hostname"))
		props_set(config, "hostname", task_text(task, "hostname"));
	if (task_text(task, "description"))
		props_set(config, "description",
			  guest_description(arena, GUEST_LXC,
					    task_text(task, "description")));
	json_object_set_new(task->args, "config", config);
	json_object_set_new(task->args, "disks",
			    guest_disks(source->type, original(task, source)));
	task_lock(world, task, GUEST_LXC, task_number(task, "newid"), 1);
	task_later(world, task, 0.04);
	arena_destroy(arena);
}

void vzclone_step(struct world *world, struct task *task)
{
	struct guest *source = world_guest(world, task_number(task, "source"));
	struct guest *guest = world_guest(world, task_number(task, "newid"));

	if (!source || !guest) {
		task_fail(world, task, "clone failed: configuration file vanished");
		return;
	}
	if (is_gone(world, task, source))
		return;
	if (task->step == 0) {
		vzclone_begin(world, task, source);
		return;
	}
	disk_done(world, task, guest, "create");
	if (next_disk(world, task, source)) {
		write_config(world, guest, json_object_get(task->args, "config"),
			     "create");
		if (task_struck(world, task))
			return;
		guest_unset(world, source, "lock");
		settle(world, task, guest);
	}
}

void vzclone_undo(struct world *world, struct task *task)
{
	struct guest *source = world_guest(world, task_number(task, "source"));
	struct guest *guest = world_guest(world, task_number(task, "newid"));

	if (source && guest_lock(source) && !strcmp(guest_lock(source), "disk"))
		guest_unset(world, source, "lock");
	if (!guest)
		return;
	drop_begun(world, task, guest);
	guest_scrap(world, guest->vmid);
}
