#include "controller/app.h"
#include "reconcile/schema.h"

#include <stdio.h>
#include <string.h>

/* The files that vm7 reads; the first one is meant when none is named. */
static const struct {
	const char *name;
	char *(*print)(struct arena *arena);
} files[] = {
	{ "vm7.yaml", manifest_schema },
	{ "pools.yaml", pools_schema },
	{ "controller.yaml", host_schema },
};

int cmd_schema(struct app *app)
{
	const char *wanted = app->opt.name ? app->opt.name : files[0].name;
	struct error err = { 0 };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(files[i].name, wanted) == 0) {
			fputs(files[i].print(app->arena), stdout);
			return 0;
		}
	error_set(&err, ERROR_USAGE,
		  "no schema of %s: there is one of vm7.yaml, pools.yaml and "
		  "controller.yaml",
		  wanted);
	return app_fail(app, &err, NULL);
}
