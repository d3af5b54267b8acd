/* Clones. PVE: PVE::API2::Qemu clone_vm, PVE::API2::LXC clone_vm. */
#include "base/text.h"
#include "guest.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define LINKED_SECONDS 0.19
#define CLOUDINIT_SIZE ((uint64_t)4 << 20)

/* Everything a clone takes over. Disks follow one by one. */
static json_t *inherited(const struct guest *source)
{
	static const char *const of_its_own[] = {
		"template",       "lock",       "parent", "vmstate",
		"runningmachine", "runningcpu", NULL
	};
	json_t *config = json_object();
	const char *name;
	json_t *value;

	json_object_foreach (source->config, name, value) {
		bool own =
			option_is_disk(source->type, name) || str_starts(name, "unused");

		for (size_t i = 0; of_its_own[i]; i++)
			own = own || !strcmp(name, of_its_own[i]);
		if (!own)
			json_object_set(config, name, value);
	}
	return config;
}

static json_t *disks_of(const struct guest *guest)
{
	json_t *names = json_array();

	for (const struct schema *s = options_of(guest->type); s->name; s++) {
		char name[32];

		for (int i = 0; i <= s->last; i++) {
			snprintf(name, sizeof(name), s->last ? "%s%d" : "%s", s->name, i);
			if (option_is_disk(guest->type, name) && guest_get(guest, name))
				json_array_append_new(names, json_string(name));
		}
	}
	return names;
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

/* "3.0 GiB", as the progress of a copy shows it. */
static char *human(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double number = (double)bytes;
	size_t unit = 0;

	while (number >= 1024 && unit < 4) {
		number /= 1024;
		unit++;
	}
	return arena_printf(arena, "%.1f %s", number, units[unit]);
}

/* The new volume of one disk; its finished value goes into the task's `value`. Seconds it takes. */
static double copy_disk(struct world *world, struct task *task,
			const struct guest *source, const char *disk)
{
	struct arena *arena = arena_create();
	const char *value = guest_get(source, disk), *wish = task_text(task, "storage");
	const char *volid = guest_volid(arena, value);
	const struct volume *old = volid ? volume_find(world, source->node, volid) : NULL;
	struct storage *storage = old ? world_storage(world, wish) : NULL;
	const char *word = source->type == GUEST_LXC ? "mount point" : "drive";
	unsigned newid = task_number(task, "newid");
	bool is_image = old && strstr(volid, "cloudinit") && guest_is_cdrom(value);
	bool linked = !task_number(task, "full") && !is_image;
	const struct schema *format = option_find(source->type, disk)->sub;
	double seconds = 0.01;
	const char *fresh;

	if (!old ||
	    (guest_is_cdrom(value) && !is_image)) { /* an ISO is carried as reference */
		props_set(task->args, "value", value);
		arena_destroy(arena);
		return seconds;
	}
	if (!storage)
		storage = volume_storage(world, volid);
	task_log(task, "create %s clone of %s %s (%s)", linked ? "linked" : "full", word,
		 disk, volid);
	if (is_image) {
		fresh = volume_cloudinit_name(arena, storage, newid,
					      storage_is_file(storage) ? "qcow2" : "raw");
		if (volume_find(world, source->node, fresh)) {
			task_fail(world, task,
				  "clone failed: disk image '%s' already exists", fresh);
			arena_destroy(arena);
			return -1;
		}
		seconds = node_work(world, task->node, 0.03);
	} else {
		const char *kind = task_text(task, "format") ? task_text(task, "format")
							     : old->format;

		fresh = volume_disk_name(arena, world, storage, source->node, newid,
					 storage_is_file(storage) ? kind : "raw",
					 linked ? volid : NULL);
		seconds = node_work(world, task->node, LINKED_SECONDS);
		if (!linked)
			seconds += storage_copy(world, storage, old->size,
						1024.0 * task_number(task, "bwlimit"));
	}
	volume_add(world, storage, source->node, fresh, newid,
		   is_image ? CLOUDINIT_SIZE : old->size,
		   source->type == GUEST_LXC ? "rootdir" : "images",
		   storage_is_file(storage) && (linked || is_image) ? "qcow2"
								    : old->format,
		   linked ? volid : NULL);
	if (!linked)
		task_log(task, "allocated target volume '%s'", fresh);
	if (!linked && !is_image) {
		task_log(task, "transferred 0.0 B of %s (0.00%%)",
			 human(arena, old->size));
		props_set(task->args, "size", human(arena, old->size));
	}
	props_set(task->args, "value",
		  value_with_volume(arena, value, fresh, format,
				    is_image ? CLOUDINIT_SIZE : old->size));
	props_set(task->args, "volid", fresh);
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
	if (task_text(task, "size"))
		task_log(task, "transferred %s of %s (100.00%%)", task_text(task, "size"),
			 task_text(task, "size"));
	props_set(config, json_string_value(json_array_get(disks, 0)),
		  task_text(task, "value"));
	json_array_remove(disks, 0);
	json_object_del(task->args, "value");
	json_object_del(task->args, "volid");
	json_object_del(task->args, "size");
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
	config = inherited(source);
	guest_new_identity(world, GUEST_QEMU, config);
	if (name)
		props_set(config, "name", name);
	else
		props_set(config, "name",
			  arena_printf(arena, "Copy-of-VM-%s",
				       guest_get(source, "name")
					       ? guest_get(source, "name")
					       : ""));
	if (about)
		props_set(config, "description",
			  guest_description(arena, GUEST_QEMU, about));
	json_object_set_new(task->args, "config", config);
	json_object_set_new(task->args, "disks", disks_of(source));
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

static void vzclone_begin(struct world *world, struct task *task, struct guest *source)
{
	struct arena *arena = arena_create();
	json_t *config = inherited(source);

	guest_new_identity(world, GUEST_LXC, config);
	if (task_text(task, "hostname"))
		props_set(config, "hostname", task_text(task, "hostname"));
	if (task_text(task, "description"))
		props_set(config, "description",
			  guest_description(arena, GUEST_LXC,
					    task_text(task, "description")));
	json_object_set_new(task->args, "config", config);
	json_object_set_new(task->args, "disks", disks_of(source));
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
