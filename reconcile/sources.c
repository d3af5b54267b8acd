#include "reconcile/sources.h"

#include "reconcile/manifest_fields.h"

#include <stdlib.h>
#include <string.h>

static int compare_files(const void *left, const void *right)
{
	const struct file *a = *(const struct file *const *)left;
	const struct file *b = *(const struct file *const *)right;

	return strcmp(a->path, b->path);
}

static bool is_found(const char *pattern, const struct input *inputs, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (inputs[i].pattern && inputs[i].file &&
		    (strcmp(inputs[i].pattern, pattern) == 0 ||
		     include_matches(pattern, inputs[i].file->path)))
			return true;
	return false;
}

static void check_includes(const struct reading *reading, const struct input *inputs,
			   size_t len)
{
	static const struct trail here = { NULL, "include", 0 };
	const struct list_setting *patterns = &reading->manifest->include;

	for (size_t i = 0; i < patterns->len; i++)
		if (!is_found(patterns->at[i], inputs, len))
			mistake(&reading->how, &here, patterns->places[i],
				"%s matches no file", patterns->at[i]);
}

void sources_read(struct sources *sources, const struct reading *reading,
		  const struct input *inputs, size_t inputs_len)
{
	const struct decode *how = &reading->how;
	const struct file **files =
		arena_array(how->arena, const struct file *, inputs_len);
	size_t len = 0;
	char nothing = 0; /* its fields are lists: they fill no struct */

	check_includes(reading, inputs, inputs_len);
	for (size_t i = 0; i < inputs_len; i++)
		if (inputs[i].pattern && inputs[i].file &&
		    strcmp(inputs[i].file->path, reading->manifest->file->path) != 0)
			files[len++] = inputs[i].file;
	if (len > 1)
		qsort(files, len, sizeof(struct file *), compare_files);
	sources->at = arena_array(how->arena, struct doc *, len + 1);
	sources->at[sources->len++] = reading->manifest->doc;
	for (size_t i = 0; i < len; i++) {
		struct doc *doc;

		if (i > 0 && strcmp(files[i - 1]->path, files[i]->path) == 0)
			continue; /* two patterns found it */
		doc = doc_read(how->arena, files[i], how->diags);
		if (doc && decode_map(how, NULL, doc, included_fields, &nothing))
			sources->at[sources->len++] = doc;
	}
}

size_t sources_count(const struct sources *sources, const char *key)
{
	size_t count = 0;

	for (size_t i = 0; i < sources->len; i++) {
		const struct doc *list = doc_get(sources->at[i], key);

		count += list ? list->len : 0;
	}
	return count;
}

const struct doc *sources_items(const struct sources *sources, size_t source,
				const char *key, enum doc_kind kind)
{
	const struct doc *doc = doc_get(sources->at[source], key);

	return doc && doc->kind == kind && !doc->broken ? doc : NULL;
}
