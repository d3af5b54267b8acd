#include "reconcile/shell_env.h"

#include "base/vec.h"

#include <string.h>

static const char name_start[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
static const char digits[] = "0123456789";

struct reading {
	struct shell_env *out;
	struct arena *arena;
	struct diags *diags;
	struct place at; /* of the line */
};

void shell_env_warn(struct shell_env *env, struct arena *arena, struct place at,
		    const char *format, ...)
{
	struct {
		const char **at;
		size_t len, cap;
	} list = { env->warnings, env->warnings_len, env->warnings_cap };
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	*vec_push(arena, &list) =
		arena_printf(arena, "%s: %s", place_print(arena, at), text);
	env->warnings = list.at;
	env->warnings_len = list.len;
	env->warnings_cap = list.cap;
}

const struct assignment *shell_env_find(const struct shell_env *env, const char *key)
{
	for (size_t i = env->len; i-- > 0;)
		if (strcmp(env->at[i].key, key) == 0)
			return &env->at[i];
	return NULL;
}

static size_t name_length(const char *text)
{
	size_t len = strspn(text, name_start);

	while (len > 0 && text[len] &&
	       (strchr(name_start, text[len]) || strchr(digits, text[len])))
		len++;
	return len;
}

enum word { WORD_PLAIN, WORD_RUNS, WORD_OPEN };

/*
 * The value at `text`, as a shell takes it apart: pieces with and without quotes, up to a
 * blank. `end` is behind it. WORD_RUNS: it would run something, or look it up.
 */
static enum word read_value(struct text *value, const char *text, const char **end)
{
	char quote = 0;

	for (; *text && (quote || !strchr(" \t;&|<>()", *text)); text++) {
		if (*text == quote) {
			quote = 0;
		} else if (!quote && (*text == '"' || *text == '\'')) {
			quote = *text;
		} else if (quote != '\'' && (*text == '$' || *text == '`')) {
			return WORD_RUNS;
		} else if (*text == '\\' && quote != '\'' && text[1] &&
			   (!quote || strchr("\"\\$`", text[1]))) {
			text_addc(value, *++text);
		} else {
			text_addc(value, *text);
		}
	}
	*end = text;
	return quote ? WORD_OPEN : WORD_PLAIN;
}

static void leave_out(struct reading *r, const char *line, const char *why)
{
	shell_env_warn(r->out, r->arena, r->at, "%s: %s; it is left out, nothing is run",
		       str_safe(r->arena, line, 80), why);
}

/* Only blanks, or a comment behind one. */
static bool ends_here(const char *rest)
{
	size_t blanks = strspn(rest, " \t");

	return !rest[blanks] || (blanks > 0 && rest[blanks] == '#');
}

static void read_line(struct reading *r, const char *line)
{
	const char *text = line + strspn(line, " \t"), *end;
	struct text value;
	size_t len;

	if (!*text || *text == '#')
		return;
	if (str_starts(text, "export ") || str_starts(text, "export\t"))
		text += strlen("export ") + strspn(text + strlen("export "), " \t");
	len = name_length(text);
	if (len == 0 || text[len] != '=') {
		leave_out(r, line, "no KEY=VALUE");
		return;
	}
	text_init(&value, r->arena);
	switch (read_value(&value, text + len + 1, &end)) {
	case WORD_RUNS:
		leave_out(r, line, "a shell would have to work it out");
		return;
	case WORD_OPEN:
		diag_add(r->diags, r->at, arena_strndup(r->arena, text, len),
			 "the quote does not end on its line");
		return;
	case WORD_PLAIN:
		break;
	}
	if (!ends_here(end)) {
		leave_out(r, line, "more than a KEY=VALUE");
		return;
	}
	*vec_push(r->arena, r->out) = (struct assignment){
		.key = arena_strndup(r->arena, text, len),
		.value = arena_strdup(r->arena, text_str(&value)),
		.at = r->at,
	};
}

void shell_env_read(struct shell_env *out, struct arena *arena, const struct file *file,
		    struct diags *diags)
{
	struct reading r = { out, arena, diags, { file, 1, 1 } };
	const char *at = file->text;

	*out = (struct shell_env){ 0 };
	if (strlen(file->text) != file->len) {
		diag_add(diags, r.at, "", "a zero byte in it: this is no text");
		return;
	}
	for (; *at; r.at.line++) {
		size_t len = strcspn(at, "\n");
		size_t kept = len > 0 && at[len - 1] == '\r' ? len - 1 : len;

		read_line(&r, arena_strndup(arena, at, kept));
		at += len + (at[len] == '\n');
	}
}
