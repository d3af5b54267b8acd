#include "tests/lib/placeholders.h"

#include "base/text.h"
#include "tests/sim/login.h"
#include "tests/sim/params.h"
#include "tests/sim/props.h"

#include <stdlib.h>
#include <string.h>

#define SSH_KEY "AAAAC3NzaC1lZDI1NTE5AAAAIGL8dGJr2GkJv1w4o9r3n0wQmXK0zq5o1C4Vd1mDqk0b"

static const char *token_secret(struct arena *arena, const struct world *world,
				const char *name)
{
	const json_t *user, *token;
	char **parts;

	if (str_split(arena, name, "!", &parts) != 2)
		return NULL;
	user = json_object_get(json_object_get(world->access, "users"), parts[0]);
	token = json_object_get(json_object_get(user, "tokens"), parts[1]);
	return props_get(token, "secret");
}

static const char *password(struct arena *arena, const struct world *world,
			    const char *request)
{
	const char *name = strstr(request, "username=");
	char *userid;

	if (!name)
		return NULL;
	name += strlen("username=");
	userid = arena_printf(arena, "%.*s@pve", (int)strcspn(name, "&%"), name);
	return props_get(json_object_get(json_object_get(world->access, "users"), userid),
			 "password");
}

/* Behind the last colon of a ticket or a CSRF token of the user and time in the text. */
static const char *signature(struct arena *arena, const struct world *world,
			     const char *text, size_t at, bool ticket)
{
	const char *all = percent_decode(arena, text, strlen(text), false);
	char *before = percent_decode(arena, text, at, false);
	const char *user = strstr(all, "PVE:"), *made;
	size_t len = strlen(before);
	double time;

	if (!user)
		return NULL;
	while (len > 0 && before[len - 1] == ':')
		before[--len] = '\0';
	time = len < 8 ? 0 : (double)strtoul(before + len - 8, NULL, 16);
	user = arena_strndup(arena, user + 4, strcspn(user + 4, ":"));
	made = ticket ? login_ticket(arena, world, user, time)
		      : login_csrf(arena, world, user, time);
	return strrchr(made, ':') + 1;
}

/* What stands here for a placeholder of the recording, at `at`: "SECRET:auto@pve!full". */
static const char *secret_of(struct arena *arena, const struct world *world,
			     const char *text, size_t at, const char *name)
{
	if (str_starts(name, "SECRET:"))
		return token_secret(arena, world, name + strlen("SECRET:"));
	if (!strcmp(name, "PASSWORD"))
		return password(arena, world, text);
	if (!strcmp(name, "TICKET-SIGNATURE"))
		return signature(arena, world, text, at, true);
	if (!strcmp(name, "CSRF"))
		return signature(arena, world, text, at, false);
	return strcmp(name, "SSHKEY") ? NULL : SSH_KEY;
}

char *placeholders_fill(struct arena *arena, const struct world *world, const char *text)
{
	const char *rest = text, *open, *value;
	struct text out;
	size_t len;

	text_init(&out, arena);
	while ((open = strchr(rest, '<')) != NULL) {
		len = strcspn(open + 1, ">");
		value = secret_of(arena, world, text, (size_t)(open - text),
				  arena_strndup(arena, open + 1, len));
		text_addn(&out, rest, (size_t)(open - rest));
		if (value)
			text_add(&out, value);
		else
			text_addn(&out, open, len + 2);
		rest = open[len + 1] ? open + len + 2 : open + len + 1;
	}
	text_add(&out, rest);
	return arena_strdup(arena, text_str(&out));
}
