#include "base/own.h"
#include "base/text.h"
#include "pve/answer.h"
#include "pve/queue.h"
#include "pve/task.h"
#include "pve/value.h"
#include "tests/lib/served.h"

#define JSON(message) "{\"data\":null,\"message\":\"" message "\\n\"}"

/* ---- what an answer means ---- */

static const struct answer_row {
	const char *name;
	bool write;
	long status;
	const char *reason, *body;
	enum error_kind kind;
	const char *text; /* of the error; of `data` */
} answers[] = {
	{ "data", false, 200, "OK", "{\"data\":{\"a\":1}}", ERROR_NONE, "{\"a\":1}" },
	{ "a task", true, 200, "OK", "{\"data\":\"UPID:x\"}", ERROR_NONE, "\"UPID:x\"" },
	{ "done, and nothing to say", true, 200, "OK", "{\"data\":null}", ERROR_NONE,
	  NULL },
	{ "a page of somebody else to a read", false, 200, "OK", "<html>",
	  ERROR_TEMPORARY, "200, but what came with it is no answer of the API" },
	{ "a page of somebody else to a write", true, 200, "OK", "<html>", ERROR_UNKNOWN,
	  "200, but what came with it is no answer of the API" },
	{ "half of it", true, 200, "OK", "{\"data\":\"UPID", ERROR_UNKNOWN,
	  "200, but what came with it is no answer of the API" },
	{ "no data in it", false, 200, "OK", "{\"success\":1}", ERROR_TEMPORARY,
	  "200, but what came with it is no answer of the API" },
	{ "parameters, in order", true, 400, "Parameter verification failed.",
	  "{\"data\":null,\"message\":\"Parameter verification failed.\\n\",\"errors\":"
	  "{\"newid\":\"property is missing\",\"name\":\"invalid format\\n\"}}",
	  ERROR_FAILED,
	  "400 Parameter verification failed. (name: invalid format; newid: property is "
	  "missing)" },
	{ "the credentials", false, 401, "Authentication failed!", "", ERROR_DENIED,
	  "401 Authentication failed!" },
	{ "the rights", true, 403, "Permission check failed (/vms/100, VM.Audit)", "",
	  ERROR_DENIED, "403 Permission check failed (/vms/100, VM.Audit)" },
	{ "no such call", false, 501, "Method 'GET /foo' not implemented", "",
	  ERROR_FAILED, "501 Method 'GET /foo' not implemented" },
	{ "a redirect", false, 301, "Moved", "", ERROR_FAILED, "301 Moved" },
	{ "the node is away", true, 595, "No route to host", "", ERROR_TEMPORARY,
	  "595 No route to host" },
	{ "no answer of the node to a write", true, 596, "Connection timed out", "",
	  ERROR_UNKNOWN, "596 Connection timed out" },
	{ "no answer of the node to a read", false, 596, "Connection timed out", "",
	  ERROR_TEMPORARY, "596 Connection timed out" },
	{ "a gateway in front, to a write", true, 502, "Bad Gateway", "<html>",
	  ERROR_UNKNOWN, "502 Bad Gateway" },
	{ "taken", true, 500, "unable to create VM 202: config file already exists",
	  JSON("unable to create VM 202: config file already exists"), ERROR_FAILED,
	  "500 unable to create VM 202: config file already exists" },
	{ "an old server has only the status line", true, 500, "VM is locked (backup)",
	  "", ERROR_TEMPORARY, "500 VM is locked (backup)" },
	{ "the message is the whole text", true, 500, "first",
	  JSON("first\\nsecond\\u001b[31m"), ERROR_FAILED, "500 first second?[31m" },
	{ "nothing said", true, 500, "", "", ERROR_FAILED, "500" },
	{ "the digest, of a VM", true, 500,
	  "checksum mismatch (file change by other user?)", "", ERROR_CONFLICT,
	  "500 checksum mismatch (file change by other user?)" },
	{ "no worker", true, 500, "got no worker upid - start worker failed", "",
	  ERROR_TEMPORARY, "500 got no worker upid - start worker failed" },
	{ "only root", true, 500, "only root can set 'args' config", "", ERROR_DENIED,
	  "500 only root can set 'args' config" },
};

