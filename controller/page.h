/*
 * The status page: what the running controller knows, for a person to look at.
 *
 * It is rendered here and is whole without JavaScript; the script only keeps it up to
 * date. Nothing in it can change anything.
 */
#pragma once

#include "base/arena.h"

#include <jansson.h>

/*
 * What the page needs to be allowed, and nothing else. The door sends it as
 * Content-Security-Policy with everything of the page.
 */
#define PAGE_POLICY                                                 \
	"default-src 'none'; style-src 'self'; script-src 'self'; " \
	"img-src 'self'; connect-src 'self'; base-uri 'none'; "     \
	"form-action 'none'; frame-ancestors 'none'"

/*
 * The page of a status document (schema 1), as HTML that lives in `arena`; NULL says that
 * there is none yet. Every text of it is taken for hostile. Cannot fail: what is missing
 * or of another type is left out.
 */
char *page_html(struct arena *arena, const json_t *status);

/* What the page asks for besides, by names relative to it: page.css, page.js, page.svg. */
const char *page_style(void);
const char *page_script(void);
const char *page_icon(void); /* image/svg+xml */
