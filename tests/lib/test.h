/*
 * Rows as named tests: one table a function, one row a case, a row is a sentence.
 *
 *	add_rows(check, rows);    each row is a test of its own name
 *	add_test("what it shows", check);
 *	return run_all_tests("module");
 *
 * A row type has `const char *name` as its first member; the check gets its row as
 **state.
 */
#pragma once

#include "tests/lib/tap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TESTS_MAX = 2000 };

static struct CMUnitTest tests_of_all[TESTS_MAX];
static size_t tests_count;

static inline void add_test_of(const char *name, CMUnitTestFunction check,
			       const void *row)
{
	if (tests_count == TESTS_MAX)
		abort();
	tests_of_all[tests_count++] = (struct CMUnitTest){
		.name = name,
		.test_func = check,
		.initial_state = (void *)(uintptr_t)row,
	};
}

static inline void add_rows_of(CMUnitTestFunction check, const void *rows, size_t size,
			       size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *row = (const char *)rows + i * size;
		const char *name;

		memcpy(&name, row, sizeof(name));
		add_test_of(name, check, row);
	}
}

#define add_test(name, check) add_test_of(name, check, NULL)
#define add_rows(check, rows) \
	add_rows_of(check, rows, sizeof((rows)[0]), sizeof(rows) / sizeof((rows)[0]))

/* The number of failures, for main to return. */
static inline int run_all_tests(const char *group)
{
	return tap_run(group, tests_of_all, tests_count);
}
