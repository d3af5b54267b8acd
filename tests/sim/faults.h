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
 * `every`: 2 for every second of them, and so on (1).
 * `do` is one of
 *
 *   {"status": 500, "reason": "...", "body": "...", "content_type": "...", "done": true}
 *                       done: the work is done before this is answered
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
 *   {"world": {"quorate": false, ...}, "seconds": 5, "then": {"quorate": true}}
 *                       something happens to the cluster (world.h), and after a while the rest
 *   {"restart": 5}      the daemons start again: all connections are cut, calls under way are
 *                       lost, tasks go on, and so many seconds pvedaemon refuses connections
 *   {"certificate": true}    another one from now on; connections that are open go on
 *   {"admin": {"method", "path", "params"}}   somebody else's call is carried out first
 *
 * Beside "faults" there may be "random": faults that chance draws, see draw.h.
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
	FAULT_RESTART,
	FAULT_CERTIFICATE,
};

struct fault {
	enum fault_kind kind;
	const json_t *match;
	bool any; /* matches everything */
	long after, times, every, seen;
	int status;
	const char *reason, *body, *type, *text;
	bool done;      /* the status comes after the work */
	double seconds; /* of a delay, of a restart, until `then` */
	enum task_fault task;
	const json_t *with; /* the admin's call, or the change of the world */
	const json_t *then; /* another one later, or NULL */
};

struct faults {
	struct arena *arena; /* everything below lives in it */
	struct fault *at;
	size_t count;
	struct draw *draw;  /* NULL: nothing is left to chance */
	struct fault fresh; /* the last one it drew */
};

bool faults_read(struct faults *faults, const json_t *json, struct error *err);
void faults_finish(struct faults *faults);

/* Have chance draw faults too; takes the place of "random". Keys as there. */
bool faults_randomize(struct faults *faults, const json_t *random, struct error *err);

/*
 * The first fault that strikes this request, already counted; NULL: none. `drawn`: the row of
 * one that chance drew, until the next call; else NULL.
 */
const struct fault *faults_strike(struct faults *faults, const char *method,
				  const char *path, const json_t *params,
				  const json_t **drawn);

/* A connection may be refused before anything was read. */
bool faults_refuse(struct faults *faults);
