#include "access.h"

#include "base/text.h"
#include "rights.h"

#include <string.h>

const struct schema userid_params[] = {
	{ "userid", SCHEMA_STRING, 0, .max_length = 64, .format = format_user },
	{ NULL },
};
const struct schema tokenid_params[] = {
	{ "tokenid", SCHEMA_STRING, 0, .pattern = "[A-Za-z][A-Za-z0-9._-]+" },
	{ NULL },
};
const struct schema groupid_params[] = {
	{ "groupid", SCHEMA_STRING, 0, .format = format_group },
	{ NULL },
};
const struct schema roleid_params[] = {
	{ "roleid", SCHEMA_STRING, 0, .format = format_role },
	{ NULL },
};

bool access_lock(struct call *call, const char *what)
{
	if (!world_frozen(call->world))
		return true;
	access_failed(call, what, "cfs-lock 'file-user_cfg' error: no quorum!");
	return false;
}

void access_failed(struct call *call, const char *what, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(call->arena, format, args);
	va_end(args);
	refuse(call, 500, "%s failed: %s", what, text);
}

const char *access_realm(const char *user)
{
	const char *at = strrchr(user, '@');

	return at ? at + 1 : "";
}

bool access_realm_exists(const char *realm)
{
	return !strcmp(realm, "pam") || !strcmp(realm, "pve");
}

/* The checks come before the schema's: the parameter may be anything, or missing. */
static const char *valid_user(struct call *call)
{
	const char *user = param(call, "userid") ? param(call, "userid") : "";
	const char *why = format_user(call->arena, user);

	if (!why)
		return user;
	refuse(call, 500, "%s", why);
	return NULL;
}

bool access_is_self(const struct call *call)
{
	return str_equal(param(call, "userid"), call->user) &&
	       rights_user(call->world, call->user);
}

bool access_may_allocate(struct call *call)
{
	const char *user = valid_user(call);

	return user && must_have(call,
				 arena_printf(call->arena, "/access/realm/%s",
					      access_realm(user)),
				 "Realm.AllocateUser");
}

static bool may_group(struct call *call, const char *group, const char *privileges)
{
	return may(call, arena_printf(call->arena, "/access/groups/%s", group),
		   privileges);
}

/* Of a group on which the caller has the privileges. */
static bool in_managed_group(struct call *call, const char *user, const char *privileges)
{
	json_t *groups = json_object_get(call->world->access, "groups"), *value;
	const char *group;

	json_object_foreach (groups, group, value)
		if (rights_in_group(call->world, group, user) &&
		    may_group(call, group, privileges))
			return true;
	return false;
}

static bool may_name_groups(struct call *call, const char *privileges)
{
	const char *named = param(call, "groups");
	char **groups;
	size_t count = named ? str_split(call->arena, named, ",; \t\r\n", &groups) : 0;

	if (!count)
		return must_have(call, "/access/groups", privileges);
	for (size_t i = 0; i < count; i++) {
		if (rights_group(call->world, groups[i]) &&
		    may_group(call, groups[i], privileges))
			continue;
		refuse(call, 403, "Permission check failed (/access/groups/%s, %s)",
		       groups[i], privileges);
		return false;
	}
	return true;
}

bool access_may_manage(struct call *call, const char *privileges,
		       enum access_groups groups)
{
	bool exists = groups != GROUPS_CREATE;

	if (exists && (!valid_user(call) || !access_user(call)))
		return false;
	if (may(call, "/access/groups", privileges))
		return true;
	if (groups != GROUPS_NONE && !may_name_groups(call, privileges))
		return false;
	if (!exists || in_managed_group(call, param(call, "userid"), privileges))
		return true;
	refuse(call, 403, "Permission check failed");
	return false;
}

bool access_self_or_manage(struct call *call)
{
	const char *user = valid_user(call);

	if (!user)
		return false;
	if (access_is_self(call) || (rights_user(call->world, user) &&
				     (may(call, "/access/groups", "User.Modify") ||
				      in_managed_group(call, user, "User.Modify"))))
		return true;
	refuse(call, 403, "Permission check failed");
	return false;
}

json_t *access_user(struct call *call)
{
	json_t *user = rights_user(call->world, param(call, "userid"));

	if (!user)
		refuse(call, 500, "no such user ('%s')", param(call, "userid"));
	return user;
}

json_t *access_token(struct call *call)
{
	json_t *user = access_user(call), *token;

	if (!user)
		return NULL;
	token = json_object_get(json_object_get(user, "tokens"), param(call, "tokenid"));
	if (!token)
		refuse(call, 500, "no such token '%s' for user '%s'",
		       param(call, "tokenid"), param(call, "userid"));
	return token;
}
