/*
 * Faults from a file: what goes wrong, when, how often.
 *
 *   {"faults": [{"match": {"method": "POST", "path": "/nodes/x/qemu/9000/clone",
 *                          "params": {"newid": "101"}},
 *                "after": 0, "times": 1, "do": {...}}]}
 *
 * `match`: all of it must fit; `path` (without /api2/json) and the values of `params` are
 * fnmatch patterns in which * stands for any text; an empty match fits every request.
 * `after`: matches that pass unharmed first. `times`: how often then (1), -1 for always.
 * `do` is one of
 *
 *   {"status": 500, "reason": "...", "body": "...", "content_type": "..."}
 *   {"refuse": true}    close the connection; with an empty match before reading anything
 *   {"delay": 5}        proceed after so many simulated seconds
 *   {"cut": "before"}   close without doing the work; "after": do it, close without answer
 *   {"half": true}      send half of the body, then close
 *   {"html": true}      200 with a page instead of JSON
 *   {"bomb": true}      a small gzip body that unpacks to 1 GiB
 *   {"silent": true}    never answer
 *   {"kill": true}      do the work, save, and die without an answer
 *   {"task": "fail-start" / "fail-middle" / "fail-end" / "hang" / "warn", "text": "..."}
 *                       what becomes of the task that the call starts
 *   {"world": {"quorate": false, ...}}        something happens to the cluster: world.h
 *   {"admin": {"method", "path", "params"}}   somebody else's call is carried out first
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "task.h"

#include <jansson.h>
#include <stdbool.h>

enum fault_kind {
	FAULT_STATUS,
	FAULT_REFUSE,
	FAULT_DELAY,
	FAULT_CUT_BEFORE,
	FAULT_CUT_AFTER,
	FAULT_HALF,
	FAULT_HTML,
	FAULT_BOMB,
	FAULT_SILENT,
	FAULT_KILL,
	FAULT_TASK,
	FAULT_ADMIN,
	FAULT_WORLD,
};

struct fault {
	enum fault_kind kind;
	const json_t *match;
	bool any; /* matches everything */
	long after, times;
	int status;
	const char *reason, *body, *type, *text;
	double delay;
	enum task_fault task;
	const json_t *with; /* the admin's call, or the change of the world */
};

struct faults {
	struct arena *arena; /* everything below lives in it */
	struct fault *at;
	size_t count;
};

bool faults_read(struct faults *faults, const json_t *json, struct error *err);
void faults_finish(struct faults *faults);

/* The first fault that strikes this request, already counted; NULL: none. */
const struct fault *faults_strike(struct faults *faults, const char *method,
				  const char *path, const json_t *params);

/* A connection may be refused before anything was read. */
bool faults_refuse(struct faults *faults);
