/*
 * The service manager that started us, if one did (systemd.service(5), Type=notify): a
 * datagram to $NOTIFY_SOCKET, without its library.
 */
#pragma once

#include <stdint.h>

/* "READY=1", "STATUS=...": lines as sd_notify(3) takes them. Nobody listens: nothing. */
void service_tell(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* READY=1 has to follow. */
void service_reloading(void);

/* It wants to hear from us at least that often, in ms; 0: it does not. */
uint64_t service_watchdog(void);
