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
	HTTP_BAD,   /* answer with `refusal`, then close */
	HTTP_DEAD,  /* headers beyond the limits: PVE never answers */
};

/* Why a request is not read any further. */
struct http_refusal {
	int status; /* 0: it is fine */
	const char *reason;
	bool silent; /* without the reason as a body too */
};

struct http_request {
	const char *method, *path,
		*query; /* path percent-encoded, query NULL without "?" */
	const char *cookie, *authorization, *csrf, *content_type,
		*agent; /* agent: the User-Agent */
	const char *body;
	size_t body_len;
	struct http_refusal refusal; /* its body is; who asks must be known first */
	unsigned minor;              /* of HTTP/1.x */
	bool close;                  /* the client wants it closed */
	const char *encoding;        /* "gzip" or "deflate", or NULL: it takes neither */
};

struct http_answer {
	int status;
	const char *reason;
	const char *type; /* NULL: no body and no length; "": a length, but no type */
	const char *body;
	size_t body_len;
	const char *encoding; /* "gzip", or NULL */
	unsigned minor;       /* of HTTP/1.x */
	bool proxied, keep;
};

/*
 * Everything in `out` lives in `arena`. `used`: bytes of `data` that belong to the request;
 * the body of one that is refused is not waited for.
 */
enum http_state http_read(struct arena *arena, const char *data, size_t len,
			  struct http_request *out, size_t *used,
			  struct http_refusal *refusal);

/* `now`: seconds since 1970, for the Date header. */
void http_print(struct text *out, const struct http_answer *answer, double now);

/* What plain HTTP on the TLS port gets. */
void http_print_redirect(struct arena *arena, struct text *out, const char *data,
			 size_t len);
