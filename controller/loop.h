/*
 * The controller: looks at the branch, makes passes, and goes on, for a year.
 *
 * What it remembers between passes is the clock, what people are told, and what was good
 * last; everything else is read again each time.
 */
#pragma once

#include "controller/app.h"

/*
 * Run until SIGTERM or SIGINT. The repository is open and locked. The exit code: 0, or
 * why it could not begin: a secret of the host that is missing or too open is told at
 * once, and not tried for ever.
 */
int loop_run(struct app *app);
