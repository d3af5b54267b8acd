#include "base/log.h"
#include "base/text.h"
#include "controller/app.h"
#include "reconcile/plan.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static const char *count(struct arena *arena, size_t n, const char *what)
{
	return arena_printf(arena, "%zu %s%s", n, what, n == 1 ? "" : "s");
}

static void say_valid(struct app *app, const struct manifest *manifest)
{
	printf("vm7.yaml is valid: %s, %s, %s\n",
	       count(app->arena, manifest->guests_len, "guest"),
	       count(app->arena, manifest->networks_len, "network"),
	       count(app->arena, manifest->pools.len, "pool"));
	for (size_t i = 0; i < manifest->warnings_len; i++)
		log_warning(NULL, "%s", manifest->warnings[i]);
}

static json_t *mistake_json(const struct diag *diag)
{
	return json_pack("{s:s, s:i, s:i, s:s, s:s}", "file",
			 diag->at.file ? diag->at.file->path : "", "line",
			 (int)diag->at.line, "column", (int)diag->at.column, "where",
			 diag->where, "what", diag->what);
}

static void print_json(const struct source *source)
{
	const struct manifest *manifest = &source->manifest;
	bool valid = source->op.err.kind == ERROR_NONE;
	json_auto_t *mistakes = json_array(), *warnings = json_array(), *document = NULL;

	for (size_t i = 0; i < source->diags.len; i++)
		json_array_append_new(mistakes, mistake_json(&source->diags.at[i]));
	for (size_t i = 0; i < manifest->warnings_len; i++)
		json_array_append_new(warnings, json_string(manifest->warnings[i]));
	document =
		json_pack("{s:i, s:b, s:I, s:I, s:O, s:O, s:o}", "schema", 1, "valid",
			  valid, "guests", (json_int_t)(valid ? manifest->guests_len : 0),
			  "networks", (json_int_t)(valid ? manifest->networks_len : 0),
			  "mistakes", mistakes, "warnings", warnings, "error",
			  valid ? json_null() : json_string(source->op.err.text));
	app_print_json(document);
}

/* With --repo there is no working tree: the branch has to be fetched. */
int cmd_validate(struct app *app)
{
	struct error err = { 0 };
	struct source source;
	bool over = false;

	if (!app_repo(app, true, &err))
		return app_fail(app, &err, NULL);
	if (!app->source.working_tree && !app_lock(app, 60, &err))
		return app_fail(app, &err, NULL);
	app->source.only_desired = true;
	source_start(&source, app->arena, &app->source, app_done, &over);
	app_run(app, &over, NULL, NULL);
	if (app->opt.json)
		print_json(&source);
	if (source.op.err.kind)
		return app_fail(app, &source.op.err, &source.diags);
	if (!app->opt.json)
		say_valid(app, &source.manifest);
	return 0;
}
