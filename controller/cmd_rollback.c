#include "base/log.h"
#include "base/text.h"
#include "controller/app.h"
#include "controller/rollback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool confirm(void *owner, const char *guests, struct error *err)
{
	const struct app *app = owner;

	if (app->opt.yes)
		return true;
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return error_set(
			err, ERROR_REFUSED,
			"%s would be destroyed: say --yes where nobody can be asked",
			guests);
	return app_confirm(err, "Destroy %s, half made?", guests);
}

static json_t *guest_json(const struct rollback_guest *guest)
{
	return json_pack("{s:s, s:b, s:i, s:o}", "name", guest->lease->name, "ok",
			 guest->gone, "vmid", (int)guest->lease->vmid, "error",
			 guest->why.kind ? json_string(guest->why.text) : json_null());
}

static void print_json(const struct rollback *rollback)
{
	json_auto_t *all = json_array();
	json_auto_t *document = NULL;

	for (size_t i = 0; i < rollback->len; i++)
		json_array_append_new(all, guest_json(&rollback->guests[i]));
	document = json_pack("{s:i, s:O, s:o}", "schema", 1, "guests", all, "error",
			     rollback->op.err.kind ? json_string(rollback->op.err.text)
						   : json_null());
	app_print_json(document);
}

static void print_text(const struct rollback *rollback)
{
	for (size_t i = 0; i < rollback->len; i++) {
		const struct rollback_guest *guest = &rollback->guests[i];

		if (guest->gone)
			printf("%s: freed, VMID %u%s\n", guest->lease->name,
			       guest->lease->vmid,
			       guest->seen ? " and what was made of it" : "");
		else if (guest->why.kind)
			log_error(guest->lease->name, "%s", guest->why.text);
	}
	if (rollback->len == 0 && !rollback->op.err.kind)
		puts("Nothing failed: there is nothing to roll back.");
}

static int exit_of(const struct rollback *rollback)
{
	size_t failed = 0, well = 0;
	int *codes, code;

	codes = xcalloc(rollback->len, sizeof(*codes));
	for (size_t i = 0; i < rollback->len; i++)
		if (rollback->guests[i].why.kind)
			codes[failed++] = error_exit(rollback->guests[i].why.kind);
		else
			well++;
	code = guests_exit(codes, failed, well);
	free(codes);
	return code;
}

int cmd_rollback(struct app *app)
{
	struct error err = { 0 };
	struct rollback rollback;
	bool over = false;
	int code;

	if (!app_repo(app, false, &err) || !app_lock(app, 0, &err))
		return app_fail(app, &err, NULL);
	const struct rollback_spec spec = {
		.source = app->source,
		.host = &app->host,
		.endpoints = app->opt.endpoints,
		.endpoints_len = app->opt.endpoints_len,
		.only = app->opt.guest,
		.task_timeout = app->host.task_timeout.value,
		.confirm = confirm,
		.owner = app,
	};
	rollback_start(&rollback, app->arena, &spec, app_done, &over);
	/* every step of it is short, and half of it helps nobody */
	app_run(app, &over, NULL, NULL);
	if (app->opt.json)
		print_json(&rollback);
	else
		print_text(&rollback);
	code = rollback.op.err.kind
		       ? app_fail(app, &rollback.op.err, &rollback.source.diags)
		       : exit_of(&rollback);
	rollback_finish(&rollback);
	return code;
}
