/*
 * What a guest is given when it is made: Proxmox's options, as the entry and its lease
 * come to. Without a network: what only the template knows is not in it.
 */
#include "base/text.h"
#include "controller/connect.h"
#include "controller/pass_command.h"
#include "reconcile/keys.h"

#include <jansson.h>
#include <stdlib.h>

static bool find(struct app *app, const struct pass *pass, struct making *out,
		 struct error *err)
{
	const struct desired *want = manifest_find(&pass->source.manifest, app->opt.name);
	const struct secret_setting *password;

	if (!want) {
		error_set(err, ERROR_USAGE, "%s: there is no such guest", app->opt.name);
		return false;
	}
	*out = (struct making){
		.want = want,
		.lease = leases_find(&pass->plan.leases, want->name),
		.pools = &pass->source.manifest.pools,
		.instance = pass->source.leases.instance ? pass->source.leases.instance
							 : "(chosen by the first apply)",
		.repository = repo_name(app->repo),
	};
	if (!out->lease)
		return error_set(err, ERROR_EXHAUSTED,
				 "%s has no lease and gets none: vm7 plan tells why",
				 want->name);
	password = &want->spec.access.temp_password;
	return want->type != GUEST_VM || !password->name ||
	       connect_password(&out->password_hash, app->arena, &app->host,
				password->name, err);
}

/* Keys as a person knows them, not as they are sent. */
static const char *readable(struct arena *arena, const struct change *option)
{
	return str_equal(option->key, "sshkeys") ? keys_decode(arena, option->to)
						 : option->to;
}

static void print_text(struct app *app, const struct changes *options)
{
	struct text text;

	text_init(&text, app->arena);
	for (size_t i = 0; i < options->len; i++)
		text_addf(&text, "%s: %s\n", options->at[i].key,
			  str_trim(app->arena, readable(app->arena, &options->at[i])));
	app_print(text_str(&text));
}

static void print_json(struct app *app, const struct making *making,
		       const struct changes *options)
{
	json_auto_t *all = json_object(), *document = NULL;

	for (size_t i = 0; i < options->len; i++)
		json_object_set_new(all, options->at[i].key,
				    json_string(readable(app->arena, &options->at[i])));
	document =
		json_pack("{s:i, s:s, s:s, s:i, s:O}", "schema", 1, "name",
			  making->want->name, "type", guest_type_name(making->want->type),
			  "vmid", (int)making->lease->vmid, "options", all);
	app_print_json(document);
}

int cmd_render(struct app *app)
{
	struct error err = { 0 };
	struct changes options;
	struct making making;
	struct pass pass;
	int code = 0;

	if (!app_repo(app, true, &err) ||
	    (!app->source.working_tree && !app_lock(app, 60, &err)))
		return app_fail(app, &err, NULL);
	app->source.offline = true;
	pass_command_run(app, &pass, false);
	if (!pass.planned) {
		code = pass_command_failed(app, &pass, FORM_TEXT);
	} else if (!find(app, &pass, &making, &err)) {
		code = app_fail(app, &err, NULL);
	} else {
		making_options(&options, app->arena, &making);
		if (app->opt.json)
			print_json(app, &making, &options);
		else
			print_text(app, &options);
	}
	pass_finish(&pass);
	return code;
}
