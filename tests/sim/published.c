#define PCRE2_CODE_UNIT_WIDTH 8

#include "published.h"

#include "base/text.h"
#include "props.h"

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define UNKNOWN                                                                       \
	"property is not defined in schema and the schema does not allow additional " \
	"properties"

struct reading {
	struct arena *arena;
	const json_t *formats;
	bool inside; /* of a property string, where booleans have more names */
};

static const char *check_value(const struct reading *reading, const json_t *rule,
			       const char *path, const char *text);

static bool is_set(const json_t *rule, const char *key)
{
	const json_t *value = json_object_get(rule, key);

	return json_is_true(value) || json_integer_value(value) != 0;
}

/* "net[n]" for "net3", if 3 is in its range. */
static const json_t *family_of(const struct reading *reading, const json_t *rules,
			       const char *name)
{
	size_t letters = strcspn(name, "0123456789");
	const char *key = arena_printf(reading->arena, "%.*s[n]", (int)letters, name);
	const json_t *rule = json_object_get(rules, key);
	const json_t *range = json_object_get(rule, "index_range");
	char *end;
	long number = strtol(name + letters, &end, 10);

	if (!rule || !name[letters] || *end || strlen(name + letters) > 4 ||
	    (name[letters] == '0' && name[letters + 1]))
		return NULL;
	if (range && (number < json_integer_value(json_array_get(range, 0)) ||
		      number > json_integer_value(json_array_get(range, 1))))
		return NULL;
	return rule;
}

static const json_t *rule_of(const struct reading *reading, const json_t *rules,
			     const char *name)
{
	const json_t *rule = json_object_get(rules, name);

	return rule ? rule : family_of(reading, rules, name);
}

/* Perl's patterns hold for the whole text. One that cannot be read holds for any. */
static bool fits(const char *pattern, const char *text)
{
	struct arena *arena = arena_create();
	char *whole = arena_printf(arena, "^(?:%s)$", pattern);
	PCRE2_SIZE at;
	int error;
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)whole, PCRE2_ZERO_TERMINATED,
					 PCRE2_UTF, &error, &at, NULL);
	pcre2_match_data *data = code ? pcre2_match_data_create(1, NULL) : NULL;
	int found =
		code ? pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, 0, data, NULL)
		     : 0;

	pcre2_match_data_free(data);
	pcre2_code_free(code);
	arena_destroy(arena);
	return found >= 0; /* 0: more groups than were asked for */
}

static bool is_boolean(const struct reading *reading, const char *text)
{
	static const char *const more[] = { "on", "yes", "true", "off", "no", "false" };

	if (!strcmp(text, "0") || !strcmp(text, "1"))
		return true;
	for (size_t i = 0; reading->inside && i < sizeof(more) / sizeof(more[0]); i++)
		if (!strcasecmp(text, more[i]))
			return true;
	return false;
}

static const char *check_type(const struct reading *reading, const json_t *rule,
			      const char *text)
{
	const char *type = props_get(rule, "type"), *pattern = props_get(rule, "pattern");
	bool typed = true;

	if (str_equal(type, "boolean"))
		typed = is_boolean(reading, text);
	else if (str_equal(type, "integer"))
		typed = fits("[+-]?\\d+", text);
	else if (str_equal(type, "number"))
		typed = fits("[+-]?(?=\\.?\\d)\\d*\\.?\\d*(?:e[+-]?\\d+)?", text);
	if (!typed)
		return arena_printf(reading->arena, "type check ('%s') failed - got '%s'",
				    type, text);
	if (pattern && !fits(pattern, text))
		return "value does not match the regex pattern";
	return NULL;
}

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* Has `number` passed this limit of the rule, up (1) or down (-1)? What the limit is. */
static bool passes(const json_t *rule, const char *key, double number, double way,
		   double *limit)
{
	const json_t *value = json_object_get(rule, key);

	*limit = json_number_value(value);
	return value && (number - *limit) * way > 0;
}

