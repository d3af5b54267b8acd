#include "exchange.h"

#include "base/text.h"
#include "gzip.h"
#include "props.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GZIP_FROM 1024

struct exchange {
	struct exchange *next;
	struct arena *arena;
	struct conn *conn; /* NULL: the client has gone, or has its answer */
	struct call call;
	struct fault fault; /* copied: the file may be read again meanwhile */
	bool faulty;
	const char *encoding; /* that the client takes */
	unsigned minor;
	bool begun;    /* the handler was asked at least once */
	bool answered; /* with 596, while the work goes on */
	double begin;  /* not before this world time */
};

/* --- faults --- */

static char *copy(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

static void drop_json(void *json)
{
	json_decref(json);
}

static json_t *copy_json(struct arena *arena, const json_t *json)
{
	json_t *mine = json ? json_deep_copy(json) : NULL;

	arena_defer(arena, drop_json, mine);
	return mine;
}

static void choose_fault(struct stage *stage, struct exchange *x)
{
	const struct fault *fault;
	const json_t *drawn;

	fault_file_look(&stage->faults);
	fault = faults_strike(&stage->faults.faults, x->call.request.method,
			      x->call.path ? x->call.path : "", x->call.raw, &drawn);
	if (!fault)
		return;
	if (drawn)
		journal_fault(&stage->journal, drawn);
	x->faulty = true;
	x->fault = *fault;
	x->fault.reason = copy(x->arena, fault->reason);
	x->fault.body = copy(x->arena, fault->body);
	x->fault.type = copy(x->arena, fault->type);
	x->fault.text = copy(x->arena, fault->text);
	x->fault.with = copy_json(x->arena, fault->with);
	x->fault.then = copy_json(x->arena, fault->then);
}

/* --- the end --- */

static void drop(struct stage *stage, struct exchange *x)
{
	struct exchange **at = &stage->first;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	call_finish(&x->call);
	arena_destroy(x->arena);
}

static void compress(const struct exchange *x, struct http_answer *answer)
{
	if (!x->encoding || answer->encoding || answer->body_len <= GZIP_FROM)
		return;
	answer->encoding = x->encoding;
	answer->body = gzip_pack(x->arena, !strcmp(x->encoding, "deflate"), answer->body,
				 answer->body_len, &answer->body_len);
}

/* Log first: whoever sees the answer also finds the line. */
static void send_answer(struct stage *stage, struct exchange *x,
			const struct http_answer *answer, size_t cut)
{
	struct conn *conn = x->conn;
	struct http_answer mine = *answer;

	if (!x->answered)
		journal_call(&stage->journal, &x->call, answer->status);
	mine.minor = x->minor;
	if (conn && cut == SIZE_MAX)
		compress(x, &mine);
	x->answered = true;
	x->conn = NULL;
	if (conn)
		conn_answer(conn, &mine, cut);
}

static void close_without_answer(struct stage *stage, struct exchange *x)
{
	struct conn *conn = x->conn;

	if (!x->answered)
		journal_call(&stage->journal, &x->call, 0);
	x->conn = NULL;
	drop(stage, x);
	if (conn)
		conn_close(conn);
}

static void die(struct stage *stage, struct exchange *x)
{
	save_or_complain(&stage->save, stage->world);
	journal_call(&stage->journal, &x->call, 0);
	_exit(137);
}

static struct http_answer plain(const struct api_answer *answer)
{
	return (struct http_answer){ .status = answer->status,
				     .reason = answer->reason,
				     .type = answer->type,
				     .body = answer->body,
				     .body_len = answer->body_len,
				     .proxied = answer->proxied };
}

static void set_status(const struct exchange *x, struct http_answer *answer)
{
	answer->status = x->fault.status;
	answer->reason = x->fault.reason ? x->fault.reason : "simulated";
	answer->type = x->fault.type ? x->fault.type : "application/json;charset=UTF-8";
	answer->body = x->fault.body ? x->fault.body : "{\"data\":null}";
	answer->body_len = strlen(answer->body);
}

static void set_page(struct http_answer *answer)
{
	answer->status = 200;
	answer->reason = "OK";
	answer->type = "text/html";
	answer->body = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>"
		       "<body><h1>Gateway</h1></body></html>\n";
	answer->body_len = strlen(answer->body);
}

static void set_bomb(struct exchange *x, struct http_answer *answer)
{
	answer->status = 200;
	answer->reason = "OK";
	answer->type = "application/json;charset=UTF-8";
	answer->encoding = "gzip";
	answer->body = gzip_bomb(x->arena, &answer->body_len);
}

/* The work is done; how the answer leaves. */
static void leave(struct stage *stage, struct exchange *x)
{
	struct http_answer answer = plain(&x->call.answer);
	enum fault_kind kind = x->faulty ? x->fault.kind : FAULT_DELAY;
	size_t cut = SIZE_MAX;

	switch (kind) {
	case FAULT_CUT_AFTER:
		close_without_answer(stage, x);
		return;
	case FAULT_KILL:
		die(stage, x);
		return;
	case FAULT_HALF:
		cut = answer.body_len / 2;
		break;
	case FAULT_HTML:
		set_page(&answer);
		break;
	case FAULT_BOMB:
		set_bomb(x, &answer);
		break;
	case FAULT_STATUS:
		set_status(x, &answer);
		break;
	case FAULT_REFUSE:
	case FAULT_DELAY:
	case FAULT_CUT_BEFORE:
	case FAULT_SILENT:
	case FAULT_TASK:
	case FAULT_ADMIN:
	case FAULT_WORLD:
	case FAULT_RESTART:
	case FAULT_CERTIFICATE:
		break;
	}
	send_answer(stage, x, &answer, cut);
	drop(stage, x);
}

/* --- the beginning --- */

/* Somebody else's call, to its end; nobody waits for its answer. */
static void run_admin(struct stage *stage, struct exchange *x)
{
	struct arena *arena = arena_create();
	const json_t *params = json_object_get(x->fault.with, "params");
	const char *path = props_get(x->fault.with, "path");
	const char *method = props_get(x->fault.with, "method");
	char *body = json_dumps(params ? params : json_null(), JSON_COMPACT);
	bool has_body =
		method && (!strcmp(method, "POST") || !strcmp(method, "PUT")) && params;
	struct api_request request = {
		.method = method ? method : "GET",
		.path = arena_printf(arena, "/api2/json%s", path ? path : "/"),
		.content_type = has_body ? "application/json" : NULL,
		.body = has_body ? body : "",
		.body_len = has_body ? strlen(body) : 0,
	};
	struct call call;

	call_init(&call, arena, stage->world, &request);
	call.user = "admin@pve!admin";
	if (api_handle(&call))
		journal_call(&stage->journal, &call, call.answer.status);
	call_finish(&call);
	arena_destroy(arena);
	free(body);
}

/* Answered without any work; leave() says with what. */
static void skip_work(struct stage *stage, struct exchange *x)
{
	x->call.state = CALL_ANSWERED;
	x->call.answer.due = stage->world->now;
}

/* What a fault does before the work. False: the exchange is over. */
static bool begin(struct stage *stage, struct exchange *x)
{
	if (!x->faulty)
		return true;
	switch (x->fault.kind) {
	case FAULT_STATUS:
		if (!x->fault.done)
			skip_work(stage, x);
		return true;
	case FAULT_HTML:
	case FAULT_BOMB:
		skip_work(stage, x);
		return true;
	case FAULT_REFUSE:
	case FAULT_CUT_BEFORE:
		close_without_answer(stage, x);
		return false;
	case FAULT_TASK:
		x->call.fault = x->fault.task;
		x->call.fault_text = x->fault.text;
		return true;
	case FAULT_ADMIN:
		run_admin(stage, x);
		return true;
	case FAULT_WORLD:
		world_change(stage->world, x->fault.with);
		if (x->fault.then)
			world_change_later(stage->world, x->fault.seconds, x->fault.then);
		return true;
	case FAULT_RESTART:
		journal_call(&stage->journal, &x->call, 0);
		stage->restart(stage->owner, x->fault.seconds); /* `x` is gone */
		return false;
	case FAULT_CERTIFICATE:
		stage->swap_certificate(stage->owner);
		return true;
	case FAULT_SILENT:
		journal_call(&stage->journal, &x->call, 0);
		x->begin = INFINITY;
		return true;
	case FAULT_DELAY:
	case FAULT_CUT_AFTER:
	case FAULT_HALF:
	case FAULT_KILL:
		return true;
	}
	return true;
}

/* --- on the way --- */

/* Who proxied the call has lost patience; the call itself goes on. */
static void tell_timeout(struct stage *stage, struct exchange *x)
{
	struct api_answer answer = api_timeout();
	struct http_answer out = plain(&answer);

	if (!x->answered && stage->world->now >= api_patience(&x->call))
		send_answer(stage, x, &out, SIZE_MAX);
}

static void step(struct stage *stage, struct exchange *x)
{
	double now = stage->world->now;

	if (now < x->begin)
		return;
	if (!x->begun) {
		x->begun = true;
		x->call.arrived = now;
		if (!begin(stage, x) || now < x->begin)
			return;
	}
	if (!api_handle(&x->call) || x->call.answer.due > now) {
		tell_timeout(stage, x);
		return;
	}
	save_or_complain(&stage->save,
			 stage->world); /* what an answer tells has happened */
	leave(stage, x);
}

void stage_step(struct stage *stage)
{
	struct exchange *next;

	/* a restart in the middle empties the list: then `next` would be gone too */
	for (struct exchange *x = stage->first; x && stage->first; x = next) {
		next = x->next;
		step(stage, x);
	}
}

double stage_next(const struct stage *stage, double pause)
{
	double at = INFINITY;

	for (const struct exchange *x = stage->first; x; x = x->next) {
		if (!x->begun || x->call.state == CALL_WAITING)
			at = fmin(at, fmax(x->begin, stage->world->now + pause));
		else
			at = fmin(at,
				  fmin(x->call.answer.due,
				       x->answered ? INFINITY : api_patience(&x->call)));
	}
	return at;
}

void exchange_add(struct stage *stage, struct conn *conn, struct arena *arena,
		  const struct http_request *request)
{
	struct exchange *x = arena_new(arena, struct exchange), **at = &stage->first;
	struct api_request api = { .method = request->method,
				   .path = request->path,
				   .query = request->query,
				   .cookie = request->cookie,
				   .authorization = request->authorization,
				   .csrf = request->csrf,
				   .agent = request->agent,
				   .content_type = request->content_type,
				   .body = request->body,
				   .body_len = request->body_len,
				   .refused = request->refusal.status,
				   .refusal = request->refusal.reason };

	x->arena = arena;
	x->conn = conn;
	x->encoding = request->encoding;
	x->minor = request->minor;
	call_init(&x->call, arena, stage->world, &api);
	call_read(&x->call);
	choose_fault(stage, x);
	x->begin = stage->world->now;
	if (x->faulty && x->fault.kind == FAULT_DELAY)
		x->begin += x->fault.seconds;
	while (*at)
		at = &(*at)->next;
	*at = x;
}

void stage_forget(struct stage *stage, const struct conn *conn)
{
	for (struct exchange *x = stage->first; x; x = x->next)
		if (x->conn == conn)
			x->conn = NULL;
}

void stage_clear(struct stage *stage)
{
	while (stage->first)
		drop(stage, stage->first);
}
