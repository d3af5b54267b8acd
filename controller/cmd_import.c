#include "base/own.h"
#include "controller/import.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { IMPORT_MAX = 4 * 1024 * 1024 };

/* A new kind is a row. */
static const struct kind {
	const char *name;
	int (*run)(struct app *app);
	/* options of the command that only this kind takes */
	bool leases;
} kinds[] = {
	{ "leases", import_leases, true },
	{ "config-env", import_config_env, false },

};

bool import_file(struct app *app, const char *path, struct file **out, struct error *err)
{
	own(file) FILE *file = fopen(path, "re");
	char *text = arena_alloc(app->arena, IMPORT_MAX + 1, 1);
	size_t len;

	if (!file)
		return error_set(err, errno == ENOENT ? ERROR_USAGE : ERROR_LOCAL,
				 "%s: %s", path, strerror(errno));
	len = fread(text, 1, IMPORT_MAX + 1, file);
	if (ferror(file))
		return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
	if (len > IMPORT_MAX)
		return error_set(err, ERROR_INVALID, "%s: longer than %d MiB", path,
				 IMPORT_MAX >> 20);
	*out = arena_new(app->arena, struct file);
	(*out)->path = path;
	(*out)->text = arena_strndup(app->arena, text, len);
	(*out)->len = len;
	return true;
}

/* Options of one kind are a mistake with another: none is passed over. */
static bool options_fit(const struct app *app, const struct kind *kind, struct error *err)
{
	const struct {
		const char *name, *value;
		bool leases;
	} all[] = {
		{ "pool", app->opt.pool, true },
		{ "file", app->opt.file, true },
		{ "network", app->opt.network, false },
		{ "image", app->opt.image, false },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].value && all[i].leases != kind->leases)
			return error_set(
				err, ERROR_USAGE,
				"vm7 import %s takes no --%s; see vm7 help import",
				kind->name, all[i].name);
	return true;
}

int cmd_import(struct app *app)
{
	struct error err = { 0 };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(app->opt.name, kinds[i].name) == 0)
			return options_fit(app, &kinds[i], &err)
				       ? kinds[i].run(app)
				       : app_fail(app, &err, NULL);
	error_set(&err, ERROR_USAGE, "vm7 import %s: leases or config-env",
		  app->opt.name);
	return app_fail(app, &err, NULL);
}
