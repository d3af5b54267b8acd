#include "pve/listing.h"

#include "base/text.h"
#include "base/vec.h"

#include <string.h>

void listing_snapshots(struct observed *out, struct arena *arena, const json_t *list)
{
	struct {
		struct snapshot *at;
		size_t len, cap;
	} found = { 0 };
	const json_t *entry;
	size_t i;

	json_array_foreach (list, i, entry) {
		const char *name = json_string_value(json_object_get(entry, "name"));

		if (!name || str_equal(name, "current") ||
		    json_object_get(entry, "snapstate"))
			continue;
		*vec_push(arena, &found) = (struct snapshot){
			arena_strdup(arena, name),
			json_integer_value(json_object_get(entry, "snaptime")),
		};
	}
	out->snapshots = found.at;
	out->snapshots_len = found.len;
}

/* A number, or a number as text. */
static int64_t number_of(const json_t *value)
{
	const char *text = json_string_value(value);
	uint64_t number;

	if (text)
		return str_number(text, &number) && number < INT64_MAX ? (int64_t)number
								       : 0;
	return json_integer_value(value);
}

bool listing_has_backup(const json_t *volumes, unsigned vmid, int64_t since)
{
	const json_t *volume;
	size_t i;

	json_array_foreach (volumes, i, volume)
		if (str_equal(json_string_value(json_object_get(volume, "content")),
			      "backup") &&
		    number_of(json_object_get(volume, "vmid")) == vmid &&
		    number_of(json_object_get(volume, "ctime")) >= since &&
		    number_of(json_object_get(volume, "size")) > 0)
			return true;
	return false;
}

const char *listing_disks(struct arena *arena, const json_t *volumes, unsigned vmid)
{
	const char **names =
		arena_array(arena, const char *, json_array_size(volumes) + 1);
	const json_t *volume;
	size_t i, len = 0;

	json_array_foreach (volumes, i, volume) {
		const char *name = json_string_value(json_object_get(volume, "volid"));
		const char *content =
			json_string_value(json_object_get(volume, "content"));

		if (name && number_of(json_object_get(volume, "vmid")) == vmid &&
		    (str_equal(content, "images") || str_equal(content, "rootdir")))
			names[len++] = arena_strdup(arena, name);
	}
	return len > 0 ? str_list(arena, names, len, 8) : NULL;
}

/* "vm-100-cloudinit", with or without a folder before and a format behind it. */
static bool is_cloud_init(struct arena *arena, const char *volume, unsigned vmid)
{
	const char *fixed = arena_printf(arena, "vm-%u-cloudinit", vmid);
	const char *slash = strrchr(volume, '/'), *colon = strchr(volume, ':');
	const char *name = slash ? slash + 1 : colon ? colon + 1 : volume;
	size_t len = strlen(fixed);

	return strncmp(name, fixed, len) == 0 && (!name[len] || name[len] == '.');
}

const char *listing_cloud_init(struct arena *arena, const json_t *volumes, unsigned vmid)
{
	const json_t *volume;
	size_t i;

	json_array_foreach (volumes, i, volume) {
		const char *name = json_string_value(json_object_get(volume, "volid"));

		if (name && number_of(json_object_get(volume, "vmid")) == vmid &&
		    is_cloud_init(arena, name, vmid))
			return arena_strdup(arena, name);
	}
	return NULL;
}
