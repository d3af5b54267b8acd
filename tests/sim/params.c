#include "params.h"

#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *percent_decode(struct arena *arena, const char *text, size_t len, bool plus)
{
	char *out = arena_alloc(arena, len + 1, 1), *to = out;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '%' && i + 2 < len && hex(text[i + 1]) >= 0 &&
		    hex(text[i + 2]) >= 0) {
			char c = (char)(hex(text[i + 1]) * 16 + hex(text[i + 2]));

			*to++ = (char)(c ? c
					 : '\n'); /* lists may be separated by zero bytes */
			i += 2;
		} else {
			*to++ = (char)(plus && text[i] == '+' ? ' ' : text[i]);
		}
	}
	*to = '\0';
	return out;
}

char *path_read(struct arena *arena, const char *path, const char *prefix)
{
	/* what is no UTF-8 could not be told in JSON again */
	char *decoded = str_safe(arena, percent_decode(arena, path, strlen(path), false),
				 strlen(path) + 1);
	size_t len = strlen(prefix), count;
	struct text out;
	char **parts;

	if (strncmp(decoded, prefix, len) != 0 || (decoded[len] && decoded[len] != '/'))
		return NULL;
	count = str_split(arena, decoded + len, "/", &parts);
	text_init(&out, arena);
	for (size_t i = 0; i < count; i++)
		text_addf(&out, "/%s", parts[i]);
	return arena_strdup(arena, count ? text_str(&out) : "/");
}

static json_t *text_of(const char *text)
{
	json_t *json = json_string(text);

	return json ? json : json_string("?"); /* not UTF-8 */
}

static void add(json_t *out, const char *name, const char *value)
{
	json_t *key = text_of(name), *text = text_of(value), *old, *both;

	name = json_string_value(key);
	old = json_object_get(out, name);
	if (!old) {
		json_object_set_new(out, name, text);
	} else if (json_is_array(old)) {
		json_array_append_new(old, text);
	} else {
		both = json_array();
		json_array_append(both, old);
		json_array_append_new(both, text);
		json_object_set_new(out, name, both);
	}
	json_decref(key);
}

/*
 * Split at & and ;, then at = keeping the first two fields, then decode: a raw "=" in a value
 * drops the rest, as in PVE.
 */
static void read_form(struct arena *arena, const char *text, size_t len, json_t *out)
{
	size_t at = 0;

	while (at < len) {
		size_t end = at, equals, stop;

		while (end < len && text[end] != '&' && text[end] != ';')
			end++;
		for (equals = at; equals < end && text[equals] != '=';)
			equals++;
		stop = equals < end ? equals + 1 : end;
		while (stop < end && text[stop] != '=')
			stop++;
		if (equals > at)
			add(out, percent_decode(arena, text + at, equals - at, true),
			    equals < end ? percent_decode(arena, text + equals + 1,
							  stop - equals - 1, true)
					 : "");
		at = end + 1;
	}
}

static bool read_json(struct arena *arena, unsigned pve, const char *body, size_t len,
		      json_t *out, const char **why)
{
	json_error_t error;
	json_t *json = json_loadb(body, len, 0, &error);

	if (!json_is_object(json)) {
		json_decref(json);
		*why = arena_printf(
			arena,
			"malformed JSON string, neither tag, array, object, "
			"number, string or atom, at character offset %zu (before "
			"\"(end of string)\") at "
			"/usr/share/perl5/PVE/APIServer/AnyEvent.pm line %d.\n",
			len, pve >= 9 ? 934 : 917);
		return false;
	}
	json_object_update(out, json);
	json_decref(json);
	return true;
}

static bool is_type(const char *header, const char *type)
{
	size_t len = strlen(type);

	return header && !strncasecmp(header, type, len) &&
	       (!header[len] || header[len] == ';' || header[len] == ' ');
}

bool params_read(struct arena *arena, unsigned pve, const struct api_request *request,
		 json_t *out, struct upload *upload, int *status, const char **why)
{
	const char *type = request->content_type;
	const char *boundary =
		multipart_boundary(arena, request->method, request->path, type);
	json_t *query = json_object();
	bool ok = true;

	if (!strcmp(request->method, "POST") || !strcmp(request->method, "PUT")) {
		if (is_type(type, "application/json")) {
			*status = 500;
			ok = read_json(arena, pve, request->body, request->body_len, out,
				       why);
		} else if (!type || is_type(type, "application/x-www-form-urlencoded")) {
			read_form(arena, request->body, request->body_len, out);
		} else if (boundary) {
			*status = 501;
			ok = multipart_read(arena, boundary, request->body,
					    request->body_len, out, upload, why);
		} else {
			*status = 506;
			*why = arena_printf(
				arena, "upload 'Content-Type '%s' not implemented", type);
			ok = false;
		}
	}
	if (request->query)
		read_form(arena, request->query, strlen(request->query), query);
	json_object_update(out, query);
	json_decref(query);
	return ok;
}
