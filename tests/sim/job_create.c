/* New guests. PVE: PVE::API2::Qemu create_vm, PVE::API2::LXC create_vm. */
#include "base/text.h"
#include "config.h"
#include "disk.h"
#include "guest.h"
#include "image.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <string.h>

/* The arguments of a create task: vmid, options (texts), pool, start, ostemplate. */

static const json_t *options(const struct task *task)
{
	return json_object_get(task->args, "options");
}

static bool make_disks(struct world *world, struct task *task, struct guest *guest)
{
	json_t *names = guest_disks(guest->type, options(task)), *done = json_object();
	struct arena *arena = arena_create();
	const char *why = NULL;
	json_t *name;
	size_t i;

	json_object_set_new(task->args, "made", done);
	json_array_foreach (names, i, name) {
		const char *option = json_string_value(name);
		char *made = disk_make(arena, world, guest, option,
				       props_get(options(task), option), task, &why);

		if (!made)
			break;
		props_set(done, option, made); /* the undo finds it there */
	}
	if (why)
		task_fail(world, task, "unable to create %s %u - %s",
			  guest_word(guest->type), guest->vmid, why);
	json_decref(names);
	arena_destroy(arena);
	return !why;
}

static double disks_seconds(struct world *world, struct task *task, struct guest *guest)
{
	json_t *names = guest_disks(guest->type, options(task)), *name;
	struct arena *arena = arena_create();
	double seconds = 0.02;
	size_t i;

	json_array_foreach (names, i, name)
		seconds +=
			disk_seconds(arena, world, guest, json_string_value(name),
				     props_get(options(task), json_string_value(name)));
	json_decref(names);
	arena_destroy(arena);
	return seconds;
}

/* First disk, first CD, first card. PVE: PVE::QemuServer get_default_bootdevices. */
static void default_boot(struct arena *arena, struct world *world, struct guest *guest)
{
	static const char *const disks[] = { "ide0", "scsi0", "virtio0", "sata0", NULL };
	struct text order;
	size_t count = 0;

	text_init(&order, arena);
	for (size_t i = 0; disks[i] && !count; i++) {
		const char *value = guest_get(guest, disks[i]);

		if (value && !guest_is_cdrom(value))
			text_addf(&order, "%s%s", count++ ? ";" : "order=", disks[i]);
	}
	for (unsigned i = 0; i < 4; i++) {
		char name[8];

		snprintf(name, sizeof(name), "ide%u", i);
		if (guest_get(guest, name) && guest_is_cdrom(guest_get(guest, name))) {
			text_addf(&order, "%s%s", count++ ? ";" : "order=", name);
			break;
		}
	}
	if (guest_get(guest, "net0"))
		text_addf(&order, "%snet0", count++ ? ";" : "order=");
	if (count)
		guest_set(world, guest, "boot", text_str(&order));
}

static void put_options(struct arena *arena, struct world *world, struct task *task,
			struct guest *guest)
{
	const char *name;
	json_t *json;

	json_object_update(guest->config, json_object_get(task->args, "made"));
	json_object_foreach ((json_t *)(uintptr_t)options(task), name, json) {
		const char *value = json_string_value(json);

		if (option_is_disk(guest->type, name))
			continue;
		if (option_is_card(name))
			value = card_print(arena, world, guest->type, value);
		else if (!strcmp(name, "tags") &&
			 (guest->type == GUEST_LXC || world->pve >= 9))
			value = guest_tags(arena, world, value);
		else if (!strcmp(name, "description"))
			value = guest_description(arena, guest->type, value);
		guest_set(world, guest, name, value);
	}
}

static void default_option(struct world *world, struct guest *guest, const char *option,
			   const char *value)
{
	if (!guest_get(guest, option))
		guest_set(world, guest, option, value);
}

static void qemu_defaults(struct arena *arena, struct world *world, struct guest *guest)
{
	char uuid[UUID_LEN + 1];

	if (!guest_get(guest, "boot"))
		default_boot(arena, world, guest);
	chance_uuid(&world->chance, uuid);
	default_option(world, guest, "smbios1", arena_printf(arena, "uuid=%s", uuid));
	chance_uuid(&world->chance, uuid);
	default_option(world, guest, "vmgenid", uuid);
	guest_set(world, guest, "meta",
		  arena_printf(arena, "creation-qemu=%s,ctime=%lld",
			       world->pve >= 9 ? "10.1.2" : "9.2.0",
			       (long long)world->now));
}

