/* Users. PVE: PVE::API2::User. */
#include "access.h"
#include "acl.h"
#include "base/text.h"
#include "props.h"
#include "rights.h"

#include <stdlib.h>
#include <string.h>

/* What a user is described by, beside enable and expire. */
static const char *const words[] = { "firstname", "lastname", "email",
				     "comment",   "keys",     NULL };

static bool has_word(const json_t *user, const char *name)
{
	const char *value = props_get(user, name);

	return value && *value;
}

/*
 * A user as user.cfg keeps it: a line whose empty fields at the end are lost, so that an empty
 * `email` is there when something stands behind it.
 */
static json_t *entry(const json_t *user)
{
	json_t *out =
		json_pack("{s:I, s:I}", "enable",
			  json_integer_value(json_object_get(user, "enable")), "expire",
			  json_integer_value(json_object_get(user, "expire")));

	for (size_t i = 0; words[i]; i++)
		if (has_word(user, words[i]))
			props_set(out, words[i], props_get(user, words[i]));
	if (!props_get(out, "email") &&
	    (props_get(out, "comment") || props_get(out, "keys")))
		props_set(out, "email", "");
	return out;
}

static json_t *groups_of(struct call *call, const char *user)
{
	const json_t *groups = json_object_get(call->world->access, "groups");
	json_t *out = json_array();
	const char **names;
	size_t count = props_sorted(call->arena, groups, &names);

	for (size_t i = 0; i < count; i++)
		if (rights_in_group(call->world, names[i], user))
			json_array_append_new(out, json_string(names[i]));
	return out;
}

/* Without its secret. */
json_t *access_token_entry(const json_t *token)
{
	json_t *out =
		json_pack("{s:I, s:I}", "privsep",
			  json_integer_value(json_object_get(token, "privsep")), "expire",
			  json_integer_value(json_object_get(token, "expire")));

	if (has_word(token, "comment"))
		props_set(out, "comment", props_get(token, "comment"));
	return out;
}

json_t *access_token_list(struct call *call, const json_t *user)
{
	const json_t *tokens = json_object_get(user, "tokens");
	json_t *out = json_array();
	const char **names;
	size_t count = props_sorted(call->arena, tokens, &names);

	for (size_t i = 0; i < count; i++) {
		json_t *one = access_token_entry(json_object_get(tokens, names[i]));

		props_set(one, "tokenid", names[i]);
		json_array_append_new(out, one);
	}
	return out;
}

static char *joined(struct call *call, const json_t *names)
{
	const json_t *name;
	struct text out;
	size_t i;

	text_init(&out, call->arena);
	json_array_foreach (names, i, name)
		text_addf(&out, "%s%s", i ? "," : "", json_string_value(name));
	return arena_strdup(call->arena, text_str(&out));
}

static void put_more(struct call *call, const char *name, const json_t *user, json_t *out)
{
	json_t *groups = groups_of(call, name);

	props_set(out, "groups", joined(call, groups));
	json_object_set_new(out, "tokens",
			    json_object_size(json_object_get(user, "tokens"))
				    ? access_token_list(call, user)
				    : json_null());
	json_decref(groups);
}

static bool may_see(struct call *call, const char *user)
{
	static const char either[] = "User.Modify|Sys.Audit";
	json_t *groups = groups_of(call, user);
	bool seen = may(call, "/access/groups", either) || !strcmp(user, call->user);
	const json_t *group;
	size_t i;

	json_array_foreach (groups, i, group)
		seen = seen || may(call,
				   arena_printf(call->arena, "/access/groups/%s",
						json_string_value(group)),
				   either);
	json_decref(groups);
	return seen;
}

static void list(struct call *call)
{
	const json_t *users = json_object_get(call->world->access, "users");
	json_t *out = json_array();
	const char **names;
	size_t count = props_sorted(call->arena, users, &names);

	for (size_t i = 0; i < count; i++) {
		const json_t *user = json_object_get(users, names[i]);
		bool enabled = json_integer_value(json_object_get(user, "enable")) != 0;
		json_t *one;

		if (!may_see(call, names[i]) ||
		    (param(call, "enabled") && enabled != param_true(call, "enabled")))
			continue;
		one = entry(user);
		props_set(one, "userid", names[i]);
		if (access_realm_exists(access_realm(names[i])))
			props_set(one, "realm-type", access_realm(names[i]));
		if (param_true(call, "full"))
			put_more(call, names[i], user, one);
		json_array_append_new(out, one);
	}
	reply(call, out);
}

static void one(struct call *call)
{
	const json_t *user = access_user(call), *token;
	json_t *out, *tokens;
	const char *name;

	if (!user)
		return;
	out = entry(user);
	json_object_set_new(out, "groups", groups_of(call, param(call, "userid")));
	tokens = json_null();
	json_object_foreach (json_object_get(user, "tokens"), name, token) {
		if (json_is_null(tokens))
			tokens = json_object();
		json_object_set_new(tokens, name, access_token_entry(token));
	}
	json_object_set_new(out, "tokens", tokens);
	reply(call, out);
}

/* The lists that parameters are written as. */
static size_t named_groups(struct call *call, char ***out)
{
	const char *named = param(call, "groups");

	return named ? str_split(call->arena, named, ",; \t\r\n", out) : 0;
}

static bool groups_exist(struct call *call, const char *what)
{
	char **names;
	size_t count = named_groups(call, &names);

	for (size_t i = 0; i < count; i++) {
		if (rights_group(call->world, names[i]))
			continue;
		access_failed(call, what, "no such group '%s'", names[i]);
		return false;
	}
	return true;
}

