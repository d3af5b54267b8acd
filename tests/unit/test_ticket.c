/* root@pam's ticket: which requests carry it, how it is come by, renewed and given up. */
#include "base/own.h"
#include "base/text.h"
#include "pve/link.h"
#include "pve/ticket.h"
#include "tests/lib/served.h"

#define HOUR     (3600 * 1000UL)
#define PASSWORD "correct horse&9"
#define SENT     "correct%20horse%269" /* as a form has it */

/* ---- how old it may be ---- */

static const struct age_row {
	const char *name;
	uint64_t age;
	bool none;
	enum ticket_age is;
} age_rows[] = {
	{ "just come", 0, false, TICKET_FRESH },
	{ "not an hour old", HOUR - 1, false, TICKET_FRESH },
	{ "an hour old: it is renewed by itself", HOUR, false, TICKET_OLD },
	{ "not two hours old", 2 * HOUR - 1, false, TICKET_OLD },
	{ "G-03 older than two hours: it buys nothing any more", 2 * HOUR, false,
	  TICKET_DEAD },
	{ "none", 0, true, TICKET_DEAD },
};

static void ages(void **state)
{
	const struct age_row *row = *state;
	struct ticket ticket = { .since = 12345 };

	if (!row->none)
		secret_set(&ticket.itself, "PVE:x", 5);
	assert_int_equal(ticket_age(&ticket, 12345 + row->age), row->is);
	ticket_drop(&ticket);
}

/* ---- what comes for a login ---- */

#define CSRF "\"CSRFPreventionToken\": \"6B:x\""
static const struct come_row {
	const char *name, *data;
	enum error_kind kind;
	const char *cookie; /* or words of the error */
} come_rows[] = {
	{ "a ticket", "{\"ticket\": \"PVE:root@pam:6B::a+/=\", " CSRF "}", ERROR_NONE,
	  "Cookie: PVEAuthCookie=PVE%3Aroot%40pam%3A6B%3A%3Aa%2B%2F%3D" },
	{ "a second factor", "{\"ticket\": \"PVE:tfa!\", " CSRF ", \"NeedTFA\": 1}",
	  ERROR_DENIED, "root@pam has a second factor" },
	{ "no ticket", "{" CSRF "}", ERROR_FAILED, "no ticket came" },
	{ "no proof for writes", "{\"ticket\": \"PVE:x\"}", ERROR_FAILED,
	  "no ticket came" },
	{ "a header in the proof",
	  "{\"ticket\": \"PVE:x\", \"CSRFPreventionToken\": \"a\\r\\nX: y\"}",
	  ERROR_FAILED, "no ticket came" },
	{ "something else", "7", ERROR_FAILED, "no ticket came" },
};

static void comes(void **state)
{
	const struct come_row *row = *state;
	json_t *data = json_loads(row->data, JSON_DECODE_ANY, NULL);
	struct ticket ticket = { 0 };
	struct error err = { 0 };

	assert_int_equal(ticket_take(&ticket, data, 7, &err), !row->kind);
	assert_int_equal(err.kind, row->kind);
	if (row->kind) {
		assert_null(ticket.itself.value);
		assert_non_null(strstr(err.text, row->cookie));
	} else {
		assert_string_equal(ticket.cookie.value, row->cookie);
		assert_string_equal(ticket.csrf.value, "CSRFPreventionToken: 6B:x");
		assert_int_equal(ticket.since, 7);
	}
	ticket_drop(&ticket);
	json_decref(data);
	secret_forget_all();
}

/* ---- the requests ---- */

/* What the server does, and who it saw: "login password, PUT root, GET token". */
static struct {
	unsigned logins, refuse; /* so many requests with a ticket are refused */
	bool wrong_password, expired;
	char saw[1000];
} server;

static void saw(const char *method, const char *who)
{
	size_t len = strlen(server.saw);

	snprintf(server.saw + len, sizeof(server.saw) - len, "%s%s %s", len ? ", " : "",
		 method, who);
}

