/*
 * Containers of Proxmox-GitOps as entries of `vms`, on standard output. The repository, if
 * there is one, tells which network has their addresses; nothing is written and nothing of
 * the files is executed.
 */
#include "base/log.h"
#include "base/text.h"
#include "base/vec.h"
#include "controller/import.h"
#include "reconcile/config_env.h"

#include <stdlib.h>
#include <string.h>

struct import {
	struct app *app;
	struct config_env_how how;
	struct source source;
	struct diags diags;
	struct entries entries;
	struct config_env *guests;
	size_t len;
	const char **warnings;
	size_t warnings_len, warnings_cap;
};

/* `libs/broker` of `libs/broker/config.env`: such a folder is a repository of its own. */
static const char *folder_name(struct app *app, const char *path)
{
	char *whole = realpath(path, NULL), *slash = whole ? strrchr(whole, '/') : NULL;
	const char *name = "";

	if (slash) {
		*slash = '\0';
		slash = strrchr(whole, '/');
		name = arena_strdup(app->arena, slash ? slash + 1 : "");
	}
	free(whole);
	return name;
}

static bool read_repository(struct import *import, struct error *err)
{
	struct app *app = import->app;
	bool over = false;

	if (!app_repo(app, true, err) ||
	    (!app->source.working_tree && !app_lock(app, 60, err)))
		return false;
	app->source.only_desired = true;
	source_start(&import->source, app->arena, &app->source, app_done, &over);
	app_run(app, &over, NULL, NULL);
	*err = import->source.op.err;
	return !err->kind;
}

/* Only a repository that was named has to be there. */
static bool know_networks(struct import *import, struct error *err)
{
	const struct app *app = import->app;
	struct error why = { 0 };

	if (read_repository(import, &why)) {
		import->how.manifest = &import->source.manifest;
		return true;
	}
	if (app->opt.dir || app->opt.repo) {
		*err = why;
		return false;
	}
	log_notice(NULL, "no networks are known: %s", why.text);
	return true;
}

static bool network_is_there(const struct import *import, struct error *err)
{
	const struct manifest *manifest = import->how.manifest;

	if (!manifest || !import->how.network)
		return true;
	for (size_t i = 0; i < manifest->networks_len; i++)
		if (strcmp(manifest->networks[i].name, import->how.network) == 0)
			return true;
	return error_set(err, ERROR_USAGE, "--network %s: vm7.yaml has no such network",
			 import->how.network);
}

static bool read_one(struct import *import, const char *path, struct error *err)
{
	struct app *app = import->app;
	struct {
		const char **at;
		size_t len, cap;
	} all = { import->warnings, import->warnings_len, import->warnings_cap };
	struct shell_env env;
	struct file *file;

	if (!import_file(app, path, &file, err))
		return false;
	shell_env_read(&env, app->arena, file, &import->diags);
	import->how.name = folder_name(app, path);
	config_env_entry(&import->guests[import->len++], &import->entries, app->arena,
			 &env, file, &import->how, &import->diags);
	for (size_t i = 0; i < env.warnings_len; i++)
		*vec_push(app->arena, &all) = env.warnings[i];
	import->warnings = all.at;
	import->warnings_len = all.len;
	import->warnings_cap = all.cap;
	return true;
}

/* vm7.yaml has each name once. */
static bool names_differ(const struct import *import, struct error *err)
{
	for (size_t i = 0; i < import->len; i++)
		for (size_t j = 0; j < i; j++)
			if (strcmp(import->guests[i].name, import->guests[j].name) == 0)
				return error_set(
					err, ERROR_INVALID,
					"%s and %s are both called %s: give one of them "
					"another HOSTNAME",
					import->app->opt.words[j + 1],
					import->app->opt.words[i + 1],
					import->guests[i].name);
	return true;
}

static bool read_all(struct import *import, struct error *err)
{
	struct app *app = import->app;

	if (app->opt.words_len < 2)
		return error_set(err, ERROR_USAGE,
				 "nothing to import: vm7 import config-env FILE...");
	import->guests = arena_array(app->arena, struct config_env, app->opt.words_len);
	if (!know_networks(import, err) || !network_is_there(import, err))
		return false;
	for (size_t i = 1; i < app->opt.words_len; i++)
		if (!read_one(import, app->opt.words[i], err))
			return false;
	if (import->diags.len > 0)
		return error_set(err, ERROR_INVALID, "%zu mistake%s: nothing is imported",
				 import->diags.len, import->diags.len == 1 ? "" : "s");
	return names_differ(import, err);
}

/* The command that keeps the addresses; one for each pool. */
static void add_commands(struct text *out, const struct import *import)
{
	bool *told = arena_array(import->app->arena, bool, import->len);

	for (size_t i = 0; i < import->len; i++) {
		const char *pool = import->guests[i].pool;

		if (told[i] || !import->guests[i].ip)
			continue;
		text_add(out, "#   vm7 import leases");
		for (size_t j = i; j < import->len; j++) {
			const struct config_env *guest = &import->guests[j];

			if (told[j] || !guest->ip || !str_equal(guest->pool, pool))
				continue;
			text_addf(out, " %s=%s", guest->name, guest->ip);
			told[j] = true;
		}
		text_addf(out, " pool=%s\n", pool ? pool : "POOL");
	}
}

static void print_text(const struct import *import)
{
	struct text lines, all;

	text_init(&lines, import->app->arena);
	text_init(&all, import->app->arena);
	add_commands(&lines, import);
	text_add(&all, entries_yaml(import->app->arena, &import->entries));
	if (lines.len > 0)
		text_addf(&all,
			  "# Addresses are leased, not written. To keep them, when the "
			  "entries are pushed\n# and before the first apply:\n%s",
			  text_str(&lines));
	app_print(text_str(&all));
}

static void print_json(const struct import *import, const struct error *err)
{
	json_auto_t *leases = json_array(), *warnings = json_array(), *document = NULL;
	json_auto_t *none = json_array();

	for (size_t i = 0; !err->kind && i < import->len; i++)
		if (import->guests[i].ip)
			json_array_append_new(leases,
					      json_pack("{s:s, s:s, s:s?}", "name",
							import->guests[i].name, "ip",
							import->guests[i].ip, "pool",
							import->guests[i].pool));
	for (size_t i = 0; i < import->warnings_len; i++)
		json_array_append_new(warnings, json_string(import->warnings[i]));
	document =
		json_pack("{s:i, s:o, s:O, s:O, s:o}", "schema", 1, "vms",
			  err->kind ? json_incref(none) : entries_json(&import->entries),
			  "leases", leases, "warnings", warnings, "error",
			  err->kind ? json_string(err->text) : json_null());
	app_print_json(document);
}

int import_config_env(struct app *app)
{
	struct import import = {
		.app = app,
		.how = { .network = app->opt.network, .image = app->opt.image },
	};
	struct error err = { 0 };
	bool well;

	diags_init(&import.diags, app->arena);
	well = read_all(&import, &err);
	for (size_t i = 0; i < import.warnings_len; i++)
		log_warning(NULL, "%s", import.warnings[i]);
	if (app->opt.json)
		print_json(&import, &err);
	else if (well)
		print_text(&import);
	if (well)
		return 0;
	return app_fail(app, &err,
			import.diags.len ? &import.diags : &import.source.diags);
}
