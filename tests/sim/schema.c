#include "schema.h"

#include "base/text.h"
#include "props.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Is `name` one of the family "net" 0 .. last? Numbers are written without leading zeros. */
static bool of_family(const struct schema *schema, const char *name)
{
	size_t len = strlen(schema->name);
	char again[64];
	int number;

	if (strncmp(name, schema->name, len) != 0 || !name[len] || strlen(name + len) > 4)
		return false;
	number = atoi(name + len);
	snprintf(again, sizeof(again), "%d", number);
	return !strcmp(again, name + len) && number <= schema->last;
}

static bool is_family(const struct schema *schema)
{
	return schema->last > 0;
}

static bool is_named(const struct schema *schema, const char *name)
{
	return is_family(schema) ? of_family(schema, name) : !strcmp(schema->name, name);
}

const struct schema *schema_find(const struct schema *table, const char *name)
{
	for (; table && table->name; table++)
		if (is_named(table, name))
			return table;
	return NULL;
}

static bool known_to(const struct schema *schema, unsigned pve)
{
	return !(schema->flags & (pve < 9 ? SCHEMA_FROM_9 : SCHEMA_ONLY_8));
}

const struct schema *schema_find_in(const struct schema_set *set, const char *name,
				    unsigned pve)
{
	for (size_t i = 0; i < 4 && set->tables[i]; i++)
		for (const struct schema *s = set->tables[i]; s->name; s++)
			if (known_to(s, pve) && is_named(s, name))
				return s;
	return NULL;
}

const struct schema *schema_default_key(const struct schema *table)
{
	for (; table && table->name; table++)
		if (table->flags & SCHEMA_DEFAULT_KEY)
			return table;
	return NULL;
}

bool pattern_fits(const char *pattern, const char *text)
{
	char whole[600];
	regex_t regex;
	bool is;

	snprintf(whole, sizeof(whole), "^(%s)$", pattern);
	if (regcomp(&regex, whole, REG_EXTENDED | REG_NOSUB) != 0)
		abort(); /* a pattern of our own tables */
	is = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return is;
}

static bool is_value(const char *values, const char *text)
{
	size_t len = strlen(text);

	for (const char *at = values; at; at = strstr(at, ", ")) {
		if (*at == ',')
			at += 2;
		if (!strncmp(at, text, len) && (at[len] == ',' || !at[len]))
			return true;
	}
	return false;
}

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static bool is_integer(const char *text)
{
	text += *text == '+' || *text == '-';
	return *text && !text[strspn(text, "0123456789")];
}

static bool is_number(const char *text)
{
	char *end;

	if (!strpbrk(text, "0123456789") || strpbrk(text, "xXnNiI "))
		return false;
	strtod(text, &end);
	return !*end;
}

static const char *const kind_names[] = { "string", "integer", "number", "boolean",
					  "array" };

static const char *check_props(struct arena *arena, const struct schema *table,
			       const char *name, const char *text, unsigned pve);

static const char *check_formats(struct arena *arena, const struct schema *schema,
				 const char *text)
{
	const char *why = NULL;
	char **parts;
	size_t count;

	if (!(schema->flags & SCHEMA_LIST))
		return schema->format(arena, text);
	count = str_split(arena, text, ",; \t\r\n", &parts);
	for (size_t i = 0; i < count && !why; i++)
		why = schema->format(arena, parts[i]);
	return why;
}

static const char *check_range(struct arena *arena, const struct schema *schema,
			       const char *text)
{
	double number = strtod(text, NULL);

	if ((schema->flags & SCHEMA_MIN) && number < (double)schema->min)
		return arena_printf(arena, "value must have a minimum value of %ld",
				    schema->min);
	if ((schema->flags & SCHEMA_MAX) && number > (double)schema->max)
		return arena_printf(arena, "value must have a maximum value of %ld",
				    schema->max);
	return NULL;
}

