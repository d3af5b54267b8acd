#include "conn.h"

#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#define IDLE_MS      5000
#define REQUESTS_MAX 100
#define READ_SIZE    65536

struct conn {
	uv_tcp_t tcp; /* first: handles are cast to their base */
	uv_timer_t idle;
	SSL *tls;
	BIO *from_net, *to_net;
	const struct conn_events *events;
	void *owner;
	char *input;
	size_t input_len;
	struct worker *worker;
	unsigned left; /* requests that it may still carry */
	unsigned handles;
	bool busy;    /* a request was handed out and is not answered */
	bool closing; /* soon: when what was written has left */
	bool closed;
	bool seen;  /* the first byte told TLS from plain HTTP */
	bool close; /* the client asked for it */
	char buffer[READ_SIZE];
};

struct out {
	uv_write_t write;
	struct conn *conn;
	char data[];
};

static void on_closed(uv_handle_t *handle)
{
	struct conn *conn = handle->data;

	if (--conn->handles > 0)
		return;
	SSL_free(conn->tls);
	free(conn->input);
	free(conn);
}

void conn_close(struct conn *conn)
{
	if (conn->closed)
		return;
	conn->closed = true;
	conn->events->closed(conn->owner, conn);
	worker_leave(conn->worker);
	uv_close((uv_handle_t *)&conn->tcp, on_closed);
	uv_close((uv_handle_t *)&conn->idle, on_closed);
}

static void on_idle(uv_timer_t *timer)
{
	conn_close(timer->data);
}

/* Five seconds without progress of the client; while a handler runs there is no limit. */
static void watch(struct conn *conn)
{
	if (!conn->closed && !conn->busy)
		uv_timer_start(&conn->idle, on_idle, IDLE_MS, 0);
	else
		uv_timer_stop(&conn->idle);
}

static void on_written(uv_write_t *write, int status)
{
	struct out *out = (struct out *)write;
	struct conn *conn = out->conn;
	bool last = conn->closing &&
		    uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp) == 0;

	free(out);
	if (status < 0 || last)
		conn_close(conn);
}

static void send_raw(struct conn *conn, const char *data, size_t len)
{
	struct out *out = malloc(sizeof(*out) + len);
	uv_buf_t buf;

	if (!out)
		abort();
	memcpy(out->data, data, len);
	out->conn = conn;
	buf = uv_buf_init(out->data, (unsigned)len);
	if (uv_write(&out->write, (uv_stream_t *)&conn->tcp, &buf, 1, on_written) < 0) {
		free(out);
		conn_close(conn);
	}
}

/* What OpenSSL wants to send. */
static void flush(struct conn *conn)
{
	char data[16384];
	int len;

	while (!conn->closed && (len = BIO_read(conn->to_net, data, sizeof(data))) > 0)
		send_raw(conn, data, (size_t)len);
}

static void finish(struct conn *conn)
{
	conn->closing = true;
	SSL_shutdown(conn->tls);
	flush(conn);
	if (!conn->closed &&
	    uv_stream_get_write_queue_size((uv_stream_t *)&conn->tcp) == 0)
		conn_close(conn);
}

static void refuse_plain(struct conn *conn, size_t len)
{
	struct arena *arena = arena_create();
	struct text out;

	text_init(&out, arena);
	http_print_redirect(arena, &out, conn->buffer, len);
	conn->closing = true;
	send_raw(conn, text_str(&out), out.len);
	arena_destroy(arena);
}

/* What nobody needs to be asked about. */
static void refuse_request(struct conn *conn, unsigned minor,
			   const struct http_refusal *refusal)
{
	const char *body = refusal->silent ? NULL : refusal->reason;

	conn->busy = true;
	worker_count(conn->worker);
	conn_answer(conn,
		    &(struct http_answer){ .status = refusal->status,
					   .reason = refusal->reason,
					   .minor = minor,
					   .type = body ? "" : NULL,
					   .body = body,
					   .body_len = body ? strlen(body) : 0 },
		    SIZE_MAX);
}

