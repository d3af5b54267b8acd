#include "controller/progress.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct line {
	char *guest, *doing;
	time_t began;
};

struct progress {
	bool terminal;
	struct line *lines;
	size_t len, drawn;
};

struct progress *progress_create(bool terminal)
{
	struct progress *progress = xcalloc(1, sizeof(*progress));

	progress->terminal = terminal;
	return progress;
}

void progress_destroy(struct progress *progress)
{
	if (!progress)
		return;
	for (size_t i = 0; i < progress->len; i++) {
		free(progress->lines[i].guest);
		free(progress->lines[i].doing);
	}
	free(progress->lines);
	free(progress);
}

static struct line *line_of(struct progress *progress, const char *guest)
{
	struct line *line;

	for (size_t i = 0; i < progress->len; i++)
		if (strcmp(progress->lines[i].guest, guest) == 0)
			return &progress->lines[i];
	progress->lines =
		xrealloc(progress->lines, (progress->len + 1) * sizeof(*progress->lines));
	line = &progress->lines[progress->len++];
	*line = (struct line){ .guest = xstrdup(guest),
			       .doing = xstrdup(""),
			       .began = time(NULL) };
	return line;
}

static void draw(struct progress *progress)
{
	size_t width = 0;

	for (size_t i = 0; i < progress->len; i++)
		if (strlen(progress->lines[i].guest) > width)
			width = strlen(progress->lines[i].guest);
	if (progress->drawn > 0)
		fprintf(stderr, "\x1b[%zuA", progress->drawn);
	for (size_t i = 0; i < progress->len; i++)
		fprintf(stderr, "\r\x1b[K  %-*s  %s\n", (int)width,
			progress->lines[i].guest, progress->lines[i].doing);
	progress->drawn = progress->len;
	fflush(stderr);
}

static void say(struct progress *progress, const char *guest, const char *doing)
{
	struct arena *arena;
	struct line *line;

	if (!progress->terminal) {
		log_info(guest, "%s", doing);
		return;
	}
	arena = arena_create();
	line = line_of(progress, guest);
	free(line->doing);
	line->doing = xstrdup(str_safe(arena, doing, 200));
	arena_destroy(arena);
	draw(progress);
}

const char *progress_words(enum step step)
{
	switch (step) {
	case STEP_CREATE:
		return "being made";
	case STEP_WAIT:
		return "waiting for a task of Proxmox that is under way";
	case STEP_STOP:
		return "stopping";
	case STEP_SNAPSHOT:
		return "a snapshot is taken of it";
	case STEP_CONFIGURE:
		return "being configured";
	case STEP_GROW:
		return "its disk grows";
	case STEP_PRUNE:
		return "an old snapshot of it is removed";
	case STEP_START:
		return "starting";
	case STEP_BACKUP:
		return "a backup of it is made";
	case STEP_DESTROY:
		return "being destroyed";
	case STEP_DONE:
	case STEP_REFUSE:
		return "";
	}
	return "";
}

void progress_step(void *progress, const char *guest, enum step step, bool done)
{
	if (!done)
		say(progress, guest, progress_words(step));
}

void progress_end(struct progress *progress, const char *guest, const char *why_not)
{
	struct arena *arena;

	if (!why_not) {
		say(progress, guest, "done");
		return;
	}
	if (!progress->terminal) {
		log_error(guest, "%s", why_not);
		return;
	}
	arena = arena_create();
	say(progress, guest, arena_printf(arena, "failed: %s", why_not));
	arena_destroy(arena);
}
