/* What a guest's system says about itself: a Debian 12, as the templates are named. */
#include "agent.h"
#include "disk.h"
#include "guest.h"

#include <string.h>

#define AGENT_VERSION "7.2.22"
#define BLOCK_SIZE    ((json_int_t)128 << 20)

/* The commands of the agent that Debian 12 has, and those it answers without an answer. */
static const struct {
	const char *name;
	bool off, silent;
} supported[] = {
	{ "guest-get-cpustats", .off = false },
	{ "guest-get-diskstats", .off = false },
	{ "guest-ssh-remove-authorized-keys", .off = false },
	{ "guest-ssh-add-authorized-keys", .off = false },
	{ "guest-ssh-get-authorized-keys", .off = false },
	{ "guest-get-devices", .off = true },
	{ "guest-get-osinfo", .off = false },
	{ "guest-get-timezone", .off = false },
	{ "guest-get-users", .off = false },
	{ "guest-get-host-name", .off = false },
	{ "guest-exec", .off = false },
	{ "guest-exec-status", .off = false },
	{ "guest-get-memory-block-info", .off = false },
	{ "guest-set-memory-blocks", .off = false },
	{ "guest-get-memory-blocks", .off = false },
	{ "guest-set-user-password", .off = false },
	{ "guest-get-fsinfo", .off = false },
	{ "guest-get-disks", .off = false },
	{ "guest-set-vcpus", .off = false },
	{ "guest-get-vcpus", .off = false },
	{ "guest-network-get-interfaces", .off = false },
	{ "guest-suspend-hybrid", .silent = true },
	{ "guest-suspend-ram", .silent = true },
	{ "guest-suspend-disk", .silent = true },
	{ "guest-fstrim", .off = false },
	{ "guest-fsfreeze-thaw", .off = false },
	{ "guest-fsfreeze-freeze-list", .off = false },
	{ "guest-fsfreeze-freeze", .off = false },
	{ "guest-fsfreeze-status", .off = false },
	{ "guest-file-flush", .off = false },
	{ "guest-file-seek", .off = false },
	{ "guest-file-write", .off = false },
	{ "guest-file-read", .off = false },
	{ "guest-file-close", .off = false },
	{ "guest-file-open", .off = false },
	{ "guest-shutdown", .silent = true },
	{ "guest-info", .off = false },
	{ "guest-set-time", .off = false },
	{ "guest-get-time", .off = false },
	{ "guest-ping", .off = false },
	{ "guest-sync", .off = false },
	{ "guest-sync-delimited", .off = false },
};

void agent_info(struct call *call, struct guest *guest)
{
	json_t *list = json_array();

	(void)guest;
	for (size_t i = 0; i < sizeof(supported) / sizeof(supported[0]); i++)
		json_array_append_new(
			list, json_pack("{s:s, s:b, s:b}", "name", supported[i].name,
					"enabled", !supported[i].off, "success-response",
					!supported[i].silent));
	agent_reply(call, json_pack("{s:s, s:o}", "version", AGENT_VERSION,
				    "supported_commands", list));
}

void agent_ping(struct call *call, struct guest *guest)
{
	(void)guest;
	agent_reply(call, json_object());
}

/* cloud-init took the first label of the name; without an image nobody set it. */
void agent_host_name(struct call *call, struct guest *guest)
{
	const char *name = guest_get(guest, "name");

	if (!name || !guest->image)
		name = "localhost";
	agent_reply(call,
		    json_pack("{s:s}", "host-name",
			      arena_strndup(call->arena, name, strcspn(name, "."))));
}

void agent_osinfo(struct call *call, struct guest *guest)
{
	(void)guest;
	agent_reply(call,
		    json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", "debian",
			      "name", "Debian GNU/Linux", "pretty-name",
			      "Debian GNU/Linux 12 (bookworm)", "version",
			      "12 (bookworm)", "version-id", "12", "machine", "x86_64",
			      "kernel-release", "6.1.0-56-cloud-amd64", "kernel-version",
			      "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 "
			      "(2026-11-16)"));
}

