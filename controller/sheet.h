/*
 * What the status document is written with as text for a terminal. Every word from
 * outside passes sheet_safe.
 */
#pragma once

#include "base/text.h"
#include "controller/page/parts.h"
#include "controller/status_text.h"

enum { LABEL = 12 }; /* columns of a label */

struct sheet {
	struct text out;
	struct arena *arena;
	const json_t *status;
	int64_t now; /* when the document was made */
	const struct status_form *form;
};

void sheet_init(struct sheet *sheet, struct arena *arena, const json_t *status,
		const struct status_form *form);

/* Text from outside, made safe; "" for NULL. */
const char *sheet_safe(const struct sheet *sheet, const char *text);
/* A member that is a text, made safe; NULL when it is none. */
const char *sheet_member(const struct sheet *sheet, const json_t *object,
			 const char *key);
/* The first digits of a commit; NULL when there is none. */
const char *sheet_commit(const struct sheet *sheet, const json_t *object,
			 const char *key);
/* "4 min ago", "in 42 s"; NULL when the member is no moment. */
const char *sheet_when(const struct sheet *sheet, const json_t *object, const char *key);
/* The addresses of a guest; NULL when it has none. */
const char *sheet_addresses(const struct sheet *sheet, const json_t *guest);
/* The text behind others; "" for NULL. */
const char *sheet_also(const struct sheet *sheet, const char *before, const char *text);

void sheet_add(struct sheet *sheet, const char *text);
/* In a colour, where there are any. */
void sheet_paint(struct sheet *sheet, enum tone tone, const char *text);
/* How a guest is, as a colour. */
enum tone sheet_tone(const char *health);

void sheet_label(struct sheet *sheet, const char *name);
/* A line with a label; none when there is nothing to say. */
void sheet_row(struct sheet *sheet, const char *name, const char *text);
void sheet_heading(struct sheet *sheet, const char *words);
/* A line with a command to type; none for NULL. */
void sheet_command(struct sheet *sheet, const char *command);
/* "create: done", of an action of a pass. */
void sheet_action(struct sheet *sheet, const json_t *action);
