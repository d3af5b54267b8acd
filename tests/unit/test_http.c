#include "base/http.h"

#include "base/text.h"
#include "tests/lib/loop.h"
#include "tests/lib/peer.h"
#include "tests/lib/test.h"

enum { BODY_MAX = 50000 };

/* 100000 bytes of "a". */
static const unsigned char bomb[] = {
	0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31,
	0x01, 0x00, 0x00, 0x00, 0xc2, 0xa0, 0xac, 0xeb, 0x5f, 0xc2, 0x1a, 0x1e, 0x40,
	0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xaf, 0x06, 0x87, 0xfa, 0xe2, 0x1b, 0xa0,
	0x86, 0x01, 0x00,
};

static struct peer *peer;
static struct arena *arena;

/* ---- what the server does, by path ---- */

static void say_bomb(struct peer_talk *talk)
{
	int len = snprintf(talk->made, sizeof(talk->made),
			   "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
			   "Content-Length: %zu\r\n\r\n",
			   sizeof(bomb));

	memcpy(talk->made + len, bomb, sizeof(bomb));
	talk->raw = talk->made;
	talk->raw_len = (size_t)len + sizeof(bomb);
}

static void say_long_headers(struct peer_talk *talk)
{
	static char raw[200000];
	size_t len = (size_t)snprintf(raw, sizeof(raw), "HTTP/1.1 200 OK\r\n");

	while (len < 150000)
		len += (size_t)snprintf(raw + len, sizeof(raw) - len, "X-%zu: %0900d\r\n",
					len, 0);
	snprintf(raw + len, sizeof(raw) - len, "Content-Length: 0\r\n\r\n");
	talk->raw = raw;
}

static void answer(struct peer_talk *talk, void *data)
{
	const char *path = talk->target;

	(void)data;
	if (strcmp(path, "/reason") == 0) {
		talk->raw = "HTTP/1.1 500 unable to create VM 100: it's there\r\n"
			    "Content-Length: 2\r\n\r\n{}";
	} else if (strcmp(path, "/bare") == 0) {
		talk->raw = "HTTP/1.1 401 No ticket\r\nConnection: close\r\n\r\n";
		talk->close = true;
	} else if (strcmp(path, "/none") == 0) {
		talk->raw = NULL;
	} else if (strcmp(path, "/tired") == 0) {
		/* the second request of a connection is read and never answered */
		if (talk->on_connection == 1)
			peer_says(talk, "200 OK", "text/plain", "fresh");
	} else if (strcmp(path, "/half") == 0) {
		talk->raw = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\"";
		talk->close = true;
	} else if (strcmp(path, "/slow") == 0) {
		talk->wait_ms = 20000;
	} else if (strcmp(path, "/moved") == 0) {
		talk->raw = "HTTP/1.1 302 Found\r\nLocation: /ok\r\n"
			    "Content-Length: 0\r\n\r\n";
	} else if (strcmp(path, "/bomb") == 0) {
		say_bomb(talk);
	} else if (strcmp(path, "/headers") == 0) {
		say_long_headers(talk);
	} else if (strcmp(path, "/echo") == 0) {
		char text[PEER_TEXT];

		snprintf(text, sizeof(text), "%s|%s|%s", talk->method, talk->headers,
			 talk->body);
		peer_says(talk, "200 OK", "text/plain", text);
	} else {
		peer_says(talk, "200 OK", "text/plain", "fine");
	}
}

/* ---- asking it ---- */

static struct http_request to(const char *method, const char *path)
{
	return (struct http_request){
		.method = method,
		.url = arena_printf(arena, "%s%s", peer->url, path),
		.once = strcmp(method, "GET") != 0,
		.connect_ms = 10000,
		.total_ms = strcmp(path, "/slow") == 0 ? 1500 : 20000,
		.stall_s = 5,
		.body_max = BODY_MAX,
	};
}

static void ask(struct http *http, struct http_client *client,
		const struct http_request *request)
{
	bool over = false;

	http_start(http, client, request, loop_resumed, &over);
	assert_false(over);
	loop_until(&over);
}

static struct http_config pinned(void)
{
	struct http_config config = { .pinned = true, .authorization = "Token abc" };

	memcpy(config.fingerprint, peer->fingerprint, 32);
	return config;
}

static void begin(void)
{
	loop_begin();
	arena = arena_create();
	peer = peer_start(answer, NULL);
}

static void finish(struct http_client *client)
{
	http_client_destroy(client);
	assert_int_equal(loop_end(), 0);
	peer_stop(peer);
	arena_destroy(arena);
}

