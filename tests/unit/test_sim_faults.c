/* Faults strike what they name, and HTTP is framed as Proxmox does it. */
#include "tests/lib/test.h"
#include "tests/sim/faults.h"
#include "tests/sim/http.h"

static bool strikes(struct faults *faults, const char *method, const char *path,
		    const char *params)
{
	json_t *json = json_loads(params, 0, NULL);
	const json_t *drawn;
	bool struck = faults_strike(faults, method, path, json, &drawn) != NULL;

	json_decref(json);
	return struck;
}

static const struct strike_row {
	const char *name, *file;
	const char *hits; /* of six equal requests: which are struck */
} strike_rows[] = {
	{ "once, unless told otherwise",
	  "{\"match\": {\"path\": \"/nodes/*/qemu/*/clone\"}, \"do\": {\"cut\": "
	  "\"before\"}}",
	  "100000" },
	{ "after some that pass, then so often",
	  "{\"match\": {\"method\": \"POST\"}, \"after\": 2, \"times\": 2, \"do\": "
	  "{\"html\": true}}",
	  "001100" },
	{ "each second one",
	  "{\"match\": {}, \"times\": -1, \"every\": 2, \"do\": {\"half\": true}}",
	  "101010" },
	{ "always", "{\"match\": {}, \"times\": -1, \"do\": {\"status\": 500}}",
	  "111111" },
	{ "by a parameter",
	  "{\"match\": {\"params\": {\"newid\": \"101\"}}, \"do\": {\"half\": true}}",
	  "100000" },
	{ "by a parameter that is a number in JSON",
	  "{\"match\": {\"params\": {\"full\": \"1\"}}, \"do\": {\"half\": true}}",
	  "100000" },
	{ "not by another value of it",
	  "{\"match\": {\"params\": {\"newid\": \"102\"}}, \"do\": {\"half\": true}}",
	  "000000" },
	{ "not by another method",
	  "{\"match\": {\"method\": \"GET\"}, \"do\": {\"bomb\": true}}", "000000" },
	{ "not by another path",
	  "{\"match\": {\"path\": \"/nodes/*/lxc/*\"}, \"do\": {\"silent\": true}}",
	  "000000" },
};

static void strikes_so(void **state)
{
	const struct strike_row *row = *state;
	json_t *json = json_pack("{s:[o]}", "faults", json_loads(row->file, 0, NULL));
	struct error err = { 0 };
	struct faults faults;

	assert_true(faults_read(&faults, json, &err));
	json_decref(json);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(strikes(&faults, "POST", "/nodes/pve01/qemu/9000/clone",
					 "{\"newid\": \"101\", \"full\": 1}"),
				 row->hits[i] == '1');
	faults_finish(&faults);
}

/* A day of requests: the same few calls again and again, each with another task to look at. */
static const char *nth_request(struct arena *arena, unsigned n, const char **path)
{
	static const char *const calls[][2] = {
		{ "GET", "/cluster/resources" },
		{ "POST", "/nodes/pve01/qemu/9000/clone" },
		{ "PUT", "/nodes/pve01/qemu/100/config" },
		{ "GET", "/nodes/pve01/qemu/100/config" },
		{ "GET", NULL },
	};

	*path = calls[n % 5][1];
	if (!*path)
		*path = arena_printf(arena, "/nodes/pve01/tasks/UPID:pve01:%08X::/status",
				     n);
	return calls[n % 5][0];
}

/* What chance drew, read as a fault file, does the same to the same requests. */
static void repeats(void **state)
{
	struct arena *arena = arena_create();
	json_t *random =
		json_loads("{\"random\": {\"seed\": 7, \"rate\": 0.2}}", 0, NULL);
	json_t *rows = json_object(), *list = json_array();
	struct error err = { 0 };
	struct faults by_chance, by_row;
	enum fault_kind kinds[500];
	bool struck[500];
	const json_t *drawn;
	const char *path;

	(void)state;
	json_object_set_new(rows, "faults", list);
	assert_true(faults_read(&by_chance, random, &err));
	for (unsigned i = 0; i < 500; i++) {
		const char *method = nth_request(arena, i, &path);
		const struct fault *fault =
			faults_strike(&by_chance, method, path, NULL, &drawn);

		struck[i] = fault != NULL;
		if (!fault)
			continue;
		kinds[i] = fault->kind;
		json_array_append_new(list, json_deep_copy(drawn));
	}
	assert_in_range(json_array_size(list), 50, 200);
	assert_true(faults_read(&by_row, rows, &err));
	for (unsigned i = 0; i < 500; i++) {
		const char *method = nth_request(arena, i, &path);
		const struct fault *fault =
			faults_strike(&by_row, method, path, NULL, &drawn);

		assert_null(drawn);
		assert_int_equal(fault != NULL, struck[i]);
		if (fault)
			assert_int_equal(fault->kind, kinds[i]);
	}
	faults_finish(&by_chance);
	faults_finish(&by_row);
	json_decref(random);
	json_decref(rows);
	arena_destroy(arena);
}

