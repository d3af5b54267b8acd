#include "base/error.h"

#include <stdio.h>
#include <string.h>

/* A text cut in the middle of a UTF-8 sequence would not be text: drop its torn end. */
static void mend_end(char *text, size_t size)
{
	size_t len = strlen(text), start = len;

	if (len + 1 < size)
		return;
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0xc0)
		text[start - 1] = '\0';
}

bool error_vset(struct error *err, enum error_kind kind, const char *format, va_list args)
{
	err->kind = kind;
	vsnprintf(err->text, sizeof(err->text), format, args);
	mend_end(err->text, sizeof(err->text));
	return false;
}

bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	error_vset(err, kind, format, args);
	va_end(args);
	return false;
}

bool error_wrap(struct error *err, const char *format, ...)
{
	char said[sizeof(err->text)];
	size_t len;
	va_list args;

	memcpy(said, err->text, sizeof(said));
	va_start(args, format);
	vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", said);
	mend_end(err->text, sizeof(err->text));
	return false;
}

const char *error_kind_name(enum error_kind kind)
{
	switch (kind) {
	case ERROR_NONE:
		return "none";
	case ERROR_INVALID:
		return "invalid";
	case ERROR_DENIED:
		return "denied";
	case ERROR_REFUSED:
		return "refused";
	case ERROR_EXHAUSTED:
		return "exhausted";
	case ERROR_CONFLICT:
		return "conflict";
	case ERROR_BUSY:
		return "busy";
	case ERROR_TEMPORARY:
		return "temporary";
	case ERROR_UNKNOWN:
		return "unknown";
	case ERROR_FAILED:
		return "failed";
	case ERROR_MISSING:
		return "missing";
	case ERROR_LOCAL:
		return "local";
	case ERROR_USAGE:
		return "usage";
	case ERROR_CANCELED:
		return "canceled";
	}
	return "none";
}
