#include "base/log.h"
#include "base/text.h"
#include "controller/pass_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int explain(struct app *app, const struct pass *pass)
{
	const struct desired *want =
		manifest_find(&pass->source.manifest, app->opt.explain);
	struct error err = { 0 };

	if (!want) {
		error_set(&err, ERROR_USAGE, "--explain %s: there is no such guest",
			  app->opt.explain);
		return app_fail(app, &err, NULL);
	}
	app_print(manifest_explain(app->arena, want));
	return 0;
}

static const char *print_as(struct app *app, const struct pass *pass, enum form form)
{
	switch (form) {
	case FORM_TEXT:
		return print_plan_text(app->arena, &pass->plan, isatty(STDOUT_FILENO));
	case FORM_JSON:
		return print_plan_json(app->arena, &pass->plan);
	case FORM_MARKDOWN:
		return print_plan_markdown(app->arena, &pass->plan);
	}
	return "";
}

int cmd_plan(struct app *app)
{
	struct error err = { 0 };
	struct pass pass;
	enum form form;
	int code;

	if (!form_read(&form, app, &err) || !app_repo(app, true, &err) ||
	    (!app->source.working_tree && !app_lock(app, 60, &err)))
		return app_fail(app, &err, NULL);
	app->source.offline = app->opt.offline;
	pass_command_run(app, &pass, false);
	if (!pass.planned) {
		code = pass_command_failed(app, &pass, form);
	} else if (app->opt.explain) {
		code = explain(app, &pass);
	} else {
		app_print(print_as(app, &pass, form));
		code = pass_exit(&pass);
		if (app->opt.report &&
		    !app_report(app, print_as(app, &pass, form_of_report(app)), &err))
			code = app_fail(app, &err, NULL);
		if (pass.op.err.kind) /* an unexpected fingerprint */
			code = app_fail(app, &pass.op.err, NULL);
		if (code == 0 && app->opt.detailed_exitcode && plan_acts(&pass.plan))
			code = 2;
	}
	pass_finish(&pass);
	return code;
}
