/* What the caller may do. PVE: PVE::API2::AccessControl permissions. */
#include "api.h"
#include "base/text.h"
#include "props.h"
#include "rights.h"

#include <string.h>

static json_t *held_at(struct call *call, const char *user, const char *path)
{
	const char *const *names = rights_names(call->world->pve);
	rights_t propagated = 0, rights = rights_at(call->world, user, path, &propagated);
	json_t *out = json_object();

	for (size_t i = 0; names[i]; i++)
		if (rights & ((rights_t)1 << i))
			json_object_set_new(out, names[i],
					    json_integer((propagated >> i) & 1 ? 1 : 0));
	return out;
}

static void put(struct call *call, const char *user, const char *path, json_t *out)
{
	json_t *held = held_at(call, user, path);

	if (json_object_size(held) > 0)
		json_object_set(out, path, held);
	json_decref(held);
}

/* Without a path: the top ones, and all that have an entry. */
static void permissions(struct call *call)
{
	static const char *const tops[] = { "/",        "/access", "/access/groups",
					    "/nodes",   "/pool",   "/sdn",
					    "/storage", "/vms",    "/mapping",
					    NULL };
	const char *path = param(call, "path");
	const char *user = param(call, "userid") ? param(call, "userid") : call->user;
	const json_t *acl = json_object_get(call->world->access, "acl"), *entry;
	json_t *out;
	size_t i;

	if (strcmp(user, call->user) != 0 && !must_have(call, "/access", "Sys.Audit"))
		return;
	out = json_object();
	if (path) {
		json_object_set_new(out, path, held_at(call, user, path));
	} else {
		for (i = 0; tops[i]; i++)
			put(call, user, tops[i], out);
		json_array_foreach (acl, i, entry)
			put(call, user, props_get(entry, "path"), out);
	}
	reply(call, out);
}

static const struct schema permissions_params[] = {
	{ "path", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "userid", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern =
		  "[^[:space:]:/]+@[A-Za-z][-A-Za-z0-9._]+(![A-Za-z][-A-Za-z0-9._]+)?" },
	{ NULL },
};

const struct row access_rows[] = {
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
