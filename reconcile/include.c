#include "reconcile/manifest.h"

#include <string.h>

/* The character class at `pattern`, a '[': does it hold `c`? `end` gets what follows. */
static bool class_holds(const char *pattern, const char *pattern_end, char c,
			const char **end)
{
	const char *at = pattern + 1;
	bool negated = at < pattern_end && (*at == '!' || *at == '^'), holds = false;

	at += negated;
	for (bool first = true; at < pattern_end && (first || *at != ']');
	     first = false) {
		char low = *at, high = low;

		if (at + 2 < pattern_end && at[1] == '-' && at[2] != ']') {
			high = at[2];
			at += 2;
		}
		at++;
		holds |= (unsigned char)low <= (unsigned char)c &&
			 (unsigned char)c <= (unsigned char)high;
	}
	*end = at < pattern_end ? at + 1 : at;
	return holds != negated;
}

/* One name against one part of the pattern: `*`, `?` and `[..]`. Never slower than the
 * product of both lengths: only the last `*` is tried again. */
static bool part_matches(const char *pattern, size_t pattern_len, const char *name,
			 size_t name_len)
{
	const char *pattern_end = pattern + pattern_len, *name_end = name + name_len;
	const char *star = NULL, *retry = NULL, *next;

	while (name < name_end) {
		if (pattern < pattern_end && *pattern == '*') {
			star = ++pattern;
			retry = name;
		} else if (pattern < pattern_end && *pattern == '[' &&
			   class_holds(pattern, pattern_end, *name, &next)) {
			pattern = next;
			name++;
		} else if (pattern < pattern_end && *pattern != '[' &&
			   (*pattern == '?' || *pattern == *name)) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (pattern < pattern_end && *pattern == '*')
		pattern++;
	return pattern == pattern_end;
}

/* What follows the part at `at`; NULL after the last. */
static const char *next_part(const char *at, size_t len)
{
	return at[len] ? at + len + 1 : NULL;
}

/* The same walk a level up: `**` stands for any number of folders. */
bool include_matches(const char *pattern, const char *path)
{
	const char *star = NULL, *retry = NULL;

	while (path) {
		size_t name = strcspn(path, "/");
		size_t part = pattern ? strcspn(pattern, "/") : 0;

		if (pattern && part == 2 && strncmp(pattern, "**", 2) == 0) {
			pattern = star = next_part(pattern, part);
			retry = path;
			if (!pattern)
				return true;
		} else if (pattern && part_matches(pattern, part, path, name)) {
			pattern = next_part(pattern, part);
			path = next_part(path, name);
			if (!pattern && path && star) {
				pattern = star;
				path = retry = next_part(retry, strcspn(retry, "/"));
			}
		} else if (star) {
			pattern = star;
			path = retry = next_part(retry, strcspn(retry, "/"));
		} else {
			return false;
		}
	}
	return !pattern;
}
