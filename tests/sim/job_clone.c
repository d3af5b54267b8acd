/* Clones. PVE: PVE::API2::Qemu clone_vm, PVE::API2::LXC clone_vm. */
#include "base/text.h"
#include "clone_disk.h"
#include "jobs.h"
#include "options.h"
#include "props.h"

#include <stdlib.h>
#include <string.h>

/* The snapshot went while the task waited for its turn. */
static bool is_gone(struct world *world, struct task *task, const struct guest *source)
{
	if (clone_original(task, source))
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

	json_object_foreach ((json_t *)(uintptr_t)clone_original(task, source), name,
			     value) {
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
static void write_config(struct world *world, const struct task *task,
			 struct guest *guest, const char *lock)
{
	json_object_clear(guest->config);
	json_object_update(guest->config, json_object_get(task->args, "config"));
	props_set(guest->config, "lock", lock);
	world_touch(world);
}

/* True when all disks are there; else the step is over. */
static bool copy_disks(struct world *world, struct task *task, const struct guest *source,
		       struct guest *guest, const char *lock)
{
	if (clone_disk_done(task))
		write_config(world, task, guest, lock);
	if (!clone_disk_next(world, task, source))
		return false;
	write_config(world, task, guest, lock);
	return true;
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
	clone_begin(task, source, config);
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
	if (copy_disks(world, task, source, guest, "clone"))
		settle(world, task, guest);
}

void qmclone_undo(struct world *world, struct task *task)
{
	unsigned newid = task_number(task, "newid");
	struct guest *guest = world_guest(world, newid);

	if (!guest || guest->holder != task || task_text(task, "untouched"))
		return;
	clone_disk_drop(world, task, guest);
	guest_scrap(world, newid);
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
	clone_begin(task, source, config);
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
	if (!copy_disks(world, task, source, guest, "create") || task_struck(world, task))
		return;
	guest_unset(world, source, "lock");
	settle(world, task, guest);
}

void vzclone_undo(struct world *world, struct task *task)
{
	struct guest *source = world_guest(world, task_number(task, "source"));
	struct guest *guest = world_guest(world, task_number(task, "newid"));

	if (source && guest_lock(source) && !strcmp(guest_lock(source), "disk"))
		guest_unset(world, source, "lock");
	if (!guest)
		return;
	clone_disk_drop(world, task, guest);
	guest_scrap(world, guest->vmid);
}
