/*
 * The status page of a document on standard input, for tests that have no controller.
 *
 *	page-print < status.json
 *	page-print policy|page.css|page.js|page.svg
 */
#include "controller/page.h"

#include <stdio.h>
#include <string.h>

static const char *resource(const char *name)
{
	if (strcmp(name, "policy") == 0)
		return PAGE_POLICY;
	if (strcmp(name, "page.css") == 0)
		return page_style();
	if (strcmp(name, "page.js") == 0)
		return page_script();
	return page_icon();
}

int main(int argc, char **argv)
{
	struct arena *arena;
	json_t *status;

	if (argc > 1) {
		fputs(resource(argv[1]), stdout);
		return 0;
	}
	arena = arena_create();
	status = json_loadf(stdin, JSON_DECODE_ANY, NULL);
	fputs(page_html(arena, status), stdout);
	json_decref(status);
	arena_destroy(arena);
	return 0;
}
