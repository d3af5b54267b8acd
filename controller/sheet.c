#include "controller/sheet.h"

#include "base/when.h"

#include <string.h>

enum { WORDS_MAX = 1000, COMMIT_SHORT = 8 };

static const char plain[] = "\x1b[0m";

static const char *color_of(enum tone tone)
{
	switch (tone) {
	case TONE_GOOD:
		return "\x1b[32m";
	case TONE_BAD:
		return "\x1b[31m";
	case TONE_WAIT:
	case TONE_DRIFT:
		return "\x1b[33m";
	case TONE_BUSY:
		return "\x1b[36m";
	case TONE_DIM:
		return "\x1b[2m";
	}
	return plain;
}

enum tone sheet_tone(const char *health)
{
	static const struct {
		const char *health;
		enum tone tone;
	} tones[] = {
		{ "ok", TONE_GOOD },      { "working", TONE_BUSY },
		{ "failed", TONE_BAD },   { "disputed", TONE_BAD },
		{ "waiting", TONE_WAIT }, { "drift", TONE_DRIFT },
		{ "unknown", TONE_WAIT },
	};

	for (size_t i = 0; i < sizeof(tones) / sizeof(tones[0]); i++)
		if (str_equal(tones[i].health, health))
			return tones[i].tone;
	return TONE_DIM;
}

const char *sheet_safe(const struct sheet *sheet, const char *text)
{
	return text ? str_safe(sheet->arena, text, WORDS_MAX) : "";
}

const char *sheet_member(const struct sheet *sheet, const json_t *object, const char *key)
{
	const char *text = document_text(object, key);

	return text ? sheet_safe(sheet, text) : NULL;
}

const char *sheet_commit(const struct sheet *sheet, const json_t *object, const char *key)
{
	const char *hex = document_text(object, key);

	return hex ? sheet_safe(sheet, arena_strndup(sheet->arena, hex,
						     strnlen(hex, COMMIT_SHORT)))
		   : NULL;
}

const char *sheet_when(const struct sheet *sheet, const json_t *object, const char *key)
{
	int64_t at;

	if (!when_read(&at, document_text(object, key)))
		return NULL;
	return page_relative(sheet->arena, at - sheet->now);
}

void sheet_add(struct sheet *sheet, const char *text)
{
	text_add(&sheet->out, text);
}

void sheet_paint(struct sheet *sheet, enum tone tone, const char *text)
{
	if (sheet->form->color)
		sheet_add(sheet, color_of(tone));
	sheet_add(sheet, text);
	if (sheet->form->color)
		sheet_add(sheet, plain);
}

void sheet_label(struct sheet *sheet, const char *name)
{
	text_addf(&sheet->out, "%-*s", LABEL, name);
}

void sheet_row(struct sheet *sheet, const char *name, const char *text)
{
	if (!text)
		return;
	sheet_label(sheet, name);
	sheet_add(sheet, text);
	sheet_add(sheet, "\n");
}

const char *sheet_also(const struct sheet *sheet, const char *before, const char *text)
{
	return text ? arena_printf(sheet->arena, "%s%s", before, text) : "";
}

const char *sheet_addresses(const struct sheet *sheet, const json_t *guest)
{
	const json_t *all = json_object_get(guest, "addresses");
	struct text out;
	size_t i;
	json_t *one;

	text_init(&out, sheet->arena);
	json_array_foreach (all, i, one)
		text_addf(&out, "%s%s", i > 0 ? " " : "",
			  sheet_safe(sheet, json_string_value(one)));
	return out.len > 0 ? text_str(&out) : NULL;
}

void sheet_heading(struct sheet *sheet, const char *words)
{
	text_addf(&sheet->out, "\n%s\n", words);
}

void sheet_command(struct sheet *sheet, const char *command)
{
	if (!command)
		return;
	sheet_add(sheet, "      ");
	sheet_paint(sheet, TONE_BUSY, sheet_safe(sheet, command));
	sheet_add(sheet, "\n");
}

void sheet_action(struct sheet *sheet, const json_t *action)
{
	bool ok = json_is_true(json_object_get(action, "ok"));

	text_addf(&sheet->out, "%s: ", sheet_safe(sheet, document_text(action, "verb")));
	sheet_paint(sheet, ok ? TONE_GOOD : TONE_BAD, ok ? "done" : "failed");
	sheet_add(sheet, sheet_also(sheet, ": ", sheet_member(sheet, action, "error")));
}

void sheet_init(struct sheet *sheet, struct arena *arena, const json_t *status,
		const struct status_form *form)
{
	*sheet = (struct sheet){ .arena = arena, .status = status, .form = form };
	text_init(&sheet->out, arena);
	when_read(&sheet->now, document_text(status, "now"));
}
