#include "controller/page/parts.h"

#include "base/vec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { FILTER_FROM = 9 }; /* so many guests are worth a box to filter them */

/* How a guest is: the lower the rank, the further up. */
static const struct health {
	const char *word;
	enum tone tone;
	enum shape shape;
	int rank;
} healths[] = {
	{ "failed", TONE_BAD, SHAPE_CROSS, 0 },
	{ "disputed", TONE_BAD, SHAPE_ALERT, 0 },
	{ "waiting", TONE_WAIT, SHAPE_WAIT, 1 },
	{ "drift", TONE_DRIFT, SHAPE_DRIFT, 1 },
	{ "unknown", TONE_DIM, SHAPE_UNKNOWN, 1 },
	{ "working", TONE_BUSY, SHAPE_BUSY, 2 },
	{ "ok", TONE_GOOD, SHAPE_OK, 2 },
	{ "held", TONE_DIM, SHAPE_HELD, 2 },
	{ "released", TONE_DIM, SHAPE_OFF, 2 },
};

enum { HEALTHS = sizeof(healths) / sizeof(healths[0]), HEALTH_UNKNOWN = 4 };

struct guest_row {
	const char *name;
	const json_t *guest;
	const struct health *health;
};

struct guest_rows {
	struct guest_row *at;
	size_t len, cap;
};

static const struct health *health_of(const json_t *guest)
{
	const char *word = document_text(guest, "health");

	for (size_t i = 0; i < HEALTHS; i++)
		if (str_equal(healths[i].word, word))
			return &healths[i];
	return &healths[HEALTH_UNKNOWN];
}

static int by_rank(const void *a, const void *b)
{
	const struct guest_row *x = a, *y = b;

	if (x->health->rank != y->health->rank)
		return x->health->rank < y->health->rank ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void sort_guests(struct guest_rows *out, struct page *page)
{
	size_t i;
	json_t *guest;

	json_array_foreach (json_object_get(page->status, "guests"), i, guest) {
		const char *name = document_text(guest, "name");

		*vec_push(page->arena, out) = (struct guest_row){
			.name = name ? name : "",
			.guest = guest,
			.health = health_of(guest),
		};
	}
	if (out->len > 1)
		qsort(out->at, out->len, sizeof(*out->at), by_rank);
}

/* "996 ok, 3 failed": how many there are of each. */
static void put_counts(struct page *page, const struct guest_rows *rows)
{
	size_t counts[HEALTHS] = { 0 };

	for (size_t i = 0; i < rows->len; i++)
		counts[rows->at[i].health - healths]++;
	page_add(page, "<ul class=counts>");
	for (size_t i = 0; i < HEALTHS; i++) {
		if (counts[i] == 0)
			continue;
		page_add(page, "<li>");
		page_badge(
			page, healths[i].tone, healths[i].shape,
			arena_printf(page->arena, "%zu %s", counts[i], healths[i].word));
		page_add(page, "</li>");
	}
	page_add(page, "</ul>\n");
}

/* Shown by the script alone: without it the box could do nothing. */
static void put_filter(struct page *page)
{
	page_add(page, "<p class=filter data-keep><label for=filter>Filter</label> "
		       "<input type=search id=filter autocomplete=off spellcheck=false "
		       "placeholder=\"name, state, node, address\"> "
		       "<output id=shown for=filter></output></p>\n");
}

/* What is to be said about it, and the command that helps. */
static void put_says(struct page *page, const json_t *guest)
{
	const char *says = document_text(guest, "says"),
		   *step = document_text(guest, "step");
	const char *failing = document_text(guest, "failing_since");

	if (!says && !step && !failing)
		return;
	page_add(page, "<div class=says>");
	if (step) {
		page_text(page, step);
		page_add(page, says ? ": " : " ");
	}
	page_long_text(page, says);
	if (failing) {
		page_add(page, " <span class=failing>first failed ");
		page_time(page, failing);
		page_add(page, "</span>");
	}
	page_command(page, document_text(guest, "command"));
	page_add(page, "</div>");
}

static void put_state(struct page *page, const struct guest_row *row)
{
	const char *state = document_text(row->guest, "state");
	const char *power = document_text(row->guest, "power");
	bool told = state && !str_equal(state, "ready") &&
		    !str_equal(state, row->health->word);
	bool off = power && !str_equal(power, "running");

	page_add(page, "<td class=state>");
	page_badge(page, row->health->tone, row->health->shape, row->health->word);
	if (told || off)
		page_addf(page, " <small>%s%s%s</small>",
			  told ? page_safe(page, state) : "", told && off ? ", " : "",
			  !off                          ? ""
			  : str_equal(power, "unknown") ? "power unknown"
							: page_safe(page, power));
	page_add(page, "</td>");
}

static void put_addresses(struct page *page, const json_t *guest)
{
	size_t i;
	json_t *address;

	page_add(page, "<td class=address>");
	json_array_foreach (json_object_get(guest, "addresses"), i, address)
		page_addf(page, "%s<span>%s</span>", i > 0 ? " " : "",
			  page_safe(page, json_string_value(address)));
	page_add(page, "</td>");
}

static void put_guest(struct page *page, const struct guest_row *row)
{
	const json_t *guest = row->guest;
	const char *name = page_safe(page, row->name);
	const char *type = document_text(guest, "type");
	int64_t vmid = document_number(guest, "vmid");

	page_addf(page,
		  "<tr data-key=\"%s\" class=%s><th scope=row><bdi>%s</bdi> "
		  "<small>%s</small>",
		  name, page_tone(row->health->tone), name,
		  str_equal(type, "lxc") ? "container" : "VM");
	put_says(page, guest);
	page_add(page, "</th>");
	put_state(page, row);
	put_addresses(page, guest);
	page_addf(page, "<td class=node>%s</td><td class=vmid>",
		  page_safe(page, document_text(guest, "node")));
	if (vmid > 0)
		page_addf(page, "%" PRId64, vmid);
	page_add(page, "</td><td class=at>");
	page_commit(page, document_text(guest, "commit"));
	page_add(page, "</td><td class=since>");
	page_time(page, document_text(guest, "since"));
	page_add(page, "</td></tr>\n");
}

static void put_table(struct page *page, const struct guest_rows *rows)
{
	page_add(page,
		 "<table class=guests><caption class=aside>Guests, failing ones first, "
		 "then by name</caption>\n<thead><tr><th scope=col>Guest</th>"
		 "<th scope=col>State</th><th scope=col>Address</th>"
		 "<th scope=col>Node</th><th scope=col>VMID</th>"
		 "<th scope=col>Commit</th><th scope=col>Since</th></tr></thead>\n"
		 "<tbody id=rows>\n");
	for (size_t i = 0; i < rows->len; i++)
		put_guest(page, &rows->at[i]);
	page_add(page, "</tbody></table>\n");
}

void page_guests(struct page *page)
{
	struct guest_rows rows = { 0 };

	sort_guests(&rows, page);
	page_add(page, "<section aria-labelledby=guests>\n"
		       "<h2 id=guests tabindex=-1>Guests</h2>\n");
	if (rows.len == 0)
		page_add(page, "<p class=quiet>There are none.</p>\n");
	else {
		put_counts(page, &rows);
		if (rows.len >= FILTER_FROM)
			put_filter(page);
		put_table(page, &rows);
	}
	page_add(page, "</section>\n");
}
