#include "reconcile/manifest.h"

#include "base/text.h"
#include "reconcile/spec.h"

#include <string.h>

enum { SHOWN_MAX = 70 };

static const char *layer_name(enum layer layer)
{
	switch (layer) {
	case LAYER_NONE:
	case LAYER_BUILT_IN:
		break;
	case LAYER_GLOBALS:
		return "globals";
	case LAYER_DEFAULTS:
		return "globals.defaults";
	case LAYER_PRESET:
		return "preset";
	case LAYER_GUEST:
		return "guest";
	}
	return "built-in";
}

static void add_list(struct text *out, const struct list_setting *list)
{
	if (list->len == 0)
		text_add(out, "[]");
	for (size_t i = 0; i < list->len; i++)
		text_addf(out, "%s%s", i > 0 ? ", " : "",
			  str_safe(out->arena, list->at[i], SHOWN_MAX));
}

static void add_by_node(struct text *out, const struct node_map_setting *map)
{
	for (size_t i = 0; i < map->len; i++) {
		if (map->nodes[i])
			text_addf(out, "%s%s: ", i > 0 ? ", " : "", map->nodes[i]);
		text_addf(out, "%ld", map->values[i]);
	}
}

static void add_value(struct text *out, const struct field *field,
		      const struct setting *setting);

/* [{slot: scsi1, size_gb: 20}] */
static void add_items(struct text *out, const struct field *field,
		      const struct items_setting *items)
{
	text_add(out, "[");
	for (size_t i = 0; i < items->len; i++) {
		char *item = (char *)items->at + i * field->size;
		const char *before = "{";

		text_add(out, i > 0 ? ", " : "");
		for (const struct field *key = field->fields; key->key; key++) {
			const struct setting *setting = field_setting(key, item);

			if (!setting || !is_set(setting))
				continue;
			text_addf(out, "%s%s: ", before, key->key);
			add_value(out, key, setting);
			before = ", ";
		}
		text_add(out, "}");
	}
	text_add(out, "]");
}

static void add_value(struct text *out, const struct field *field,
		      const struct setting *setting)
{
	const struct secret_setting *secret = (const struct secret_setting *)setting;

	switch (field->kind) {
	case FIELD_NUMBER:
		text_addf(out, "%ld", ((const struct num_setting *)setting)->value);
		break;
	case FIELD_DURATION:
		text_addf(out, "%lds", ((const struct num_setting *)setting)->value);
		break;
	case FIELD_FLAG:
		text_add(out, ((const struct flag_setting *)setting)->value ? "true"
									    : "false");
		break;
	case FIELD_TEXT:
		text_add(out, ((const struct text_setting *)setting)->value);
		break;
	case FIELD_CHOICE:
		text_add(out,
			 field->choices[((const struct choice_setting *)setting)->value]);
		break;
	case FIELD_TEXTS:
		add_list(out, (const struct list_setting *)setting);
		break;
	case FIELD_SECRET:
		text_add(out, secret->name ? secret->name : "***");
		break;
	case FIELD_BY_NODE:
		add_by_node(out, (const struct node_map_setting *)setting);
		break;
	case FIELD_ITEMS:
		add_items(out, field, (const struct items_setting *)setting);
		break;
	case FIELD_ONE: /* its list is told under the other key */
	case FIELD_MAPPING:
	case FIELD_LIST_OF:
	case FIELD_MAP_OF:
	case FIELD_FIXED:
	case FIELD_LATER:
	case FIELD_REFUSED:
		break;
	}
}

static void add_fields(struct text *out, const struct field *fields, char *holder,
		       const char *above, const char *preset)
{
	for (const struct field *field = fields; field->key; field++) {
		const struct setting *setting = field_setting(field, holder);
		const char *key = arena_printf(out->arena, "%s%s", above, field->key);

		if (field->kind == FIELD_MAPPING)
			add_fields(out, field->fields, holder + field->offset,
				   arena_printf(out->arena, "%s.", key), preset);
		if (!setting || !is_set(setting) || setting->bad ||
		    field->kind == FIELD_MAPPING || field->kind == FIELD_ONE)
			continue;
		text_addf(out, "%s: ", key);
		add_value(out, field, setting);
		text_addf(out, " (%s", layer_name(setting->layer));
		if (setting->layer == LAYER_PRESET && preset)
			text_addf(out, " %s", preset);
		if (setting->at.file)
			text_addf(out, ", %s", place_print(out->arena, setting->at));
		text_add(out, ")\n");
	}
}

char *manifest_explain(struct arena *arena, const struct desired *guest)
{
	struct spec spec = guest->spec;
	struct text out;

	text_init(&out, arena);
	add_fields(&out, spec_fields, (char *)&spec, "", spec.preset.value);
	return arena_strdup(arena, text_str(&out));
}

char *manifest_brief(struct arena *arena, const struct desired *guest)
{
	struct spec spec = guest->spec;
	struct text out;

	text_init(&out, arena);
	text_addf(&out, "%s:", place_print(arena, guest->at));
	for (const struct field *field = spec_fields; field->key; field++) {
		const struct setting *setting = field_setting(field, &spec);

		if (!setting || setting->layer < LAYER_DEFAULTS || setting->bad ||
		    field->kind == FIELD_MAPPING || field->kind == FIELD_ONE ||
		    strcmp(field->key, "name") == 0)
			continue;
		text_addf(&out, "%s %s: ", str_ends(text_str(&out), ":") ? "" : ",",
			  field->key);
		add_value(&out, field, setting);
	}
	return arena_strdup(arena, text_str(&out));
}