static void log_in(struct peer_talk *talk)
{
	bool by_password = strstr(talk->body, "password=" SENT) != NULL;
	bool by_ticket = strstr(talk->body, "password=PVE%3A") != NULL;
	char body[200];

	assert_non_null(strstr(talk->body, "username=root%40pam&"));
	assert_null(strcasestr(talk->headers, "\r\nAuthorization:"));
	assert_null(strcasestr(talk->headers, "\r\nCookie:"));
	saw("login", by_password ? "password" : by_ticket ? "ticket" : "?");
	if (server.wrong_password || (by_ticket && server.expired)) {
		peer_says_json(talk, "401 authentication failure", "{\"data\":null}");
		return;
	}
	snprintf(body, sizeof(body),
		 "{\"data\":{\"ticket\":\"PVE:%u\",\"CSRFPreventionToken\":\"proof\"}}",
		 ++server.logins);
	peer_says_json(talk, "200 OK", body);
}

static void answer(struct peer_talk *talk, void *data)
{
	bool token = strcasestr(talk->headers, "\r\nAuthorization: PVEAPIToken=vm7@");
	bool root = strcasestr(talk->headers, "\r\nCookie: PVEAuthCookie=PVE%3A");
	bool proof = strcasestr(talk->headers, "\r\nCSRFPreventionToken: proof\r\n");
	bool write = strcmp(talk->method, "GET") != 0;

	(void)data;
	if (str_ends(talk->target, "/access/ticket")) {
		log_in(talk);
		return;
	}
	saw(talk->method, token && !root && !proof           ? "token"
			  : root && !token && proof == write ? "root"
							     : "?");
	if (root && server.refuse > 0) {
		server.refuse--;
		peer_says(talk, "401 Authentication failed!", "text/plain", "");
	} else {
		peer_says_json(talk, "200 OK", "{\"data\":null}");
	}
}

static int begin(void **state)
{
	struct cluster_config like = { .pinned = true };

	(void)state;
	secret_set(&like.root_password, PASSWORD, strlen(PASSWORD));
	served_begin(answer, &like);
	memset(&server, 0, sizeof(server));
	return 0;
}

static int finish(void **state)
{
	int left = served_finish();

	(void)state;
	secret_finish(&served.config.root_password);
	secret_forget_all();
	return left;
}

/* One request, and how it ended. */
static struct error run(enum method method, bool privileged)
{
	struct param params[] = { { "mp0", "/srv,mp=/data" } };
	struct request request = { .method = method,
				   .path = "/config",
				   .params = params,
				   .params_len = 1,
				   .node = "pve01",
				   .privileged = privileged };
	bool over = false;
	struct call call;

	call_start(&call, served.cluster, &request, loop_resumed, &over);
	loop_until(&over);
	call_finish(&call);
	return call.op.err;
}

static void runs_well(enum method method, bool privileged)
{
	struct error err = run(method, privileged);

	if (err.kind)
		fail_msg("%s", err.text);
}

static void only_what_is_roots_carries_it(void **state)
{
	(void)state;
	runs_well(METHOD_GET, false);
	runs_well(METHOD_PUT, true);
	runs_well(METHOD_PUT, false);
	runs_well(METHOD_PUT, true);
	runs_well(METHOD_GET, true);
	assert_string_equal(server.saw, "GET token, login password, PUT root, PUT token, "
					"PUT root, GET root");
}

static void an_old_one_buys_another(void **state)
{
	(void)state;
	runs_well(METHOD_PUT, true);
	served.cluster->ticket.since -= HOUR;
	runs_well(METHOD_PUT, true);
	served.cluster->ticket.since -= 2 * HOUR;
	runs_well(METHOD_PUT, true);
	assert_string_equal(server.saw, "login password, PUT root, login ticket, PUT "
					"root, login password, PUT root");
}

static void an_old_one_that_buys_nothing(void **state)
{
	(void)state;
	runs_well(METHOD_PUT, true);
	served.cluster->ticket.since -= HOUR;
	server.expired = true;
	runs_well(METHOD_PUT, true);
	assert_string_equal(server.saw, "login password, PUT root, login ticket, login "
					"password, PUT root");
}

