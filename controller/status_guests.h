/* The guests of a pass that is over, for status.c: how each stands, and what waits. */
#pragma once

#include "controller/pass.h"

#include <jansson.h>

struct guests_status {
	json_t *guests; /* in the order of `vms`, then leases without an entry */
	json_t *waits;  /* for a person */
	json_t *orphans;
	size_t len, well; /* of them; as desired */
};

/* Three new references. Needs a plan. */
void guests_status(struct guests_status *out, struct arena *arena,
		   const struct pass *pass);

/* {guest, why, command}; appended to `waits`. `guest` and `command` may be NULL. */
void add_wait(json_t *waits, struct arena *arena, const char *guest, const char *why,
	      const char *command);
