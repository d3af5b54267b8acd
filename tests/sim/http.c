#include "http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define HEADER_LINES 62
#define HEADER_BYTES 8192
#define BODY_BYTES   524288

struct head {
	const char *expect_body; /* Content-Length, or NULL */
	bool chunked;
};

static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", NULL };

static bool known_method(const char *method)
{
	for (size_t i = 0; methods[i]; i++)
		if (!strcmp(methods[i], method))
			return true;
	return false;
}

static enum http_state bad(int code, const char *text, int *status, const char **reason)
{
	*status = code;
	*reason = text;
	return HTTP_BAD;
}

static bool read_line(struct arena *arena, char *line, struct http_request *out)
{
	char **words, *query;

	if (str_split(arena, line, " ", &words) != 3 ||
	    strncmp(words[2], "HTTP/1.", 7) != 0)
		return false;
	out->method = words[0];
	out->path = words[1];
	query = strchr(words[1], '?');
	if (query) {
		*query = '\0';
		out->query = query + 1;
	}
	return true;
}

static bool read_header(struct arena *arena, char *line, struct http_request *out,
			struct head *head)
{
	char *colon = strchr(line, ':');
	const char *value;

	if (!colon || colon == line)
		return false;
	*colon = '\0';
	value = str_trim(arena, colon + 1);
	if (!strcasecmp(line, "Authorization"))
		out->authorization = value;
	else if (!strcasecmp(line, "Content-Type"))
		out->content_type = value;
	else if (!strcasecmp(line, "User-Agent"))
		out->agent = value;
	else if (!strcasecmp(line, "Content-Length"))
		head->expect_body = value;
	else if (!strcasecmp(line, "Transfer-Encoding"))
		head->chunked = true;
	else if (!strcasecmp(line, "Connection"))
		out->close = strcasestr(value, "close") != NULL;
	else if (!strcasecmp(line, "Accept-Encoding"))
		out->gzip = strcasestr(value, "gzip") != NULL;
	return true;
}

/* The lines of the head; HTTP_READY: all are fine. */
static enum http_state read_head(struct arena *arena, const char *data, size_t len,
				 struct http_request *out, struct head *head, int *status,
				 const char **reason)
{
	char **lines;
	size_t count = str_split(arena, arena_strndup(arena, data, len), "\r\n", &lines);

	if (count > HEADER_LINES + 1)
		return HTTP_DEAD;
	if (!count || !read_line(arena, lines[0], out))
		return bad(506, "http protocol version not supported", status, reason);
	if (!known_method(out->method))
		return bad(501,
			   arena_printf(arena, "method '%s' not available", out->method),
			   status, reason);
	for (size_t i = 1; i < count; i++)
		if (!read_header(arena, lines[i], out, head))
			return bad(506, "unable to parse http header", status, reason);
	return HTTP_READY;
}

enum http_state http_read(struct arena *arena, const char *data, size_t len,
			  struct http_request *out, size_t *used, int *status,
			  const char **reason)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);
	struct head head = { 0 };
	enum http_state state;
	size_t start, body = 0;

	*out = (struct http_request){ .body = "" };
	if (!end)
		return len > HEADER_BYTES ? HTTP_DEAD : HTTP_MORE;
	start = (size_t)(end - data) + 4;
	if (start > HEADER_BYTES)
		return HTTP_DEAD;
	state = read_head(arena, data, start, out, &head, status, reason);
	if (state != HTTP_READY)
		return state;
	if (head.chunked)
		return bad(501, "chunked transfer encoding not supported", status,
			   reason);
	if (head.expect_body)
		body = strtoul(head.expect_body, NULL, 10);
	if (body > 0 && (!strcmp(out->method, "GET") || !strcmp(out->method, "DELETE")))
		return bad(501,
			   arena_printf(arena, "Unexpected content for method '%s'",
					out->method),
			   status, reason);
	if (body > BODY_BYTES)
		return bad(501, "for data too large", status, reason);
	if (len < start + body)
		return HTTP_MORE;
	out->body = arena_strndup(arena, data + start, body);
	out->body_len = body;
	*used = start + body;
	return HTTP_READY;
}

static void print_date(struct text *out, const char *name, double now)
{
	time_t seconds = (time_t)now;
	char date[64];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm);
	text_addf(out, "%s: %s\r\n", name, date);
}

void http_print(struct text *out, const struct http_answer *answer, double now)
{
	text_addf(out, "HTTP/1.1 %d %s\r\n", answer->status, answer->reason);
	text_add(out, "Cache-Control: max-age=0\r\n");
	if (answer->proxied && answer->keep) /* pvedaemon's own line is passed on */
		text_add(out, "Connection: close\r\n");
	text_addf(out, "Connection: %s\r\n", answer->keep ? "Keep-Alive" : "close");
	print_date(out, "Date", now);
	text_add(out, "Pragma: no-cache\r\nServer: pve-api-daemon/3.0\r\n");
	if (answer->encoding)
		text_addf(out, "Content-Encoding: %s\r\n", answer->encoding);
	if (answer->type)
		text_addf(out, "Content-Length: %zu\r\n", answer->body_len);
	if (answer->type && *answer->type)
		text_addf(out, "Content-Type: %s\r\n", answer->type);
	print_date(out, "Expires", now);
	text_add(out, "\r\n");
	if (answer->type)
		text_addn(out, answer->body, answer->body_len);
}

void http_print_redirect(struct arena *arena, struct text *out, const char *data,
			 size_t len)
{
	bool get = len > 4 && !memcmp(data, "GET ", 4);
	const char *host = memmem(data, len, "\r\nHost:", 7);
	char **words;
	const char *path = "/";

	if (host) {
		host += strlen("\r\nHost:");
		host = arena_strndup(arena, host, (size_t)(data + len - host));
		host = str_trim(arena, arena_strndup(arena, host, strcspn(host, "\r\n")));
	}
	if (str_split(arena, arena_strndup(arena, data, len), " \r\n", &words) > 1)
		path = words[1];
	text_addf(out,
		  "HTTP/1.1 %s\r\nLocation: https://%s%s\r\nConnection: close\r\n"
		  "Content-Length: 0\r\n\r\n",
		  get ? "301 Moved Permanently" : "308 Permanent Redirect",
		  host ? host : "localhost", path);
}