/* Whether a request is struck does not depend on the others between it and the one before. */
static void order_is_no_matter(void **state)
{
	json_t *random =
		json_loads("{\"random\": {\"seed\": 3, \"rate\": 0.5}}", 0, NULL);
	struct error err = { 0 };
	bool first[40];

	(void)state;
	for (unsigned run = 0; run < 2; run++) {
		struct faults faults;
		const json_t *drawn;

		assert_true(faults_read(&faults, random, &err));
		for (unsigned i = 0; i < 40; i++) {
			bool is = faults_strike(&faults, "GET", "/version", NULL, &drawn);

			if (run)
				assert_int_equal(is, first[i]);
			first[i] = is;
			if (run)
				faults_strike(&faults, "GET", "/nodes", NULL, &drawn);
		}
		faults_finish(&faults);
	}
	json_decref(random);
}

static void unknown_faults(void **state)
{
	static const char *const files[] = {
		"{\"faults\": [{\"match\": {}, \"do\": {\"explode\": true}}]}",
		"{\"faults\": [{\"match\": {}, \"do\": {\"task\": \"fail\"}}]}",
		"{\"faults\": [{\"match\": {}}]}",
		"{\"random\": {\"seed\": 1}}",
		"{\"random\": {\"seed\": 1, \"rate\": 2}}",
		"{\"random\": {\"seed\": 1, \"rate\": 1, \"kinds\": [\"rain\"]}}",
	};
	struct error err = { 0 };
	struct faults faults;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		json_t *json = json_loads(files[i], 0, NULL);

		assert_false(faults_read(&faults, json, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
		json_decref(json);
	}
}

static const struct http_row {
	const char *name, *text;
	enum http_state state;
	int status;
	const char *reason; /* of the refusal */
	int later;          /* status of what is refused once it is known who asks */
} http_rows[] = {
	{ "half a head", "GET / HTTP/1.1\r\nHost: x\r\n", HTTP_MORE, 0, NULL },
	{ "a whole request", "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n", HTTP_READY, 0,
	  NULL },
	{ "half a body", "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc", HTTP_MORE, 0,
	  NULL },
	{ "a whole body", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", HTTP_READY,
	  0, NULL },
	{ "HEAD", "HEAD / HTTP/1.1\r\n\r\n", HTTP_BAD, 501,
	  "method 'HEAD' not available" },
	{ "chunks", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", HTTP_BAD,
	  501, "chunked transfer encoding not supported" },
	{ "another encoding", "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
	  HTTP_BAD, 501, "Unknown transfer encoding 'gzip'" },
	{ "a body with DELETE", "DELETE / HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
	  HTTP_READY, 0, "Unexpected content for method 'DELETE'", 501 },
	{ "half a megabyte", "PUT / HTTP/1.1\r\nContent-Length: 524288\r\n\r\n",
	  HTTP_MORE, 0, NULL },
	{ "half a megabyte and more", "PUT / HTTP/1.1\r\nContent-Length: 524289\r\n\r\n",
	  HTTP_READY, 0, "for data too large", 501 },
	{ "another protocol", "GET / HTTP/2.0\r\n\r\n", HTTP_BAD, 506,
	  "http protocol version 2.0 not supported" },
	{ "no protocol", "GET /\r\n\r\n", HTTP_BAD, 400, "bad request" },
	{ "a protocol without its minor number", "GET / HTTP/2\r\n\r\n", HTTP_BAD, 400,
	  "bad request" },
	{ "empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n\r\n", HTTP_READY, 0, NULL },
	{ "lines that end in a line feed alone", "GET / HTTP/1.1\nHost: x\n\n",
	  HTTP_READY, 0, NULL },
	{ "a folded header", "GET / HTTP/1.1\r\nX: a\r\n  b\r\n\r\n", HTTP_READY, 0,
	  NULL },
	{ "a header without a colon is refused at once", "GET / HTTP/1.1\r\nnonsense\r\n",
	  HTTP_BAD, 506, "unable to parse request header" },
};

static void reads_http(void **state)
{
	const struct http_row *row = *state;
	struct arena *arena = arena_create();
	struct http_request request;
	struct http_refusal refusal;
	size_t used = 0;

	assert_int_equal(
		http_read(arena, row->text, strlen(row->text), &request, &used, &refusal),
		row->state);
	assert_int_equal(refusal.status, row->status);
	assert_int_equal(request.refusal.status, row->later);
	if (row->reason)
		assert_string_equal(row->later ? request.refusal.reason : refusal.reason,
				    row->reason);
	if (row->state == HTTP_READY)
		assert_int_equal(used, strlen(row->text));
	arena_destroy(arena);
}

/* 62 lines of headers are read, one more is never answered. */
static void header_limit(void **state)
{
	(void)state;
	for (unsigned lines = 61; lines <= 63; lines++) {
		struct arena *arena = arena_create();
		struct http_request request;
		struct http_refusal refusal;
		struct text text;
		size_t used;

		text_init(&text, arena);
		text_add(&text, "GET / HTTP/1.1\r\n");
		for (unsigned i = 0; i < lines; i++)
			text_addf(&text, "X-%u: y\r\n", i);
		text_add(&text, "\r\n");
		assert_int_equal(
			http_read(arena, text.at, text.len, &request, &used, &refusal),
			lines <= 62 ? HTTP_READY : HTTP_DEAD);
		arena_destroy(arena);
	}
}

/* What is counted of a header is its lines without their ends, and not the request's own line. */
static void header_bytes(void **state)
{
	(void)state;
	for (unsigned total = 8191; total <= 8192; total++) {
		struct arena *arena = arena_create();
		struct http_request request;
		struct http_refusal refusal;
		struct text text;
		size_t used;

		text_init(&text, arena);
		text_addf(&text, "GET /%0200d HTTP/1.1\r\nX: %0*d\r\nY: %0100d\r\n\r\n",
			  0, (int)total - 106, 0, 0);
		assert_int_equal(
			http_read(arena, text.at, text.len, &request, &used, &refusal),
			total < 8192 ? HTTP_READY : HTTP_DEAD);
		arena_destroy(arena);
	}
}

static void prints_http(void **state)
{
	struct http_answer answer = { .minor = 1,
				      .status = 200,
				      .reason = "OK",
				      .type = "application/json;charset=UTF-8",
				      .body = "{\"data\":null}",
				      .body_len = 13,
				      .proxied = true,
				      .keep = true };
	struct arena *arena = arena_create();
	struct text out;

	(void)state;
	text_init(&out, arena);
	http_print(&out, &answer, 1795250356.0);
	assert_string_equal(text_str(&out),
			    "HTTP/1.1 200 OK\r\n"
			    "Cache-Control: max-age=0\r\n"
			    "Connection: close\r\n"
			    "Connection: Keep-Alive\r\n"
			    "Date: Sat, 21 Nov 2026 08:39:16 GMT\r\n"
			    "Pragma: no-cache\r\n"
			    "Server: pve-api-daemon/3.0\r\n"
			    "Content-Length: 13\r\n"
			    "Content-Type: application/json;charset=UTF-8\r\n"
			    "Expires: Sat, 21 Nov 2026 08:39:16 GMT\r\n"
			    "\r\n{\"data\":null}");
	arena_destroy(arena);
}

int main(void)
{
	add_rows(strikes_so, strike_rows);
	add_test("a fault that is unknown is refused", unknown_faults);
	add_test("rows of what chance drew repeat it", repeats);
	add_test("chance asks for the request, not for its neighbours",
		 order_is_no_matter);
	add_rows(reads_http, http_rows);
	add_test("62 header lines, no more", header_limit);
	add_test("header lines of less than 8 KiB in all", header_bytes);
	add_test("an answer through pvedaemon, header by header", prints_http);
	return run_all_tests("sim faults");
}
