/* Asking the running controller, over its unix socket. */
#pragma once

#include "base/http.h"

#include <jansson.h>

struct ask {
	struct op op;
	/* The document that it answered with; ask_finish lets it go. NULL: none. */
	json_t *document;
	/* private */
	struct http_config config;
	struct http_client *client;
	struct http_request request;
	struct http http;
	char *url;
};

/*
 * `method` is "GET" or "POST", `path` such as "/api/v1/status" or
 * "/reconcile?accept=COMMIT".
 *
 * op.err: ERROR_TEMPORARY: nobody listens on the socket; ERROR_DENIED: it belongs to
 * another user; ERROR_FAILED: it answered, and has no document (with its words);
 * ERROR_UNKNOWN: it was asked and did not answer.
 */
void ask_start(struct ask *ask, const char *socket_path, const char *method,
	       const char *path, void (*resume)(void *flow), void *flow);

/* It ends soon. Fine when nothing is under way. */
void ask_cancel(struct ask *ask);

/* Run the loop once more afterwards. */
void ask_finish(struct ask *ask);
