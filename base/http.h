/*
 * HTTPS requests as operations, and plain HTTP over a unix socket. The one place that
 * knows libcurl.
 *
 * A client belongs to one server, or to several that share a certificate rule and a
 * credential. It queues nothing: who starts a request has it sent now, so whoever must
 * not send too much at once waits before starting (time spent waiting inside libcurl
 * would count against the request's own deadline).
 *
 * What is the same for every request: HTTP/1.1, https (unless `plain`), no redirects, no
 * proxy of the environment, no cookies, no .netrc.
 */
#pragma once

#include "base/op.h"

#include <stddef.h>
#include <stdint.h>

/* Everything must stay until the client is destroyed. */
struct http_config {
	bool insecure; /* no look at the certificate at all */
	bool pinned;   /* the one certificate with this SHA-256, whatever name it has */
	uint8_t fingerprint[32];
	const char *ca_pem;        /* the CA certificates' text; NULL: the system's */
	const char *authorization; /* value of the header of that name, or NULL */
	/* Requests go over this unix socket, to http://... whatever its host; or NULL. */
	const char *socket_path;
	bool plain; /* http://... is fine, too: the caller knows that it stays here */
};

struct http_client;

struct http_client *http_client_create(const struct http_config *config);

/* No request may be under way. Run the loop once more afterwards. NULL is fine. */
void http_client_destroy(struct http_client *client);

struct http_request {
	const char *method; /* "GET", "POST", "PUT", "DELETE" */
	const char *url;
	const char *body; /* form parameters; NULL: no body at all; "" is one */
	/* Headers of this request alone, whole lines that end in NULL; or NULL. */
	const char *const *headers;
	/*
	 * Carrying it out twice would be wrong: it goes on a connection of its own.
	 * libcurl repeats a request by itself when a kept connection turns out to be
	 * dead, and cannot know whether the server had read it.
	 */
	bool once;
	unsigned connect_ms, total_ms; /* deadlines, of TCP and TLS; of everything */
	unsigned stall_s;              /* so long without a byte, and it is given up */
	size_t body_max;               /* of the answer, unpacked */
};

/*
 * op.err:
 *
 *	ERROR_NONE	an answer, whatever its status
 *	ERROR_TEMPORARY	no connection: nothing was sent
 *	ERROR_DENIED	the certificate is not the one asked for: nothing was sent
 *	ERROR_UNKNOWN	it went out (or part of it) and no whole answer came back
 *	ERROR_INVALID	the URL or the CA certificates cannot be used
 *	ERROR_CANCELED	http_cancel
 */
struct http {
	struct op op;
	long status;
	char reason[512]; /* of the status line: "Not Found" */
	char *body;       /* never NULL after an answer; ends in a zero byte beyond len */
	size_t len;
	struct http_work *work;
};

/* `request` and all it names must stay until the operation is over. */
void http_start(struct http *http, struct http_client *client,
		const struct http_request *request, void (*resume)(void *flow),
		void *flow);

/* Fine when nothing is under way. */
void http_cancel(struct http *http);

/* Let the answer go. */
void http_finish(struct http *http);
