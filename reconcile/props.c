#include "reconcile/props.h"

#include "base/text.h"
#include "base/vec.h"

#include <limits.h>
#include <string.h>

void props_read(struct props *out, struct arena *arena, const char *text)
{
	char **parts;
	size_t len = str_split(arena, text, ",", &parts);

	*out = (struct props){ 0 };
	for (size_t i = 0; i < len; i++) {
		char *equals = strchr(parts[i], '=');

		if (strspn(parts[i], " \t\r\n") == strlen(parts[i]))
			continue;
		if (!equals || equals == parts[i]) {
			*vec_push(arena, out) = (struct prop){ "", parts[i] };
			continue;
		}
		*equals = '\0';
		*vec_push(arena, out) = (struct prop){ parts[i], equals + 1 };
	}
}

static struct prop *find(const struct props *props, const char *key)
{
	for (size_t i = 0; i < props->len; i++)
		if (strcmp(props->at[i].key, key) == 0)
			return &props->at[i];
	return NULL;
}

const char *props_get(const struct props *props, const char *key)
{
	const struct prop *prop = find(props, key);

	return prop ? prop->value : NULL;
}

static void drop(struct props *props, const struct prop *prop)
{
	size_t at = (size_t)(prop - props->at);

	props->len--;
	memmove(&props->at[at], &props->at[at + 1],
		(props->len - at) * sizeof(*props->at));
}

void props_set(struct props *props, struct arena *arena, const char *key,
	       const char *value)
{
	struct prop *prop = find(props, key);

	if (!prop && value)
		*vec_push(arena, props) = (struct prop){ key, value };
	else if (prop && value)
		prop->value = value;
	else if (prop)
		drop(props, prop);
}

char *props_print(const struct props *props, struct arena *arena)
{
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < props->len; i++) {
		const struct prop *prop = &props->at[i];

		if (i > 0)
			text_addc(&out, ',');
		if (*prop->key)
			text_addf(&out, "%s=", prop->key);
		text_add(&out, prop->value);
	}
	return arena_strdup(arena, text_str(&out));
}

/* Digits with an optional fraction, at most 20 in all, in units of `unit` bytes. */
static unsigned __int128 read_bytes(const char *text, unsigned __int128 unit)
{
	unsigned __int128 bytes = 0, scale = 1;

	for (; *text >= '0' && *text <= '9'; text++)
		bytes = bytes * 10 + (unsigned)(*text - '0') * unit;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++) {
			bytes = bytes * 10 + (unsigned)(*text - '0') * unit;
			scale *= 10;
		}
	return (bytes + scale - 1) / scale;
}

unsigned long size_mib(const char *text)
{
	static const char digits[] = "0123456789";
	size_t whole = strspn(text, digits), fraction = 0;
	const char *unit = text + whole;
	unsigned __int128 bytes, mib = 1UL << 20;
	unsigned power = 0;

	if (*unit == '.') {
		fraction = strspn(unit + 1, digits);
		if (fraction == 0)
			return 0;
		unit += 1 + fraction;
	}
	if (whole == 0 || whole + fraction > 20)
		return 0;
	if (*unit) {
		static const char units[] = "KMGT";
		const char *at = strchr(units, *unit);

		if (!at || (unit[1] && strcmp(unit + 1, "iB") != 0))
			return 0;
		power = 10 * (unsigned)(at - units + 1);
	}
	bytes = read_bytes(text, (unsigned __int128)1 << power);
	bytes = (bytes + mib - 1) / mib;
	return bytes > ULONG_MAX ? 0 : (unsigned long)bytes;
}

char *size_text(struct arena *arena, unsigned long mib)
{
	if (mib % 1024 == 0)
		return arena_printf(arena, "%lu GiB", mib / 1024);
	return arena_printf(arena, "%lu MiB", mib);
}
