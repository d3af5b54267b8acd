/*
 * The controller tells by itself: people what fails, recovers and waits for them
 * (`notify`), and the forge how a commit fared (`forge`). Nothing waits for either.
 */
#pragma once

#include "controller/app.h"

#include <jansson.h>

struct notify;

/*
 * As the host's configuration says; nothing of it is set: *out is NULL, which is fine
 * everywhere below. The app must stay. ERROR_DENIED for a secret that is missing or too
 * open, ERROR_INVALID for what cannot be.
 */
bool notify_open(struct notify **out, const struct app *app, struct error *err);

/* A pass has begun to work for this commit of people. */
void notify_works(struct notify *notify, const char *commit);

/* A pass is over, and this is the status document (schema 1) now. */
void notify_passed(struct notify *notify, const json_t *status);

/* Run the loop afterwards. */
void notify_close(struct notify *notify);
