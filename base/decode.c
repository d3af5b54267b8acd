#include "base/decode.h"

#include "base/text.h"

#include <limits.h>
#include <string.h>

enum { QUOTED_MAX = 60, TEXT_MAX = 16 * 1024, LIST_MAX = 64, MEANT_MAX = 16 };

/* Where a value stands in the tree, and what it is for. */
struct slot {
	const struct decode *how;
	const struct trail *trail;
	const struct field *field;
	const struct doc *key, *doc;
	void *out; /* the member */
};

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

static bool among(const char *const *words, const char *word)
{
	for (; words && *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/* Does YAML 1.2, or 1.1 before it, read this as something else than a text? */
static bool reads_as_other(const char *text)
{
	static const char *const words[] = {
		"true", "True", "TRUE",  "false", "False", "FALSE", "null",
		"Null", "NULL", "~",     "yes",   "Yes",   "YES",   "no",
		"No",   "NO",   "on",    "On",    "ON",    "off",   "Off",
		"OFF",  ".inf", "-.inf", ".nan",  ".Inf",  ".NaN",  NULL,
	};
	const char *at = text + strspn(text, "+-");
	size_t whole, part = 0;

	if (among(words, text))
		return true;
	if (at - text > 1)
		return false;
	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'o'))
		return at[2] &&
		       strspn(at + 2, "0123456789abcdefABCDEF") == strlen(at + 2);
	whole = strspn(at, "0123456789");
	at += whole;
	if (*at == '.') {
		part = strspn(at + 1, "0123456789");
		at += 1 + part;
	}
	if (whole + part == 0)
		return false;
	if (*at == 'e' || *at == 'E') {
		at += 1 + strspn(at + 1, "+-");
		at += strspn(at, "0123456789");
	}
	return *at == '\0';
}

/* What a field wants, in words. */
static const char *expected(const struct slot *slot)
{
	const struct field *field = slot->field;

	switch (field->kind) {
	case FIELD_NUMBER:
		return "a whole number";
	case FIELD_DURATION:
		return "a duration such as 30s, 5m, 72h or 7d";
	case FIELD_FLAG:
		return "true or false";
	case FIELD_CHOICE:
		return one_of(slot->how->arena, field->choices);
	case FIELD_FIXED:
		return field->usual;
	case FIELD_TEXTS:
		return field->or_one ? "a text or a list of texts" : "a list of texts";
	case FIELD_SECRET:
		return "{secret: NAME}";
	case FIELD_BY_NODE:
		return "a whole number, or one for each node ({pve01: 9000})";
	case FIELD_MAPPING:
	case FIELD_MAP_OF:
		return "a mapping (key: value)";
	case FIELD_LIST_OF:
		return "a list";
	case FIELD_TEXT:
	case FIELD_ONE:
	case FIELD_LATER:
	case FIELD_REFUSED:
		break;
	}
	return "a text";
}

static const char *kind_name(const struct decode *how, const struct doc *doc)
{
	switch (doc->kind) {
	case DOC_NULL:
		return *doc->text ? "null" : "nothing";
	case DOC_SCALAR:
		return quote(how, *doc->text ? doc->text : "an empty text");
	case DOC_LIST:
		return "a list";
	case DOC_MAP:
		return "a mapping";
	}
	return "";
}

/* It is something else than wanted. A secret must not be quoted, so secrets do not come
 * here. */
static bool wrong(const struct slot *slot, const struct doc *doc, const char *want)
{
	const struct decode *how = slot->how;

	mistake(how, slot->trail, doc->at, "expected %s, not %s", want,
		kind_name(how, doc));
	return false;
}

static bool need_scalar(const struct slot *slot, const struct doc *doc, const char *want)
{
	if (doc->kind == DOC_SCALAR)
		return true;
	return wrong(slot, doc, want);
}

static bool in_range(const struct slot *slot, const struct doc *doc, long value)
{
	const struct field *field = slot->field;

	if (value < field->min)
		mistake(slot->how, slot->trail, doc->at, "%s is less than %ld", doc->text,
			field->min);
	else if (value > field->max)
		mistake(slot->how, slot->trail, doc->at, "%s is greater than %ld",
			doc->text, field->max);
	return value >= field->min && value <= field->max;
}

/* Digits with an optional minus; too many of them count as very large. */
static bool all_digits(const char *text, long *out)
{
	bool minus = *text == '-';
	const char *digits = text + minus;
	size_t len = strlen(digits);
	long value = 0;

	if (len == 0 || strspn(digits, "0123456789") != len ||
	    (digits[0] == '0' && len > 1))
		return false;
	for (; *digits; digits++)
		if (__builtin_mul_overflow(value, 10L, &value) ||
		    __builtin_add_overflow(value, (long)(*digits - '0'), &value)) {
			value = LONG_MAX;
			break;
		}
	*out = minus ? -value : value;
	return true;
}

