/*
 * Snapshots are taken, gone back to and deleted. PVE: PVE::AbstractConfig snapshot_create,
 * snapshot_rollback, snapshot_delete.
 */
#include "base/text.h"
#include "guest.h"
#include "jobs.h"
#include "props.h"
#include "snapshot.h"
#include "vmstate.h"
#include "volume.h"

#include <string.h>

#define PREPARE_SECONDS 0.1
#define VOLUME_SECONDS  0.2

static const char *name_of(const struct task *task)
{
	return task_text(task, "snapname");
}

/* "vm-101-disk-0" of "local-lvm:vm-101-disk-0". */
static const char *short_name(const char *volid)
{
	return strchr(volid, ':') + 1;
}

/* LVM says what it does; other storages are silent. */
static bool is_chatty(const struct world *world, const char *volid)
{
	const struct storage *storage = volume_storage(world, volid);

	return storage && !strcmp(storage->type, "lvmthin");
}

static void log_each(struct world *world, struct task *task, const struct guest *guest,
		     const json_t *section,
		     void (*each)(struct world *world, struct task *task,
				  const struct guest *guest, const char *option,
				  const char *volid))
{
	struct arena *arena = arena_create();
	json_t *disks = snapshot_disks(guest, section), *disk;
	size_t i;

	json_array_foreach (disks, i, disk) {
		const char *option = json_string_value(disk);
		char *volid = guest_volid(arena, props_get(section, option));

		if (volid)
			each(world, task, guest, option, volid);
	}
	json_decref(disks);
	arena_destroy(arena);
}

/* --- take --- */

static void log_taken(struct world *world, struct task *task, const struct guest *guest,
		      const char *option, const char *volid)
{
	if (guest->type == GUEST_QEMU)
		task_log(task, "snapshotting 'drive-%s' (%s)", option, volid);
	if (is_chatty(world, volid))
		task_log(task, "  Logical volume \"snap_%s_%s\" created.",
			 short_name(volid), name_of(task));
}

static const char *not_taken(struct arena *arena, const struct world *world,
			     const struct task *task, const struct guest *guest)
{
	if (guest_is_template(guest))
		return "you can't take a snapshot if it's a template";
	if (guest_lock(guest))
		return arena_printf(arena, "%s is locked (%s)", guest_word(guest->type),
				    guest_lock(guest));
	if (snapshot_find(guest, name_of(task)))
		return arena_printf(arena, "snapshot name '%s' already used",
				    name_of(task));
	if (!snapshot_can(world, guest, NULL, "snapshot"))
		return "snapshot feature is not available";
	return NULL;
}

/* Only a VM that runs has memory to save. */
static bool save_memory(struct world *world, struct task *task, struct guest *guest,
			json_t *section, double *seconds)
{
	const char *storage = vmstate_storage(world, guest);

	if (!task_number(task, "vmstate") || !guest->running || guest->type != GUEST_QEMU)
		return true;
	if (!vmstate_make(world, task, guest, storage, name_of(task), section))
		return false;
	task_log(task, "saving VM state and RAM using storage '%s'", storage);
	*seconds += vmstate_seconds(world, guest, section);
	return true;
}

static void prepare(struct world *world, struct task *task, struct guest *guest)
{
	struct arena *arena = arena_create();
	const char *why = not_taken(arena, world, task, guest);
	double seconds = PREPARE_SECONDS;
	json_t *section;

	if (why) {
		task_fail(world, task, "%s", why);
	} else {
		section = snapshot_add(world, guest, name_of(task),
				       task_text(task, "description"));
		props_set(task->args, "prepared", "1");
		guest_set(world, guest, "lock", "snapshot");
		if (save_memory(world, task, guest, section, &seconds)) {
			task_unlock(world, task);
			task_later(world, task,
				   seconds +
					   node_work(world, task->node, VOLUME_SECONDS));
		}
	}
	arena_destroy(arena);
}

void snapshot_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	json_t *section;

	if (!guest)
		return;
	if (task->step == 0) {
		prepare(world, task, guest);
		return;
	}
	section = snapshot_find(guest, name_of(task));
	if (!str_equal(guest_lock(guest), "snapshot")) {
		task_fail(world, task, "missing snapshot lock");
		return;
	}
	if (!section) {
		task_fail(world, task, "snapshot '%s' does not exist", name_of(task));
		return;
	}
	if (props_get(section, "vmstate"))
		task_log(task, "completed saving the VM state in %ds, saved %ld.00 MiB",
			 (int)(world->now - task->start),
			 guest_number(guest, "memory", 512));
	log_each(world, task, guest, section, log_taken);
	json_object_del(section, "snapstate");
	guest_unset(world, guest, "lock");
	guest_set(world, guest, "parent", name_of(task));
	task_end(world, task);
}

void snapshot_undo(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));
	json_t *section = guest ? snapshot_find(guest, name_of(task)) : NULL;

	if (!section || !task_text(task, "prepared") ||
	    !str_equal(guest_lock(guest), "snapshot"))
		return;
	task_log(task, "snapshot create failed: starting cleanup");
	vmstate_drop(world, guest, section);
	snapshot_remove(world, guest, name_of(task));
	guest_unset(world, guest, "lock");
}

/* --- go back --- */

