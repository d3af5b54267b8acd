#include "base/log.h"

#include "base/arena.h"
#include "base/secret.h"
#include "base/text.h"
#include "base/when.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4000 };

static enum log_level most = LOG_INFO;
static enum log_form form = LOG_FOR_PEOPLE;

/* By level; the numbers are those of syslog(3). */
static const struct {
	const char *name, *prefix;
	int priority;
} levels[] = {
	[LOG_ERROR] = { "error", "error: ", 3 },
	[LOG_WARNING] = { "warning", "warning: ", 4 },
	[LOG_NOTICE] = { "notice", "", 5 },
	[LOG_INFO] = { "info", "", 6 },
	[LOG_DEBUG] = { "debug", "", 7 },
};

void log_init(enum log_level level, enum log_form as)
{
	most = level;
	form = as;
}

bool log_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	snprintf(ours, sizeof(ours), "%llu:%llu", (unsigned long long)st.st_dev,
		 (unsigned long long)st.st_ino);
	return strcmp(stream, ours) == 0;
}

bool log_wants(enum log_level level)
{
	return level <= most;
}

static void print_json(enum log_level level, const char *about, const char *text)
{
	char when[WHEN_TEXT], *line;
	json_t *object;

	when_print((int64_t)time(NULL), when);
	object = json_pack("{s:s, s:s, s:s?, s:s}", "time", when, "level",
			   levels[level].name, "about", about, "text", text);
	line = json_dumps(object, JSON_COMPACT);
	fprintf(stderr, "%s\n", line ? line : "{}");
	free(line);
	json_decref(object);
}

static void print(enum log_level level, const char *about, const char *text)
{
	const char *colon = about ? ": " : "";

	if (!about)
		about = "";
	switch (form) {
	case LOG_FOR_PEOPLE:
		fprintf(stderr, "%s%s%s%s\n", levels[level].prefix, about, colon, text);
		break;
	case LOG_FOR_JOURNAL:
		fprintf(stderr, "<%d>%s%s%s\n", levels[level].priority, about, colon,
			text);
		break;
	case LOG_AS_JSON:
		print_json(level, *about ? about : NULL, text);
		break;
	}
}

void log_line(enum log_level level, const char *about, const char *format, ...)
{
	struct arena *arena;
	char *text;
	va_list args;

	if (!log_wants(level))
		return;
	arena = arena_create();
	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	secret_redact(text);
	print(level, about ? str_safe(arena, about, 200) : NULL,
	      str_safe(arena, text, LINE_MAX_BYTES));
	arena_destroy(arena);
}
