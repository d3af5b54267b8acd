/*
 * The options of guests. PVE: PVE::QemuServer confdesc, PVE::LXC::Config confdesc and the
 * privilege groups of PVE::API2::Qemu check_vm_modify_config_perm.
 */
#pragma once

#include "schema.h"
#include "world.h"

/* When a change takes effect on a running guest. */
enum option_effect {
	EFFECT_RESTART, /* stays pending */
	EFFECT_NOW,
	EFFECT_NETWORK, /* these: when `hotplug` has the feature */
	EFFECT_DISK,
	EFFECT_USB,
	EFFECT_CPU,
	EFFECT_MEMORY,
};

extern const struct schema qemu_options[], lxc_options[];

extern const struct schema lxc_dev_format[];
extern const struct schema lxc_features_format[];
extern const struct schema lxc_mp_format[];
extern const struct schema lxc_net_format[];
extern const struct schema lxc_rootfs_format[];
extern const struct schema lxc_unused_format[];
extern const struct schema qemu_agent_format[];
extern const struct schema qemu_audio_format[];
extern const struct schema qemu_boot_format[];
extern const struct schema qemu_cicustom_format[];
extern const struct schema qemu_cpu_format[];
extern const struct schema qemu_efidisk_format[];
extern const struct schema qemu_ide_format[];
extern const struct schema qemu_ipconfig_format[];
extern const struct schema qemu_machine_format[];
extern const struct schema qemu_memory_format[];
extern const struct schema qemu_net_format[];
extern const struct schema qemu_numa_format[];
extern const struct schema qemu_rng_format[];
extern const struct schema qemu_sata_format[];
extern const struct schema qemu_scsi_format[];
extern const struct schema qemu_smbios_format[];
extern const struct schema qemu_tpmstate_format[];
extern const struct schema qemu_unused_format[];
extern const struct schema qemu_usb_format[];
extern const struct schema qemu_vga_format[];
extern const struct schema qemu_virtio_format[];
extern const struct schema qemu_watchdog_format[];

const struct schema *options_of(enum guest_type type);
const struct schema *option_find(enum guest_type type, const char *name);

bool option_is_card(const char *name); /* net0 .. net31 */
bool option_is_disk(enum guest_type type, const char *name);

/* Does the cloud-init image depend on it? */
bool option_is_cloudinit(const char *name);
