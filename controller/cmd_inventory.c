/* The guests of the committed state, in the form that another program wants. */
#include "base/text.h"
#include "controller/committed.h"
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

int cmd_inventory(struct app *app)
{
	struct error err = { 0 };
	const struct form *form = find_form(app, &err);
	struct inventory_guest *guests;
	struct source source;
	bool opened;
	size_t len;

	if (!form)
		return app_fail(app, &err, NULL);
	if (!committed_read(app, &source, &opened, &err))
		return app_fail(app, &err, &source.diags);
	len = results_guests(&guests, app->arena, &source, &source.leases, NULL, NULL);
	fputs(form->print(app->arena, guests, len), stdout);
	return 0;
}
