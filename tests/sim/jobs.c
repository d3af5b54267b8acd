#include "jobs.h"

#include "guest.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <string.h>
#include <time.h>

#define LOCK_SECONDS 10

const struct job jobs[] = {
	{ "qmclone", qmclone_step, qmclone_undo, 3, clone_stopped },
	{ "vzclone", vzclone_step, vzclone_undo, 2, clone_stopped },
	{ "qmcreate", qmcreate_step, create_undo, 2, NULL },
	{ "vzcreate", vzcreate_step, create_undo, 2, NULL },
	{ "qmstart", start_step, NULL, 1, NULL },
	{ "vzstart", start_step, NULL, 1, NULL },
	{ "qmstop", stop_step, NULL, 1, NULL },
	{ "vzstop", stop_step, NULL, 1, NULL },
	{ "qmshutdown", shutdown_step, NULL, 1, NULL },
	{ "vzshutdown", shutdown_step, NULL, 1, NULL },
	{ "qmreboot", reboot_step, NULL, 1, NULL },
	{ "vzreboot", reboot_step, NULL, 1, NULL },
	{ "qmpause", pause_step, NULL, 1, NULL },
	{ "qmsuspend", suspend_step, suspend_undo, 1, NULL },
	{ "qmresume", resume_step, NULL, 1, NULL },
	{ "qmreset", reset_step, NULL, 1, NULL },
	{ "vzsuspend", freeze_step, NULL, 1, NULL },
	{ "vzresume", freeze_step, NULL, 1, NULL },
	{ "qmsnapshot", snapshot_step, snapshot_undo, 1, NULL },
	{ "vzsnapshot", snapshot_step, snapshot_undo, 1, NULL },
	{ "qmrollback", rollback_step, NULL, 1, NULL },
	{ "vzrollback", rollback_step, NULL, 1, NULL },
	{ "qmdelsnapshot", delsnapshot_step, NULL, 1, NULL },
	{ "vzdelsnapshot", delsnapshot_step, NULL, 1, NULL },
	{ "qmigrate", migrate_step, migrate_undo, 1 },
	{ "vzmigrate", migrate_step, migrate_undo, 1 },
	{ "hastart", ha_step, NULL, 1 },
	{ "hastop", ha_step, NULL, 1 },
	{ "hamigrate", ha_step, NULL, 1 },
	{ "qmtemplate", template_step, NULL, 1, NULL },
	{ "vztemplate", template_step, NULL, 1, NULL },
	{ "vzdump", vzdump_step, vzdump_undo, 2, NULL },
	{ "qmrestore", restore_step, NULL, 1, NULL },
	{ "vzrestore", restore_step, NULL, 1, NULL },
	{ "imgcopy", imgcopy_step, NULL, 1, NULL },
	{ "imgdel", imgdel_step, NULL, 1, NULL },
	{ "download", download_step, NULL, 1, NULL },
	{ "srvreload", srvreload_step, NULL, 1, NULL },
	{ "startall", startall_step, NULL, 1, NULL },
	{ "stopall", stopall_step, NULL, 1, NULL },
	{ "reloadnetworkall", reloadall_step, NULL, 1, NULL },
	{ "qmconfig", qmconfig_step, NULL, 1, NULL },
	{ "resize", resize_step, NULL, 1, NULL },
	{ "qmdestroy", destroy_step, NULL, 1, NULL },
	{ "vzdestroy", destroy_step, NULL, 1, NULL },
	{ "qmclone", qmclone_step, qmclone_undo, 3 },
	{ "vzclone", vzclone_step, vzclone_undo, 2 },
	{ "qmcreate", qmcreate_step, create_undo, 2 },
	{ "vzcreate", vzcreate_step, create_undo, 2 },
	{ "qmstart", start_step, NULL, 1 },
	{ "vzstart", start_step, NULL, 1 },
	{ "qmstop", stop_step, NULL, 1 },
	{ "vzstop", stop_step, NULL, 1 },
	{ "qmshutdown", shutdown_step, NULL, 1 },
	{ "vzshutdown", shutdown_step, NULL, 1 },
	{ "qmreboot", reboot_step, NULL, 1 },
	{ "vzreboot", reboot_step, NULL, 1 },
	{ "qmpause", pause_step, NULL, 1 },
	{ "qmsuspend", suspend_step, suspend_undo, 1 },
	{ "qmresume", resume_step, NULL, 1 },
	{ "qmreset", reset_step, NULL, 1 },
	{ "vzsuspend", freeze_step, NULL, 1 },
	{ "vzresume", freeze_step, NULL, 1 },
	{ "qmsnapshot", snapshot_step, snapshot_undo, 1 },
	{ "vzsnapshot", snapshot_step, snapshot_undo, 1 },
	{ "qmrollback", rollback_step, NULL, 1 },
	{ "vzrollback", rollback_step, NULL, 1 },
	{ "qmdelsnapshot", delsnapshot_step, NULL, 1 },
	{ "vzdelsnapshot", delsnapshot_step, NULL, 1 },
	{ "qmmove", move_step, move_undo, 1 },
	{ "move_volume", move_step, move_undo, 1 },
	{ "qmtemplate", template_step, NULL, 1 },
	{ "vztemplate", template_step, NULL, 1 },
	{ "qmconfig", qmconfig_step, NULL, 1 },
	{ "resize", resize_step, NULL, 1 },
	{ "qmdestroy", destroy_step, NULL, 1 },
	{ "vzdestroy", destroy_step, NULL, 1 },
};
const size_t jobs_count = sizeof(jobs) / sizeof(jobs[0]);

