/*
 * vzdump: one guest after the other, one job at a time on a node.
 * PVE: PVE::VZDump exec_backup, exec_backup_task.
 */
#include "base/text.h"
#include "disk.h"
#include "guest.h"
#include "image.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define WAIT_SECONDS 1

/*
 * The arguments: vms (still to do), storage, mode, compress, notes-template, protected, remove,
 * prune-backups; while at one: now (its vmid), archive; failed: how many were not backed up.
 */

static const char *argument(const struct task *task, const char *name,
			    const char *otherwise)
{
	const char *value = task_text(task, name);

	return value ? value : otherwise;
}

/* Another job of this node that began before has the lock of all. */
static bool is_first(const struct world *world, const struct task *task)
{
	for (size_t i = 0; i < world->task_count && world->tasks[i] != task; i++)
		if (!strcmp(world->tasks[i]->type, task->type) &&
		    !strcmp(world->tasks[i]->node, task->node) &&
		    task_running(world->tasks[i]))
			return false;
	return true;
}

/* "2026_01_31-12_00_00" */
static char *file_stamp(struct arena *arena, double now)
{
	char *out = job_stamp(arena, now);

	for (char *at = out; *at; at++)
		*at = (char)(*at == ' ' ? '-' : *at == '-' || *at == ':' ? '_' : *at);
	return out;
}

static char *archive_name(struct arena *arena, const struct world *world,
			  const struct task *task, const struct guest *guest)
{
	static const char *const ends[][2] = { { "0", "" },
					       { "1", ".lzo" },
					       { "lzo", ".lzo" },
					       { "gzip", ".gz" },
					       { "zstd", ".zst" } };
	const char *compress = argument(task, "compress", "0"), *end = "";

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(ends[i][0], compress))
			end = ends[i][1];
	return arena_printf(arena, "%s:backup/vzdump-%s-%u-%s.%s%s",
			    task_text(task, "storage"), guest_kind(guest->type),
			    guest->vmid, file_stamp(arena, world->now),
			    guest->type == GUEST_LXC ? "tar" : "vma", end);
}

/* Bytes of its disks; each is named in the log. */
static uint64_t disks_of(struct arena *arena, struct task *log, const struct guest *guest)
{
	uint64_t bytes = 0, size;
	const char *name, *text;
	json_t *value;

	json_object_foreach (guest->config, name, value) {
		text = json_string_value(value);
		if (!option_is_disk(guest->type, name) || guest_is_cdrom(text))
			continue;
		size = disk_size(guest->type, name, text);
		bytes += size;
		task_log(log, "INFO: include %s '%s' '%s' %s",
			 guest->type == GUEST_LXC ? "mount point" : "disk", name,
			 guest_volid(arena, text), size_print(arena, size));
	}
	return bytes;
}

static void log_failed(struct arena *arena, struct world *world, struct task *task,
		       const struct guest *guest, const char *why)
{
	task_log(task, "ERROR: Backup of %s %u failed - %s", guest_word(guest->type),
		 guest->vmid, why);
	task_log(task, "INFO: Failed at %s", job_stamp(arena, world->now));
	json_object_set_new(task->args, "failed",
			    json_integer(task_number(task, "failed") + 1));
}

static void log_begin(struct arena *arena, struct world *world, struct task *task,
		      const struct guest *guest)
{
	const char *name =
		guest_get(guest, guest->type == GUEST_LXC ? "hostname" : "name");

	task_log(task, "INFO: Starting Backup of %s %u (%s)", guest_word(guest->type),
		 guest->vmid, guest_kind(guest->type));
	task_log(task, "INFO: Backup started at %s", job_stamp(arena, world->now));
	task_log(task, "INFO: status = %s", guest->running ? "running" : "stopped");
	task_log(task, "INFO: backup mode: %s",
		 guest->running ? argument(task, "mode", "snapshot") : "stop");
	task_log(task, "INFO: ionice priority: 7");
	if (name)
		task_log(task, "INFO: %s Name: %s", guest_word(guest->type), name);
}

/* The lock in the config stays when the job dies here. */
static void begin_guest(struct arena *arena, struct world *world, struct task *task,
			struct guest *guest)
{
	struct storage *storage = world_storage(world, task_text(task, "storage"));
	const char *archive = archive_name(arena, world, task, guest);
	uint64_t bytes;

