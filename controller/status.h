/*
 * What the controller knows, for people and programs: one JSON document, built once when
 * a pass is over and kept until the next one is. Nothing is decided by it.
 *
 * Its keys are described in docs/status.md. Words of the repository and of Proxmox are
 * made safe for one line; who shows them as HTML escapes them.
 */
#pragma once

#include "controller/pass.h"
#include "reconcile/agenda.h"

#include <jansson.h>

enum { STATUS_SCHEMA = 1, STATUS_PASSES = 20 };

enum controller_state {
	CONTROLLER_IDLE,
	CONTROLLER_WORKING,  /* a look or a pass is under way */
	CONTROLLER_RESTING,  /* it failed, and is tried again later */
	CONTROLLER_STOPPING, /* it was asked to end */
};

struct status;

/* `now`: "2026-11-21T09:30:00Z", here and below. */
struct status *status_create(const char *now);
void status_destroy(struct status *status);

/* The branch was looked at; `err` NULL: it is at `tip`. */
void status_looked(struct status *status, const char *repository, const char *branch,
		   const char *tip, const struct error *err, const char *now);

/* A pass begins; one of its guests takes a step, or is through with it. */
void status_began(struct status *status, enum cause cause, const char *now);
void status_step(struct status *status, const char *guest, enum step step, bool done,
		 const char *now);

/* How far it is, who is through with everything, and which tasks of Proxmox it waits for. */
void status_progress(struct status *status, const struct apply *apply);

/*
 * The same from a repository's files alone, where no controller tells: `controller`,
 * `pass` and `next` are null, and so is what only Proxmox knows. A new reference.
 */
json_t *status_of_files(struct arena *arena, const struct source *source,
			const char *now);

/* What there is to tell of a pass that is over. */
struct pass_end {
	const struct pass *pass;
	enum error_kind how; /* as the agenda is told */
	int code;            /* exit code that a command would have ended with */
	double seconds;
	bool interrupted;
};

/* Returns its result in a word: "ok", "idle", "partial", "failed" ... */
const char *status_ended(struct status *status, const struct pass_end *end,
			 const char *now);

/*
 * All of it, as a new reference. `at` and `errand`: what comes next, and when; `why` says
 * it in words.
 */
json_t *status_document(const struct status *status, enum controller_state state,
			const char *at, enum errand errand, const char *why,
			const char *now);

/* Of the last pass that came that far, as JSON texts; NULL: none yet. */
const char *status_plan(const struct status *status);
const char *status_leases(const struct status *status);

/* Does it do its work? False, with why: it has not begun to, or cannot go on by itself. */
bool status_ready(const struct status *status, struct error *why);

/* How many passes there were. */
unsigned status_passes(const struct status *status);
