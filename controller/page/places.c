/* The repository, the cluster, and what comes to an end. */
#include "controller/page/parts.h"

#include "base/when.h"

enum { EXPIRES_SOON = 30 * 86400 };

static void put_reach(struct page *page, const json_t *place)
{
	const json_t *reachable = json_object_get(place, "reachable");

	if (json_is_true(reachable))
		page_badge(page, TONE_GOOD, SHAPE_OK, "answers");
	else if (json_is_false(reachable))
		page_badge(page, TONE_BAD, SHAPE_CROSS, "does not answer");
	else
		page_badge(page, TONE_DIM, SHAPE_UNKNOWN, "not asked yet");
}

static void put_row(struct page *page, const char *what, const char *text)
{
	if (!text)
		return;
	page_addf(page, "<div><dt>%s</dt><dd>", what);
	page_text(page, text);
	page_add(page, "</dd></div>\n");
}

static void put_commit_row(struct page *page, const char *what, const char *commit,
			   const char *moment)
{
	if (!commit)
		return;
	page_addf(page, "<div><dt>%s</dt><dd><code class=hex>%s</code> ", what,
		  page_safe(page, commit));
	page_time(page, moment);
	page_add(page, "</dd></div>\n");
}

static void put_repository(struct page *page)
{
	const json_t *repository = json_object_get(page->status, "repository");

	page_add(page, "<section class=place aria-labelledby=repository>\n"
		       "<h2 id=repository>Repository</h2>\n");
	put_reach(page, repository);
	page_add(page, "\n<dl>\n");
	put_row(page, "Name", document_text(repository, "name"));
	put_row(page, "Branch", document_text(repository, "branch"));
	put_commit_row(page, "Newest", document_text(repository, "tip"), NULL);
	put_commit_row(page, "Applied", document_text(repository, "applied"),
		       document_text(repository, "applied_at"));
	put_row(page, "Says", document_text(repository, "error"));
	page_add(page, "</dl></section>\n");
}

static void put_node(struct page *page, const json_t *node)
{
	bool resting = json_is_true(json_object_get(node, "maintenance"));

	page_add(page, "<li>");
	if (!json_is_true(json_object_get(node, "online")))
		page_badge(page, TONE_BAD, SHAPE_CROSS, "offline");
	else if (resting)
		page_badge(page, TONE_WAIT, SHAPE_HELD, "maintenance");
	else
		page_badge(page, TONE_GOOD, SHAPE_OK, "online");
	page_add(page, " ");
	page_text(page, document_text(node, "name"));
	page_add(page, "</li>\n");
}

static void put_cluster(struct page *page)
{
	const json_t *cluster = json_object_get(page->status, "cluster");
	const json_t *quorate = json_object_get(cluster, "quorate");
	size_t i;
	json_t *node;

	page_add(page, "<section class=place aria-labelledby=cluster>\n"
		       "<h2 id=cluster>Cluster</h2>\n");
	put_reach(page, cluster);
	if (json_is_boolean(quorate)) {
		page_add(page, " ");
		page_badge(page, json_is_true(quorate) ? TONE_GOOD : TONE_BAD,
			   json_is_true(quorate) ? SHAPE_OK : SHAPE_CROSS,
			   json_is_true(quorate) ? "quorate" : "not quorate");
	}
	page_add(page, "\n<dl>\n");
	put_row(page, "Name", document_text(cluster, "name"));
	put_row(page, "Endpoint", document_text(cluster, "endpoint"));
	put_row(page, "Says", document_text(cluster, "error"));
	page_add(page, "</dl>\n<ul class=nodes>\n");
	json_array_foreach (json_object_get(cluster, "nodes"), i, node)
		put_node(page, node);
	page_add(page, "</ul></section>\n");
}

void page_places(struct page *page)
{
	if (!page->status)
		return;
	page_add(page, "<div class=places>\n");
	put_repository(page);
	put_cluster(page);
	page_add(page, "</div>\n");
}

static void put_expiry(struct page *page, const json_t *expiry)
{
	int64_t at;

	when_read(&at, document_text(expiry, "at"));
	page_add(page, "<li>");
	if (at <= page->now)
		page_badge(page, TONE_BAD, SHAPE_CROSS, "expired");
	else if (at - page->now < EXPIRES_SOON)
		page_badge(page, TONE_WAIT, SHAPE_WAIT, "soon");
	else
		page_badge(page, TONE_GOOD, SHAPE_OK, "good");
	page_add(page, " ");
	page_text(page, document_text(expiry, "what"));
	page_add(page, " ");
	page_time(page, document_text(expiry, "at"));
	page_add(page, "</li>\n");
}

void page_expiries(struct page *page)
{
	const json_t *expiries = json_object_get(page->status, "expiries");
	size_t i;
	json_t *expiry;

	if (json_array_size(expiries) == 0)
		return;
	page_add(page,
		 "<section aria-labelledby=expiries>\n<h2 id=expiries>Expiries</h2>\n"
		 "<ul class=expiries>\n");
	json_array_foreach (expiries, i, expiry)
		put_expiry(page, expiry);
	page_add(page, "</ul></section>\n");
}
