#include "base/text.h"
#include "reconcile/check.h"

#include <stdlib.h>
#include <string.h>

/* A walk along depends_on, deep first; as deep as there are guests, so not by calls. */
struct walk {
	struct reading *reading;
	struct manifest *manifest;
	const size_t *ordinals;
	enum mark { MARK_NEW, MARK_ON_PATH, MARK_DONE } * marks;
	struct stop {
		size_t guest, next; /* the next of its depends_on */
	} * path;
	size_t len; /* of the path */
	size_t ordered;
};

static void circle(struct walk *walk, size_t first, struct place at)
{
	struct arena *arena = walk->reading->how.arena;
	const struct desired *guests = walk->manifest->guests;
	const struct trail list = { NULL, "vms", 0 };
	const struct trail item = { &list, NULL,
				    walk->ordinals[walk->path[walk->len - 1].guest] };
	const struct trail here = { &item, "depends_on", 0 };
	const char **names = arena_array(arena, const char *, walk->len);
	size_t from = walk->len, len = 0;
	struct text text;

	while (walk->path[from - 1].guest != first)
		from--;
	for (size_t i = from - 1; i < walk->len; i++)
		names[len++] = guests[walk->path[i].guest].name;
	text_init(&text, arena);
	for (size_t i = 0; i < len && i < 8; i++)
		text_addf(&text, "%s -> ", names[i]);
	if (len > 8)
		text_addf(&text, "... (%zu more) -> ", len - 8);
	mistake(&walk->reading->how, &here, at, "goes round in a circle: %s%s",
		text_str(&text), names[0]);
}

static void go_on(struct walk *walk)
{
	struct stop *stop = &walk->path[walk->len - 1];
	const struct desired *guest = &walk->manifest->guests[stop->guest];
	const struct list_setting *names = &guest->spec.depends_on;
	size_t i, found;

	if (stop->next == names->len) {
		walk->marks[stop->guest] = MARK_DONE;
		walk->manifest->in_order[walk->ordered++] = stop->guest;
		walk->len--;
		return;
	}
	i = stop->next++;
	if (!index_find(&walk->manifest->by_name, names->at[i], &found))
		return;
	switch (walk->marks[found]) {
	case MARK_NEW:
		walk->marks[found] = MARK_ON_PATH;
		walk->path[walk->len++] = (struct stop){ found, 0 };
		return;
	case MARK_ON_PATH:
		circle(walk, found, names->places[i]);
		return;
	case MARK_DONE:
		return;
	}
}

/* Names that are nowhere, in one list. */
static void look_up(struct reading *reading, const struct list_setting *names,
		    const struct trail *above)
{
	const struct trail key = { above, "depends_on", 0 };
	size_t found;

	for (size_t i = 0; i < names->len; i++) {
		const struct trail here = { &key, NULL, i };

		if (!index_find(&reading->manifest->by_name, names->at[i], &found))
			dangling(reading, &here, names->places[i], "guest", names->at[i],
				 &reading->manifest->by_name);
	}
}

/* As the lease keeps them: a set. */
static void resolve(struct desired *guest, struct arena *arena)
{
	const struct list_setting *names = &guest->spec.depends_on;
	const char **sorted = arena_array(arena, const char *, names->len);

	if (names->len == 0)
		return;
	memcpy(sorted, names->at, names->len * sizeof(*sorted));
	qsort(sorted, names->len, sizeof(*sorted), str_compare);
	for (size_t i = 0; i < names->len; i++)
		if (i == 0 || strcmp(sorted[i], sorted[guest->depends_len - 1]) != 0)
			sorted[guest->depends_len++] = sorted[i];
	guest->depends = sorted;
}

void check_depends(struct reading *reading, const size_t *ordinals)
{
	static const struct trail presets = { NULL, "presets", 0 },
				  vms = { NULL, "vms", 0 };
	struct manifest *manifest = reading->manifest;
	struct arena *arena = reading->how.arena;
	size_t len = manifest->guests_len;
	struct walk walk = { .reading = reading,
			     .manifest = manifest,
			     .ordinals = ordinals };

	for (size_t i = 0; i < manifest->presets_len; i++) {
		const struct trail here = { &presets, manifest->presets[i].name, 0 };

		look_up(reading, &manifest->presets[i].spec.depends_on, &here);
	}
	walk.marks = arena_array(arena, enum mark, len);
	walk.path = arena_array(arena, struct stop, len);
	manifest->in_order = arena_array(arena, size_t, len);
	for (size_t i = 0; i < len; i++) {
		const struct trail here = { &vms, NULL, ordinals[i] };
		const struct list_setting *names = &manifest->guests[i].spec.depends_on;

		resolve(&manifest->guests[i], arena);
		if (names->is.layer == LAYER_GUEST)
			look_up(reading, names, &here);
		if (walk.marks[i] != MARK_NEW)
			continue;
		walk.marks[i] = MARK_ON_PATH;
		walk.path[walk.len++] = (struct stop){ i, 0 };
		while (walk.len > 0)
			go_on(&walk);
	}
}
