#include "server.h"

#include "api.h"
#include "base/arena.h"
#include "base/text.h"
#include "conn.h"
#include "faults.h"
#include "gzip.h"
#include "props.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WAITING_MS 10
#define GZIP_FROM  1024

/* A request from its arrival to its answer. */
struct exchange {
	struct exchange *next;
	struct arena *arena;
	struct conn *conn; /* NULL: the client has gone */
	struct call call;
	struct fault fault; /* copied: the file may be read again meanwhile */
	bool faulty, gzip;
	bool begun;   /* the handler was asked at least once */
	double begin; /* not before this world time */
};

struct server {
	struct server_options options;
	uv_tcp_t listener;
	uv_timer_t timer;
	struct exchange *first; /* in order of arrival */
	struct faults faults;
	struct timespec faults_time;
	struct conn **conns;
	size_t conn_count;
	double base;        /* world time at */
	uint64_t base_real; /* this uv_hrtime() */
	uint64_t saved;     /* world->changes when it was last saved */
	unsigned long number;
	bool stopping, pumping, again;
};

static double world_time(const struct server *server)
{
	double real = (double)(uv_hrtime() - server->base_real) / 1e9;

	return server->base + real * server->options.speed;
}

static double now_of(void *owner)
{
	return world_time(owner);
}

/* --- saving --- */

bool server_save(struct server *server, struct error *err)
{
	struct world *world = server->options.world;
	const char *path = server->options.save;
	struct arena *arena;
	json_t *json;
	char *tmp;
	bool ok;

	if (!path || world->changes == server->saved)
		return true;
	arena = arena_create();
	tmp = arena_printf(arena, "%s.tmp", path);
	json = world_print(world);
	ok = json_dump_file(json, tmp, JSON_INDENT(1)) == 0 && rename(tmp, path) == 0;
	if (ok)
		server->saved = world->changes;
	else
		error_set(err, ERROR_LOCAL, "%s: cannot write", path);
	json_decref(json);
	arena_destroy(arena);
	return ok;
}

static void save_or_complain(struct server *server)
{
	struct error err = { 0 };

	if (!server_save(server, &err))
		fprintf(stderr, "vm7-sim: %s\n", err.text);
}

/* --- faults --- */

bool server_read_faults(struct server *server, struct error *err)
{
	json_error_t where;
	struct faults fresh;
	struct stat st;
	json_t *json;
	bool ok;

	if (!server->options.faults)
		return true;
	if (stat(server->options.faults, &st) < 0) {
		faults_finish(&server->faults); /* no file, no faults */
		server->faults_time = (struct timespec){ 0 };
		return true;
	}
	server->faults_time = st.st_mtim;
	json = json_load_file(server->options.faults, 0, &where);
	if (!json)
		return error_set(err, ERROR_INVALID, "%s:%d: %s", server->options.faults,
				 where.line, where.text);
	ok = faults_read(&fresh, json, err);
	json_decref(json);
	if (ok) {
		faults_finish(&server->faults);
		server->faults = fresh;
	}
	return ok;
}

static void look_at_faults(struct server *server)
{
	struct error err = { 0 };
	struct stat st = { 0 };

	if (!server->options.faults)
		return;
	stat(server->options.faults, &st);
	if (st.st_mtim.tv_sec == server->faults_time.tv_sec &&
	    st.st_mtim.tv_nsec == server->faults_time.tv_nsec)
		return;
	if (!server_read_faults(server, &err))
		fprintf(stderr, "vm7-sim: %s\n", err.text);
}

static char *copy(struct arena *arena, const char *text)
{
	return text ? arena_strdup(arena, text) : NULL;
}

static void drop_json(void *json)
{
	json_decref(json);
}

static void choose_fault(struct server *server, struct exchange *x)
{
	const struct fault *fault;

	look_at_faults(server);
	fault = faults_strike(&server->faults, x->call.request.method,
			      x->call.path ? x->call.path : "", x->call.raw);
	if (!fault)
		return;
	x->faulty = true;
	x->fault = *fault;
	x->fault.reason = copy(x->arena, fault->reason);
	x->fault.body = copy(x->arena, fault->body);
	x->fault.type = copy(x->arena, fault->type);
	x->fault.text = copy(x->arena, fault->text);
	x->fault.with = fault->with ? json_deep_copy(fault->with) : NULL;
	arena_defer(x->arena, drop_json, (void *)(uintptr_t)x->fault.with);
}

