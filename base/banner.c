#include "base/banner.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { BANNER_MAX = 4096 };

struct banner_work {
	struct banner *banner; /* NULL when it is over */
	const char *words;
	uv_tcp_t tcp;
	uv_timer_t timer;
	uv_connect_t connect;
	char said[BANNER_MAX + 1];
	size_t len;
	unsigned open; /* handles that are not closed yet */
};

static void closed(uv_handle_t *handle)
{
	struct banner_work *work = handle->data;

	if (--work->open == 0)
		free(work);
}

static void end(struct banner_work *work, enum error_kind kind, const char *what)
{
	struct banner *banner = work->banner;

	if (!banner)
		return;
	if (kind != ERROR_NONE)
		error_set(&banner->op.err, kind, "%s", what);
	work->banner = NULL;
	banner->work = NULL;
	uv_close((uv_handle_t *)&work->tcp, closed);
	uv_close((uv_handle_t *)&work->timer, closed);
	op_finish(&banner->op);
}

/* At the beginning of a line. */
static bool has_words(const struct banner_work *work)
{
	const char *line = work->said;
	size_t len = strlen(work->words);

	while (line) {
		if (strncmp(line, work->words, len) == 0)
			return true;
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	return false;
}

static void room(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct banner_work *work = handle->data;

	(void)size;
	*buf = uv_buf_init(work->said + work->len, (unsigned)(BANNER_MAX - work->len));
}

static void heard(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct banner_work *work = stream->data;

	(void)buf;
	if (len > 0) {
		work->len += (size_t)len;
		work->said[work->len] = '\0';
	}
	if (len > 0 && has_words(work))
		end(work, ERROR_NONE, NULL);
	else if (len < 0 && len != UV_ENOBUFS && work->len == 0)
		end(work, ERROR_TEMPORARY,
		    len == UV_EOF ? "it hangs up" : uv_strerror((int)len));
	else if (len < 0 || work->len == BANNER_MAX)
		end(work, ERROR_TEMPORARY, "something else answers");
}

static void connected(uv_connect_t *connect, int status)
{
	struct banner_work *work = connect->data;

	if (!work->banner)
		return;
	if (status == 0)
		status = uv_read_start((uv_stream_t *)&work->tcp, room, heard);
	if (status < 0)
		end(work, ERROR_TEMPORARY, uv_strerror(status));
}

static void late(uv_timer_t *timer)
{
	struct banner_work *work = timer->data;

	end(work, ERROR_TEMPORARY, work->len ? "something else answers" : "no answer");
}

static int to_address(struct sockaddr_storage *out, const char *address, unsigned port)
{
	memset(out, 0, sizeof(*out));
	if (strchr(address, ':'))
		return uv_ip6_addr(address, (int)port, (struct sockaddr_in6 *)out);
	return uv_ip4_addr(address, (int)port, (struct sockaddr_in *)out);
}

void banner_start(struct banner *banner, const char *address, unsigned port,
		  const char *words, uint64_t ms, void (*resume)(void *flow), void *flow)
{
	struct banner_work *work = xcalloc(1, sizeof(*work));
	struct sockaddr_storage to;
	int code;

	op_begin(&banner->op, resume, flow);
	banner->work = work;
	work->banner = banner;
	work->words = words;
	work->open = 2;
	uv_tcp_init(op_loop(), &work->tcp);
	uv_timer_init(op_loop(), &work->timer);
	work->tcp.data = work->timer.data = work->connect.data = work;
	uv_update_time(op_loop());
	uv_timer_start(&work->timer, late, ms, 0);
	if (to_address(&to, address, port) < 0) {
		end(work, ERROR_INVALID, "that is no address");
		return;
	}
	code = uv_tcp_connect(&work->connect, &work->tcp, (const struct sockaddr *)&to,
			      connected);
	if (code < 0)
		end(work, ERROR_TEMPORARY, uv_strerror(code));
}

void banner_cancel(struct banner *banner)
{
	if (banner->work)
		end(banner->work, ERROR_CANCELED, "interrupted");
}
