/*
 * Address pools as pictures: a square for each address, or a bar when there are many. A
 * state is told by shape as well as by colour; the numbers stand beside it.
 */
#include "controller/page/parts.h"

#include "ipam/net.h"

#include <inttypes.h>

enum {
	CELLS_MAX = 1024, /* addresses, each drawn as one cell */
	CELLS_WIDE = 256, /* beyond these, smaller cells */
	RANGES_MAX = 128, /* told one by one */
	BAR_WIDTH = 1000,
	BAR_HEIGHT = 20,
};

static const struct kind {
	const char *state;
	const char *cell; /* a path that begins in the corner of a cell of 10 by 10 */
	int height;       /* in a bar */
} kinds[] = {
	{ "used", "m1 1h8v8h-8z", 20 },
	{ "resting", "m1 9v-8h8z", 12 },
	{ "excluded", "m1.5 4.5h7v1h-7z", 6 },
	{ "free", "m3.5 3.5h3v3h-3z", 2 },
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static double count_of(const json_t *run)
{
	int64_t count = document_number(run, "count");

	return count > 0 ? (double)count : 0;
}

static double total_of(const json_t *runs, const char *state)
{
	double total = 0;
	size_t i;
	json_t *run;

	json_array_foreach (runs, i, run)
		if (!state || str_equal(document_text(run, "state"), state))
			total += count_of(run);
	return total;
}

/* All cells of one state are one path. */
static void put_cells(struct page *page, const json_t *runs, const struct kind *kind,
		      size_t columns)
{
	size_t i, at = 0;
	json_t *run;

	page_addf(page, "<path class=%s d=\"", kind->state);
	json_array_foreach (runs, i, run) {
		size_t count = (size_t)count_of(run);

		for (size_t n = 0; n < count; n++, at++)
			if (str_equal(document_text(run, "state"), kind->state))
				text_addf(&page->out, "M%zu %zu%s", at % columns * 10,
					  at / columns * 10, kind->cell);
	}
	page_add(page, "\"/>");
}

static void put_grid(struct page *page, const json_t *runs, const char *label,
		     size_t total)
{
	size_t columns = total <= CELLS_WIDE ? 32 : 64;

	page_addf(page,
		  "<svg class=cells role=img aria-label=\"%s\" viewBox=\"0 0 %zu %zu\">",
		  label, columns * 10, (total + columns - 1) / columns * 10);
	for (size_t i = 0; i < KINDS; i++)
		put_cells(page, runs, &kinds[i], columns);
	page_add(page, "</svg>\n");
}

static void put_bar(struct page *page, const json_t *runs, const char *label,
		    double total)
{
	double at = 0;
	size_t i;
	json_t *run;

	page_addf(page,
		  "<svg class=bar role=img aria-label=\"%s\" viewBox=\"0 0 %d %d\" "
		  "preserveAspectRatio=none>",
		  label, BAR_WIDTH, BAR_HEIGHT);
	json_array_foreach (runs, i, run) {
		double x = at / total * BAR_WIDTH;
		double width = count_of(run) / total * BAR_WIDTH;

		at += count_of(run);
		for (size_t k = 0; k < KINDS; k++)
			if (str_equal(document_text(run, "state"), kinds[k].state))
				page_addf(page,
					  "<rect class=%s x=%.2f y=%d width=%.2f "
					  "height=%d />",
					  kinds[k].state, x, BAR_HEIGHT - kinds[k].height,
					  width < 1.5 ? 1.5 : width, kinds[k].height);
	}
	page_add(page, "</svg>\n");
}

/* The last address of a run; its first when that cannot be told. */
static const char *last_of(struct page *page, const json_t *run)
{
	const char *first = document_text(run, "first");
	int64_t count = document_number(run, "count");
	struct error err = { 0 };
	struct addr addr, last;
	char *text = arena_alloc(page->arena, ADDR_TEXT, 1);

	if (!first || count < 1 || !addr_read(&addr, first, &err) ||
	    !addr_plus(&last, &addr, (uint64_t)count - 1))
		return page_safe(page, first);
	addr_print(&last, text);
	return text;
}

static void put_ranges(struct page *page, const json_t *runs)
{
	size_t i;
	json_t *run;

	if (json_array_size(runs) == 0 || json_array_size(runs) > RANGES_MAX)
		return;
	page_add(page,
		 "<details class=ranges><summary>Ranges</summary>\n<table><thead><tr>"
		 "<th scope=col>First</th><th scope=col>Last</th>"
		 "<th scope=col>Count</th><th scope=col>State</th></tr></thead>"
		 "<tbody>\n");
	json_array_foreach (runs, i, run)
		page_addf(page,
			  "<tr><td>%s</td><td>%s</td><td>%" PRId64
			  "</td><td>%s</td></tr>\n",
			  page_safe(page, document_text(run, "first")),
			  last_of(page, run), document_number(run, "count"),
			  page_safe(page, document_text(run, "state")));
	page_add(page, "</tbody></table></details>\n");
}

static const char *numbers_of(struct page *page, const json_t *pool)
{
	double excluded = total_of(json_object_get(pool, "runs"), "excluded");
	struct text out;

	text_init(&out, page->arena);
	text_addf(&out, "%" PRId64 " of %" PRId64 " used", document_number(pool, "used"),
		  document_number(pool, "size"));
	if (document_number(pool, "resting") > 0)
		text_addf(&out, ", %" PRId64 " resting",
			  document_number(pool, "resting"));
	text_addf(&out, ", %" PRId64 " free", document_number(pool, "free"));
	if (excluded > 0)
		text_addf(&out, ", %.0f excluded", excluded);
	return text_str(&out);
}

static void put_pool(struct page *page, const json_t *pool)
{
	const json_t *runs = json_object_get(pool, "runs");
	const char *numbers = numbers_of(page, pool);
	double total = total_of(runs, NULL);

	page_addf(page, "<figure class=pool data-key=\"%s\"><figcaption><h3>",
		  page_safe(page, document_text(pool, "name")));
	page_text(page, document_text(pool, "name"));
	page_addf(page, "</h3> <span class=cidr>%s</span> <span class=numbers>%s</span>",
		  page_safe(page, document_text(pool, "cidr")), numbers);
	page_add(page, "</figcaption>\n");
	if (total > CELLS_MAX)
		put_bar(page, runs, numbers, total);
	else if (total > 0)
		put_grid(page, runs, numbers, (size_t)total);
	put_ranges(page, runs);
	page_add(page, "</figure>\n");
}

static void put_legend(struct page *page)
{
	page_add(page, "<ul class=legend>");
	for (size_t i = 0; i < KINDS; i++)
		page_addf(
			page,
			"<li><svg aria-hidden=true viewBox=\"0 0 10 10\"><path class=%s "
			"d=\"M0 0%s\"/></svg>%s</li>",
			kinds[i].state, kinds[i].cell, kinds[i].state);
	page_add(page, "</ul>\n");
}

void page_pools(struct page *page)
{
	const json_t *pools = json_object_get(page->status, "pools");
	size_t i;
	json_t *pool;

	if (json_array_size(pools) == 0)
		return;
	page_add(page, "<section aria-labelledby=pools>\n<h2 id=pools>Addresses</h2>\n");
	put_legend(page);
	page_add(page, "<div class=pools>\n");
	json_array_foreach (pools, i, pool)
		put_pool(page, pool);
	page_add(page, "</div></section>\n");
}
