/*
 * The features of a container, and which changes are root@pam's alone.
 * (pve-container src/PVE/LXC/Config.pm $features_desc; src/PVE/LXC.pm
 * check_ct_modify_config_perm)
 */
#include "base/text.h"
#include "reconcile/props.h"
#include "reconcile/slots.h"

#include <stdlib.h>
#include <string.h>

/* "nfs;cifs" as a set, printed; NULL when it is empty. */
static const char *types_text(struct arena *arena, const char **types, size_t len)
{
	struct text out;

	if (len == 0)
		return NULL;
	qsort(types, len, sizeof(*types), str_compare);
	text_init(&out, arena);
	for (size_t i = 0; i < len; i++)
		if (i == 0 || strcmp(types[i], types[i - 1]) != 0)
			text_addf(&out, "%s%s", out.len ? ";" : "", types[i]);
	return text_str(&out);
}

static const char *types_wanted(struct arena *arena, const struct list_setting *list)
{
	const char **types = arena_array(arena, const char *, list->len);

	for (size_t i = 0; i < list->len; i++)
		types[i] = list->at[i];
	return types_text(arena, types, list->len);
}

static const char *types_seen(struct arena *arena, const char *text)
{
	char **types;
	size_t len = text ? str_split(arena, text, "; ", &types) : 0;

	return len > 0 ? types_text(arena, (const char **)(uintptr_t)types, len) : NULL;
}

static bool mount_differs(struct view *view, struct props *props)
{
	const struct list_setting *list = &view->making->want->spec.mount_types;
	const char *wanted;

	if (!is_set(&list->is))
		return false;
	wanted = types_wanted(view->arena, list);
	if (str_equal(types_seen(view->arena, props_get(props, "mount")), wanted))
		return false;
	props_set(props, view->arena, "mount", wanted);
	return true;
}

const char *wanted_features(struct view *view, const char *seen)
{
	const struct spec *spec = &view->making->want->spec;
	const struct {
		const char *key;
		const struct flag_setting *flag;
	} flags[] = {
		{ "force_rw_sys", &spec->force_rw_sys },
		{ "fuse", &spec->fuse },
		{ "keyctl", &spec->keyctl },
		{ "mknod", &spec->mknod },
		{ "nesting", &spec->nesting },
	};
	struct props props = { 0 };
	bool differs = false;

	if (seen)
		props_read(&props, view->arena, seen);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		const char *wanted = view_flag(flags[i].flag);
		const char *now = props_get(&props, flags[i].key);

		if (!wanted || same_value(now ? now : "0", wanted))
			continue;
		props_set(&props, view->arena, flags[i].key, wanted);
		differs = true;
	}
	differs |= mount_differs(view, &props);
	if (!differs)
		return NULL;
	if (props.len == 0) /* there is no empty property string */
		props_set(&props, view->arena, "nesting", "0");
	return props_print(&props, view->arena);
}

/* The first feature but nesting that differs, or NULL. */
static const char *other_feature(struct arena *arena, const char *from, const char *to)
{
	static const char *const flags[] = { "force_rw_sys", "fuse", "keyctl", "mknod" };
	struct props old = { 0 }, new = { 0 };

	props_read(&old, arena, from ? from : "");
	props_read(&new, arena, to ? to : "");
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!str_equal(props_get(&old, flags[i]), props_get(&new, flags[i])))
			return flags[i];
	if (!str_equal(props_get(&old, "mount"), props_get(&new, "mount")))
		return "mount";
	return NULL;
}

/* As it is, or as it is to be made. */
static bool is_unprivileged(const struct view *view)
{
	const char *seen = view_seen(view, "unprivileged");

	return seen || (view->seen && view->seen->has_config)
		       ? same_value(seen, "1")
		       : view->making->want->spec.unprivileged.value;
}

bool features_are_roots(const struct view *view, const char *from, const char *to)
{
	return !is_unprivileged(view) || other_feature(view->arena, from, to) != NULL;
}

/* ---- who may ---- */

static const char *what_it_is(struct arena *arena, const struct change *change)
{
	const char *feature;

	if (str_starts(change->key, "dev"))
		return arena_printf(arena, "devices: %s", change->key);
	if (str_starts(change->key, "mp"))
		return arena_printf(arena, "mounts: %s, with a folder of the node,",
				    change->key);
	feature = other_feature(arena, change->from, change->to);
	return feature ? arena_printf(arena, "features.%s", feature)
		       : "features.nesting of a privileged container";
}

bool changes_permitted(struct error *err, struct arena *arena,
		       const struct changes *changes, bool privileged)
{
	for (size_t i = 0; i < changes->len && !privileged; i++)
		if (changes->at[i].root)
			return error_set(
				err, ERROR_REFUSED,
				"%s can be set by root@pam only, never by an API token. "
				"Give globals.proxmox.privileged a username and password "
				"for that, or take it out of the entry",
				what_it_is(arena, &changes->at[i]));
	return true;
}
