/* Tokens. PVE: PVE::API2::User generate_token and its neighbours, PVE::TokenConfig. */
#include "access.h"
#include "acl.h"
#include "base/text.h"
#include "props.h"
#include "rights.h"

#include <stdlib.h>
#include <string.h>

static char *full_name(struct call *call)
{
	return arena_printf(call->arena, "%s!%s", param(call, "userid"),
			    param(call, "tokenid"));
}

static void list(struct call *call)
{
	const json_t *user = access_user(call);

	if (user)
		reply(call, access_token_list(call, user));
}

static void one(struct call *call)
{
	const json_t *token = access_token(call);

	if (token)
		reply(call, access_token_entry(token));
}

static void new_secret(struct call *call, json_t *token, json_t *out)
{
	char secret[UUID_LEN + 1];

	chance_uuid(&call->world->chance, secret);
	props_set(token, "secret", secret);
	props_set(out, "value", secret);
	props_set(out, "full-tokenid", full_name(call));
}

/* Numbers are kept as numbers, but the answer to a change shows them as they were sent. */
static void take_number(struct call *call, const char *name, json_t *token, json_t *shown)
{
	const char *value = param(call, name);

	if (!value)
		return;
	json_object_set_new(token, name, json_integer(atoll(value)));
	props_set(shown, name, value);
}

static void create(struct call *call)
{
	json_t *user = access_user(call), *token, *info, *out;
	const char *name = param(call, "tokenid"), *comment = param(call, "comment");

	if (!user)
		return;
	if (json_object_get(json_object_get(user, "tokens"), name)) {
		bad_param(call, "tokenid", "Token already exists.");
		return;
	}
	if (!access_lock(call, "generating token"))
		return;
	token = json_pack("{s:i, s:i}", "privsep", 1, "expire", 0);
	info = json_pack("{s:i}", "privsep", 1);
	take_number(call, "privsep", token, info);
	take_number(call, "expire", token, info);
	if (comment && *comment) {
		props_set(token, "comment", comment);
		props_set(info, "comment", comment);
	}
	out = json_pack("{s:o}", "info", info);
	new_secret(call, token, out);
	if (!json_object_get(user, "tokens"))
		json_object_set_new(user, "tokens", json_object());
	json_object_set_new(json_object_get(user, "tokens"), name, token);
	world_touch(call->world);
	reply(call, out);
}

/* Only the comment can be deleted, and on 8 nothing: there an empty one changes nothing. */
static bool take_comment(struct call *call, json_t *token)
{
	const char *comment = param(call, "comment"), *unset = param(call, "delete");
	char **names;
	size_t count = unset ? str_split(call->arena, unset, ",; \t\r\n", &names) : 0;

	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], "comment") != 0) {
			access_failed(call, "updating token info",
				      "400 Parameter verification failed.\ndelete: "
				      "unknown option '%s'",
				      names[i]);
			return false;
		}
	if (comment && (*comment || call->world->pve >= 9))
		props_set(token, "comment", comment);
	if (count || str_equal(props_get(token, "comment"), ""))
		json_object_del(token, "comment");
	return true;
}

static void update(struct call *call)
{
	json_t *token = access_token(call), *out;

	if (!token || !access_lock(call, "updating token info") ||
	    !take_comment(call, token))
		return;
	out = access_token_entry(token);
	take_number(call, "privsep", token, out);
	take_number(call, "expire", token, out);
	if (param_true(call, "regenerate"))
		new_secret(call, token, out);
	world_touch(call->world);
	reply(call, out);
}

static void destroy(struct call *call)
{
	if (!access_token(call) || !access_lock(call, "deleting token"))
		return;
	json_object_del(json_object_get(access_user(call), "tokens"),
			param(call, "tokenid"));
	acl_drop(call->world, "ugid", full_name(call));
	reply(call, json_null());
}

static const struct schema token_params[] = {
	{ "comment", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "expire", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "privsep", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema update_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST | SCHEMA_FROM_9,
	  .format = format_config_id },
	{ "regenerate", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ NULL },
};

#define TOKENS "/access/users/{userid}/token"
#define TOKEN  TOKENS "/{tokenid}"
#define NAMES  userid_params, tokenid_params

const struct row token_rows[] = {
	{ "GET",
	  TOKENS,
	  0,
	  NULL,
	  NULL,
	  { { userid_params } },
	  list,
	  0.001,
	  access_self_or_manage },
	{ "GET", TOKEN, 0, NULL, NULL, { { NAMES } }, one, 0.001, access_self_or_manage },
	{ "POST",
	  TOKEN,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { NAMES, token_params } },
	  create,
	  0.02,
	  access_self_or_manage },
	{ "PUT",
	  TOKEN,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { NAMES, token_params, update_params } },
	  update,
	  0.02,
	  access_self_or_manage },
	{ "DELETE",
	  TOKEN,
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { NAMES } },
	  destroy,
	  0.02,
	  access_self_or_manage },
	{ NULL },
};
