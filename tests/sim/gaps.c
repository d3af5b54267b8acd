#include "gaps.h"

#include <stdio.h>
#include <string.h>

/* Part by part; {x} stands for any one. */
static bool fits(const char *pattern, const char *path)
{
	while (*pattern == '/' && *path == '/') {
		size_t want = strcspn(pattern + 1, "/"), have = strcspn(path + 1, "/");

		if (pattern[1] != '{' &&
		    (want != have || strncmp(pattern + 1, path + 1, want) != 0))
			return false;
		pattern += want + 1;
		path += have + 1;
	}
	return !*pattern && !*path;
}

bool gaps_call(const json_t *schema, const char *method, const char *path)
{
	const char *pattern;
	json_t *methods;

	json_object_foreach (json_object_get(schema, "paths"), pattern, methods)
		if (fits(pattern, path) && json_object_get(methods, method))
			return true;
	return false;
}

bool gaps_param(const json_t *schema, const char *method, const char *pattern,
		const char *name)
{
	const json_t *paths = json_object_get(schema, "paths");
	const json_t *call = json_object_get(json_object_get(paths, pattern), method);
	const json_t *params =
		json_object_get(json_object_get(call, "parameters"), "properties");
	size_t letters = strcspn(name, "0123456789");
	char family[100];

	snprintf(family, sizeof(family), "%.*s[n]", (int)letters, name);
	return json_object_get(params, name) ||
	       (name[letters] && json_object_get(params, family));
}
