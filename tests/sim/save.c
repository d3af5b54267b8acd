#include "save.h"

#include "base/arena.h"

#include <stdio.h>

void save_init(struct save *save, const char *path)
{
	*save = (struct save){ .path = path, .changes = (uint64_t)-1 };
}

bool save_world(struct save *save, const struct world *world, struct error *err)
{
	struct arena *arena;
	json_t *json;
	char *tmp;
	bool ok;

	if (!save->path || world->changes == save->changes)
		return true;
	arena = arena_create();
	tmp = arena_printf(arena, "%s.tmp", save->path);
	json = world_print(world);
	ok = json_dump_file(json, tmp, JSON_INDENT(1)) == 0 &&
	     rename(tmp, save->path) == 0;
	if (ok)
		save->changes = world->changes;
	else
		error_set(err, ERROR_LOCAL, "%s: cannot write", save->path);
	json_decref(json);
	arena_destroy(arena);
	return ok;
}

void save_or_complain(struct save *save, const struct world *world)
{
	struct error err = { 0 };

	if (!save_world(save, world, &err))
		fprintf(stderr, "vm7-sim: %s\n", err.text);
}
