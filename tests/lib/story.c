#include "story.h"

#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/ask.h"
#include "tests/sim/task.h"

#define NOW    1795250000.0
#define ADMIN  "admin@pve!admin"
#define UPLOAD "multipart/form-data; boundary=x"

struct play {
	struct arena *arena;
	struct world *world;
	const char *volid; /* the last that was listed, or NULL */
};

static json_t *read_json(const char *text)
{
	json_t *json = json_loads(text, 0, NULL);

	if (!json)
		fail_msg("no JSON: %s", text);
	return json;
}

static void change(struct play *play, const char *text)
{
	json_t *json = read_json(text);

	world_change(play->world, json);
	json_decref(json);
}

/* What was saved makes the same world. */
static void save(struct play *play)
{
	json_t *first = world_print(play->world), *second;
	struct error err = { 0 };

	world_destroy(play->world);
	play->world = world_create(first, 2, NOW, &err);
	assert_non_null(play->world);
	second = world_print(play->world);
	assert_true(json_equal(first, second));
	json_decref(first);
	json_decref(second);
}

static char *dump(struct arena *arena, const json_t *json)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
	char *out = arena_strdup(arena, text ? text : "");

	free(text);
	return out;
}

/* How the task ended, with its log. */
static char *end_of(struct play *play, const char *upid)
{
	const char *status = ask_wait(play->world, upid);
	const struct task *task = task_find(play->world, upid);

	return arena_printf(play->arena, "%s %s", status, dump(play->arena, task->log));
}

/* The text with the last volume in it. */
static char *fill(struct play *play, const char *text)
{
	const char *mark = strstr(text, "=@");

	if (!mark)
		mark = strstr(text, "/@");
	if (!mark || !play->volid)
		return arena_strdup(play->arena, text);
	return arena_printf(play->arena, "%.*s%s%s", (int)(mark + 1 - text), text,
			    play->volid, mark + 2);
}

static void learn_volid(struct play *play, const json_t *data)
{
	const json_t *last = json_array_get(data, json_array_size(data) - 1);
	const char *volid = json_string_value(json_object_get(last, "volid"));

	if (volid)
		play->volid = volid;
}

static char *ask_step(struct play *play, const char *text)
{
	const char *user = ADMIN, *form = NULL;
	struct asked asked;
	char *words = fill(play, text), *target, *rest;

	if (str_starts(words, "as ")) {
		user = words + strlen("as ");
		words = strchr(user, ' ');
		*words++ = '\0';
	}
	target = strchr(words, ' ');
	*target++ = '\0';
	rest = strchr(target, ' ');
	if (rest) {
		*rest = '\0';
		form = rest + 1;
	} else if (words[0] == 'P') {
		form = "";
	}
	asked = form && str_starts(form, "--")
			? ask_body(play->arena, play->world, user, words, target, UPLOAD,
				   form)
			: ask(play->arena, play->world, user, words, target, form);
	learn_volid(play, asked.data);
	if (asked.upid && json_is_string(asked.data))
		return end_of(play, asked.upid);
	if (asked.status == 200)
		return dump(play->arena, asked.data);
	return arena_printf(play->arena, "%d %s %s", asked.status, asked.reason,
			    dump(play->arena, json_object_get(asked.body, "errors")));
}

static void play_step(struct play *play, const struct step *step)
{
	const char *got, *gives = step->gives ? step->gives : "";
	bool without = *gives == '!';

	if (str_starts(step->ask, "change ")) {
		change(play, step->ask + strlen("change "));
		return;
	}
	if (!strcmp(step->ask, "save")) {
		save(play);
		return;
	}
	got = ask_step(play, step->ask);
	if (!strstr(got, gives + without) != without)
		fail_msg("%s gives %s", step->ask, got);
}

static void play_on(const struct story *story, unsigned pve)
{
	struct play play = { .arena = arena_create() };
	json_t *json = world_default(pve, 1, NOW);
	struct error err = { 0 };

	play.world = world_create(json, 1, NOW, &err);
	json_decref(json);
	assert_non_null(play.world);
	for (size_t i = 0; i < STEPS_MAX && story->steps[i].ask; i++)
		play_step(&play, &story->steps[i]);
	world_destroy(play.world);
	arena_destroy(play.arena);
}

void story_plays(void **state)
{
	const struct story *story = *state;

	for (unsigned pve = 8; pve <= 9; pve++)
		if (!story->only || story->only == pve)
			play_on(story, pve);
}
