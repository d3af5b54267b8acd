#include "controller/ask.h"

#include "base/arena.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ASK_MS = 10000, DOCUMENT_MAX = 64 * 1024 * 1024 };

static void judge(struct ask *ask, struct error *err)
{
	const struct http *http = &ask->http;
	bool is_get = strcmp(ask->request.method, "GET") == 0;

	if (http->status < 200 || http->status > 299) {
		error_set(err, ERROR_FAILED, "the controller says %ld: %.*s",
			  http->status, (int)strcspn(http->body, "\n"), http->body);
	} else if (is_get || *http->body == '{') {
		ask->document = json_loadb(http->body, http->len, 0, NULL);
		if (!ask->document)
			error_set(err, ERROR_FAILED,
				  "the controller's answer is no JSON");
	}
}

static void answered(void *flow)
{
	struct ask *ask = flow;
	struct error *err = &ask->op.err;
	const char *path = ask->config.socket_path;

	if (op_ok(&ask->http.op, err))
		judge(ask, err);
	else if (err->kind == ERROR_TEMPORARY && access(path, R_OK | W_OK) < 0 &&
		 errno == EACCES)
		error_set(err, ERROR_DENIED,
			  "%s belongs to another user: ask as that one, or as root",
			  path);
	else if (err->kind == ERROR_TEMPORARY)
		error_set(err, ERROR_TEMPORARY, "no controller listens on %s", path);
	else
		error_wrap(err, "%s", path);
	op_finish(&ask->op);
}

void ask_start(struct ask *ask, const char *socket_path, const char *method,
	       const char *path, void (*resume)(void *flow), void *flow)
{
	size_t len = strlen(path) + sizeof("http://vm7");

	*ask = (struct ask){ .config = { .socket_path = xstrdup(socket_path) } };
	op_begin(&ask->op, resume, flow);
	ask->url = xcalloc(len, 1);
	snprintf(ask->url, len, "http://vm7%s", path);
	ask->request = (struct http_request){
		.method = method,
		.url = ask->url,
		.body = strcmp(method, "POST") == 0 ? "" : NULL,
		.once = true,
		.connect_ms = ASK_MS,
		.total_ms = ASK_MS,
		.stall_s = ASK_MS / 1000,
		.body_max = DOCUMENT_MAX,
	};
	ask->client = http_client_create(&ask->config);
	http_start(&ask->http, ask->client, &ask->request, answered, ask);
}

void ask_cancel(struct ask *ask)
{
	http_cancel(&ask->http);
}

void ask_finish(struct ask *ask)
{
	json_decref(ask->document);
	ask->document = NULL;
	http_finish(&ask->http);
	http_client_destroy(ask->client);
	free(ask->url);
	free((char *)(uintptr_t)ask->config.socket_path);
}
