#include "controller/app.h"

int cmd_help(struct app *app)
{
	const struct command *command = NULL;
	struct error err = { 0 };

	if (app->opt.name && !(command = command_find(app->opt.name))) {
		error_set(&err, ERROR_USAGE, "unknown command %s; see vm7 help",
			  app->opt.name);
		return app_fail(app, &err, NULL);
	}
	help_print(command);
	return 0;
}
