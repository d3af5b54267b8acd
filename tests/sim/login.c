#include "login.h"

#include "base/text.h"
#include "params.h"
#include "props.h"
#include "rights.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define TICKET_SECONDS 7200.0
#define GRACE_SECONDS  300.0 /* by which another node's clock may be ahead */
#define COOKIE         "PVEAuthCookie"
#define TOKEN          "PVEAPIToken"

/*
 * The value of `key` in a header, percent-decoded: "...; key=value; ..." or "key value".
 * PVE: PVE::APIServer::Formatter extract_auth_value.
 */
static char *auth_value(struct arena *arena, const char *header, const char *key)
{
	size_t len = strlen(key);

	for (const char *at = header ? strstr(header, key) : NULL; at;
	     at = strstr(at + 1, key)) {
		const char *value = at + len;

		if ((at == header || strchr(" \t", at[-1])) &&
		    (*value == '=' || *value == ' '))
			return value[1] && value[1] != ';'
				       ? percent_decode(arena, value + 1,
							strcspn(value + 1, ";"), false)
				       : NULL;
	}
	return NULL;
}

static char *ticket_of(struct arena *arena, const struct credentials *headers)
{
	char *ticket = auth_value(arena, headers->cookie, COOKIE);

	return ticket ? ticket : auth_value(arena, headers->authorization, COOKIE);
}

bool login_by_token(struct arena *arena, const struct credentials *headers)
{
	return !ticket_of(arena, headers) &&
	       auth_value(arena, headers->authorization, TOKEN);
}

static bool is_expired(const struct world *world, const json_t *thing)
{
	json_int_t expire = json_integer_value(json_object_get(thing, "expire"));

	return expire != 0 && (double)expire < world->now;
}

bool login_enabled(const struct world *world, const char *user)
{
	const json_t *json = rights_user(world, user);

	return json && json_integer_value(json_object_get(json, "enable")) &&
	       !is_expired(world, json);
}

bool login_password_is(const struct world *world, const char *user, const char *password)
{
	return str_equal(props_get(rights_user(world, user), "password"), password) &&
	       password;
}

static char *token_user(struct arena *arena, const struct world *world, const char *text)
{
	const char *equals = strrchr(text, '=');
	const json_t *token;
	char *name;

	if (!equals)
		return NULL;
	name = arena_strndup(arena, text, (size_t)(equals - text));
	token = rights_token(world, name);
	if (!token || is_expired(world, token) ||
	    !login_enabled(world, rights_owner(arena, name)) ||
	    !str_equal(props_get(token, "secret"), equals + 1))
		return NULL;
	return name;
}

/* base64 of the HMAC of `text` under the key of that `purpose`. */
static char *sign(struct arena *arena, const struct world *world, const char *purpose,
		  const char *text)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	char key[UUID_LEN + 1], *out;
	unsigned len = 0;

	chance_secret(world->seed, purpose, key);
	HMAC(EVP_sha256(), key, UUID_LEN, (const unsigned char *)text, strlen(text), mac,
	     &len);
	out = arena_alloc(arena, EVP_MAX_MD_SIZE * 2, 1);
	EVP_EncodeBlock((unsigned char *)out, mac, (int)len);
	return out;
}

static double time_of(const char *stamp)
{
	return (double)strtoul(stamp, NULL, 16);
}

static bool is_fresh(const struct world *world, const char *stamp)
{
	double age = world->now - time_of(stamp);

	return strspn(stamp, "0123456789ABCDEF") == 8 && age > -GRACE_SECONDS &&
	       age < TICKET_SECONDS;
}

char *login_ticket(struct arena *arena, const struct world *world, const char *user,
		   double time)
{
	char *text = arena_printf(arena, "PVE:%s:%08lX", user, (unsigned long)time);

	return arena_printf(arena, "%s::%s", text, sign(arena, world, "authkey", text));
}

char *login_ticket_user(struct arena *arena, const struct world *world,
			const char *ticket)
{
	const char *end = strstr(ticket, "::"), *stamp = end;
	char *user;

	while (stamp && stamp > ticket && stamp[-1] != ':')
		stamp--;
	if (!str_starts(ticket, "PVE:") || !stamp || stamp < ticket + 5 ||
	    !is_fresh(world, stamp))
		return NULL;
	user = arena_strndup(arena, ticket + 4, (size_t)(stamp - ticket) - 5);
	return !strcmp(ticket, login_ticket(arena, world, user, time_of(stamp))) ? user
										 : NULL;
}

char *login_csrf(struct arena *arena, const struct world *world, const char *user,
		 double time)
{
	unsigned long stamp = (unsigned long)time;
	char *text = arena_printf(arena, "%08lX:%s", stamp, user);

	return arena_printf(arena, "%08lX:%s", stamp,
			    sign(arena, world, "www.key", text));
}

static bool csrf_is(struct arena *arena, const struct world *world, const char *user,
		    const char *csrf)
{
	return csrf && is_fresh(world, csrf) &&
	       !strcmp(csrf, login_csrf(arena, world, user, time_of(csrf)));
}

const char *login(struct arena *arena, const struct world *world,
		  const struct credentials *headers, bool write, const char **why)
{
	const char *ticket = ticket_of(arena, headers), *user;
	const char *token = auth_value(arena, headers->authorization, TOKEN);

	*why = "Authentication failed!";
	if (!ticket && token)
		return token_user(arena, world, token);
	if (!ticket) {
		*why = "No ticket";
		return NULL;
	}
	user = login_ticket_user(arena, world, ticket);
	if (!user || !login_enabled(world, user))
		return NULL;
	if (write && !csrf_is(arena, world, user, headers->csrf)) {
		*why = "Permission denied - invalid csrf token";
		return NULL;
	}
	return user;
}
