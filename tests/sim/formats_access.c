/* Formats of users, groups, roles and tokens. PVE: PVE::Auth::Plugin, PVE::AccessControl. */
#include "base/text.h"
#include "roles.h"
#include "schema.h"

#include <ctype.h>
#include <string.h>

#define NAME "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

static bool is_name(const char *text, size_t len)
{
	return len > 0 && strspn(text, NAME) >= len;
}

/* Realms and tokens begin with a letter and have two characters or more. */
static bool is_realm(const char *text, size_t len)
{
	return len > 1 && isalpha((unsigned char)*text) && is_name(text, len);
}

static bool is_user(const char *text, size_t len)
{
	const char *at = NULL;

	for (size_t i = 0; i < len; i++) {
		if (strchr(" \t\r\n:/", text[i]))
			return false;
		if (text[i] == '@')
			at = text + i;
	}
	return at && at > text && is_realm(at + 1, len - (size_t)(at + 1 - text));
}

const char *format_user(struct arena *arena, const char *text)
{
	size_t len = strlen(text);

	if (len < 3)
		return arena_printf(arena, "user name '%s' is too short", text);
	if (len > 64)
		return arena_printf(arena, "user name '%s' is too long (%zu > 64)", text,
				    len);
	return is_user(text, len)
		       ? NULL
		       : arena_printf(arena,
				      "value '%s' does not look like a valid user name",
				      text);
}

const char *format_token(struct arena *arena, const char *text)
{
	size_t len = strcspn(text, "!");

	return text[len] && is_user(text, len) &&
			       is_realm(text + len + 1, strlen(text + len + 1))
		       ? NULL
		       : arena_printf(arena,
				      "value '%s' does not look like a valid token ID",
				      text);
}

const char *format_realm(struct arena *arena, const char *text)
{
	(void)arena;
	return is_realm(text, strlen(text)) ? NULL
					    : "value does not look like a valid realm";
}

const char *format_group(struct arena *arena, const char *text)
{
	return is_name(text, strlen(text))
		       ? NULL
		       : arena_printf(arena,
				      "group name '%s' contains invalid characters",
				      text);
}

const char *format_role(struct arena *arena, const char *text)
{
	return is_name(text, strlen(text))
		       ? NULL
		       : arena_printf(arena, "role name '%s' contains invalid characters",
				      text);
}

static const char *privilege(struct arena *arena, unsigned pve, const char *text)
{
	return privilege_bit(pve, text, strlen(text))
		       ? NULL
		       : arena_printf(arena, "invalid privilege '%s'", text);
}

const char *format_privilege_8(struct arena *arena, const char *text)
{
	return privilege(arena, 8, text);
}

const char *format_privilege_9(struct arena *arena, const char *text)
{
	return privilege(arena, 9, text);
}

/* Of addresses only what everybody would call wrong: the rest is up to the mail server. */
const char *format_email(struct arena *arena, const char *text)
{
	const char *at = strchr(text, '@');

	(void)arena;
	return !*text || (at && at > text && at[1] && !strpbrk(text, " \t\r\n"))
		       ? NULL
		       : "value does not look like a valid email address";
}
