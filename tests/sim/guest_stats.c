/* What lists say of a guest. PVE: PVE::QemuServer vmstatus, PVE::LXC vmstatus, pvestatd. */
#include "guest.h"
#include "props.h"

#include <stdlib.h>
#include <string.h>

static uint64_t root_size(const struct guest *guest)
{
	static const char *const disks[] = { "scsi0", "virtio0", "ide0", "sata0", NULL };
	const char *value = guest->type == GUEST_LXC ? guest_get(guest, "rootfs") : NULL;
	const char *size;
	char text[32];
	uint64_t bytes = 0;

	for (size_t i = 0; guest->type == GUEST_QEMU && disks[i] && !value; i++)
		value = guest_get(guest, disks[i]);
	size = value ? strstr(value, "size=") : NULL;
	if (size) {
		snprintf(text, sizeof(text), "%.*s", (int)strcspn(size + 5, ","),
			 size + 5);
		size_read(text, &bytes);
	}
	return bytes;
}

static void put_common(const struct world *world, const struct guest *guest, json_t *out)
{
	uint64_t memory = (uint64_t)guest_number(guest, "memory", 512) << 20;
	long cores = guest_number(guest, "cores", guest->type == GUEST_LXC ? 2 : 1) *
		     guest_number(guest, "sockets", 1);
	const char *given =
		guest_get(guest, guest->type == GUEST_LXC ? "hostname" : "name");
	bool on = guest->running;
	char name[32];

	snprintf(name, sizeof(name), guest->type == GUEST_LXC ? "CT%u" : "VM %u",
		 guest->vmid);
	props_set(out, "name", given ? given : name);
	json_object_set_new(out, "status", json_string(on ? "running" : "stopped"));
	json_object_set_new(out, "maxmem", json_integer((json_int_t)memory));
	json_object_set_new(out, "mem", json_integer(on ? (json_int_t)(memory / 3) : 0));
	json_object_set_new(out, "maxdisk", json_integer((json_int_t)root_size(guest)));
	json_object_set_new(out, "disk", json_integer(0));
	json_object_set_new(out, "cpus", json_integer(cores));
	json_object_set_new(out, "cpu", on ? json_real(0.013) : json_integer(0));
	json_object_set_new(
		out, "uptime",
		json_integer(on ? (json_int_t)(world->now - guest->started) : 0));
	json_object_set_new(out, "netin", json_integer(on ? 65536 : 0));
	json_object_set_new(out, "netout", json_integer(on ? 32768 : 0));
}

/* How much it had to wait. For containers there is no number, as it was recorded. */
static void put_pressure(const struct guest *guest, json_t *out)
{
	static const char *const keys[] = { "pressurecpusome",    "pressurecpufull",
					    "pressureiosome",     "pressureiofull",
					    "pressurememorysome", "pressurememoryfull" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		json_object_set_new(out, keys[i],
				    guest->type == GUEST_LXC ? json_null()
							     : json_integer(0));
}

json_t *guest_list_entry(const struct world *world, const struct guest *guest)
{
	json_t *out = json_object();

	json_object_set_new(out, "vmid", json_integer(guest->vmid));
	put_common(world, guest, out);
	if (guest->running)
		json_object_set_new(out, "pid", json_integer(guest->pid));
	if (guest->running && world->pve >= 9)
		put_pressure(guest, out);
	if (guest_lock(guest))
		json_object_set_new(out, "lock", json_string(guest_lock(guest)));
	if (guest_get(guest, "tags") && *guest_get(guest, "tags"))
		json_object_set_new(out, "tags", json_string(guest_get(guest, "tags")));
	if (guest_is_template(guest))
		json_object_set_new(out, "template", json_integer(1));
	if (guest->type == GUEST_LXC) {
		json_object_set_new(out, "type", json_string("lxc"));
		json_object_set_new(out, "swap", json_integer(0));
		json_object_set_new(out, "maxswap",
				    json_integer(guest_number(guest, "swap", 512) << 20));
		json_object_set_new(out, "diskread", json_integer(0));
		json_object_set_new(out, "diskwrite", json_integer(0));
	} else {
		if (guest_get(guest, "serial0"))
			json_object_set_new(out, "serial", json_integer(1));
		if (world->pve >= 9)
			json_object_set_new(out, "memhost", json_integer(0));
	}
	return out;
}

json_t *guest_stats(const struct world *world, const struct guest *guest)
{
	json_t *out = json_object();

	put_common(world, guest, out);
	if (guest->paused) /* what QMP says, where lists of a node look at the process */
		json_object_set_new(out, "status", json_string("paused"));
	json_object_set(out, "maxcpu", json_object_get(out, "cpus"));
	json_object_del(out, "cpus");
	json_object_set_new(out, "template", json_integer(guest_is_template(guest)));
	json_object_set_new(out, "diskread", json_integer(0));
	json_object_set_new(out, "diskwrite", json_integer(0));
	if (world->pve >= 9)
		json_object_set_new(out, "memhost", json_integer(0));
	return out;
}
