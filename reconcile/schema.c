#include "reconcile/schema.h"

#include "base/own.h"
#include "ipam/pool_fields.h"
#include "reconcile/manifest.h"
#include "reconcile/manifest_fields.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS_MAX = 64 }; /* of a list whose row says nothing else */

#define SECRET_NAME_PATTERN "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$"
#define DURATION_PATTERN    "^(0|[1-9][0-9]*)[smhd]$"

/* Memory is the only thing that can fail here. */
static json_t *must(json_t *value)
{
	if (!value)
		abort();
	return value;
}

static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, must(value)) < 0)
		abort();
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, must(value)) < 0)
		abort();
}

static json_t *of_type(const char *type)
{
	json_t *schema = must(json_object());

	put(schema, "type", json_string(type));
	return schema;
}

static json_t *any_of(json_t *first, json_t *second)
{
	json_t *schema = must(json_object()), *both = must(json_array());

	append(both, first);
	append(both, second);
	put(schema, "anyOf", both);
	return schema;
}

static json_t *text_schema(const struct field *field)
{
	json_t *schema = of_type("string");

	put(schema, "minLength", json_integer(1));
	if (field->pattern)
		put(schema, "pattern", json_string(field->pattern));
	return schema;
}

static json_t *number_schema(const struct field *field)
{
	json_t *schema = of_type("integer");

	put(schema, "minimum", json_integer(field->min));
	put(schema, "maximum", json_integer(field->max));
	return schema;
}

static json_t *choice_schema(const struct field *field)
{
	json_t *schema = must(json_object()), *words = must(json_array());

	for (size_t i = 0; field->choices[i]; i++)
		append(words, json_string(field->choices[i]));
	put(schema, "enum", words);
	return schema;
}

static json_t *list_schema(const struct field *field)
{
	json_t *schema = of_type("array");

	put(schema, "items", text_schema(field));
	put(schema, "maxItems", json_integer(field->max ? field->max : ITEMS_MAX));
	return field->or_one ? any_of(text_schema(field), schema) : schema;
}

static json_t *duration_schema(const struct field *field)
{
	json_t *schema = of_type("string");

	put(schema, "pattern", json_string(DURATION_PATTERN));
	return field->or_one ? any_of(number_schema(field), schema) : schema;
}

static json_t *secret_schema(const struct field *field)
{
	json_t *schema = of_type("object"), *keys = must(json_object());
	json_t *name = of_type("string"), *required = must(json_array());

	put(name, "pattern", json_string(SECRET_NAME_PATTERN));
	put(name, "description", json_string("A name that the host resolves."));
	put(keys, "secret", name);
	append(required, json_string("secret"));
	put(schema, "properties", keys);
	put(schema, "required", required);
	put(schema, "additionalProperties", json_false());
	if (field->clear_text)
		schema = any_of(schema, text_schema(field));
	return field->nullable ? any_of(schema, of_type("null")) : schema;
}

static json_t *by_node_schema(const struct field *field)
{
	json_t *schema = of_type("object");

	put(schema, "minProperties", json_integer(1));
	put(schema, "additionalProperties", number_schema(field));
	return any_of(number_schema(field), schema);
}

/* The usual value as the file would have it. */
static json_t *usual_value(const struct field *field)
{
	if (field->usual[strspn(field->usual, "0123456789")] == '\0')
		return json_integer(strtol(field->usual, NULL, 10));
	if (strcmp(field->usual, "true") == 0 || strcmp(field->usual, "false") == 0)
		return json_boolean(*field->usual == 't');
	return json_string(field->usual);
}

static json_t *fixed_schema(const struct field *field)
{
	json_t *schema = must(json_object());

	put(schema, "const", usual_value(field));
	return schema;
}

static json_t *mapping_schema(const struct field *fields, enum layer layer);

/* The first key may be given alone, without the mapping. */
static json_t *list_item_schema(const struct field *field, enum layer layer)
{
	json_t *schema = mapping_schema(field->fields, layer);

	return field->or_one ? any_of(text_schema(field->fields), schema) : schema;
}

