/* Any bytes as YAML: a tree, or mistakes that can be shown. */
#include "base/doc.h"
#include "base/text.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The tree keeps what its header promises. */
static void walk(const struct doc *doc, unsigned depth)
{
	if (depth > DOC_DEPTH_MAX || doc->at.line == 0 || doc->at.column == 0)
		abort();
	if (doc->kind == DOC_NULL || doc->kind == DOC_SCALAR)
		return;
	for (size_t i = 0; i < doc->len; i++) {
		if (doc->kind == DOC_MAP && doc->keys[i]->kind != DOC_SCALAR)
			abort();
		walk(doc->items[i], depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct file file = { "fuzz.yaml", arena_strndup(arena, (const char *)data, size),
			     size };
	struct diags diags;
	struct text text;
	struct doc *doc;

	diags_init(&diags, arena);
	doc = doc_read(arena, &file, &diags);
	if (!doc && diags.len == 0)
		abort();
	if (doc)
		walk(doc, 0);
	text_init(&text, arena);
	diags_print(&text, &diags);
	arena_destroy(arena);
	return 0;
}