static const struct answer_row {
	const char *name, *method, *path, *body;
	enum error_kind kind;
	long status;
	const char *reason, *text; /* of the status line; of the body or the error */
	unsigned requests;
} answers[] = {
	{ "an answer", "GET", "/ok", NULL, ERROR_NONE, 200, "OK", "fine", 1 },
	{ "the reason is kept whole", "GET", "/reason", NULL, ERROR_NONE, 500,
	  "unable to create VM 100: it's there", "{}", 1 },
	{ "an answer without a body", "GET", "/bare", NULL, ERROR_NONE, 401, "No ticket",
	  "", 1 },
	{ "a redirect is not followed", "GET", "/moved", NULL, ERROR_NONE, 302, "Found",
	  "", 1 },
	{ "an empty body is a body", "POST", "/ok", "", ERROR_NONE, 200, "OK", "fine",
	  1 },
	{ "no answer to a write", "POST", "/none", "a=1", ERROR_UNKNOWN, 0, "", "", 1 },
	{ "half an answer", "GET", "/half", NULL, ERROR_UNKNOWN, 0, "OK", "", 1 },
	{ "too slow", "GET", "/slow", NULL, ERROR_UNKNOWN, 0, "", "timed out", 1 },
	{ "a small answer that unpacks to a big one", "GET", "/bomb", NULL, ERROR_UNKNOWN,
	  0, "OK", "its answer is too long", 1 },
	{ "headers without end", "GET", "/headers", NULL, ERROR_UNKNOWN, 0, "OK",
	  "its headers are too long", 1 },
};

static void answers_are_told_apart(void **state)
{
	const struct answer_row *row = *state;
	struct http_request request;
	struct http_client *client;
	struct http_config config;
	struct http http;

	begin();
	config = pinned();
	client = http_client_create(&config);
	request = to(row->method, row->path);
	request.body = row->body;
	ask(&http, client, &request);
	assert_int_equal(http.op.err.kind, row->kind);
	assert_int_equal(http.status, row->status);
	assert_string_equal(http.reason, row->reason);
	if (row->kind == ERROR_NONE)
		assert_string_equal(http.body, row->text);
	else
		assert_non_null(strstr(http.op.err.text, row->text));
	assert_int_equal(peer_requests(peer), row->requests);
	http_finish(&http);
	finish(client);
}

/* ---- trust ---- */

enum trust { PIN, WRONG_PIN, OWN_CA, OWN_CA_OTHER_NAME, SYSTEM_CAS, NO_CA, NO_LOOK };

static const struct trust_row {
	const char *name;
	enum trust trust;
	enum error_kind kind;
	const char *text;
} trusts[] = {
	{ "the pinned certificate", PIN, ERROR_NONE, "" },
	{ "another certificate than the pinned one", WRONG_PIN, ERROR_DENIED,
	  "another one than `fingerprint` says: it has " },
	{ "a certificate of our CA", OWN_CA, ERROR_NONE, "" },
	{ "a certificate of our CA, for another name", OWN_CA_OTHER_NAME, ERROR_DENIED,
	  "its certificate is not trusted" },
	{ "a certificate of nobody known", SYSTEM_CAS, ERROR_DENIED,
	  "its certificate is not trusted" },
	{ "a CA file that is none", NO_CA, ERROR_INVALID,
	  "the CA certificates cannot be used" },
	{ "no look at it at all", NO_LOOK, ERROR_NONE, "" },
};

static struct http_config trusting(enum trust trust)
{
	struct http_config config = pinned();

	switch (trust) {
	case PIN:
		break;
	case WRONG_PIN:
		config.fingerprint[31] ^= 1;
		break;
	case OWN_CA:
	case OWN_CA_OTHER_NAME:
		config = (struct http_config){ .ca_pem = peer->pem };
		break;
	case SYSTEM_CAS:
		config = (struct http_config){ 0 };
		break;
	case NO_CA:
		config = (struct http_config){ .ca_pem = "no certificate\n" };
		break;
	case NO_LOOK:
		config = (struct http_config){ .insecure = true };
		break;
	}
	return config;
}

static void certificates_are_judged(void **state)
{
	const struct trust_row *row = *state;
	struct http_request request;
	struct http_client *client;
	struct http_config config;
	struct http http;

	begin();
	config = trusting(row->trust);
	client = http_client_create(&config);
	request = to("POST", "/ok");
	request.body = "a=1";
	if (row->trust == OWN_CA_OTHER_NAME)
		request.url = arena_printf(arena, "https://localhost:%u/ok", peer->port);
	/* twice: what was learned the first time must not open the door the second */
	for (int i = 0; i < 2; i++) {
		ask(&http, client, &request);
		assert_int_equal(http.op.err.kind, row->kind);
		assert_non_null(strstr(http.op.err.text, row->text));
		http_finish(&http);
	}
	assert_int_equal(peer_requests(peer), row->kind == ERROR_NONE ? 2 : 0);
	finish(client);
}

/* ---- connections ---- */

/* The first request leaves a kept connection, on which the server reads the second and
 * hangs up: a read may be repeated, a write never. */
static void writes_are_never_repeated(void **state)
{
	struct http_client *client;
	struct http_request request;
	struct http_config config;
	struct http http;

	(void)state;
	begin();
	config = pinned();
	client = http_client_create(&config);
	request = to("GET", "/ok");
	ask(&http, client, &request);
	http_finish(&http);
	request = to("GET", "/tired");
	ask(&http, client, &request);
	assert_int_equal(http.op.err.kind, ERROR_NONE);
	assert_string_equal(http.body, "fresh");
	http_finish(&http);
	assert_int_equal(peer_requests(peer), 3);

	request = to("POST", "/none");
	request.body = "newid=100";
	ask(&http, client, &request);
	assert_int_equal(http.op.err.kind, ERROR_UNKNOWN);
	http_finish(&http);
	assert_int_equal(peer_requests(peer), 4);
	assert_string_equal(peer->seen[3], "POST /none newid=100");
	finish(client);
}