static void one_that_is_too_old_for_the_server(void **state)
{
	(void)state;
	runs_well(METHOD_PUT, true);
	server.refuse = 1;
	runs_well(METHOD_PUT, true);
	assert_string_equal(server.saw, "login password, PUT root, PUT root, login "
					"password, PUT root");
}

static void refused_for_good(void **state)
{
	struct error err;

	(void)state;
	server.refuse = 10;
	err = run(METHOD_PUT, true);
	assert_int_equal(err.kind, ERROR_DENIED);
	assert_string_equal(err.text, "PUT /config: 401 Authentication failed! (the "
				      "ticket of root@pam)");
	assert_string_equal(server.saw, "login password, PUT root, login password, PUT "
					"root");
	runs_well(METHOD_GET, false); /* the token's work goes on */
}

/* A refusal costs 3 s and a line in somebody's log: once a pass. */
static void a_wrong_password(void **state)
{
	struct error err;

	(void)state;
	server.wrong_password = true;
	for (int i = 0; i < 2; i++) {
		err = run(METHOD_PUT, true);
		assert_int_equal(err.kind, ERROR_DENIED);
		assert_string_equal(err.text,
				    "POST /access/ticket: 401 authentication failure "
				    "(the password of globals.proxmox.privileged is "
				    "wrong, or root@pam is disabled)");
	}
	runs_well(METHOD_GET, false);
	assert_string_equal(server.saw, "login password, GET token");
	server.wrong_password = false;
	cluster_begin_pass(served.cluster);
	runs_well(METHOD_PUT, true);
}

static void without_a_password(void **state)
{
	struct error err;

	(void)state;
	cluster_destroy(served.cluster);
	secret_finish(&served.config.root_password);
	served.cluster = cluster_create(&served.config);
	err = run(METHOD_PUT, true);
	assert_int_equal(err.kind, ERROR_REFUSED);
	assert_non_null(strstr(err.text, "globals.proxmox.privileged is not given"));
	assert_string_equal(server.saw, "");
}

/* Two that begin together may log in twice; both are carried out. */
static void two_at_once(void **state)
{
	struct request request = { .method = METHOD_PUT,
				   .path = "/config",
				   .privileged = true };
	struct call calls[2];
	bool over[2] = { false, false };

	(void)state;
	for (int i = 0; i < 2; i++)
		call_start(&calls[i], served.cluster, &request, loop_resumed, &over[i]);
	for (int i = 0; i < 2; i++) {
		loop_until(&over[i]);
		assert_int_equal(calls[i].op.err.kind, ERROR_NONE);
		call_finish(&calls[i]);
	}
	assert_int_equal(cluster_writes(served.cluster), 2 + server.logins);
}

static void canceled_while_it_logs_in(void **state)
{
	struct request request = { .method = METHOD_PUT,
				   .path = "/config",
				   .privileged = true };
	bool over = false;
	struct call call;

	(void)state;
	call_start(&call, served.cluster, &request, loop_resumed, &over);
	call_cancel(&call);
	loop_until(&over);
	assert_int_equal(call.op.err.kind, ERROR_CANCELED);
	call_finish(&call);
}

int main(void)
{
	add_rows(ages, age_rows);
	add_rows(comes, come_rows);
	add_served_test("G-03 only what is root@pam's carries the ticket",
			only_what_is_roots_carries_it);
	add_served_test("G-03 an old ticket is renewed", an_old_one_buys_another);
	add_served_test("one that buys nothing: by the password",
			an_old_one_that_buys_nothing);
	add_served_test("G-03 too old by the server's clock: once more, with another",
			one_that_is_too_old_for_the_server);
	add_served_test("refused for good", refused_for_good);
	add_served_test("a wrong password is not tried again", a_wrong_password);
	add_served_test("without a password nothing is sent", without_a_password);
	add_served_test("two at once", two_at_once);
	add_served_test("canceled while it logs in", canceled_while_it_logs_in);
	return run_all_tests("ticket");
}
