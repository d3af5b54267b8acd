#include "base/ping.h"

#include "base/arena.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BURST = 64, /* sent in one go: a neighbour table is not endless */
	BURST_MS = 10,
	HEADER =
		8, /* of an echo request, in both families: type, code, checksum, id, seq */
	PACKET_MAX = 512,
};

/* The sockets of both families. */
enum { LINE_4, LINE_6, LINES };

struct line {
	struct ping_work *work;
	int fd; /* -1: not needed */
	bool raw;
	uv_poll_t *poll;
};

struct ping_work {
	struct ping *ping; /* NULL when it is over */
	struct sockaddr_storage *to;
	size_t len, sent, silent; /* sent: in both rounds together */
	uint16_t id; /* of raw requests; the kernel gives the others theirs */
	struct line lines[LINES];
	uv_timer_t *timer;
	uint64_t began, ms;
	unsigned open; /* handles that are not closed yet */
};

static void closed(uv_handle_t *handle)
{
	struct ping_work *work = handle->data;

	free(handle);
	if (--work->open > 0)
		return;
	for (int i = 0; i < LINES; i++)
		if (work->lines[i].fd >= 0)
			close(work->lines[i].fd);
	free(work->to);
	free(work);
}

/* A poll's data is its line; what closes it wants the work. */
static void closed_line(uv_handle_t *handle)
{
	handle->data = ((struct line *)handle->data)->work;
	closed(handle);
}

static void end(struct ping_work *work)
{
	struct ping *ping = work->ping;

	if (!ping)
		return;
	work->ping = NULL;
	ping->work = NULL;
	for (int i = 0; i < LINES; i++)
		if (work->lines[i].poll)
			uv_close((uv_handle_t *)work->lines[i].poll, closed_line);
	uv_close((uv_handle_t *)work->timer, closed);
	op_finish(&ping->op);
}

static bool is_6(const struct sockaddr_storage *to)
{
	return to->ss_family == AF_INET6;
}

/* RFC 1071 */
static uint16_t checksum(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void put(uint8_t *at, uint16_t number)
{
	at[0] = (uint8_t)(number >> 8);
	at[1] = (uint8_t)number;
}

static uint16_t get(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* An address that cannot be reached from here has no answer either. */
static void ask(struct ping_work *work, size_t which)
{
	const struct sockaddr_storage *to = &work->to[which];
	const struct line *line = &work->lines[is_6(to) ? LINE_6 : LINE_4];
	uint8_t packet[HEADER] = { is_6(to) ? ICMP6_ECHO_REQUEST : ICMP_ECHO };

	put(packet + 4, work->id);
	put(packet + 6, (uint16_t)which);
	if (!is_6(to)) /* of ICMPv6 the kernel always makes it */
		put(packet + 2, checksum(packet, sizeof(packet)));
	(void)!sendto(line->fd, packet, sizeof(packet), MSG_DONTWAIT | MSG_NOSIGNAL,
		      (const struct sockaddr *)to,
		      is_6(to) ? sizeof(struct sockaddr_in6)
			       : sizeof(struct sockaddr_in));
}

static bool same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	if (a->ss_family != b->ss_family)
		return false;
	if (is_6(a))
		return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
			      &((const struct sockaddr_in6 *)b)->sin6_addr,
			      sizeof(struct in6_addr)) == 0;
	return memcmp(&((const struct sockaddr_in *)a)->sin_addr,
		      &((const struct sockaddr_in *)b)->sin_addr,
		      sizeof(struct in_addr)) == 0;
}

/* A raw IPv4 socket gives the IP header along, and everybody else's answers. */
static void take(struct ping_work *work, const struct line *line, const uint8_t *packet,
		 size_t len, const struct sockaddr_storage *from)
{
	size_t header = line->raw && !is_6(from) && len > 0 ? (packet[0] & 15U) * 4U : 0;

	if (len < header + HEADER)
		return;
	packet += header;
	if (packet[0] != (is_6(from) ? ICMP6_ECHO_REPLY : ICMP_ECHOREPLY) ||
	    (line->raw && get(packet + 4) != work->id))
		return;
	for (size_t i = get(packet + 6); i < work->len; i += UINT16_MAX + 1) {
		if (!same(&work->to[i], from) || work->ping->answers[i])
			continue;
		work->ping->answers[i] = true;
		work->silent--;
	}
}

