#include "controller/app.h"

int cmd_help(struct app *app)
{
	const struct command *command = NULL;
	struct error err = { 0 };
	json_t *document;

	if (app->opt.name && !(command = command_find(app->opt.name))) {
		error_set(&err, ERROR_USAGE, "unknown command %s; see vm7 help",
			  app->opt.name);
		return app_fail(app, &err, NULL);
	}
	if (!app->opt.json) {
		help_print(command);
		return 0;
	}
	document = help_json(command);
	app_print_json(document);
	json_decref(document);
	return 0;
}
