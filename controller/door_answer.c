/* What is asked at the door, and what is answered. */
#include "base/log.h"
#include "controller/door_inside.h"
#include "controller/hook.h"
#include "controller/page.h"

#include <stdlib.h>
#include <string.h>

enum {
	HELD_MAX = 4 * 1024 * 1024, /* bytes of bodies at once */
	KEPT_MS = 1000,             /* how long an answer is kept */
	LOOKS_MAX = 10,             /* that hooks may ask for at once */
	LOOK_MS = 6000,             /* until there is one more */
	WRONG_MS = 60000,           /* between two complaints about hooks */
};

/* A request while it comes in. */
struct asked {
	struct door *door;
	const struct route *route; /* NULL: there is none */
	size_t seen;               /* bytes of its body */
	char *body;                /* of a hook */
	size_t len, cap;
	bool too_much;
};

/* A whole request that is answered. */
struct answering {
	struct door *door;
	struct visitor *visitor;
	struct MHD_Connection *connection;
	const struct asked *asked;
};

struct route {
	const char *path;
	enum door_part part;
	bool post; /* POST alone; else GET and HEAD */
	enum MHD_Result (*answer)(struct answering *answering);
};

/* ---- answers ---- */

void door_dress(struct MHD_Response *response, const char *type)
{
	static const char *const headers[][2] = {
		{ "Cache-Control", "no-store" },
		{ "Content-Security-Policy", PAGE_POLICY },
		{ "Cross-Origin-Resource-Policy", "same-origin" },
		{ "Referrer-Policy", "no-referrer" },
		{ "X-Content-Type-Options", "nosniff" },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		MHD_add_response_header(response, headers[i][0], headers[i][1]);
	if (type)
		MHD_add_response_header(response, "Content-Type", type);
}

static enum MHD_Result reply(struct MHD_Connection *connection, unsigned status,
			     const char *text, const char *header, const char *value)
{
	struct MHD_Response *response;
	enum MHD_Result well;

	response = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
						   MHD_RESPMEM_MUST_COPY);
	if (!response)
		return MHD_NO;
	door_dress(response, *text ? "text/plain; charset=utf-8" : NULL);
	if (header)
		MHD_add_response_header(response, header, value);
	well = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return well;
}

static enum MHD_Result say(struct answering *a, unsigned status, const char *text)
{
	return reply(a->connection, status, text, NULL, NULL);
}

void door_forget(struct door *door, bool all)
{
	for (size_t i = 0; i < CACHED_LAST; i++) {
		if (!door->cache[i].response || (i == CACHED_METRICS && !all))
			continue;
		MHD_destroy_response(door->cache[i].response);
		door->cache[i].response = NULL;
	}
}

/* What a library or we have allocated becomes an answer; `text` is let go in the end. */
static struct MHD_Response *wrap(char *text, const char *type)
{
	struct MHD_Response *response;

	secret_redact(text);
	response = MHD_create_response_from_buffer(strlen(text), text,
						   MHD_RESPMEM_MUST_FREE);
	if (!response)
		abort(); /* out of memory */
	door_dress(response, type);
	return response;
}

static struct MHD_Response *make_document(struct door *door, enum door_document which)
{
	json_t *document = door->owner.document(door->owner.owner, which);
	char *text;

	if (!document)
		return NULL;
	text = json_dumps(document, JSON_INDENT(1));
	json_decref(document);
	return text ? wrap(text, "application/json") : NULL;
}

static struct MHD_Response *make_metrics(struct door *door)
{
	struct arena *arena = arena_create();
	struct text text;
	char *copy;

	text_init(&text, arena);
	door->owner.metrics(door->owner.owner, &text);
	copy = xstrdup(text_str(&text));
	arena_destroy(arena);
	return wrap(copy, "text/plain; version=0.0.4; charset=utf-8");
}

/* There is one from the start, also when nothing is known yet. */
static struct MHD_Response *make_page(struct door *door)
{
	struct arena *arena = arena_create();
	json_t *status = door->owner.document(door->owner.owner, DOOR_STATUS);
	char *copy = xstrdup(page_html(arena, status));

	json_decref(status);
	arena_destroy(arena);
	return wrap(copy, "text/html; charset=utf-8");
}