static json_t *field_schema(const struct field *field, enum layer layer)
{
	json_t *schema;

	if (field->inside != LAYER_NONE)
		layer = field->inside;
	switch (field->kind) {
	case FIELD_NUMBER:
		return number_schema(field);
	case FIELD_DURATION:
		return duration_schema(field);
	case FIELD_FLAG:
		return of_type("boolean");
	case FIELD_TEXT:
	case FIELD_ONE:
		return text_schema(field);
	case FIELD_CHOICE:
		return choice_schema(field);
	case FIELD_TEXTS:
		return list_schema(field);
	case FIELD_SECRET:
		return secret_schema(field);
	case FIELD_BY_NODE:
		return by_node_schema(field);
	case FIELD_MAPPING:
		return mapping_schema(field->fields, layer);
	case FIELD_LIST_OF:
		schema = of_type("array");
		put(schema, "items", list_item_schema(field, layer));
		if (field->max)
			put(schema, "maxItems", json_integer(field->max));
		return schema;
	case FIELD_ITEMS:
		schema = of_type("array");
		put(schema, "items", mapping_schema(field->fields, layer));
		put(schema, "maxItems",
		    json_integer(field->max ? field->max : ITEMS_MAX));
		return schema;
	case FIELD_MAP_OF:
		schema = of_type("object");
		put(schema, "additionalProperties", mapping_schema(field->fields, layer));
		return schema;
	case FIELD_FIXED:
		return fixed_schema(field);
	case FIELD_LATER:
	case FIELD_REFUSED:
		break;
	}
	return NULL;
}

static bool belongs(const struct field *field, enum layer layer)
{
	return field->kind != FIELD_LATER && field->kind != FIELD_REFUSED &&
	       (field->layers == 0 || (field->layers & (1U << layer)));
}

/* Two keys for one list, where only one of them may be given. */
static void exclude_pairs(json_t *schema, const struct field *fields)
{
	for (const struct field *one = fields; one->key; one++)
		for (const struct field *list = fields; list->key; list++) {
			json_t *both, *never;

			if (one->kind != FIELD_ONE || list->kind != FIELD_TEXTS ||
			    one->offset != list->offset || one->joins)
				continue;
			both = must(json_array());
			never = must(json_object());
			append(both, json_string(one->key));
			append(both, json_string(list->key));
			put(never, "required", both);
			put(schema, "not", never);
		}
}

static json_t *mapping_schema(const struct field *fields, enum layer layer)
{
	json_t *schema = of_type("object"), *keys = must(json_object());
	json_t *required = must(json_array());

	for (const struct field *field = fields; field->key; field++) {
		json_t *value;

		if (!belongs(field, layer))
			continue;
		value = must(field_schema(field, layer));
		if (field->help)
			put(value, "description", json_string(field->help));
		if (field->usual && field->kind != FIELD_FIXED && layer != LAYER_PRESET)
			put(value, "default", usual_value(field));
		put(keys, field->key, value);
		if (field->required)
			append(required, json_string(field->key));
	}
	put(schema, "properties", keys);
	if (json_array_size(required) > 0)
		put(schema, "required", required);
	else
		json_decref(required);
	put(schema, "additionalProperties", json_false());
	exclude_pairs(schema, fields);
	return schema;
}

char *schema_print(struct arena *arena, const struct field *fields, const char *title,
		   const char *description)
{
	json_t *schema = must(json_object());
	json_t *body = mapping_schema(fields, LAYER_GLOBALS);
	own(free) char *dumped = NULL;

	put(schema, "$schema",
	    json_string("https://json-schema.org/draft/2020-12/schema"));
	put(schema, "title", json_string(title));
	put(schema, "description", json_string(description));
	if (json_object_update(schema, body) < 0)
		abort();
	dumped = json_dumps(schema, JSON_INDENT(2));
	if (!dumped)
		abort();
	json_decref(body);
	json_decref(schema);
	return arena_printf(arena, "%s\n", dumped);
}

char *manifest_schema(struct arena *arena)
{
	return schema_print(arena, root_fields, "vm7.yaml",
			    "The guests that should exist on a Proxmox VE cluster.");
}

char *pools_schema(struct arena *arena)
{
	return schema_print(arena, pool_file_fields, "pools.yaml",
			    "The addresses that guests may be given.");
}
