/* How things stand: as the running controller tells, or else the repository. */
#include "base/text.h"
#include "base/when.h"
#include "controller/committed.h"
#include "controller/document.h"
#include "controller/run.h"
#include "controller/status.h"
#include "controller/status_text.h"
#include "controller/status_watch.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* `leases` is the whole file, or NULL. */
static json_t *guest_document(const json_t *status, const json_t *guest,
			      const json_t *lease)
{
	const char *name = document_text(guest, "name");
	json_t *out = json_pack("{s:i, s:o}", "schema", STATUS_SCHEMA, "history",
				status_history(status, name));

	json_object_set(out, "now", json_object_get(status, "now"));
	json_object_set(out, "controller", json_object_get(status, "controller"));
	json_object_set(out, "guest", (json_t *)(uintptr_t)guest);
	json_object_set(out, "lease", lease ? (json_t *)(uintptr_t)lease : json_null());
	return out;
}

static char *as_json(const struct app *app, struct arena *arena, const json_t *document)
{
	size_t flags = JSON_SORT_KEYS | (app->opt.watch ? JSON_COMPACT : JSON_INDENT(2));
	char *text = json_dumps(document, flags);
	char *out = arena_printf(arena, "%s\n", text);

	free(text);
	return out;
}

/* What is shown: of all, or of the guest that is named. */
static char *print(struct app *app, struct arena *arena, const json_t *status,
		   const json_t *leases)
{
	const struct status_form form = { isatty(STDOUT_FILENO), app->opt.verbose };
	const char *name = app->opt.name;
	const json_t *guest = name ? document_guest(status, name) : NULL;
	const json_t *lease = json_object_get(json_object_get(leases, "leases"), name);
	json_t *document;
	char *out;

	if (name && !guest)
		return arena_printf(arena, "there is no guest %s\n",
				    str_safe(arena, name, 100));
	if (!app->opt.json)
		return guest ? status_guest_text(arena, status, guest, lease, &form)
			     : status_text(arena, status, &form);
	if (!guest)
		return as_json(app, arena, status);
	document = guest_document(status, guest, lease);
	out = as_json(app, arena, document);
	json_decref(document);
	return out;
}

/* Was the question answered with yes? */
static bool is_well(const struct app *app, const json_t *status)
{
	static const char *const well[] = { "ok", "held", "released" };
	const char *health;

	if (!app->opt.name)
		return json_is_true(json_object_get(status, "as_desired"));
	health = document_text(document_guest(status, app->opt.name), "health");
	return health && str_in(health, well, sizeof(well) / sizeof(well[0]));
}

static bool is_there(struct app *app, const json_t *status, struct error *err)
{
	const json_t *guests = json_object_get(status, "guests");
	const char **names, *nearest;
	size_t i;
	json_t *guest;

	if (!app->opt.name || document_guest(status, app->opt.name))
		return true;
	if (json_array_size(guests) == 0)
		return error_set(err, ERROR_TEMPORARY,
				 "nothing is known of %s yet: no pass has come that far",
				 app->opt.name);
	names = arena_array(app->arena, const char *, json_array_size(guests) + 1);
	json_array_foreach (guests, i, guest)
		names[i] = document_text(guest, "name");
	nearest = str_nearest(app->opt.name, names);
	return error_set(err, ERROR_USAGE, "there is no guest %s%s%s%s", app->opt.name,
			 nearest ? "; did you mean " : "", nearest ? nearest : "",
			 nearest ? "?" : "");
}

/* `refused` says why the controller did not tell. */
static int read_files(struct app *app, const struct error *refused, json_t **status,
		      json_t **leases)
{
	bool named = app->opt.repo || app->opt.dir || app->opt.config, opened;
	struct error err = { 0 };
	struct source source;
	char now[WHEN_TEXT];

	if (!committed_read(app, &source, &opened, &err)) {
		if (!opened && !named)
			error_set(&err, refused->kind,
				  "%s, and there is no repository here to look at: name "
				  "one with -C or --repo",
				  refused->text);
		return app_fail(app, &err, &source.diags);
	}
	when_print((int64_t)time(NULL), now);
	*status = status_of_files(app->arena, &source, now);
	*leases = json_loads(leases_print(app->arena, &source.leases), 0, NULL);
	return 0;
}

static int show(struct app *app, const json_t *status, const json_t *leases)
{
	struct error err = { 0 };

	if (!is_there(app, status, &err))
		return app_fail(app, &err, NULL);
	app_print(print(app, app->arena, status, leases));
	return is_well(app, status) ? 0 : 1;
}

int cmd_status(struct app *app)
{
	const struct status_watch watch = {
		.print = print,
		.leases = app->opt.name,
		.terminal = isatty(STDOUT_FILENO) && !app->opt.json,
	};
	json_t *status = NULL, *leases = NULL;
	struct error err = { 0 };
	int code = 0;

	if (run_ask(app, "GET", "/api/v1/status", &status, &err)) {
		struct error none; /* there are none before the first pass */

		if (app->opt.name)
			run_ask(app, "GET", "/api/v1/leases", &leases, &none);
	} else if (err.kind != ERROR_TEMPORARY || app->opt.watch) {
		return app_fail(app, &err, NULL);
	} else {
		code = read_files(app, &err, &status, &leases);
	}
	if (code == 0)
		code = app->opt.watch ? status_watch(app, &watch)
				      : show(app, status, leases);
	json_decref(status);
	json_decref(leases);
	return code;
}