static void answers_are_read(void **state)
{
	const struct answer_row *row = *state;
	struct answer answer = { row->write, row->status, row->reason, row->body,
				 strlen(row->body) };
	struct error err = { 0 };
	json_t *data;

	if (answer_read(&data, &answer, &err)) {
		char *text =
			data ? json_dumps(data, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

		assert_int_equal(row->kind, ERROR_NONE);
		assert_true(str_equal(text, row->text));
		free(text);
		json_decref(data);
		return;
	}
	assert_null(data);
	assert_string_equal(err.text, row->text);
	assert_int_equal(err.kind, row->kind);
}

static const struct words_row {
	const char *name; /* the words themselves */
	enum error_kind kind;
} words[] = {
	{ "CT is locked (disk)", ERROR_TEMPORARY },
	{ "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout",
	  ERROR_TEMPORARY },
	{ "cfs-lock 'storage-ceph' error: got lock request timeout", ERROR_TEMPORARY },
	{ "'storage-nfs1'-locked command timed out - aborting", ERROR_TEMPORARY },
	{ "cluster not ready - no quorum?", ERROR_TEMPORARY },
	{ "cfs-lock 'domain-x' error: no quorum!", ERROR_TEMPORARY },
	{ "unable to open file '/etc/pve/nodes/a' - Permission denied", ERROR_TEMPORARY },
	{ "RPCEnvironment init request failed: Unable to load access control list",
	  ERROR_TEMPORARY },
	{ "storage 'nfs' is not online", ERROR_TEMPORARY },
	{ "detected modified configuration - file changed by other user? Try again.",
	  ERROR_CONFLICT },
	{ "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
	  ERROR_CONFLICT },
	{ "unable to find configuration file for VM 9000 on node 'pve1'",
	  ERROR_CONFLICT },
	{ "unexpected status", ERROR_UNKNOWN },
	{ "clone failed: interrupted by signal", ERROR_UNKNOWN },
	{ "start failed: command '/usr/bin/kvm -id 100' failed: got timeout",
	  ERROR_UNKNOWN },
	{ "start failed: QEMU exited with code 1", ERROR_FAILED },
	{ "unable to create VM 100 - VM 100 already exists on node 'pve2'",
	  ERROR_FAILED },
	{ "storage 'x' does not exist", ERROR_FAILED },
	{ "shrinking disks is not supported", ERROR_FAILED },
	{ "VM 100 already running", ERROR_FAILED },
};

static void words_are_understood(void **state)
{
	const struct words_row *row = *state;

	assert_int_equal(words_kind(row->name), row->kind);
}

/* ---- scalars ---- */

static const struct value_row {
	const char *name; /* the JSON */
	const char *text;
	long long number; /* -1: none */
	bool flag;
} values[] = {
	{ "1", "1", 1, true },           { "\"1\"", "1", 1, true },
	{ "0", "0", 0, false },          { "\"0\"", "0", 0, false },
	{ "true", "1", -1, true },       { "false", "0", -1, false },
	{ "null", NULL, -1, false },     { "4096", "4096", 4096, true },
	{ "\"web\"", "web", -1, false }, { "0.5", "0.5", -1, false },
	{ "[1]", NULL, -1, false },      { "\"-1\"", "-1", -1, false },
};

static void values_are_read(void **state)
{
	const struct value_row *row = *state;
	struct arena *arena = arena_create();
	json_t *value = json_loads(row->name, JSON_DECODE_ANY, NULL);
	long long number = -1;

	assert_true(str_equal(value_text(arena, value), row->text));
	assert_int_equal(value_number(value, &number), row->number >= 0);
	assert_int_equal(number, row->number);
	assert_int_equal(value_flag(value), row->flag);
	json_decref(value);
	arena_destroy(arena);
}

/* ---- UPIDs ---- */

static const struct upid_row {
	const char *name, *text;
	const char *node, *type, *id, *user; /* NULL node: it is none */
	int64_t started;
} upids[] = {
	{ "a clone", "UPID:pve1:00000361:0006C822:6B015910:qmclone:200:root@pam!full:",
	  "pve1", "qmclone", "200", "root@pam!full", 0x6b015910 },
	{ "no id", "UPID:pve1:00000361:0006C822:6B015910:startall::root@pam:", "pve1",
	  "startall", "", "root@pam", 0x6b015910 },
	{ "a node up for 500 days",
	  "UPID:pve1:00000361:10006C822:6B015910:qmstart:100:vm7@pve!vm7:", "pve1",
	  "qmstart", "100", "vm7@pve!vm7", 0x6b015910 },
	{ "without its end", "UPID:pve1:00000361:0006C822:6B015910:qmclone:200:root@pam",
	  NULL, NULL, NULL, NULL, 0 },
	{ "too many parts", "UPID:pve1:00000361:0006C822:6B015910:qmclone:200:root@pam::",
	  NULL, NULL, NULL, NULL, 0 },
	{ "no time", "UPID:pve1:00000361:0006C822:x:qmclone:200:root@pam:", NULL, NULL,
	  NULL, NULL, 0 },
	{ "a path for a node",
	  "UPID:../x:00000361:0006C822:6B015910:qmclone:200:root@pam:", NULL, NULL, NULL,
	  NULL, 0 },
	{ "another text", "OK", NULL, NULL, NULL, NULL, 0 },
};

static void upids_are_read(void **state)
{
	const struct upid_row *row = *state;
	struct arena *arena = arena_create();
	struct upid upid;

	assert_int_equal(upid_read(&upid, arena, row->text), row->node != NULL);
	if (row->node) {
		assert_string_equal(upid.node, row->node);
		assert_string_equal(upid.type, row->type);
		assert_string_equal(upid.id, row->id);
		assert_string_equal(upid.user, row->user);
		assert_int_equal(upid.started, row->started);
	}
	arena_destroy(arena);
}

/* ---- the queue ---- */

static unsigned gone;

static void goes(struct turn *turn)
{
	(void)turn;
	gone++;
}

static void goes_and_leaves(struct turn *turn)
{
	gone++;
	queue_leave(turn);
}

static void the_queue_lets_few_through(void **state)
{
	struct queue *queue = queue_create(2);
	struct turn a[5], b[2];

	(void)state;
	gone = 0;
	for (int i = 0; i < 5; i++)
		queue_enter(queue, &a[i], "pve01", goes);
	assert_int_equal(gone, 2);
	queue_enter(queue, &b[0], "pve02", goes);
	assert_int_equal(gone, 3);
	assert_false(a[2].running);
	queue_leave(&a[3]); /* lost interest while it waited */
	queue_leave(&a[0]);
	assert_true(a[2].running);
	queue_leave(&a[1]);
	assert_true(a[4].running);
	assert_int_equal(gone, 5);
	queue_leave(&a[2]);
	queue_leave(&a[4]);
	queue_leave(&a[4]);
	queue_enter(queue, &a[0], "pve01", goes);
	assert_int_equal(gone, 6);
	queue_leave(&a[0]);
	queue_leave(&b[0]);
	queue_destroy(queue);
}

/* Ten thousand that all give up at once must not end up on one stack. */
static void the_queue_does_not_dig_deep(void **state)
{
	enum { MANY = 100000 };
	struct queue *queue = queue_create(1);
	struct turn *turns = calloc(MANY, sizeof(*turns)), first;

	(void)state;
	gone = 0;
	queue_enter(queue, &first, "", goes);
	for (int i = 0; i < MANY; i++)
		queue_enter(queue, &turns[i], "", goes_and_leaves);
	assert_int_equal(gone, 1);
	queue_leave(&first);
	assert_int_equal(gone, MANY + 1);
	free(turns);
	queue_destroy(queue);
}

/* ---- calls of a server ---- */

#define UPID "UPID:pve01:00000361:0006C822:6B015910:qmclone:9000:vm7@pve!vm7:"

/* A task is asked for its status: how often it still runs, and how it ends. */
static struct {
	unsigned running;
	const char *end; /* the status answer's inside */
	const char *log;
} script;

static void say_status(struct peer_talk *talk)
{
	char body[PEER_TEXT];

	if (script.running > 0) {
		script.running--;
		peer_says_json(talk, "200 OK", "{\"data\":{\"status\":\"running\"}}");
		return;
	}
	if (!script.end) {
		peer_says_json(talk, "400 Parameter verification failed.",
			       "{\"data\":null,\"errors\":{\"upid\":\"no such task\"}}");
		return;
	}
	snprintf(body, sizeof(body),
		 "{\"data\":{\"status\":\"stopped\",\"exitstatus\":\"%s\"}}", script.end);
	peer_says_json(talk, "200 OK", body);
}

static void answer(struct peer_talk *talk, void *data)
{
	const char *path = talk->target + strlen("/api2/json");

	(void)data;
	if (str_starts(path, "/denied"))
		peer_says(talk, "401 Authentication failed!", "text/plain", "");
	else if (str_starts(path, "/cut"))
		talk->raw = NULL;
	else if (str_starts(path, "/once-cut"))
		peer_says_json(talk, "200 OK", "{\"data\":7}"),
			talk->raw = talk->nth == 1 ? NULL : talk->raw;
	else if (str_starts(path, "/echo-secret"))
		peer_says(talk, "500 bad value 'hunter2-hunter2' given", "text/plain",
			  "");
	else if (str_starts(path, "/hang"))
		talk->wait_ms = 20000;
	else if (str_starts(path, "/slow")) {
		talk->wait_ms = 60;
		peer_says_json(talk, "200 OK", "{\"data\":1}");
	} else if (str_starts(path, "/clone"))
		peer_says_json(talk, "200 OK", "{\"data\":\"" UPID "\"}");
	else if (str_ends(path, "/status"))
		say_status(talk);
	else if (strstr(path, "/log"))
		peer_says_json(talk, "200 OK", script.log);
	else if (strstr(path, "/tasks"))
		peer_says_json(talk, "200 OK",
			       "{\"data\":["
			       "{\"upid\":\"UPID:pve01:00000363:0006C822:6B015930:"
			       "qmclone:9000:vm7@"
			       "pve!vm7:\"},"
			       "{\"upid\":\"UPID:pve01:00000364:0006C822:6B015920:"
			       "qmclone:9000:vm7@"
			       "pve!old:\"},"
			       "{\"upid\":\"UPID:pve01:00000365:0006C822:6B015910:"
			       "qmclone:9000:vm77@"
			       "pve!vm7:\"},"
			       "{\"upid\":\"UPID:pve01:00000366:0006C822:6B015910:"
			       "qmclone:9001:vm7@"
			       "pve!vm7:\"},"
			       "{\"upid\":\"nonsense\"}]}");
	else
		peer_says_json(talk, "200 OK", "{\"data\":[\"a\",\"b\"]}");
}

static int begin(void **state)
{
	(void)state;
	served_begin(answer, &(struct cluster_config){ .pinned = true,
						       .per_node = 2,
						       .task_poll_ms = 1,
						       .task_deadline = 20 });
	script.running = 0;
	script.end = "OK";
	script.log = "{\"data\":[]}";
	return 0;
}

static int finish(void **state)
{
	(void)state;
	return served_finish();
}

static struct request get(const char *path)
{
	return (struct request){ .method = METHOD_GET, .path = path };
}

static void run(struct call *call, const struct request *request)
{
	bool over = false;

	call_start(call, served.cluster, request, loop_resumed, &over);
	assert_false(over);
	loop_until(&over);
}

static void the_data_is_handed_over(void **state)
{
	struct param params[] = { { "type", "vm" }, { "x;y", "a=b&c d" } };
	struct request request = get("/cluster/resources");
	struct call call;

	(void)state;
	request.params = params;
	request.params_len = 2;
	run(&call, &request);
	assert_int_equal(call.op.err.kind, ERROR_NONE);
	assert_int_equal(json_array_size(call.data), 2);
	assert_int_equal(call.status, 200);
	assert_string_equal(call.endpoint, served.peer->url);
	assert_null(call.upid);
	call_finish(&call);
	assert_null(call.data);
	assert_string_equal(served.peer->seen[0],
			    "GET /api2/json/cluster/resources?type=vm&"
			    "x%3By=a%3Db%26c%20d");
	assert_int_equal(cluster_requests(served.cluster), 1);
	assert_int_equal(cluster_writes(served.cluster), 0);
}

static void a_write_starts_a_task(void **state)
{
	struct param params[] = { { "newid", "100" }, { "description", "a;b=c\n" } };
	struct request request = { .method = METHOD_POST,
				   .node = "pve01",
				   .path = "/clone",
				   .params = params,
				   .params_len = 2 };
	struct call call;

	(void)state;
	run(&call, &request);
	assert_int_equal(call.op.err.kind, ERROR_NONE);
	assert_string_equal(call.upid, UPID);
	call_finish(&call);
	assert_string_equal(served.peer->seen[0],
			    "POST /api2/json/clone newid=100&description=a%3Bb%3Dc%0A");
	assert_int_equal(cluster_writes(served.cluster), 1);
}

static void a_write_that_waited_too_long_is_not_sent(void **state)
{
	struct request request = { .method = METHOD_POST,
				   .node = "pve01",
				   .path = "/clone",
				   .send_before = uv_now(op_loop()) + 1000 };
	struct call call;

	(void)state;
	run(&call, &request);
	assert_int_equal(call.op.err.kind, ERROR_NONE);
	call_finish(&call);
	assert_int_equal(cluster_writes(served.cluster), 1);
	request.send_before = 1; /* long ago */
	run(&call, &request);
	assert_int_equal(call.op.err.kind, ERROR_CONFLICT);
	call_finish(&call);
	assert_int_equal(cluster_writes(served.cluster), 1);
}

static void a_write_that_is_cut_off_is_unknown(void **state)
{
	struct request request = { .method = METHOD_DELETE, .path = "/cut" };
	struct call call;

	(void)state;
	run(&call, &request);
	assert_int_equal(call.op.err.kind, ERROR_UNKNOWN);
	assert_true(str_starts(call.op.err.text, "DELETE /cut: "));
	assert_true(str_ends(call.op.err.text, "(it may have been carried out)"));
	assert_int_equal(peer_requests(served.peer), 1);
	call_finish(&call);
}

static void a_read_that_is_cut_off_is_asked_again(void **state)
{
	struct request request = get("/once-cut");
	struct call call;

	(void)state;
	run(&call, &request);
	assert_int_equal(call.op.err.kind, ERROR_NONE);
	assert_int_equal(json_integer_value(call.data), 7);
	assert_int_equal(peer_requests(served.peer), 2);
	call_finish(&call);
}

static void but_not_for_ever(void **state)
{
	struct request request = get("/cut");
	struct call call;

	(void)state;
	run(&call, &request);
	assert_int_equal(call.op.err.kind, ERROR_TEMPORARY);
	assert_int_equal(call.status, 0);
	assert_int_equal(peer_requests(served.peer), 2);
	call_finish(&call);
}

/* Every refused token costs 3 s and a line in somebody's log. */
static void refused_credentials_are_not_tried_again(void **state)
{
	struct request denied = get("/denied"), fine = get("/version");
	struct call call;

	(void)state;
	run(&call, &denied);
	assert_int_equal(call.op.err.kind, ERROR_DENIED);
	assert_string_equal(call.op.err.text,
			    "GET /denied: 401 Authentication failed! (the token is "
			    "wrong, expired or disabled)");
	run(&call, &fine);
	assert_int_equal(call.op.err.kind, ERROR_DENIED);
	assert_int_equal(peer_requests(served.peer), 1);
	cluster_begin_pass(served.cluster);
	run(&call, &fine);
	assert_int_equal(call.op.err.kind, ERROR_NONE);
	call_finish(&call);
}

static void secrets_are_taken_out(void **state)
{
	struct param params[] = { { "cipassword", "hunter2-hunter2" } };
	struct request request = { .method = METHOD_PUT,
				   .path = "/echo-secret",
				   .params = params,
				   .params_len = 1,
				   .secret = true };
	struct call call;

	(void)state;
	run(&call, &request);
	assert_string_equal(call.op.err.text,
			    "PUT /echo-secret: 500 bad value '***' given");
	call_finish(&call);
}

/* ---- endpoints ---- */

static void with_endpoints(const char *first, const char *second)
{
	cluster_destroy(served.cluster);
	served.endpoints[0] = first;
	served.endpoints[1] = second;
	served.config.endpoints_len = 2;
	served.cluster = cluster_create(&served.config);
}

/* Nothing was sent: that goes for a write too. */
static void who_is_away_is_passed_over(void **state)
{
	struct request write = { .method = METHOD_POST, .path = "/clone" };
	struct request read = get("/version");
	struct call call;

	(void)state;
	with_endpoints("https://127.0.0.1:1",
		       arena_printf(served.arena, "%s/", served.peer->url));
	run(&call, &write);
	assert_int_equal(call.op.err.kind, ERROR_NONE);
	assert_string_equal(call.endpoint, served.endpoints[1]);
	assert_string_equal(served.peer->seen[0], "POST /api2/json/clone");
	call_finish(&call);
	run(&call, &read);
	assert_string_equal(call.endpoint, served.endpoints[1]);
	call_finish(&call);
	/* what was never sent does not count, and who answered is kept */
	assert_int_equal(cluster_requests(served.cluster), 2);
}

static void nobody_is_there(void **state)
{
	struct request read = get("/version");
	struct call call;

	(void)state;
	with_endpoints("https://127.0.0.1:1", "https://127.0.0.1:2");
	run(&call, &read);
	assert_int_equal(call.op.err.kind, ERROR_TEMPORARY);
	assert_non_null(strstr(call.op.err.text, "https://127.0.0.1:1: "));
	assert_non_null(strstr(call.op.err.text, "; https://127.0.0.1:2: "));
	assert_int_equal(cluster_requests(served.cluster), 0);
}

static void a_wrong_certificate_is_not_passed_over(void **state)
{
	struct peer *other = peer_start(answer, NULL);
	struct request read = get("/version");
	struct call call;

	(void)state;
	with_endpoints(other->url, served.peer->url);
	run(&call, &read);
	assert_int_equal(call.op.err.kind, ERROR_FAILED);
	assert_non_null(strstr(call.op.err.text, other->url));
	assert_int_equal(peer_requests(served.peer) + peer_requests(other), 0);
	cluster_destroy(served.cluster);
	served.cluster = cluster_create(&served.config);
	peer_stop(other);
}

/* ---- limits and canceling ---- */

static void few_go_to_a_node_at_once(void **state)
{
	enum { MANY = 9 };
	struct request request = get("/slow");
	struct call calls[MANY];
	bool over[MANY] = { false };

	(void)state;
	request.node = "pve01";
	for (int i = 0; i < MANY; i++)
		call_start(&calls[i], served.cluster, &request, loop_resumed, &over[i]);
	for (int i = 0; i < MANY; i++) {
		loop_until(&over[i]);
		assert_int_equal(calls[i].op.err.kind, ERROR_NONE);
		call_finish(&calls[i]);
	}
	assert_int_equal(peer_requests(served.peer), MANY);
	assert_int_equal(served.peer->most_in_flight, 2);
}

/* In flight, in the queue, and over but not yet noticed. */
static void canceling_ends_a_call_once(void **state)
{
	enum { MANY = 5 };
	struct request request = get("/hang");
	struct call calls[MANY];
	bool over[MANY] = { false };

	(void)state;
	for (int i = 0; i < MANY; i++)
		call_start(&calls[i], served.cluster, &request, loop_resumed, &over[i]);
	while (peer_requests(served.peer) < 2)
		uv_run(op_loop(), UV_RUN_NOWAIT);
	for (int i = MANY; i-- > 0;) {
		call_cancel(&calls[i]);
		call_cancel(&calls[i]);
		assert_false(over[i]);
	}
	for (int i = 0; i < MANY; i++) {
		loop_until(&over[i]);
		assert_int_equal(calls[i].op.err.kind, ERROR_CANCELED);
		call_cancel(&calls[i]);
		call_finish(&calls[i]);
	}
	assert_int_equal(peer_requests(served.peer), 2);
}

/* ---- tasks ---- */

static const struct task_row {
	const char *name, *upid;
	unsigned running;
	const char *end, *log;
	enum error_kind kind;
	const char *text; /* of the error, or of the log */
	bool warnings;
} tasks[] = {
	{ "it ends well", UPID, 3, "OK", "", ERROR_NONE, NULL, false },
	{ "it ends with warnings", UPID, 0, "WARNINGS: 1",
	  "{\"data\":[{\"t\":\"copying\"},{\"t\":\"WARN: no space soon\"},{\"t\":\"TASK "
	  "WARNINGS: 1\"}]}",
	  ERROR_NONE, "WARN: no space soon", true },
	{ "it fails, and its log tells why", UPID, 1, "clone failed: copy failed",
	  "{\"data\":[{\"t\":\"creating a clone\"},{\"t\":\"transferred 1 of 2\"},{\"t\":"
	  "\"no space left\"},{\"t\":\"TASK ERROR: clone failed: copy failed\"}]}",
	  ERROR_FAILED,
	  "task qmclone 9000 on pve01: clone failed: copy failed (its log ends: creating "
	  "a clone | no space left)",
	  false },
	{ "a lock passes", UPID, 0, "VM is locked (backup)", "{\"data\":[]}",
	  ERROR_TEMPORARY, "task qmclone 9000 on pve01: VM is locked (backup)", false },
	{ "it was killed", UPID, 0, "unexpected status", "{\"data\":null}", ERROR_UNKNOWN,
	  "task qmclone 9000 on pve01: unexpected status", false },
	{ "its log is gone", UPID, 1, NULL, NULL, ERROR_UNKNOWN,
	  "task qmclone 9000 on pve01: GET /nodes/pve01/tasks/"
	  "UPID%3Apve01%3A00000361%3A0006C822%3A6B015910%3Aqmclone%3A9000%3Avm7%40pve%"
	  "21vm7%3A/status: 400 Parameter verification failed. (upid: no such task)",
	  false },
	{ "it is none", "UPID:x", 0, NULL, NULL, ERROR_UNKNOWN,
	  "'UPID:x' is not a task of Proxmox", false },
};

static void tasks_are_followed(void **state)
{
	const struct task_row *row = *state;
	struct task task;
	bool over = false;

	begin(NULL);
	script.running = row->running;
	script.end = row->end;
	script.log = row->log;
	task_start(&task, served.arena, served.cluster, row->upid, loop_resumed, &over);
	assert_false(over);
	loop_until(&over);
	assert_int_equal(task.op.err.kind, row->kind);
	assert_int_equal(task.warnings, row->warnings);
	if (row->kind != ERROR_NONE)
		assert_string_equal(task.op.err.text, row->text);
	else
		assert_true(str_equal(task.log, row->text));
	assert_int_equal(script.running, 0);
	assert_int_equal(finish(NULL), 0);
}

static void a_task_that_does_not_end_is_left(void **state)
{
	struct task task;
	bool over = false;

	(void)state;
	served.config.task_deadline = 1;
	script.running = 100000;
	task_start(&task, served.arena, served.cluster, UPID, loop_resumed, &over);
	loop_until(&over);
	assert_int_equal(task.op.err.kind, ERROR_UNKNOWN);
	assert_true(task.unfinished);
	assert_string_equal(task.op.err.text,
			    "task qmclone 9000 on pve01: it does not end (" UPID ")");
}

static void canceling_ends_the_waiting(void **state)
{
	struct task resting, asking;
	bool over[2] = { false };

	(void)state;
	served.config.task_poll_ms = 60000;
	task_start(&resting, served.arena, served.cluster, UPID, loop_resumed, &over[0]);
	served.config.task_poll_ms = 1;
	script.running = 100000;
	task_start(&asking, served.arena, served.cluster, UPID, loop_resumed, &over[1]);
	while (peer_requests(served.peer) < 2)
		uv_run(op_loop(), UV_RUN_NOWAIT);
	task_cancel(&resting);
	task_cancel(&asking);
	task_cancel(&asking);
	assert_false(over[0] || over[1]);
	loop_until(&over[0]);
	loop_until(&over[1]);
	assert_int_equal(resting.op.err.kind, ERROR_CANCELED);
	assert_int_equal(asking.op.err.kind, ERROR_CANCELED);
}

/* Of our user, whichever token; of the source and type; the oldest first. */
static void tasks_of_ours_are_found(void **state)
{
	struct task_find find;
	bool over = false;

	(void)state;
	task_find_start(&find, served.arena, served.cluster, "pve01", "qmclone", "9000",
			loop_resumed, &over);
	loop_until(&over);
	assert_int_equal(find.op.err.kind, ERROR_NONE);
	assert_int_equal(find.upids_len, 2);
	assert_non_null(strstr(find.upids[0], ":6B015920:"));
	assert_non_null(strstr(find.upids[1], ":6B015930:"));
	assert_string_equal(served.peer->seen[0],
			    "GET /api2/json/nodes/pve01/tasks?source="
			    "active&typefilter=qmclone&vmid=9000");
}

int main(void)
{
	add_rows(answers_are_read, answers);
	add_rows(words_are_understood, words);
	add_rows(values_are_read, values);
	add_rows(upids_are_read, upids);
	add_test("the queue lets few through", the_queue_lets_few_through);
	add_test("the queue does not dig deep", the_queue_does_not_dig_deep);
	add_served_test("the data is handed over", the_data_is_handed_over);
	add_served_test("a write starts a task", a_write_starts_a_task);
	add_served_test("a write whose proof is too old is not sent",
			a_write_that_waited_too_long_is_not_sent);
	add_served_test("a write that is cut off is unknown",
			a_write_that_is_cut_off_is_unknown);
	add_served_test("a read that is cut off is asked again",
			a_read_that_is_cut_off_is_asked_again);
	add_served_test("but not for ever", but_not_for_ever);
	add_served_test("refused credentials are not tried again",
			refused_credentials_are_not_tried_again);
	add_served_test("secrets are taken out", secrets_are_taken_out);
	add_served_test("who is away is passed over", who_is_away_is_passed_over);
	add_served_test("nobody is there", nobody_is_there);
	add_served_test("a wrong certificate is not passed over",
			a_wrong_certificate_is_not_passed_over);
	add_served_test("few go to a node at once", few_go_to_a_node_at_once);
	add_served_test("canceling ends a call once", canceling_ends_a_call_once);
	add_rows(tasks_are_followed, tasks);
	add_served_test("a task that does not end is left",
			a_task_that_does_not_end_is_left);
	add_served_test("canceling ends the waiting", canceling_ends_the_waiting);
	add_served_test("tasks of ours are found", tasks_of_ours_are_found);
	return run_all_tests("call");
}
