#include "http.h"

#include "multipart.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* PVE::APIServer::AnyEvent $limit_max_headers (the empty line is counted), _header_size, _post. */
#define HEADER_LINES 62
#define HEADER_BYTES 8192
#define BODY_BYTES   524288

struct head {
	const char *length, *transfer; /* Content-Length, Transfer-Encoding, or NULL */
	const char *connection;
};

static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", NULL };

static bool known_method(const char *method)
{
	for (size_t i = 0; methods[i]; i++)
		if (!strcmp(methods[i], method))
			return true;
	return false;
}

static bool may_have_body(const char *method)
{
	return !strcmp(method, "POST") || !strcmp(method, "PUT");
}

/* The end of the line that begins at `at`, or NULL: it is not all here. LF alone is fine. */
static const char *line_end(const char *at, const char *end)
{
	return memchr(at, '\n', (size_t)(end - at));
}

static size_t line_len(const char *at, const char *newline)
{
	size_t len = (size_t)(newline - at);

	return len && at[len - 1] == '\r' ? len - 1 : len;
}

/* "GET /path HTTP/1.1" */
static bool read_line(struct arena *arena, char *line, struct http_request *out,
		      struct http_refusal *refusal)
{
	unsigned major, minor;
	char **words, *query;
	int used = 0;

	if (str_split(arena, line, " ", &words) != 3 ||
	    sscanf(words[2], "HTTP/%u.%u%n", &major, &minor, &used) != 2 ||
	    words[2][used]) {
		*refusal = (struct http_refusal){ 400, "bad request", false };
		return false;
	}
	if (major != 1) {
		refusal->status = 506;
		refusal->reason = arena_printf(
			arena, "http protocol version %u.%u not supported", major, minor);
		return false;
	}
	out->minor = minor;
	out->method = words[0];
	out->path = words[1];
	query = strchr(words[1], '?');
	if (query) {
		*query = '\0';
		out->query = query + 1;
	}
	return true;
}

/* A line that begins with a blank goes on with the last one; none that is looked at here does. */
static bool read_header(struct arena *arena, char *line, struct http_request *out,
			struct head *head)
{
	char *colon = strchr(line, ':');
	const char *value;

	if (*line == ' ' || *line == '\t')
		return true;
	if (!colon || colon == line || strcspn(line, " \t") < (size_t)(colon - line))
		return false;
	*colon = '\0';
	value = str_trim(arena, colon + 1);
	if (!strcasecmp(line, "Cookie"))
		out->cookie = value;
	else if (!strcasecmp(line, "CSRFPreventionToken"))
		out->csrf = value;
	else if (!strcasecmp(line, "Authorization"))
		out->authorization = value;
	else if (!strcasecmp(line, "Content-Type"))
		out->content_type = value;
	else if (!strcasecmp(line, "User-Agent"))
		out->agent = value;
	else if (!strcasecmp(line, "Content-Length"))
		head->length = value;
	else if (!strcasecmp(line, "Transfer-Encoding"))
		head->transfer = value;
	else if (!strcasecmp(line, "Connection"))
		head->connection = value;
	else if (!strcasecmp(line, "Accept-Encoding"))
		out->encoding = strstr(value, "gzip")      ? "gzip"
				: strstr(value, "deflate") ? "deflate"
							   : NULL;
	return true;
}

/*
 * The lines from `*at` to the empty one, behind which `*at` is then. Each is looked at as it
 * comes in: what is wrong is answered before the head is complete.
 */
static enum http_state read_headers(struct arena *arena, const char **at, const char *end,
				    struct http_request *out, struct head *head,
				    struct http_refusal *refusal)
{
	size_t bytes = 0;

	for (unsigned lines = 0; lines <= HEADER_LINES; lines++) {
		const char *newline = line_end(*at, end);
		size_t len;

		if (!newline)
			return HTTP_MORE;
		len = line_len(*at, newline);
		bytes += len;
		if (bytes >= HEADER_BYTES)
			return HTTP_DEAD;
		if (len &&
		    !read_header(arena, arena_strndup(arena, *at, len), out, head)) {
			*refusal = (struct http_refusal){
				506, "unable to parse request header", false
			};
			return HTTP_BAD;
		}
		*at = newline + 1;
		if (!len)
			return HTTP_READY;
	}
	return HTTP_DEAD;
}

/* What is refused whoever asks. PVE: process_header. */
static bool check_head(struct arena *arena, const struct http_request *out,
		       const struct head *head, struct http_refusal *refusal)
{
	if (!known_method(out->method)) {
		*refusal = (struct http_refusal){
			501,
			arena_printf(arena, "method '%s' not available", out->method),
			true,
		};
		return false;
	}
	if (!head->transfer)
		return true;
	refusal->status = 501;
	refusal->reason = strcasecmp(head->transfer, "chunked") != 0
				  ? arena_printf(arena, "Unknown transfer encoding '%s'",
						 head->transfer)
				  : "chunked transfer encoding not supported";
	return false;
}

/* What is refused once it is known who asks. PVE: authenticate_and_handle_request. */
static void check_body(struct arena *arena, struct http_request *out, size_t len)
{
	if (len && !may_have_body(out->method)) {
		out->refusal.status = 501;
		out->refusal.reason = arena_printf(
			arena, "Unexpected content for method '%s'", out->method);
	} else if (len > BODY_BYTES && !multipart_boundary(arena, out->method, out->path,
							   out->content_type)) {
		out->refusal = (struct http_refusal){ 501, "for data too large", false };
	}
}

enum http_state http_read(struct arena *arena, const char *data, size_t len,
			  struct http_request *out, size_t *used,
			  struct http_refusal *refusal)
{
	const char *at = data, *end = data + len, *newline;
	struct head head = { 0 };
	enum http_state state;
	size_t body;

	*out = (struct http_request){ .body = "" };
	*refusal = (struct http_refusal){ 0 };
	while ((newline = line_end(at, end)) && !line_len(at, newline))
		at = newline + 1; /* empty lines before a request are passed over */
	if (!newline)
		return HTTP_MORE;
	if (!read_line(arena, arena_strndup(arena, at, line_len(at, newline)), out,
		       refusal))
		return HTTP_BAD;
	at = newline + 1;
	state = read_headers(arena, &at, end, out, &head, refusal);
	if (state != HTTP_READY)
		return state;
	if (!check_head(arena, out, &head, refusal))
		return HTTP_BAD;
	out->close = head.connection ? strcasestr(head.connection, "close") != NULL
				     : out->minor < 1;
	body = head.length ? strtoul(head.length, NULL, 10) : 0;
	check_body(arena, out, body);
	*used = (size_t)(at - data);
	if (out->refusal.status)
		return HTTP_READY;
	if ((size_t)(end - at) < body)
		return HTTP_MORE;
	out->body = arena_strndup(arena, at, body);
	out->body_len = body;
	*used += body;
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
	text_addf(out, "HTTP/1.%u %d %s\r\n", answer->minor, answer->status,
		  answer->reason);
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
