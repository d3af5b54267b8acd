/*
 * A disk goes to another storage, or to another guest. PVE: PVE::API2::Qemu move_vm_disk,
 * PVE::API2::LXC move_volume.
 */
#include "base/text.h"
#include "config.h"
#include "guest.h"
#include "image.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "snapshot.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define REASSIGN_SECONDS 0.1

static bool digest_differs(struct arena *arena, const char *digest,
			   const struct guest *guest)
{
	return digest && strcmp(digest, guest_digest(arena, guest)) != 0;
}

#define MODIFIED \
	"detected modified configuration - file changed by other user? Try again."

const char *move_refused(struct arena *arena, const struct guest *guest,
			 const struct move *move)
{
	const char *value = guest_get(guest, move->disk);
	const char *volid = value ? guest_volid(arena, value) : NULL;
	const char *ending = volid ? strrchr(volid, '.') : NULL;
	size_t len = strlen(move->storage);

	if (digest_differs(arena, move->digest, guest))
		return MODIFIED;
	if (!value)
		return arena_printf(arena, "disk '%s' does not exist", move->disk);
	if (guest->type == GUEST_QEMU && guest_is_cdrom(value))
		return "you can't move a cdrom";
	if (!volid)
		return arena_printf(arena, "disk '%s' has no associated volume",
				    move->disk);
	if (guest->type == GUEST_LXC && guest->running)
		return "cannot move volumes of a running container";
	if (guest->type == GUEST_QEMU && !strncmp(volid, move->storage, len) &&
	    volid[len] == ':' &&
	    (!move->format || !ending || !strcmp(ending + 1, move->format)))
		return "you can't move to the same storage with same format";
	if (move->remove && snapshot_uses(guest, volid))
		return guest->type == GUEST_LXC
			       ? "you can't move a volume with snapshots and delete the "
				 "source"
			       : "you can't move a disk with snapshots and delete the "
				 "source";
	return NULL;
}

static struct move move_of(const struct task *task)
{
	return (struct move){ .disk = task_text(task, "disk"),
			      .storage = task_text(task, "storage"),
			      .format = task_text(task, "format"),
			      .digest = task_text(task, "digest"),
			      .remove = task_number(task, "delete") };
}

/* The words before the copy. PVE 9 tells more. */
static void log_begin(const struct world *world, struct task *task,
		      const struct guest *guest, const char *volid,
		      const struct volume *fresh)
{
	if (guest->type == GUEST_LXC) {
		image_log_made(world, task, fresh);
		return;
	}
	if (world->pve >= 9)
		task_log(task,
			 "copying volume '%s' from current storage '%.*s' to target "
			 "storage '%s'",
			 volid, (int)strcspn(volid, ":"), volid,
			 task_text(task, "storage"));
	task_log(task, "create full clone of drive %s (%s)", task_text(task, "disk"),
		 volid);
	image_log_made(world, task, fresh);
	if (guest->running)
		task_log(task, "drive mirror is starting for drive-%s",
			 task_text(task, "disk"));
	else
		image_log_copy_begins(world, task, fresh->volid, fresh->size);
}

static void log_copied(struct arena *arena, struct world *world, struct task *task,
		       const struct guest *guest, uint64_t size)
{
	const char *human = image_human_size(arena, size);
	const char *disk = task_text(task, "disk");

	if (guest->type == GUEST_LXC) {
		image_log_filesystem(world, task, size);
	} else if (!guest->running) {
		image_log_copied(task, size);
	} else {
		task_log(task, "drive-%s: transferred %s of %s (100.00%%), ready", disk,
			 human, human);
		task_log(task, "all 'mirror' jobs are ready");
		task_log(task, "drive-%s: Completing block job...", disk);
		task_log(task, "drive-%s: Completed successfully.", disk);
		task_log(task, "drive-%s: mirror-job finished", disk);
	}
}

/* Room on the target: its volume is noted for the steps after, and for the undo. */
static void begin_copy(struct arena *arena, struct world *world, struct task *task,
		       struct guest *guest)
{
	struct storage *storage = world_storage(world, task_text(task, "storage"));
	const char *disk = task_text(task, "disk"), *kind = task_text(task, "format");
	const char *volid = guest_volid(arena, guest_get(guest, disk)), *fresh;
	const struct volume *old = volume_find(world, guest->node, volid), *made;