	log_begin(arena, world, task, guest);
	if (guest_lock(guest) || guest->holder) {
		log_failed(arena, world, task, guest,
			   guest_lock(guest) ? arena_printf(arena, "%s is locked (%s)",
							    guest_word(guest->type),
							    guest_lock(guest))
					     : "unable to acquire lock");
		return;
	}
	bytes = disks_of(arena, task, guest);
	task_log(task, "INFO: creating vzdump archive '%s'",
		 image_path(arena, world, archive));
	guest_set(world, guest, "lock", "backup");
	json_object_set_new(task->args, "now", json_integer(guest->vmid));
	json_object_set_new(task->args, "bytes", json_integer((json_int_t)bytes));
	props_set(task->args, "archive", archive);
	task->next = world->now + 1 +
		     storage_copy(world, storage, bytes,
				  1024.0 * task_number(task, "bwlimit"));
	task->step++;
}

/* "{{guestname}} on {{node}}" with what it stands for. */
static char *fill_notes(struct arena *arena, const struct world *world,
			const struct guest *guest, const char *pattern)
{
	const char *name =
		guest_get(guest, guest->type == GUEST_LXC ? "hostname" : "name");
	const struct {
		const char *mark, *value;
	} marks[] = {
		{ "{{guestname}}", name ? name : "" },
		{ "{{node}}", guest->node },
		{ "{{vmid}}", arena_printf(arena, "%u", guest->vmid) },
		{ "{{cluster}}", world->cluster ? world->cluster : "standalone node" },
		{ "\\n", "\n" },
	};
	struct text out;

	text_init(&out, arena);
	while (*pattern) {
		size_t i = 0, count = sizeof(marks) / sizeof(marks[0]);

		while (i < count && !str_starts(pattern, marks[i].mark))
			i++;
		if (i < count)
			text_add(&out, marks[i].value);
		else
			text_addc(&out, *pattern);
		pattern += i < count ? strlen(marks[i].mark) : 1;
	}
	return arena_strdup(arena, text_str(&out));
}

static struct volume *put_archive(struct arena *arena, struct world *world,
				  struct task *task, const struct guest *guest)
{
	const char *archive = task_text(task, "archive");
	const char *notes = task_text(task, "notes-template");
	uint64_t bytes =
		(uint64_t)json_integer_value(json_object_get(task->args, "bytes"));
	struct volume *volume =
		volume_add(world, world_storage(world, task_text(task, "storage")),
			   task->node, archive, guest->vmid, bytes / 2, "backup",
			   strchr(strrchr(archive, '-'), '.') + 1, NULL);
	json_t *config = json_deep_copy(guest->config);

	json_object_del(config, "lock");
	json_object_set_new(volume->facts, "guest",
			    json_pack("{s:s, s:o}", "type", guest_kind(guest->type),
				      "config", config));
	if (notes)
		props_set(volume->facts, "notes", fill_notes(arena, world, guest, notes));
	if (task_number(task, "protected"))
		json_object_set_new(volume->facts, "protected", json_true());
	return volume;
}

/* How many are kept: 0 for all. Of the rules only keep-last counts what is made here. */
static unsigned kept(const struct world *world, const struct task *task)
{
	const struct storage *storage = world_storage(world, task_text(task, "storage"));
	const char *rule = argument(task, "prune-backups",
				    props_get(storage->config, "prune-backups"));
	const char *last = rule ? strstr(rule, "keep-last=") : NULL;

	return last && task_number(task, "remove")
		       ? (unsigned)strtoul(last + strlen("keep-last="), NULL, 10)
		       : 0;
}

/* The oldest backup of the guest that may go; how many there are is counted. */
static const struct volume *oldest(const struct world *world, const struct task *task,
				   unsigned vmid, unsigned *count)
{
	const struct storage *storage = world_storage(world, task_text(task, "storage"));
	const struct volume *found = NULL;

	*count = 0;
	for (size_t i = 0; i < world->volume_count; i++) {
		const struct volume *volume = world->volumes[i];

		if (strcmp(volume->content, "backup") != 0 || volume->vmid != vmid ||
		    volume_storage(world, volume->volid) != storage ||
		    volume_is_protected(volume))
			continue;
		++*count;
		if (!found || volume->ctime < found->ctime)
			found = volume;
	}
	return found;
}

