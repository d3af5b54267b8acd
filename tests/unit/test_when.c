#include "base/when.h"
#include "tests/lib/test.h"

static const struct row {
	const char *name, *text;
	int64_t seconds;
	bool ok;
} rows[] = {
	{ "the first moment", "1970-01-01T00:00:00Z", 0, true },
	{ "a moment", "2026-11-21T09:30:00Z", 1795253400, true },
	{ "a leap day", "2024-02-29T23:59:59Z", 1709251199, true },
	{ "the last moment", "9999-12-31T23:59:59Z", 253402300799, true },
	{ "no text", NULL, 0, false },
	{ "a date", "2026-11-21", 0, false },
	{ "no zone", "2026-11-21T09:30:00", 0, false },
	{ "another zone", "2026-11-21T09:30:00+01:00", 0, false },
	{ "a month too many", "2026-13-21T09:30:00Z", 0, false },
	{ "numbers without their zeros", "2026-1-1T9:30:00ZZZZ", 0, false },
	{ "something behind it", "2026-11-21T09:30:00Z ", 0, false },
};

static void reads_and_prints(void **state)
{
	const struct row *row = *state;
	char again[WHEN_TEXT];
	int64_t seconds = 7;

	assert_int_equal(when_read(&seconds, row->text), row->ok);
	assert_int_equal(seconds, row->seconds);
	if (!row->ok)
		return;
	when_print(seconds, again);
	assert_string_equal(again, row->text);
}

static void is_bounded(void **state)
{
	char text[WHEN_TEXT];

	(void)state;
	when_print(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	when_print(INT64_MIN, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
}

int main(void)
{
	add_rows(reads_and_prints, rows);
	add_test("moments beyond the calendar end with it", is_bounded);
	return run_all_tests("when");
}
