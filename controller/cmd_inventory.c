/* The guests of the committed state, in the form that another program wants. */
#include "base/text.h"
#include "controller/app.h"
#include "controller/results.h"

#include <stdio.h>
#include <string.h>

/* A new form is a row. */
static const struct form {
	const char *name;
	char *(*print)(struct arena *arena, const struct inventory_guest *guests,
		       size_t len);
} forms[] = {
	{ "yaml", inventory_yaml },   { "ansible", inventory_ansible },
	{ "json", inventory_json },   { "ssh-config", inventory_ssh_config },
	{ "hosts", inventory_hosts },
};

static const struct form *find_form(const struct app *app, struct error *err)
{
	const char *name = app->opt.format ? app->opt.format
			   : app->opt.json ? "json"
					   : "yaml";

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (strcmp(forms[i].name, name) == 0)
			return &forms[i];
	error_set(err, ERROR_USAGE,
		  "--format %s: yaml, ansible, json, ssh-config or hosts", name);
	return NULL;
}

static void cancel(void *source)
{
	source_cancel(source);
}

int cmd_inventory(struct app *app)
{
	struct error err = { 0 };
	const struct form *form = find_form(app, &err);
	struct inventory_guest *guests;
	struct source source;
	bool over = false;
	size_t len;

	if (!form || !app_repo(app, true, &err))
		return app_fail(app, &err, NULL);
	if (!app->source.working_tree && !app_lock(app, 60, &err))
		return app_fail(app, &err, NULL);
	app->source.committed = app->source.working_tree;
	app->source.working_tree = false;
	source_start(&source, app->arena, &app->source, app_done, &over);
	app_run(app, &over, cancel, &source);
	if (source.op.err.kind)
		return app_fail(app, &source.op.err, &source.diags);
	len = results_guests(&guests, app->arena, &source, &source.leases, NULL, NULL);
	fputs(form->print(app->arena, guests, len), stdout);
	return 0;
}
