#include "pve/ticket.h"

#include "base/text.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum {
	LIFE_MS = 2 * 3600 * 1000, /* src/PVE/AccessControl.pm $ticket_lifetime */
	RENEW_MS = LIFE_MS / 2,    /* clocks differ, and a task may take its time */
};

enum ticket_age ticket_age(const struct ticket *ticket, uint64_t now)
{
	uint64_t age = now - ticket->since;

	if (!ticket->itself.value || age >= LIFE_MS)
		return TICKET_DEAD;
	return age >= RENEW_MS ? TICKET_OLD : TICKET_FRESH;
}

void ticket_request(struct request *out, struct arena *arena, const struct ticket *ticket,
		    const struct secret *password, uint64_t now)
{
	bool old = ticket_age(ticket, now) == TICKET_OLD;
	struct param *params = arena_array(arena, struct param, 2);

	params[0] = (struct param){ "username", "root@pam" };
	params[1] = (struct param){ "password",
				    /* another call may replace it meanwhile */
				    old ? arena_strdup(arena, ticket->itself.value)
					: password->value };
	*out = (struct request){
		.method = METHOD_POST,
		.path = "/access/ticket",
		.params = params,
		.params_len = 2,
		.secret = true,
		.login = true,
	};
}

/* Without a copy that grows: none is left behind that nobody wipes. The cookie is read
 * percent-decoded (pve-http-server src/PVE/APIServer/Formatter.pm extract_auth_value). */
static void set_line(struct secret *out, const char *start, const char *value,
		     bool encode)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t len = strlen(start);
	char *line = xcalloc(len + 3 * strlen(value) + 1, 1), *at = line + len;

	memcpy(line, start, len);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (!encode || (c < 0x80 && strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij"
						   "klmnopqrstuvwxyz0123456789-_.~",
						   c))) {
			*at++ = (char)c;
			continue;
		}
		*at++ = '%';
		*at++ = hex[c >> 4];
		*at++ = hex[c & 15];
	}
	secret_set(out, line, (size_t)(at - line));
	OPENSSL_cleanse(line, (size_t)(at - line));
	free(line);
}

/* A line break in it would be a header of somebody else's. */
static bool is_plain(const char *text)
{
	if (!text || !*text)
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_true(const json_t *value)
{
	return json_is_true(value) || json_integer_value(value) ||
	       str_equal(json_string_value(value), "1");
}

bool ticket_take(struct ticket *ticket, const json_t *data, uint64_t asked,
		 struct error *err)
{
	const char *itself = json_string_value(json_object_get(data, "ticket"));
	const char *csrf =
		json_string_value(json_object_get(data, "CSRFPreventionToken"));

	ticket_drop(ticket);
	if (is_true(json_object_get(data, "NeedTFA")))
		return error_set(err, ERROR_DENIED,
				 "root@pam has a second factor, and there is nobody here "
				 "to be asked for it: remove it from root@pam, or take "
				 "globals.proxmox.privileged and what needs it out of "
				 "vm7.yaml");
	if (!is_plain(itself) || !is_plain(csrf))
		return error_set(err, ERROR_FAILED,
				 "POST /access/ticket: no ticket came for root@pam");
	secret_set(&ticket->itself, itself, strlen(itself));
	set_line(&ticket->cookie, "Cookie: PVEAuthCookie=", itself, true);
	set_line(&ticket->csrf, "CSRFPreventionToken: ", csrf, false);
	secret_hide(&ticket->itself);
	ticket->since = asked;
	return true;
}

void ticket_headers(const char *out[3], const struct ticket *ticket, bool write)
{
	out[0] = ticket->cookie.value;
	out[1] = write ? ticket->csrf.value : NULL;
	out[2] = NULL;
}

void ticket_drop(struct ticket *ticket)
{
	secret_finish(&ticket->itself);
	secret_finish(&ticket->cookie);
	secret_finish(&ticket->csrf);
	ticket->since = 0;
}
