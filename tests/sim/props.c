#include "props.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *props_get(const json_t *props, const char *key)
{
	return json_string_value(json_object_get(props, key));
}

void props_set(json_t *props, const char *key, const char *value)
{
	json_object_set_new(props, key, json_string(value));
}

json_t *props_list(char *const *texts, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_string(texts[i]));
	return list;
}

bool props_true(const char *text)
{
	return text && (!strcmp(text, "1") || !strcasecmp(text, "on") ||
			!strcasecmp(text, "yes") || !strcasecmp(text, "true"));
}

static void put(json_t *props, const struct schema *format, const char *part, size_t len)
{
	const char *equals = memchr(part, '=', len);
	const struct schema *key;
	char name[64];

	if (!equals) {
		key = schema_default_key(format);
		if (key)
			json_object_set_new(props, key->name, json_stringn(part, len));
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(equals - part), part);
	key = schema_find(format, name);
	if (key && key->key_alias) /* virtio=MAC: the name is the value of `model` */
		json_object_set_new(props, key->key_alias, json_string(key->name));
	if (key && key->alias)
		snprintf(name, sizeof(name), "%s", key->alias);
	json_object_set_new(props, name,
			    json_stringn(equals + 1, len - (size_t)(equals + 1 - part)));
}

json_t *props_read(const struct schema *format, const char *text)
{
	json_t *props = json_object();

	while (text && *text) {
		size_t len = strcspn(text, ",");

		if (len > 0)
			put(props, format, text, len);
		text += len + (text[len] == ',');
	}
	return props;
}

static void add(struct text *out, const char *key, const char *value)
{
	if (out->len > 0)
		text_addc(out, ',');
	if (key)
		text_addf(out, "%s=", key);
	text_add(out, value);
}

/* Required keys first, each kind by name. */
static int in_print_order(const void *a, const void *b)
{
	const struct schema *one = *(const struct schema *const *)a;
	const struct schema *other = *(const struct schema *const *)b;
	bool optional = one->flags & SCHEMA_OPTIONAL;

	if (optional != (bool)(other->flags & SCHEMA_OPTIONAL))
		return optional ? 1 : -1;
	return strcmp(one->name, other->name);
}

char *props_print(struct arena *arena, const struct schema *format, const json_t *props)
{
	const struct schema *first = schema_default_key(format);
	const char *bare = first ? props_get(props, first->name) : NULL;
	const struct schema *keyed = bare ? schema_find(format, bare) : NULL;
	const char *alias = keyed && keyed->key_alias ? keyed->alias : NULL;
	const struct schema **keys;
	size_t count = 0;
	struct text out;

	text_init(&out, arena);
	if (bare && alias && props_get(props, alias)) /* model and macaddr in one */
		add(&out, bare, props_get(props, alias));
	else if (bare)
		add(&out, NULL, bare);
	keys = arena_array(arena, const struct schema *, json_object_size(props) + 1);
	for (const struct schema *s = format; s->name; s++)
		if (s != first && !s->alias && props_get(props, s->name) &&
		    (!alias || strcmp(s->name, alias) != 0))
			keys[count++] = s;
	qsort(keys, count, sizeof(struct schema *), in_print_order);
	for (size_t i = 0; i < count; i++)
		add(&out, keys[i]->name, props_get(props, keys[i]->name));
	return arena_strdup(arena, text_str(&out));
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t props_sorted(struct arena *arena, const json_t *object, const char ***keys)
{
	size_t count = 0;
	const char *key;
	json_t *value;

	*keys = arena_array(arena, const char *, json_object_size(object) + 1);
	json_object_foreach ((json_t *)(uintptr_t)object, key, value)
		(*keys)[count++] = key;
	qsort(*keys, count, sizeof(**keys), by_name);
	return count;
}

bool size_read(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	double number;
	char *end;
	const char *unit;

	if (!text || *text < '0' || *text > '9')
		return false;
	number = strtod(text, &end);
	if (*end) {
		unit = strchr(units, *end);
		if (!unit)
			return false;
		for (; unit >= units; unit--)
			number *= 1024;
		end++;
		if (!strcmp(end, "iB"))
			end += 2;
	}
	if (*end || number >= 1e18)
		return false;
	*bytes = (uint64_t)number;
	return true;
}

char *size_print(struct arena *arena, uint64_t bytes)
{
	static const char units[] = "KMGT";
	size_t unit = 0;

	while (unit < 4 && bytes > 0 && bytes % 1024 == 0) {
		bytes /= 1024;
		unit++;
	}
	return unit ? arena_printf(arena, "%llu%c", (unsigned long long)bytes,
				   units[unit - 1])
		    : arena_printf(arena, "%llu", (unsigned long long)bytes);
}
