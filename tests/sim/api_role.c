/* Roles. PVE: PVE::API2::Role. */
#include "access.h"
#include "acl.h"
#include "base/text.h"
#include "props.h"
#include "roles.h"

#include <string.h>
#include <strings.h>

#define LIST_SEPARATORS ",; \t\r\n"

/* Its privileges, sorted. */
static size_t names_of(struct call *call, const char *role, const char ***out)
{
	json_t *held = json_object();
	rights_t rights;
	size_t count;

	role_find(call->world, role, &rights);
	for (size_t i = 0; i < PRIVILEGES_MAX; i++)
		if ((rights >> i) & 1)
			json_object_set_new(held, privilege_name(call->world->pve, i),
					    json_null());
	count = props_sorted(call->arena, held, out);
	for (size_t i = 0; i < count; i++)
		(*out)[i] = arena_strdup(call->arena, (*out)[i]);
	json_decref(held);
	return count;
}

static void list(struct call *call)
{
	json_t *out = json_array();
	const char **roles, **names;
	size_t count = roles_list(call->arena, call->world, &roles);

	for (size_t i = 0; i < count; i++) {
		size_t held = names_of(call, roles[i], &names);
		struct text privs;

		text_init(&privs, call->arena);
		for (size_t n = 0; n < held; n++)
			text_addf(&privs, "%s%s", n ? "," : "", names[n]);
		json_array_append_new(out,
				      json_pack("{s:s, s:s, s:i}", "roleid", roles[i],
						"privs", text_str(&privs), "special",
						role_is_special(roles[i])));
	}
	reply(call, out);
}

static void one(struct call *call)
{
	const char *role = param(call, "roleid"), **names;
	json_t *out;
	rights_t ignored;
	size_t count;

	if (!role_find(call->world, role, &ignored)) {
		refuse(call, 500, "role '%s' does not exist", role);
		return;
	}
	out = json_object();
	count = names_of(call, role, &names);
	for (size_t i = 0; i < count; i++)
		json_object_set_new(out, names[i], json_integer(1));
	reply(call, out);
}

static json_t *own_roles(struct call *call)
{
	json_t *roles = json_object_get(call->world->access, "roles");

	if (!roles) {
		roles = json_object();
		json_object_set_new(call->world->access, "roles", roles);
	}
	return roles;
}

static void add_privileges(struct call *call, json_t *role)
{
	const char *named = param(call, "privs");
	char **names;
	size_t count = named ? str_split(call->arena, named, LIST_SEPARATORS, &names) : 0;

	for (size_t i = 0; i < count; i++)
		json_array_append_new(role, json_string(names[i]));
	world_touch(call->world);
	reply(call, json_null());
}

static void create(struct call *call)
{
	const char *role = param(call, "roleid");
	json_t *privileges;
	rights_t ignored;

	if (!strncasecmp(role, "PVE", 3)) {
		bad_param(call, "roleid",
			  "cannot use role ID starting with the (case-insensitive) 'PVE' "
			  "namespace");
		return;
	}
	if (!access_lock(call, "create role"))
		return;
	if (role_find(call->world, role, &ignored)) {
		access_failed(call, "create role", "role '%s' already exists", role);
		return;
	}
	privileges = json_array();
	json_object_set_new(own_roles(call), role, privileges);
	add_privileges(call, privileges);
}

/* A role that somebody made; `verb`: what cannot be done with Proxmox's own. */
static json_t *own_role(struct call *call, const char *what, const char *verb)
{
	const char *role = param(call, "roleid");
	json_t *json;

	if (role_is_special(role)) {
		refuse(call, 500, "auto-generated role '%s' cannot be %s", role, verb);
		return NULL;
	}
	if (!access_lock(call, what))
		return NULL;
	json = json_object_get(own_roles(call), role);
	if (!json)
		access_failed(call, what, "role '%s' does not exist", role);
	return json;
}

static void update(struct call *call)
{
	json_t *role = own_role(call, "update role", "modified");

	if (!role)
		return;
	if (!param_true(call, "append"))
		json_array_clear(role);
	add_privileges(call, role);
}

static void destroy(struct call *call)
{
	const char *role = param(call, "roleid");

	if (!own_role(call, "delete role", "deleted"))
		return;
	json_object_del(own_roles(call), role);
	acl_drop(call->world, "roleid", role);
	reply(call, json_null());
}

static const struct schema privs_params[] = {
	{ "privs", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST | SCHEMA_FROM_9,
	  .format = format_privilege_9 },
	{ "privs", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST | SCHEMA_ONLY_8,
	  .format = format_privilege_8 },
	{ NULL },
};
static const struct schema append_params[] = {
	{ "append", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .needs = "privs" },
	{ NULL },
};

#define ROLES "/access/roles"
#define ROLE  ROLES "/{roleid}"

const struct row role_rows[] = {
	{ "GET", ROLES, 0, NULL, NULL, { { NULL } }, list, 0.002 },
	{ "GET", ROLE, 0, NULL, NULL, { { roleid_params } }, one, 0.001 },
	{ "POST",
	  ROLES,
	  ROW_PROTECTED,
	  "/access",
	  "Sys.Modify",
	  { { roleid_params, privs_params } },
	  create,
	  0.02 },
	{ "PUT",
	  ROLE,
	  ROW_PROTECTED,
	  "/access",
	  "Sys.Modify",
	  { { roleid_params, privs_params, append_params } },
	  update,
	  0.02 },
	{ "DELETE",
	  ROLE,
	  ROW_PROTECTED,
	  "/access",
	  "Sys.Modify",
	  { { roleid_params } },
	  destroy,
	  0.02 },
	{ NULL },
};
