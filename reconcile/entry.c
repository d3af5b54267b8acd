#include "reconcile/entry.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/yaml.h"

static void let_go(void *keys)
{
	json_decref(keys);
}

static json_t *safe_text(struct arena *arena, const char *text)
{
	return json_string(str_safe(arena, text, strlen(text) + 8));
}

struct entry *entry_add(struct arena *arena, struct entries *entries, const char *name)
{
	struct entry *entry = vec_push(arena, entries);

	entry->arena = arena;
	entry->name = str_safe(arena, name, strlen(name) + 8);
	entry->keys = json_object();
	arena_defer(arena, let_go, entry->keys);
	entry_text(entry, "name", name);
	return entry;
}

void entry_value(struct entry *entry, const char *key, json_t *value)
{
	json_object_set_new(entry->keys, key, value);
}

void entry_text(struct entry *entry, const char *key, const char *value)
{
	entry_value(entry, key, safe_text(entry->arena, value));
}

void entry_number(struct entry *entry, const char *key, long value)
{
	entry_value(entry, key, json_integer(value));
}

void entry_flag(struct entry *entry, const char *key, bool value)
{
	entry_value(entry, key, json_boolean(value));
}

void entry_texts(struct entry *entry, const char *key, const char *const *values,
		 size_t len)
{
	json_t *list = json_array();

	for (size_t i = 0; i < len; i++)
		json_array_append_new(list, safe_text(entry->arena, values[i]));
	entry_value(entry, key, list);
}

void entry_item(struct entry *entry, const char *key, json_t *item)
{
	if (!json_object_get(entry->keys, key))
		entry_value(entry, key, json_array());
	json_array_append_new(json_object_get(entry->keys, key), item);
}

void entry_note(struct entry *entry, const char *format, ...)
{
	struct {
		const char **at;
		size_t len, cap;
	} notes = { entry->notes, entry->notes_len, entry->notes_cap };
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(entry->arena, format, args);
	va_end(args);
	*vec_push(entry->arena, &notes) = str_safe(entry->arena, text, strlen(text) + 8);
	entry->notes = notes.at;
	entry->notes_len = notes.len;
	entry->notes_cap = notes.cap;
}

/* A list of mappings has a line for each; everything else has one line. */
static void add_key(struct text *out, const char *key, const json_t *value)
{
	const json_t *item;
	size_t i;

	text_addf(out, "%s:", key);
	if (!json_is_object(json_array_get(value, 0))) {
		text_addc(out, ' ');
		yaml_flow(out, value);
		text_addc(out, '\n');
		return;
	}
	text_addc(out, '\n');
	json_array_foreach (value, i, item) {
		text_add(out, "      - ");
		yaml_flow(out, item);
		text_addc(out, '\n');
	}
}

char *entries_yaml(struct arena *arena, const struct entries *entries)
{
	const char *key, *before;
	struct text out;
	json_t *value;

	text_init(&out, arena);
	text_add(&out, entries->len ? "vms:\n" : "vms: []\n");
	for (size_t i = 0; i < entries->len; i++) {
		const struct entry *entry = &entries->at[i];

		for (size_t j = 0; j < entry->notes_len; j++)
			text_addf(&out, "  # %s\n", entry->notes[j]);
		before = "  - ";
		json_object_foreach (entry->keys, key, value) {
			text_add(&out, before);
			add_key(&out, key, value);
			before = "    ";
		}
	}
	return arena_strdup(arena, text_str(&out));
}

json_t *entries_json(const struct entries *entries)
{
	json_t *all = json_array();

	for (size_t i = 0; i < entries->len; i++) {
		const struct entry *entry = &entries->at[i];
		json_t *notes = json_array();

		for (size_t j = 0; j < entry->notes_len; j++)
			json_array_append_new(notes, json_string(entry->notes[j]));
		json_array_append_new(all,
				      json_pack("{s:s, s:O, s:o}", "name", entry->name,
						"entry", entry->keys, "notes", notes));
	}
	return all;
}
