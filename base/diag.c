#include "base/diag.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How much of a line is shown around its mistake, in characters; of a line of more bytes
 * than LINE_MAX_SHOWN nothing is. No key in it that matters is longer than KEY_MAX. */
enum { SHOWN_BEFORE = 60, SHOWN = 100, LINE_MAX_SHOWN = 8192, KEY_MAX = 64 };

void diags_init(struct diags *diags, struct arena *arena)
{
	*diags = (struct diags){ .arena = arena };
}

static struct diag *room_for_one(struct diags *diags)
{
	struct diag *moved;

	if (diags->len == DIAGS_MAX) {
		diags->more++;
		return NULL;
	}
	if (diags->len == diags->cap) {
		diags->cap = diags->cap ? diags->cap * 2 : 8;
		moved = arena_array(diags->arena, struct diag, diags->cap);
		if (diags->len > 0)
			memcpy(moved, diags->at, diags->len * sizeof(*moved));
		diags->at = moved;
	}
	return &diags->at[diags->len++];
}

void diag_add(struct diags *diags, struct place at, const char *where, const char *format,
	      ...)
{
	struct diag *diag = room_for_one(diags);
	va_list args;

	if (!diag)
		return;
	va_start(args, format);
	*diag = (struct diag){
		.at = at,
		.where = arena_strdup(diags->arena, where),
		.what = arena_vprintf(diags->arena, format, args),
		.order = diags->len,
	};
	va_end(args);
}

void diag_hide_line(struct diags *diags)
{
	if (diags->more == 0 && diags->len > 0)
		diags->at[diags->len - 1].hidden_line = true;
}

static int compare(const void *left, const void *right)
{
	const struct diag *a = left, *b = right;
	int order;

	if (!a->at.file || !b->at.file)
		order = (a->at.file != NULL) - (b->at.file != NULL);
	else
		order = strcmp(a->at.file->path, b->at.file->path);
	if (order == 0)
		order = (a->at.line > b->at.line) - (a->at.line < b->at.line);
	if (order == 0)
		order = (a->at.column > b->at.column) - (a->at.column < b->at.column);
	return order ? order : (a->order > b->order) - (a->order < b->order);
}

void diags_sort(struct diags *diags)
{
	if (diags->len > 1)
		qsort(diags->at, diags->len, sizeof(*diags->at), compare);
}

/* A line of a file; looking for a later one goes on from here. */
struct cursor {
	const struct file *file;
	unsigned line;
	const char *start;
	size_t len; /* without its break */
};

/* The length of the line break at `at`, 0 for none: YAML has five of them. */
static size_t line_break(const char *at, const char *end)
{
	size_t left = (size_t)(end - at);

	if (*at == '\n')
		return 1;
	if (*at == '\r')
		return left > 1 && at[1] == '\n' ? 2 : 1;
	if (*at == '\xc2' && left > 1 && at[1] == '\x85')
		return 2;
	if (*at == '\xe2' && left > 2 && at[1] == '\x80' &&
	    (at[2] == '\xa8' || at[2] == '\xa9'))
		return 3;
	return 0;
}

static size_t line_length(const char *start, const char *end)
{
	const char *at = start;

	while (at < end && line_break(at, end) == 0)
		at++;
	return (size_t)(at - start);
}

static bool go_to(struct cursor *cursor, struct place at)
{
	const char *end = at.file->text + at.file->len;

	if (cursor->file != at.file || cursor->line > at.line) {
		*cursor = (struct cursor){ at.file, 1, at.file->text, 0 };
		if (str_starts(cursor->start, "\xef\xbb\xbf"))
			cursor->start += 3;
		cursor->len = line_length(cursor->start, end);
	}
	while (cursor->line < at.line) {
		cursor->start += cursor->len;
		if (cursor->start >= end)
			return false;
		cursor->start += line_break(cursor->start, end);
		cursor->len = line_length(cursor->start, end);
		cursor->line++;
	}
	return true;
}

static bool is_name(const char *value)
{
	value += strspn(value, " \t\"'");
	value += strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			       "0123456789_.-");
	value += strspn(value, " \t\"'");
	return strchr("},#", *value) != NULL;
}

/* Does the key that ends right before the colon at `colon` hold a secret in clear? */
static bool names_a_secret(const char *line, const char *colon)
{
	const char *end = colon, *start;

	while (end > line && strchr(" \t\"'", end[-1]))
		end--;
	start = end;
	while (start > line && end - start < KEY_MAX && !strchr(" \t\"'{,[", start[-1]))
		start--;
	if (end - start == 6 && strncmp(start, "secret", 6) == 0)
		return !is_name(colon + 1); /* {secret: NAME} */
	for (; start + 6 <= end; start++)
		if (strncasecmp(start, "secret", 6) == 0 ||
		    strncasecmp(start, "passwo", 6) == 0 ||
		    strncasecmp(start, "passph", 6) == 0)
			return true;
	return false;
}

