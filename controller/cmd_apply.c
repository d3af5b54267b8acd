#include "base/log.h"
#include "controller/pass_command.h"

#include <unistd.h>

static const char *print_as(struct app *app, const struct pass *pass, enum form form)
{
	switch (form) {
	case FORM_TEXT:
		return print_outcome_text(app->arena, &pass->outcome,
					  isatty(STDOUT_FILENO));
	case FORM_JSON:
		return print_outcome_json(app->arena, &pass->outcome);
	case FORM_MARKDOWN:
		return print_outcome_markdown(app->arena, &pass->outcome);
	}
	return "";
}

int pass_command_apply(struct app *app, enum form form)
{
	struct error err = { 0 };
	struct pass pass;
	int code;

	pass_command_run(app, &pass, true);
	if (!pass.planned) {
		code = pass_command_failed(app, &pass, form);
	} else {
		pass.outcome.plan = &pass.plan;
		pass.outcome.stop = pass.op.err;
		app_print(print_as(app, &pass, form));
		code = pass_exit(&pass);
		if (app->opt.report &&
		    !app_report(app, print_as(app, &pass, form_of_report(app)), &err))
			code = app_fail(app, &err, NULL);
		if (pass.op.err.kind)
			code = app_fail(app, &pass.op.err, NULL);
	}
	if (pass.git_note)
		log_notice("git", "%s", pass.git_note);
	log_debug("proxmox", "%u requests, %u of them writes", pass.requests,
		  pass.writes);
	pass_finish(&pass);
	return code;
}

int cmd_apply(struct app *app)
{
	struct error err = { 0 };
	enum form form;

	if (!form_read(&form, app, &err) || !app_repo(app, false, &err) ||
	    !app_lock(app, 0, &err))
		return app_fail(app, &err, NULL);
	return pass_command_apply(app, form);
}
