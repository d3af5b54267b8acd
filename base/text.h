/* Growing text in an arena, and the small things done to strings everywhere. */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Always ends in a zero byte once something was added; `at` is NULL before. */
struct text {
	struct arena *arena;
	char *at;
	size_t len, cap;
};

void text_init(struct text *text, struct arena *arena);
void text_add(struct text *text, const char *more);
void text_addn(struct text *text, const char *more, size_t len);
void text_addc(struct text *text, char c);
void text_addf(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Percent-encoded: everything but letters, digits and - . _ ~ (RFC 3986, unreserved). */
void text_add_encoded(struct text *text, const char *more);

/* What was added so far, "" when nothing was. */
const char *text_str(const struct text *text);

/* The same string, where NULL is equal to NULL only. */
bool str_equal(const char *a, const char *b);
bool str_starts(const char *text, const char *start);
bool str_ends(const char *text, const char *end);

/* For qsort and bsearch over an array of texts. */
int str_compare(const void *a, const void *b);

/* Is the word one of the list? */
bool str_in(const char *word, const char *const *list, size_t len);

/* A whole decimal number without sign, space or leading zero ("0" itself is fine); false
 * otherwise. */
bool str_number(const char *text, uint64_t *out);

/*
 * Digits with an optional minus, without leading zeros; too many of them count as very
 * large. False otherwise.
 */
bool str_integer(const char *text, size_t len, long *out);

/* "30s", "5m", "72h" or "7d" in seconds, also negative or very large; false otherwise. */
bool str_duration(const char *text, long *out);

/* The parts between any of the `separators`, empty ones left out. */
size_t str_split(struct arena *arena, const char *text, const char *separators,
		 char ***out);

/* Without white space at both ends. */
char *str_trim(struct arena *arena, const char *text);

/*
 * The nearest of `known` to `word` by edits, or NULL when none is near enough to be what
 * was meant. `known` ends in NULL.
 */
const char *str_nearest(const char *word, const char *const *known);

/*
 * Text from outside made safe for a line of a log or terminal: control characters and
 * bytes that are not UTF-8 become `?`, and it is cut at `max` bytes, "..." included.
 */
char *str_safe(struct arena *arena, const char *text, size_t max);

/* "a, b and c" of a list of names, at most `most` of them ("a, b and 7 more"). */
char *str_list(struct arena *arena, const char *const *names, size_t count, size_t most);
