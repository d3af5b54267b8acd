/*
 * /metrics: what the controller has counted since it started, and how things stand, in
 * the text format of Prometheus.
 */
#pragma once

#include "controller/pass.h"

#include <jansson.h>

enum { RESULTS = 7 };

/* Zeroed: nothing has happened yet. */
struct metrics {
	unsigned long passes[RESULTS + 1]; /* the last: another word */
	double seconds[PHASES];
	unsigned long actions[VERB_REFUSED + 1][2]; /* [1]: that went well */
	unsigned long answers[6], tasks[2];
	int64_t last_success; /* seconds since 1970; 0: none */
};

/* A pass is over; `result` is the word that the status document has for it. */
void metrics_pass(struct metrics *metrics, const struct pass *pass, const char *result,
		  int64_t now);

/* `status`: the status document (schema 1), or NULL; `repo` may be NULL, too. */
void metrics_print(struct text *out, const struct metrics *metrics,
		   const struct repo *repo, const json_t *status, int64_t now);
