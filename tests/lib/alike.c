#include "tests/lib/alike.h"

#include <stdlib.h>
#include <string.h>

/* Up to the type, which is to be compared; the rest of a UPID is no accident. */
#define UPID   "UPID:[a-z0-9]+(:[0-9A-F]{8}){3}:"
#define MAC    "[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}"
#define UUID   "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
#define DIGEST "[0-9a-f]{40}"
#define LINK   "fe80::[0-9a-f:]+" /* an address made of a MAC */

/* What the machines were, not what they did. */
#define NOISE                                                                    \
	"creation-qemu=[0-9.]+,ctime=[0-9]+|pveupload-[0-9a-f]+|tmp_dwnl.[0-9]+" \
	"|get address info for: .*|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}"         \
	"|[0-9.]+ ?[kMG]i?B/s|100% +[0-9.]+[KMG]?=0s"

/* Readings: wherever the key stands, or in objects of one type only. */
static const struct {
	const char *key, *type;
} readings[] = {
	{ "starttime", NULL },    { "endtime", NULL },
	{ "ctime", NULL },        { "time", NULL },
	{ "localtime", NULL },    { "uptime", NULL },
	{ "pid", NULL },          { "pstart", NULL },
	{ "uid", NULL },          { "cpu", NULL },
	{ "mem", NULL },          { "memhost", NULL },
	{ "netin", NULL },        { "netout", NULL },
	{ "disk", NULL },         { "used", NULL },
	{ "avail", NULL },        { "used_fraction", NULL },
	{ "used-bytes", NULL },   { "total-bytes", NULL },
	{ "loadavg", NULL },      { "wait", NULL },
	{ "cpuinfo", NULL },      { "current-kernel", NULL },
	{ "kversion", NULL },     { "boot-info", NULL },
	{ "cgroup-mode", NULL },  { "ssl_fingerprint", NULL },
	{ "serverid", NULL },     { "maxmem", "node" },
	{ "maxcpu", "node" },     { "maxdisk", "node" },
	{ "maxdisk", "storage" },
};

/* Groups of readings; a guest has options of these names, but those are no objects. */
static const char *const groups[] = { "memory", "rootfs", "swap", "statistics", NULL };

/* Lines of task logs that say how fast the bed was. */
static const char *const slow_lines[] = { "transferred ", "Total bytes read: ", NULL };

/* Kinds of content of a storage: PVE joins them in any order. */
#define SET "content"

/* What tells an object of an unordered list from the others; lists in order of time. */
static const char *const identities[] = { "vmid", "id",    "key", "storage",
					  "ugid", "realm", NULL };
static const char *const in_order[] = { "upid", "msg", "t", "volid", NULL };

void alike_init(struct alike *alike, struct arena *arena)
{
	*alike = (struct alike){ .arena = arena, .names = json_object() };
	if (regcomp(&alike->made_up, UPID "|" MAC "|" UUID "|" DIGEST "|" LINK,
		    REG_EXTENDED) ||
	    regcomp(&alike->noise, NOISE, REG_EXTENDED))
		abort();
}

void alike_finish(struct alike *alike)
{
	regfree(&alike->made_up);
	regfree(&alike->noise);
	json_decref(alike->names);
}

void alike_learn(struct alike *alike, const char *name, const char *ours)
{
	json_object_set_new(alike->names, name, json_string(ours));
}

/* --- texts --- */

/* The text with everything that fits `noise` left out. */
static char *without_noise(struct alike *alike, const char *text)
{
	struct text out;
	regmatch_t found;

	text_init(&out, alike->arena);
	while (!regexec(&alike->noise, text, 1, &found, 0)) {
		text_addn(&out, text, (size_t)found.rm_so);
		text_addc(&out, '#');
		text += found.rm_eo;
	}
	text_add(&out, text);
	return arena_strdup(alike->arena, text_str(&out));
}

/* The next made-up name; `before`: what stands before it. `text` moves behind it. */
static const char *next_name(struct alike *alike, const char **text, const char **before)
{
	const char *start = *text;
	regmatch_t found;

	if (regexec(&alike->made_up, start, 1, &found, 0) != 0) {
		*before = start;
		*text = start + strlen(start);
		return NULL;
	}
	*before = arena_strndup(alike->arena, start, (size_t)found.rm_so);
	*text = start + found.rm_eo;
	return arena_strndup(alike->arena, start + found.rm_so,
			     (size_t)(found.rm_eo - found.rm_so));
}

