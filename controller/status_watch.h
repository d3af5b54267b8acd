/* The status, again and again: each time that it changed. */
#pragma once

#include "controller/app.h"

struct status_watch {
	/* What is shown of it, in `arena`. `leases` is NULL when they were not asked for. */
	char *(*print)(struct app *app, struct arena *arena, const json_t *status,
		       const json_t *leases);
	bool leases; /* they are asked for, too */
	bool terminal;
};

/* Until SIGINT or SIGTERM: 0; or an exit code, when standard output is gone. */
int status_watch(struct app *app, const struct status_watch *spec);
