#include "volume.h"

#include "base/text.h"
#include "props.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_of(const char *volid, const struct storage *storage)
{
	size_t len = strlen(storage->name);

	return !strncmp(volid, storage->name, len) && volid[len] == ':';
}

struct storage *volume_storage(const struct world *world, const char *volid)
{
	for (size_t i = 0; i < world->storage_count; i++)
		if (is_of(volid, &world->storages[i]))
			return &world->storages[i];
	return NULL;
}

struct volume *volume_find(const struct world *world, const char *node, const char *volid)
{
	for (size_t i = 0; i < world->volume_count; i++) {
		struct volume *volume = world->volumes[i];

		if (!strcmp(volume->volid, volid) &&
		    (!volume->node || !node || !strcmp(volume->node, node)))
			return volume;
	}
	return NULL;
}

/* The number in "local:backup/vzdump-qemu-100-2026_..."; NULL: no backup. */
static const char *backup_owner(const char *volid)
{
	const char *at = strstr(volid, ":backup/vzdump-");

	at = at ? strchr(at + strlen(":backup/vzdump-"), '-') : NULL;
	return at ? at + 1 : NULL;
}

unsigned volume_owner(const char *volid)
{
	const char *found = NULL;

	for (const char *at = volid; *at; at++)
		if ((!strncmp(at, "vm-", 3) || !strncmp(at, "base-", 5)) &&
		    (at == volid || strchr(":/", at[-1])))
			found = strchr(at, '-') + 1;
	if (!found)
		found = backup_owner(volid);
	return found ? (unsigned)strtoul(found, NULL, 10) : 0;
}

bool volume_is_base(const char *volid)
{
	const char *last = strrchr(volid, '/');

	if (!last)
		last = strchr(volid, ':');
	return last && str_starts(last + 1, "base-");
}

/* The number at the end of "vm-100-disk-7.raw", as taken for this guest; -1: another name. */
static int disk_number(const char *volid, unsigned vmid)
{
	const char *last = strrchr(volid, '/');
	unsigned owner;
	int number;
	char kind[8];

	if (!last)
		last = strchr(volid, ':');
	if (!last || sscanf(last + 1, "%7[a-z]-%u-disk-%d", kind, &owner, &number) != 3 ||
	    owner != vmid)
		return -1;
	return number;
}

char *volume_disk_name(struct arena *arena, const struct world *world,
		       const struct storage *storage, const char *node, unsigned vmid,
		       const char *format, const char *base)
{
	const char *colon = base ? strchr(base, ':') : NULL;
	int number = 0;

	for (size_t i = 0; i < world->volume_count; i++) {
		const struct volume *volume = world->volumes[i];

		if (is_of(volume->volid, storage) &&
		    (!volume->node || !strcmp(volume->node, node)) &&
		    disk_number(volume->volid, vmid) == number) {
			number++;
			i = (size_t)-1; /* the lowest free one: look from the start */
		}
	}
	if (!storage_is_file(storage))
		return arena_printf(arena, "%s:vm-%u-disk-%d", storage->name, vmid,
				    number);
	if (colon)
		return arena_printf(arena, "%s/%u/vm-%u-disk-%d.qcow2", base, vmid, vmid,
				    number);
	return arena_printf(arena, "%s:%u/vm-%u-disk-%d.%s", storage->name, vmid, vmid,
			    number, format);
}

char *volume_cloudinit_name(struct arena *arena, const struct storage *storage,
			    unsigned vmid, const char *format)
{
	if (!storage_is_file(storage))
		return arena_printf(arena, "%s:vm-%u-cloudinit", storage->name, vmid);
	return arena_printf(arena, "%s:%u/vm-%u-cloudinit.%s", storage->name, vmid, vmid,
			    format);
}

struct volume *volume_add(struct world *world, const struct storage *storage,
			  const char *node, const char *volid, unsigned vmid,
			  uint64_t size, const char *content, const char *format,
			  const char *parent)
{
	struct volume *volume = xcalloc(1, sizeof(*volume));

	volume->volid = xstrdup(volid);
	volume->node = storage->shared ? NULL : xstrdup(node);
	volume->content = xstrdup(content);
	volume->format = xstrdup(format);
	volume->parent = parent ? xstrdup(parent) : NULL;
	volume->vmid = vmid;
	volume->size = size;
	volume->ctime = world->now;
	volume->facts = json_object();
	world->volumes = xrealloc(world->volumes,
				  (world->volume_count + 1) * sizeof(struct volume *));
	world->volumes[world->volume_count++] = volume;
	world_touch(world);
	return volume;
}

void volume_destroy(struct volume *volume)
{
	free(volume->volid);
	free(volume->node);
	free(volume->content);
	free(volume->format);
	free(volume->parent);
	json_decref(volume->facts);
	free(volume);
}

