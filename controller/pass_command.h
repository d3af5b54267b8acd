/* What the commands that make a pass have in common. */
#pragma once

#include "controller/app.h"
#include "controller/pass.h"

enum form { FORM_TEXT, FORM_JSON, FORM_MARKDOWN };

/* --format and --json. */
bool form_read(enum form *out, const struct app *app, struct error *err);

/* By the suffix of --report. */
enum form form_of_report(const struct app *app);

/*
 * Make a pass and wait for its end. It is let go of with pass_finish, whatever came of
 * it.
 */
void pass_command_run(struct app *app, struct pass *pass, bool apply);

/* A pass that writes, and its report; the repository is open and locked. The exit code. */
int pass_command_apply(struct app *app, enum form form);

/* It ended before there was a plan: say why, as the form asks; the exit code. */
int pass_command_failed(struct app *app, struct pass *pass, enum form form);