static void read_request(struct conn *conn)
{
	struct arena *arena;
	struct http_request request;
	struct http_refusal refusal;
	enum http_state state;
	size_t used = 0;

	if (conn->busy || conn->closing || conn->closed || !conn->input_len)
		return;
	arena = arena_create();
	state = http_read(arena, conn->input, conn->input_len, &request, &used, &refusal);
	switch (state) {
	case HTTP_MORE:
	case HTTP_DEAD: /* the idle timer ends it */
		break;
	case HTTP_BAD:
		refuse_request(conn, request.minor, &refusal);
		break;
	case HTTP_READY:
		memmove(conn->input, conn->input + used, conn->input_len - used);
		conn->input_len -= used;
		conn->busy = true;
		conn->close = request.close;
		conn->left -= conn->left > 0;
		worker_count(conn->worker);
		watch(conn);
		conn->events->request(conn->owner, conn, arena, &request);
		return;
	}
	arena_destroy(arena);
}

static void decrypt(struct conn *conn)
{
	char data[16384];
	int len;

	while (!conn->closed && (len = SSL_read(conn->tls, data, sizeof(data))) > 0) {
		conn->input = xrealloc(conn->input, conn->input_len + (size_t)len);
		memcpy(conn->input + conn->input_len, data, (size_t)len);
		conn->input_len += (size_t)len;
	}
	flush(conn);
	if (!conn->closed && SSL_get_shutdown(conn->tls) & SSL_RECEIVED_SHUTDOWN)
		conn_close(conn);
	else
		read_request(conn);
}

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct conn *conn = handle->data;

	(void)size;
	*buf = uv_buf_init(conn->buffer, sizeof(conn->buffer));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct conn *conn = stream->data;

	if (len < 0) {
		conn_close(conn);
		return;
	}
	if (len == 0 || conn->closing)
		return;
	if (!conn->seen && buf->base[0] != 0x16) {
		refuse_plain(conn, (size_t)len);
		return;
	}
	conn->seen = true;
	BIO_write(conn->from_net, buf->base, (int)len);
	ERR_clear_error(); /* what another connection left */
	if (!SSL_is_init_finished(conn->tls) && SSL_accept(conn->tls) <= 0) {
		int why = SSL_get_error(conn->tls, -1);

		flush(conn);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			conn_close(conn);
		else
			watch(conn);
		return;
	}
	watch(conn);
	decrypt(conn);
}

void conn_answer(struct conn *conn, const struct http_answer *answer, size_t cut)
{
	struct http_answer mine = *answer;
	struct arena *arena;
	struct text out;
	size_t len;

	if (conn->closed)
		return;
	mine.keep = answer->status < 400 && !conn->close && conn->left > 0 &&
		    answer->type && cut == SIZE_MAX && !worker_is_ending(conn->worker);
	arena = arena_create();
	text_init(&out, arena);
	http_print(&out, &mine, conn->events->now(conn->owner));
	len = cut == SIZE_MAX ? out.len : out.len - answer->body_len + cut;
	SSL_write(conn->tls, out.at, (int)len);
	conn->busy = false;
	flush(conn);
	arena_destroy(arena);
	if (!mine.keep) {
		if (!conn->closed)
			finish(conn);
		return;
	}
	watch(conn);
	read_request(conn);
}

struct conn *conn_accept(uv_stream_t *listener, SSL_CTX *tls, struct worker *worker,
			 const struct conn_events *events, void *owner)
{
	struct conn *conn = xcalloc(1, sizeof(*conn));

	conn->events = events;
	conn->owner = owner;
	conn->worker = worker;
	conn->left = worker_is_roomy(worker) ? REQUESTS_MAX : 0;
	conn->tls = SSL_new(tls);
	conn->from_net = BIO_new(BIO_s_mem());
	conn->to_net = BIO_new(BIO_s_mem());
	SSL_set_bio(conn->tls, conn->from_net, conn->to_net);
	SSL_set_accept_state(conn->tls);
	uv_tcp_init(listener->loop, &conn->tcp);
	uv_timer_init(listener->loop, &conn->idle);
	conn->tcp.data = conn->idle.data = conn;
	conn->handles = 2;
	if (uv_accept(listener, (uv_stream_t *)&conn->tcp) < 0) {
		conn_close(conn);
		return NULL;
	}
	uv_tcp_nodelay(&conn->tcp, 1);
	uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
	watch(conn);
	return conn;
}
