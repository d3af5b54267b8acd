/* The keys of disks, mounts and devices, and what shows in a list of them alone. */
#include "base/text.h"
#include "reconcile/place.h"
#include "reconcile/slots.h"
#include "reconcile/syntax.h"

#include <string.h>

enum { GIB_MAX = 128 * 1024, ID_MAX = 2147483647 };

const struct field disk_fields[] = {
	TEXT("slot", struct disk_entry, slot, .required = true, .check = check_disk_slot,
	     .pattern = DISK_SLOT_PATTERN,
	     .help = "Where it is plugged in, and its identity: scsi1, virtio1, sata1."),
	NUMBER("size_gb", struct disk_entry, size_gb, 1, GIB_MAX, .required = true,
	       .help = "Its size in GiB; it only grows."),
	TEXT("storage", struct disk_entry, storage, .check = check_storage,
	     .pattern = STORAGE_PATTERN,
	     .help = "The storage it is made on. Absent: the guest's datastore."),
	FLAG("discard", struct disk_entry, discard,
	     .help = "Is freed space given back to the storage?"),
	FLAG("ssd", struct disk_entry, ssd, .help = "Does the guest see an SSD?"),
	FLAG("iothread", struct disk_entry, iothread,
	     .help = "Does it have an I/O thread of its own?"),
	FLAG("backup", struct disk_entry, backup, .help = "Is it in backups?"),
	{ 0 },
};

const struct field mount_fields[] = {
	TEXT("slot", struct mount_entry, slot, .required = true,
	     .check = check_mount_slot, .pattern = MOUNT_SLOT_PATTERN,
	     .help = "Its number, and its identity: mp0 to mp255."),
	TEXT("path", struct mount_entry, path, .required = true,
	     .check = check_absolute_path, .pattern = ABSOLUTE_PATTERN,
	     .help = "Where it is mounted in the container."),
	NUMBER("size_gb", struct mount_entry, size_gb, 1, GIB_MAX,
	       .help = "A volume: its size in GiB; it only grows."),
	TEXT("storage", struct mount_entry, storage, .check = check_storage,
	     .pattern = STORAGE_PATTERN,
	     .help = "The storage the volume is made on. Absent: the guest's datastore."),
	TEXT("host", struct mount_entry, host, .check = check_absolute_path,
	     .pattern = ABSOLUTE_PATTERN,
	     .help = "Instead of a volume: a folder of the node. For root@pam only: see "
		     "globals.proxmox.privileged."),
	FLAG("readonly", struct mount_entry, readonly,
	     .help = "May the container only read it?"),
	FLAG("backup", struct mount_entry, backup, .help = "Is the volume in backups?"),
	{ 0 },
};

const struct field device_fields[] = {
	TEXT("slot", struct device_entry, slot, .required = true,
	     .check = check_device_slot, .pattern = DEVICE_SLOT_PATTERN,
	     .help = "Its number, and its identity: dev0 to dev255."),
	TEXT("path", struct device_entry, path, .required = true,
	     .check = check_device_path, .pattern = DEVICE_PATTERN,
	     .help = "The device of the node: /dev/..."),
	TEXT("mode", struct device_entry, mode, .check = check_device_mode,
	     .pattern = DEVICE_MODE_PATTERN,
	     .help = "Its access mode in the container, in octal: \"0660\"."),
	NUMBER("uid", struct device_entry, uid, 0, ID_MAX,
	       .help = "Its owner in the container."),
	NUMBER("gid", struct device_entry, gid, 0, ID_MAX,
	       .help = "Its group in the container."),
	FLAG("deny_write", struct device_entry, deny_write,
	     .help = "May the container not write to it?"),
	{ 0 },
};

/* ---- one list by itself ---- */

/* A slot is one thing: two entries of it would fight. `slots` are the items' own. */
static void check_twice(const struct decode *how, const struct trail *list,
			const struct text_setting *const *slots, size_t len,
			const char *key)
{
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; j < i; j++) {
			const struct trail item = { list, NULL, i };
			const struct trail here = { &item, key, 0 };

			if (!slots[i]->value ||
			    !str_equal(slots[i]->value, slots[j]->value))
				continue;
			mistake(how, &here, slots[i]->is.at, "%s is already in the list",
				slots[i]->value);
			break;
		}
}

static void refuse_with(const struct decode *how, const struct trail *item,
			const char *key, const struct setting *setting, const char *why)
{
	const struct trail here = { item, key, 0 };

	if (is_set(setting) && !setting->bad)
		mistake(how, &here, setting->at, "%s", why);
}