static void leave_groups(struct call *call, const char *user)
{
	json_t *groups = json_object_get(call->world->access, "groups"), *group;
	const char *name;

	json_object_foreach (groups, name, group) {
		json_t *users = json_object_get(group, "users");

		for (size_t i = json_array_size(users); i-- > 0;)
			if (str_equal(json_string_value(json_array_get(users, i)), user))
				json_array_remove(users, i);
	}
}

static void join_groups(struct call *call, const char *user)
{
	char **names;
	size_t count = named_groups(call, &names);

	for (size_t i = 0; i < count; i++) {
		json_t *group = rights_group(call->world, names[i]);

		if (rights_in_group(call->world, names[i], user))
			continue;
		if (!json_object_get(group, "users"))
			json_object_set_new(group, "users", json_array());
		json_array_append_new(json_object_get(group, "users"), json_string(user));
	}
}

static void describe(struct call *call, json_t *user)
{
	static const char *const numbers[] = { "enable", "expire", NULL };

	for (size_t i = 0; numbers[i]; i++)
		if (param(call, numbers[i]))
			json_object_set_new(user, numbers[i],
					    json_integer(atoll(param(call, numbers[i]))));
	for (size_t i = 0; words[i]; i++)
		if (param(call, words[i]))
			props_set(user, words[i], param(call, words[i]));
	world_touch(call->world);
}

static void create(struct call *call)
{
	static const char what[] = "create user";
	const char *name = param(call, "userid"), *password = param(call, "password");
	json_t *user;

	if (!access_lock(call, what))
		return;
	if (rights_user(call->world, name)) {
		access_failed(call, what, "user '%s' already exists", name);
		return;
	}
	if (password && !access_realm_exists(access_realm(name))) {
		access_failed(call, what, "auth domain '%s' does not exist",
			      access_realm(name));
		return;
	}
	if (!groups_exist(call, what))
		return;
	user = json_pack("{s:i, s:i}", "enable", 1, "expire", 0);
	if (password)
		props_set(user, "password", password);
	json_object_set_new(json_object_get(call->world->access, "users"), name, user);
	join_groups(call, name);
	describe(call, user);
	reply(call, json_null());
}

static void update(struct call *call)
{
	static const char what[] = "update user";
	const char *name = param(call, "userid");
	json_t *user = rights_user(call->world, name);

	if (!access_lock(call, what))
		return;
	if (!user) {
		access_failed(call, what, "no such user ('%s')", name);
		return;
	}
	if (!groups_exist(call, what))
		return;
	if (param(call, "groups") && !param_true(call, "append"))
		leave_groups(call, name);
	join_groups(call, name);
	describe(call, user);
	reply(call, json_null());
}

static void drop_tokens(struct call *call, const char *name, const json_t *user)
{
	const char *token;
	json_t *ignored;

	json_object_foreach (json_object_get(user, "tokens"), token, ignored)
		acl_drop(call->world, "ugid",
			 arena_printf(call->arena, "%s!%s", name, token));
}

static void destroy(struct call *call)
{
	const char *name = param(call, "userid");
	json_t *user = rights_user(call->world, name);

	if (!access_lock(call, "delete user"))
		return;
	drop_tokens(call, name, user);
	leave_groups(call, name);
	acl_drop(call->world, "ugid", name);
	if (rights_is_root(name)) /* whom every read of user.cfg brings back */
		json_object_del(user, "tokens");
	else
		json_object_del(json_object_get(call->world->access, "users"), name);
	world_touch(call->world);
	reply(call, json_null());
}

/* --- rights --- */

static bool may_create(struct call *call)
{
	return access_may_allocate(call) &&
	       access_may_manage(call, "User.Modify", GROUPS_CREATE);
}

static bool may_read(struct call *call)
{
	return access_may_manage(call, "User.Modify|Sys.Audit", GROUPS_NONE);
}

static bool may_update(struct call *call)
{
	return access_may_manage(call, "User.Modify", GROUPS_UPDATE);
}

static bool may_destroy(struct call *call)
{
	return access_may_allocate(call) &&
	       access_may_manage(call, "User.Modify", GROUPS_NONE);
}

static const struct schema list_params[] = {
	{ "enabled", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "full", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema user_params[] = {
	{ "comment", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 2048 },
	{ "email", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 254,
	  .format = format_email },
	{ "enable", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "expire", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "firstname", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 1024 },
	{ "groups", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_group },
	{ "keys", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "[0-9a-zA-Z!=]*" },
	{ "lastname", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 1024 },
	{ NULL },
};
static const struct schema create_params[] = {
	{ "password", SCHEMA_STRING, SCHEMA_OPTIONAL, .min_length = 8, .max_length = 64 },
	{ NULL },
};
static const struct schema update_params[] = {
	{ "append", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .needs = "groups" },
	{ NULL },
};

#define USERS "/access/users"
#define USER  USERS "/{userid}"

const struct row user_rows[] = {
	{ "GET", USERS, ROW_PROTECTED, NULL, NULL, { { list_params } }, list, 0.003 },
	{ "GET", USER, 0, NULL, NULL, { { userid_params } }, one, 0.001, may_read },
	{ "POST",
	  USERS,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { userid_params, user_params, create_params } },
	  create,
	  0.02,
	  may_create },
	{ "PUT",
	  USER,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { userid_params, user_params, update_params } },
	  update,
	  0.02,
	  may_update },
	{ "DELETE",
	  USER,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { userid_params } },
	  destroy,
	  0.02,
	  may_destroy },
	{ NULL },
};
