#include "pve/call.h"

#include "base/http.h"
#include "base/log.h"
#include "base/own.h"
#include "base/text.h"
#include "base/work.h"
#include "pve/answer.h"
#include "pve/form.h"
#include "pve/link.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

OWN_DEFINE(arena, struct arena *, arena_destroy);

enum {
	CONNECT_MS = 5000,
	READ_MS = 60000,
	WRITE_MS = 120000,
	/* between nodes, and to the daemon behind the web server, Proxmox itself waits
	 * 30 s without a byte (pve-http-server AnyEvent.pm proxy_request) */
	STALL_SECONDS = 45,
	BODY_MAX = 64 * 1024 * 1024,
	/* parsing more than this would hold up the loop for milliseconds */
	PARSE_APART = 256 * 1024,
};

/* Named after what has just finished. */
enum call_step {
	CALL_LOGIN,  /* root@pam has no ticket yet, or an old one */
	CALL_QUEUED, /* its turn has not come */
	CALL_SENT,
	CALL_PARSED,
};

struct call_work {
	struct turn turn; /* must be first */
	struct call *call;
	struct cluster *cluster;
	const struct request *request;
	struct arena *arena; /* what is sent */
	enum call_step step;
	bool canceled;
	size_t tried; /* endpoints that could not be reached */
	bool again;   /* a GET whose answer was cut off was sent once more */
	struct text unreachable;
	struct http_request ask;
	struct http http;
	struct work parse;
	struct answer answer;
	json_t *data;
	uint64_t began;
	/* privileged: the login before it */
	struct request login_request;
	struct call login;
	uint64_t asked; /* loop time */
	bool anew;      /* its ticket was refused once: another was asked for */
	const char *headers[3];
};

static void tick(void *flow);
static void log_in(struct call_work *work);
static void unreachable(struct call_work *work);

static bool is_write(const struct call_work *work)
{
	return work->request->method != METHOD_GET;
}

/* Does it go without the token? */
static bool as_root(const struct call_work *work)
{
	return work->request->privileged || work->request->login;
}

/* One line for each request that another than the token's user makes: what it sets, not
 * to what. */
static void say_who(const struct call_work *work)
{
	const struct request *request = work->request;
	own(arena) struct arena *arena = arena_create();
	struct text keys;

	text_init(&keys, arena);
	for (size_t i = 0; i < request->params_len; i++)
		if (strcmp(request->params[i].key, "digest") != 0)
			text_addf(&keys, " %s", request->params[i].key);
	log_notice(NULL, "as root@pam: %s %s%s", method_name(request->method),
		   request->path, text_str(&keys));
}

static void send_to(struct call_work *work, size_t endpoint)
{
	struct cluster *cluster = work->cluster;

	work->step = CALL_SENT;
	work->call->endpoint = cluster->config->endpoints[endpoint];
	if (work->request->privileged) {
		ticket_headers(work->headers, &cluster->ticket, is_write(work));
		say_who(work);
	}
	work->ask = (struct http_request){
		.method = method_name(work->request->method),
		.url = form_url(work->arena, work->call->endpoint, work->request),
		.body = form_body(work->arena, work->request),
		.headers = work->request->privileged ? work->headers : NULL,
		.once = is_write(work),
		.connect_ms = CONNECT_MS,
		.total_ms = is_write(work) ? WRITE_MS : READ_MS,
		.stall_s = STALL_SECONDS,
		.body_max = BODY_MAX,
	};
	work->began = uv_hrtime();
	cluster->requests++;
	cluster->writes += is_write(work);
	http_start(&work->http, as_root(work) ? cluster->root_client : cluster->client,
		   &work->ask, tick, work);
}

/* One line a request, with -v. The token is in a header and never comes by here. */
static void show(const struct call_work *work)
{
	const struct request *request = work->request;
	own(arena) struct arena *arena = NULL;
	struct text line;

	if (!log_wants(LOG_DEBUG))
		return;
	arena = arena_create();
	text_init(&line, arena);
	form_show(&line, request);
	log_debug(work->call->endpoint, "%s %s%s: %ld in %u ms",
		  method_name(request->method), request->path, text_str(&line),
		  work->http.status, (unsigned)((uv_hrtime() - work->began) / 1000000));
}

/* ---- the end ---- */

/* The words are about a request; a refusal that stands for all later ones is kept. */
static void explain(struct call_work *work)
{
	struct error *err = &work->call->op.err;

	if (work->call->status == 401) {
		size_t len = strlen(err->text);

		snprintf(err->text + len, sizeof(err->text) - len, " (%s)",
			 work->request->login
				 ? "the password of globals.proxmox.privileged is wrong, "
				   "or root@pam is disabled"
			 : work->request->privileged
				 ? "the ticket of root@pam"
				 : "the token is wrong, expired or disabled");
	}
	error_wrap(err, "%s %s", method_name(work->request->method), work->request->path);
	form_redact(work->request, err->text);
	if (work->call->status == 401 && !as_root(work))
		work->cluster->denied = *err;
}

