#include "controller/service.h"

#include "base/own.h"
#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static void send_to(const char *path, const char *text)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	own(fd) int fd = -1;

	if (len == 0 || len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	if (to.sun_path[0] == '@') /* an abstract name */
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd >= 0)
		sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
		       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

void service_tell(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char text[2000];
	va_list args;

	if (!path)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	send_to(path, text);
}

void service_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	service_tell("RELOADING=1\nMONOTONIC_USEC=%lld",
		     (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

uint64_t service_watchdog(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t number, whose;

	if (!usec || !str_number(usec, &number))
		return 0;
	if (pid && (!str_number(pid, &whose) || whose != (uint64_t)getpid()))
		return 0;
	return number / 1000;
}
