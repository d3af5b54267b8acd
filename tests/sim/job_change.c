/* Config changes by POST, resize, destroy. */
#include "acl.h"
#include "base/text.h"
#include "config.h"
#include "disk.h"
#include "guest.h"
#include "ha.h"
#include "jobs.h"
#include "props.h"
#include "volume.h"

#include <string.h>

#define RESIZE_SECONDS 0.08
#define CONFIG_SECONDS 0.02

static char **names(struct arena *arena, const json_t *list, size_t *count)
{
	char **out;
	size_t i;

	*count = json_array_size(list);
	out = arena_array(arena, char *, *count + 1);
	for (i = 0; i < *count; i++)
		out[i] = arena_strdup(arena, json_string_value(json_array_get(list, i)));
	return out;
}

static bool digest_differs(struct arena *arena, const struct task *task,
			   const struct guest *guest)
{
	const char *digest = task_text(task, "digest");

	return digest && strcmp(digest, guest_digest(arena, guest)) != 0;
}

/* Is there a character beyond Latin-1? Their UTF-8 starts with larger bytes. */
static bool is_wide(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0xc4)
			return true;
	return false;
}

/* Each byte as the Latin-1 character that it is taken for. */
static char *misread(struct arena *arena, const char *text)
{
	struct text out;

	text_init(&out, arena);
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte >= 0x80) {
			text_addc(&out, (char)(0xc0 | byte >> 6));
			byte = 0x80 | (byte & 0x3f);
		}
		text_addc(&out, (char)byte);
	}
	return arena_strdup(arena, text_str(&out));
}

/*
 * The worker prints what it changes. To a log without an encoding Perl writes Latin-1; text
 * that does not fit goes out as UTF-8, under protest, and is read back byte by byte.
 */
static void log_change(struct arena *arena, const struct world *world, struct task *task,
		       unsigned vmid, const struct config_change *change)
{
	char *text =
		arena_printf(arena, "update VM %u:%s", vmid, config_words(arena, change));
	char **lines;
	size_t count;

	if (is_wide(text)) {
		task_log(task,
			 "Wide character in print at /usr/share/perl5/PVE/API2/Qemu.pm "
			 "line %d.",
			 world->pve >= 9 ? 2259 : 2160);
		text = misread(arena, text);
	}
	count = str_split(arena, text, "\n", &lines);
	for (size_t i = 0; i < count; i++)
		task_log(task, "%s", lines[i]);
}

void qmconfig_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	struct config_change change = { .set = json_object_get(task->args, "set"),
					.log = task };
	const char *why = NULL;
	struct arena *arena;

	if (!guest)
		return;
	if (task->step == 0) {
		task_later(world, task, CONFIG_SECONDS);
		return;
	}
	arena = arena_create();
	change.unset =
		names(arena, json_object_get(task->args, "delete"), &change.unset_count);
	change.revert =
		names(arena, json_object_get(task->args, "revert"), &change.revert_count);
	change.force = task_number(task, "force");
	if (digest_differs(arena, task, guest)) {
		task_fail(world, task, "checksum mismatch (file change by other user?)");
	} else if (guest_lock(guest) && !task_number(task, "skiplock")) {
		task_fail(world, task, "VM is locked (%s)", guest_lock(guest));
	} else {
		log_change(arena, world, task, guest->vmid, &change);
		if (config_apply(arena, world, guest, &change, &why))
			task_end(world, task);
		else
			task_fail(world, task, "%s", why);
	}
	arena_destroy(arena);
}

/* Bytes that "+5G", "32G" or "1073741824" ask for, from `now`. */
static uint64_t wanted_size(const char *size, uint64_t now)
{
	uint64_t bytes = 0;

	size_read(size + (*size == '+'), &bytes);
	return *size == '+' ? now + bytes : bytes;
}