static bool read_number(const struct slot *slot, const struct doc *doc, long *out)
{
	const struct decode *how = slot->how;
	const char *text = doc->text;
	long value;

	if (!need_scalar(slot, doc, expected(slot)))
		return false;
	if (doc->quoted && all_digits(text, &value)) {
		mistake(how, slot->trail, doc->at,
			"expected a whole number, not a text: write %s without quotes",
			quote(how, text));
		return false;
	}
	if (doc->quoted || !all_digits(text, &value)) {
		const char *digits = text + strspn(text, "+0");
		bool zeros = digits > text && all_digits(digits, &value);

		if (!doc->quoted && zeros)
			mistake(how, slot->trail, doc->at,
				"expected a whole number, not %s: write %s",
				quote(how, text), quote(how, digits));
		else if (!doc->quoted && reads_as_other(text) && *text != '~' &&
			 strpbrk(text, "0123456789"))
			mistake(how, slot->trail, doc->at,
				"expected a whole number in plain digits, not %s",
				quote(how, text));
		else
			wrong(slot, doc, expected(slot));
		return false;
	}
	if (strlen(text) > 18)
		value = *text == '-' ? -LONG_MAX : LONG_MAX;
	if (!in_range(slot, doc, value))
		return false;
	*out = value;
	return true;
}

static bool read_duration(const struct slot *slot, const struct doc *doc, long *out)
{
	static const struct unit {
		char name;
		long seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const struct decode *how = slot->how;
	size_t len;
	long value;

	if (!need_scalar(slot, doc, expected(slot)))
		return false;
	len = strlen(doc->text);
	if (slot->field->or_one && !doc->quoted && all_digits(doc->text, &value)) {
		*out = value;
		return in_range(slot, doc, value);
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		const char *digits;

		if (len < 2 || doc->text[len - 1] != units[i].name)
			continue;
		digits = arena_strndup(how->arena, doc->text, len - 1);
		if (!all_digits(digits, &value))
			break;
		if (__builtin_mul_overflow(value, units[i].seconds, out))
			*out = LONG_MAX;
		if (*out < slot->field->min)
			mistake(how, slot->trail, doc->at, "%s is too short",
				quote(how, doc->text));
		else if (*out > slot->field->max)
			mistake(how, slot->trail, doc->at, "%s is too long",
				quote(how, doc->text));
		return *out >= slot->field->min && *out <= slot->field->max;
	}
	return wrong(slot, doc, expected(slot));
}

static bool read_flag(const struct slot *slot, const struct doc *doc, bool *out)
{
	static const char *const yes[] = { "yes", "Yes", "YES",  "y",    "Y", "on",
					   "On",  "ON",  "True", "TRUE", "1", NULL };
	static const char *const no[] = { "no",  "No",  "NO",    "n",     "N", "off",
					  "Off", "OFF", "False", "FALSE", "0", NULL };
	const struct decode *how = slot->how;
	bool is_true;

	if (!need_scalar(slot, doc, "true or false"))
		return false;
	is_true = strcmp(doc->text, "true") == 0;
	if (!is_true && strcmp(doc->text, "false") != 0) {
		bool known =
			!doc->quoted && (among(yes, doc->text) || among(no, doc->text));

		if (!known)
			return wrong(slot, doc, "true or false");
		mistake(how, slot->trail, doc->at,
			"expected true or false, not %s: write %s", doc->text,
			among(yes, doc->text) ? "true" : "false");
		return false;
	}
	if (doc->quoted) {
		mistake(how, slot->trail, doc->at,
			"expected true or false, not a text: write %s without quotes",
			doc->text);
		return false;
	}
	*out = is_true;
	return true;
}

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

/* A text of one line. A block scalar ends in a line break: that is not part of it. */
static const char *read_text(const struct slot *slot, const struct doc *doc,
			     const char *want)
{
	const struct decode *how = slot->how;
	const char *text = doc->text;
	struct error err;
	size_t len;

	if (!need_scalar(slot, doc, want))
		return NULL;
	len = strlen(text);
	if (len > 0 && text[len - 1] == '\n') {
		while (len > 0 && text[len - 1] == '\n')
			len--;
		text = arena_strndup(how->arena, text, len);
	}
	if (among(slot->field->later, text))
		mistake(how, slot->trail, doc->at, "%s: not supported yet", text);
	else if (!doc->quoted && reads_as_other(text))
		mistake(how, slot->trail, doc->at,
			"expected a text, not %s: write \"%s\"", quote(how, text),
			quote(how, text));
	else if (len == 0)
		mistake(how, slot->trail, doc->at, "is empty");
	else if (len > TEXT_MAX)
		mistake(how, slot->trail, doc->at, "is longer than %d bytes", TEXT_MAX);
	else if (slot->field->check && !slot->field->check(text, &err))
		mistake(how, slot->trail, doc->at, "%s", err.text);
	else if (has_control(text))
		mistake(how, slot->trail, doc->at,
			"has a line break or another control character");
	else
		return text;
	return NULL;
}

/* A word out of a closed set: its index, or -1 and a mistake. */
static int read_choice(const struct slot *slot, const struct doc *doc)
{
	const struct field *field = slot->field;
	const struct decode *how = slot->how;

	if (!need_scalar(slot, doc, expected(slot)))
		return -1;
	for (int i = 0; field->choices[i]; i++)
		if (strcmp(field->choices[i], doc->text) == 0)
			return i;
	if (among(field->later, doc->text))
		mistake(how, slot->trail, doc->at, "%s: not supported yet", doc->text);
	else
		wrong(slot, doc, expected(slot));
	return -1;
}

static bool read_fixed(const struct slot *slot)
{
	const struct field *field = slot->field;
	const struct doc *doc = slot->doc;
	bool value;

	if (doc->kind == DOC_SCALAR && strcmp(doc->text, field->usual) == 0 &&
	    !(doc->quoted && reads_as_other(doc->text)))
		return true;
	if (doc->kind == DOC_SCALAR && among(field->later, doc->text)) {
		mistake(slot->how, slot->trail, doc->at, "%s: not supported yet",
			doc->text);
		return false;
	}
	if (strcmp(field->usual, "true") == 0 || strcmp(field->usual, "false") == 0)
		return read_flag(slot, doc, &value);
	return wrong(slot, doc, expected(slot));
}

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
	const char *text = doc->broken ? NULL : read_text(slot, doc, want);

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
		return read_item(slot, doc, expected(slot));
	}
	if (doc->kind != DOC_LIST)
		return wrong(slot, doc, expected(slot));
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

