/* What is being done now, and what waits for a person. */
#include "controller/page/parts.h"

#include <inttypes.h>

static void put_progress(struct page *page, const json_t *pass)
{
	int64_t done = document_number(pass, "done"), of = document_number(pass, "of");

	page_add(page, "<p class=pass><span>A pass: ");
	page_text(page, document_text(pass, "cause"));
	page_add(page, ", began ");
	page_time(page, document_text(pass, "began"));
	page_add(page, "</span>");
	if (of > 0)
		page_addf(page,
			  "<span class=count>%" PRId64 " of %" PRId64
			  " guest%s done</span></p>\n"
			  "<progress aria-label=\"Guests of this pass\" max=%" PRId64
			  " value=%" PRId64 "></progress>\n",
			  done, of, of == 1 ? "" : "s", of, done);
	else
		page_add(page, "<span class=count>reading and comparing</span></p>\n"
			       "<progress aria-label=\"This pass\"></progress>\n");
}

static void put_step(struct page *page, const json_t *step)
{
	page_addf(page, "<li data-key=\"%s\">",
		  page_safe(page, document_text(step, "guest")));
	page_shape(page, SHAPE_BUSY);
	page_add(page, "<strong>");
	page_text(page, document_text(step, "guest"));
	page_add(page, "</strong> <span>");
	page_text(page, document_text(step, "step"));
	page_add(page, "</span> ");
	page_time(page, document_text(step, "since"));
	if (document_text(step, "upid"))
		page_addf(page, " <code class=upid>%s</code>",
			  page_safe(page, document_text(step, "upid")));
	page_add(page, "</li>\n");
}

void page_doing(struct page *page)
{
	const json_t *pass = json_object_get(page->status, "pass");
	const json_t *steps = json_object_get(page->status, "doing");
	size_t i;
	json_t *step;

	if (!page->status)
		return;
	page_addf(page, "<section%s aria-labelledby=doing>\n<h2 id=doing>Now</h2>\n",
		  json_is_object(pass) || json_array_size(steps) > 0 ? ""
								     : " class=still");
	if (json_is_object(pass))
		put_progress(page, pass);
	else if (json_array_size(steps) == 0)
		page_add(page, "<p class=quiet>Nothing is being done.</p>\n");
	if (json_array_size(steps) > 0) {
		page_add(page, "<ul class=steps>\n");
		json_array_foreach (steps, i, step)
			put_step(page, step);
		page_add(page, "</ul>\n");
	}
	page_add(page, "</section>\n");
}

static void put_wait(struct page *page, const char *about, const char *why,
		     const char *command, const char *since)
{
	page_add(page, "<li>");
	page_shape(page, SHAPE_WAIT);
	page_add(page, "<div>");
	if (about) {
		page_add(page, "<p><strong>");
		page_text(page, about);
		page_add(page, "</strong></p>");
	}
	page_long_text(page, why);
	page_command(page, command);
	page_add(page, "</div>");
	page_time(page, since);
	page_add(page, "</li>\n");
}

static void put_orphan(struct page *page, const json_t *orphan)
{
	const char *name = document_text(orphan, "name"),
		   *node = document_text(orphan, "node");

	put_wait(page,
		 arena_printf(page->arena, "%s (%" PRId64 ")", name ? name : "?",
			      document_number(orphan, "vmid")),
		 arena_printf(page->arena,
			      "is on %s and says that it is ours, but no lease knows it",
			      node ? node : "a node"),
		 document_text(orphan, "command"), NULL);
}

void page_waits(struct page *page)
{
	const json_t *waits = json_object_get(page->status, "waits");
	const json_t *orphans = json_object_get(page->status, "orphans");
	bool any = json_array_size(waits) + json_array_size(orphans) > 0;
	size_t i;
	json_t *entry;

	if (!page->status)
		return;
	page_addf(page,
		  "<section%s aria-labelledby=waits>\n"
		  "<h2 id=waits>Waiting for a person</h2>\n",
		  any ? "" : " class=still");
	if (!any)
		page_add(page, "<p class=quiet>Nothing waits for anybody.</p>\n");
	else {
		page_add(page, "<ul class=waits>\n");
		json_array_foreach (waits, i, entry)
			put_wait(page, document_text(entry, "guest"),
				 document_text(entry, "why"),
				 document_text(entry, "command"),
				 document_text(entry, "since"));
		json_array_foreach (orphans, i, entry)
			put_orphan(page, entry);
		page_add(page, "</ul>\n");
	}
	page_add(page, "</section>\n");
}
