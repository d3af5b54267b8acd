#include "controller/listen.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 512 };

/* In the order of enum door_part. */
static const char *const parts[] = { "healthz", "readyz", "metrics", "hook",
				     "api",     "page",   NULL };

static bool check_part(const char *text, struct error *err)
{
	for (size_t i = 0; parts[i]; i++)
		if (strcmp(parts[i], text) == 0)
			return true;
	return error_set(err, ERROR_INVALID,
			 "expected healthz, readyz, metrics, hook, api or page");
}

/* "127.0.0.1:8470" or "[::1]:8470". */
static bool split(const char *text, struct addr *addr, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	struct error err = { 0 };
	char host[ADDR_TEXT + 2];
	uint64_t number;
	size_t len;

	if (!colon || !str_number(colon + 1, &number) || number > UINT16_MAX)
		return false;
	len = (size_t)(colon - text);
	if (len < 2 || len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	*port = (uint16_t)number;
	if (host[0] != '[')
		return addr_read(addr, host, &err) && addr->family == FAMILY_4;
	if (host[len - 1] != ']')
		return false;
	host[len - 1] = '\0';
	return addr_read(addr, host + 1, &err) && addr->family == FAMILY_6;
}

static bool check_address(const char *text, struct error *err)
{
	struct addr addr;
	uint16_t port;

	if (split(text, &addr, &port))
		return true;
	return error_set(err, ERROR_INVALID,
			 "expected an address and a port, such as 127.0.0.1:8470 or "
			 "[::1]:8470");
}

static const struct field tls_fields[] = {
	TEXT("cert", struct listen, cert, .required = true,
	     .help = "a file with the certificate, PEM, and those between it and its "
		     "authority"),
	TEXT("key", struct listen, key, .required = true,
	     .help = "a file with its private key, PEM"),
	{ 0 },
};

const struct field listen_fields[] = {
	TEXT("address", struct listen, address, .required = true, .check = check_address,
	     .pattern = "^([0-9.]+|\\[[0-9A-Fa-f:]+\\]):[0-9]{1,5}$",
	     .help = "an address and a port"),
	TEXTS("only", struct listen, only, .check = check_part,
	      .pattern = "^(healthz|readyz|metrics|hook|api|page)$",
	      .help = "what it answers to: healthz, readyz, metrics, hook, api, page; "
		      "absent: to all"),
	SECTION("tls", tls_fields, .help = "HTTPS, with these files"),
	{ 0 },
};

static unsigned parts_of(const struct listen *here)
{
	unsigned out = 0;

	if (!is_set(&here->only.is))
		return (1U << DOOR_RECONCILE) - 1;
	for (size_t i = 0; i < here->only.len; i++)
		for (unsigned part = 0; parts[part]; part++)
			if (strcmp(parts[part], here->only.at[i]) == 0)
				out |= 1U << part;
	return out;
}

static bool same(const struct listen *a, const struct listen *b)
{
	return a->port && a->port == b->port && addr_equal(&a->addr, &b->addr);
}

static void read_one(const struct decode *how, const struct trail *trail,
		     const struct doc *doc, struct listen *out)
{
	static const struct doc address = { .kind = DOC_SCALAR, .text = "address" };
	struct doc *keys[] = { (struct doc *)(uintptr_t)&address };
	struct doc *items[] = { (struct doc *)(uintptr_t)doc };
	/* an address alone is short for {address: ...} */
	const struct doc map = {
		.kind = DOC_MAP, .at = doc->at, .items = items, .keys = keys, .len = 1
	};

	decode_map(how, trail, doc->kind == DOC_SCALAR ? &map : doc, listen_fields, out);
	if (!is_set(&out->address.is) || out->address.is.bad)
		return;
	split(out->address.value, &out->addr, &out->port);
	out->parts = parts_of(out);
}

struct listen *listen_read(const struct decode *how, const struct doc *list, size_t *len)
{
	const struct trail top = { .key = "listen" };
	struct listen *out;

	*len = 0;
	if (!list || list->kind != DOC_LIST)
		return NULL;
	if (list->len > LISTEN_MAX) {
		mistake(how, &top, list->at, "%zu items; %d are the most", list->len,
			LISTEN_MAX);
		return NULL;
	}
	out = arena_array(how->arena, struct listen, list->len);
	for (size_t i = 0; i < list->len; i++) {
		const struct trail trail = { &top, NULL, i };

		if (list->items[i]->broken)
			continue;
		read_one(how, &trail, list->items[i], &out[*len]);
		for (size_t j = 0; j < *len; j++)
			if (same(&out[j], &out[*len]))
				mistake(how, &trail, list->items[i]->at,
					"the same address as listen[%zu]", j);
		++*len;
	}
	return out;
}

bool listen_is_local(const struct listen *here)
{
	if (here->addr.family == FAMILY_4)
		return here->addr.bits >> 24 == 127;
	return here->addr.bits == 1;
}

static socklen_t socket_address(const struct listen *here, struct sockaddr_storage *out)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)out;
	struct sockaddr_in *four = (struct sockaddr_in *)out;

	*out = (struct sockaddr_storage){ 0 };
	if (here->addr.family == FAMILY_4) {
		four->sin_family = AF_INET;
		four->sin_port = htons(here->port);
		four->sin_addr.s_addr = htonl((uint32_t)here->addr.bits);
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(here->port);
	for (unsigned i = 0; i < 16; i++)
		six->sin6_addr.s6_addr[i] = (uint8_t)(here->addr.bits >> (120 - 8 * i));
	return sizeof(*six);
}

bool listen_open(const struct listen *here, int *out, struct error *err)
{
	const int yes = 1, no = 0;
	struct sockaddr_storage at;
	socklen_t len = socket_address(here, &at);
	int fd = socket(at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	/* [::] is for both families, whatever the machine's default */
	if (fd >= 0 && at.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, len) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		error_set(err, ERROR_LOCAL, "cannot listen on %s: %s",
			  here->address.value, strerror(errno));
		if (fd >= 0)
			close(fd);
		return false;
	}
	*out = fd;
	return true;
}

void listen_print(const struct listen *here, int fd, char out[LISTEN_TEXT])
{
	bool six = here->addr.family == FAMILY_6;
	struct sockaddr_in6 at = { 0 }; /* the port is where IPv4 has it, too */
	socklen_t len = sizeof(at);
	char addr[ADDR_TEXT];
	uint16_t port = here->port;

	if (getsockname(fd, (struct sockaddr *)&at, &len) == 0)
		port = ntohs(at.sin6_port);
	addr_print(&here->addr, addr);
	snprintf(out, LISTEN_TEXT, "http%s://%s%s%s:%u",
		 is_set(&here->cert.is) ? "s" : "", six ? "[" : "", addr, six ? "]" : "",
		 port);
}
