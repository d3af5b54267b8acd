#include "migrate.h"

#include "base/text.h"
#include "guest.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

const char *migrate_map(struct arena *arena, const char *map, const char *storage)
{
	char **pairs;
	size_t count;

	if (!map || !strcmp(map, "1"))
		return storage;
	count = str_split(arena, map, ",; ", &pairs);
	for (size_t i = 0; i < count; i++) {
		char *colon = strchr(pairs[i], ':');
		size_t len = colon ? (size_t)(colon - pairs[i]) : 0;

		if (colon && strlen(storage) == len && !strncmp(pairs[i], storage, len))
			return colon + 1;
	}
	for (size_t i = 0; i < count; i++)
		if (!strchr(pairs[i], ':') && strcmp(pairs[i], "1") != 0)
			return pairs[i];
	return storage;
}

/* Each disk that is more than an empty drive: its storage, or NULL when it is unknown. */
struct each {
	const char *option, *value, *volid;
	const struct storage *storage;
};

static bool read_each(struct arena *arena, const struct world *world,
		      const struct guest *guest, const char *option, json_t *value,
		      struct each *out)
{
	if (!option_is_disk(guest->type, option) && !str_starts(option, "unused"))
		return false;
	out->option = option;
	out->value = json_string_value(value);
	out->volid = guest_volid(arena, out->value);
	out->storage = out->volid ? volume_storage(world, out->volid) : NULL;
	return out->volid != NULL;
}

const char *migrate_missing(struct arena *arena, const struct world *world,
			    const struct guest *guest, const char *target,
			    const char *map)
{
	const char *option;
	struct each each;
	json_t *value;

	json_object_foreach (guest->config, option, value) {
		const struct storage *storage;

		if (!read_each(arena, world, guest, option, value, &each) ||
		    !each.storage ||
		    (guest_is_cdrom(each.value) && !strstr(each.volid, "cloudinit")))
			continue;
		storage =
			world_storage(world, migrate_map(arena, map, each.storage->name));
		if (!storage || storage->disabled || !storage_on(storage, target))
			return storage ? storage->name : "?";
	}
	return NULL;
}

/* A clone needs its base beside it. */
static const char *base_missing(struct arena *arena, const struct world *world,
				const char *target, const struct volume *volume)
{
	if (!volume->parent || volume_find(world, target, volume->parent))
		return NULL;
	return arena_printf(arena, "can't migrate '%s' as it's a clone of '%s'",
			    volume->volid, strchr(volume->parent, ':') + 1);
}

static const char *disk_blocked(struct arena *arena, const struct world *world,
				const struct guest *guest, const char *target,
				const struct each *each, bool local)
{
	const struct volume *volume = volume_find(world, guest->node, each->volid);
	bool image = strstr(each->volid, "cloudinit");

	if (!volume || !each->storage)
		return arena_printf(arena, "volume '%s' does not exist", each->volid);
	if (guest_is_cdrom(each->value) && !image)
		return arena_printf(arena, "can't migrate local cdrom '%s'", each->volid);
	if (guest->running && guest->type == GUEST_QEMU && !local && !image)
		return "can't live migrate attached local disks without with-local-disks "
		       "option";
	if (json_object_size(guest->snapshots) > 0 && guest->running)
		return "online storage migration not possible if non-replicated snapshot "
		       "exists";
	if (json_object_size(guest->snapshots) > 0 && !storage_is_file(each->storage))
		return arena_printf(arena,
				    "cannot migrate from storage type '%s' to '%s'",
				    each->storage->type, each->storage->type);
	return base_missing(arena, world, target, volume);
}

const char *migrate_blocked(struct arena *arena, const struct world *world,
			    const struct guest *guest, const char *target, bool local)
{
	const char *option, *why;
	struct each each;
	json_t *value;

	json_object_foreach (guest->config, option, value) {
		if (!read_each(arena, world, guest, option, value, &each) ||
		    (each.storage && each.storage->shared))
			continue;
		why = disk_blocked(arena, world, guest, target, &each, local);
		if (why)
			return arena_printf(arena, "can't migrate local disk '%s': %s",
					    each.volid, why);
	}
	return NULL;
}

uint64_t migrate_bytes(const struct world *world, const struct guest *guest)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < world->volume_count; i++)
		if (world->volumes[i]->vmid == guest->vmid && world->volumes[i]->node)
			bytes += world->volumes[i]->size;
	return bytes;
}

static void move_disk(struct arena *arena, struct world *world, struct guest *guest,
		      const char *target, const char *map, const struct each *each)
{
	struct volume *volume = volume_find(world, guest->node, each->volid);
	const struct storage *to =
		world_storage(world, migrate_map(arena, map, each->storage->name));
	const char *fresh;

	if (!volume || !volume->node || !to || volume->vmid != guest->vmid)
		return;
	if (to != each->storage || volume_find(world, target, each->volid)) {
		fresh = strstr(each->volid, "cloudinit")
				? volume_cloudinit_name(arena, to, guest->vmid,
							volume->format)
				: volume_disk_name(arena, world, to, target, guest->vmid,
						   volume->format, NULL);
		free(volume->volid);
		volume->volid = xstrdup(fresh);
		guest_set(world, guest, each->option,
			  disk_with_volume(arena, each->value, fresh));
	}
	free(volume->node);
	volume->node = to->shared ? NULL : xstrdup(target);
}

void migrate_move(struct world *world, struct guest *guest, const char *target,
		  const char *map)
{
	struct arena *arena = arena_create();
	json_t *config = json_deep_copy(guest->config), *value;
	const char *option;
	struct each each;

	json_object_foreach (config, option, value)
		if (read_each(arena, world, guest, option, value, &each) && each.storage)
			move_disk(arena, world, guest, target, map, &each);
	free(guest->node);
	guest->node = xstrdup(target);
	world_touch(world);
	json_decref(config);
	arena_destroy(arena);
}
