#include "reconcile/yaml.h"

#include <string.h>
#include <strings.h>

/* Words that mean something else than themselves, in any case. */
static bool is_keyword(const char *text)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on",
					     "off",  "y",    "n",     "nan", "inf" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasecmp(text, words[i]) == 0)
			return true;
	return false;
}

/* A letter first: neither number nor date; nothing that means something inside [a, b]. */
static bool is_plain(const char *text)
{
	bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');

	return letter && !is_keyword(text) &&
	       text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789_.+/-")] == '\0';
}

static void add_quoted(struct text *out, const char *text)
{
	text_addc(out, '"');
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			text_addf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			text_addf(out, "\\x%02x", c);
		else
			text_addc(out, *text);
	}
	text_addc(out, '"');
}

void yaml_text(struct text *out, const char *text)
{
	if (!text)
		text_add(out, "null");
	else if (is_plain(text))
		text_add(out, text);
	else
		add_quoted(out, text);
}

static void add_scalar(struct text *out, const json_t *value)
{
	if (json_is_string(value))
		yaml_text(out, json_string_value(value));
	else if (json_is_integer(value))
		text_addf(out, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		text_add(out, json_is_true(value) ? "true" : "false");
	else
		yaml_text(out, NULL);
}

void yaml_flow(struct text *out, const json_t *value)
{
	const char *key, *comma = "";
	const json_t *item;
	size_t i;

	if (json_is_array(value)) {
		text_addc(out, '[');
		json_array_foreach (value, i, item) {
			text_add(out, i > 0 ? ", " : "");
			yaml_flow(out, item);
		}
		text_addc(out, ']');
	} else if (json_is_object(value)) {
		text_addc(out, '{');
		/* jansson's iterators are not const, though they change nothing */
		json_object_foreach ((json_t *)(uintptr_t)value, key, item) {
			text_addf(out, "%s%s: ", comma, key);
			yaml_flow(out, item);
			comma = ", ";
		}
		text_addc(out, '}');
	} else {
		add_scalar(out, value);
	}
}