/* The call itself, and nothing of its work, is what remains. */
static void end(struct call_work *work)
{
	struct call *call = work->call;

	if (work->canceled && call->op.err.kind != ERROR_CANCELED) {
		error_set(&call->op.err, ERROR_CANCELED, "interrupted");
		json_decref(own_take(work->data));
	}
	if (call->op.err.kind == ERROR_NONE) {
		const char *text = json_string_value(work->data);

		call->data = own_take(work->data);
		if (text && str_starts(text, "UPID:"))
			call->upid = text;
	}
	call->work = NULL;
	call_finish(&work->login);
	if (work->request->login && work->ask.body) /* it has the password in it */
		OPENSSL_cleanse((char *)(uintptr_t)work->ask.body,
				strlen(work->ask.body));
	queue_leave(&work->turn);
	http_finish(&work->http);
	arena_destroy(work->arena);
	free(work);
	op_finish(&call->op);
}

/* ---- from one wait to the next ---- */

static bool parse(void *what, struct error *err)
{
	struct call_work *work = what;

	return answer_read(&work->data, &work->answer, err);
}

/* A node whose cluster file system is down cannot even tell who is asking. */
static bool endpoint_is_down(const struct call_work *work, const struct error *err)
{
	return !is_write(work) && work->answer.status == 500 &&
	       work->tried + 1 < work->cluster->config->endpoints_len &&
	       (strstr(err->text, "RPCEnvironment init request failed") ||
		strstr(err->text, "ipcc_send_rec"));
}

static void parsed(struct call_work *work, bool well, const struct error *err)
{
	if (!well && endpoint_is_down(work, err)) {
		work->http.op.err = *err;
		http_finish(&work->http);
		unreachable(work);
		return;
	}
	if (!well && work->answer.status == 401 && work->request->privileged &&
	    !work->anew) {
		/* too old by Proxmox's clock: nothing was carried out */
		work->anew = true;
		ticket_drop(&work->cluster->ticket);
		http_finish(&work->http);
		queue_leave(&work->turn);
		log_in(work);
		return;
	}
	work->call->status = work->answer.status;
	if (!well) {
		work->call->op.err = *err;
		explain(work);
	}
	end(work);
}

static void answered(struct call_work *work)
{
	struct error err = { 0 };

	work->answer = (struct answer){
		.write = is_write(work),
		.status = work->http.status,
		.reason = work->http.reason,
		.body = work->http.body,
		.len = work->http.len,
	};
	if (work->http.len > PARSE_APART) {
		work->step = CALL_PARSED;
		work_start(&work->parse, parse, work, tick, work);
		return;
	}
	parsed(work, parse(work, &err), &err);
}

/* The next endpoint is asked; after the last one there is nobody left. */
static void unreachable(struct call_work *work)
{
	struct cluster *cluster = work->cluster;
	size_t count = cluster->config->endpoints_len, next = 0;

	if (!work->http.status) { /* it was not sent after all */
		cluster->requests--;
		cluster->writes -= is_write(work);
	}
	while (next < count && cluster->config->endpoints[next] != work->call->endpoint)
		next++;
	next = next + 1 < count ? next + 1 : 0;
	if (cluster->config->endpoints[cluster->endpoint] == work->call->endpoint)
		cluster->endpoint = next;
	text_addf(&work->unreachable, "%s%s: %s", work->tried ? "; " : "",
		  work->call->endpoint, work->http.op.err.text);
	if (++work->tried < count) {
		send_to(work, next);
		return;
	}
	error_set(&work->call->op.err, ERROR_TEMPORARY, "no connection: %s",
		  text_str(&work->unreachable));
	explain(work);
	end(work);
}

/* It went out and no whole answer came back. To ask once more does no harm. */
static void cut_off(struct call_work *work)
{
	if (!is_write(work) && !work->again) {
		work->again = true;
		http_finish(&work->http);
		send_to(work, work->cluster->endpoint);
		return;
	}
	error_set(&work->call->op.err, is_write(work) ? ERROR_UNKNOWN : ERROR_TEMPORARY,
		  "%s: %s%s", work->call->endpoint, work->http.op.err.text,
		  is_write(work) ? " (it may have been carried out)" : "");
	explain(work);
	end(work);
}

static void count(struct call_work *work)
{
	bool whole = work->http.op.err.kind == ERROR_NONE;
	long digit = whole ? work->http.status / 100 : 0;

	work->cluster->tally.answers[digit >= 1 && digit <= 5 ? digit : 0]++;
}

