/* Runs the tests of a program; under meson, as TAP that meson understands. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The number of failures, for main to return. */
int tap_run(const char *group, const struct CMUnitTest *tests, size_t count);
