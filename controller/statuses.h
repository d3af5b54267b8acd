/*
 * Statuses of commits on their way to the forge. The same state is not sent twice for a
 * commit, and success is the last: what breaks later is no fault of the commit.
 */
#pragma once

#include "controller/app.h"
#include "controller/forge.h"

struct statuses;

/* As `forge` of the host's configuration says. ERROR_DENIED, ERROR_INVALID. */
bool statuses_open(struct statuses **out, const struct app *app, struct error *err);

void statuses_want(struct statuses *statuses, const struct verdict *verdict);

/* Run the loop afterwards. NULL is fine. */
void statuses_close(struct statuses *statuses);
