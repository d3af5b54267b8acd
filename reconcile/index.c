#include "reconcile/index.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { NEAREST_OF = 200 };

static int compare(const void *left, const void *right)
{
	const struct index_entry *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->at > b->at) - (a->at < b->at);
}

void index_init(struct index *index, struct arena *arena, const void *list, size_t count,
		size_t size)
{
	index->entries = arena_array(arena, struct index_entry, count);
	index->len = count;
	for (size_t i = 0; i < count; i++) {
		memcpy(&index->entries[i].name, (const char *)list + i * size,
		       sizeof(index->entries[i].name));
		index->entries[i].at = i;
	}
	if (count > 1)
		qsort(index->entries, count, sizeof(*index->entries), compare);
}

bool index_find(const struct index *index, const char *name, size_t *at)
{
	size_t low = 0, high = index->len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(index->entries[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == index->len || strcmp(index->entries[low].name, name) != 0)
		return false;
	*at = index->entries[low].at;
	return true;
}

const char *index_nearest(const struct index *index, struct arena *arena,
			  const char *name)
{
	const char **names;

	if (index->len > NEAREST_OF)
		return NULL;
	names = arena_array(arena, const char *, index->len + 1);
	for (size_t i = 0; i < index->len; i++)
		names[i] = index->entries[i].name;
	return str_nearest(name, names);
}
