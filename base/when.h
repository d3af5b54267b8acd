/* Moments in UTC as texts: "2026-11-21T09:30:00Z". Two of them compare as texts do. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { WHEN_TEXT = 21 }; /* with its final zero */

/* Seconds since 1970. False when the text is no such moment; `out` is 0 then. */
bool when_read(int64_t *out, const char *text);

/* Moments beyond the year 9999 are told as its last one. */
void when_print(int64_t seconds, char out[WHEN_TEXT]);
