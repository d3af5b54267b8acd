#include "snapshot.h"

#include "base/text.h"
#include "config.h"
#include "guest.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <stdio.h>
#include <string.h>

json_t *snapshot_find(const struct guest *guest, const char *name)
{
	return json_object_get(guest->snapshots, name);
}

const json_t *snapshot_config(const struct guest *guest, const char *name)
{
	return name ? snapshot_find(guest, name) : guest->config;
}

json_t *snapshot_disks(const struct guest *guest, const json_t *section)
{
	json_t *list = json_array(), *value;
	const char *name;

	json_object_foreach ((json_t *)(uintptr_t)section, name, value)
		if (option_is_disk(guest->type, name) &&
		    !guest_is_cdrom(json_string_value(value)))
			json_array_append_new(list, json_string(name));
	return list;
}

bool snapshot_can(const struct world *world, const struct guest *guest, const char *name,
		  const char *feature)
{
	struct arena *arena = arena_create();
	const json_t *config = snapshot_config(guest, name);
	json_t *disks = snapshot_disks(guest, config), *disk;
	bool can = true;
	size_t i;

	json_array_foreach (disks, i, disk) {
		const char *value = props_get(config, json_string_value(disk));
		const char *volid = guest_volid(arena, value);

		can = can && volid &&
		      volume_can(world, guest->type, volid, feature, name != NULL);
	}
	json_decref(disks);
	arena_destroy(arena);
	return can;
}

static bool names(const struct guest *guest, const json_t *section, const char *volid)
{
	struct arena *arena = arena_create();
	bool found = false;
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)section, name, value)
		if (option_is_disk(guest->type, name) || !strcmp(name, "vmstate"))
			found = found ||
				str_equal(guest_volid(arena, json_string_value(value)),
					  volid);
	arena_destroy(arena);
	return found;
}

bool snapshot_uses(const struct guest *guest, const char *volid)
{
	const char *name;
	json_t *section;

	json_object_foreach (guest->snapshots, name, section)
		if (names(guest, section, volid))
			return true;
	return false;
}

/* What belongs to one section alone. */
static bool is_copied(const char *option)
{
	static const char *const own[] = { "snapstate",      "snaptime",   "vmstate",
					   "runningmachine", "runningcpu", "lock",
					   "description",    NULL };

	for (size_t i = 0; own[i]; i++)
		if (!strcmp(own[i], option))
			return false;
	return !str_starts(option, "unused");
}

static void copy(json_t *to, const json_t *from)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)from, name, value)
		if (is_copied(name))
			json_object_set(to, name, value);
}

/* A snapshot that an older one of the same name descended from would be its own ancestor. */
static void break_cycles(struct guest *guest, const char *name)
{
	const char *other;
	json_t *section;

	json_object_foreach (guest->snapshots, other, section)
		if (str_equal(props_get(section, "parent"), name))
			json_object_del(section, "parent");
}

json_t *snapshot_add(struct world *world, struct guest *guest, const char *name,
		     const char *about)
{
	struct arena *arena = arena_create();
	json_t *section = json_object();

	break_cycles(guest, name);
	copy(section, guest->config);
	props_set(section, "snapstate", "prepare");
	props_set(section, "snaptime",
		  arena_printf(arena, "%lld", (long long)world->now));
	if (about && *about)
		props_set(section, "description",
			  guest_description(arena, guest->type, about));
	json_object_set_new(guest->snapshots, name, section);
	world_touch(world);
	arena_destroy(arena);
	return section;
}

/* The disks were as large as their snapshot says. */
static void restore_size(struct arena *arena, struct world *world, struct guest *guest,
			 const char *value)
{
	const char *volid = guest_volid(arena, value), *size = strstr(value, "size=");
	struct volume *volume = volid ? volume_find(world, guest->node, volid) : NULL;
	uint64_t bytes;

	if (volume && size &&
	    size_read(arena_strndup(arena, size + 5, strcspn(size + 5, ",")), &bytes))
		volume->size = bytes;
}

void snapshot_apply(struct world *world, struct guest *guest, const char *name)
{
	struct arena *arena = arena_create();
	const json_t *section = snapshot_find(guest, name);
	json_t *before = guest->config, *value;
	const char *option;

	guest->config = json_object();
	json_object_foreach (before, option, value)
		if (str_starts(option, "unused") || !strcmp(option, "description"))
			json_object_set(guest->config, option, value);
	copy(guest->config, section);
	json_object_clear(guest->pending);
	json_object_clear(guest->undone);
	json_object_foreach (guest->config, option, value)
		if (option_is_disk(guest->type, option))
			restore_size(arena, world, guest, json_string_value(value));
	json_object_foreach (before, option, value) {
		char *volid = option_is_disk(guest->type, option)
				      ? guest_volid(arena, json_string_value(value))
				      : NULL;

		if (volid && volume_owner(volid) == guest->vmid &&
		    !names(guest, guest->config, volid))
			config_keep_unused(world, guest, volid);
	}
	guest_set(world, guest, "parent", name);
	json_decref(before);
	arena_destroy(arena);
}

static void new_parent(json_t *section, const char *name, const char *parent)
{
	if (!str_equal(props_get(section, "parent"), name))
		return;
	if (parent)
		props_set(section, "parent", parent);
	else
		json_object_del(section, "parent");
}

void snapshot_remove(struct world *world, struct guest *guest, const char *name)
{
	struct arena *arena = arena_create();
	const char *parent = arena_strdup(
		arena, props_get(snapshot_find(guest, name), "parent")
			       ? props_get(snapshot_find(guest, name), "parent")
			       : "");
	const char *other;
	json_t *section;

	parent = *parent ? parent : NULL;
	json_object_del(guest->snapshots, name);
	json_object_foreach (guest->snapshots, other, section)
		new_parent(section, name, parent);
	new_parent(guest->config, name, parent);
	world_touch(world);
	arena_destroy(arena);
}
