/* Who answers: pings, and what a TCP server says first. */
#include "base/banner.h"
#include "base/ping.h"
#include "tests/lib/loop.h"
#include "tests/lib/test.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- pings ---- */

static void knock(struct ping *ping, const char *const *addresses, size_t len,
		  bool *answers, uint64_t ms, bool cancel)
{
	bool over = false;

	ping_start(ping, addresses, len, answers, ms, loop_resumed, &over);
	if (cancel)
		ping_cancel(ping);
	loop_until(&over);
}

/* Where pings are not permitted, that is what is said. */
static bool may_ping(void)
{
	const char *const self[] = { "127.0.0.1" };
	struct ping ping = { 0 };
	bool answers[1];

	knock(&ping, self, 1, answers, 5000, false);
	if (ping.op.err.kind == ERROR_NONE)
		return true;
	assert_int_equal(ping.op.err.kind, ERROR_DENIED);
	assert_string_equal(ping.op.err.text,
			    "pings are not permitted here (sysctl "
			    "net.ipv4.ping_group_range, or CAP_NET_RAW)");
	return false;
}

static bool has_ipv6(void)
{
	struct sockaddr_in6 self = { .sin6_family = AF_INET6,
				     .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);
	bool has = fd >= 0 && bind(fd, (struct sockaddr *)&self, sizeof(self)) == 0;

	if (fd >= 0)
		close(fd);
	return has;
}

static void all_that_answer(void **state)
{
	enum { MANY = 300 };
	const char *addresses[MANY];
	char texts[MANY][20];
	bool answers[MANY];
	struct ping ping = { 0 };

	(void)state;
	if (!may_ping())
		skip();
	for (int i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof(texts[i]), "127.9.%d.%d", i / 200, 1 + i % 200);
		addresses[i] = texts[i];
	}
	knock(&ping, addresses, MANY, answers, 60000, false);
	assert_int_equal(ping.op.err.kind, ERROR_NONE);
	for (int i = 0; i < MANY; i++)
		assert_true(answers[i]);
}

static void both_families(void **state)
{
	const char *const addresses[] = { "::1", "127.0.0.1" };
	struct ping ping = { 0 };
	bool answers[2];

	(void)state;
	if (!may_ping() || !has_ipv6())
		skip();
	knock(&ping, addresses, 2, answers, 60000, false);
	assert_int_equal(ping.op.err.kind, ERROR_NONE);
	assert_true(answers[0] && answers[1]);
}

/* Nothing is sent to 240.0.0.1: the kernel has no way there. */
static void some_are_silent(void **state)
{
	const char *const addresses[] = { "240.0.0.1", "127.0.0.1", "255.255.255.255" };
	struct ping ping = { 0 };
	bool answers[3];

	(void)state;
	if (!may_ping())
		skip();
	knock(&ping, addresses, 3, answers, 300, false);
	assert_int_equal(ping.op.err.kind, ERROR_NONE);
	assert_true(!answers[0] && answers[1] && !answers[2]);
}

static void nobody_and_nonsense(void **state)
{
	const char *const nonsense[] = { "127.0.0.x" };
	struct ping ping = { 0 };
	bool answers[1];

	(void)state;
	knock(&ping, NULL, 0, answers, 1000, false);
	assert_int_equal(ping.op.err.kind, ERROR_NONE);
	knock(&ping, nonsense, 1, answers, 1000, false);
	assert_string_equal(ping.op.err.text, "'127.0.0.x' is not an IP address");
	if (!may_ping())
		skip();
	knock(&ping, (const char *const[]){ "240.0.0.1" }, 1, answers, 60000, true);
	assert_int_equal(ping.op.err.kind, ERROR_CANCELED);
}

/* ---- what a server says first ---- */

static const struct banner_row {
	const char *name, *says; /* NULL: it says nothing and keeps the line */
	bool hangs_up, cancel;
	enum error_kind kind;
	const char *text;
} banners[] = {
	{ "an SSH server", "SSH-2.0-OpenSSH_9.2p1\r\n", false, false, ERROR_NONE, "" },
	{ "it may say something before", "Welcome.\r\nSSH-2.0-x\r\n", false, false,
	  ERROR_NONE, "" },
	{ "the words must begin a line", "no SSH-2.0\r\n", true, false, ERROR_TEMPORARY,
	  "something else answers" },
	{ "it hangs up", "", true, false, ERROR_TEMPORARY, "it hangs up" },
	{ "it says nothing", NULL, false, false, ERROR_TEMPORARY, "no answer" },
	{ "it is given up", NULL, false, true, ERROR_CANCELED, "interrupted" },
};

static void first_words(void **state)
{
	const struct banner_row *row = *state;
	struct sockaddr_in self = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(self);
	int server = socket(AF_INET, SOCK_STREAM, 0), peer = -1;
	struct banner banner = { 0 };
	bool over = false, said = false;

	assert_int_equal(bind(server, (struct sockaddr *)&self, sizeof(self)), 0);
	assert_int_equal(listen(server, 1), 0);
	getsockname(server, (struct sockaddr *)&self, &size);
	banner_start(&banner, "127.0.0.1", ntohs(self.sin_port), "SSH-",
		     row->says ? 60000 : 200, loop_resumed, &over);
	peer = accept(server, NULL, NULL);
	if (row->cancel)
		banner_cancel(&banner);
	while (!over) {
		if (!said && row->says)
			assert_int_equal(send(peer, row->says, strlen(row->says), 0),
					 strlen(row->says));
		if (!said && row->hangs_up)
			shutdown(peer, SHUT_RDWR);
		said = true;
		uv_run(op_loop(), UV_RUN_ONCE);
	}
	assert_int_equal(banner.op.err.kind, row->kind);
	assert_string_equal(banner.op.err.text, row->text);
	close(peer);
	close(server);
}

static void nobody_listens(void **state)
{
	struct banner banner = { 0 };
	bool over = false;

	(void)state;
	banner_start(&banner, "127.0.0.1", 1, "SSH-", 60000, loop_resumed, &over);
	loop_until(&over);
	assert_string_equal(banner.op.err.text, "connection refused");
	over = false;
	banner_start(&banner, "nowhere", 1, "SSH-", 60000, loop_resumed, &over);
	loop_until(&over);
	assert_int_equal(banner.op.err.kind, ERROR_INVALID);
}

int main(void)
{
	int failed;

	loop_begin();
	add_test("many pings at once", all_that_answer);
	add_test("pings of both families", both_families);
	add_test("who is silent is waited for", some_are_silent);
	add_test("nobody to ping, and what is no address", nobody_and_nonsense);
	add_rows(first_words, banners);
	add_test("nobody listens", nobody_listens);
	failed = run_all_tests("knock");
	return loop_end() || failed;
}
