/*
 * A survey, an amendment or a question to its end, on the loop of the app: for commands
 * that do one.
 */
#pragma once

#include "controller/amend.h"
#include "controller/app.h"
#include "controller/ask.h"
#include "controller/survey.h"

/*
 * Look at the guest of one lease, or with NULL at every guest. Also after a failure it is
 * the caller who lets it go, with survey_finish().
 */
bool run_survey(struct app *app, struct survey *survey, const char *guest,
		struct error *err);

/*
 * Amend the lease file of the repository that was opened by app_repo(): the source in
 * `spec` is left out. A checkout that was not brought forward is told in the log.
 */
bool run_amend(struct app *app, struct amend *amend, const struct amend_spec *spec,
	       struct error *err);

/*
 * Ask the running controller of this state directory, as ask_start() does; `out` is a new
 * reference, or NULL.
 */
bool run_ask(struct app *app, const char *method, const char *path, json_t **out,
	     struct error *err);
