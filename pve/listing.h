/* Lists that Proxmox keeps of one guest -> what is in them. Pure. */
#pragma once

#include "reconcile/guest.h"

#include <jansson.h>
#include <stdint.h>

/*
 * GET .../snapshot -> out->snapshots. The entry "current" is none, nor is one that is being
 * taken or removed. (pve-guest-common PVE/GuestHelpers.pm snapshot_tree)
 */
void listing_snapshots(struct observed *out, struct arena *arena, const json_t *list);

/*
 * Is a backup of the guest among the volumes of a storage (GET .../content) that was begun
 * then or later, in Unix seconds, and is not empty? Its time is that of its name.
 * (pve-storage PVE/Storage/Plugin.pm get_subdir_files, PVE/Storage.pm archive_info)
 */
bool listing_has_backup(const json_t *volumes, unsigned vmid, int64_t since);

/*
 * The cloud-init drive of a VMID among the volumes of a storage, by its fixed name; NULL:
 * there is none. (qemu-server PVE/QemuServer/Cloudinit.pm, vm-ID-cloudinit)
 */
const char *listing_cloud_init(struct arena *arena, const json_t *volumes, unsigned vmid);

/*
 * The disks of a VMID among the volumes of a storage, as "a and b"; NULL: there is none.
 * Backups are no disks.
 */
const char *listing_disks(struct arena *arena, const json_t *volumes, unsigned vmid);
