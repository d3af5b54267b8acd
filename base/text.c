#include "base/text.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, struct arena *arena)
{
	*text = (struct text){ .arena = arena };
}

static void make_room(struct text *text, size_t more)
{
	size_t need = text->len + more + 1, cap = text->cap ? text->cap : 64;
	char *moved;

	if (need <= text->cap)
		return;
	while (cap < need)
		cap *= 2;
	moved = arena_alloc(text->arena, cap, 1);
	if (text->len > 0)
		memcpy(moved, text->at, text->len);
	text->at = moved;
	text->cap = cap;
}

void text_addn(struct text *text, const char *more, size_t len)
{
	make_room(text, len);
	memcpy(text->at + text->len, more, len);
	text->len += len;
	text->at[text->len] = '\0';
}

void text_add(struct text *text, const char *more)
{
	text_addn(text, more, strlen(more));
}

void text_addc(struct text *text, char c)
{
	text_addn(text, &c, 1);
}

void text_addf(struct text *text, const char *format, ...)
{
	va_list args, again;
	int len;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len > 0) {
		make_room(text, (size_t)len);
		vsnprintf(text->at + text->len, (size_t)len + 1, format, args);
		text->len += (size_t)len;
	}
	va_end(args);
}

void text_add_encoded(struct text *text, const char *more)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";

	for (; *more; more++)
		if (strchr(plain, *more))
			text_addc(text, *more);
		else
			text_addf(text, "%%%02X", (unsigned char)*more);
}

const char *text_str(const struct text *text)
{
	return text->at ? text->at : "";
}

bool str_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int str_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool str_in(const char *word, const char *const *list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(list[i], word) == 0)
			return true;
	return false;
}

bool str_starts(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

bool str_ends(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len >= tail && strcmp(text + len - tail, end) == 0;
}

bool str_number(const char *text, uint64_t *out)
{
	uint64_t value = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++)
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(*text - '0'), &value))
			return false;
	*out = value;
	return true;
}

bool str_integer(const char *text, size_t len, long *out)
{
	const char *end = text + len;
	bool minus = len > 0 && *text == '-';
	long value = 0;

	text += minus;
	if (text == end || (*text == '0' && text + 1 < end))
		return false;
	for (const char *at = text; at < end; at++)
		if (*at < '0' || *at > '9')
			return false;
	for (; text < end; text++)
		if (__builtin_mul_overflow(value, 10L, &value) ||
		    __builtin_add_overflow(value, (long)(*text - '0'), &value)) {
			value = LONG_MAX;
			break;
		}
	*out = minus ? -value : value;
	return true;
}

bool str_duration(const char *text, long *out)
{
	static const struct {
		char name;
		long seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t len = strlen(text);
	long value;

	if (len < 2 || !str_integer(text, len - 1, &value))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (text[len - 1] != units[i].name)
			continue;
		if (__builtin_mul_overflow(value, units[i].seconds, out))
			*out = value < 0 ? -LONG_MAX : LONG_MAX;
		return true;
	}
	return false;
}

size_t str_split(struct arena *arena, const char *text, const char *separators,
		 char ***out)
{
	size_t count = 0, len;

	for (const char *at = text; *at; at += len) {
		at += strspn(at, separators);
		len = strcspn(at, separators);
		count += len > 0;
	}
	*out = arena_array(arena, char *, count + 1);
	count = 0;
	for (const char *at = text; *at; at += len) {
		at += strspn(at, separators);
		len = strcspn(at, separators);
		if (len > 0)
			(*out)[count++] = arena_strndup(arena, at, len);
	}
	return count;
}

char *str_trim(struct arena *arena, const char *text)
{
	static const char space[] = " \t\r\n\f\v";
	size_t len;

	text += strspn(text, space);
	len = strlen(text);
	while (len > 0 && strchr(space, text[len - 1]))
		len--;
	return arena_strndup(arena, text, len);
}

enum { WORD_MAX = 40 };

/* Edits between two short words: inserted, deleted, changed or swapped letters. */
static size_t edits(const char *a, const char *b)
{
	size_t row[3][WORD_MAX + 1], la = strlen(a), lb = strlen(b);

	if (la > WORD_MAX || lb > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= lb; j++)
		row[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *now = row[i % 3], *last = row[(i + 2) % 3],
		       *before = row[(i + 1) % 3];

		now[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			size_t least = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < least)
				least = last[j] + 1;
			if (now[j - 1] + 1 < least)
				least = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && before[j - 2] + 1 < least)
				least = before[j - 2] + 1;
			now[j] = least;
		}
	}
	return row[la % 3][lb];
}

const char *str_nearest(const char *word, const char *const *known)
{
	size_t best = 1 + strlen(word) / 3;
	const char *nearest = NULL;

	for (; *known; known++) {
		size_t n = edits(word, *known);

		if (n < best + (nearest == NULL)) {
			best = n;
			nearest = *known;
		}
	}
	return nearest;
}

/* Length of the valid UTF-8 sequence at `at`, 0 when it is none or a control character.
 */
static size_t sequence(const unsigned char *at)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *at < 0x80    ? 1
		     : *at >= 0xf0 ? 4
		     : *at >= 0xe0 ? 3
		     : *at >= 0xc2 ? 2
				   : 0;
	uint32_t code;

	if (len == 0 || *at > 0xf4)
		return 0;
	if (len == 1)
		return *at >= 0x20 && *at != 0x7f;
	code = *at & (0xffU >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3fU);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	/* C1 controls, and the marks that turn the direction of a line around */
	if (code < 0xa0 || (code >= 0x202a && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069))
		return 0;
	return len;
}

char *str_safe(struct arena *arena, const char *text, size_t max)
{
	struct text out;

	text_init(&out, arena);
	while (*text) {
		size_t len = sequence((const unsigned char *)text);

		if (out.len + (len ? len : 1) > max - 3 && strlen(text) > max - out.len) {
			text_add(&out, "...");
			break;
		}
		if (len > 0)
			text_addn(&out, text, len);
		else
			text_addc(&out, '?');
		text += len ? len : 1;
	}
	return arena_strdup(arena, text_str(&out));
}

char *str_list(struct arena *arena, const char *const *names, size_t count, size_t most)
{
	size_t shown = count <= most ? count : most;
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < shown; i++) {
		bool last = i + 1 == count;

		if (i > 0)
			text_add(&out, last ? " and " : ", ");
		text_add(&out, names[i]);
	}
	if (shown < count)
		text_addf(&out, " and %zu more", count - shown);
	return arena_strdup(arena, text_str(&out));
}
