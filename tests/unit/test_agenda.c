#include "reconcile/agenda.h"
#include "tests/lib/test.h"

#define SECOND ((uint64_t)1000)
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

/* A controller for so long, in a cluster and a remote that answer as a row says. */
static const struct row {
	const char *name;
	enum error_kind pass, look;
	uint64_t ms;
	unsigned passes_least, passes_most, looks_least, looks_most;
} rows[] = {
	/* every 60 s a look, every 5 min a pass that looks itself */
	{ "all is well", ERROR_NONE, ERROR_NONE, HOUR, 11, 14, 42, 60 },
	{ "Proxmox is down", ERROR_TEMPORARY, ERROR_NONE, 10 * MINUTE, 5, 9, 3, 10 },
	{ "Proxmox is down for long", ERROR_TEMPORARY, ERROR_NONE, 10 * HOUR, 110, 140,
	  400, 600 },
	{ "the token is wrong", ERROR_DENIED, ERROR_NONE, HOUR, 6, 7, 45, 66 },
	{ "guests fail", ERROR_FAILED, ERROR_NONE, 10 * HOUR, 10, 18, 500, 670 },
	{ "the disk is full", ERROR_LOCAL, ERROR_NONE, HOUR, 8, 12, 40, 60 },
	{ "it waits for a person", ERROR_REFUSED, ERROR_NONE, HOUR, 11, 14, 42, 60 },
	{ "the commit is bad", ERROR_INVALID, ERROR_NONE, HOUR, 11, 14, 42, 60 },
	{ "Git is down", ERROR_NONE, ERROR_TEMPORARY, HOUR, 11, 14, 2, 30 },
	{ "Git is locked", ERROR_NONE, ERROR_DENIED, 5 * HOUR, 55, 70, 0, 5 },
	{ "all is down", ERROR_TEMPORARY, ERROR_TEMPORARY, HOUR, 12, 20, 0, 20 },
};

static void goes_on(void **state)
{
	const struct row *row = *state;
	unsigned passes = 0, looks = 0;
	struct agenda agenda;
	uint32_t dice = 1;
	uint64_t now = 0;

	agenda_init(&agenda, MINUTE, 5 * MINUTE, now);
	while (now < row->ms) {
		enum errand errand = agenda_next(&agenda, now, &now);

		agenda_begin(&agenda);
		dice = dice * 1664525u + 1013904223u;
		now += 200;
		if (errand == ERRAND_PASS) {
			passes++;
			agenda_passed(&agenda, row->pass, row->look, now, dice >> 8);
		} else {
			looks++;
			agenda_looked(&agenda, row->look, false, now, dice >> 8);
		}
	}
	assert_in_range(passes, row->passes_least, row->passes_most);
	assert_in_range(looks, row->looks_least, row->looks_most);
}

static struct agenda calm(uint64_t *now)
{
	struct agenda agenda;

	agenda_init(&agenda, MINUTE, 5 * MINUTE, *now);
	assert_int_equal(agenda_next(&agenda, *now, now), ERRAND_PASS);
	assert_int_equal(agenda.cause, CAUSE_START);
	agenda_begin(&agenda);
	agenda_passed(&agenda, ERROR_NONE, ERROR_NONE, *now, 512);
	return agenda;
}

static void expect(const struct agenda *agenda, uint64_t now, enum errand errand,
		   uint64_t at)
{
	uint64_t when;

	assert_int_equal(agenda_next(agenda, now, &when), errand);
	assert_int_equal(when, at);
}

static void a_moved_branch_is_a_pass_at_once(void **state)
{
	uint64_t now = 1000;
	struct agenda agenda = calm(&now);

	(void)state;
	expect(&agenda, now, ERRAND_LOOK, now + MINUTE);
	now += MINUTE;
	agenda_begin(&agenda);
	agenda_looked(&agenda, ERROR_NONE, true, now, 512);
	expect(&agenda, now, ERRAND_PASS, now);
	assert_int_equal(agenda.cause, CAUSE_COMMIT);
}

static void wishes_are_granted_at_once(void **state)
{
	uint64_t now = 1000;
	struct agenda agenda = calm(&now);

	(void)state;
	agenda_wish(&agenda, ERRAND_LOOK, now + 7);
	expect(&agenda, now + 7, ERRAND_LOOK, now + 7);
	agenda_wish(&agenda, ERRAND_PASS, now + 8);
	expect(&agenda, now + 8, ERRAND_PASS, now + 8);
	assert_int_equal(agenda.cause, CAUSE_ASKED);
}

static void wishes_during_a_pass_are_one_more(void **state)
{
	uint64_t now = 1000;
	struct agenda agenda = calm(&now);

	(void)state;
	agenda_begin(&agenda);
	for (unsigned i = 0; i < 100; i++) {
		agenda_wish(&agenda, ERRAND_PASS, now);
		agenda_wish(&agenda, ERRAND_LOOK, now);
	}
	agenda_passed(&agenda, ERROR_TEMPORARY, ERROR_NONE, now + 50, 512);
	expect(&agenda, now + 50, ERRAND_PASS, now + 50);
	assert_int_equal(agenda.cause, CAUSE_ASKED);
	agenda_begin(&agenda);
	agenda_passed(&agenda, ERROR_NONE, ERROR_NONE, now + 60, 512);
	expect(&agenda, now + 60, ERRAND_LOOK, now + 60 + MINUTE);
}

static void success_forgets_failures(void **state)
{
	uint64_t now = 1000;
	struct agenda agenda = calm(&now);

	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		agenda_begin(&agenda);
		agenda_passed(&agenda, ERROR_TEMPORARY, ERROR_NONE, now, 512);
	}
	assert_int_equal(agenda.pass_at, now + 5 * MINUTE);
	agenda_begin(&agenda);
	agenda_passed(&agenda, ERROR_NONE, ERROR_NONE, now, 512);
	agenda_begin(&agenda);
	agenda_passed(&agenda, ERROR_TEMPORARY, ERROR_NONE, now, 512);
	assert_int_equal(agenda.pass_at, now + 5 * SECOND);
	assert_int_equal(agenda.cause, CAUSE_RETRY);
}

static void shorter_intervals_count_at_once(void **state)
{
	uint64_t now = 1000;
	struct agenda agenda = calm(&now);

	(void)state;
	agenda_retime(&agenda, 10 * SECOND, 20 * SECOND, now);
	expect(&agenda, now, ERRAND_LOOK, now + 10 * SECOND);
	agenda_begin(&agenda);
	agenda_looked(&agenda, ERROR_NONE, false, now + 10 * SECOND, 512);
	expect(&agenda, now, ERRAND_PASS, now + 20 * SECOND);
}

int main(void)
{
	add_rows(goes_on, rows);
	add_test("a moved branch is a pass at once", a_moved_branch_is_a_pass_at_once);
	add_test("wishes are granted at once", wishes_are_granted_at_once);
	add_test("wishes during a pass are one more of it",
		 wishes_during_a_pass_are_one_more);
	add_test("success forgets failures", success_forgets_failures);
	add_test("shorter intervals count at once", shorter_intervals_count_at_once);
	return run_all_tests("agenda");
}
