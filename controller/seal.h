/*
 * A disputed guest is made the one of its lease again, because a person says that it is: our
 * marks are written back, in one PUT with digest. Its lease covers it and stays as it is.
 */
#pragma once

#include "controller/app.h"
#include "controller/survey.h"

/* The lease of a finished guest whose proofs disagree with what is seen; or NULL. */
const struct lease *seal_of_disputed(const struct source *source,
				     const struct observed *seen);

/* The guest is read again right before: what the survey saw may be seconds old. */
bool seal_guest(struct app *app, struct survey *survey, const struct lease *lease,
		const struct observed *seen, struct error *err);
