#include "controller/page.h"

#include "base/when.h"
#include "controller/page/files.h"
#include "controller/page/parts.h"

static void put_head(struct page *page)
{
	const char *cluster =
		document_text(json_object_get(page->status, "cluster"), "name");
	const char *summary = document_text(page->status, "summary");

	page_addf(page,
		  "<!doctype html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
		  "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
		  "<meta name=color-scheme content=\"light dark\">\n"
		  "<meta name=version content=\"%s\">\n<title>%s%s%s</title>\n",
		  page_safe(page, document_text(page->status, "version")),
		  page_safe(page, summary ? summary : "vm7"), cluster ? " \xc2\xb7 " : "",
		  page_safe(page, cluster));
	page_add(page, "<link rel=icon type=\"image/svg+xml\" href=\"page.svg\">\n"
		       "<link rel=stylesheet href=\"page.css\">\n"
		       "<script src=\"page.js\" defer></script>\n"
		       "<noscript><meta http-equiv=refresh content=30></noscript>\n"
		       "</head>\n");
}

/* The name of the program, whose page this is, and whether it is renewed. */
static void put_banner(struct page *page)
{
	const json_t *repository = json_object_get(page->status, "repository");

	page_add(page, "<a class=skip href=\"#guests\">Skip to the guests</a>\n"
		       "<header><p class=mark>vm7</p>\n<p class=where>");
	page_text(page, document_text(json_object_get(page->status, "cluster"), "name"));
	page_add(page, " ");
	page_text(page, document_text(repository, "name"));
	page_add(page,
		 "</p>\n<p class=live id=live role=status data-keep></p></header>\n");
}

static void put_foot(struct page *page)
{
	const json_t *controller = json_object_get(page->status, "controller");
	char now[WHEN_TEXT];

	page_addf(page, "<footer><p>vm7 %s",
		  page_safe(page, document_text(page->status, "version")));
	if (document_text(controller, "since")) {
		page_add(page, ", started ");
		page_time(page, document_text(controller, "since"));
	}
	if (document_text(controller, "state")) {
		page_add(page, ", ");
		page_text(page, document_text(controller, "state"));
	}
	when_print(page->now, now);
	if (page->now > 0)
		page_addf(page, ". As of %.8s UTC", now + 11);
	page_add(page, ". Nothing on this page changes anything.</p></footer>\n");
}

char *page_html(struct arena *arena, const json_t *status)
{
	struct page page = { .arena = arena, .status = status };

	text_init(&page.out, arena);
	when_read(&page.now, document_text(status, "now"));
	put_head(&page);
	page_addf(&page, "<body class=%s data-now=\"%s\">\n",
		  page_tone(page_overall(status)),
		  page_safe(&page, document_text(status, "now")));
	page_sprite(&page);
	put_banner(&page);
	page_add(&page, "<main>\n");
	page_headline(&page);
	page_doing(&page);
	page_waits(&page);
	page_guests(&page);
	page_pools(&page);
	page_passes(&page);
	page_places(&page);
	page_expiries(&page);
	page_add(&page, "</main>\n");
	put_foot(&page);
	page_add(&page, "</body>\n</html>\n");
	return page.out.at;
}

const char *page_style(void)
{
	return page_file_css;
}

const char *page_script(void)
{
	return page_file_js;
}

const char *page_icon(void)
{
	return page_file_svg;
}
