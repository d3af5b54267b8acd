#include "storage.h"

#include "base/text.h"
#include "props.h"

#include <ctype.h>
#include <string.h>

/* PVE::Cluster cfs_lock, PVE::Storage::Plugin cluster_lock_storage: both wait that long. */
#define LOCK_SECONDS 10

bool storage_has(const struct storage *storage, const char *content)
{
	size_t len = strlen(content);

	for (const char *at = storage->content; (at = strstr(at, content)); at += len)
		if ((at == storage->content || at[-1] == ',') &&
		    (!at[len] || at[len] == ','))
			return true;
	return false;
}

bool storage_on(const struct storage *storage, const char *node)
{
	const json_t *name;
	size_t i;

	if (!storage->nodes)
		return true;
	json_array_foreach (storage->nodes, i, name)
		if (!strcmp(json_string_value(name), node))
			return true;
	return false;
}

bool storage_is_file(const struct storage *storage)
{
	return !strcmp(storage->type, "dir") || !strcmp(storage->type, "nfs") ||
	       !strcmp(storage->type, "cifs");
}

/* A thin volume takes what was written; half is as good a guess as any. */
uint64_t storage_used(const struct world *world, const struct storage *storage,
		      const char *node)
{
	size_t len = strlen(storage->name);
	uint64_t used = storage->used;

	if (storage->full)
		return storage->total;
	for (size_t i = 0; i < world->volume_count; i++) {
		const struct volume *volume = world->volumes[i];

		if (!strncmp(volume->volid, storage->name, len) &&
		    volume->volid[len] == ':' &&
		    (!volume->node || !strcmp(volume->node, node)))
			used += volume->vmid ? volume->size / 2 : volume->size;
	}
	return used < storage->total ? used : storage->total;
}

char *storage_path(struct arena *arena, const struct storage *storage)
{
	const char *path = props_get(storage->config, "path");

	if (!storage_is_file(storage))
		return NULL;
	if (path)
		return arena_strdup(arena, path);
	if (!strcmp(storage->name, "local"))
		return arena_strdup(arena, "/var/lib/vz");
	return arena_printf(arena, "%s/%s",
			    strcmp(storage->type, "dir") ? "/mnt/pve" : "/var/lib",
			    storage->name);
}

const char *storage_group(const struct storage *storage)
{
	const char *group = props_get(storage->config, "vgname");

	return group ? group : "pve";
}

/* PVE: PVE::Storage::Plugin $vtype_subdirs. */
static const struct {
	const char *content, *folder;
} folders[] = {
	{ "iso", "template/iso" }, { "vztmpl", "template/cache" },
	{ "import", "import" },    { "snippets", "snippets" },
	{ "backup", "dump" },
};

char *storage_folder(struct arena *arena, const struct storage *storage,
		     const char *content)
{
	const char *path = storage_path(arena, storage);

	for (size_t i = 0; path && i < sizeof(folders) / sizeof(folders[0]); i++)
		if (!strcmp(folders[i].content, content))
			return arena_printf(arena, "%s/%s", path, folders[i].folder);
	return NULL;
}

char *storage_file_name(struct arena *arena, const char *name)
{
	const char *slash = strrchr(name, '/'), *back = strrchr(name, '\\');
	char *out;

	if (back && (!slash || back > slash))
		slash = back;
	out = arena_strdup(arena, slash ? slash + 1 : name);
	for (char *at = out; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_.-", *at))
			*at = '_';
	return out;
}

/* Longer ends stand before those they end in. */
static const struct {
	const char *content, *end, *format;
	unsigned from; /* the first version that takes it */
} ends[] = {
	{ "iso", ".iso", "iso", 8 },         { "iso", ".img", "iso", 8 },
	{ "vztmpl", ".tar.gz", "tgz", 8 },   { "vztmpl", ".tar.xz", "txz", 8 },
	{ "vztmpl", ".tar.zst", "tzst", 8 }, { "vztmpl", ".tar.bz2", "tbz2", 8 },
	{ "vztmpl", ".tar", "tar", 9 },      { "import", ".qcow2", "qcow2", 8 },
	{ "import", ".raw", "raw", 8 },      { "import", ".vmdk", "vmdk", 8 },
	{ "import", ".ova", "ova", 8 },
};

bool storage_takes_name(unsigned pve, const char *content, const char *name)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(ends[i].content, content) && str_ends(name, ends[i].end))
			return pve >= ends[i].from && strlen(name) > strlen(ends[i].end);
	return false;
}

const char *storage_file_format(const char *content, const char *name)
{
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (!strcmp(ends[i].content, content) && str_ends(name, ends[i].end))
			return ends[i].format;
	return "raw";
}

char *storage_refused(struct arena *arena, const struct world *world, const char *name,
		      const char *node)
{
	const struct storage *storage = world_storage(world, name);

	if (!storage)
		return arena_printf(arena, "storage '%s' does not exist", name);
	if (storage->disabled)
		return arena_printf(arena, "storage '%s' is disabled", name);
	if (!storage_on(storage, node))
		return arena_printf(arena, "storage '%s' is not available on node '%s'",
				    name, node);
	return NULL;
}

/* What the tool that makes a volume says of a full storage. */
static char *full_text(struct arena *arena, const struct storage *storage)
{
	if (!strcmp(storage->type, "lvmthin"))
		return arena_strdup(arena, "lvcreate error:   Cannot create new thin "
					   "volume, free space in thin pool pve/data "
					   "reached threshold.");
	if (!strcmp(storage->type, "zfspool"))
		return arena_printf(arena,
				    "zfs error: cannot create volume on '%s': out of "
				    "space",
				    storage->name);
	if (!storage_is_file(storage))
		return arena_strdup(arena, "not enough free space (0MB free)");
	return arena_printf(arena,
			    "unable to create image: %s/images: No space left on device",
			    storage_path(arena, storage));
}

char *storage_unreachable(struct arena *arena, const struct storage *storage)
{
	if (storage->disabled)
		return arena_printf(arena, "storage '%s' is disabled", storage->name);
	if (storage->offline)
		return arena_printf(arena, "storage '%s' is not online", storage->name);
	if (storage->locked && storage->shared)
		return arena_printf(
			arena, "cfs-lock 'storage-%s' error: got lock request timeout",
			storage->name);
	if (storage->locked)
		return arena_printf(arena,
				    "can't lock file '/var/lock/pve-manager/"
				    "pve-storage-%s' - got timeout",
				    storage->name);
	return NULL;
}

char *storage_unwritable(struct arena *arena, const struct storage *storage)
{
	char *why = storage_unreachable(arena, storage);

	return !why && storage->full ? full_text(arena, storage) : why;
}

double storage_lock_seconds(const struct storage *storage)
{
	return storage->locked ? LOCK_SECONDS : 0;
}
