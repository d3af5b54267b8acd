#include "config.h"

#include "base/text.h"
#include "disk.h"
#include "guest.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "snapshot.h"
#include "volume.h"

#include <crypt.h>
#include <stdlib.h>
#include <string.h>

char *password_hash(struct arena *arena, struct world *world, const char *password)
{
	struct crypt_data *data;
	char salt[32], *hash;

	if (password[0] == '$' && strchr(password + 1, '$')) /* a hash already */
		return arena_strdup(arena, password);
	data = xcalloc(1, sizeof(*data));
	snprintf(salt, sizeof(salt), "$5$%08llx$",
		 (unsigned long long)(chance_next(&world->chance) & 0xffffffffu));
	/* not crypt_r(): ASan has one too, and libcrypt would not be linked then */
	hash = crypt_rn(password, salt, data, sizeof(*data));
	hash = arena_strdup(arena, hash ? hash : "*0");
	free(data);
	return hash;
}

/* The feature of `hotplug` that lets an option change while the VM runs, or NULL. */
static const char *feature_of(enum option_effect effect)
{
	switch (effect) {
	case EFFECT_NETWORK:
		return "network";
	case EFFECT_DISK:
		return "disk";
	case EFFECT_USB:
		return "usb";
	case EFFECT_CPU:
		return "cpu";
	case EFFECT_MEMORY:
		return "memory";
	case EFFECT_NOW:
	case EFFECT_RESTART:
		return NULL;
	}
	return NULL;
}

static bool takes_effect(const struct guest *guest, const char *option)
{
	const struct schema *schema = option_find(guest->type, option);
	const char *hotplug = guest_get(guest, "hotplug"), *feature;

	if (!guest->running || str_starts(option, "unused"))
		return true;
	if (schema->effect == EFFECT_NOW)
		return true;
	feature = feature_of((enum option_effect)schema->effect);
	if (!hotplug || !strcmp(hotplug, "1"))
		hotplug = "network,disk,usb";
	return feature && strstr(hotplug, feature) != NULL;
}

static void put(struct world *world, struct guest *guest, const char *option,
		const char *value)
{
	const char *now = guest_get(guest, option);

	json_object_del(guest->undone, option);
	if (takes_effect(guest, option) || (now && !strcmp(now, value))) {
		json_object_del(guest->pending, option);
		guest_set(world, guest, option, value);
	} else {
		props_set(guest->pending, option, value);
		world_touch(world);
	}
}

void config_keep_unused(struct world *world, struct guest *guest, const char *volid)
{
	char name[16];

	for (unsigned i = 0; i < 256; i++) {
		snprintf(name, sizeof(name), "unused%u", i);
		if (!guest_get(guest, name)) {
			guest_set(world, guest, name, volid);
			return;
		}
	}
}

/* `boot` names what it can start from; a drive that goes is taken out. */
static void drop_from_boot(struct arena *arena, struct world *world, struct guest *guest,
			   const char *option)
{
	const char *boot = guest_get(guest, "boot");
	struct text order;
	char **parts;
	size_t count, kept = 0;

	if (!boot || !str_starts(boot, "order="))
		return;
	count = str_split(arena, boot + strlen("order="), ";", &parts);
	text_init(&order, arena);
	for (size_t i = 0; i < count; i++)
		if (strcmp(parts[i], option) != 0)
			text_addf(&order, "%s%s", kept++ ? ";" : "order=", parts[i]);
	if (kept < count && kept > 0)
		guest_set(world, guest, "boot", text_str(&order));
}

static void release_disk(struct arena *arena, struct world *world, struct guest *guest,
			 const char *value, bool destroy)
{
	char *volid = value ? guest_volid(arena, value) : NULL;

	if (!volid || volume_owner(volid) != guest->vmid)
		return;
	if (destroy || strstr(volid, "cloudinit"))
		volume_remove(world, guest->node, volid);
	else
		config_keep_unused(world, guest, volid);
}

static bool set_disk(struct arena *arena, struct world *world, struct guest *guest,
		     const char *option, const char *value, struct task *log,
		     const char **why)
{
	const char *old = guest_get(guest, option);
	char *old_volid = old ? guest_volid(arena, old) : NULL;
	char *made = disk_make(arena, world, guest, option, value, log, why);
	char *new_volid = made ? guest_volid(arena, made) : NULL;

	if (!made)
		return false;
	if (old_volid && (!new_volid || strcmp(old_volid, new_volid) != 0))
		release_disk(arena, world, guest, old, false);
	put(world, guest, option, made);
	return true;
}

