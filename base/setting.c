#include "base/slot.h"

#include <string.h>

enum { LIST_MAX = 64 }; /* of a list whose field says nothing else */

static void list_room(const struct decode *how, struct list_setting *list, size_t more)
{
	const char **at = arena_array(how->arena, const char *, list->len + more);
	struct place *places = arena_array(how->arena, struct place, list->len + more);

	if (list->len > 0) {
		memcpy(at, list->at, list->len * sizeof(*at));
		memcpy(places, list->places, list->len * sizeof(*places));
	}
	list->at = at;
	list->places = places;
}

static bool read_item(const struct slot *slot, const struct doc *doc, const char *want)
{
	struct list_setting *list = slot->out;
	const char *text = doc->broken ? NULL : slot_text(slot, doc, want);

	if (!text)
		return false;
	list->at[list->len] = text;
	list->places[list->len++] = doc->at;
	return true;
}

static bool read_list(const struct slot *slot)
{
	size_t most = slot->field->max > 0 ? (size_t)slot->field->max : LIST_MAX;
	const struct doc *doc = slot->doc;
	bool ok = true;

	if (slot->field->kind == FIELD_ONE ||
	    (slot->field->or_one && doc->kind != DOC_LIST)) {
		list_room(slot->how, slot->out, 1);
		return read_item(slot, doc, slot_expected(slot));
	}
	if (doc->kind != DOC_LIST)
		return slot_wrong(slot, doc, slot_expected(slot));
	if (doc->len > most) {
		mistake(slot->how, slot->trail, doc->at, "%zu items; %zu are the most",
			doc->len, most);
		return false;
	}
	list_room(slot->how, slot->out, doc->len);
	for (size_t i = 0; i < doc->len; i++) {
		struct trail item = { slot->trail, NULL, i };
		struct slot inner = *slot;

		inner.trail = &item;
		ok &= read_item(&inner, doc->items[i], "a text");
	}
	return ok;
}

/* A file name that is looked up, so nothing that could lead out of a folder. */
static bool is_secret_name(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= 64 && name[0] != '.' && name[0] != '-' &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			    "0123456789_.-") == len;
}

/* A mistake about a secret quotes nothing and shows no line: either may be the secret. */
static bool wrong_secret(const struct slot *slot, const char *what)
{
	mistake(slot->how, slot->trail, slot->key->at, "%s", what);
	diag_hide_line(slot->how->diags);
	return false;
}

static bool read_secret(const struct slot *slot)
{
	struct secret_setting *secret = slot->out;
	const struct doc *doc = slot->doc, *name;

	if (doc->kind == DOC_SCALAR && slot->field->clear_text && *doc->text &&
	    !has_control(doc->text)) {
		secret->inline_value = doc->text;
		return true;
	}
	name = doc->kind == DOC_MAP && doc->len == 1 ? doc_get(doc, "secret") : NULL;
	if (!name)
		return wrong_secret(slot,
				    "expected {secret: NAME}, a name that the host's "
				    "own configuration resolves");
	if (name->kind != DOC_SCALAR || !is_secret_name(name->text))
		return wrong_secret(slot,
				    "the name of a secret is 1 to 64 letters, digits, "
				    "'_', '.' and '-', and begins with none of the "
				    "last two");
	secret->name = name->text;
	return true;
}

static bool read_by_node(const struct slot *slot)
{
	struct node_map_setting *map = slot->out;
	const struct doc *doc = slot->doc;
	bool one = doc->kind != DOC_MAP, ok = true;
	size_t count = one ? 1 : doc->len;

	if (count == 0) {
		mistake(slot->how, slot->trail, doc->at, "is empty");
		return false;
	}
	map->nodes = arena_array(slot->how->arena, const char *, count);
	map->values = arena_array(slot->how->arena, long, count);
	for (size_t i = 0; i < count; i++) {
		const struct doc *value = one ? doc : doc->items[i];
		struct trail inner = { slot->trail, one ? NULL : doc->keys[i]->text, 0 };
		struct slot number = *slot;

		number.trail = one ? slot->trail : &inner;
		map->nodes[i] = inner.key;
		ok &= !value->broken && slot_number(&number, value, &map->values[i]);
	}
	map->len = count;
	return ok;
}

static bool read_items(const struct slot *slot)
{
	size_t most = slot->field->max > 0 ? (size_t)slot->field->max : LIST_MAX;
	struct items_setting *items = slot->out;
	const struct diags *diags = slot->how->diags;
	size_t mistakes = diags->len + diags->more;
	const struct doc *doc = slot->doc;

	if (!decode_is(slot->how, slot->trail, doc, DOC_LIST))
		return false;
	if (doc->len > most) {
		mistake(slot->how, slot->trail, doc->at, "%zu items; %zu are the most",
			doc->len, most);
		return false;
	}
	items->at = arena_alloc(slot->how->arena, doc->len, slot->field->size);
	items->len = doc->len;
	for (size_t i = 0; i < doc->len; i++) {
		const struct trail item = { slot->trail, NULL, i };

		decode_map(slot->how, &item, doc->items[i], slot->field->fields,
			   (char *)items->at + i * slot->field->size);
	}
	return diags->len + diags->more == mistakes;
}

bool slot_setting(const struct slot *slot)
{
	const struct doc *doc = slot->doc;
	struct choice_setting *choice = slot->out;
	struct text_setting *text = slot->out;

	switch (slot->field->kind) {
	case FIELD_NUMBER:
		return slot_number(slot, doc, &((struct num_setting *)slot->out)->value);
	case FIELD_DURATION:
		return slot_duration(slot, doc,
				     &((struct num_setting *)slot->out)->value);
	case FIELD_FLAG:
		return slot_flag(slot, doc, &((struct flag_setting *)slot->out)->value);
	case FIELD_TEXT:
		text->value = slot_text(slot, doc, "a text");
		return text->value != NULL;
	case FIELD_CHOICE:
		choice->value = slot_choice(slot, doc);
		return choice->value >= 0;
	case FIELD_TEXTS:
	case FIELD_ONE:
		return read_list(slot);
	case FIELD_SECRET:
		return read_secret(slot);
	case FIELD_BY_NODE:
		return read_by_node(slot);
	case FIELD_ITEMS:
		return read_items(slot);
	case FIELD_MAPPING:
	case FIELD_LIST_OF:
	case FIELD_MAP_OF:
	case FIELD_FIXED:
	case FIELD_LATER:
	case FIELD_REFUSED:
		break;
	}
	return false;
}
