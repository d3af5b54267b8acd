/* The access control list. PVE: PVE::API2::ACL. */
#include "access.h"
#include "acl.h"
#include "base/text.h"
#include "props.h"
#include "rights.h"

#include <string.h>

#define WHAT            "ACL update"
#define LIST_SEPARATORS ",; \t\r\n"

const char *access_modifying(const char *path)
{
	static const struct {
		const char *below, *privileges;
	} also[] = {
		{ "/storage/", "Permissions.Modify|Datastore.Allocate" },
		{ "/vms/", "Permissions.Modify|VM.Allocate" },
		{ "/pool/", "Permissions.Modify|Pool.Allocate" },
	};

	for (size_t i = 0; i < sizeof(also) / sizeof(also[0]); i++)
		if (str_starts(path, also[i].below))
			return also[i].privileges;
	return "Permissions.Modify";
}

static void list(struct call *call)
{
	static const char *const kinds[] = {
		[ACL_USER] = "user",
		[ACL_GROUP] = "group",
		[ACL_TOKEN] = "token",
	};
	bool audits = may(call, "/access", "Sys.Audit");
	const json_t **entries;
	size_t count = acl_list(call->arena, call->world, &entries);
	json_t *out = json_array();

	for (size_t i = 0; i < count; i++) {
		const char *path = props_get(entries[i], "path");
		const char *ugid = props_get(entries[i], "ugid");
		bool below =
			json_integer_value(json_object_get(entries[i], "propagate")) != 0;

		if (audits || may(call, path, access_modifying(path)))
			json_array_append_new(
				out,
				json_pack("{s:s, s:s, s:s, s:s, s:i}", "path", path,
					  "type", kinds[acl_kind(ugid)], "ugid", ugid,
					  "roleid", props_get(entries[i], "roleid"),
					  "propagate", below));
	}
	reply(call, out);
}

/* A path that cannot be one is refused by the method itself. */
static bool may_update(struct call *call)
{
	const char *path = param(call, "path");
	char *normal = path ? acl_path_normal(call->arena, path) : NULL;

	return !normal || must_have(call, normal, access_modifying(normal));
}

/* What stands where a parameter error becomes text behind the lock. */
static void bad_role(struct call *call, const char *role, const char *why)
{
	access_failed(call, WHAT,
		      "400 Parameter verification failed.\nrole: Cannot %s role '%s'%s",
		      param_true(call, "delete") ? "remove" : "add", role, why);
}

/* Without Permissions.Modify nobody gives, or takes, more than he has himself. */
static bool may_hand_out(struct call *call, const char *path, const char *role,
			 bool propagate)
{
	rights_t below, mine = rights_at(call->world, call->user, path, &below), given;

	if (!role_find(call->world, role, &given)) {
		access_failed(call, WHAT, "role '%s' does not exist", role);
		return false;
	}
	if (may(call, path, "Permissions.Modify"))
		return true;
	if (given & ~mine)
		bad_role(call, role,
			 " - requires 'Permissions.Modify' or superset of privileges.");
	else if (propagate && (given & ~below) && !param_true(call, "delete"))
		bad_role(call, role,
			 " with propagation - requires 'Permissions.Modify' or "
			 "propagated superset of privileges.");
	else if (!strcmp(role, "NoAccess"))
		bad_role(call, role, " - requires 'Permissions.Modify'");
	return !answered(call);
}

static bool ugid_exists(struct call *call, const char *ugid)
{
	const struct world *world = call->world;
	const char *owner;

	switch (acl_kind(ugid)) {
	case ACL_GROUP:
		if (!rights_group(world, ugid))
			access_failed(call, WHAT, "group '%s' does not exist", ugid);
		break;
	case ACL_USER:
		if (!rights_user(world, ugid))
			access_failed(call, WHAT, "user '%s' does not exist", ugid);
		break;
	case ACL_TOKEN:
		owner = rights_owner(call->arena, ugid);
		if (!rights_user(world, owner))
			access_failed(call, WHAT, "no such user ('%s')", owner);
		else if (!rights_token(world, ugid))
			access_failed(call, WHAT, "no such token '%s' for user '%s'",
				      ugid + strlen(owner) + 1, owner);
		break;
	}
	return !answered(call);
}

/* Groups, then users, then tokens: the order in which they are looked at. */
static size_t ugids_of(struct call *call, char ***out)
{
	static const char *const names[] = { "groups", "users", "tokens", NULL };
	struct text all;

	text_init(&all, call->arena);
	for (size_t i = 0; names[i]; i++)
		if (param(call, names[i]))
			text_addf(&all, "%s,", param(call, names[i]));
	return str_split(call->arena, text_str(&all), LIST_SEPARATORS, out);
}

static void update_all(struct call *call, const char *path, char **roles,
		       size_t role_count)
{
	bool propagate = !param(call, "propagate") || param_true(call, "propagate");
	char **ugids;
	size_t count = ugids_of(call, &ugids);

	for (size_t r = 0; r < role_count; r++) {
		if (!may_hand_out(call, path, roles[r], propagate))
			return;
		for (size_t i = 0; i < count; i++)
			if (!ugid_exists(call, ugids[i]))
				return;
	}
	for (size_t r = 0; r < role_count; r++)
		for (size_t i = 0; i < count; i++)
			if (param_true(call, "delete"))
				acl_unset(call->world, path, ugids[i], roles[r]);
			else
				acl_set(call->world, path, ugids[i], roles[r], propagate);
	reply(call, json_null());
}

static void update(struct call *call)
{
	static const char *const whom[] = { "users", "groups", "tokens", NULL };
	char *path = acl_path_normal(call->arena, param(call, "path")), **roles;
	bool named = false;
	size_t count;

	for (size_t i = 0; whom[i]; i++)
		named = named || (param(call, whom[i]) && *param(call, whom[i]));
	if (!named) {
		for (size_t i = 0; whom[i + 1]; i++)
			props_set(call->errors, whom[i],
				  "either 'users', 'groups' or 'tokens' is required.");
		bad_param(call, "tokens",
			  "either 'users', 'groups' or 'tokens' is required.");
		return;
	}
	if (!path ||
	    (!param_true(call, "delete") && !acl_path_known(call->world->pve, path))) {
		bad_param(call, "path", "invalid ACL path '%s'", param(call, "path"));
		return;
	}
	count = str_split(call->arena, param(call, "roles"), LIST_SEPARATORS, &roles);
	if (access_lock(call, WHAT))
		update_all(call, path, roles, count);
}

static const struct schema acl_params[] = {
	{ "delete", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "groups", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_group },
	{ "path", SCHEMA_STRING, 0 },
	{ "propagate", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "roles", SCHEMA_STRING, SCHEMA_LIST, .format = format_role },
	{ "tokens", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_token },
	{ "users", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .format = format_user },
	{ NULL },
};

const struct row acl_rows[] = {
	{ "GET", "/access/acl", 0, NULL, NULL, { { NULL } }, list, 0.001 },
	{ "PUT",
	  "/access/acl",
	  ROW_PROTECTED,
	  NULL,
	  NULL,
	  { { acl_params } },
	  update,
	  0.02,
	  may_update },
	{ NULL },
};
