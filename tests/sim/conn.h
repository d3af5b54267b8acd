/* One TLS connection: bytes in, requests out; answers in, bytes out. */
#pragma once

#include "base/arena.h"
#include "http.h"
#include "workers.h"

#include <openssl/ssl.h>
#include <uv.h>

struct conn;

/* What the owner of connections is told. */
struct conn_events {
	/* A request is complete. It lives in `arena`, which the owner destroys. */
	void (*request)(void *owner, struct conn *conn, struct arena *arena,
			const struct http_request *request);
	/* The connection is gone; nothing may be sent on it any more. */
	void (*closed)(void *owner, struct conn *conn);
	double (*now)(void *owner); /* for Date headers */
};

/* Accept from `listener` for `worker`, which is left in the end. NULL when that failed. */
struct conn *conn_accept(uv_stream_t *listener, SSL_CTX *tls, struct worker *worker,
			 const struct conn_events *events, void *owner);

/*
 * Answer the request that was handed out. The hundredth request, every status from 400 on, an
 * answer without a length and a worker that ends close the connection. `cut`: send only so many
 * bytes of the body, then close; SIZE_MAX: all.
 */
void conn_answer(struct conn *conn, const struct http_answer *answer, size_t cut);

/* Close without another word. */
void conn_close(struct conn *conn);