static void check_disks(const struct decode *how, const struct items_setting *disks,
			const struct trail *trail)
{
	const struct trail list = { trail, "disks", 0 };
	const struct disk_entry *at = disks->at;
	const struct text_setting **slots =
		arena_array(how->arena, const struct text_setting *, disks->len);

	for (size_t i = 0; i < disks->len; i++) {
		const struct trail item = { &list, NULL, i };

		slots[i] = &at[i].slot;
		if (!at[i].slot.value)
			continue;
		/* (qemu-server src/PVE/QemuServer/Drive.pm: which bus knows what) */
		if (str_starts(at[i].slot.value, "virtio"))
			refuse_with(how, &item, "ssd", &at[i].ssd.is,
				    "a virtio disk cannot be shown as an SSD: use scsi");
		if (str_starts(at[i].slot.value, "sata"))
			refuse_with(how, &item, "iothread", &at[i].iothread.is,
				    "a sata disk has no I/O thread: use scsi or virtio");
	}
	check_twice(how, &list, slots, disks->len, "slot");
}

static void check_mount(const struct decode *how, const struct mount_entry *mount,
			const struct trail *item)
{
	static const char with_host[] =
		"not together with host: a folder of the node is no volume";

	if (is_set(&mount->host.is)) {
		refuse_with(how, item, "size_gb", &mount->size_gb.is, with_host);
		refuse_with(how, item, "storage", &mount->storage.is, with_host);
		refuse_with(how, item, "backup", &mount->backup.is, with_host);
	} else if (!is_set(&mount->size_gb.is) && is_set(&mount->slot.is)) {
		mistake(how, item, mount->slot.is.at,
			"size_gb is missing for a volume, or host for a folder of the "
			"node");
	}
}

static void check_mounts(const struct decode *how, const struct items_setting *mounts,
			 const struct trail *trail)
{
	const struct trail list = { trail, "mounts", 0 };
	const struct mount_entry *at = mounts->at;
	const struct text_setting **slots =
		arena_array(how->arena, const struct text_setting *, mounts->len);
	const struct text_setting **paths =
		arena_array(how->arena, const struct text_setting *, mounts->len);

	for (size_t i = 0; i < mounts->len; i++) {
		const struct trail item = { &list, NULL, i };

		slots[i] = &at[i].slot;
		paths[i] = &at[i].path;
		check_mount(how, &at[i], &item);
	}
	check_twice(how, &list, slots, mounts->len, "slot");
	check_twice(how, &list, paths, mounts->len, "path");
}

static void check_devices(const struct decode *how, const struct items_setting *devices,
			  const struct trail *trail)
{
	const struct trail list = { trail, "devices", 0 };
	const struct device_entry *at = devices->at;
	const struct text_setting **slots =
		arena_array(how->arena, const struct text_setting *, devices->len);

	for (size_t i = 0; i < devices->len; i++)
		slots[i] = &at[i].slot;
	check_twice(how, &list, slots, devices->len, "slot");
}

void check_slots(const struct decode *how, const struct spec *spec,
		 const struct trail *trail)
{
	check_disks(how, &spec->disks, trail);
	check_mounts(how, &spec->mounts, trail);
	check_devices(how, &spec->devices, trail);
}

/* ---- of a merged guest ---- */

static void need_storage(const struct decode *how, const struct trail *item,
			 const struct text_setting *slot, const struct text_setting *own)
{
	if (!is_set(&own->is) && is_set(&slot->is))
		mistake(how, item, slot->is.at,
			"storage is missing: the guest has no datastore of its own");
}

void check_slot_storage(const struct decode *how, const struct desired *guest,
			const struct trail *trail)
{
	const struct trail disks = { trail, "disks", 0 }, mounts = { trail, "mounts", 0 };
	const struct disk_entry *disk = guest->spec.disks.at;
	const struct mount_entry *mount = guest->spec.mounts.at;

	if (guest->datastore || place_is_auto(guest)) /* that node may have its own */
		return;
	for (size_t i = 0; i < guest->spec.disks.len; i++) {
		const struct trail item = { &disks, NULL, i };

		need_storage(how, &item, &disk[i].slot, &disk[i].storage);
	}
	for (size_t i = 0; i < guest->spec.mounts.len; i++) {
		const struct trail item = { &mounts, NULL, i };

		if (!is_set(&mount[i].host.is))
			need_storage(how, &item, &mount[i].slot, &mount[i].storage);
	}
}
