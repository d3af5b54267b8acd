/*
 * A play: calls to a simulated Proxmox and what they must answer, one a line.
 *
 *	POST qemu/101/status/start timeout=5 -> OK      how the task it starts ends
 *	POST qemu/101/status/reset -> VM 101 not running    or the reason of the answer
 *	GET qemu/101/config -> memory=1024              a value of the data; also 0.name=x
 *	GET pools -> []                                 or all of them
 *	GET qemu/101/config -> !lock                    nothing there
 *	begin POST qemu/101/status/shutdown             its task goes on
 *	end -> OK                                       ... until now
 *	kill                                            ... or it dies, as by SIGKILL
 *	stop                                            ... or it is stopped, as by DELETE
 *	log a line of the last task's log
 *	wait 20                                         seconds
 *	world {"guests": {"101": {"lock": "backup"}}}   world_change()
 *	as vm7@pve!vm7                                  from now on
 *
 * Targets are below /nodes/pve01/ unless they begin with "/".
 */
#pragma once

#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/ask.h"

struct play {
	struct arena *arena;
	struct world *world;
	const char *user, *upid;
	const char *line; /* that is being played, for messages */
};

/* A row of plays, for play_row(). `pve` 0: on both versions. */
struct play_row {
	const char *name;
	unsigned pve;
	const char *lines;
};

#define PLAY_NOW 1795250000.0

static inline void play_fail(const struct play *play, const char *got)
{
	fail_msg("PVE %u: %s: got: %s", play->world->pve, play->line, got);
}

/* "ha.managed" in an object, "0.name" in a list. */
static inline const json_t *play_at(const struct play *play, const json_t *data,
				    const char *path)
{
	char **parts;
	size_t count = str_split(play->arena, path, ".", &parts);

	for (size_t i = 0; i < count && data; i++)
		data = json_is_array(data)
			       ? json_array_get(data, strtoul(parts[i], NULL, 10))
			       : json_object_get(data, parts[i]);
	return data;
}

static inline const char *play_text(const struct play *play, const json_t *value)
{
	char *dump = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_SORT_KEYS) : NULL;
	const char *text = dump ? arena_strdup(play->arena, dump) : "nothing";

	free(dump);
	return json_is_string(value) ? json_string_value(value) : text;
}

static inline void play_data(const struct play *play, const json_t *data,
			     const char *says)
{
	size_t len = *says == '[' || *says == '{' ? 0 : strcspn(says, "=");
	const char *path = arena_strndup(play->arena, says, len);
	const char *got = play_text(play, play_at(play, data, path + (*says == '!')));

	if (!len) {
		if (strcmp(play_text(play, data), says) != 0)
			play_fail(play, play_text(play, data));
		return;
	}
	if (*says == '!' ? play_at(play, data, path + 1) != NULL
			 : strcmp(got, says[len] ? says + len + 1 : "") != 0)
		play_fail(play, says[len] || *says == '!' ? got : play_text(play, data));
}

static inline void play_end(struct play *play, const char *says)
{
	const char *status = ask_wait(play->world, play->upid);

	if (!status || strcmp(status, says) != 0)
		play_fail(play, status ? status : "no end");
}

/* "GET qemu/101/config form -> says" without its verb's prefix. */
static inline void play_call(struct play *play, const char *text, bool begin)
{
	const char *arrow = strstr(text, " -> ");
	const char *says = arrow ? arrow + 4 : NULL;
	struct asked asked;
	char **words;
	size_t count = str_split(
		play->arena,
		arrow ? arena_strndup(play->arena, text, (size_t)(arrow - text)) : text,
		" ", &words);
	const char *target;

	if (count < 2)
		fail_msg("no call: %s", play->line);
	target = *words[1] == '/'
			 ? words[1]
			 : arena_printf(play->arena, "/nodes/pve01/%s", words[1]);
	asked = ask(play->arena, play->world, play->user, words[0], target,
		    count > 2                 ? words[2]
		    : strcmp(words[0], "GET") ? ""
					      : NULL);
	if (asked.upid)
		play->upid = asked.upid;
	if (begin || !says) {
		if (asked.status != 200)
			play_fail(play, asked.reason);
	} else if (asked.upid) {
		play_end(play, says);
	} else if (asked.status == 200 && strcmp(says, "OK") != 0) {
		play_data(play, asked.data, says);
	} else if (strcmp(asked.reason, says) != 0) {
		const char *errors =
			play_text(play, json_object_get(asked.body, "errors"));

		if (!strstr(errors, says))
			play_fail(play, asked.status == 400 ? errors : asked.reason);
	}
}

static inline void play_log(const struct play *play, const char *says)
{
	const struct task *task = task_find(play->world, play->upid);
	const json_t *line;
	size_t i;

	json_array_foreach (task->log, i, line)
		if (!strcmp(json_string_value(line), says))
			return;
	play_fail(play, play_text(play, task->log));
}

static inline void play_world(const struct play *play, const char *text)
{
	json_t *change = json_loads(text, 0, NULL);

	if (!change)
		fail_msg("no JSON: %s", text);
	world_change(play->world, change);
	json_decref(change);
}

static inline void play_line(struct play *play, const char *line)
{
	play->line = line;
	if (str_starts(line, "wait "))
		world_advance(play->world, play->world->now + strtod(line + 5, NULL));
	else if (str_starts(line, "world "))
		play_world(play, line + 6);
	else if (str_starts(line, "as "))
		play->user = line + 3;
	else if (str_starts(line, "begin "))
		play_call(play, line + 6, true);
	else if (str_starts(line, "end -> "))
		play_end(play, line + 7);
	else if (str_starts(line, "log "))
		play_log(play, line + 4);
	else if (!strcmp(line, "kill"))
		task_die(play->world, task_find(play->world, play->upid));
	else if (!strcmp(line, "stop"))
		task_stop(play->world, task_find(play->world, play->upid));
	else
		play_call(play, line, false);
}

static inline void play_lines(struct play *play, const char *lines)
{
	char **each;
	size_t count = str_split(play->arena, lines, "\n", &each);

	for (size_t i = 0; i < count; i++)
		play_line(play, str_trim(play->arena, each[i]));
}

/* The default world, as an administrator. */
static inline struct play play_begin(unsigned pve)
{
	struct play play = { .arena = arena_create(), .user = "admin@pve!admin" };
	json_t *json = world_default(pve, 1, PLAY_NOW);
	struct error err = { 0 };

	play.world = world_create(json, 1, PLAY_NOW, &err);
	json_decref(json);
	assert_non_null(play.world);
	return play;
}

static inline void play_finish(struct play *play)
{
	world_destroy(play->world);
	arena_destroy(play->arena);
}

/* What is saved and loaded again is the same world. */
static inline void play_keeps(const struct play *play)
{
	json_t *saved = world_print(play->world), *again;
	struct error err = { 0 };
	struct world *copy = world_create(saved, 1, play->world->now, &err);

	assert_non_null(copy);
	again = world_print(copy);
	if (!json_equal(saved, again))
		fail_msg("saving and loading changes the world:\n%s\n%s",
			 play_text(play, saved), play_text(play, again));
	json_decref(saved);
	json_decref(again);
	world_destroy(copy);
}

/* A row on each of its versions, after the lines that set the scene (may be NULL). */
static inline void play_row(const struct play_row *row, const char *before)
{
	for (unsigned pve = 8; pve <= 9; pve++) {
		struct play play;

		if (row->pve && row->pve != pve)
			continue;
		play = play_begin(pve);
		if (before)
			play_lines(&play, before);
		play_lines(&play, row->lines);
		play_keeps(&play);
		play_finish(&play);
	}
}
