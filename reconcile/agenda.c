#include "reconcile/agenda.h"

#define SECOND ((uint64_t)1000)
#define MINUTE (60 * SECOND)

/* How long nothing is tried again, after the first and at most after many failures. */
struct span {
	uint64_t first, most;
};

/* Nothing of its own: the intervals are soon enough. */
static const struct span no_rest = { 0, 0 };

static struct span rest_after(enum error_kind how)
{
	switch (how) {
	case ERROR_NONE:
	case ERROR_INVALID:
	case ERROR_REFUSED:
	case ERROR_EXHAUSTED:
	case ERROR_USAGE:
	case ERROR_CANCELED:
		return no_rest;
	case ERROR_CONFLICT:
	case ERROR_BUSY:
	case ERROR_TEMPORARY:
	case ERROR_UNKNOWN:
		return (struct span){ 5 * SECOND, 5 * MINUTE };
	case ERROR_FAILED: /* it was carried out and did not work: that costs */
		return (struct span){ MINUTE, 60 * MINUTE };
	case ERROR_LOCAL:
		return (struct span){ 30 * SECOND, 10 * MINUTE };
	case ERROR_DENIED: /* who knocks on with a wrong key is locked out */
	case ERROR_MISSING:
		return (struct span){ 10 * MINUTE, 10 * MINUTE };
	}
	return no_rest;
}

uint64_t rest_of(enum error_kind how, unsigned failures)
{
	struct span rest = rest_after(how);
	uint64_t ms = rest.first;

	/* doubled with each failure in a row */
	for (unsigned i = 1; i < failures && ms < rest.most; i++)
		ms *= 2;
	return ms < rest.most ? ms : rest.most;
}

/* A tenth more or less. */
static uint64_t around(uint64_t ms, uint32_t dice)
{
	return ms - ms / 10 + ms / 5 * (dice % 1024) / 1024;
}

void agenda_init(struct agenda *agenda, uint64_t poll_ms, uint64_t drift_ms, uint64_t now)
{
	*agenda = (struct agenda){
		.poll_ms = poll_ms,
		.drift_ms = drift_ms,
		.look_at = now + poll_ms,
		.pass_at = now,
		.cause = CAUSE_START,
	};
}

static void no_later(uint64_t *at, uint64_t than)
{
	if (*at > than)
		*at = than;
}

void agenda_retime(struct agenda *agenda, uint64_t poll_ms, uint64_t drift_ms,
		   uint64_t now)
{
	agenda->poll_ms = poll_ms;
	agenda->drift_ms = drift_ms;
	no_later(&agenda->look_at, now + poll_ms);
	no_later(&agenda->pass_at, now + drift_ms);
}

void agenda_wish(struct agenda *agenda, enum errand errand, uint64_t now)
{
	bool pass = errand == ERRAND_PASS;

	if (agenda->busy) {
		agenda->pass_wished |= pass;
		agenda->look_wished |= !pass;
		return;
	}
	if (!pass) {
		no_later(&agenda->look_at, now);
		return;
	}
	no_later(&agenda->pass_at, now);
	agenda->cause = CAUSE_ASKED;
}

enum errand agenda_next(const struct agenda *agenda, uint64_t now, uint64_t *at)
{
	bool pass = agenda->pass_at <= agenda->look_at || agenda->pass_at <= now;

	*at = pass ? agenda->pass_at : agenda->look_at;
	if (*at < now)
		*at = now;
	return pass ? ERRAND_PASS : ERRAND_LOOK;
}

void agenda_begin(struct agenda *agenda)
{
	agenda->busy = true;
}

/* What was wished meanwhile is due now. */
static void grant_wishes(struct agenda *agenda, uint64_t now)
{
	agenda->busy = false;
	if (agenda->pass_wished)
		agenda_wish(agenda, ERRAND_PASS, now);
	if (agenda->look_wished)
		agenda_wish(agenda, ERRAND_LOOK, now);
	agenda->pass_wished = agenda->look_wished = false;
}

/* The next look at a branch that could not be looked at comes later each time. */
static void plan_look(struct agenda *agenda, enum error_kind how, uint64_t now,
		      uint32_t dice)
{
	uint64_t rest;

	agenda->look_failures = how == ERROR_NONE ? 0 : agenda->look_failures + 1;
	rest = rest_of(how, agenda->look_failures);
	if (rest < agenda->poll_ms)
		rest = agenda->poll_ms;
	agenda->look_at = now + around(rest, dice);
}

void agenda_looked(struct agenda *agenda, enum error_kind how, bool moved, uint64_t now,
		   uint32_t dice)
{
	plan_look(agenda, how, now, dice);
	if (how == ERROR_NONE && moved) {
		agenda->pass_at = now;
		agenda->cause = CAUSE_COMMIT;
	}
	grant_wishes(agenda, now);
}

void agenda_passed(struct agenda *agenda, enum error_kind how, enum error_kind look,
		   uint64_t now, uint32_t dice)
{
	uint64_t rest;

	agenda->pass_failures = rest_after(how).first ? agenda->pass_failures + 1 : 0;
	rest = rest_of(how, agenda->pass_failures);
	agenda->cause = rest ? CAUSE_RETRY : CAUSE_DRIFT;
	agenda->pass_at = now + around(rest ? rest : agenda->drift_ms, dice);
	plan_look(agenda, look, now, dice);
	grant_wishes(agenda, now);
}

void agenda_no_later(struct agenda *agenda, uint64_t at)
{
	if (at >= agenda->pass_at)
		return;
	agenda->pass_at = at;
	agenda->cause = CAUSE_RETRY;
}

const char *cause_name(enum cause cause)
{
	switch (cause) {
	case CAUSE_NONE:
		return "none";
	case CAUSE_START:
		return "started";
	case CAUSE_COMMIT:
		return "a new commit";
	case CAUSE_DRIFT:
		return "drift check";
	case CAUSE_RETRY:
		return "another try";
	case CAUSE_ASKED:
		return "asked";
	}
	return "none";
}