static const char *check_limits(const struct reading *reading, const json_t *rule,
				const char *text)
{
	const char *type = props_get(rule, "type");
	double size = (double)characters(text), number = strtod(text, NULL), limit;

	if (str_equal(type, "integer") || str_equal(type, "number")) {
		if (passes(rule, "maximum", number, 1, &limit))
			return arena_printf(reading->arena,
					    "value must have a maximum value of %.15g",
					    limit);
		if (passes(rule, "minimum", number, -1, &limit))
			return arena_printf(reading->arena,
					    "value must have a minimum value of %.15g",
					    limit);
		return NULL;
	}
	if (passes(rule, "maxLength", size, 1, &limit))
		return arena_printf(reading->arena,
				    "value may only be %.15g characters long", limit);
	if (passes(rule, "minLength", size, -1, &limit))
		return arena_printf(reading->arena,
				    "value must be at least %.15g characters long",
				    limit);
	return NULL;
}

static const char *check_values(const struct reading *reading, const json_t *rule,
				const char *text)
{
	const json_t *values = json_object_get(rule, "enum"), *value;
	struct text all;
	size_t i;

	text_init(&all, reading->arena);
	json_array_foreach (values, i, value) {
		const char *name = json_string_value(value);

		if (str_equal(name, text))
			return NULL;
		text_addf(&all, "%s%s", i ? ", " : "", name ? name : "");
	}
	if (!values)
		return NULL;
	return arena_printf(reading->arena,
			    "value '%s' does not have a value in the enumeration '%s'",
			    text, text_str(&all));
}

/* What is there is right, what has to be there is, and what it needs beside itself too. */
static void check_object(const struct reading *reading, const json_t *rules,
			 const json_t *values, const char *prefix, json_t *errors)
{
	const char *name, *why;
	json_t *value, *rule;

	json_object_foreach ((json_t *)(uintptr_t)values, name, value) {
		const json_t *of = rule_of(reading, rules, name);
		const char *path = arena_printf(reading->arena, "%s%s", prefix, name);
		const char *needs = props_get(of, "requires");

		if (!of)
			why = UNKNOWN;
		else
			why = check_value(reading, of, path, json_string_value(value));
		if (why)
			props_set(errors, path, why);
		if (needs && !json_object_get(values, needs))
			props_set(errors,
				  arena_printf(reading->arena, "%s%s", prefix, needs),
				  arena_printf(reading->arena,
					       "missing property required by '%s'",
					       name));
	}
	json_object_foreach ((json_t *)(uintptr_t)rules, name, rule)
		if (!is_set(rule, "optional") && !props_get(rule, "alias") &&
		    !strstr(name, "[n]") && !json_object_get(values, name))
			props_set(errors,
				  arena_printf(reading->arena, "%s%s", prefix, name),
				  "property is missing and it is not optional");
}

static const char *default_key(const json_t *rules)
{
	const char *name;
	json_t *rule;

	json_object_foreach ((json_t *)(uintptr_t)rules, name, rule)
		if (is_set(rule, "default_key"))
			return name;
	return NULL;
}

/* One part of a property string goes into `out`; why not, or NULL. */
static const char *split_part(const struct reading *reading, const json_t *rules,
			      char *part, json_t *out)
{
	char *equals = strchr(part, '=');
	const char *name = part, *value = part;
	const json_t *rule;

	if (equals) {
		*equals = '\0';
		value = equals + 1;
	} else {
		name = default_key(rules);
	}
	if (!name)
		return "value without key, but schema does not define a default key\n";
	rule = rule_of(reading, rules, name);
	if (props_get(rule, "keyAlias"))
		props_set(out, props_get(rule, "keyAlias"), name);
	if (props_get(rule, "alias"))
		name = props_get(rule, "alias");
	if (json_object_get(out, name))
		return arena_printf(reading->arena,
				    "duplicate key in comma-separated list property: "
				    "%s\n",
				    name);
	props_set(out, name, value);
	return NULL;
}