static const char *known(const struct alike *alike, const char *name)
{
	return json_string_value(json_object_get(alike->names, name));
}

bool alike_text(struct alike *alike, const char *theirs, const char *ours)
{
	const char *before, *our_before, *name, *our_name;

	theirs = without_noise(alike, theirs);
	ours = without_noise(alike, ours);
	do {
		name = next_name(alike, &theirs, &before);
		our_name = next_name(alike, &ours, &our_before);
		if (strcmp(before, our_before) != 0 || !name != !our_name)
			return false;
		if (name && !known(alike, name))
			alike_learn(alike, name, our_name);
		if (name && strcmp(known(alike, name), our_name) != 0)
			return false;
	} while (name);
	return true;
}

static char *encoded(struct alike *alike, const char *text)
{
	struct text out;

	text_init(&out, alike->arena);
	text_add_encoded(&out, text);
	return arena_strdup(alike->arena, text_str(&out));
}

static char *replaced(struct alike *alike, const char *text, const char *from,
		      const char *to)
{
	struct text out;
	const char *at;

	text_init(&out, alike->arena);
	while ((at = strstr(text, from)) != NULL) {
		text_addn(&out, text, (size_t)(at - text));
		text_add(&out, to);
		text = at + strlen(from);
	}
	text_add(&out, text);
	return arena_strdup(alike->arena, text_str(&out));
}

char *alike_translate(struct alike *alike, const char *theirs)
{
	const char *rest = theirs, *before, *name, *ours;
	char *out;
	json_t *value;

	while ((name = next_name(alike, &rest, &before)) != NULL)
		if (!known(alike, name))
			alike_learn(alike, name, name);
	out = arena_strdup(alike->arena, theirs);
	json_object_foreach (alike->names, name, value) {
		ours = json_string_value(value);
		if (!strcmp(name, ours))
			continue;
		out = replaced(alike, out, name, ours);
		out = replaced(alike, out, encoded(alike, name), encoded(alike, ours));
	}
	return out;
}

/* --- JSON --- */

static bool differ(struct text *where, const char *path, const json_t *theirs,
		   const json_t *ours)
{
	char *one = theirs ? json_dumps(theirs, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	char *other = ours ? json_dumps(ours, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

	text_addf(where, "%s: PVE %s, here %s", *path ? path : "body",
		  one ? one : "nothing", other ? other : "nothing");
	free(one);
	free(other);
	return false;
}

static bool is_reading(const json_t *object, const char *key, const json_t *value)
{
	const char *type = json_string_value(json_object_get(object, "type"));

	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++)
		if (!strcmp(readings[i].key, key) &&
		    (!readings[i].type || str_equal(readings[i].type, type)))
			return true;
	for (size_t i = 0; groups[i]; i++)
		if (!strcmp(groups[i], key) && json_is_object(value))
			return true;
	return false;
}

static bool same_type(const json_t *a, const json_t *b)
{
	return a && b &&
	       (json_typeof(a) == json_typeof(b) ||
		(json_is_number(a) && json_is_number(b)));
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The words of "b,a" in the order "a b". */
static char *sorted_words(struct alike *alike, const char *list)
{
	char **words;
	size_t count = str_split(alike->arena, list, ",", &words);
	struct text out;

	if (count > 1)
		qsort(words, count, sizeof(*words), by_text);
	text_init(&out, alike->arena);
	for (size_t i = 0; i < count; i++)
		text_addf(&out, "%s ", words[i]);
	return arena_strdup(alike->arena, text_str(&out));
}

static bool same_set(struct alike *alike, const json_t *a, const json_t *b)
{
	return json_is_string(a) && json_is_string(b) &&
	       !strcmp(sorted_words(alike, json_string_value(a)),
		       sorted_words(alike, json_string_value(b)));
}

static bool alike_at(struct alike *alike, const char *path, const json_t *theirs,
		     const json_t *ours, struct text *where);

/* A program in a guest is asked for later by its number. */
static void learn_pid(struct alike *alike, const char *key, const json_t *theirs,
		      const json_t *ours)
{
	if (!strcmp(key, "pid") && json_is_integer(theirs))
		alike_learn(alike,
			    arena_printf(alike->arena, "pid=%lld",
					 (long long)json_integer_value(theirs)),
			    arena_printf(alike->arena, "pid=%lld",
					 (long long)json_integer_value(ours)));
}

static bool alike_objects(struct alike *alike, const char *path, const json_t *theirs,
			  const json_t *ours, struct text *where)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)ours, key, value)
		if (!json_object_get(theirs, key))
			return differ(where,
				      arena_printf(alike->arena, "%s.%s", path, key),
				      NULL, value);
	json_object_foreach ((json_t *)(uintptr_t)theirs, key, value) {
		const json_t *other = json_object_get(ours, key);
		char *below =
			arena_printf(alike->arena, "%s%s%s", path, *path ? "." : "", key);

		if (is_reading(theirs, key, value) && same_type(value, other)) {
			learn_pid(alike, key, value, other);
			continue;
		}
		if (!strcmp(key, SET) && same_set(alike, value, other))
			continue;
		if (!alike_at(alike, below, value, other, where))
			return false;
	}
	return true;
}