	if (!old || !storage || storage->disabled) {
		task_fail(world, task, "storage migration failed: %s '%s' %s",
			  old ? "storage" : "volume",
			  old ? task_text(task, "storage") : volid,
			  old && storage ? "is disabled" : "does not exist");
		return;
	}
	if (!storage_is_file(storage) || guest->type == GUEST_LXC)
		kind = "raw";
	else if (!kind)
		kind = old->format;
	fresh = volume_disk_name(arena, world, storage, guest->node, guest->vmid, kind,
				 NULL);
	made = volume_add(world, storage, guest->node, fresh, guest->vmid, old->size,
			  old->content, kind, NULL);
	props_set(task->args, "fresh", fresh);
	log_begin(world, task, guest, volid, made);
	task_later(world, task,
		   storage_copy(world, storage, made->size,
				1024.0 * task_number(task, "bwlimit")));
}

static void end_copy(struct arena *arena, struct world *world, struct task *task,
		     struct guest *guest)
{
	const char *disk = task_text(task, "disk"), *fresh = task_text(task, "fresh");
	const char *value = guest_get(guest, disk), *volid = guest_volid(arena, value);

	log_copied(arena, world, task, guest,
		   volume_find(world, guest->node, fresh)->size);
	guest_set(world, guest, disk, disk_with_volume(arena, value, fresh));
	json_object_del(task->args, "fresh");
	if (!task_number(task, "delete")) {
		config_keep_unused(world, guest, volid);
	} else {
		if (world->pve >= 9 && guest->type == GUEST_QEMU)
			task_log(task,
				 "removing source volume '%s' after successful copy",
				 volid);
		volume_remove(world, guest->node, volid);
	}
	if (guest->type == GUEST_LXC)
		guest_unset(world, guest, "lock");
	task_end(world, task);
}

/* A VM holds its lock file all the time; a container was given the lock "disk". */
static void copy(struct arena *arena, struct world *world, struct task *task,
		 struct guest *guest)
{
	struct move move = move_of(task);
	const char *why;

	if (task->step > 0) {
		end_copy(arena, world, task, guest);
		return;
	}
	if (guest->type == GUEST_QEMU && !job_unlocked(world, task, guest))
		return;
	why = guest->type == GUEST_QEMU ? move_refused(arena, guest, &move) : NULL;
	if (why)
		task_fail(world, task, "%s", why);
	else
		begin_copy(arena, world, task, guest);
}

/* --- to another guest --- */

static const char *slot_taken(struct arena *arena, const struct guest *from,
			      const struct guest *to, const struct move *move)
{
	if (from->type == GUEST_LXC)
		return arena_printf(arena,
				    "Target volume key '%s' is already in use for "
				    "container '%u'",
				    move->target_disk, to->vmid);
	return arena_printf(arena, "Target disk key '%s' is already in use for VM '%u'",
			    move->target_disk, to->vmid);
}

static const char *volume_stays(struct arena *arena, const struct guest *from,
				const struct move *move)
{
	const char *value = guest_get(from, move->disk);
	const char *volid = value ? guest_volid(arena, value) : NULL;
	bool ct = from->type == GUEST_LXC;

	if (!value)
		return ct ? arena_printf(arena, "Source volume key '%s' does not exist",
					 move->disk)
			  : arena_printf(arena, "Disk '%s' for VM '%u' does not exist",
					 move->disk, from->vmid);
	if (!ct && guest_is_cdrom(value))
		return "CD drive contents can't be moved to another VM";
	if (!volid)
		return arena_printf(arena, "disk '%s' has no associated volume",
				    move->disk);
	if (snapshot_uses(from, volid))
		return ct ? "Can't move a volume that is used by a snapshot to another "
			    "container"
			  : "Can't move disk used by a snapshot to another VM";
	if (!from->running || str_starts(move->disk, "unused"))
		return NULL;
	return ct ? "Cannot move volume while the source container is running"
		  : "Cannot move disk to another VM while the source VM is running - "
		    "detach "
		    "first";
}