/* One file system on the disk it boots from; a fifth of it is taken. */
void agent_fsinfo(struct call *call, struct guest *guest)
{
	static const char *const disks[] = { "scsi0", "virtio0", "sata0", "ide0", NULL };
	const char *name = NULL, *value = NULL;
	json_int_t total;

	for (size_t i = 0; disks[i] && !value; i++) {
		name = disks[i];
		value = guest_get(guest, name);
	}
	if (!value) {
		agent_reply(call, json_array());
		return;
	}
	total = (json_int_t)disk_size(GUEST_QEMU, name, value) / 100 * 91;
	agent_reply(
		call,
		json_pack("[{s:s, s:s, s:s, s:I, s:I, s:[{s:s, s:s, s:s, s:i, s:i, s:i, "
			  "s:{s:i, s:i, s:i, s:i}}]}]",
			  "name", "sda1", "mountpoint", "/", "type", "ext4",
			  "total-bytes", total, "used-bytes", total / 5, "disk",
			  "bus-type", strncmp(name, "virtio", 6) ? "scsi" : "virtio",
			  "dev", "/dev/sda1", "serial",
			  arena_printf(call->arena, "0QEMU_QEMU_HARDDISK_drive-%s", name),
			  "bus", 0, "target", 0, "unit", 0, "pci-controller", "domain", 0,
			  "bus", 1, "slot", 1, "function", 0));
}

void agent_time(struct call *call, struct guest *guest)
{
	(void)guest;
	agent_reply(call, json_integer((json_int_t)(call->world->now * 1e9)));
}

void agent_timezone(struct call *call, struct guest *guest)
{
	(void)guest;
	agent_reply(call, json_pack("{s:s, s:i}", "zone", "UTC", "offset", 0));
}

/* Nobody sits at its console. */
void agent_users(struct call *call, struct guest *guest)
{
	(void)guest;
	agent_reply(call, json_array());
}

void agent_vcpus(struct call *call, struct guest *guest)
{
	long count = guest_number(guest, "cores", 1) * guest_number(guest, "sockets", 1);
	json_t *list = json_array();

	for (long i = 0; i < count; i++)
		json_array_append_new(list,
				      json_pack("{s:i, s:b, s:b}", "logical-id", (int)i,
						"online", true, "can-offline", i > 0));
	agent_reply(call, list);
}

void agent_memory_blocks(struct call *call, struct guest *guest)
{
	json_int_t count =
		((json_int_t)guest_number(guest, "memory", 512) << 20) / BLOCK_SIZE;
	json_t *list = json_array();

	for (json_int_t i = 0; i < count; i++)
		json_array_append_new(list,
				      json_pack("{s:I, s:b, s:b}", "phys-index", i,
						"online", true, "can-offline", true));
	agent_reply(call, list);
}

void agent_memory_block_info(struct call *call, struct guest *guest)
{
	(void)guest;
	agent_reply(call, json_pack("{s:I}", "size", BLOCK_SIZE));
}

static void set_frozen(struct call *call, struct guest *guest, bool frozen)
{
	bool before = json_is_true(json_object_get(guest->inside, "frozen"));

	json_object_set_new(guest->inside, "frozen", json_boolean(frozen));
	world_touch(call->world);
	agent_reply(call, json_integer(before != frozen)); /* file systems changed */
}

void agent_freeze(struct call *call, struct guest *guest)
{
	set_frozen(call, guest, true);
}

void agent_thaw(struct call *call, struct guest *guest)
{
	set_frozen(call, guest, false);
}

void agent_freeze_status(struct call *call, struct guest *guest)
{
	bool frozen = json_is_true(json_object_get(guest->inside, "frozen"));

	agent_reply(call, json_string(frozen ? "frozen" : "thawed"));
}

void agent_trim(struct call *call, struct guest *guest)
{
	(void)guest;
	agent_reply(call, json_pack("{s:[{s:s, s:i, s:i}]}", "paths", "path", "/",
				    "trimmed", 0, "minimum", 0));
}

/* Nobody is left to answer; a system that sleeps on disk is down as well. */
void agent_power_off(struct call *call, struct guest *guest)
{
	guest->running = guest->paused = false;
	guest_apply_pending(call->world, guest);
	world_touch(call->world);
	agent_reply(call, json_object());
}

/* Its CPUs stand still until a resume wakes it. */
void agent_sleep(struct call *call, struct guest *guest)
{
	guest->paused = true;
	world_touch(call->world);
	agent_reply(call, json_object());
}
