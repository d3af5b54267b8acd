#include "base/log.h"

#include "base/arena.h"
#include "base/secret.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>

enum { LINE_MAX_BYTES = 4000 };

static enum log_level most = LOG_INFO;

void log_init(enum log_level level)
{
	most = level;
}

bool log_wants(enum log_level level)
{
	return level <= most;
}

static const char *prefix(enum log_level level)
{
	switch (level) {
	case LOG_ERROR:
		return "error: ";
	case LOG_WARNING:
		return "warning: ";
	case LOG_NOTICE:
	case LOG_INFO:
	case LOG_DEBUG:
		return "";
	}
	return "";
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
	fprintf(stderr, "%s%s%s%s\n", prefix(level),
		about ? str_safe(arena, about, 200) : "", about ? ": " : "",
		str_safe(arena, text, LINE_MAX_BYTES));
	arena_destroy(arena);
}
