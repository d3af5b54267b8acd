/*
 * A file of shell assignments, read as text. Nothing in it is ever executed or expanded:
 * what a shell would have to run, or look up, is left out and told.
 */
#pragma once

#include "base/diag.h"

/* One `KEY=value`, without its quotes. */
struct assignment {
	const char *key, *value;
	struct place at;
};

struct shell_env {
	struct assignment *at; /* in the order of the file; a later one of a key wins */
	size_t len, cap;
	/* What was left out, a sentence each with its place. */
	const char **warnings;
	size_t warnings_len, warnings_cap;
};

/* Quotes that do not end and zero bytes are mistakes. */
void shell_env_read(struct shell_env *out, struct arena *arena, const struct file *file,
		    struct diags *diags);

/* The last assignment of the key, or NULL. */
const struct assignment *shell_env_find(const struct shell_env *env, const char *key);

/* One more warning: "config.env:3: ...". */
void shell_env_warn(struct shell_env *env, struct arena *arena, struct place at,
		    const char *format, ...) __attribute__((format(printf, 4, 5)));
