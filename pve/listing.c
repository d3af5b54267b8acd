#include "pve/listing.h"

#include "base/text.h"
#include "base/vec.h"

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