static void reads_share_a_connection_writes_do_not(void **state)
{
	struct http_client *client;
	struct http_request request;
	struct http_config config;
	struct http http;

	(void)state;
	begin();
	config = pinned();
	client = http_client_create(&config);
	for (int i = 0; i < 4; i++) {
		request = to(i < 2 ? "GET" : "DELETE", "/ok");
		ask(&http, client, &request);
		assert_int_equal(http.op.err.kind, ERROR_NONE);
		http_finish(&http);
	}
	assert_int_equal(peer->connections, 3);
	finish(client);
}

static void what_is_sent(void **state)
{
	struct http_client *client;
	struct http_request request;
	struct http_config config;
	struct http http;

	(void)state;
	setenv("https_proxy", "http://127.0.0.1:1", 1);
	begin();
	config = pinned();
	client = http_client_create(&config);
	request = to("PUT", "/echo");
	request.body = "a=%3B";
	ask(&http, client, &request);
	assert_int_equal(http.op.err.kind, ERROR_NONE);
	assert_true(str_starts(http.body, "PUT|"));
	assert_true(str_ends(http.body, "|a=%3B"));
	assert_non_null(strstr(http.body, "Authorization: Token abc\r\n"));
	assert_non_null(strstr(http.body, "Content-Length: 5\r\n"));
	assert_non_null(strstr(http.body, "application/x-www-form-urlencoded"));
	assert_null(strstr(http.body, "Expect"));
	http_finish(&http);
	request = to("DELETE", "/echo");
	ask(&http, client, &request);
	assert_true(str_starts(http.body, "DELETE|"));
	assert_null(strstr(http.body, "Content-Length"));
	http_finish(&http);
	finish(client);
	unsetenv("https_proxy");
}

/* ---- nobody there, never mind ---- */

static const struct nowhere_row {
	const char *name, *url;
	enum error_kind kind;
} nowheres[] = {
	{ "nobody listens", "https://127.0.0.1:1/", ERROR_TEMPORARY },
	{ "a name that does not exist", "https://nobody.invalid/", ERROR_TEMPORARY },
	{ "in clear", "http://127.0.0.1:1/", ERROR_INVALID },
	{ "a file", "file:///etc/passwd", ERROR_INVALID },
	{ "no address", "https://", ERROR_INVALID },
};

static void nothing_is_sent(void **state)
{
	const struct nowhere_row *row = *state;
	struct http_client *client;
	struct http_request request;
	struct http_config config;
	struct http http;

	begin();
	config = pinned();
	client = http_client_create(&config);
	request = to("POST", "/");
	request.url = row->url;
	ask(&http, client, &request);
	assert_int_equal(http.op.err.kind, row->kind);
	assert_true(*http.op.err.text);
	http_finish(&http);
	finish(client);
}

static void canceling_ends_it_once(void **state)
{
	struct http_client *client;
	struct http_request request;
	struct http_config config;
	struct http http;
	bool over = false;

	(void)state;
	begin();
	config = pinned();
	client = http_client_create(&config);
	request = to("GET", "/slow");
	request.total_ms = 60000;
	http_start(&http, client, &request, loop_resumed, &over);
	while (peer_requests(peer) == 0)
		uv_run(op_loop(), UV_RUN_NOWAIT);
	http_cancel(&http);
	http_cancel(&http);
	assert_false(over);
	loop_until(&over);
	assert_int_equal(http.op.err.kind, ERROR_CANCELED);
	http_finish(&http);
	finish(client);
}

static void many_at_once(void **state)
{
	enum { MANY = 30 };
	struct http_client *client;
	struct http_request request;
	struct http_config config;
	struct http http[MANY];
	bool over[MANY] = { false };

	(void)state;
	begin();
	config = pinned();
	client = http_client_create(&config);
	request = to("GET", "/ok");
	request.total_ms = 20000;
	for (int i = 0; i < MANY; i++)
		http_start(&http[i], client, &request, loop_resumed, &over[i]);
	for (int i = 0; i < MANY; i++) {
		loop_until(&over[i]);
		assert_int_equal(http[i].op.err.kind, ERROR_NONE);
		assert_string_equal(http[i].body, "fine");
		http_finish(&http[i]);
	}
	finish(client);
}

int main(void)
{
	add_rows(answers_are_told_apart, answers);
	add_rows(certificates_are_judged, trusts);
	add_rows(nothing_is_sent, nowheres);
	add_test("a write is never sent twice", writes_are_never_repeated);
	add_test("reads share a connection, writes do not",
		 reads_share_a_connection_writes_do_not);
	add_test("what is sent", what_is_sent);
	add_test("canceling ends it once", canceling_ends_it_once);
	add_test("many at once", many_at_once);
	return run_all_tests("http");
}