/* No text of this function may quote a value. */
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
	if (!name) {
		mistake(slot->how, slot->trail, secret->is.at,
			"expected {secret: NAME}, a name that the host's own "
			"configuration resolves");
		return false;
	}
	if (name->kind != DOC_SCALAR || !is_secret_name(name->text)) {
		mistake(slot->how, slot->trail, secret->is.at,
			"the name of a secret is 1 to 64 letters, digits, '_', '.' and "
			"'-', and begins with none of the last two");
		return false;
	}
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
		ok &= !value->broken && read_number(&number, value, &map->values[i]);
	}
	map->len = count;
	return ok;
}

static bool read_setting(const struct slot *slot)
{
	const struct doc *doc = slot->doc;
	struct choice_setting *choice = slot->out;
	struct text_setting *text = slot->out;

	switch (slot->field->kind) {
	case FIELD_NUMBER:
		return read_number(slot, doc, &((struct num_setting *)slot->out)->value);
	case FIELD_DURATION:
		return read_duration(slot, doc,
				     &((struct num_setting *)slot->out)->value);
	case FIELD_FLAG:
		return read_flag(slot, doc, &((struct flag_setting *)slot->out)->value);
	case FIELD_TEXT:
		text->value = read_text(slot, doc, "a text");
		return text->value != NULL;
	case FIELD_CHOICE:
		choice->value = read_choice(slot, doc);
		return choice->value >= 0;
	case FIELD_TEXTS:
	case FIELD_ONE:
		return read_list(slot);
	case FIELD_SECRET:
		return read_secret(slot);
	case FIELD_BY_NODE:
		return read_by_node(slot);
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
		/* a mistake about a secret is told at its key: its line may be the secret */
		setting->at = (field->kind == FIELD_SECRET ? slot->key : doc)->at;
	}
	if (field->kind == FIELD_MAPPING) {
		struct decode inner = *slot->how;

		if (field->inside != LAYER_NONE)
			inner.layer = field->inside;
		decode_map(&inner, slot->trail, doc, field->fields, slot->out);
	} else if (setting) {
		setting->bad |= !read_setting(slot);
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
		read_fixed(&slot);
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
			want, kind_name(how, doc), kind == DOC_LIST ? "[]" : "{}");
	else
		mistake(how, trail, doc->at, "expected %s, not %s", want,
			kind_name(how, doc));
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
		else if (field->usual && setting && read_setting(&slot))
			setting->layer = how->layer;
	}
}
