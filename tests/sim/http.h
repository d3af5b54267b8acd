/*
 * HTTP as pveproxy speaks it: its limits, its status lines, its headers.
 * PVE: PVE::APIServer::AnyEvent process_header, response. Text in, text out; no I/O.
 */
#pragma once

#include "base/arena.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

enum http_state {
	HTTP_MORE,  /* not all of it is here yet */
	HTTP_READY, /* `out` is complete */
	HTTP_BAD,   /* refuse with `status` and `reason`, then close */
	HTTP_DEAD,  /* headers beyond the limits: PVE never answers */
};

struct http_request {
	const char *method, *path,
		*query; /* path percent-encoded, query NULL without "?" */
	const char *authorization, *content_type, *agent; /* agent: the User-Agent */
	const char *body;
	size_t body_len;
	bool close, gzip; /* the client wants it closed; takes gzip */
};

struct http_answer {
	int status;
	const char *reason;
	const char *type; /* NULL: no body and no length; "": a length, but no type */
	const char *body;
	size_t body_len;
	const char *encoding; /* "gzip", or NULL */
	bool proxied, keep;
};

/* Everything in `out` lives in `arena`. `used`: bytes of `data` that belong to the request. */
enum http_state http_read(struct arena *arena, const char *data, size_t len,
			  struct http_request *out, size_t *used, int *status,
			  const char **reason);

/* `now`: seconds since 1970, for the Date header. */
void http_print(struct text *out, const struct http_answer *answer, double now);

/* What plain HTTP on the TLS port gets. */
void http_print_redirect(struct arena *arena, struct text *out, const char *data,
			 size_t len);