/* Why `text` is not a value of `schema`, or NULL. `inside`: of a property string. */
static const char *check_text(struct arena *arena, const struct schema *schema,
			      const char *name, const char *text, unsigned pve,
			      bool inside)
{
	const char *why;
	bool typed = true;

	switch (schema->kind) {
	case SCHEMA_STRING:
	case SCHEMA_ARRAY:
		break;
	case SCHEMA_INTEGER:
		typed = is_integer(text);
		break;
	case SCHEMA_NUMBER:
		typed = is_number(text);
		break;
	case SCHEMA_BOOLEAN:
		typed = !strcmp(text, "0") || !strcmp(text, "1");
		if (inside && !typed)
			typed = props_true(text) || !strcasecmp(text, "off") ||
				!strcasecmp(text, "no") || !strcasecmp(text, "false");
		break;
	}
	if (!typed)
		return arena_printf(arena, "type check ('%s') failed - got '%s'",
				    kind_names[schema->kind], text);
	if (schema->kind == SCHEMA_STRING) {
		if (schema->min_length && characters(text) < schema->min_length)
			return arena_printf(arena,
					    "value must be at least %u characters long",
					    schema->min_length);
		if (schema->max_length && characters(text) > schema->max_length)
			return arena_printf(arena, "value may only be %u characters long",
					    schema->max_length);
	} else if (schema->kind != SCHEMA_BOOLEAN &&
		   (why = check_range(arena, schema, text))) {
		return why;
	}
	if (schema->format && (why = check_formats(arena, schema, text)))
		return arena_printf(arena, "invalid format - %s\n", why);
	if (schema->pattern && !pattern_fits(schema->pattern, text))
		return "value does not match the regex pattern";
	if (schema->values && !is_value(schema->values, text))
		return arena_printf(
			arena, "value '%s' does not have a value in the enumeration '%s'",
			text, schema->values);
	if (schema->sub && (why = check_props(arena, schema->sub, name, text, pve)))
		return arena_printf(arena, "invalid format - %s", why);
	return NULL;
}

/* One part of a property string; what it says goes into `props`, what is wrong into `wrong`. */
static const char *check_part(struct arena *arena, const struct schema *table,
			      const char *part, json_t *props, json_t *wrong)
{
	const char *equals = strchr(part, '=');
	const struct schema *key = NULL;
	const char *name, *value = part;

	if (equals) {
		name = arena_strndup(arena, part, (size_t)(equals - part));
		value = equals + 1;
		key = schema_find(table, name);
		if (key && key->key_alias)
			props_set(props, key->key_alias, key->name);
		if (key && key->alias)
			name = key->alias;
	} else {
		key = schema_default_key(table);
		if (!key)
			return "value without key, but schema does not define a default "
			       "key\n";
		name = key->name;
	}
	if (!key)
		props_set(
			wrong, name,
			"property is not defined in schema and the schema does not allow "
			"additional properties");
	else if (props_get(props, name))
		return arena_printf(
			arena, "duplicate key in comma-separated list property: %s\n",
			name);
	else
		props_set(props, name, value);
	return NULL;
}

static const char *check_props(struct arena *arena, const struct schema *table,
			       const char *name, const char *text, unsigned pve)
{
	json_t *props = json_object(), *wrong = json_object();
	const char *why = NULL, *key;
	struct text all;
	json_t *value;
	char **parts;
	size_t count = str_split(arena, text, ",", &parts);

	for (size_t i = 0; i < count && !why; i++)
		why = check_part(arena, table, parts[i], props, wrong);
	for (const struct schema *s = table; s->name && !why; s++) {
		const char *bad, *is = props_get(props, s->name);

		if (s->alias)
			continue;
		if (!is && !(s->flags & SCHEMA_OPTIONAL))
			props_set(wrong, s->name,
				  "property is missing and it is not optional");
		else if (is && !known_to(s, pve))
			props_set(wrong, s->name,
				  "property is not defined in schema and the schema does "
				  "not "
				  "allow additional properties");
		else if (is && (bad = check_text(arena, s, s->name, is, pve, true)))
			props_set(wrong, s->name, bad);
		else if (is && s->needs && !props_get(props, s->needs))
			props_set(wrong, s->needs,
				  arena_printf(arena, "missing property required by '%s'",
					       s->name));
	}
	if (!why && json_object_size(wrong) > 0) {
		text_init(&all, arena);
		text_add(&all, "format error\n");
		json_object_foreach (wrong, key, value)
			text_addf(&all, "%s.%s: %s\n", name, key,
				  json_string_value(value));
		why = arena_strdup(arena, text_str(&all));
	}
	json_decref(props);
	json_decref(wrong);
	return why;
}

