/*
 * The happy path: ask, show, rest for a second. A controller that does not answer is
 * asked on: it may be starting.
 */
#include "controller/status_watch.h"

#include "base/nap.h"
#include "base/text.h"
#include "controller/ask.h"
#include "reconcile/plan.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { REST_MS = 1000 };

/* Another screen, no cursor, and lines that are cut where it ends; and back. */
static const char enter[] = "\x1b[?1049h\x1b[?25l\x1b[?7l",
		  leave[] = "\x1b[?7h\x1b[?25h\x1b[?1049l";

enum watch_step { WATCH_STATUS, WATCH_LEASES, WATCH_RESTED };

struct watch {
	struct app *app;
	const struct status_watch *spec;
	enum watch_step step;
	struct ask ask;
	struct nap nap;
	json_t *status, *leases;
	struct error err;
	char *shown; /* as it was last shown, or what of it counts */
	bool stopping, over, broken;
};

static void tick(void *flow);

static void ask(struct watch *w, enum watch_step step, const char *path)
{
	w->step = step;
	ask_start(&w->ask, app_socket(w->app), "GET", path, tick, w);
}

/* The answer takes the place of the last one. */
static bool take(struct watch *w, json_t **out)
{
	bool well = op_ok(&w->ask.op, &w->err);

	if (well) {
		json_decref(*out);
		*out = json_incref(w->ask.document);
		w->err = (struct error){ 0 };
	}
	ask_finish(&w->ask);
	return well;
}

/* All of it but what only tells that time goes by. */
static char *what_counts(const json_t *status)
{
	json_t *copy = json_deep_copy(status);
	char *out;

	json_object_del(copy, "now");
	json_object_del(copy, "next");
	json_object_del(json_object_get(copy, "repository"), "looked_at");
	out = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(copy);
	return out;
}

/* As many lines as the terminal has, each in the place of the one before. */
static void draw(const char *text)
{
	struct winsize size = { .ws_row = 24 };
	unsigned rows;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row < 2)
		size.ws_row = 24;
	app_print("\x1b[H");
	for (rows = 1; *text && rows < size.ws_row; rows++) {
		size_t len = strcspn(text, "\n");

		printf("%.*s\x1b[K\n", (int)len, text);
		text += len + (text[len] == '\n');
	}
	printf("\x1b[J");
}

static void show(struct watch *w)
{
	struct arena *arena = arena_create();
	const char *trouble =
		w->err.kind ? arena_printf(arena, "%s\n\n", w->err.text) : "";
	const char *text =
		w->status ? w->spec->print(w->app, arena, w->status, w->leases) : "";
	char *counts;

	text = arena_printf(arena, "%s%s", w->spec->terminal ? trouble : "", text);
	counts = w->spec->terminal || !w->status ? xstrdup(text) : what_counts(w->status);
	if (!str_equal(counts, w->shown)) {
		if (w->spec->terminal)
			draw(text);
		else
			app_print(text);
		w->broken = fflush(stdout) != 0;
	}
	free(w->shown);
	w->shown = counts;
	arena_destroy(arena);
}

static void tick(void *flow)
{
	struct watch *w = flow;

	switch (w->step) {
	case WATCH_STATUS:
		if (take(w, &w->status) && w->spec->leases && !w->stopping) {
			ask(w, WATCH_LEASES, "/api/v1/leases");
			return;
		}
		break;
	case WATCH_LEASES:
		if (!take(w, &w->leases)) /* there are none before the first pass */
			w->err = (struct error){ 0 };
		break;
	case WATCH_RESTED:
		if (!w->stopping) {
			ask(w, WATCH_STATUS, "/api/v1/status");
			return;
		}
		break;
	}
	if (!w->stopping)
		show(w);
	if (w->stopping || w->broken) {
		w->over = true;
		return;
	}
	w->step = WATCH_RESTED;
	nap_start(&w->nap, REST_MS, tick, w);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct watch *w = handle->data;

	(void)number;
	w->stopping = true;
	switch (w->step) {
	case WATCH_STATUS:
	case WATCH_LEASES:
		ask_cancel(&w->ask);
		break;
	case WATCH_RESTED:
		nap_cancel(&w->nap);
		break;
	}
}

int status_watch(struct app *app, const struct status_watch *spec)
{
	static const int numbers[] = { SIGINT, SIGTERM };
	struct watch watch = { .app = app, .spec = spec };
	uv_signal_t handles[2];

	for (size_t i = 0; i < 2; i++) {
		uv_signal_init(op_loop(), &handles[i]);
		handles[i].data = &watch;
		uv_signal_start(&handles[i], on_signal, numbers[i]);
	}
	if (spec->terminal)
		app_print(enter);
	ask(&watch, WATCH_STATUS, "/api/v1/status");
	while (!watch.over)
		uv_run(op_loop(), UV_RUN_ONCE);
	if (spec->terminal)
		app_print(leave);
	for (size_t i = 0; i < 2; i++)
		uv_close((uv_handle_t *)&handles[i], NULL);
	uv_run(op_loop(), UV_RUN_NOWAIT);
	json_decref(watch.status);
	json_decref(watch.leases);
	free(watch.shown);
	return watch.broken ? error_exit(ERROR_LOCAL) : 0;
}
