/* The options of guests: what they may be, who may set them, when they take effect. */
#include "options.h"

#include "base/text.h"

#include <string.h>

const struct schema qemu_options[] = {
	{ "acpi", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.HWType" },
	{ "affinity", SCHEMA_STRING, SCHEMA_OPTIONAL, .privilege = "root" },
	{ "agent", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_agent_format,
	  .privilege = "VM.Config.Options" },
	{ "allow-ksm", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9,
	  .privilege = "root" },
	{ "arch", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "x86_64, aarch64",
	  .privilege = "root" },
	{ "args", SCHEMA_STRING, SCHEMA_OPTIONAL, .privilege = "root" },
	{ "audio0", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_audio_format,
	  .privilege = "VM.Config.HWType" },
	{ "autostart", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL,
	  .privilege = "VM.Config.Options" },
	{ "balloon", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0,
	  .privilege = "VM.Config.Memory", .effect = EFFECT_NOW },
	{ "bios", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "seabios, ovmf",
	  .privilege = "VM.Config.Options" },
	{ "boot", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_boot_format,
	  .privilege = "VM.Config.Disk" },
	{ "bootdisk", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "(ide|sata|scsi|virtio)[0-9]+", .privilege = "VM.Config.Disk" },
	{ "cdrom", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_ide_format,
	  .privilege = "root" },
	{ "cicustom", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_cicustom_format,
	  .privilege = "VM.Config.Cloudinit|VM.Config.Network", .effect = EFFECT_NOW },
	{ "cipassword", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .privilege = "VM.Config.Cloudinit|VM.Config.Network", .effect = EFFECT_NOW },
	{ "citype", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "configdrive2, nocloud, opennebula",
	  .privilege = "VM.Config.Cloudinit|VM.Config.Network", .effect = EFFECT_NOW },
	{ "ciupgrade", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL,
	  .privilege = "VM.Config.Cloudinit|VM.Config.Network", .effect = EFFECT_NOW },
	{ "ciuser", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .privilege = "VM.Config.Cloudinit|VM.Config.Network", .effect = EFFECT_NOW },
	{ "cores", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 1,
	  .privilege = "VM.Config.CPU" },
	{ "cpu", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_cpu_format,
	  .privilege = "VM.Config.CPU" },
	{ "cpulimit", SCHEMA_NUMBER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 128, .privilege = "VM.Config.CPU", .effect = EFFECT_NOW },
	{ "cpuunits", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 262144, .privilege = "VM.Config.CPU", .effect = EFFECT_NOW },
	{ "description", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 8192,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "efidisk0", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_efidisk_format,
	  .privilege = "VM.Config.Disk" },
	{ "freeze", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.PowerMgmt" },
	{ "hookscript", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_volume,
	  .privilege = "root", .effect = EFFECT_NOW },
	{ "hotplug", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_hotplug,
	  .privilege = "VM.Config.HWType" },
	{ "hugepages", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "any, 2, 1024",
	  .privilege = "root" },
	{ "ide", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_ide_format, .last = 3,
	  .privilege = "VM.Config.Disk" },
	{ "ipconfig", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_ipconfig_format,
	  .last = 31, .privilege = "VM.Config.Cloudinit|VM.Config.Network",
	  .effect = EFFECT_NOW },
	{ "keephugepages", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "root" },
	{ "keyboard", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "de, de-ch, da, en-gb, en-us, es, fi, fr, fr-be, fr-ca, fr-ch, hu, "
		    "is, it, ja, lt, mk, nl, no, pl, pt, pt-br, sv, sl, tr",
	  .privilege = "VM.Config.Options" },
	{ "kvm", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.HWType" },
	{ "localtime", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL,
	  .privilege = "VM.Config.Options" },
	{ "lock", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "backup, clone, create, migrate, rollback, snapshot, "
		    "snapshot-delete, suspending, suspended",
	  .privilege = "root", .effect = EFFECT_NOW },
	{ "machine", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_machine_format,
	  .privilege = "VM.Config.HWType" },
	{ "memory", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_memory_format,
	  .privilege = "VM.Config.Memory", .effect = EFFECT_MEMORY },
	{ "migrate_downtime", SCHEMA_NUMBER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "migrate_speed", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "name", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_dns_name,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "nameserver", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_address, .privilege = "VM.Config.Cloudinit|VM.Config.Network",
	  .effect = EFFECT_NOW },
	{ "net", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_net_format, .last = 31,
	  .privilege = "VM.Config.Network", .effect = EFFECT_NETWORK },
	{ "numa", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.CPU" },
	{ "numa", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_numa_format, .last = 7,
	  .privilege = "VM.Config.CPU" },
	{ "onboot", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options",
	  .effect = EFFECT_NOW },
	{ "ostype", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "other, wxp, w2k, w2k3, w2k8, wvista, win7, win8, win10, win11, l24, "
		    "l26, solaris",
	  .privilege = "VM.Config.Options" },
	{ "protection", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options",
	  .effect = EFFECT_NOW },
	{ "reboot", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options" },
	{ "rng0", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_rng_format,
	  .privilege = "VM.Config.HWType" },
	{ "sata", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_sata_format, .last = 5,
	  .privilege = "VM.Config.Disk" },
	{ "scsi", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_scsi_format, .last = 30,
	  .privilege = "VM.Config.Disk", .effect = EFFECT_DISK },
	{ "scsihw", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values =
		  "lsi, lsi53c810, virtio-scsi-pci, virtio-scsi-single, megasas, pvscsi",
	  .privilege = "VM.Config.HWType" },
	{ "searchdomain", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .privilege = "VM.Config.Cloudinit|VM.Config.Network", .effect = EFFECT_NOW },
	{ "serial", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "(/dev/[^,]+|socket)",
	  .last = 3, .privilege = "VM.Config.HWType" },
	{ "shares", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 50000, .privilege = "VM.Config.Memory", .effect = EFFECT_NOW },
	{ "smbios1", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 512,
	  .sub = qemu_smbios_format, .privilege = "VM.Config.HWType" },
	{ "smp", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 1,
	  .privilege = "VM.Config.CPU" },
	{ "sockets", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 1,
	  .privilege = "VM.Config.CPU" },
	{ "sshkeys", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_urlencoded,
	  .privilege = "VM.Config.Cloudinit|VM.Config.Network", .effect = EFFECT_NOW },
	{ "startdate", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "now|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(T[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,"
		     "2})?",
	  .privilege = "VM.Config.Options" },
	{ "startup", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_startup,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "tablet", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.HWType" },
	{ "tags", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .format = format_tag,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "tdf", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options" },
	{ "template", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options" },
	{ "tpmstate0", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_tpmstate_format,
	  .privilege = "VM.Config.Disk" },
	{ "unused", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_unused_format,
	  .last = 255, .privilege = "VM.Config.Disk" },
	{ "usb", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_usb_format, .last = 13,
	  .privilege = "VM.Config.HWType", .effect = EFFECT_USB },
	{ "vcpus", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 1,
	  .privilege = "VM.Config.CPU", .effect = EFFECT_CPU },
	{ "vga", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_vga_format,
	  .privilege = "VM.Config.HWType" },
	{ "virtio", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_virtio_format, .last = 15,
	  .privilege = "VM.Config.Disk", .effect = EFFECT_DISK },
	{ "vmgenid", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}|[01]",
	  .privilege = "root" },
	{ "vmstatestorage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage,
	  .privilege = "VM.Config.Disk", .effect = EFFECT_NOW },
	{ "watchdog", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = qemu_watchdog_format,
	  .privilege = "VM.Config.HWType" },
	{ NULL },
};

const struct schema lxc_options[] = {
	{ "arch", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "amd64, i386, arm64, armhf, riscv32, riscv64",
	  .privilege = "VM.Config.Options" },
	{ "cmode", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "shell, console, tty",
	  .privilege = "VM.Config.Options" },
	{ "console", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options" },
	{ "cores", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 8192, .privilege = "VM.Config.CPU", .effect = EFFECT_NOW },
	{ "cpulimit", SCHEMA_NUMBER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 8192, .privilege = "VM.Config.CPU", .effect = EFFECT_NOW },
	{ "cpuunits", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 500000, .privilege = "VM.Config.CPU", .effect = EFFECT_NOW },
	{ "debug", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options" },
	{ "description", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 8192,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "dev", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = lxc_dev_format, .last = 255,
	  .privilege = "root" },
	{ "entrypoint", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9,
	  .pattern = "[^[:cntrl:]]+", .privilege = "VM.Config.Options" },
	{ "env", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9,
	  .privilege = "VM.Config.Options" },
	{ "features", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = lxc_features_format,
	  .privilege = "VM.Allocate" },
	{ "hookscript", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_volume,
	  .privilege = "root", .effect = EFFECT_NOW },
	{ "hostname", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 255,
	  .format = format_dns_name, .privilege = "VM.Config.Network",
	  .effect = EFFECT_NOW },
	{ "lock", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "backup, create, destroyed, disk, fstrim, migrate, mounted, "
		    "rollback, snapshot, snapshot-delete",
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "memory", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 16,
	  .privilege = "VM.Config.Memory", .effect = EFFECT_NOW },
	{ "mp", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = lxc_mp_format, .last = 255,
	  .privilege = "VM.Config.Disk", .effect = EFFECT_NOW },
	{ "nameserver", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_address, .privilege = "VM.Config.Network" },
	{ "net", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = lxc_net_format, .last = 31,
	  .privilege = "VM.Config.Network", .effect = EFFECT_NOW },
	{ "onboot", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options",
	  .effect = EFFECT_NOW },
	{ "ostype", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "debian, devuan, ubuntu, centos, fedora, opensuse, archlinux, "
		    "alpine, gentoo, nixos, unmanaged",
	  .privilege = "VM.Config.Options" },
	{ "protection", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options",
	  .effect = EFFECT_NOW },
	{ "rootfs", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = lxc_rootfs_format,
	  .privilege = "VM.Config.Disk" },
	{ "searchdomain", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_dns_name, .privilege = "VM.Config.Network" },
	{ "startup", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_startup,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "swap", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0,
	  .privilege = "VM.Config.Memory", .effect = EFFECT_NOW },
	{ "tags", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .format = format_tag,
	  .privilege = "VM.Config.Options", .effect = EFFECT_NOW },
	{ "template", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .privilege = "VM.Config.Options" },
	{ "timezone", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_timezone,
	  .privilege = "VM.Config.Options" },
	{ "tty", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 6, .privilege = "VM.Config.Options" },
	{ "unprivileged", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL,
	  .privilege = "VM.Config.Options" },
	{ "unused", SCHEMA_STRING, SCHEMA_OPTIONAL, .sub = lxc_unused_format, .last = 255,
	  .privilege = "VM.Config.Disk", .effect = EFFECT_NOW },
	{ NULL },
};

const struct schema *options_of(enum guest_type type)
{
	switch (type) {
	case GUEST_QEMU:
		return qemu_options;
	case GUEST_LXC:
		return lxc_options;
	}
	return NULL;
}

const struct schema *option_find(enum guest_type type, const char *name)
{
	return schema_find(options_of(type), name);
}

bool option_is_card(const char *name)
{
	return schema_find(qemu_options, name) == schema_find(qemu_options, "net0");
}

bool option_is_disk(enum guest_type type, const char *name)
{
	static const char *const kinds[] = { "ide0",     "sata0",     "scsi0", "virtio0",
					     "efidisk0", "tpmstate0", NULL };
	const struct schema *option = option_find(type, name);

	if (!option)
		return false;
	if (type == GUEST_LXC)
		return !strcmp(option->name, "rootfs") || !strcmp(option->name, "mp");
	for (size_t i = 0; kinds[i]; i++)
		if (option == schema_find(qemu_options, kinds[i]))
			return true;
	return false;
}

bool option_is_cloudinit(const char *name)
{
	static const char *const names[] = { "ciuser",     "cipassword",   "citype",
					     "ciupgrade",  "cicustom",     "sshkeys",
					     "nameserver", "searchdomain", "name",
					     NULL };

	for (size_t i = 0; names[i]; i++)
		if (!strcmp(names[i], name))
			return true;
	return str_starts(name, "ipconfig") || option_is_card(name);
}