static void prune(struct world *world, struct task *task, unsigned vmid)
{
	unsigned keep = kept(world, task), count, gone = 0;
	const struct volume *volume;

	if (!keep)
		return;
	task_log(task, "INFO: prune older backups with retention: keep-last=%u", keep);
	while ((volume = oldest(world, task, vmid, &count)) && count > keep) {
		task_log(task, "INFO: removing backup '%s'", volume->volid);
		volume_remove(world, task->node, volume->volid);
		gone++;
	}
	task_log(task, "INFO: pruned %u backup(s) not covered by keep-retention policy",
		 gone);
}

static void finish_guest(struct arena *arena, struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "now"));
	const char *why = storage_unwritable(
		arena, world_storage(world, task_text(task, "storage")));
	const struct volume *volume;

	json_object_del(task->args, "now");
	if (!guest)
		return;
	if (why) {
		guest_unset(world, guest, "lock");
		log_failed(arena, world, task, guest, why);
		return;
	}
	volume = put_archive(arena, world, task, guest);
	task_log(task, "INFO: archive file size: %llu", (unsigned long long)volume->size);
	guest_unset(world, guest, "lock");
	prune(world, task, guest->vmid);
	task_log(task, "INFO: Finished Backup of %s %u (00:00:%02d)",
		 guest_word(guest->type), guest->vmid,
		 (int)(world->now - task->start) % 60);
	task_log(task, "INFO: Backup finished at %s", job_stamp(arena, world->now));
}

static void next_guest(struct arena *arena, struct world *world, struct task *task)
{
	json_t *list = json_object_get(task->args, "vms");
	struct guest *guest;
	unsigned vmid;

	while (json_array_size(list) > 0 && !json_object_get(task->args, "now")) {
		vmid = (unsigned)json_integer_value(json_array_get(list, 0));
		json_array_remove(list, 0);
		guest = world_guest(world, vmid);
		if (guest)
			begin_guest(arena, world, task, guest);
	}
	if (json_object_get(task->args, "now"))
		return;
	if (task_number(task, "failed")) {
		task_log(task, "INFO: Backup job finished with errors");
		task_fail(world, task, "job errors");
	} else {
		task_log(task, "INFO: Backup job finished successfully");
		task_end(world, task);
	}
}

/* "vzdump 105 --storage local ..." as a shell would start it. */
static void log_job(struct arena *arena, struct task *task)
{
	static const char *const keys[] = { "compress", "storage", "mode", NULL };
	struct text out;
	json_t *vmid;
	size_t i;

	text_init(&out, arena);
	json_array_foreach (json_object_get(task->args, "vms"), i, vmid)
		text_addf(&out, " %lld", (long long)json_integer_value(vmid));
	for (i = 0; keys[i]; i++)
		if (task_text(task, keys[i]))
			text_addf(&out, " --%s %s", keys[i], task_text(task, keys[i]));
	task_log(task, "INFO: starting new backup job: vzdump%s --node %s",
		 text_str(&out), task->node);
}

static bool usable(struct arena *arena, struct world *world, struct task *task)
{
	const char *name = task_text(task, "storage");
	const char *why = storage_refused(arena, world, name, task->node);

	if (!why)
		why = storage_unreachable(arena, world_storage(world, name));
	if (!why && !storage_has(world_storage(world, name), "backup"))
		why = arena_printf(
			arena, "can't use storage '%s' for backups - wrong content type",
			name);
	if (why)
		task_fail(world, task, "could not get storage information for '%s': %s",
			  name, why);
	return !why;
}

void vzdump_step(struct world *world, struct task *task)
{
	struct arena *arena = arena_create();

	if (task->step == 0 && !is_first(world, task)) {
		if (!json_array_size(task->log))
			task_log(task, "INFO: trying to get global lock - waiting...");
		task->next = world->now + WAIT_SECONDS;
	} else if (task->step == 0) {
		if (usable(arena, world, task)) {
			log_job(arena, task);
			task_later(world, task, 0);
		}
	} else {
		if (json_object_get(task->args, "now"))
			finish_guest(arena, world, task);
		next_guest(arena, world, task);
	}
	arena_destroy(arena);
}

/* Stopped by hand: the guest that it was at is free again. */
void vzdump_undo(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "now"));

	if (guest)
		guest_unset(world, guest, "lock");
}
