#include "controller/page/parts.h"

#include <inttypes.h>

static const struct result {
	const char *word;
	enum tone tone;
	enum shape shape;
} results[] = {
	{ "ok", TONE_GOOD, SHAPE_OK },          { "idle", TONE_DIM, SHAPE_IDLE },
	{ "partial", TONE_WAIT, SHAPE_WAIT },   { "refused", TONE_WAIT, SHAPE_HELD },
	{ "failed", TONE_BAD, SHAPE_CROSS },    { "invalid", TONE_BAD, SHAPE_ALERT },
	{ "interrupted", TONE_DIM, SHAPE_OFF },
};

static const struct result *result_of(const json_t *pass)
{
	static const struct result other = { "unknown", TONE_DIM, SHAPE_UNKNOWN };

	for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++)
		if (str_equal(results[i].word, document_text(pass, "result")))
			return &results[i];
	return &other;
}

static void put_action(struct page *page, const json_t *action)
{
	bool ok = json_is_true(json_object_get(action, "ok"));

	page_add(page, "<li>");
	page_badge(page, ok ? TONE_GOOD : TONE_BAD, ok ? SHAPE_OK : SHAPE_CROSS,
		   ok ? "done" : "failed");
	page_add(page, " <span>");
	page_text(page, document_text(action, "verb"));
	page_add(page, " <strong>");
	page_text(page, document_text(action, "guest"));
	page_add(page, "</strong>");
	if (document_text(action, "error")) {
		page_add(page, " ");
		page_text(page, document_text(action, "error"));
	}
	page_add(page, "</span></li>\n");
}

/* What it did, once opened. */
static void put_inside(struct page *page, const json_t *pass)
{
	const json_t *actions = json_object_get(pass, "actions");
	const char *error = document_text(pass, "error");
	size_t i;
	json_t *action;

	if (error) {
		page_add(page, "<p class=error>");
		page_text(page, error);
		page_add(page, "</p>\n");
	}
	if (json_array_size(actions) > 0) {
		page_add(page, "<ul class=actions>\n");
		json_array_foreach (actions, i, action)
			put_action(page, action);
		page_add(page, "</ul>\n");
	}
	page_addf(page,
		  "<p class=cost>Pass %" PRId64 ": %" PRId64
		  " requests to Proxmox, %" PRId64 " of them writes; exit code %" PRId64
		  "</p>\n",
		  document_number(pass, "n"), document_number(pass, "requests"),
		  document_number(pass, "writes"), document_number(pass, "exit"));
}

static void put_pass(struct page *page, const json_t *pass)
{
	const struct result *result = result_of(pass);
	size_t actions = json_array_size(json_object_get(pass, "actions"));

	page_addf(page, "<li data-key=\"%" PRId64 "\"><details><summary>",
		  document_number(pass, "n"));
	page_badge(page, result->tone, result->shape, result->word);
	page_add(page, "<span class=what>");
	page_commit(page, document_text(pass, "commit"));
	page_add(page, " <span class=subject>");
	page_text(page, document_text(pass, "subject"));
	page_add(page, "</span> <small>");
	page_text(page, document_text(pass, "cause"));
	if (document_text(pass, "author")) {
		page_add(page, ", ");
		page_text(page, document_text(pass, "author"));
	}
	if (actions > 0)
		page_addf(page, ", %zu action%s", actions, actions > 1 ? "s" : "");
	page_add(page, "</small></span><span class=took>");
	page_time(page, document_text(pass, "began"));
	page_addf(page, " <small>%.1f s</small></span></summary>\n<div class=inside>",
		  json_number_value(json_object_get(pass, "seconds")));
	put_inside(page, pass);
	page_add(page, "</div></details></li>\n");
}

void page_passes(struct page *page)
{
	const json_t *passes = json_object_get(page->status, "passes");
	size_t i;
	json_t *pass;

	if (!page->status)
		return;
	page_add(page,
		 "<section aria-labelledby=passes>\n<h2 id=passes>Last passes</h2>\n");
	if (json_array_size(passes) == 0)
		page_add(page, "<p class=quiet>There was none yet.</p>\n");
	else {
		page_add(page, "<ol class=passes>\n");
		json_array_foreach (passes, i, pass)
			put_pass(page, pass);
		page_add(page, "</ol>\n");
	}
	page_add(page, "</section>\n");
}
