/*
 * Everything that a cluster shows, beside what the repository says of it. Reads only, as
 * plan does; a token that can look is enough.
 */
#pragma once

#include "controller/host.h"
#include "controller/source.h"
#include "pve/observe.h"

struct survey_spec {
	struct source_spec source;
	const struct host *host;
	const char *const *endpoints; /* that the command line allows */
	size_t endpoints_len;
	const char *guest; /* only that of this lease; NULL: every guest */
};

struct survey {
	struct op op;
	/* when it went well: */
	struct source source;
	struct cluster_state *cluster; /* every guest with its config, but templates */
	struct cluster *connection;    /* for what else is to be asked */
	/* private */
	struct arena *arena;
	struct survey_spec spec;
	int step;
	struct cluster_config config;
	unsigned vmid; /* of spec.guest */
	struct observe_want want;
	struct observe observe;
};

/* ERROR_REFUSED when the leases belong to another cluster than the one that answers. */
void survey_start(struct survey *survey, struct arena *arena,
		  const struct survey_spec *spec, void (*resume)(void *flow), void *flow);
void survey_cancel(struct survey *survey);

/* Let go of everything but the arena. */
void survey_finish(struct survey *survey);
