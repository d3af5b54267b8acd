/* Calls without a wire: for tests that have a world in their own process. */
#pragma once

#include "api.h"
#include "login.h"

struct asked {
	int status;
	const char *reason; /* of the status line */
	json_t *body;       /* parsed, or NULL when there is none; lives in the arena */
	const json_t *data; /* its "data" */
	double seconds;     /* that the world went on before the answer was due */
	const char *upid;   /* of the task that it started, or NULL */
};

/*
 * One call as `user` ("vm7@pve!vm7"), who is not asked for a secret, to its end: the world's
 * time passes while it waits. `target` is a path below /api2/json, with its query. `form`:
 * an urlencoded body, or NULL.
 */
struct asked ask(struct arena *arena, struct world *world, const char *user,
		 const char *method, const char *target, const char *form);

/* The same by whom the headers stand for. */
struct asked ask_with(struct arena *arena, struct world *world,
		      const struct credentials *headers, const char *method,
		      const char *target, const char *form);

/* ... with a body of another type. */
struct asked ask_body(struct arena *arena, struct world *world, const char *user,
		      const char *method, const char *target, const char *type,
		      const char *body);

/* Let time pass until the task has ended; how it ended. NULL: there is no such task. */
const char *ask_wait(struct world *world, const char *upid);
