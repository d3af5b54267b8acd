/*
 * The smallest role and ACL for these very files. Without a network: of what only the
 * cluster knows, the path above it.
 */
#include "base/log.h"
#include "base/text.h"
#include "controller/pass_command.h"
#include "reconcile/rights_roles.h"

#include <string.h>

static const unsigned releases[] = { 8, 9 };

static bool read_release(const struct app *app, unsigned *only, struct error *err)
{
	const char *text = app->opt.pve;

	*only = 0;
	if (!text)
		return true;
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
		if (strcmp(text, arena_printf(app->arena, "%u", releases[i])) == 0)
			*only = releases[i];
	return *only || error_set(err, ERROR_USAGE, "--pve %s: 8 or 9", text);
}

/* root@pam may do everything and is no user to give a token of: one of its own is meant. */
static const char *user_of(const struct manifest *manifest)
{
	const char *user = manifest->proxmox.username.value;

	return user && strcmp(user, "root@pam") != 0 ? user : "vm7@pve";
}

static void say(struct app *app, const struct pass *pass, unsigned only)
{
	const struct manifest *manifest = &pass->source.manifest;
	const char *name = manifest->proxmox.token_name.value;
	const char *user = user_of(manifest), *token = name ? name : "vm7";
	json_t *all = json_array();
	struct text text;

	text_init(&text, app->arena);
	for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++) {
		struct needs needs;
		struct grants grants;

		if (only && only != releases[i])
			continue;
		needs_of_manifest(&needs, app->arena, manifest, &pass->plan.leases,
				  releases[i]);
		grants_make(&grants, app->arena, &needs);
		text_addf(&text, "%s%s", text.len ? "\n" : "",
			  grants_print(app->arena, &grants, releases[i], user, token));
		json_array_append_new(
			all, grants_json(app->arena, &grants, releases[i], user, token));
	}
	if (app->opt.json) {
		json_auto_t *document =
			json_pack("{s:i, s:s, s:s, s:O}", "schema", 1, "user", user,
				  "token", token, "releases", all);

		app_print_json(document);
	} else {
		app_print(text_str(&text));
	}
	json_decref(all);
}

static void warn_of_guests_without(const struct pass *pass)
{
	const struct manifest *manifest = &pass->source.manifest;

	for (size_t i = 0; i < manifest->guests_len; i++)
		if (!is_set(&manifest->guests[i].spec.adopt.is) &&
		    !leases_find(&pass->plan.leases, manifest->guests[i].name))
			log_warning(NULL,
				    "%s gets no lease, vm7 plan tells why: what it needs "
				    "is not among these",
				    manifest->guests[i].name);
}

int cmd_rights(struct app *app)
{
	struct error err = { 0 };
	struct pass pass;
	unsigned only;
	int code = 0;

	if (!read_release(app, &only, &err) || !app_repo(app, true, &err) ||
	    (!app->source.working_tree && !app_lock(app, 60, &err)))
		return app_fail(app, &err, NULL);
	app->source.offline = true;
	pass_command_run(app, &pass, false);
	if (!pass.planned) {
		code = pass_command_failed(app, &pass, FORM_TEXT);
	} else if (pass.plan.stop.kind) {
		code = app_fail(app, &pass.plan.stop, NULL);
	} else {
		warn_of_guests_without(&pass);
		say(app, &pass, only);
	}
	pass_finish(&pass);
	return code;
}
