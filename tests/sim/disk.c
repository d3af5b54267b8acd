#include "disk.h"

#include "base/text.h"
#include "guest.h"
#include "image.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

#define GIB            ((uint64_t)1 << 30)
#define CLOUDINIT_SIZE ((uint64_t)4 << 20)
#define TPM_SIZE       ((uint64_t)4 << 20)
#define EXTENT_SIZE    ((uint64_t)4 << 20)
#define EFI_4M_SIZE    ((uint64_t)528 << 10)
#define EFI_2M_SIZE    ((uint64_t)128 << 10)
#define SMALLEST       ((uint64_t)1 << 20)

static const struct schema *format_of(enum guest_type type, const char *option)
{
	return option_find(type, option)->sub;
}

static void drop_json(void *json)
{
	json_decref(json);
}

void disk_read(struct arena *arena, enum guest_type type, const char *option,
	       const char *value, struct disk *out)
{
	const struct schema *format = format_of(type, option);
	const char *file, *colon, *from;

	*out = (struct disk){ .props = props_read(format, value) };
	arena_defer(arena, drop_json, out->props);
	file = props_get(out->props, schema_default_key(format)->name);
	if (!file || !strcmp(file, "none") || !strcmp(file, "cdrom"))
		return;
	if (*file == '/') {
		out->kind = DISK_PATH;
		return;
	}
	colon = strchr(file, ':');
	if (!colon) { /* a bare number: on the default storage */
		out->kind = DISK_NEW;
		out->gib = strtod(file, NULL);
		return;
	}
	out->storage = arena_strndup(arena, file, (size_t)(colon - file));
	from = props_get(out->props, "import-from");
	if (from) {
		out->kind = *from == '/' ? DISK_PATH : DISK_IMPORT;
		out->volid = from;
	} else if (!strcmp(colon + 1, "cloudinit")) {
		out->kind = DISK_CLOUDINIT;
	} else if (strspn(colon + 1, "0123456789.") == strlen(colon + 1)) {
		out->kind = DISK_NEW;
		out->gib = strtod(colon + 1, NULL);
	} else {
		out->kind = str_starts(colon + 1, "iso/") ? DISK_ISO : DISK_VOLUME;
		out->volid = file;
	}
}

static char *print(struct arena *arena, const struct disk *disk,
		   const struct schema *format, const char *volid)
{
	props_set(disk->props, schema_default_key(format)->name, volid);
	json_object_del(disk->props, "format");
	json_object_del(disk->props, "import-from");
	return props_print(arena, format, disk->props);
}

/* What a new volume has room for. PVE: PVE::QemuServer::OVMF, create_disks. */
static uint64_t new_size(const struct storage *storage, const char *option,
			 const struct disk *disk)
{
	const char *efitype = props_get(disk->props, "efitype");

	if (!strcmp(option, "tpmstate0"))
		return TPM_SIZE;
	if (!strcmp(option, "efidisk0") && !storage_is_file(storage))
		return EXTENT_SIZE;
	if (!strcmp(option, "efidisk0"))
		return str_equal(efitype, "4m") ? EFI_4M_SIZE : EFI_2M_SIZE;
	return disk->gib > 0 ? (uint64_t)(disk->gib * (double)GIB)
			     : SMALLEST; /* what PVE makes of 0 */
}

static char *make_new(struct arena *arena, struct world *world, struct guest *guest,
		      const char *option, const struct disk *disk,
		      const struct storage *storage, const struct volume *source,
		      struct task *log)
{
	const struct schema *format = format_of(guest->type, option);
	const char *kind = props_get(disk->props, "format");
	uint64_t size =
		source ? volume_disk_size(source) : new_size(storage, option, disk);
	const struct volume *volume;
	const char *volid;
	char *value;

	if (!kind || !storage_is_file(storage))
		kind = "raw";
	if (log && source)
		task_log(log, "create full clone of drive (%s)", source->volid);
	volid = volume_disk_name(arena, world, storage, guest->node, guest->vmid, kind,
				 NULL);
	volume = volume_add(world, storage, guest->node, volid, guest->vmid, size,
			    guest->type == GUEST_LXC ? "rootdir" : "images", kind, NULL);
	props_set(disk->props, "size", size_print(arena, size));
	value = print(arena, disk, format, volid);
	if (!log)
		return value;
	image_log_made(world, log, volume);
	if (source) {
		image_log_copy_begins(world, log, volid, size);
		image_log_copied(log, size);
	}
	if (guest->type == GUEST_LXC)
		image_log_filesystem(world, log, size);
	else
		task_log(log, "%s: successfully created disk '%s'", option, value);
	return value;
}