static void readable(uv_poll_t *poll, int status, int events)
{
	struct line *line = poll->data;
	struct ping_work *work = line->work;

	(void)events;
	while (work->ping && status == 0) {
		struct sockaddr_storage from = { 0 };
		socklen_t size = sizeof(from);
		uint8_t packet[PACKET_MAX];
		ssize_t len = recvfrom(line->fd, packet, sizeof(packet), MSG_DONTWAIT,
				       (struct sockaddr *)&from, &size);

		if (len < 0 && errno != EINTR)
			break;
		if (len > 0)
			take(work, line, packet, (size_t)len, &from);
	}
	if (work->ping && work->silent == 0)
		end(work);
}

/* All are asked, then all that are still silent once more; then only waited for. */
static void tick(uv_timer_t *timer)
{
	struct ping_work *work = timer->data;
	uint64_t passed = uv_now(op_loop()) - work->began, rest;
	unsigned burst = 0;

	while (burst < BURST && work->sent < 2 * work->len &&
	       (work->sent < work->len || passed >= work->ms / 2)) {
		size_t which = work->sent++ % work->len;

		if (work->ping->answers[which])
			continue;
		ask(work, which);
		burst++;
	}
	if (work->sent == 2 * work->len && passed >= work->ms) {
		end(work);
		return;
	}
	rest = work->sent == 2 * work->len                        ? work->ms - passed
	       : work->sent == work->len && passed < work->ms / 2 ? work->ms / 2 - passed
								  : BURST_MS;
	uv_timer_start(timer, tick, rest, 0);
}

static bool open_line(struct line *line, bool six, struct error *err)
{
	int family = six ? AF_INET6 : AF_INET, flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
	int protocol = six ? IPPROTO_ICMPV6 : IPPROTO_ICMP;

	if (line->fd >= 0)
		return true;
	line->fd = socket(family, SOCK_DGRAM | flags, protocol);
	if (line->fd < 0) {
		line->fd = socket(family, SOCK_RAW | flags, protocol);
		line->raw = true;
	}
	if (line->fd >= 0)
		return true;
	if (errno == EPERM || errno == EACCES)
		return error_set(err, ERROR_DENIED,
				 "pings are not permitted here (sysctl "
				 "net.ipv4.ping_group_range, or CAP_NET_RAW)");
	return error_set(err, ERROR_LOCAL, "no socket for pings%s: %s",
			 six ? " of IPv6" : "", strerror(errno));
}

static bool open_all(struct ping_work *work, const char *const *addresses,
		     struct error *err)
{
	for (size_t i = 0; i < work->len; i++) {
		struct sockaddr_storage *to = &work->to[i];
		bool six = strchr(addresses[i], ':') != NULL;
		int code = six ? uv_ip6_addr(addresses[i], 0, (struct sockaddr_in6 *)to)
			       : uv_ip4_addr(addresses[i], 0, (struct sockaddr_in *)to);

		if (code < 0)
			return error_set(err, ERROR_INVALID, "'%s' is not an IP address",
					 addresses[i]);
		if (!open_line(&work->lines[six ? LINE_6 : LINE_4], six, err))
			return false;
	}
	return true;
}

static void listen_to(struct line *line)
{
	line->poll = xcalloc(1, sizeof(*line->poll));
	uv_poll_init(op_loop(), line->poll, line->fd);
	line->poll->data = line;
	uv_poll_start(line->poll, UV_READABLE, readable);
}

void ping_start(struct ping *ping, const char *const *addresses, size_t len,
		bool *answers, uint64_t ms, void (*resume)(void *flow), void *flow)
{
	struct ping_work *work = xcalloc(1, sizeof(*work));

	op_begin(&ping->op, resume, flow);
	ping->answers = answers;
	ping->work = work;
	memset(answers, 0, len * sizeof(*answers));
	*work = (struct ping_work){ .ping = ping, .len = len, .silent = len, .ms = ms };
	work->id = (uint16_t)getpid();
	work->to = xcalloc(len + 1, sizeof(*work->to));
	work->timer = xcalloc(1, sizeof(*work->timer));
	uv_timer_init(op_loop(), work->timer);
	work->timer->data = work;
	work->open = 1;
	for (int i = 0; i < LINES; i++)
		work->lines[i] = (struct line){ .work = work, .fd = -1 };
	if (!open_all(work, addresses, &ping->op.err) || len == 0) {
		end(work);
		return;
	}
	for (int i = 0; i < LINES; i++) {
		if (work->lines[i].fd < 0)
			continue;
		listen_to(&work->lines[i]);
		work->open++;
	}
	uv_update_time(op_loop());
	work->began = uv_now(op_loop());
	uv_timer_start(work->timer, tick, 0, 0);
}

void ping_cancel(struct ping *ping)
{
	if (!ping->work)
		return;
	error_set(&ping->op.err, ERROR_CANCELED, "interrupted");
	end(ping->work);
}