static enum guest_type type_of(const struct task *task)
{
	const char *type = task_text(task, "type");

	return task->type[0] == 'v' || (type && !strcmp(type, "lxc")) ? GUEST_LXC
								      : GUEST_QEMU;
}

char *job_stamp(struct arena *arena, double now)
{
	char *out = arena_alloc(arena, 20, 1);
	time_t seconds = (time_t)now;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(out, 20, "%Y-%m-%d %H:%M:%S", &tm);
	return out;
}

struct guest *job_guest(struct world *world, struct task *task)
{
	struct guest *guest = world_guest(world, task_number(task, "vmid"));
	struct arena *arena;

	if (guest && guest->type == type_of(task) && !strcmp(guest->node, task->node))
		return guest;
	arena = arena_create();
	task_fail(
		world, task, "Configuration file '%s' does not exist",
		guest_path(arena, task->node, type_of(task), task_number(task, "vmid")));
	arena_destroy(arena);
	return NULL;
}

struct guest *job_locked_guest(struct world *world, struct task *task)
{
	struct guest *guest = job_guest(world, task);

	return guest && task_lock(world, task, guest->type, guest->vmid, LOCK_SECONDS)
		       ? guest
		       : NULL;
}

bool job_unlocked(struct world *world, struct task *task, const struct guest *guest)
{
	if (!guest_lock(guest) || task_number(task, "skiplock"))
		return true;
	task_fail(world, task, "%s is locked (%s)", guest_word(guest->type),
		  guest_lock(guest));
	return false;
}

static void remove_volume(struct world *world, struct guest *guest, const char *volid,
			  void *with)
{
	(void)with;
	volume_remove(world, guest->node, volid);
}

void guest_scrap(struct world *world, unsigned vmid)
{
	struct guest *guest = world_guest(world, vmid);

	if (!guest)
		return;
	guest_each_volume(world, guest, remove_volume, NULL);
	world_guest_remove(world, guest);
}

char *card_print(struct arena *arena, struct world *world, enum guest_type type,
		 const char *value)
{
	const struct schema *format =
		type == GUEST_LXC ? lxc_net_format : qemu_net_format;
	const char *key = type == GUEST_LXC ? "hwaddr" : "macaddr";
	json_t *props = props_read(format, value);
	const char *prefix = props_get(world->options, "mac_prefix");
	char mac[MAC_LEN + 1];
	char *out;

	if (!props_get(props, key)) {
		chance_mac(&world->chance, prefix ? prefix : "BC:24:11", mac);
		props_set(props, key, mac);
	}
	if (type == GUEST_LXC && !props_get(props, "type"))
		props_set(props, "type", "veth");
	out = props_print(arena, format, props);
	json_decref(props);
	return out;
}

/* Take the MAC out of a card, so that it gets a new one. */
static char *card_without_mac(struct arena *arena, enum guest_type type,
			      const char *value)
{
	const struct schema *format =
		type == GUEST_LXC ? lxc_net_format : qemu_net_format;
	json_t *props = props_read(format, value);
	char *out;

	json_object_del(props, type == GUEST_LXC ? "hwaddr" : "macaddr");
	out = props_print(arena, format, props);
	json_decref(props);
	return out;
}

void guest_new_identity(struct world *world, enum guest_type type, json_t *config)
{
	struct arena *arena = arena_create();
	json_t *fresh = json_object();
	char uuid[UUID_LEN + 1];
	const char *name;
	json_t *value, *smbios;

	json_object_foreach (config, name, value)
		if (option_is_card(name))
			props_set(fresh, name,
				  card_print(arena, world, type,
					     card_without_mac(arena, type,
							      json_string_value(value))));
	if (type == GUEST_QEMU) {
		smbios = props_read(qemu_smbios_format, props_get(config, "smbios1"));
		chance_uuid(&world->chance, uuid);
		props_set(smbios, "uuid", uuid);
		props_set(fresh, "smbios1",
			  props_print(arena, qemu_smbios_format, smbios));
		json_decref(smbios);
		if (props_get(config, "vmgenid")) {
			chance_uuid(&world->chance, uuid);
			props_set(fresh, "vmgenid", uuid);
		}
	}
	json_object_update(config, fresh);
	json_decref(fresh);
	arena_destroy(arena);
}