void volume_remove(struct world *world, const char *node, const char *volid)
{
	struct volume *gone = volume_find(world, node, volid);

	for (size_t i = 0; gone && i < world->volume_count; i++) {
		if (world->volumes[i] != gone)
			continue;
		memmove(&world->volumes[i], &world->volumes[i + 1],
			(world->volume_count - i - 1) * sizeof(struct volume *));
		world->volume_count--;
		volume_destroy(gone);
		world_touch(world);
		return;
	}
}

bool volume_in_use(const struct world *world, const char *volid)
{
	if (!volume_is_base(
		    volid)) /* nothing is asked of who was cloned from a snapshot */
		return false;
	for (size_t i = 0; i < world->volume_count; i++)
		if (world->volumes[i]->parent &&
		    !strcmp(world->volumes[i]->parent, volid))
			return true;
	return false;
}

enum volume_form { FORM_BASE = 1, FORM_CURRENT = 2, FORM_SNAPSHOT = 4 };

/* Of which form of its volumes a kind of storage can do what; "file": any of files. */
static const struct {
	const char *type, *feature;
	unsigned forms;
} abilities[] = {
	{ "lvmthin", "snapshot", FORM_CURRENT },
	{ "lvmthin", "clone", FORM_BASE | FORM_SNAPSHOT },
	{ "lvmthin", "copy", FORM_BASE | FORM_CURRENT | FORM_SNAPSHOT },
	{ "zfspool", "snapshot", FORM_CURRENT | FORM_SNAPSHOT },
	{ "zfspool", "clone", FORM_BASE },
	{ "zfspool", "copy", FORM_BASE | FORM_CURRENT },
	{ "rbd", "snapshot", FORM_CURRENT | FORM_SNAPSHOT },
	{ "rbd", "clone", FORM_BASE | FORM_SNAPSHOT },
	{ "rbd", "copy", FORM_BASE | FORM_CURRENT | FORM_SNAPSHOT },
	{ "lvm", "copy", FORM_BASE | FORM_CURRENT },
	{ "file", "snapshot", FORM_CURRENT | FORM_SNAPSHOT },
	{ "file", "clone", FORM_BASE },
	{ "file", "copy", FORM_BASE | FORM_CURRENT | FORM_SNAPSHOT },
};

/* Among files only a qcow2 has snapshots, and a linked clone is one: nothing for containers. */
static bool file_can(enum guest_type type, const char *volid, const char *feature,
		     bool of_snapshot)
{
	if (!strcmp(feature, "clone"))
		return type == GUEST_QEMU;
	return (!of_snapshot && strcmp(feature, "snapshot") != 0) ||
	       str_ends(volid, ".qcow2");
}

bool volume_can(const struct world *world, enum guest_type type, const char *volid,
		const char *feature, bool of_snapshot)
{
	const struct storage *storage = volume_storage(world, volid);
	enum volume_form form = of_snapshot             ? FORM_SNAPSHOT
				: volume_is_base(volid) ? FORM_BASE
							: FORM_CURRENT;
	bool file = storage && storage_is_file(storage);

	if (!storage || (file && !file_can(type, volid, feature, of_snapshot)))
		return false;
	for (size_t i = 0; i < sizeof(abilities) / sizeof(*abilities); i++)
		if (!strcmp(abilities[i].type, file ? "file" : storage->type) &&
		    !strcmp(abilities[i].feature, feature))
			return abilities[i].forms & form;
	return false;
}

char *volume_new_sum(struct arena *arena, const char *algorithm, const void *data,
		     size_t len)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned size = 0;
	char *out;

	EVP_Digest(data, len, hash, &size, EVP_get_digestbyname(algorithm), NULL);
	out = arena_alloc(arena, 2 * size + 1, 1);
	for (unsigned i = 0; i < size; i++)
		snprintf(out + 2 * (size_t)i, 3, "%02x", hash[i]);
	return out;
}

const char *volume_sum(struct arena *arena, const struct volume *volume,
		       const char *algorithm)
{
	const char *sum = props_get(json_object_get(volume->facts, "sums"), algorithm);

	return sum ? sum
		   : volume_new_sum(arena, algorithm, volume->volid,
				    strlen(volume->volid));
}

bool volume_is_protected(const struct volume *volume)
{
	return json_is_true(json_object_get(volume->facts, "protected"));
}

unsigned volume_owner_on(const struct world *world, const char *node, const char *volid)
{
	const struct volume *volume = volume_find(world, node, volid);

	return volume && volume->vmid ? volume->vmid : volume_owner(volid);
}

const char *volume_kind(const char *volid)
{
	static const char *const kinds[] = { "iso",    "vztmpl",   "import",
					     "backup", "snippets", NULL };
	const char *name = strchr(volid, ':') + 1;

	for (size_t i = 0; kinds[i]; i++)
		if (!strncmp(name, kinds[i], strlen(kinds[i])) &&
		    name[strlen(kinds[i])] == '/')
			return kinds[i];
	return "images";
}
