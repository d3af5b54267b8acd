/* A question to the controller, and the controller's side of its socket. */
#include "controller/ask.h"
#include "controller/door.h"

#include "tests/lib/loop.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static char folder[] = "/tmp/vm7-ask-XXXXXX";
static char path[64];
static char wished[200];
static struct host host;

static json_t *document(void *owner, enum door_document which)
{
	(void)owner;
	return which == DOOR_STATUS ? json_pack("{s:i}", "schema", 1) : NULL;
}

static void metrics(void *owner, struct text *out)
{
	(void)owner;
	text_add(out, "x 1\n");
}

static bool ready(void *owner, struct error *why)
{
	(void)owner;
	return error_set(why, ERROR_TEMPORARY, "no pass yet");
}

static unsigned wish(void *owner, enum wish wish, const char *accept)
{
	(void)owner;
	snprintf(wished, sizeof(wished), "%s %s", wish == WISH_PASS ? "pass" : "look",
		 accept ? accept : "-");
	return 7;
}

static const struct door_owner owner = {
	.document = document,
	.metrics = metrics,
	.ready = ready,
	.wish = wish,
};

static struct ask ask_for(const char *method, const char *what)
{
	struct ask ask;
	bool over = false;

	ask_start(&ask, path, method, what, loop_resumed, &over);
	loop_until(&over);
	return ask;
}

static const struct row {
	const char *name, *method, *path;
	enum error_kind kind;
	const char *says; /* the error, or the document */
	const char *wish;
} rows[] = {
	{ "the status", "GET", "/api/v1/status", ERROR_NONE, "{\"schema\":1}", "" },
	{ "a plan that is not there yet", "GET", "/api/v1/plan", ERROR_FAILED,
	  "the controller says 503: there is none yet", "" },
	{ "what is no document", "GET", "/metrics", ERROR_FAILED,
	  "the controller's answer is no JSON", "" },
	{ "a page that is not there", "GET", "/nothing", ERROR_FAILED,
	  "the controller says 404: there is no such page", "" },
	{ "is it ready?", "GET", "/readyz", ERROR_FAILED,
	  "the controller says 503: no pass yet", "" },
	{ "a pass", "POST", "/reconcile", ERROR_NONE, NULL, "pass -" },
	{ "a pass that accepts a commit", "POST", "/reconcile?accept=0123456789abcdef",
	  ERROR_NONE, NULL, "pass 0123456789abcdef" },
	{ "a pass that accepts no commit", "POST", "/reconcile?accept=HEAD", ERROR_FAILED,
	  "the controller says 400: accept: expected a commit, at least 8 digits of it",
	  "" },
	{ "a hook", "POST", "/hook", ERROR_FAILED,
	  "the controller says 404: there is no such page", "" },
};

static void asks(void **state)
{
	const struct row *row = *state;
	struct error err = { 0 };
	struct door *door;
	struct ask ask;
	char *said;

	*wished = '\0';
	assert_true(door_open(&door, &host, path, &owner, &err));
	ask = ask_for(row->method, row->path);
	assert_int_equal(ask.op.err.kind, row->kind);
	if (row->kind) {
		assert_string_equal(ask.op.err.text, row->says);
		assert_null(ask.document);
	} else if (row->says) {
		said = json_dumps(ask.document, JSON_COMPACT);
		assert_string_equal(said, row->says);
		free(said);
	}
	assert_string_equal(wished, row->wish);
	ask_finish(&ask);
	door_close(door);
	uv_run(op_loop(), UV_RUN_NOWAIT);
}

static void nobody(void **state)
{
	struct ask ask = ask_for("GET", "/api/v1/status");

	(void)state;
	assert_int_equal(ask.op.err.kind, ERROR_TEMPORARY);
	assert_non_null(strstr(ask.op.err.text, "no controller listens on /tmp/"));
	ask_finish(&ask);
}

/* A socket that nobody listens at any more. */
static void leave_behind(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(at.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	close(fd);
}

static void only_one(void **state)
{
	struct door *door = NULL, *other = NULL;
	struct error err = { 0 };
	struct stat st;

	(void)state;
	leave_behind();
	assert_true(door_open(&door, &host, path, &owner, &err));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(door_open(&other, &host, path, &owner, &err));
	assert_int_equal(err.kind, ERROR_BUSY);
	door_close(door);
	uv_run(op_loop(), UV_RUN_NOWAIT);
	assert_int_equal(access(path, F_OK), -1);
}

static void in_the_way(void **state)
{
	struct error err = { 0 };
	struct door *door;
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	close(fd);
	assert_false(door_open(&door, &host, path, &owner, &err));
	assert_int_equal(err.kind, ERROR_LOCAL);
	assert_int_equal(unlink(path), 0);
}

int main(void)
{
	int failed;

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/vm7.sock", folder);
	loop_begin();
	add_rows(asks, rows);
	add_test("nobody listens", nobody);
	add_test("one at a time; what a dead one left is no hindrance", only_one);
	add_test("a file in the way is left alone", in_the_way);
	failed = run_all_tests("ask");
	rmdir(folder);
	return failed + (loop_end() != 0);
}
