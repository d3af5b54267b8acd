#include "base/slot.h"
#include "base/text.h"

#include <limits.h>
#include <string.h>

enum { TEXT_MAX = 16 * 1024 };

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
const char *slot_expected(const struct slot *slot)
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
	case FIELD_ITEMS:
		return "a list";
	case FIELD_TEXT:
	case FIELD_ONE:
	case FIELD_LATER:
	case FIELD_REFUSED:
		break;
	}
	return "a text";
}

const char *doc_in_words(const struct decode *how, const struct doc *doc)
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
bool slot_wrong(const struct slot *slot, const struct doc *doc, const char *want)
{
	const struct decode *how = slot->how;

	mistake(how, slot->trail, doc->at, "expected %s, not %s", want,
		doc_in_words(how, doc));
	return false;
}

static bool need_scalar(const struct slot *slot, const struct doc *doc, const char *want)
{
	if (doc->kind == DOC_SCALAR)
		return true;
	return slot_wrong(slot, doc, want);
}

static bool in_range(const struct slot *slot, const struct doc *doc, long value)
{
	const struct field *field = slot->field;

	if (value < field->min)
		mistake(slot->how, slot->trail, doc->at, "%s is less than %ld",
			quote(slot->how, doc->text), field->min);
	else if (value > field->max)
		mistake(slot->how, slot->trail, doc->at, "%s is greater than %ld",
			quote(slot->how, doc->text), field->max);
	return value >= field->min && value <= field->max;
}

static bool all_digits(const char *text, long *out)
{
	return str_integer(text, strlen(text), out);
}

bool slot_number(const struct slot *slot, const struct doc *doc, long *out)
{
	const struct decode *how = slot->how;
	const char *text = doc->text;
	long value;

	if (!need_scalar(slot, doc, slot_expected(slot)))
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
			slot_wrong(slot, doc, slot_expected(slot));
		return false;
	}
	if (strlen(text) > 18)
		value = *text == '-' ? -LONG_MAX : LONG_MAX;
	if (!in_range(slot, doc, value))
		return false;
	*out = value;
	return true;
}

bool slot_duration(const struct slot *slot, const struct doc *doc, long *out)
{
	const struct decode *how = slot->how;
	long value;

	if (!need_scalar(slot, doc, slot_expected(slot)))
		return false;
	if (slot->field->or_one && !doc->quoted && all_digits(doc->text, &value)) {
		*out = value;
		return in_range(slot, doc, value);
	}
	if (!str_duration(doc->text, out))
		return slot_wrong(slot, doc, slot_expected(slot));
	if (*out < slot->field->min)
		mistake(how, slot->trail, doc->at, "%s is too short",
			quote(how, doc->text));
	else if (*out > slot->field->max)
		mistake(how, slot->trail, doc->at, "%s is too long",
			quote(how, doc->text));
	return *out >= slot->field->min && *out <= slot->field->max;
}

bool slot_flag(const struct slot *slot, const struct doc *doc, bool *out)
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
			return slot_wrong(slot, doc, "true or false");
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

bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

/* A text of one line. A block scalar ends in a line break: that is not part of it. */
const char *slot_text(const struct slot *slot, const struct doc *doc, const char *want)
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
int slot_choice(const struct slot *slot, const struct doc *doc)
{
	const struct field *field = slot->field;
	const struct decode *how = slot->how;

	if (!need_scalar(slot, doc, slot_expected(slot)))
		return -1;
	for (int i = 0; field->choices[i]; i++)
		if (strcmp(field->choices[i], doc->text) == 0)
			return i;
	if (among(field->later, doc->text))
		mistake(how, slot->trail, doc->at, "%s: not supported yet", doc->text);
	else
		slot_wrong(slot, doc, slot_expected(slot));
	return -1;
}

bool slot_fixed(const struct slot *slot)
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
		return slot_flag(slot, doc, &value);
	return slot_wrong(slot, doc, slot_expected(slot));
}
