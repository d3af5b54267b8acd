#include "base/decode.h"

#include "base/slot.h"
#include "base/text.h"

#include <string.h>

enum { QUOTED_MAX = 60, MEANT_MAX = 16 };

const char *quote(const struct decode *how, const char *text)
{
	return str_safe(how->arena, text, QUOTED_MAX);
}

static void print_trail(const struct decode *how, struct text *out,
			const struct trail *trail)
{
	if (!trail)
		return;
	print_trail(how, out, trail->up);
	if (!trail->key)
		text_addf(out, "[%zu]", trail->index);
	else
		text_addf(out, "%s%s", out->len > 0 ? "." : "", quote(how, trail->key));
}

void mistake(const struct decode *how, const struct trail *trail, struct place at,
	     const char *format, ...)
{
	struct text where;
	va_list args;

	if (how->diags->len == DIAGS_MAX) {
		how->diags->more++; /* as diag_add would, without the work */
		return;
	}
	text_init(&where, how->arena);
	print_trail(how, &where, trail);
	va_start(args, format);
	diag_add(how->diags, at, text_str(&where), "%s",
		 arena_vprintf(how->arena, format, args));
	va_end(args);
}

const char *one_of(struct arena *arena, const char *const *words)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; words[i]; i++)
		text_addf(&out, "%s%s",
			  i == 0         ? ""
			  : words[i + 1] ? ", "
					 : " or ",
			  words[i]);
	return text_str(&out);
}

struct setting *field_setting(const struct field *field, void *holder)
{
	switch (field->kind) {
	case FIELD_NUMBER:
	case FIELD_DURATION:
	case FIELD_FLAG:
	case FIELD_TEXT:
	case FIELD_CHOICE:
	case FIELD_TEXTS:
	case FIELD_ONE:
	case FIELD_SECRET:
	case FIELD_BY_NODE:
	case FIELD_ITEMS:
		return (struct setting *)((char *)holder + field->offset);
	case FIELD_MAPPING:
		return field->presence
			       ? (struct setting *)((char *)holder + field->presence - 1)
			       : NULL;
	case FIELD_LIST_OF:
	case FIELD_MAP_OF:
	case FIELD_FIXED:
	case FIELD_LATER:
	case FIELD_REFUSED:
		break;
	}
	return NULL;
}

/* Another key of the same mapping that has already filled this list. */
static const char *filled_by(const struct field *fields, const struct field *field,
			     const struct doc *map)
{
	for (const struct field *other = fields; other->key; other++)
		if (other != field && other->offset == field->offset &&
		    (other->kind == FIELD_ONE || other->kind == FIELD_TEXTS) &&
		    doc_get(map, other->key))
			return other->key;
	return NULL;
}

static bool is_list(const struct field *field)
{
	return field->kind == FIELD_TEXTS || field->kind == FIELD_ONE;
}

/* The value of a known key that may stand here. */
static void decode_value(const struct slot *slot, const struct field *fields,
			 const struct doc *map, void *out)
{
	const struct field *field = slot->field;
	struct setting *setting = field_setting(field, out);
	const struct doc *doc = slot->doc;
	const char *other;

	if (setting) {
		if (is_list(field) && setting->layer == slot->how->layer &&
		    !field->joins && (other = filled_by(fields, field, map))) {
			mistake(slot->how, slot->trail, doc->at, "not together with %s",
				other);
			return;
		}
		if (is_list(field) && setting->layer != slot->how->layer)
			((struct list_setting *)slot->out)->len = 0;
		setting->layer = slot->how->layer;
		/*
		 * a mistake about a secret is told at its key: its line may be the
		 * secret
		 */
		setting->at = (field->kind == FIELD_SECRET ? slot->key : doc)->at;
	}
	if (field->kind == FIELD_MAPPING) {
		struct decode inner = *slot->how;

		if (field->inside != LAYER_NONE)
			inner.layer = field->inside;
		decode_map(&inner, slot->trail, doc, field->fields, slot->out);
	} else if (setting) {
		setting->bad |= !slot_setting(slot);
	}
}

