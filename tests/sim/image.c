#include "image.h"

#include "base/text.h"
#include "volume.h"

#include <string.h>

#define BLOCK        4096
#define GROUP_BLOCKS 32768
#define INODE_BYTES  16384

/* "200/base-200-disk-0.qcow2/202/vm-202-disk-0.qcow2" to what stands for the clone. */
static const char *without_base(const char *name)
{
	const char *slash = strchr(name, '/'), *again;

	again = slash ? strchr(slash + 1, '/') : NULL;
	return again ? again + 1 : name;
}

char *image_path(struct arena *arena, const struct world *world, const char *volid)
{
	const struct storage *storage = volume_storage(world, volid);
	const char *name = strchr(volid, ':');

	const char *slash;
	char *folder;

	if (!storage)
		return arena_strdup(arena, volid);
	name++;
	if (!storage_is_file(storage))
		return arena_printf(arena, "/dev/%s/%s", storage_group(storage), name);
	slash = name + strcspn(name, "/");
	folder = storage_folder(arena, storage,
				arena_strndup(arena, name, (size_t)(slash - name)));
	if (folder)
		return arena_printf(arena, "%s%s", folder, slash);
	return arena_printf(arena, "%s/images/%s", storage_path(arena, storage),
			    without_base(name));
}

/* "200/base-200-disk-0.qcow2" of its volid. */
static const char *name_of(const char *volid)
{
	return strchr(volid, ':') + 1;
}

static void log_clone(const struct world *world, struct task *log,
		      const struct volume *volume, const char *path)
{
	const char *base = name_of(volume->parent);

	task_log(log, "clone %s: images, %s, %u to %s (base=../%s)", base,
		 strrchr(path, '/') + 1, volume->vmid, strrchr(path, '/') + 1, base);
	task_log(log,
		 "Formatting '%s', fmt=qcow2 %s compression_type=zlib size=%llu "
		 "backing_file=../%s backing_fmt=qcow2 lazy_refcounts=off "
		 "refcount_bits=16",
		 path,
		 world->pve >= 9
			 ? "cluster_size=131072 extended_l2=on preallocation=metadata"
			 : "cluster_size=65536 extended_l2=off",
		 (unsigned long long)volume->size, base);
}

void image_log_made(const struct world *world, struct task *log,
		    const struct volume *volume)
{
	const struct storage *storage = volume_storage(world, volume->volid);
	unsigned long long size = volume->size;
	struct arena *arena;
	char *path;

	if (!storage_is_file(storage))
		return;
	arena = arena_create();
	path = image_path(arena, world, volume->volid);
	if (volume->parent)
		log_clone(world, log, volume, path);
	else if (!strcmp(volume->format, "qcow2"))
		task_log(log,
			 "Formatting '%s', fmt=qcow2 cluster_size=65536 extended_l2=off "
			 "preallocation=metadata compression_type=zlib size=%llu "
			 "lazy_refcounts=off refcount_bits=16",
			 path, size);
	else
		task_log(log, "Formatting '%s', fmt=%s size=%llu%s", path, volume->format,
			 size, strcmp(volume->format, "raw") ? "" : " preallocation=off");
	arena_destroy(arena);
}

static bool is_power_of(uint64_t number, uint64_t base)
{
	while (number > 1 && number % base == 0)
		number /= base;
	return number == 1;
}

/* ext4 keeps copies in groups 1 and the powers of 3, 5 and 7 (sparse_super). */
void image_log_filesystem(struct world *world, struct task *log, uint64_t size)
{
	unsigned long long blocks = size / BLOCK, inodes = size / INODE_BYTES;
	unsigned long long groups = (blocks + GROUP_BLOCKS - 1) / GROUP_BLOCKS;
	struct arena *arena = arena_create();
	char uuid[UUID_LEN + 1];
	struct text copies;

	chance_uuid(&world->chance, uuid);
	text_init(&copies, arena);
	for (unsigned long long i = 1; i < groups; i++)
		if (is_power_of(i, 3) || is_power_of(i, 5) || is_power_of(i, 7))
			text_addf(&copies, "%s%llu", copies.len ? ", " : "",
				  i * GROUP_BLOCKS);
	task_log(log, "Creating filesystem with %llu 4k blocks and %llu inodes", blocks,
		 inodes);
	task_log(log, "Filesystem UUID: %s", uuid);
	task_log(log, "Superblock backups stored on blocks: ");
	task_log(log, "\t%s", text_str(&copies));
	arena_destroy(arena);
}

char *image_human_size(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double number = (double)bytes;
	size_t unit = 0;

	while (number >= 1024 && unit < 4) {
		number /= 1024;
		unit++;
	}
	return arena_printf(arena, "%.1f %s", number, units[unit]);
}

void image_log_copy_begins(const struct world *world, struct task *log, const char *fresh,
			   uint64_t size)
{
	struct arena *arena = arena_create();

	if (world->pve >= 9)
		task_log(log, "allocated target volume '%s'", fresh);
	if (size > 0)
		task_log(log, "transferred 0.0 B of %s (0.00%%)",
			 image_human_size(arena, size));
	arena_destroy(arena);
}

void image_log_copied(struct task *log, uint64_t size)
{
	struct arena *arena = arena_create();
	char *human = image_human_size(arena, size);

	task_log(log, "transferred %s of %s (100.00%%)", human, human);
	arena_destroy(arena);
}
