/* What git said on standard error, for the loop and for a person. */
#include "git/command.h"

#include "base/text.h"

#include <string.h>

enum { WORDS_MAX = 600 };

static bool has(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static bool has_any(const char *text, const char *const *parts)
{
	for (; *parts; parts++)
		if (has(text, *parts))
			return true;
	return false;
}

/* In this order: the first that fits is the cause, what follows are its consequences. */
static const struct cause {
	enum error_kind kind;
	const char *const *signs;
} causes[] = {
	{ ERROR_MISSING,
	  (const char *const[]){ "cannot run ssh", "ssh: not found", "ssh: No such file",
				 "'remote-https' is not a git command",
				 "remote helper for 'https'", NULL } },
	{ ERROR_DENIED,
	  (const char *const[]){ "Authentication failed", "could not read Username",
				 "could not read Password", "Permission denied (",
				 "Host key verification failed",
				 "REMOTE HOST IDENTIFICATION HAS CHANGED",
				 "returned error: 401", "returned error: 403", "HTTP 401",
				 "HTTP 403", "Too many authentication failures",
				 "Load key", "ERROR: Permission to", NULL } },
	{ ERROR_INVALID, (const char *const[]){ "fsck error", NULL } },
	{ ERROR_LOCAL,
	  (const char *const[]){ "No space left on device", "unable to write file",
				 "unable to create", "insufficient permission for adding",
				 "Read-only file system", "detected dubious ownership",
				 NULL } },
	{ ERROR_FAILED,
	  (const char *const[]){ "does not appear to be a git repository",
				 "returned error: 404", "not found", "certificate",
				 "unable to update url base from redirection",
				 "returned error: 30", "is this a git repository",
				 "invalid server response", "dumb http transport",
				 "not allowed", NULL } },
};

/* The lines that start with "remote: ", or those that do not. */
static char *lines_of(struct arena *arena, const char *said, bool remote)
{
	struct text out;

	text_init(&out, arena);
	while (*said) {
		size_t len = strcspn(said, "\n");

		if (str_starts(said, "remote: ") == remote) {
			text_addn(&out, said, len);
			text_addc(&out, '\n');
		}
		said += len + (said[len] == '\n');
	}
	return arena_strdup(arena, text_str(&out));
}

enum error_kind command_kind(const char *said)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (has_any(said, causes[i].signs))
			return causes[i].kind;
	return ERROR_TEMPORARY;
}

void url_redact(char *text)
{
	for (char *at = text; (at = strstr(at, "://")) != NULL;) {
		size_t len, host;

		at += 3;
		len = strcspn(at, "/ \t\n'\"");
		for (host = len; host > 0 && at[host - 1] != '@'; host--)
			;
		memmove(at, at + host, strlen(at + host) + 1);
	}
}

/* Lines that tell a person at a prompt what to do next, or the same once more. */
static bool is_chatter(const char *line)
{
	static const char *const starts[] = {
		"hint:",
		"warning:",
		"To ",
		"From ",
		"Please make sure",
		"and the repository",
		"Everything up-to-date",
		"Updating ",
		"Aborting",
		"IT IS POSSIBLE",
		"Someone could be",
		"It is also possible",
		"Please contact",
		"Add correct host key",
		"remove with",
		"ssh-keygen",
		"error: unable to read askpass",
		"@ ",
		"@@@@",
		"Done",
		" * ",
		"trace:",
	};

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (str_starts(line, starts[i]))
			return true;
	return *line == '\0';
}

static void add_words(struct text *out, const char *line)
{
	static const char *const starts[] = { "fatal: ", "error: " };
	static const char would_ask[] = "could not read Username for ";

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (str_starts(line, starts[i]))
			line += strlen(starts[i]);
	if (out->len > 0)
		text_add(out, out->at[out->len - 1] == ':' ? " " : "; ");
	if (str_starts(line, would_ask)) {
		line += strlen(would_ask);
		text_addf(out,
			  "%.*s wants a user name and a password, other than what it got",
			  (int)strcspn(line, " ") - 1, line);
	} else {
		text_add(out, line);
	}
}

static char *made_safe(struct arena *arena, const struct text *text)
{
	char *words = arena_strdup(arena, text_str(text));

	url_redact(words);
	secret_redact(words);
	return str_safe(arena, words, WORDS_MAX);
}

char *command_words(struct arena *arena, const char *said)
{
	char **lines;
	size_t count = str_split(arena, said, "\r\n", &lines);
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < count; i++) {
		const char *line = str_trim(arena, lines[i]);

		if (!is_chatter(line))
			add_words(&out, line);
	}
	return made_safe(arena, &out);
}

char *command_remote_words(struct arena *arena, const char *said)
{
	char **lines;
	size_t count = str_split(arena, lines_of(arena, said, true), "\r\n", &lines);
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < count; i++) {
		const char *line = str_trim(arena, lines[i] + strlen("remote: "));

		if (!is_chatter(line))
			add_words(&out, line);
	}
	return made_safe(arena, &out);
}

bool command_ok(const struct child *child, struct arena *arena, const char *verb,
		struct error *err)
{
	const char *said = text_str(&child->said);

	if (!op_ok(&child->op, err)) {
		/* "cannot run git: no such file" says it all */
		return err->kind == ERROR_MISSING ? false
						  : error_wrap(err, "git %s", verb);
	}
	if (child->exit_code == 0)
		return true;
	if (child->signal)
		return error_set(err, ERROR_TEMPORARY, "git %s: ended by signal %d", verb,
				 child->signal);
	return error_set(err, command_kind(lines_of(arena, said, false)), "git %s: %s",
			 verb,
			 *said ? command_words(arena, said) : "failed without a word");
}
