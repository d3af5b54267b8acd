#include "controller/loop.h"

int cmd_controller(struct app *app)
{
	struct error err = { 0 };

	if (!app_repo_unattended(app, &err) || !app_lock(app, 0, &err))
		return app_fail(app, &err, NULL);
	return loop_run(app);
}
