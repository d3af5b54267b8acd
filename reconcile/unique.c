#include "reconcile/check.h"

#include <stdlib.h>
#include <string.h>

/* `ordinals` is NULL for a map, where the name is the key. */
static void refuse_again(struct reading *reading, const char *list,
			 const size_t *ordinals, size_t which, const char *key,
			 struct place at, const char *what, struct place first)
{
	const struct trail top = { NULL, list, 0 };
	const struct trail item = { &top, ordinals ? NULL : what,
				    ordinals ? ordinals[which] : 0 };
	const struct trail here = { &item, key, 0 };

	mistake(&reading->how, ordinals ? &here : &item, at, "%s is already at %s", what,
		place_print(reading->how.arena, first));
}

void check_names(struct reading *reading, const struct index *index, const char *list,
		 const size_t *ordinals, const struct place *places)
{
	size_t first = 0;

	for (size_t i = 1; i < index->len; i++) {
		const struct index_entry *entry = &index->entries[i];

		if (strcmp(index->entries[first].name, entry->name) != 0)
			first = i;
		else if (*entry->name)
			refuse_again(reading, list, ordinals, entry->at, "name",
				     places[entry->at], entry->name,
				     places[index->entries[first].at]);
	}
}

struct numbered {
	long vmid;
	size_t at;
};

static int compare_vmids(const void *left, const void *right)
{
	const struct numbered *a = left, *b = right;

	if (a->vmid != b->vmid)
		return a->vmid < b->vmid ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

static void check_numbers(struct reading *reading, const size_t *ordinals,
			  const char *key,
			  const struct num_setting *(*of)(const struct spec *spec))
{
	struct manifest *manifest = reading->manifest;
	struct arena *arena = reading->how.arena;
	struct numbered *all = arena_array(arena, struct numbered, manifest->guests_len);
	size_t len = 0, first = 0;

	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct num_setting *number = of(&manifest->guests[i].spec);

		if (is_set(&number->is) && !number->is.bad)
			all[len++] = (struct numbered){ number->value, i };
	}
	qsort(all, len, sizeof(*all), compare_vmids);
	for (size_t i = 1; i < len; i++) {
		if (all[first].vmid != all[i].vmid)
			first = i;
		else
			refuse_again(reading, "vms", ordinals, all[i].at, key,
				     of(&manifest->guests[all[i].at].spec)->is.at,
				     arena_printf(arena, "%ld", all[i].vmid),
				     of(&manifest->guests[all[first].at].spec)->is.at);
	}
}

static const struct num_setting *vmid_of(const struct spec *spec)
{
	return &spec->vmid;
}

static const struct num_setting *adopt_of(const struct spec *spec)
{
	return &spec->adopt;
}

void check_vmids(struct reading *reading, const size_t *ordinals)
{
	check_numbers(reading, ordinals, "vmid", vmid_of);
	check_numbers(reading, ordinals, "adopt", adopt_of);
}