static char *make_cloudinit(struct arena *arena, struct world *world, struct guest *guest,
			    const char *option, const struct disk *disk,
			    const struct storage *storage, struct task *log,
			    const char **why)
{
	const char *kind = storage_is_file(storage) ? "qcow2" : "raw";
	const char *volid = volume_cloudinit_name(arena, storage, guest->vmid, kind);
	const struct volume *volume;
	char *value;

	if (volume_find(world, guest->node, volid)) {
		*why = arena_printf(arena, "disk image '%s' already exists", volid);
		return NULL;
	}
	volume = volume_add(world, storage, guest->node, volid, guest->vmid,
			    CLOUDINIT_SIZE, "images", kind, NULL);
	props_set(disk->props, "media", "cdrom");
	value = print(arena, disk, format_of(guest->type, option), volid);
	if (log) {
		image_log_made(world, log, volume);
		task_log(log, "%s: successfully created disk '%s'", option, value);
	}
	return value;
}

static char *nothing_to_import(struct arena *arena, const struct world *world,
			       const char *volid)
{
	const struct storage *storage = volume_storage(world, volid);

	if (storage && storage_is_file(storage))
		return arena_printf(arena, "failed to stat '%s'",
				    image_path(arena, world, volid));
	return arena_printf(arena, "volume '%s' does not exist", volid);
}

static bool no_room(struct arena *arena, const struct world *world,
		    const struct guest *guest, const struct disk *disk, const char **why)
{
	const char *name = disk->storage ? disk->storage : "";

	*why = storage_refused(arena, world, name, guest->node);
	if (!*why)
		*why = storage_unwritable(arena, world_storage(world, name));
	return *why != NULL;
}

char *disk_make(struct arena *arena, struct world *world, struct guest *guest,
		const char *option, const char *value, struct task *log, const char **why)
{
	const struct schema *format = format_of(guest->type, option);
	const struct storage *storage;
	const struct volume *volume;
	struct disk disk;

	disk_read(arena, guest->type, option, value, &disk);
	storage = world_storage(world, disk.storage);
	switch (disk.kind) {
	case DISK_NONE:
	case DISK_PATH:
		return props_print(arena, format, disk.props);
	case DISK_NEW:
		if (no_room(arena, world, guest, &disk, why))
			return NULL;
		return make_new(arena, world, guest, option, &disk, storage, NULL, log);
	case DISK_CLOUDINIT:
		if (no_room(arena, world, guest, &disk, why))
			return NULL;
		return make_cloudinit(arena, world, guest, option, &disk, storage, log,
				      why);
	case DISK_IMPORT:
		volume = volume_find(world, guest->node, disk.volid);
		if (!volume) {
			*why = nothing_to_import(arena, world, disk.volid);
			return NULL;
		}
		if (no_room(arena, world, guest, &disk, why))
			return NULL;
		return make_new(arena, world, guest, option, &disk, storage, volume, log);
	case DISK_ISO:
	case DISK_VOLUME:
		volume = volume_find(world, guest->node, disk.volid);
		if (!volume) {
			*why = arena_printf(arena, "volume '%s' does not exist",
					    disk.volid);
			return NULL;
		}
		if (!props_get(disk.props, "size"))
			props_set(disk.props, "size", size_print(arena, volume->size));
		return props_print(arena, format, disk.props);
	}
	return NULL;
}

double disk_seconds(struct arena *arena, struct world *world, const struct guest *guest,
		    const char *option, const char *value)
{
	const struct volume *volume;
	struct storage *storage;
	struct disk disk;

	disk_read(arena, guest->type, option, value, &disk);
	if (disk.kind == DISK_NONE || disk.kind == DISK_ISO || disk.kind == DISK_VOLUME)
		return 0;
	storage = world_storage(world, disk.storage);
	if (storage && storage->locked)
		return storage_lock_seconds(storage);
	if (disk.kind != DISK_IMPORT)
		return node_work(world, guest->node, 0.04);
	volume = volume_find(world, guest->node, disk.volid);
	return volume && storage
		       ? storage_copy(world, storage, volume_disk_size(volume), 0)
		       : 0;
}

uint64_t disk_size(enum guest_type type, const char *option, const char *value)
{
	json_t *props = props_read(format_of(type, option), value);
	uint64_t bytes = 0;

	size_read(props_get(props, "size"), &bytes);
	json_decref(props);
	return bytes;
}

char *disk_resized(struct arena *arena, enum guest_type type, const char *option,
		   const char *value, uint64_t size)
{
	const struct schema *format = format_of(type, option);
	json_t *props = props_read(format, value);
	char *out;

	props_set(props, "size", size_print(arena, size));
	out = props_print(arena, format, props);
	json_decref(props);
	return out;
}