static bool set_one(struct arena *arena, struct world *world, struct guest *guest,
		    const char *option, const char *value, struct task *log,
		    const char **why)
{
	if (option_is_disk(guest->type, option))
		return set_disk(arena, world, guest, option, value, log, why);
	if (option_is_card(option))
		value = card_print(arena, world, guest->type, value);
	else if (!strcmp(option, "tags"))
		value = guest_tags(arena, world, value);
	else if (!strcmp(option, "description"))
		value = guest_description(arena, guest->type, value);
	else if (!strcmp(option, "cipassword"))
		value = password_hash(arena, world, value);
	if (!*value && (!strcmp(option, "tags") || !strcmp(option, "description"))) {
		json_object_del(guest->pending, option);
		guest_unset(world, guest, option);
		return true;
	}
	put(world, guest, option, value);
	return true;
}

/* What a container cannot be without. */
static bool is_required(const char *option)
{
	return !strcmp(option, "memory") || !strcmp(option, "rootfs") ||
	       !strcmp(option, "ostype") || !strcmp(option, "arch");
}

/* A volume that a snapshot of the VM names is not destroyed. */
static bool still_needed(struct arena *arena, const struct guest *guest,
			 const char *option, const char *value)
{
	char *volid = option_is_disk(guest->type, option) || str_starts(option, "unused")
			      ? guest_volid(arena, value)
			      : NULL;

	return guest->type == GUEST_QEMU && volid && snapshot_uses(guest, volid);
}

static bool unset_one(struct arena *arena, struct world *world, struct guest *guest,
		      const char *option, bool force, const char **why)
{
	const char *value = guest_get(guest, option);
	bool disk = option_is_disk(guest->type, option);

	if (guest->type == GUEST_LXC && is_required(option)) {
		*why = arena_printf(arena, "unable to delete required option '%s'",
				    option);
		return false;
	}
	if (json_object_get(guest->pending, option)) {
		json_object_del(guest->pending, option);
		world_touch(world);
	}
	if (!value)
		return true;
	if ((disk || str_starts(option, "unused")) &&
	    guest_number(guest, "protection", 0)) {
		*why = arena_printf(
			arena, "can't remove %s '%s' - protection mode enabled",
			str_starts(option, "unused") ? "unused disk" : "drive", option);
		return false;
	}
	if (!takes_effect(guest, option)) {
		json_object_set_new(guest->undone, option, json_true());
		world_touch(world);
		return true;
	}
	if ((force || !disk) && still_needed(arena, guest, option, value)) {
		*why = arena_printf(
			arena,
			"unable to delete '%s' - volume is still in use (snapshot?)",
			guest_volid(arena, value));
		return false;
	}
	if (disk) {
		drop_from_boot(arena, world, guest, option);
		release_disk(arena, world, guest, value, force);
	} else if (str_starts(option, "unused")) {
		release_disk(arena, world, guest, value, true);
	}
	guest_unset(world, guest, option);
	return true;
}

bool config_apply(struct arena *arena, struct world *world, struct guest *guest,
		  const struct config_change *change, const char **why)
{
	const char *balloon = props_get(change->set, "balloon");
	const char *memory = props_get(change->set, "memory");
	const char *name;
	json_t *value;

	if (balloon && atol(balloon) > (memory ? atol(memory)
					       : guest_number(guest, "memory", 512))) {
		*why = "balloon value too large (must be smaller than assigned memory)";
		return false;
	}
	for (size_t i = 0; i < change->revert_count; i++) {
		json_object_del(guest->pending, change->revert[i]);
		json_object_del(guest->undone, change->revert[i]);
		world_touch(world);
	}
	for (size_t i = 0; i < change->unset_count; i++)
		if (!unset_one(arena, world, guest, change->unset[i], change->force, why))
			return false;
	json_object_foreach ((json_t *)(uintptr_t)change->set, name, value)
		if (!set_one(arena, world, guest, name, json_string_value(value),
			     change->log, why))
			return false;
	return true;
}

char *config_words(struct arena *arena, const struct config_change *change)
{
	struct text out;
	const char **names;
	size_t count = props_sorted(arena, change->set, &names);

	text_init(&out, arena);
	for (size_t i = 0; i < change->unset_count; i++)
		text_addf(&out, " -delete %s", change->unset[i]);
	for (size_t i = 0; i < count; i++)
		text_addf(&out, " -%s %s", names[i],
			  strcmp(names[i], "cipassword")
				  ? props_get(change->set, names[i])
				  : "<hidden>");
	return arena_strdup(arena, text_str(&out));
}
