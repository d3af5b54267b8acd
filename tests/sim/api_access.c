/* Realms, and what a caller may do. PVE: PVE::API2::AccessControl, PVE::API2::Domains. */
#include "acl.h"
#include "api.h"
#include "base/text.h"
#include "props.h"
#include "rights.h"

#include <string.h>

static void index_of(struct call *call)
{
	static const char *const parts[] = { "users",    "groups", "roles", "acl",
					     "domains",  "openid", "tfa",   "ticket",
					     "password", NULL };
	json_t *list = json_array();

	for (size_t i = 0; parts[i]; i++)
		json_array_append_new(list, json_pack("{s:s}", "subdir", parts[i]));
	reply(call, list);
}

static void domains(struct call *call)
{
	reply(call, json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "realm", "pam",
			      "type", "pam", "comment",
			      "Linux PAM standard authentication", "realm", "pve", "type",
			      "pve", "comment", "Proxmox VE authentication server"));
}

static json_t *held_at(struct call *call, const char *user, const char *path)
{
	rights_t propagated = 0, rights = rights_at(call->world, user, path, &propagated);
	json_t *out = json_object();

	for (size_t i = 0; i < PRIVILEGES_MAX; i++)
		if ((rights >> i) & 1)
			json_object_set_new(out, privilege_name(call->world->pve, i),
					    json_integer((propagated >> i) & 1 ? 1 : 0));
	return out;
}

static void put(struct call *call, const char *user, const char *path, json_t *out)
{
	json_t *held;

	if (json_object_get(out, path))
		return;
	held = held_at(call, user, path);
	if (json_object_size(held) > 0)
		json_object_set(out, path, held);
	json_decref(held);
}

static void put_members(struct call *call, const char *user, const struct pool *pool,
			json_t *out)
{
	const json_t *member;
	size_t i;

	json_array_foreach (pool->members, i, member)
		put(call, user, vm_path(call, (unsigned)json_integer_value(member)), out);
	json_array_foreach (pool->storages, i, member)
		put(call, user,
		    arena_printf(call->arena, "/storage/%s", json_string_value(member)),
		    out);
}

/* The top ones, those with an entry and all between, and the members of pools. */
static json_t *held_everywhere(struct call *call, const char *user)
{
	static const char *const tops[] = { "/",        "/access", "/access/groups",
					    "/nodes",   "/pool",   "/sdn",
					    "/storage", "/vms",    NULL };
	const json_t **entries;
	size_t count = acl_list(call->arena, call->world, &entries);
	json_t *out = json_object();

	for (size_t i = 0; tops[i]; i++)
		put(call, user, tops[i], out);
	for (size_t i = 0; i < count; i++) {
		const char *path = props_get(entries[i], "path");

		for (size_t at = 1; at <= strlen(path); at++)
			if (path[at] == '/' || !path[at])
				put(call, user, arena_strndup(call->arena, path, at),
				    out);
	}
	for (size_t i = 0; i < call->world->pool_count; i++)
		put_members(call, user, &call->world->pools[i], out);
	return out;
}

static void permissions(struct call *call)
{
	const char *path = param(call, "path"), *user = param(call, "userid");
	bool own = !user || !strcmp(user, call->user) ||
		   !strcmp(rights_owner(call->arena, user), call->user);

	if (!own && !must_have(call, "/access", "Sys.Audit"))
		return;
	if (!user)
		user = call->user;
	if (path && *path)
		reply(call, json_pack("{s:o}", path, held_at(call, user, path)));
	else
		reply(call, held_everywhere(call, user));
}

static const struct schema permissions_params[] = {
	{ "path", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "userid", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern =
		  "[^[:space:]:/]+@[A-Za-z][-A-Za-z0-9._]+(![A-Za-z][-A-Za-z0-9._]+)?" },
	{ NULL },
};

const struct row access_rows[] = {
	{ "GET", "/access", 0, NULL, NULL, { { NULL } }, index_of, 0.001 },
	{ "GET", "/access/domains", ROW_WORLD, NULL, NULL, { { NULL } }, domains, 0.001 },
	{ "GET",
	  "/access/permissions",
	  0,
	  NULL,
	  NULL,
	  { { permissions_params } },
	  permissions,
	  0.002 },
	{ NULL },
};
