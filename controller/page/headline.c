#include "controller/page/parts.h"

static bool is_false(const json_t *object, const char *key)
{
	return json_is_false(json_object_get(object, key));
}

static bool any_health(const json_t *status, const char *const *words, size_t len)
{
	size_t i;
	json_t *guest;

	json_array_foreach (json_object_get(status, "guests"), i, guest) {
		const char *health = document_text(guest, "health");

		if (health && str_in(health, words, len))
			return true;
	}
	return false;
}

/* Is something out of the ordinary in the large? */
static bool has_alerts(const json_t *status)
{
	const json_t *repository = json_object_get(status, "repository");
	const json_t *cluster = json_object_get(status, "cluster");

	return json_is_object(json_object_get(repository, "rejected")) ||
	       is_false(repository, "reachable") || is_false(cluster, "reachable") ||
	       is_false(cluster, "quorate");
}

enum tone page_overall(const json_t *status)
{
	static const char *const failing[] = { "failed", "disputed" };

	if (!status)
		return TONE_DIM;
	if (any_health(status, failing, 2) || has_alerts(status))
		return TONE_BAD;
	if (json_array_size(json_object_get(status, "waits")) > 0 ||
	    json_array_size(json_object_get(status, "orphans")) > 0)
		return TONE_WAIT;
	if (json_is_object(json_object_get(status, "pass")))
		return TONE_BUSY;
	return json_is_true(json_object_get(status, "as_desired")) ? TONE_GOOD
								   : TONE_WAIT;
}

static enum shape shape_of(enum tone tone)
{
	switch (tone) {
	case TONE_GOOD:
		return SHAPE_OK;
	case TONE_BUSY:
		return SHAPE_BUSY;
	case TONE_BAD:
		return SHAPE_CROSS;
	case TONE_WAIT:
	case TONE_DRIFT:
		return SHAPE_WAIT;
	case TONE_DIM:
		return SHAPE_UNKNOWN;
	}
	return SHAPE_UNKNOWN;
}

static void begin_alert(struct page *page)
{
	page_add(page, "<li>");
	page_shape(page, SHAPE_ALERT);
	page_add(page, "<div>");
}

static void put_unreachable(struct page *page, const json_t *place, const char *what)
{
	if (!is_false(place, "reachable"))
		return;
	begin_alert(page);
	page_addf(page, "<p><strong>%s</strong></p>", what);
	if (document_text(place, "error")) {
		page_add(page, "<div>");
		page_long_text(page, document_text(place, "error"));
		page_add(page, "</div>");
	}
	page_add(page, "</div></li>\n");
}

/* The tip of the branch that is not acted on, and why. */
static void put_rejected(struct page *page, const json_t *repository)
{
	const json_t *rejected = json_object_get(repository, "rejected");
	const json_t *mistakes = json_object_get(rejected, "mistakes");
	size_t i;
	json_t *mistake;

	if (!json_is_object(rejected))
		return;
	begin_alert(page);
	page_add(page, "<p><strong>Commit ");
	page_commit(page, document_text(rejected, "commit"));
	page_add(page, " is not acted on.</strong> ");
	if (document_text(repository, "applied")) {
		page_commit(page, document_text(repository, "applied"));
		page_add(page, " stays in force.");
	}
	page_add(page, "</p><div>");
	page_long_text(page, document_text(rejected, "why"));
	page_add(page, "</div>");
	if (json_array_size(mistakes) > 0) {
		page_add(page, "<ul class=mistakes>");
		json_array_foreach (mistakes, i, mistake)
			page_addf(page, "<li><code>%s</code></li>",
				  page_safe(page, json_string_value(mistake)));
		page_add(page, "</ul>");
	}
	page_add(page, "</div></li>\n");
}

static void put_alerts(struct page *page)
{
	const json_t *repository = json_object_get(page->status, "repository");
	const json_t *cluster = json_object_get(page->status, "cluster");

	if (!has_alerts(page->status))
		return;
	page_add(page, "<ul class=alerts>\n");
	put_rejected(page, repository);
	put_unreachable(page, repository, "The repository does not answer.");
	put_unreachable(page, cluster, "Proxmox does not answer.");
	if (is_false(cluster, "quorate")) {
		begin_alert(page);
		page_add(page,
			 "<p><strong>The cluster is not quorate.</strong> Nothing is "
			 "changed until it is.</p></div></li>\n");
	}
	page_add(page, "</ul>\n");
}

static void put_fact(struct page *page, const char *what, const char *commit,
		     const char *moment)
{
	if (!commit && !moment)
		return;
	page_addf(page, "<div><dt>%s</dt><dd>", what);
	page_commit(page, commit);
	page_add(page, commit && moment ? " " : "");
	page_time(page, moment);
	page_add(page, "</dd></div>\n");
}

static void put_next(struct page *page)
{
	const json_t *next = json_object_get(page->status, "next");
	const char *what = document_text(next, "what"), *why = document_text(next, "why");

	if (!document_text(next, "at") || !what)
		return;
	page_addf(page, "<div><dt>%s</dt><dd>",
		  str_equal(what, "poll")    ? "Next look"
		  : str_equal(what, "retry") ? "Next try"
					     : "Next pass");
	page_until(page, document_text(next, "at"));
	if (why && !str_equal(what, "poll")) {
		page_add(page, " <span class=why>");
		page_text(page, why);
		page_add(page, "</span>");
	}
	page_add(page, "</dd></div>\n");
}

void page_headline(struct page *page)
{
	const json_t *repository = json_object_get(page->status, "repository");
	const char *summary = document_text(page->status, "summary");
	const char *branch = document_text(repository, "branch");
	enum tone tone = page_overall(page->status);

	page_addf(page, "<section class=\"headline %s\" aria-labelledby=summary>\n",
		  page_tone(tone));
	page_add(page, "<div aria-live=polite aria-atomic=true><h1 id=summary>");
	page_shape(page, shape_of(tone));
	page_add(page, "<span>");
	page_text(page, summary ? summary : "Starting: nothing is known yet");
	page_add(page, "</span></h1></div>\n");
	put_alerts(page);
	page_add(page, "<dl class=facts>\n");
	put_fact(page, "Applied", document_text(repository, "applied"),
		 document_text(repository, "applied_at"));
	put_fact(page, branch ? "Branch looked at" : "Looked at", NULL,
		 document_text(repository, "looked_at"));
	put_next(page);
	page_add(page, "</dl>\n</section>\n");
}
