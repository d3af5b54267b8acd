#include "pve/form.h"

#include "base/secret.h"

#include <string.h>

enum { SHOWN_MAX = 120 /* of a value */ };

const char *method_name(enum method method)
{
	switch (method) {
	case METHOD_GET:
		return "GET";
	case METHOD_POST:
		return "POST";
	case METHOD_PUT:
		return "PUT";
	case METHOD_DELETE:
		return "DELETE";
	}
	return "GET";
}

/* ---- for the wire ---- */

char *percent_encode(struct arena *arena, const char *text)
{
	struct text out;

	text_init(&out, arena);
	text_add_encoded(&out, text);
	return arena_strdup(arena, text_str(&out));
}

/* Proxmox cuts a form at `&`, `;` and `=` before it decodes (pve-http-server AnyEvent.pm
 * decode_urlencoded): nothing but plain characters may stand in it as they are. */
static void add_params(struct text *out, const struct request *request)
{
	for (size_t i = 0; i < request->params_len; i++) {
		if (i > 0)
			text_addc(out, '&');
		text_add_encoded(out, request->params[i].key);
		text_addc(out, '=');
		text_add_encoded(out, request->params[i].value);
	}
}

static bool in_query(enum method method)
{
	return method == METHOD_GET || method == METHOD_DELETE;
}

const char *form_url(struct arena *arena, const char *endpoint,
		     const struct request *request)
{
	size_t len = strlen(endpoint);
	struct text url;

	while (len > 0 && endpoint[len - 1] == '/')
		len--;
	text_init(&url, arena);
	text_addn(&url, endpoint, len);
	text_addf(&url, "/api2/json%s", request->path);
	if (in_query(request->method) && request->params_len > 0) {
		text_addc(&url, '?');
		add_params(&url, request);
	}
	return text_str(&url);
}

const char *form_body(struct arena *arena, const struct request *request)
{
	struct text body;

	if (in_query(request->method))
		return NULL;
	text_init(&body, arena);
	add_params(&body, request);
	return text_str(&body);
}

/* ---- for a person ---- */

static bool hides(const struct request *request, const struct param *param)
{
	if (strstr(param->key, "password"))
		return true;
	if (!request->secret)
		return false;
	for (size_t i = 0; i < request->params_len; i++)
		if (strstr(request->params[i].key, "password"))
			return false;
	return true;
}

void form_show(struct text *out, const struct request *request)
{
	for (size_t i = 0; i < request->params_len; i++) {
		const struct param *param = &request->params[i];

		text_addf(out, " %s=%s", param->key,
			  hides(request, param)
				  ? "***"
				  : str_safe(out->arena, param->value, SHOWN_MAX));
	}
}

static void replace_all(char *text, const char *value)
{
	size_t len = strlen(value);

	while ((text = strstr(text, value)) != NULL) {
		memmove(text + 3, text + len, strlen(text + len) + 1);
		memcpy(text, "***", 3);
		text += 3;
	}
}

void form_redact(const struct request *request, char *text)
{
	for (size_t i = 0; i < request->params_len; i++)
		/* shorter ones would leave no text at all */
		if (hides(request, &request->params[i]) &&
		    strlen(request->params[i].value) >= 4)
			replace_all(text, request->params[i].value);
	secret_redact(text);
}
