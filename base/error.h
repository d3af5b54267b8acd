/* What went wrong, and what the loop should do next. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

/* The kind answers one question: what should be done about it? */
enum error_kind {
	ERROR_NONE,
	ERROR_INVALID,   /* the input is wrong: wait for a new commit (exit code 11) */
	ERROR_DENIED,    /* credentials or rights: wait for an operator (21) */
	ERROR_REFUSED,   /* a guard says no: wait for a person (23) */
	ERROR_EXHAUSTED, /* no free address or VMID: wait for a person (24) */
	ERROR_CONFLICT,  /* the world moved: read it again, at once, a few times (20) */
	ERROR_BUSY,      /* another instance holds the lock (25) */
	ERROR_TEMPORARY, /* locked, unreachable, restarting: later, each time later (20)
			  */
	ERROR_UNKNOWN,   /* the request may or may not have been carried out: look first
			    (20) */
	ERROR_FAILED,    /* the remote side said no and will say it again (20) */
	ERROR_MISSING,   /* a program that is needed is not there (12) */
	ERROR_LOCAL,     /* a local read or write failed (30) */
	ERROR_USAGE,     /* the command line is wrong (64) */
	ERROR_CANCELED,  /* asked to stop (130) */
};

struct error {
	enum error_kind kind;
	char text[1000]; /* one line for a person: what was tried, what was said, what to
			    do */
};

/*
 * Say what went wrong. Returns false, so that a failing function ends in one line.
 * A text that does not fit is cut at a character.
 */
bool error_set(struct error *err, enum error_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

bool error_vset(struct error *err, enum error_kind kind, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

/* Put words and ": " in front of what is already said. The kind stays. Returns false. */
bool error_wrap(struct error *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The word for a kind in logs and JSON: "temporary". */
const char *error_kind_name(enum error_kind kind);
