/* For tests of readers: a text as a file, and the mistakes that reading it made. */
#pragma once

#include "base/diag.h"
#include "base/text.h"
#include "tests/lib/test.h"

static inline const struct file *file_of(struct arena *arena, const char *path,
					 const char *text)
{
	struct file *file = arena_new(arena, struct file);

	*file = (struct file){ path, text, strlen(text) };
	return file;
}

/* "12:10: vms[0].cpu: 0 is less than 1", a line each; NULL when there are none. */
static inline const char *mistakes_of(struct diags *diags)
{
	struct text out;

	if (diags->len == 0)
		return NULL;
	text_init(&out, diags->arena);
	diags_sort(diags);
	for (size_t i = 0; i < diags->len; i++) {
		const struct diag *diag = &diags->at[i];

		text_addf(&out, "%s%u:%u: %s%s%s", i > 0 ? "\n" : "", diag->at.line,
			  diag->at.column, diag->where, *diag->where ? ": " : "",
			  diag->what);
	}
	return text_str(&out);
}

/* The same text, or none on both sides. */
static inline void assert_mistakes(struct diags *diags, const char *expected)
{
	const char *told = mistakes_of(diags);

	assert_string_equal(told ? told : "(none)", expected ? expected : "(none)");
}