/* What runs after a create with start=1 is a second task; that it failed only warns. */
static void finish(struct world *world, struct task *task, struct guest *guest)
{
	const char *pool = task_text(task, "pool");
	bool start = task_number(task, "start");
	json_t *args;

	guest_unset(world, guest, "lock");
	if (pool)
		world_pool_join(world, pool, guest->vmid);
	task_end(world, task);
	if (start && task->status && strcmp(task->status, "OK") == 0) {
		args = json_pack("{s:i, s:s}", "vmid", (int)guest->vmid, "type",
				 guest_kind(guest->type));
		task_start(world, guest->node,
			   guest->type == GUEST_LXC ? "vzstart" : "qmstart", task->id,
			   task->user, args);
	}
}

void qmcreate_step(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));
	struct arena *arena;

	if (!guest) {
		task_fail(world, task,
			  "unable to create VM %s - configuration file vanished",
			  task->id);
		return;
	}
	if (!task_lock(world, task, GUEST_QEMU, guest->vmid, 1))
		return;
	switch (task->step) {
	case 0:
		task_later(world, task, disks_seconds(world, task, guest));
		return;
	case 1:
		if (make_disks(world, task, guest))
			task_later(world, task, 0.01);
		return;
	default:
		arena = arena_create();
		put_options(arena, world, task, guest);
		qemu_defaults(arena, world, guest);
		arena_destroy(arena);
		finish(world, task, guest);
		return;
	}
}

/* The distribution is read from the unpacked files; here the archive's name tells. */
static const char *detect_ostype(const char *ostemplate)
{
	static const char *const types[] = { "debian",    "devuan", "ubuntu",   "centos",
					     "fedora",    "alpine", "opensuse", "gentoo",
					     "archlinux", "nixos",  NULL };

	for (size_t i = 0; types[i]; i++)
		if (strstr(ostemplate, types[i]))
			return types[i];
	return "unmanaged";
}

static void lxc_defaults(struct arena *arena, struct world *world, struct task *task,
			 struct guest *guest)
{
	default_option(world, guest, "hostname",
		       arena_printf(arena, "CT%u", guest->vmid));
	default_option(world, guest, "memory", "512");
	default_option(world, guest, "swap", "512");
	default_option(world, guest, "arch", "amd64");
	default_option(world, guest, "ostype",
		       detect_ostype(task_text(task, "ostemplate")));
	if (!guest_number(guest, "unprivileged", 0))
		guest_unset(world, guest, "unprivileged");
}

/* PVE: PVE::LXC::Setup detect_architecture, which an unmanaged container has not. */
static void log_architecture(const struct world *world, struct task *task)
{
	const char *ostype = props_get(options(task), "ostype");

	if (!str_equal(ostype, "unmanaged")) {
		task_log(task, "Detected container architecture: amd64");
		return;
	}
	if (world->pve < 9) {
		task_log(task, "implement me in sub-class");
		task_log(task, " at /usr/share/perl5/PVE/LXC/Setup.pm line 146.");
		task_log(task, "Architecture detection failed: error in setup task "
			       "(eval)");
	}
	task_log(task, "Falling back to amd64.");
	task_log(task, "Use `pct set VMID --arch ARCH` to change.");
}

void vzcreate_step(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));
	const char *ostemplate = task_text(task, "ostemplate");
	const struct volume *archive;
	struct arena *arena;

	if (!guest) {
		task_fail(world, task,
			  "unable to create CT %s - configuration file vanished",
			  task->id);
		return;
	}
	if (!task_lock(world, task, GUEST_LXC, guest->vmid, 1))
		return;
	archive = volume_find(world, guest->node, ostemplate);
	switch (task->step) {
	case 0:
		task_later(world, task, 0.1 + disks_seconds(world, task, guest));
		return;
	case 1:
		if (!make_disks(world, task, guest))
			return;
		if (!archive) {
			if (world->pve >= 9)
				task_log(task, "volume '%s' does not exist", ostemplate);
			task_fail(world, task,
				  "unable to create CT %u - volume '%s' does not exist",
				  guest->vmid, ostemplate);
			return;
		}
		arena = arena_create();
		task_log(task, "extracting archive '%s'",
			 image_path(arena, world, ostemplate));
		arena_destroy(arena);
		task_later(world, task, 1 + node_work(world, guest->node, 1));
		return;
	default:
		log_architecture(world, task);
		arena = arena_create();
		put_options(arena, world, task, guest);
		lxc_defaults(arena, world, task, guest);
		arena_destroy(arena);
		finish(world, task, guest);
		return;
	}
}

void create_undo(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));
	struct arena *arena = arena_create();
	const char *name;
	json_t *value;

	json_object_foreach (json_object_get(task->args, "made"), name, value) {
		char *volid = guest_volid(arena, json_string_value(value));

		if (guest && volid && volume_owner(volid) == guest->vmid)
			volume_remove(world, guest->node, volid);
	}
	guest_scrap(world, task_number(task, "vmid"));
	arena_destroy(arena);
}