/* A value as text, however it arrived; NULL when it cannot be one. */
static const char *as_text(struct arena *arena, const struct schema *schema,
			   const json_t *value)
{
	struct text list;
	const json_t *part;
	size_t i;

	switch (json_typeof(value)) {
	case JSON_STRING:
		return json_string_value(value);
	case JSON_INTEGER:
		return arena_printf(arena, "%lld", (long long)json_integer_value(value));
	case JSON_REAL:
		return arena_printf(arena, "%.15g", json_real_value(value));
	case JSON_TRUE:
		return "1";
	case JSON_FALSE:
		return "0";
	case JSON_NULL:
		return "";
	case JSON_ARRAY:
		if (!(schema->flags & SCHEMA_LIST) && schema->kind != SCHEMA_ARRAY)
			return NULL;
		text_init(&list, arena);
		json_array_foreach (value, i, part)
			text_addf(&list, "%s%s", i ? "," : "",
				  json_is_string(part) ? json_string_value(part) : "");
		return text_str(&list);
	case JSON_OBJECT:
		return NULL;
	}
	return NULL;
}

static void check_missing(const struct schema_set *set, unsigned pve,
			  const json_t *params, json_t *errors)
{
	for (size_t i = 0; i < 4 && set->tables[i]; i++)
		for (const struct schema *s = set->tables[i]; s->name; s++)
			if (!(s->flags & SCHEMA_OPTIONAL) && !is_family(s) &&
			    known_to(s, pve) && !json_object_get(params, s->name))
				props_set(errors, s->name,
					  "property is missing and it is not optional");
}

bool schema_check(struct arena *arena, const struct schema_set *set, unsigned pve,
		  json_t *params, json_t *errors)
{
	json_t *texts = json_object();
	const char *name;
	json_t *value;

	json_object_foreach (params, name, value) {
		const struct schema *schema = schema_find_in(set, name, pve);
		const char *text, *why;

		if (!schema) {
			props_set(errors, name,
				  "property is not defined in schema and the schema does "
				  "not "
				  "allow additional properties");
			continue;
		}
		text = as_text(arena, schema, value);
		if (!text) {
			props_set(errors, name,
				  arena_printf(arena, "type check ('%s') failed - got %s",
					       kind_names[schema->kind],
					       json_is_array(value) ? "ARRAY" : "HASH"));
			continue;
		}
		why = check_text(arena, schema, name, text, pve, false);
		if (!why && schema->needs && !json_object_get(params, schema->needs))
			props_set(errors, schema->needs,
				  arena_printf(arena, "missing property required by '%s'",
					       name));
		if (why)
			props_set(errors, name, why);
		else
			props_set(texts, name, text);
	}
	check_missing(set, pve, params, errors);
	json_object_update(params, texts);
	json_decref(texts);
	return json_object_size(errors) == 0;
}

json_t *schema_value(const struct schema *schema, const char *text)
{
	if (schema &&
	    (schema->kind == SCHEMA_INTEGER || schema->kind == SCHEMA_BOOLEAN) &&
	    is_integer(text))
		return json_integer(atoll(text));
	return json_string(text);
}
