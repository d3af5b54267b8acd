#include "controller/page/markup.h"

#include "base/when.h"

#include <inttypes.h>
#include <string.h>

enum {
	TEXT_MAX = 1000,
	LONG_TEXT = 220, /* longer ones are cut */
	CUT_TEXT = 140,
	COMMIT_SHORT = 8,
};

static const char *const tones[] = {
	[TONE_GOOD] = "good", [TONE_BUSY] = "busy",   [TONE_BAD] = "bad",
	[TONE_WAIT] = "wait", [TONE_DRIFT] = "drift", [TONE_DIM] = "dim",
};

/* Each is drawn in a square of 16. */
static const struct drawing {
	const char *name, *path;
} drawings[] = {
	[SHAPE_OK] = { "ok", "M3.5 8.5l3 3 6-7" },
	[SHAPE_BUSY] = { "busy", "M13 8a5 5 0 1 1-1.6-3.7M13 2v3h-3" },
	[SHAPE_CROSS] = { "cross", "M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6" },
	[SHAPE_WAIT] = { "wait", "M8 3v6.2M8 12.6v.1" },
	[SHAPE_ALERT] = { "alert", "M8 2.2l6.2 11H1.8zM8 6.4v3M8 11.4v.1" },
	[SHAPE_DRIFT] = { "drift", "M3 6h10M3 10h10M10 3l-4 10" },
	[SHAPE_UNKNOWN] = { "unknown", "M5.6 6a2.4 2.4 0 1 1 3.4 2.2c-.8.4-1 .8-1 1.6M8 "
				       "12.6v.1" },
	[SHAPE_HELD] = { "held", "M6 4v8M10 4v8" },
	[SHAPE_OFF] = { "off", "M5 5h6v6H5z" },
	[SHAPE_IDLE] = { "idle", "M3.5 8h9" },
};

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	return NULL;
}

/* Letters, digits and the like stay as they are, and most texts have nothing else. */
static bool is_plain(const char *text)
{
	size_t len = 0;

	for (; text[len]; len++)
		if (text[len] < ' ' || text[len] > '~' || entity(text[len]))
			return false;
	return len <= TEXT_MAX;
}

const char *page_safe(const struct page *page, const char *text)
{
	struct text out;

	if (!text || is_plain(text))
		return text ? text : "";
	text_init(&out, page->arena);
	for (const char *at = str_safe(page->arena, text, TEXT_MAX); *at; at++) {
		const char *instead = entity(*at);

		if (instead)
			text_add(&out, instead);
		else
			text_addc(&out, *at);
	}
	return text_str(&out);
}

const char *page_relative(struct arena *arena, int64_t seconds)
{
	static const int64_t minute = 60, hour = 3600, day = 86400;
	int64_t s = seconds < 0 ? -seconds : seconds, count = s;
	const char *unit = "s";

	if (s < 5)
		return seconds < 0 ? "just now" : "now";
	if (s >= day + day / 2) {
		count = (s + day / 2) / day;
		unit = "days";
	} else if (s >= hour + hour / 2) {
		count = (s + hour / 2) / hour;
		unit = "h";
	} else if (s >= minute + minute / 2) {
		count = (s + minute / 2) / minute;
		unit = "min";
	}
	return arena_printf(arena,
			    seconds < 0 ? "%" PRId64 " %s ago" : "in %" PRId64 " %s",
			    count, unit);
}

void page_add(struct page *page, const char *markup)
{
	text_add(&page->out, markup);
}

void page_addf(struct page *page, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	text_add(&page->out, arena_vprintf(page->arena, format, args));
	va_end(args);
}

void page_text(struct page *page, const char *text)
{
	if (text)
		page_addf(page, "<bdi>%s</bdi>", page_safe(page, text));
}

void page_long_text(struct page *page, const char *text)
{
	if (!text || strlen(text) <= LONG_TEXT) {
		page_text(page, text);
		return;
	}
	page_add(page, "<details class=more><summary>");
	page_text(page, str_safe(page->arena, text, CUT_TEXT));
	page_add(page, "</summary>");
	page_text(page, text);
	page_add(page, "</details>");
}

static void add_time(struct page *page, const char *moment, const char *class,
		     int64_t least)
{
	int64_t at;

	if (!when_read(&at, moment))
		return;
	at -= page->now;
	page_addf(page, "<time%s datetime=\"%s\" title=\"%.10s %.8s UTC\">%s</time>",
		  class, moment, moment, moment + 11,
		  page_relative(page->arena, at < least ? least : at));
}

void page_time(struct page *page, const char *moment)
{
	add_time(page, moment, "", INT64_MIN);
}

void page_until(struct page *page, const char *moment)
{
	add_time(page, moment, " class=until", 0);
}

void page_commit(struct page *page, const char *hex)
{
	if (hex)
		page_addf(page, "<code class=commit>%s</code>",
			  page_safe(page, arena_strndup(page->arena, hex,
							strnlen(hex, COMMIT_SHORT))));
}

void page_command(struct page *page, const char *command)
{
	const char *safe = page_safe(page, command);

	if (command)
		page_addf(page,
			  "<div class=command><code>%s</code><button type=button "
			  "class=copy>Copy<span class=aside> %s</span></button></div>",
			  safe, safe);
}

const char *page_tone(enum tone tone)
{
	return tones[tone];
}

void page_shape(struct page *page, enum shape shape)
{
	page_addf(page, "<svg class=icon aria-hidden=true><use href=\"#i-%s\"/></svg>",
		  drawings[shape].name);
}

void page_badge(struct page *page, enum tone tone, enum shape shape, const char *word)
{
	page_addf(page, "<span class=\"badge %s\">", tones[tone]);
	page_shape(page, shape);
	page_add(page, page_safe(page, word));
	page_add(page, "</span>");
}

void page_sprite(struct page *page)
{
	page_add(page, "<svg class=sprite aria-hidden=true>");
	for (size_t i = 0; i < sizeof(drawings) / sizeof(drawings[0]); i++)
		page_addf(
			page,
			"<symbol id=i-%s viewBox=\"0 0 16 16\"><path d=\"%s\"/></symbol>",
			drawings[i].name, drawings[i].path);
	page_add(page, "</svg>\n");
}