/* Stars over the value at `value`: a quoted one to its quote, else all that is left. */
static void mask_value(char *value)
{
	static const char *const harmless[] = { "null", "true", "false" };
	char quote = '\0';

	value += strspn(value, " \t");
	if (*value == '{')
		return;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
		if (str_starts(value, harmless[i]) &&
		    strchr(" \t,}#", value[strlen(harmless[i])]))
			return;
	if (*value == '"' || *value == '\'')
		quote = *value++;
	for (; *value; value++) {
		if (quote && *value == quote && (quote == '"' || value[1] != quote))
			return;
		if (quote && value[1] &&
		    (*value == quote || (quote == '"' && *value == '\\')))
			*value++ = '*'; /* an escape of two characters */
		*value = '*';
	}
}

/* What people see goes to logs and reports: a secret in clear stays in the file. */
static void mask_secrets(char *line)
{
	for (char *colon = strchr(line, ':'); colon; colon = strchr(colon + 1, ':'))
		if (names_a_secret(line, colon))
			mask_value(colon + 1);
}

static const char *skip_chars(const char *at, size_t count)
{
	while (*at && count > 0) {
		at++;
		while (((unsigned char)*at & 0xc0) == 0x80)
			at++;
		count--;
	}
	return at;
}

/* The line with a caret below the place. */
static void add_excerpt(struct text *out, struct cursor *cursor, struct place at)
{
	size_t before = at.column - 1, skipped = 0;
	const char *shown, *end;
	char *line;

	if (!go_to(cursor, at) || cursor->len > LINE_MAX_SHOWN)
		return;
	line = arena_strndup(out->arena, cursor->start, cursor->len);
	if (strstr(line, "PRIVATE KEY"))
		return;
	mask_secrets(line);
	for (char *tab = strchr(line, '\t'); tab; tab = strchr(tab, '\t'))
		*tab = ' ';
	if (before > SHOWN_BEFORE)
		skipped = before - SHOWN_BEFORE;
	shown = skip_chars(line, skipped);
	end = skip_chars(shown, SHOWN);
	text_addf(out, "\n%4u | %s%s%s\n     | %*s^", at.line, skipped ? "..." : "",
		  str_safe(out->arena,
			   arena_strndup(out->arena, shown, (size_t)(end - shown)),
			   SHOWN * 4 + 4),
		  *end ? "..." : "", (int)(before - skipped + (skipped ? 3 : 0)), "");
}

static void print_one(struct text *out, const struct diag *diag, struct cursor *cursor)
{
	if (diag->at.file) {
		text_addf(out, "%s:", diag->at.file->path);
		if (diag->at.line > 0)
			text_addf(out, "%u:%u:", diag->at.line, diag->at.column);
		text_addc(out, ' ');
	}
	if (*diag->where)
		text_addf(out, "%s: ", diag->where);
	text_add(out, diag->what);
	if (diag->at.file && diag->at.line > 0 && !diag->hidden_line)
		add_excerpt(out, cursor, diag->at);
}

void diag_print(struct text *out, const struct diag *diag)
{
	struct cursor cursor = { 0 };

	print_one(out, diag, &cursor);
}

static bool same_line(const struct diag *a, const struct diag *b)
{
	return a->at.file == b->at.file && a->at.line == b->at.line;
}

/* What one mistake hides, its neighbours of the same line must not show. */
static void hide_lines(struct diags *diags)
{
	for (size_t i = 1; i < diags->len; i++)
		if (diags->at[i - 1].hidden_line &&
		    same_line(&diags->at[i - 1], &diags->at[i]))
			diags->at[i].hidden_line = true;
	for (size_t i = diags->len; i > 1; i--)
		if (diags->at[i - 1].hidden_line &&
		    same_line(&diags->at[i - 2], &diags->at[i - 1]))
			diags->at[i - 2].hidden_line = true;
}

void diags_print(struct text *out, struct diags *diags)
{
	struct cursor cursor = { 0 };

	diags_sort(diags);
	hide_lines(diags);
	for (size_t i = 0; i < diags->len; i++) {
		print_one(out, &diags->at[i], &cursor);
		text_addc(out, '\n');
	}
	if (diags->more > 0)
		text_addf(out, "and %zu more mistakes\n", diags->more);
}

char *place_print(struct arena *arena, struct place at)
{
	if (!at.file)
		return arena_strdup(arena, "built-in");
	return arena_printf(arena, "%s:%u", at.file->path, at.line);
}
