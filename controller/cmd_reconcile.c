#include "controller/app.h"

int cmd_reconcile(struct app *app)
{
	struct error err = { 0 };

	if (!app->opt.once) {
		error_set(&err, ERROR_USAGE,
			  "reconcile needs --once: asking a running controller is not "
			  "supported yet");
		return app_fail(app, &err, NULL);
	}
	return app->opt.dry_run ? cmd_plan(app) : cmd_apply(app);
}
