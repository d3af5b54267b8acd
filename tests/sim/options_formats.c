/* The property strings of guests: which keys they have. Facts of PVE 8.4 and 9.2. */
#include "options.h"

const struct schema lxc_dev_format[] = {
	{ "deny-write", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "gid", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "mode", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "0[0-7]{3}" },
	{ "path", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_DEFAULT_KEY },
	{ "uid", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ NULL },
};

const struct schema lxc_features_format[] = {
	{ "force_rw_sys", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "fuse", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "keyctl", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "mknod", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "mount", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[a-zA-Z0-9_; ]+" },
	{ "nesting", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

/* What every mount point of a container takes. */
#define MOUNT_KEYS                                                                       \
	{ "acl", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                                      \
		{ "idmap", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },             \
		{ "mountoptions", SCHEMA_STRING, SCHEMA_OPTIONAL,                        \
		  .pattern = "(discard|lazytime|noatime|nodev|noexec|nosuid)(;(discard|" \
			     "lazytime|"                                                 \
			     "noatime|nodev|noexec|nosuid))*" },                         \
		{ "quota", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                            \
		{ "replicate", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                        \
		{ "ro", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                               \
		{ "shared", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },                           \
		{ "size", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_size },       \
	{                                                                                \
		"volume", SCHEMA_STRING, SCHEMA_DEFAULT_KEY                              \
	}

const struct schema lxc_mp_format[] = {
	MOUNT_KEYS,
	{ "backup", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "keepattrs", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ "mp", SCHEMA_STRING, 0 },
	{ NULL },
};

const struct schema lxc_net_format[] = {
	{ "bridge", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[-_.A-Za-z0-9]+" },
	{ "firewall", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "gw", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv4 },
	{ "gw6", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv6 },
	{ "host-managed", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ "hwaddr", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_mac },
	{ "ip", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv4_config },
	{ "ip6", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv6_config },
	{ "link_down", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "mtu", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 64,
	  .max = 65535 },
	{ "name", SCHEMA_STRING, 0, .pattern = "[-_.A-Za-z0-9]+" },
	{ "rate", SCHEMA_NUMBER, SCHEMA_OPTIONAL },
	{ "tag", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 4094 },
	{ "trunks", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[0-9]+(;[0-9]+)*" },
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "veth" },
	{ NULL },
};

const struct schema lxc_rootfs_format[] = {
	MOUNT_KEYS,
	{ NULL },
};

const struct schema lxc_unused_format[] = {
	{ "volume", SCHEMA_STRING, SCHEMA_DEFAULT_KEY, .format = format_volume },
	{ NULL },
};

const struct schema qemu_agent_format[] = {
	{ "enabled", SCHEMA_BOOLEAN, SCHEMA_DEFAULT_KEY },
	{ "freeze-fs", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ "freeze-fs-on-backup", SCHEMA_STRING, SCHEMA_OPTIONAL, .alias = "freeze-fs" },
	{ "fstrim_cloned_disks", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "guest-fsfreeze", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_FROM_9,
	  .alias = "freeze-fs" },
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "virtio, isa" },
	{ NULL },
};

const struct schema qemu_audio_format[] = {
	{ "device", SCHEMA_STRING, 0, .values = "ich9-intel-hda, intel-hda, AC97" },
	{ "driver", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "spice, none" },
	{ NULL },
};

const struct schema qemu_boot_format[] = {
	{ "legacy", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_DEFAULT_KEY,
	  .pattern = "[acdn]{1,4}" },
	{ "order", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_boot_device },
	{ NULL },
};

const struct schema qemu_cicustom_format[] = {
	{ "meta", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_volume },
	{ "network", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_volume },
	{ "user", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_volume },
	{ "vendor", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_volume },
	{ NULL },
};

const struct schema qemu_cpu_format[] = {
	{ "cputype", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_DEFAULT_KEY },
	{ "flags", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "[+-][-a-zA-Z0-9_.]+(;[+-][-a-zA-Z0-9_.]+)*" },
	{ "guest-phys-bits", SCHEMA_INTEGER,
	  SCHEMA_OPTIONAL | SCHEMA_FROM_9 | SCHEMA_MIN | SCHEMA_MAX, .min = 32,
	  .max = 64 },
	{ "hidden", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "hv-vendor-id", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "[a-zA-Z0-9]{1,12}" },
	{ "level", SCHEMA_INTEGER,
	  SCHEMA_OPTIONAL | SCHEMA_FROM_9 | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 4294967295 },
	{ "phys-bits", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "reported-model", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};

const struct schema qemu_ipconfig_format[] = {
	{ "gw", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv4, .needs = "ip" },
	{ "gw6", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv6, .needs = "ip6" },
	{ "ip", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv4_config },
	{ "ip6", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_ipv6_config },
	{ NULL },
};

const struct schema qemu_machine_format[] = {
	{ "aw-bits", SCHEMA_NUMBER,
	  SCHEMA_OPTIONAL | SCHEMA_FROM_9 | SCHEMA_MIN | SCHEMA_MAX, .min = 32,
	  .max = 64 },
	{ "enable-s3", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "enable-s4", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_DEFAULT_KEY, .max_length = 40,
	  .pattern = "(pc|q35|virt|pc(-i440fx|-q35)?-[0-9]+([.][0-9]+)+([+]pve[0-9]+)?([."
		     "]pxe)?|virt-[0-9]+([.][0-9]+)+([+]pve[0-9]+)?)" },
	{ "viommu", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "intel, virtio" },
	{ NULL },
};

const struct schema qemu_memory_format[] = {
	{ "current", SCHEMA_INTEGER, SCHEMA_DEFAULT_KEY | SCHEMA_MIN, .min = 16 },
	{ NULL },
};

/* "virtio=BC:24:11:00:00:01" gives model and macaddr in one. */
#define CARD_MODEL(name_)                                                   \
	{                                                                   \
		name_, SCHEMA_STRING, SCHEMA_OPTIONAL, .alias = "macaddr",  \
						       .key_alias = "model" \
	}

const struct schema qemu_net_format[] = {
	{ "bridge", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_bridge },
	CARD_MODEL("e1000"),
	CARD_MODEL("e1000-82540em"),
	CARD_MODEL("e1000-82544gc"),
	CARD_MODEL("e1000-82545em"),
	CARD_MODEL("e1000e"),
	{ "firewall", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "host-tunnel", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	CARD_MODEL("i82551"),
	CARD_MODEL("i82557b"),
	CARD_MODEL("i82559er"),
	{ "link_down", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "macaddr", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_mac },
	{ "model", SCHEMA_STRING, SCHEMA_DEFAULT_KEY,
	  .values = "e1000, e1000-82540em, e1000-82544gc, e1000-82545em, e1000e, i82551, "
		    "i82557b, i82559er, ne2k_isa, ne2k_pci, pcnet, rtl8139, virtio, "
		    "vmxnet3" },
	{ "mtu", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 65520 },
	CARD_MODEL("ne2k_isa"),
	CARD_MODEL("ne2k_pci"),
	CARD_MODEL("pcnet"),
	{ "queues", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 0,
	  .max = 64 },
	{ "rate", SCHEMA_NUMBER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	CARD_MODEL("rtl8139"),
	{ "tag", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 4094 },
	{ "trunks", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "[0-9]+(-[0-9]+)?(;[0-9]+(-[0-9]+)?)*" },
	CARD_MODEL("virtio"),
	CARD_MODEL("vmxnet3"),
	{ NULL },
};

const struct schema qemu_numa_format[] = {
	{ "cpus", SCHEMA_STRING, 0, .pattern = "[0-9]+(-[0-9]+)?(;[0-9]+(-[0-9]+)?)*" },
	{ "hostnodes", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "[0-9]+(-[0-9]+)?(;[0-9]+(-[0-9]+)?)*" },
	{ "memory", SCHEMA_NUMBER, SCHEMA_OPTIONAL },
	{ "policy", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "preferred, bind, interleave" },
	{ NULL },
};

const struct schema qemu_rng_format[] = {
	{ "max_bytes", SCHEMA_INTEGER, SCHEMA_OPTIONAL },
	{ "period", SCHEMA_INTEGER, SCHEMA_OPTIONAL },
	{ "source", SCHEMA_STRING, SCHEMA_DEFAULT_KEY,
	  .values = "/dev/urandom, /dev/random, /dev/hwrng" },
	{ NULL },
};

const struct schema qemu_smbios_format[] = {
	{ "base64", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "family", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[A-Za-z0-9+/]+={0,2}" },
	{ "manufacturer", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "[A-Za-z0-9+/]+={0,2}" },
	{ "product", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[A-Za-z0-9+/]+={0,2}" },
	{ "serial", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[A-Za-z0-9+/]+={0,2}" },
	{ "sku", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[A-Za-z0-9+/]+={0,2}" },
	{ "uuid", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}" },
	{ "version", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[A-Za-z0-9+/]+={0,2}" },
	{ NULL },
};

const struct schema qemu_usb_format[] = {
	{ "host", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_DEFAULT_KEY },
	{ "mapping", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_config_id },
	{ "usb3", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

const struct schema qemu_vga_format[] = {
	{ "clipboard", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "vnc" },
	{ "memory", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 4,
	  .max = 512 },
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_DEFAULT_KEY,
	  .values = "cirrus, qxl, qxl2, qxl3, qxl4, none, serial0, serial1, serial2, "
		    "serial3, std, virtio, virtio-gl, vmware" },
	{ NULL },
};

const struct schema qemu_watchdog_format[] = {
	{ "action", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "reset, shutdown, poweroff, pause, debug, none" },
	{ "model", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_DEFAULT_KEY,
	  .values = "i6300esb, ib700" },
	{ NULL },
};
