/*
 * One line an event, on standard error, the subject first: `web-01: cloned from 9000`.
 * Hidden secrets and control characters never pass. The core does not log: it returns
 * reasons.
 */
#pragma once

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

enum log_form {
	LOG_FOR_PEOPLE,
	LOG_FOR_JOURNAL, /* "<4>web-01: ...": systemd reads the number as its priority */
	LOG_AS_JSON,     /* an object a line: time, level, about, text */
};

/* What is printed: up to `level`. At first LOG_INFO, for people. */
void log_init(enum log_level level, enum log_form as);

/* Is standard error a stream of systemd's journal? (systemd.exec(5), $JOURNAL_STREAM) */
bool log_is_journal(void);

/* Would a line of this level be printed? For lines that cost something to make. */
bool log_wants(enum log_level level);

/* `about` is the subject (a guest, "git", an endpoint) or NULL. */
void log_line(enum log_level level, const char *about, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(about, ...)   log_line(LOG_ERROR, about, __VA_ARGS__)
#define log_warning(about, ...) log_line(LOG_WARNING, about, __VA_ARGS__)
#define log_notice(about, ...)  log_line(LOG_NOTICE, about, __VA_ARGS__)
#define log_info(about, ...)    log_line(LOG_INFO, about, __VA_ARGS__)
#define log_debug(about, ...)   log_line(LOG_DEBUG, about, __VA_ARGS__)
