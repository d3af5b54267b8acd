/* What every part of the status page is written with. */
#pragma once

#include "base/text.h"
#include "controller/document.h"

struct page {
	struct text out;
	struct arena *arena;
	const json_t *status;
	int64_t now; /* when the document was made */
};

/* How something is, and what it looks like: a class of the style sheet and a shape. */
enum tone {
	TONE_GOOD,
	TONE_BUSY,
	TONE_BAD,
	TONE_WAIT,
	TONE_DRIFT,
	TONE_DIM,
};

enum shape {
	SHAPE_OK,
	SHAPE_BUSY,
	SHAPE_CROSS,
	SHAPE_WAIT,
	SHAPE_ALERT,
	SHAPE_DRIFT,
	SHAPE_UNKNOWN,
	SHAPE_HELD,
	SHAPE_OFF,
	SHAPE_IDLE,
};

/* Text from outside made safe for elements and attributes alike; "" for NULL. */
const char *page_safe(const struct page *page, const char *text);

/* "4 min ago", "in 42 s"; the script knows the same words. */
const char *page_relative(struct arena *arena, int64_t seconds);

void page_add(struct page *page, const char *markup);
void page_addf(struct page *page, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Text from outside, as text, which cannot turn the direction of what is beside it. */
void page_text(struct page *page, const char *text);
/* The same; a long one is cut, and whole when opened. */
void page_long_text(struct page *page, const char *text);

/* How long ago, or how soon; nothing when `moment` is none. */
void page_time(struct page *page, const char *moment);
/* The same for what is to come: "now" when it should have come already. */
void page_until(struct page *page, const char *moment);
/* The first digits of a commit; nothing for NULL. */
void page_commit(struct page *page, const char *hex);
/* A command to type; nothing for NULL. */
void page_command(struct page *page, const char *command);

const char *page_tone(enum tone tone);
void page_shape(struct page *page, enum shape shape);
/* A sign with its word, so that colour alone says nothing. */
void page_badge(struct page *page, enum tone tone, enum shape shape, const char *word);
/* The shapes, once in a document. */
void page_sprite(struct page *page);
