#include "pve/value.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { VMID_MOST = 999999999 };

bool value_number(const json_t *value, long long *out)
{
	const char *text = json_string_value(value);
	uint64_t number;

	if (json_is_integer(value)) {
		*out = json_integer_value(value);
		return true;
	}
	if (!text || !str_number(text, &number) || number > INT64_MAX)
		return false;
	*out = (long long)number;
	return true;
}

unsigned value_vmid(const json_t *value)
{
	long long number;

	if (!value_number(value, &number) || number < 1 || number > VMID_MOST)
		return 0;
	return (unsigned)number;
}

bool value_flag(const json_t *value)
{
	const char *text = json_string_value(value);

	if (json_is_true(value))
		return true;
	if (json_is_integer(value))
		return json_integer_value(value) != 0;
	return text && strcmp(text, "1") == 0;
}

const char *value_text(struct arena *arena, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return arena_strdup(arena, json_string_value(value));
	case JSON_INTEGER:
		return arena_printf(arena, "%lld", (long long)json_integer_value(value));
	case JSON_REAL:
		return arena_printf(arena, "%g", json_real_value(value));
	case JSON_TRUE:
		return "1";
	case JSON_FALSE:
		return "0";
	case JSON_NULL:
	case JSON_OBJECT:
	case JSON_ARRAY:
		return NULL;
	}
	return NULL;
}

const char *value_member(struct arena *arena, const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return value ? value_text(arena, value) : NULL;
}