static bool has_one_of(const json_t *object, const char *const *keys, const char **found)
{
	for (; *keys; keys++)
		if (json_object_get(object, *keys)) {
			*found = *keys;
			return true;
		}
	return false;
}

/* The element of `list` with the identity of `wanted`, else the one at the same place. */
static const json_t *counterpart(const json_t *list, const json_t *wanted, size_t place)
{
	const char *key, *other;
	const json_t *json;
	size_t i;

	if (!has_one_of(wanted, in_order, &other) && has_one_of(wanted, identities, &key))
		json_array_foreach (list, i, json)
			if (json_equal(json_object_get(json, key),
				       json_object_get(wanted, key)))
				return json;
	return json_array_get(list, place);
}

static bool alike_lists(struct alike *alike, const char *path, const json_t *theirs,
			const json_t *ours, struct text *where)
{
	const json_t *json;
	size_t i;

	json_array_foreach (theirs, i, json)
		if (!alike_at(alike, arena_printf(alike->arena, "%s[%zu]", path, i), json,
			      counterpart(ours, json, i), where))
			return false;
	if (json_array_size(ours) > json_array_size(theirs))
		return differ(where, path, NULL, json_array_get(ours, i));
	return true;
}

static bool alike_at(struct alike *alike, const char *path, const json_t *theirs,
		     const json_t *ours, struct text *where)
{
	bool same = same_type(theirs, ours);

	if (same && json_is_object(theirs))
		return alike_objects(alike, path, theirs, ours, where);
	if (same && json_is_array(theirs))
		return alike_lists(alike, path, theirs, ours, where);
	if (same && json_is_string(theirs))
		same = alike_text(alike, json_string_value(theirs),
				  json_string_value(ours));
	else if (same && json_is_number(theirs))
		same = json_number_value(theirs) == json_number_value(ours);
	return same || differ(where, path, theirs, ours);
}

bool alike_json(struct alike *alike, const json_t *theirs, const json_t *ours,
		struct text *where)
{
	return alike_at(alike, "", theirs, ours, where);
}

/* --- bodies --- */

static bool is_slow_line(const char *line)
{
	for (size_t i = 0; slow_lines[i]; i++)
		if (str_starts(line, slow_lines[i]))
			return true;
	return false;
}

/* Of a task log only its lines count, and of those not the ones that tell its speed. */
static json_t *only_lines(json_t *body)
{
	const json_t *data = json_object_get(body, "data"), *entry;
	json_t *lines;
	size_t i;

	if (!json_object_get(json_array_get(data, 0), "t"))
		return body;
	lines = json_array();
	json_array_foreach (data, i, entry)
		if (!is_slow_line(json_string_value(json_object_get(entry, "t"))))
			json_array_append(lines, json_object_get(entry, "t"));
	json_decref(body);
	return json_pack("{s:o}", "log", lines);
}

bool alike_body(struct alike *alike, const char *theirs, const char *ours,
		struct text *where)
{
	json_t *one = only_lines(json_loads(theirs, 0, NULL));
	json_t *other = only_lines(json_loads(ours, 0, NULL));
	char *line = arena_strndup(alike->arena, theirs, strcspn(theirs, "\n"));
	char *our_line = arena_strndup(alike->arena, ours, strcspn(ours, "\n"));
	bool same = one ? alike_json(alike, one, other, where)
			: alike_text(alike, line, our_line);

	if (!one && !same)
		text_addf(where, "body: PVE %s, here %s", line, our_line);
	json_decref(one);
	json_decref(other);
	return same;
}