/* --- the log --- */

static void write_log(struct server *server, const struct exchange *x, int status)
{
	static const char *const secrets[] = { "password", "cipassword", NULL };
	const struct call *call = &x->call;
	json_t *params, *line;
	char *text;

	if (!server->options.log)
		return;
	params = json_copy(call->raw);
	for (size_t i = 0; secrets[i]; i++)
		if (json_object_get(params, secrets[i]))
			props_set(params, secrets[i], "***");
	line = json_pack("{s:I, s:f, s:s, s:s, s:o, s:s?, s:o?, s:i, s:s?}", "n",
			 (json_int_t)++server->number, "t", world_time(server), "method",
			 call->request.method, "path",
			 call->path ? call->path : call->request.path, "params", params,
			 "user", call->user, "agent", json_string(call->request.agent),
			 "status", status, "upid", call->task ? call->task->upid : NULL);
	text = json_dumps(line, JSON_COMPACT);
	fprintf(server->options.log, "%s\n", text);
	fflush(server->options.log);
	free(text);
	json_decref(line);
}

/* --- answers --- */

static void drop_exchange(struct server *server, struct exchange *x)
{
	struct exchange **at = &server->first;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	call_finish(&x->call);
	arena_destroy(x->arena);
}

/* Log first: whoever sees the answer also finds the line. */
static void send_answer(struct server *server, struct exchange *x,
			const struct http_answer *answer, size_t cut)
{
	struct conn *conn = x->conn;
	struct http_answer mine = *answer;
	size_t len;

	write_log(server, x, answer->status);
	if (conn && x->gzip && answer->body_len > GZIP_FROM && cut == SIZE_MAX &&
	    !answer->encoding) {
		mine.body = gzip_pack(x->arena, answer->body, answer->body_len, &len);
		mine.body_len = len;
		mine.encoding = "gzip";
	}
	x->conn = NULL;
	if (conn)
		conn_answer(conn, &mine, cut);
	drop_exchange(server, x);
}

static void close_without_answer(struct server *server, struct exchange *x)
{
	struct conn *conn = x->conn;

	write_log(server, x, 0);
	x->conn = NULL;
	drop_exchange(server, x);
	if (conn)
		conn_close(conn);
}

static void die(struct server *server, struct exchange *x)
{
	save_or_complain(server);
	write_log(server, x, 0);
	_exit(137);
}

static struct http_answer plain(const struct exchange *x)
{
	const struct api_answer *answer = &x->call.answer;

	return (struct http_answer){ .status = answer->status,
				     .reason = answer->reason,
				     .type = answer->type,
				     .body = answer->body,
				     .body_len = answer->body_len,
				     .proxied = answer->proxied };
}

/* The work is done; how the answer leaves. */
static void leave(struct server *server, struct exchange *x)
{
	struct http_answer answer = plain(x);
	enum fault_kind kind = x->faulty ? x->fault.kind : FAULT_DELAY;
	size_t len;

	switch (kind) {
	case FAULT_CUT_AFTER:
		close_without_answer(server, x);
		return;
	case FAULT_KILL:
		die(server, x);
		return;
	case FAULT_HALF:
		send_answer(server, x, &answer, answer.body_len / 2);
		return;
	case FAULT_HTML:
		answer.status = 200;
		answer.reason = "OK";
		answer.type = "text/html";
		answer.body = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>"
			      "<body><h1>Gateway</h1></body></html>\n";
		answer.body_len = strlen(answer.body);
		break;
	case FAULT_BOMB:
		answer.status = 200;
		answer.reason = "OK";
		answer.type = "application/json;charset=UTF-8";
		answer.encoding = "gzip";
		answer.body = gzip_bomb(x->arena, &len);
		answer.body_len = len;
		break;
	case FAULT_STATUS:
	case FAULT_REFUSE:
	case FAULT_DELAY:
	case FAULT_CUT_BEFORE:
	case FAULT_SILENT:
	case FAULT_TASK:
	case FAULT_ADMIN:
	case FAULT_WORLD:
		break;
	}
	send_answer(server, x, &answer, SIZE_MAX);
}