static void sent(struct call_work *work)
{
	show(work);
	count(work);
	switch (work->http.op.err.kind) {
	case ERROR_NONE:
		answered(work);
		return;
	case ERROR_TEMPORARY:
		unreachable(work);
		return;
	case ERROR_UNKNOWN:
		cut_off(work);
		return;
	case ERROR_DENIED: /* the certificate: not our credentials, the other side */
		work->http.op.err.kind = ERROR_FAILED;
		break;
	case ERROR_INVALID:
	case ERROR_REFUSED:
	case ERROR_EXHAUSTED:
	case ERROR_CONFLICT:
	case ERROR_BUSY:
	case ERROR_FAILED:
	case ERROR_MISSING:
	case ERROR_LOCAL:
	case ERROR_USAGE:
	case ERROR_CANCELED:
		break;
	}
	work->call->op.err = work->http.op.err;
	error_wrap(&work->call->op.err, "%s", work->call->endpoint);
	explain(work);
	end(work);
}

static void begin(struct turn *turn);

static void take_turn(struct call_work *work)
{
	work->step = CALL_QUEUED;
	queue_enter(work->cluster->queue, &work->turn,
		    work->request->node ? work->request->node : "", begin);
}

/*
 * A ticket for root@pam, before the request joins the queue: an old one by itself, else
 * by the password.
 */
static void log_in(struct call_work *work)
{
	struct cluster *cluster = work->cluster;

	uv_update_time(op_loop());
	work->asked = uv_now(op_loop());
	if (ticket_age(&cluster->ticket, work->asked) == TICKET_FRESH) {
		take_turn(work);
	} else if (!cluster->root_client) {
		error_set(&work->call->op.err, ERROR_REFUSED,
			  "%s %s: Proxmox takes this from root@pam only, and "
			  "globals.proxmox.privileged is not given",
			  method_name(work->request->method), work->request->path);
		end(work);
	} else if (cluster->root_denied.kind) {
		work->call->op.err = cluster->root_denied;
		end(work);
	} else {
		work->step = CALL_LOGIN;
		call_finish(&work->login);
		ticket_request(&work->login_request, work->arena, &cluster->ticket,
			       &cluster->config->root_password, work->asked);
		call_start(&work->login, cluster, &work->login_request, tick, work);
	}
}

static void logged_in(struct call_work *work)
{
	struct cluster *cluster = work->cluster;
	struct error err = { 0 };

	if (work->login.op.err.kind == ERROR_NONE &&
	    ticket_take(&cluster->ticket, work->login.data, work->asked, &err)) {
		take_turn(work);
		return;
	}
	if (work->login.status == 401 && cluster->ticket.itself.value) {
		ticket_drop(&cluster->ticket); /* not renewed: then by the password */
		log_in(work);
		return;
	}
	work->call->status = work->login.status;
	work->call->op.err = err.kind ? err : work->login.op.err;
	if (work->call->op.err.kind == ERROR_DENIED)
		cluster->root_denied = work->call->op.err;
	end(work);
}

static void tick(void *flow)
{
	struct call_work *work = flow;

	if (work->canceled) {
		end(work);
		return;
	}
	switch (work->step) {
	case CALL_LOGIN:
		logged_in(work);
		return;
	case CALL_QUEUED:
		return;
	case CALL_SENT:
		sent(work);
		return;
	case CALL_PARSED:
		parsed(work, work->parse.op.err.kind == ERROR_NONE, &work->parse.op.err);
		return;
	}
}

static bool is_too_late(const struct request *request)
{
	if (!request->send_before)
		return false;
	uv_update_time(op_loop());
	return uv_now(op_loop()) > request->send_before;
}

static void begin(struct turn *turn)
{
	struct call_work *work = (struct call_work *)turn;
	struct cluster *cluster = work->cluster;

	if (cluster->denied.kind) {
		work->call->op.err = cluster->denied;
		end(work);
	} else if (is_too_late(work->request)) {
		error_set(&work->call->op.err, ERROR_CONFLICT,
			  "%s %s: it waited too long for its turn and was not sent",
			  method_name(work->request->method), work->request->path);
		end(work);
	} else if (cluster->config->endpoints_len == 0) {
		error_set(&work->call->op.err, ERROR_INVALID, "no endpoint is given");
		end(work);
	} else {
		send_to(work, cluster->endpoint);
	}
}

void call_start(struct call *call, struct cluster *cluster, const struct request *request,
		void (*resume)(void *flow), void *flow)
{
	struct call_work *work = xcalloc(1, sizeof(*work));

	*call = (struct call){ .work = work };
	op_begin(&call->op, resume, flow);
	work->call = call;
	work->cluster = cluster;
	work->request = request;
	work->arena = arena_create();
	text_init(&work->unreachable, work->arena);
	if (request->privileged)
		log_in(work);
	else
		take_turn(work);
}

void call_cancel(struct call *call)
{
	struct call_work *work = call->work;

	if (!work || work->canceled)
		return;
	work->canceled = true;
	switch (work->step) {
	case CALL_LOGIN:
		call_cancel(&work->login); /* tick comes */
		return;
	case CALL_QUEUED:
		end(work);
		return;
	case CALL_SENT:
		http_cancel(&work->http); /* tick comes, now or for what is over */
		return;
	case CALL_PARSED:
		return;
	}
}

void call_finish(struct call *call)
{
	json_decref(own_take(call->data));
	call->upid = NULL;
}
