/* Any text as a property string, and as a size: it prints as what reads the same. */
#include "base/arena.h"
#include "reconcile/props.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void same(const struct props *a, const struct props *b)
{
	if (a->len != b->len)
		abort();
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->at[i].key, b->at[i].key) != 0 ||
		    strcmp(a->at[i].value, b->at[i].value) != 0)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	const char *text = arena_strndup(arena, (const char *)data, size), *value;
	struct props props, again;

	props_read(&props, arena, text);
	props_read(&again, arena, props_print(&props, arena));
	same(&props, &again);

	props_set(&props, arena, "tag", "20");
	value = props_get(&props, "tag");
	if (!value || strcmp(value, "20") != 0)
		abort();
	value = props_get(&props, "size");
	size_mib(value ? value : text);
	arena_destroy(arena);
	return 0;
}
