#include "controller/run.h"

#include "base/log.h"

static void cancel_survey(void *survey)
{
	survey_cancel(survey);
}

static void cancel_amend(void *amend)
{
	amend_cancel(amend);
}

bool run_survey(struct app *app, struct survey *survey, const char *guest,
		struct error *err)
{
	const struct survey_spec spec = {
		.source = app->source,
		.host = &app->host,
		.endpoints = app->opt.endpoints,
		.endpoints_len = app->opt.endpoints_len,
		.guest = guest,
	};
	bool over = false;

	survey_start(survey, app->arena, &spec, app_done, &over);
	app_run(app, &over, cancel_survey, survey);
	return op_ok(&survey->op, err);
}

bool run_amend(struct app *app, struct amend *amend, const struct amend_spec *spec,
	       struct error *err)
{
	struct amend_spec whole = *spec;
	bool over = false;

	whole.source = app->source;
	amend_start(amend, app->arena, &whole, app_done, &over);
	app_run(app, &over, cancel_amend, amend);
	if (amend->note)
		log_notice("git", "%s", amend->note);
	return op_ok(&amend->op, err);
}

bool run_ask(struct app *app, const char *method, const char *path, json_t **out,
	     struct error *err)
{
	struct ask ask;
	bool over = false, well;

	ask_start(&ask, app_socket(app), method, path, app_done, &over);
	app_run(app, &over, NULL, NULL);
	well = op_ok(&ask.op, err);
	*out = well ? json_incref(ask.document) : NULL;
	ask_finish(&ask);
	uv_run(op_loop(), UV_RUN_NOWAIT);
	return well;
}