static void log_restored(struct world *world, struct task *task,
			 const struct guest *guest, const char *option, const char *volid)
{
	(void)guest;
	(void)option;
	if (!is_chatty(world, volid))
		return;
	task_log(task, "  Logical volume \"%s\" successfully removed.",
		 short_name(volid));
	task_log(task, "  Logical volume \"%s\" created.", short_name(volid));
}

static const char *not_restored(struct arena *arena, const struct task *task,
				const struct guest *guest)
{
	const json_t *section = snapshot_find(guest, name_of(task));

	if (guest_is_template(guest))
		return "you can't rollback if vm is a template";
	if (!section)
		return arena_printf(arena, "snapshot '%s' does not exist", name_of(task));
	if (props_get(section, "snapstate"))
		return arena_printf(arena,
				    "unable to rollback to incomplete snapshot "
				    "(snapstate = %s)",
				    props_get(section, "snapstate"));
	if (task->step > 0)
		return str_equal(guest_lock(guest), "rollback") ? NULL : "got wrong lock";
	return guest_lock(guest)
		       ? arena_printf(arena, "%s is locked (%s)", guest_word(guest->type),
				      guest_lock(guest))
		       : NULL;
}

/* With its memory a VM goes on; without, a new generation starts from these disks. */
static void restored(struct world *world, struct task *task, struct guest *guest)
{
	bool memory = props_get(snapshot_find(guest, name_of(task)), "vmstate");
	char uuid[UUID_LEN + 1];

	if (memory) {
		guest->running = true;
		guest->started = world->now;
		guest->booted = world->now - world->boot;
	} else if (guest_get(guest, "vmgenid")) {
		chance_uuid(&world->chance, uuid);
		guest_set(world, guest, "vmgenid", uuid);
	}
	if (task_number(task, "start") && !memory)
		task_start(world, task->node,
			   guest->type == GUEST_LXC ? "vzstart" : "qmstart", task->id,
			   task->user, json_pack("{s:i}", "vmid", (int)guest->vmid));
}

static void restore(struct arena *arena, struct world *world, struct task *task,
		    struct guest *guest)
{
	const char *why = not_restored(arena, task, guest);

	if (why) {
		task_fail(world, task, "%s", why);
	} else if (task->step == 0) {
		guest->running = guest->paused = false;
		guest_set(world, guest, "lock", "rollback");
		task_unlock(world, task);
		task_later(world, task, node_work(world, task->node, VOLUME_SECONDS));
	} else {
		log_each(world, task, guest, snapshot_find(guest, name_of(task)),
			 log_restored);
		snapshot_apply(world, guest, name_of(task));
		restored(world, task, guest);
		task_end(world, task);
	}
}

void rollback_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	struct arena *arena;

	if (!guest)
		return;
	arena = arena_create();
	restore(arena, world, task, guest);
	arena_destroy(arena);
}

/* --- delete --- */

static void log_deleted(struct world *world, struct task *task, const struct guest *guest,
			const char *option, const char *volid)
{
	(void)guest;
	(void)option;
	if (is_chatty(world, volid))
		task_log(task, "  Logical volume \"snap_%s_%s\" successfully removed.",
			 short_name(volid), name_of(task));
}

/* A storage that is gone keeps a snapshot from being deleted, unless it is forced. */
static const struct storage *in_the_way(const struct world *world,
					const struct guest *guest, const json_t *section)
{
	json_t *disks = snapshot_disks(guest, section), *disk;
	const struct storage *found = NULL;
	size_t i;

	json_array_foreach (disks, i, disk) {
		const struct storage *storage = volume_storage(
			world, props_get(section, json_string_value(disk)));

		if (storage && storage->disabled)
			found = storage;
	}
	json_decref(disks);
	return found;
}

static void delete (struct world *world, struct task *task, struct guest *guest)
{
	json_t *section = snapshot_find(guest, name_of(task));
	const struct storage *gone;

	if (!str_equal(guest_lock(guest), "snapshot-delete")) {
		task_fail(world, task, "missing lock 'snapshot-delete'");
		return;
	}
	gone = in_the_way(world, guest, section);
	if (gone && !task_number(task, "force")) {
		task_fail(world, task, "storage '%s' is disabled", gone->name);
		return;
	}
	if (gone)
		task_log(task, "storage '%s' is disabled", gone->name);
	else
		log_each(world, task, guest, section, log_deleted);
	vmstate_drop(world, guest, section);
	snapshot_remove(world, guest, name_of(task));
	guest_unset(world, guest, "lock");
	task_end(world, task);
}

void delsnapshot_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	json_t *section = guest ? snapshot_find(guest, name_of(task)) : NULL;

	if (!guest)
		return;
	if (!section) {
		task_fail(world, task, "snapshot '%s' does not exist", name_of(task));
		return;
	}
	if (task->step > 0) {
		delete (world, task, guest);
		return;
	}
	if (!job_unlocked(world, task, guest))
		return;
	guest_set(world, guest, "lock", "snapshot-delete");
	if (guest_is_template(guest)) {
		task_fail(world, task, "you can't delete a snapshot if vm is a template");
		return;
	}
	props_set(section, "snapstate", "delete");
	task_unlock(world, task);
	task_later(world, task, node_work(world, task->node, VOLUME_SECONDS));
}
