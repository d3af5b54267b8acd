#include "controller/committed.h"

static void cancel(void *source)
{
	source_cancel(source);
}

bool committed_read(struct app *app, struct source *source, bool *opened,
		    struct error *err)
{
	bool over = false;

	*source = (struct source){ 0 };
	diags_init(&source->diags, app->arena);
	*opened = app_repo(app, true, err);
	if (!*opened || (!app->source.working_tree && !app_lock(app, 60, err)))
		return false;
	app->source.committed = app->source.working_tree;
	app->source.working_tree = false;
	source_start(source, app->arena, &app->source, app_done, &over);
	app_run(app, &over, cancel, source);
	return op_ok(&source->op, err);
}