static const struct field *find(const struct field *fields, const char *key)
{
	for (; fields->key; fields++)
		if (fields->key[0] == key[0] && strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

static bool allowed(const struct field *field, enum layer layer)
{
	return field->layers == 0 || (field->layers & (1U << layer));
}

/* Keys that a mapping probably meant: they are not missing. */
struct meant {
	const char *at[MEANT_MAX];
	size_t len;
};

static void refuse_unknown(const struct decode *how, const struct trail *trail,
			   const struct doc *key, const struct field *fields, void *out,
			   struct meant *meant)
{
	enum { KNOWN_MAX = 100 };
	const char *known[KNOWN_MAX + 1], *nearest;
	size_t len = 0;

	for (const struct field *field = fields; field->key && len < KNOWN_MAX; field++)
		if (allowed(field, how->layer) && field->kind != FIELD_REFUSED)
			known[len++] = field->key;
	known[len] = NULL;
	nearest = how->diags->len < DIAGS_MAX ? str_nearest(key->text, known) : NULL;
	if (!nearest) {
		mistake(how, trail, key->at, "unknown key");
		return;
	}
	mistake(how, trail, key->at, "unknown key; did you mean %s?", nearest);
	if (meant->len < MEANT_MAX) {
		struct setting *setting = field_setting(find(fields, nearest), out);

		meant->at[meant->len++] = nearest;
		if (setting && !is_set(setting)) {
			*setting = (struct setting){ how->layer, true, key->at };
		}
	}
}

static void decode_pair(const struct decode *how, const struct trail *trail,
			const struct doc *map, size_t index, const struct field *fields,
			void *out, struct meant *meant)
{
	const struct doc *key = map->keys[index], *doc = map->items[index];
	const struct trail here = { trail, key->text, 0 };
	const struct field *field = find(fields, key->text);
	struct slot slot = { how, &here, field, key, doc, NULL };

	if (!field) {
		refuse_unknown(how, &here, key, fields, out, meant);
		return;
	}
	slot.out = (char *)out + field->offset;
	if (field->kind == FIELD_REFUSED)
		mistake(how, &here, key->at, "%s", field->help);
	else if (field->kind == FIELD_LATER)
		mistake(how, &here, key->at, "not supported yet");
	else if (!allowed(field, how->layer))
		mistake(how, &here, key->at, "belongs in %s, not here", field->belongs);
	else if (doc->broken || (field->nullable && doc->kind == DOC_NULL))
		return;
	else if (field->kind == FIELD_FIXED)
		slot_fixed(&slot);
	else if (field->kind == FIELD_LIST_OF)
		decode_is(how, &here, doc, DOC_LIST);
	else if (field->kind == FIELD_MAP_OF)
		decode_is(how, &here, doc, DOC_MAP);
	else
		decode_value(&slot, fields, map, out);
}

static bool was_meant(const struct meant *meant, const char *key)
{
	for (size_t i = 0; i < meant->len; i++)
		if (strcmp(meant->at[i], key) == 0)
			return true;
	return false;
}

bool decode_is(const struct decode *how, const struct trail *trail, const struct doc *doc,
	       enum doc_kind kind)
{
	const char *want = kind == DOC_LIST ? "a list" : "a mapping (key: value)";

	if (doc->broken || doc->kind == kind)
		return doc->kind == kind && !doc->broken;
	if (doc->kind == DOC_NULL)
		mistake(how, trail, doc->at, "expected %s, not %s; for none write %s",
			want, doc_in_words(how, doc), kind == DOC_LIST ? "[]" : "{}");
	else
		mistake(how, trail, doc->at, "expected %s, not %s", want,
			doc_in_words(how, doc));
	return false;
}

bool decode_map(const struct decode *how, const struct trail *trail,
		const struct doc *doc, const struct field *fields, void *out)
{
	struct meant meant = { .len = 0 };

	if (!decode_is(how, trail, doc, DOC_MAP))
		return false;
	for (size_t i = 0; i < doc->len; i++)
		if (!doc->keys[i]->broken)
			decode_pair(how, trail, doc, i, fields, out, &meant);
	for (const struct field *field = fields; field->key; field++)
		if (field->required && allowed(field, how->layer) &&
		    !doc_get(doc, field->key) && !was_meant(&meant, field->key))
			mistake(how, trail, doc->at, "%s is missing", field->key);
	return true;
}

void decode_usual(const struct decode *how, const struct field *fields, void *out)
{
	for (const struct field *field = fields; field->key; field++) {
		struct setting *setting = field_setting(field, out);
		struct doc doc = { .kind = DOC_SCALAR, .text = field->usual };
		struct slot slot = { how,  NULL, field,
				     NULL, &doc, (char *)out + field->offset };

		if (field->kind == FIELD_MAPPING && field->inside == LAYER_NONE)
			decode_usual(how, field->fields, slot.out);
		else if (field->usual && setting && slot_setting(&slot))
			setting->layer = how->layer;
	}
}