static struct MHD_Response *make(struct door *door, enum cached which)
{
	switch (which) {
	case CACHED_STATUS:
		return make_document(door, DOOR_STATUS);
	case CACHED_PLAN:
		return make_document(door, DOOR_PLAN);
	case CACHED_LEASES:
		return make_document(door, DOOR_LEASES);
	case CACHED_PAGE:
		return make_page(door);
	case CACHED_METRICS:
		return make_metrics(door);
	case CACHED_LAST:
		break;
	}
	return NULL;
}

/* Documents may be large: however many ask, each is made once a second at most, and
 * after a change. */
static enum MHD_Result say_kept(struct answering *a, enum cached which)
{
	struct door *door = a->door;
	uint64_t now = uv_now(op_loop());

	if (door->cache[which].response && now - door->cache[which].made >= KEPT_MS) {
		MHD_destroy_response(door->cache[which].response);
		door->cache[which].response = NULL;
	}
	if (!door->cache[which].response) {
		door->cache[which].response = make(door, which);
		door->cache[which].made = now;
	}
	if (!door->cache[which].response)
		return say(a, MHD_HTTP_SERVICE_UNAVAILABLE, "there is none yet\n");
	return MHD_queue_response(a->connection, MHD_HTTP_OK,
				  door->cache[which].response);
}

static enum MHD_Result answer_status(struct answering *a)
{
	return say_kept(a, CACHED_STATUS);
}

static enum MHD_Result answer_plan(struct answering *a)
{
	return say_kept(a, CACHED_PLAN);
}

static enum MHD_Result answer_leases(struct answering *a)
{
	return say_kept(a, CACHED_LEASES);
}

static enum MHD_Result answer_page(struct answering *a)
{
	return say_kept(a, CACHED_PAGE);
}

/* A file that is part of the program. */
static enum MHD_Result say_file(struct answering *a, const char *text, const char *type)
{
	struct MHD_Response *response;
	enum MHD_Result well;

	response = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text,
						   MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	door_dress(response, type);
	well = MHD_queue_response(a->connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return well;
}

static enum MHD_Result answer_style(struct answering *a)
{
	return say_file(a, page_style(), "text/css; charset=utf-8");
}

static enum MHD_Result answer_script(struct answering *a)
{
	return say_file(a, page_script(), "text/javascript; charset=utf-8");
}

static enum MHD_Result answer_icon(struct answering *a)
{
	return say_file(a, page_icon(), "image/svg+xml");
}

static enum MHD_Result answer_metrics(struct answering *a)
{
	return say_kept(a, CACHED_METRICS);
}

/* The loop turns, or nobody would answer. */
static enum MHD_Result answer_healthz(struct answering *a)
{
	return say(a, MHD_HTTP_OK, "ok\n");
}

static enum MHD_Result answer_readyz(struct answering *a)
{
	struct door *door = a->door;
	struct error why = { 0 };
	char text[sizeof(why.text) + 2];

