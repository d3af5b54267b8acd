/*
 * When to look at the branch, and when to make a pass. Pure: time and chance are
 * arguments, so that a year can be tried in a moment.
 *
 * The branch is looked at every poll interval, and a pass is made when it moved, when a
 * drift interval has gone by since the last one, and when somebody asks. After a failure
 * passes come later and later, by its kind; what waits for a person is only looked at
 * again with the next drift check, a new commit or a request. What is wished while
 * something is under way collapses into one more of it.
 */
#pragma once

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* Why a pass is made. */
enum cause {
	CAUSE_NONE,
	CAUSE_START,  /* the controller has just started */
	CAUSE_COMMIT, /* the branch moved */
	CAUSE_DRIFT,  /* it is time to look for drift */
	CAUSE_RETRY,  /* the last one failed */
	CAUSE_ASKED,  /* a person asked for one */
};

/* What is to be done now, or next. */
enum errand { ERRAND_LOOK, ERRAND_PASS };

struct agenda {
	uint64_t poll_ms, drift_ms;
	/* loop time in ms */
	uint64_t look_at, pass_at;
	enum cause cause;                      /* of the pass at pass_at */
	bool busy;                             /* a look or a pass is under way */
	bool look_wished, pass_wished;         /* meanwhile */
	unsigned look_failures, pass_failures; /* in a row */
};

/* The first pass is due at once. */
void agenda_init(struct agenda *agenda, uint64_t poll_ms, uint64_t drift_ms,
		 uint64_t now);

/* Other intervals, from now on: what is due does not come later than they say. */
void agenda_retime(struct agenda *agenda, uint64_t poll_ms, uint64_t drift_ms,
		   uint64_t now);

/* A hook came, or a person asked for a pass. Many wishes are one. */
void agenda_wish(struct agenda *agenda, enum errand errand, uint64_t now);

/*
 * What comes next, and when (not before `now`). A pass looks at the branch itself, so it
 * goes before a look. Only while nothing is under way.
 */
enum errand agenda_next(const struct agenda *agenda, uint64_t now, uint64_t *at);

/* It is begun. */
void agenda_begin(struct agenda *agenda);

/*
 * It is over. `how` is what came of it; `moved`: the branch is not where the last pass
 * left it. `dice`: any number, by which rests differ a little from one controller to the
 * next.
 */
void agenda_looked(struct agenda *agenda, enum error_kind how, bool moved, uint64_t now,
		   uint32_t dice);

/* `look`: what came of the pass's own look at the branch. */
void agenda_passed(struct agenda *agenda, enum error_kind how, enum error_kind look,
		   uint64_t now, uint32_t dice);

/* A pass is made no later than that. */
void agenda_no_later(struct agenda *agenda, uint64_t at);

/* How long it rests after so many failures of a kind in a row, in ms; 0: not at all. */
uint64_t rest_of(enum error_kind how, unsigned failures);

/* "a new commit", as people are told. */
const char *cause_name(enum cause cause);
