/* Mistakes with their place: collected, all of them, and shown with the line and a caret.
 */
#pragma once

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* A file that was read; the places in it point to it. Lives as long as its arena. */
struct file {
	const char *path; /* in the repository */
	const char *text; /* ends in a zero byte beyond `len` */
	size_t len;
};

/* Where something stands. A NULL file: nowhere (a built-in). Lines and columns count
 * from 1. */
struct place {
	const struct file *file;
	unsigned line, column; /* column in characters */
};

struct diag {
	struct place at;
	const char *where; /* the path of keys: "vms[2].cpu"; "" for the whole file */
	const char *what;
	size_t order;     /* in which it was found */
	bool hidden_line; /* its line is not shown */
};

/* More are counted, not kept: a file of nothing but mistakes must not fill the memory. */
enum { DIAGS_MAX = 1000 };

struct diags {
	struct arena *arena;
	struct diag *at;
	size_t len, cap;
	size_t more; /* beyond DIAGS_MAX */
};

void diags_init(struct diags *diags, struct arena *arena);

/* Add one mistake; `where` and the text are copied. */
void diag_add(struct diags *diags, struct place at, const char *where, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/* The line of the latest mistake holds a secret: do not show it. */
void diag_hide_line(struct diags *diags);

/* By file, line and column; what stands at the same place keeps its order. */
void diags_sort(struct diags *diags);

/*
 * "vm7.yaml:12:10: vms[0].cpu: 0 is less than 1", the line and the caret; no newline at
 * the end. The values of keys that hold secrets (`..secret`, `..password..`) are shown as
 * stars, and no line of a private key is shown at all.
 */
void diag_print(struct text *out, const struct diag *diag);

/* All of them, sorted, each ending in a newline. */
void diags_print(struct text *out, struct diags *diags);

/* "vm7.yaml:12" of a place, "built-in" for none. */
char *place_print(struct arena *arena, struct place at);