/* Somebody else's call, to its end; nobody waits for its answer. */
static void run_admin(struct server *server, struct exchange *x)
{
	struct world *world = server->options.world;
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
	struct exchange other = { .arena = arena };

	call_init(&other.call, arena, world, &request);
	other.call.user = "admin@pve!admin";
	if (api_handle(&other.call))
		write_log(server, &other, other.call.answer.status);
	call_finish(&other.call);
	arena_destroy(arena);
	free(body);
}

/* What a fault does before the work. False: the exchange is over. */
static bool begin(struct server *server, struct exchange *x)
{
	if (!x->faulty)
		return true;
	switch (x->fault.kind) {
	case FAULT_STATUS:
		x->call.state = CALL_ANSWERED;
		x->call.answer = (struct api_answer){
			.status = x->fault.status,
			.reason = x->fault.reason ? x->fault.reason : "simulated",
			.type = x->fault.type ? x->fault.type
					      : "application/json;charset=UTF-8",
			.body = x->fault.body ? x->fault.body : "{\"data\":null}",
			.due = server->options.world->now,
		};
		x->call.answer.body_len = strlen(x->call.answer.body);
		return true;
	case FAULT_REFUSE:
	case FAULT_CUT_BEFORE:
		close_without_answer(server, x);
		return false;
	case FAULT_TASK:
		x->call.fault = x->fault.task;
		x->call.fault_text = x->fault.text;
		return true;
	case FAULT_ADMIN:
		run_admin(server, x);
		return true;
	case FAULT_WORLD:
		world_change(server->options.world, x->fault.with);
		return true;
	case FAULT_HTML:
	case FAULT_BOMB: /* a page or a bomb comes instead of any work */
		x->call.state = CALL_ANSWERED;
		x->call.answer.due = server->options.world->now;
		return true;
	case FAULT_SILENT:
		write_log(server, x, 0);
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

/* True when the exchange is over. */
static bool step(struct server *server, struct exchange *x)
{
	double now = server->options.world->now;

	if (now < x->begin)
		return false;
	if (!x->begun) {
		x->begun = true;
		if (!begin(server, x))
			return true;
		if (now < x->begin)
			return false;
	}
	if (!api_handle(&x->call) || x->call.answer.due > now)
		return false;
	save_or_complain(server); /* what an answer tells has happened */
	leave(server, x);
	return true;
}

static void on_timer(uv_timer_t *timer);

static double next_event(const struct server *server)
{
	const struct world *world = server->options.world;
	double at = world_next(world);

	for (const struct exchange *x = server->first; x; x = x->next) {
		if (!x->begun || x->call.state == CALL_WAITING)
			at = fmin(at,
				  fmax(x->begin, world->now + server->options.speed *
								      WAITING_MS / 1000));
		else
			at = fmin(at, x->call.answer.due);
	}
	return at;
}

static void pump(struct server *server)
{
	struct exchange *x, *next;
	double at, ms;

	/* an answer can let the next request of its connection in: its turn comes by timer */
	if (server->stopping)
		return;
	if (server->pumping) {
		server->again = true;
		return;
	}
	server->pumping = true;
	server->again = false;
	world_advance(server->options.world, world_time(server));
	for (x = server->first; x; x = next) {
		next = x->next;
		step(server, x);
	}
	save_or_complain(server);
	server->pumping = false;
	at = server->again ? server->options.world->now : next_event(server);
	if (!isfinite(at)) {
		uv_timer_stop(&server->timer);
		return;
	}
	ms = ceil((at - world_time(server)) / server->options.speed * 1000);
	uv_timer_start(&server->timer, on_timer, (uint64_t)fmax(ms, 0), 0);
}

static void on_timer(uv_timer_t *timer)
{
	pump(timer->data);
}

static void on_request(void *owner, struct conn *conn, struct arena *arena,
		       const struct http_request *request)
{
	struct server *server = owner;
	struct exchange *x = arena_new(arena, struct exchange), **at = &server->first;
	struct api_request api = { .method = request->method,
				   .path = request->path,
				   .query = request->query,
				   .authorization = request->authorization,
				   .agent = request->agent,
				   .content_type = request->content_type,
				   .body = request->body,
				   .body_len = request->body_len };

	world_advance(server->options.world, world_time(server));
	x->arena = arena;
	x->conn = conn;
	x->gzip = request->gzip;
	call_init(&x->call, arena, server->options.world, &api);
	call_read(&x->call);
	choose_fault(server, x);
	if (x->faulty && x->fault.kind == FAULT_DELAY)
		x->begin = server->options.world->now + x->fault.delay;
	while (*at)
		at = &(*at)->next;
	*at = x;
	pump(server);
}

static void on_conn_closed(void *owner, struct conn *conn)
{
	struct server *server = owner;

	for (struct exchange *x = server->first; x; x = x->next)
		if (x->conn == conn)
			x->conn = NULL; /* the work goes on */
	for (size_t i = 0; i < server->conn_count; i++)
		if (server->conns[i] == conn) {
			server->conns[i] = server->conns[--server->conn_count];
			return;
		}
}

static const struct conn_events events = { on_request, on_conn_closed, now_of };

static void on_connection(uv_stream_t *listener, int status)
{
	struct server *server = listener->data;
	struct conn *conn;

	if (status < 0)
		return;
	conn = conn_accept(listener, server->options.tls, &events, server);
	if (!conn)
		return;
	server->conns =
		xrealloc(server->conns, (server->conn_count + 1) * sizeof(struct conn *));
	server->conns[server->conn_count++] = conn;
	look_at_faults(server);
	if (faults_refuse(&server->faults))
		conn_close(conn);
}

struct server *server_create(const struct server_options *options)
{
	struct server *server = xcalloc(1, sizeof(*server));

	server->options = *options;
	server->base = options->world->now;
	server->base_real = uv_hrtime();
	server->saved = (uint64_t)-1; /* the first write comes at once */
	uv_tcp_init(options->loop, &server->listener);
	uv_timer_init(options->loop, &server->timer);
	server->listener.data = server->timer.data = server;
	return server;
}

bool server_listen(struct server *server, const char *host, int port, struct error *err)
{
	struct sockaddr_storage address;
	int code = strchr(host, ':')
			   ? uv_ip6_addr(host, port, (struct sockaddr_in6 *)&address)
			   : uv_ip4_addr(host, port, (struct sockaddr_in *)&address);

	if (code == 0)
		code = uv_tcp_bind(&server->listener, (struct sockaddr *)&address, 0);
	if (code == 0)
		code = uv_listen((uv_stream_t *)&server->listener, 128, on_connection);
	if (code < 0)
		return error_set(err, ERROR_LOCAL, "%s port %d: %s", host, port,
				 uv_strerror(code));
	pump(server); /* tasks of a saved world go on */
	return true;
}

int server_port(const struct server *server)
{
	struct sockaddr_storage address;
	int len = sizeof(address);

	uv_tcp_getsockname(&server->listener, (struct sockaddr *)&address, &len);
	return ntohs(address.ss_family == AF_INET6
			     ? ((struct sockaddr_in6 *)&address)->sin6_port
			     : ((struct sockaddr_in *)&address)->sin_port);
}

void server_stop(struct server *server)
{
	if (server->stopping)
		return;
	server->stopping = true;
	save_or_complain(server);
	uv_close((uv_handle_t *)&server->listener, NULL);
	uv_close((uv_handle_t *)&server->timer, NULL);
	while (server->conn_count > 0)
		conn_close(server->conns[0]);
}

void server_destroy(struct server *server)
{
	while (server->first)
		drop_exchange(server, server->first);
	faults_finish(&server->faults);
	free(server->conns);
	free(server);
}