static const char *cannot_resize(struct arena *arena, const struct task *task,
				 const struct guest *guest, const char *disk,
				 const char *value)
{
	if (guest->type == GUEST_QEMU && digest_differs(arena, task, guest))
		return "checksum mismatch (file change by other user?)";
	if (guest_lock(guest))
		return arena_printf(arena, "%s is locked (%s)", guest_word(guest->type),
				    guest_lock(guest));
	if (!value)
		return arena_printf(arena, "disk '%s' does not exist", disk);
	if (guest_is_cdrom(value))
		return "you can't resize a cdrom";
	if (json_object_size(guest->snapshots) > 0 &&
	    str_ends(guest_volid(arena, value), ".qcow2"))
		return arena_printf(arena, "can't resize volume: %s if snapshot exists",
				    disk);
	return NULL;
}

static void resize(struct arena *arena, struct world *world, struct task *task,
		   struct guest *guest)
{
	const char *disk = task_text(task, "disk"), *value = guest_get(guest, disk);
	uint64_t now = value ? disk_size(guest->type, disk, value) : 0;
	uint64_t wanted = wanted_size(task_text(task, "size"), now);
	const char *why = cannot_resize(arena, task, guest, disk, value);
	struct volume *volume;

	if (why) {
		task_fail(world, task, "%s", why);
		return;
	}
	if (wanted < now) {
		task_fail(world, task, "shrinking disks is not supported");
		return;
	}
	volume = volume_find(world, guest->node, guest_volid(arena, value));
	if (!volume) {
		task_fail(world, task, "volume '%s' does not exist",
			  guest_volid(arena, value));
		return;
	}
	if (wanted > now) {
		volume->size = wanted;
		guest_set(world, guest, disk,
			  disk_resized(arena, guest->type, disk, value, wanted));
		if (!guest->running) /* else QEMU does it, which says nothing */
			task_log(task, "Image resized.");
	}
	task_end(world, task);
}

void resize_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	struct arena *arena;

	if (!guest)
		return;
	if (task->step == 0) {
		task_later(world, task, node_work(world, task->node, RESIZE_SECONDS));
		return;
	}
	arena = arena_create();
	resize(arena, world, task, guest);
	arena_destroy(arena);
}

struct base {
	struct arena *arena;
	const char *volid; /* that has clones, or NULL */
};

static void note_base(struct world *world, struct guest *guest, const char *volid,
		      void *with)
{
	struct base *base = with;

	(void)guest;
	if (volume_in_use(world, volid))
		base->volid = arena_strdup(base->arena, volid);
}

/* Also what no config names any more. */
static void remove_unreferenced(struct world *world, unsigned vmid)
{
	for (size_t i = world->volume_count; i-- > 0;)
		if (world->volumes[i]->vmid == vmid)
			volume_remove(world, world->volumes[i]->node,
				      world->volumes[i]->volid);
}

static void destroy(struct arena *arena, struct world *world, struct task *task,
		    struct guest *guest)
{
	struct base base = { .arena = arena };
	unsigned vmid = guest->vmid;

	guest_each_volume(world, guest, note_base, &base);
	if (base.volid) {
		task_fail(world, task,
			  "base volume '%s' is still in use by linked cloned",
			  base.volid);
		return;
	}
	if (task_number(task, "purge"))
		task_log(task, "purging %s %u from related configurations..",
			 guest_word(guest->type), vmid);
	ha_forget(world, ha_sid(arena, guest));
	guest_scrap(world, vmid);
	acl_drop_path(world, arena_printf(base.arena, "/vms/%u", vmid));
	if (task_number(task, "destroy-unreferenced-disks"))
		remove_unreferenced(world, vmid);
	task_end(world, task);
}

void destroy_step(struct world *world, struct task *task)
{
	struct guest *guest = job_locked_guest(world, task);
	struct arena *arena;

	if (!guest)
		return;
	if (task->step == 0) {
		if (!job_unlocked(world, task, guest))
			return;
		if (guest->running && !task_number(task, "force")) {
			task_fail(world, task, "VM %u is running - destroy failed",
				  guest->vmid);
			return;
		}
		guest->running = false;
		task_later(world, task, node_work(world, task->node, 0.03));
		return;
	}
	arena = arena_create();
	destroy(arena, world, task, guest);
	arena_destroy(arena);
}