	if (door->owner.ready(door->owner.owner, &why))
		return say(a, MHD_HTTP_OK, "ready\n");
	snprintf(text, sizeof(text), "%s\n", why.text);
	secret_redact(text);
	return say(a, MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

static enum MHD_Result answer_events(struct answering *a)
{
	uint64_t now = uv_now(op_loop());

	for (struct visitor *v = a->door->visitors; v; v = v->next)
		if (a->door->listeners >= LISTENERS_MAX && v->doing == VISITOR_LISTENS)
			door_listener_sweep(v, now); /* who is gone makes room */
	if (a->door->listeners >= LISTENERS_MAX)
		return reply(a->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			     "too many listen already\n", "Retry-After", "30");
	return door_listen(a->visitor, a->connection);
}

/* ---- wishes ---- */

static const char *header(struct answering *a, const char *name)
{
	return MHD_lookup_connection_value(a->connection, MHD_HEADER_KIND, name);
}

static void refill(struct door *door)
{
	uint64_t now = uv_now(op_loop());

	door->tokens += (double)(now - door->tokens_at) / LOOK_MS;
	if (door->tokens > LOOKS_MAX)
		door->tokens = LOOKS_MAX;
	door->tokens_at = now;
}

static void look_later(uv_timer_t *timer)
{
	struct door *door = timer->data;

	refill(door);
	door->tokens -= 1;
	door->owner.wish(door->owner.owner, WISH_LOOK, NULL);
}

/* All that come too fast are one look, a little later. */
static enum MHD_Result look(struct answering *a)
{
	struct door *door = a->door;

	refill(door);
	if (door->tokens >= 1) {
		door->tokens -= 1;
		door->owner.wish(door->owner.owner, WISH_LOOK, NULL);
		return say(a, MHD_HTTP_ACCEPTED, "looking\n");
	}
	if (!uv_is_active((uv_handle_t *)&door->later))
		uv_timer_start(&door->later, look_later, LOOK_MS, 0);
	return reply(a->connection, MHD_HTTP_TOO_MANY_REQUESTS, "too many hooks\n",
		     "Retry-After", "6");
}

static enum MHD_Result refuse_hook(struct answering *a, const char *what)
{
	struct door *door = a->door;
	uint64_t now = uv_now(op_loop());

	door->wrong_hooks++;
	if (!door->wrong_told || now - door->wrong_told >= WRONG_MS) {
		log_warning("hook", "refused, %s (%u so far since the last such line)",
			    what, door->wrong_hooks);
		door->wrong_told = now ? now : 1;
		door->wrong_hooks = 0;
	}
	return say(a, MHD_HTTP_UNAUTHORIZED, "not signed with the secret\n");
}

static const char *event_of(struct answering *a)
{
	static const char *const names[] = { "X-Forgejo-Event", "X-Gitea-Event",
					     "X-GitHub-Event", "X-Gitlab-Event" };
	const char *event = NULL;

	for (size_t i = 0; !event && i < sizeof(names) / sizeof(names[0]); i++)
		event = header(a, names[i]);
	return event;
}

static enum MHD_Result answer_hook(struct answering *a)
{
	const struct hook hook = {
		.github = header(a, "X-Hub-Signature-256"),
		.forgejo = header(a, "X-Forgejo-Signature"),
		.gitea = header(a, "X-Gitea-Signature"),
		.gitlab = header(a, "X-Gitlab-Token"),
		.event = event_of(a),
		.body = a->asked->body ? a->asked->body : "",
		.len = a->asked->len,
	};

	if (!a->door->webhook.value)
		return say(a, MHD_HTTP_NOT_FOUND, "no secret is set up for hooks\n");
	switch (hook_judge(&hook, &a->door->webhook, a->door->owner.branch)) {
	case HOOK_LOOK:
		return look(a);
	case HOOK_NOTHING:
		return say(a, MHD_HTTP_NO_CONTENT, "");
	case HOOK_UNSIGNED:
		return refuse_hook(a, "it has no signature");
	case HOOK_WRONG:
		return refuse_hook(a, "its signature is not made with our secret");
	}
	return MHD_NO;
}

/* 8 digits tell commits apart well enough; 64 are all that SHA-256 has. */
static bool is_commit(const char *text)
{
	size_t len = strlen(text);

	return len >= 8 && len <= 64 && strspn(text, "0123456789abcdef") == len;
}

static enum MHD_Result answer_reconcile(struct answering *a)
{
	const char *accept = MHD_lookup_connection_value(a->connection,
							 MHD_GET_ARGUMENT_KIND, "accept");
	char text[40];

	if (accept && !is_commit(accept))
		return say(a, MHD_HTTP_BAD_REQUEST,
			   "accept: expected a commit, at least 8 digits of it\n");
	snprintf(text, sizeof(text), "{\"pass\": %u}\n",
		 a->door->owner.wish(a->door->owner.owner, WISH_PASS, accept));
	return say(a, MHD_HTTP_ACCEPTED, text);
}

/* ---- requests ---- */

static const struct route routes[] = {
	{ "/healthz", DOOR_HEALTHZ, false, answer_healthz },
	{ "/readyz", DOOR_READYZ, false, answer_readyz },
	{ "/metrics", DOOR_METRICS, false, answer_metrics },
	{ "/hook", DOOR_HOOK, true, answer_hook },
	{ "/api/v1/status", DOOR_API, false, answer_status },
	{ "/api/v1/plan", DOOR_API, false, answer_plan },
	{ "/api/v1/leases", DOOR_API, false, answer_leases },
	{ "/", DOOR_PAGE, false, answer_page },
	{ "/page.css", DOOR_PAGE, false, answer_style },
	{ "/page.js", DOOR_PAGE, false, answer_script },
	{ "/page.svg", DOOR_PAGE, false, answer_icon },
	{ "/events", DOOR_PAGE, false, answer_events },
	{ "/reconcile", DOOR_RECONCILE, true, answer_reconcile },
};

/* Paths are compared byte by byte: nothing is unescaped, nothing is a folder. */
static const struct route *find_route(const struct visitor *visitor, const char *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (strcmp(routes[i].path, path) == 0 &&
		    (visitor->parts & (1U << routes[i].part)))
			return &routes[i];
	return NULL;
}

static bool is_allowed(const struct route *route, const char *method)
{
	if (route->post)
		return strcmp(method, "POST") == 0;
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static enum MHD_Result answer(struct answering *a, const char *method)
{
	const struct route *route = a->asked->route;

	a->visitor->doing = VISITOR_GETS;
	a->visitor->since = uv_now(op_loop());
	if (!route)
		return say(a, MHD_HTTP_NOT_FOUND, "there is no such page\n");
	if (!is_allowed(route, method))
		return reply(a->connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			     "not with this method\n", "Allow",
			     route->post ? "POST" : "GET, HEAD");
	if (a->asked->too_much)
		return say(a, MHD_HTTP_CONTENT_TOO_LARGE, "that is too long\n");
	return route->answer(a);
}

/* Only the body of a hook is kept; any other is read and dropped. */
static enum MHD_Result take(struct asked *asked, const char *bytes, size_t len)
{
	struct door *door = asked->door;

	asked->seen += len;
	if (asked->seen > HOOK_BODY_MAX)
		asked->too_much = true;
	if (asked->seen > (size_t)4 * HOOK_BODY_MAX)
		return MHD_NO;
	if (asked->too_much || !asked->route || asked->route->part != DOOR_HOOK)
		return MHD_YES;
	if (asked->len + len > asked->cap) {
		size_t cap = asked->cap ? asked->cap : 4096;

		while (cap < asked->len + len)
			cap *= 2;
		if (door->held + cap - asked->cap > HELD_MAX) {
			asked->too_much = true;
			return MHD_YES;
		}
		door->held += cap - asked->cap;
		asked->body = xrealloc(asked->body, cap);
		asked->cap = cap;
	}
	memcpy(asked->body + asked->len, bytes, len);
	asked->len += len;
	return MHD_YES;
}

static enum MHD_Result count_length(void *cls, enum MHD_ValueKind kind, const char *key,
				    const char *value)
{
	unsigned *lengths = cls;

	(void)kind;
	(void)value;
	*lengths += strcasecmp(key, "Content-Length") == 0 ||
		    strcasecmp(key, "Transfer-Encoding") == 0;
	return MHD_YES;
}

/* Its headers are here. What is refused already now closes the connection. */
static enum MHD_Result begin(struct visitor *visitor, struct MHD_Connection *connection,
			     const char *url, void **request)
{
	struct asked *asked = xcalloc(1, sizeof(*asked));
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
							 "Content-Length");
	unsigned lengths = 0;
	uint64_t bytes;

	*request = asked;
	asked->door = visitor->door;
	asked->route = find_route(visitor, url);
	/* two lengths: somebody in between may have believed the other one */
	MHD_get_connection_values(connection, MHD_HEADER_KIND, count_length, &lengths);
	if (lengths > 1)
		return reply(connection, MHD_HTTP_BAD_REQUEST, "it has two lengths\n",
			     NULL, NULL);
	if (length && (!str_number(length, &bytes) || bytes > HOOK_BODY_MAX))
		return reply(connection, MHD_HTTP_CONTENT_TOO_LARGE, "that is too long\n",
			     NULL, NULL);
	return MHD_YES;
}

enum MHD_Result door_serve(void *hall, struct MHD_Connection *connection, const char *url,
			   const char *method, const char *version, const char *upload,
			   size_t *upload_size, void **request)
{
	struct visitor *visitor =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;
	struct answering answering = { visitor->door, visitor, connection, *request };

	(void)hall;
	(void)version;
	if (!*request)
		return begin(visitor, connection, url, request);
	if (*upload_size > 0) {
		size_t len = *upload_size;

		*upload_size = 0;
		return take(*request, upload, len);
	}
	return answer(&answering, method);
}

void door_served(void *hall, struct MHD_Connection *connection, void **request,
		 enum MHD_RequestTerminationCode why)
{
	struct asked *asked = *request;
	struct visitor *visitor =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
			->socket_context;

	(void)hall;
	(void)why;
	if (visitor->doing == VISITOR_LISTENS && !visitor->over)
		visitor->door->listeners--;
	visitor->doing = VISITOR_ASKS;
	visitor->since = uv_now(op_loop());
	if (!asked)
		return;
	asked->door->held -= asked->cap;
	free(asked->body);
	free(asked);
	*request = NULL;
}
