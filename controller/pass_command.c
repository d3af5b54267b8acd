#include "controller/pass_command.h"

#include "base/log.h"
#include "base/text.h"
#include "controller/progress.h"

#include <string.h>
#include <unistd.h>

bool form_read(enum form *out, const struct app *app, struct error *err)
{
	const char *format = app->opt.format;

	*out = app->opt.json ? FORM_JSON : FORM_TEXT;
	if (!format || strcmp(format, "text") == 0)
		return true;
	if (strcmp(format, "json") == 0)
		*out = FORM_JSON;
	else if (strcmp(format, "markdown") == 0)
		*out = FORM_MARKDOWN;
	else
		return error_set(err, ERROR_USAGE, "--format %s: text, json or markdown",
				 format);
	return true;
}

enum form form_of_report(const struct app *app)
{
	if (str_ends(app->opt.report, ".json"))
		return FORM_JSON;
	if (str_ends(app->opt.report, ".md"))
		return FORM_MARKDOWN;
	return FORM_TEXT;
}

static void cancel(void *pass)
{
	pass_cancel(pass);
}

static bool confirm(void *owner, const char *guests, struct error *err)
{
	(void)owner;
	return app_confirm(err, "Stop or destroy %s?", guests);
}

void pass_command_run(struct app *app, struct pass *pass, bool apply)
{
	struct progress *progress =
		progress_create(isatty(STDERR_FILENO) && !app->opt.verbose);
	bool over = false;
	struct pass_spec spec = {
		.source = app->source,
		.host = &app->host,
		.endpoints = app->opt.endpoints,
		.endpoints_len = app->opt.endpoints_len,
		.apply = apply,
		.only = app->opt.guest,
		.expect = app->opt.expect,
		.yes = app->opt.yes,
		.confirm = isatty(STDIN_FILENO) && isatty(STDERR_FILENO) ? confirm : NULL,
		.confirm_owner = app,
		.task_timeout = app->host.task_timeout.value,
		.progress = progress_step,
		.owner = progress,
	};

	if (app->opt.task_timeout)
		spec.task_timeout = app->opt.task_timeout;
	pass_start(pass, app->arena, &spec, app_done, &over);
	app_run(app, &over, cancel, pass);
	for (size_t i = 0; i < pass->outcome.len; i++) {
		const struct done *guest = &pass->outcome.at[i];

		progress_end(progress, guest->guest, guest->ok ? NULL : guest->err.text);
	}
	progress_destroy(progress);
}

/* The report on a pass that came to no plan: CI shows it where the plan would be. */
static const char *failed_as(struct app *app, struct pass *pass, enum form form)
{
	const struct error *why = &pass->op.err;
	struct text text;

	switch (form) {
	case FORM_TEXT:
		break;
	case FORM_JSON:
		return pass->spec.apply ? print_outcome_error_json(app->arena, why)
					: print_plan_error_json(app->arena, why);
	case FORM_MARKDOWN:
		return print_error_markdown(app->arena, why, &pass->source.diags);
	}
	text_init(&text, app->arena);
	diags_print(&text, &pass->source.diags);
	text_addf(&text, "error: %s\n", why->text);
	return text_str(&text);
}

int pass_command_failed(struct app *app, struct pass *pass, enum form form)
{
	struct error err = { 0 };

	diags_sort(&pass->source.diags);
	if (form != FORM_TEXT) /* on standard error it is told as text anyway */
		app_print(failed_as(app, pass, form));
	if (app->opt.report &&
	    !app_report(app, failed_as(app, pass, form_of_report(app)), &err))
		app_fail(app, &err, NULL);
	return app_fail(app, &pass->op.err, &pass->source.diags);
}