static const char *check_properties(const struct reading *reading, const json_t *rules,
				    const char *path, const char *text)
{
	struct reading inner = { reading->arena, reading->formats, true };
	json_t *values = json_object(), *errors = json_object(), *wrong;
	const char *why = NULL, *key;
	struct text all;
	char **parts;
	size_t count = str_split(reading->arena, text, ",", &parts);

	for (size_t i = 0; i < count && !why; i++)
		why = split_part(&inner, rules, parts[i], values);
	if (!why)
		check_object(&inner, rules, values,
			     arena_printf(reading->arena, "%s.", path), errors);
	if (json_object_size(errors) > 0) {
		text_init(&all, reading->arena);
		text_add(&all, "format error\n");
		json_object_foreach (errors, key, wrong)
			text_addf(&all, "%s: %s\n", key, json_string_value(wrong));
		why = text_str(&all);
	}
	json_decref(values);
	json_decref(errors);
	return why;
}

/* "reject_sample": [a bad value, what is said of it]; the same of `text`. */
static const char *like_sample(const struct reading *reading, const json_t *sample,
			       const char *text)
{
	const char *bad = json_string_value(json_array_get(sample, 0));
	const char *said = json_string_value(json_array_get(sample, 1));
	const char *at = bad && said ? strstr(said, bad) : NULL;

	if (!said)
		return "invalid value\n";
	if (!at)
		return arena_printf(reading->arena, "%s\n", said);
	return arena_printf(reading->arena, "%.*s%s%s\n", (int)(at - said), said, text,
			    at + strlen(bad));
}

static const char *check_one_format(const struct reading *reading, const char *name,
				    const char *path, const char *text)
{
	const json_t *format = json_object_get(reading->formats, name);
	const char *pattern = props_get(format, "pattern");
	const json_t *rules = json_object_get(format, "properties");

	if (rules)
		return check_properties(reading, rules, path, text);
	if (!pattern || fits(pattern, text))
		return NULL;
	return like_sample(reading, json_object_get(format, "reject_sample"), text);
}

/* A name may end in -list, each part is of the format then, or in -opt: it may be empty. */
static const char *check_format(const struct reading *reading, const char *name,
				const char *path, const char *text)
{
	const char *why = NULL;
	size_t len = strlen(name), count;
	char **parts;

	if (json_object_get(reading->formats, name))
		return check_one_format(reading, name, path, text);
	if (str_ends(name, "-opt"))
		return *text ? check_one_format(
				       reading,
				       arena_strndup(reading->arena, name, len - 4), path,
				       text)
			     : NULL;
	if (!str_ends(name, "-list"))
		return NULL;
	name = arena_strndup(reading->arena, name, len - 5);
	count = str_split(reading->arena, text, ",; \t\r\n", &parts);
	for (size_t i = 0; i < count && !why; i++)
		why = check_one_format(reading, name, path, parts[i]);
	return why;
}

static const char *check_value(const struct reading *reading, const json_t *rule,
			       const char *path, const char *text)
{
	const char *format = props_get(rule, "format"), *why;

	if (str_equal(props_get(rule, "type"), "array"))
		return NULL; /* joined by commas before it came here */
	why = check_type(reading, rule, text);
	if (!why && format) {
		why = check_format(reading, format, path, text);
		if (why)
			return arena_printf(reading->arena, "invalid format - %s", why);
	}
	if (!why)
		why = check_limits(reading, rule, text);
	return why ? why : check_values(reading, rule, text);
}

bool published_check(struct arena *arena, const json_t *dump, const char *method,
		     const char *path, const json_t *params, json_t *errors)
{
	const json_t *call = json_object_get(
		json_object_get(json_object_get(dump, "paths"), path), method);
	const json_t *rules =
		json_object_get(json_object_get(call, "parameters"), "properties");
	struct reading reading = { arena, json_object_get(dump, "formats"), false };

	if (rules)
		check_object(&reading, rules, params, "", errors);
	return json_object_size(errors) == 0;
}