const char *reassign_refused(struct arena *arena, const struct guest *from,
			     const struct guest *to, const struct move *move)
{
	const struct guest *locked = guest_lock(from) ? from : to;
	const char *word = from->type == GUEST_LXC ? "CT" : "VM";

	if (strcmp(from->node, to->node) != 0)
		return arena_printf(arena,
				    "Both %ss need to be on the same node (%s) but "
				    "target %s is "
				    "on %s.",
				    word, from->node, word, to->node);
	if (guest_lock(locked))
		return arena_printf(arena, "%s is locked (%s)", word, guest_lock(locked));
	if (guest_is_template(from) || guest_is_template(to))
		return arena_printf(arena, "Can't move %ss from or to template %ss",
				    from->type == GUEST_LXC ? "volume" : "disk", word);
	if (digest_differs(arena, move->digest, from))
		return arena_printf(arena, "%s %u: " MODIFIED, word, from->vmid);
	if (digest_differs(arena, move->target_digest, to))
		return arena_printf(arena, "%s %u: " MODIFIED, word, to->vmid);
	if (guest_get(to, move->target_disk))
		return slot_taken(arena, from, to, move);
	return volume_stays(arena, from, move);
}

/* The volume is called after its new owner. */
static const char *renamed(struct arena *arena, struct world *world,
			   struct volume *volume, const struct guest *to)
{
	const struct storage *storage = volume_storage(world, volume->volid);
	const char *fresh = volume_disk_name(arena, world, storage, to->node, to->vmid,
					     volume->format, volume->parent);

	free(volume->volid);
	volume->volid = xstrdup(fresh);
	volume->vmid = to->vmid;
	return fresh;
}

static void reassign(struct arena *arena, struct world *world, struct task *task,
		     struct guest *from, struct guest *to)
{
	struct move move = move_of(task);
	const char *why, *value;
	struct volume *volume;

	move.target_disk = task_text(task, "target-disk");
	move.target_digest = task_text(task, "target-digest");
	why = reassign_refused(arena, from, to, &move);
	if (why) {
		task_fail(world, task, "%s", why);
		return;
	}
	if (task->step == 0) {
		task_log(task, "moving %s '%s' from %s '%u' to '%u'",
			 from->type == GUEST_LXC ? "volume" : "disk", move.disk,
			 from->type == GUEST_LXC ? "container" : "VM", from->vmid,
			 to->vmid);
		task_later(world, task, REASSIGN_SECONDS);
		return;
	}
	value = guest_get(from, move.disk);
	volume = volume_find(world, from->node, guest_volid(arena, value));
	if (!volume) {
		task_fail(world, task, "volume '%s' does not exist",
			  guest_volid(arena, value));
		return;
	}
	value = disk_with_volume(arena, value, renamed(arena, world, volume, to));
	task_log(task, "removing %s '%s' from %s '%u' config",
		 from->type == GUEST_LXC ? "volume" : "disk", move.disk,
		 from->type == GUEST_LXC ? "container" : "VM", from->vmid);
	guest_unset(world, from, move.disk);
	guest_set(world, to, move.target_disk,
		  str_starts(move.target_disk, "unused") ? guest_volid(arena, value)
							 : value);
	task_end(world, task);
}

void move_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	unsigned target = task_number(task, "target-vmid");
	struct arena *arena;

	if (!guest)
		return;
	arena = arena_create();
	if (!target)
		copy(arena, world, task, guest);
	else if (!world_guest(world, target))
		task_fail(world, task, "Configuration file '%s' does not exist",
			  guest_path(arena, task->node, guest->type, target));
	else if (task_lock(world, task, guest->type, target, 10))
		reassign(arena, world, task, guest, world_guest(world, target));
	arena_destroy(arena);
}

/* What was copied so far is in the way. */
void move_undo(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));

	if (!guest)
		return;
	if (task_text(task, "fresh"))
		volume_remove(world, guest->node, task_text(task, "fresh"));
	if (guest->type == GUEST_LXC && str_equal(guest_lock(guest), "disk"))
		guest_unset(world, guest, "lock");
}
