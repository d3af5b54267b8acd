#include "rights.h"

#include "base/text.h"
#include "props.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *const names_8[] = {
	"Datastore.Allocate",
	"Datastore.AllocateSpace",
	"Datastore.AllocateTemplate",
	"Datastore.Audit",
	"Group.Allocate",
	"Mapping.Audit",
	"Mapping.Modify",
	"Mapping.Use",
	"Permissions.Modify",
	"Pool.Allocate",
	"Pool.Audit",
	"Realm.Allocate",
	"Realm.AllocateUser",
	"SDN.Allocate",
	"SDN.Audit",
	"SDN.Use",
	"Sys.AccessNetwork",
	"Sys.Audit",
	"Sys.Console",
	"Sys.Incoming",
	"Sys.Modify",
	"Sys.PowerMgmt",
	"Sys.Syslog",
	"User.Modify",
	"VM.Allocate",
	"VM.Audit",
	"VM.Backup",
	"VM.Clone",
	"VM.Config.CDROM",
	"VM.Config.CPU",
	"VM.Config.Cloudinit",
	"VM.Config.Disk",
	"VM.Config.HWType",
	"VM.Config.Memory",
	"VM.Config.Network",
	"VM.Config.Options",
	"VM.Console",
	"VM.Migrate",
	"VM.PowerMgmt",
	"VM.Snapshot",
	"VM.Snapshot.Rollback",
	"VM.Monitor",
	NULL,
};
/* The same order, so that the bits agree; what 9 added stands at the end. */
static const char *const names_9[] = {
	"Datastore.Allocate",
	"Datastore.AllocateSpace",
	"Datastore.AllocateTemplate",
	"Datastore.Audit",
	"Group.Allocate",
	"Mapping.Audit",
	"Mapping.Modify",
	"Mapping.Use",
	"Permissions.Modify",
	"Pool.Allocate",
	"Pool.Audit",
	"Realm.Allocate",
	"Realm.AllocateUser",
	"SDN.Allocate",
	"SDN.Audit",
	"SDN.Use",
	"Sys.AccessNetwork",
	"Sys.Audit",
	"Sys.Console",
	"Sys.Incoming",
	"Sys.Modify",
	"Sys.PowerMgmt",
	"Sys.Syslog",
	"User.Modify",
	"VM.Allocate",
	"VM.Audit",
	"VM.Backup",
	"VM.Clone",
	"VM.Config.CDROM",
	"VM.Config.CPU",
	"VM.Config.Cloudinit",
	"VM.Config.Disk",
	"VM.Config.HWType",
	"VM.Config.Memory",
	"VM.Config.Network",
	"VM.Config.Options",
	"VM.Console",
	"VM.Migrate",
	"VM.PowerMgmt",
	"VM.Snapshot",
	"VM.Snapshot.Rollback",
	"VM.GuestAgent.Audit",
	"VM.GuestAgent.FileRead",
	"VM.GuestAgent.FileWrite",
	"VM.GuestAgent.FileSystemMgmt",
	"VM.GuestAgent.Unrestricted",
	"VM.Replicate",
	NULL,
};

const char *const *rights_names(unsigned pve)
{
	return pve >= 9 ? names_9 : names_8;
}

static rights_t bit_of(unsigned pve, const char *privilege, size_t len)
{
	const char *const *names = rights_names(pve);

	for (size_t i = 0; names[i]; i++)
		if (!strncmp(names[i], privilege, len) && !names[i][len])
			return (rights_t)1 << i;
	return 0;
}

bool rights_is_root(const char *user)
{
	return !strcmp(user, "root@pam");
}

char *rights_owner(struct arena *arena, const char *user)
{
	return arena_strndup(arena, user, strcspn(user, "!"));
}

static rights_t all_rights(unsigned pve)
{
	size_t count = 0;

	while (rights_names(pve)[count])
		count++;
	return ((rights_t)1 << count) - 1;
}

static rights_t role_rights(const struct world *world, const char *role)
{
	const json_t *roles = json_object_get(world->access, "roles");
	const json_t *list = json_object_get(roles, role), *name;
	rights_t rights = 0;
	size_t i;

	if (!strcmp(role, "Administrator"))
		return all_rights(world->pve);
	json_array_foreach (list, i, name)
		rights |= bit_of(world->pve, json_string_value(name),
				 json_string_length(name));
	return rights;
}

/* The entries of `who` at exactly `path`; false when there are none. */
static bool entries_at(const struct world *world, const char *who, const char *path,
		       bool exact, rights_t *rights, rights_t *propagated)
{
	const json_t *acl = json_object_get(world->access, "acl"), *entry;
	rights_t here = 0, below = 0;
	bool found = false;
	size_t i;

	json_array_foreach (acl, i, entry) {
		bool propagate =
			json_integer_value(json_object_get(entry, "propagate")) != 0;

		if (!str_equal(props_get(entry, "ugid"), who) ||
		    !str_equal(props_get(entry, "path"), path) || (!exact && !propagate))
			continue;
		found = true;
		here |= role_rights(world, props_get(entry, "roleid"));
		if (propagate)
			below |= role_rights(world, props_get(entry, "roleid"));
	}
	if (found) {
		*rights = here;
		*propagated = below;
	}
	return found;
}

/* From the root down, a deeper entry replaces what came from above. */
static rights_t walk(const struct world *world, const char *who, const char *path,
		     rights_t *propagated)
{
	rights_t rights = 0, below = 0;
	char prefix[300];
	size_t len = strlen(path);

	*propagated = 0;
	if (len >= sizeof(prefix))
		return 0;
	if (entries_at(world, who, "/", len == 1, &rights, &below))
		*propagated = below;
	for (size_t at = 1; at <= len && len > 1; at++) {
		if (path[at] != '/' && path[at] != '\0')
			continue;
		memcpy(prefix, path, at);
		prefix[at] = '\0';
		if (entries_at(world, who, prefix, at == len, &rights, &below))
			*propagated = below;
	}
	return rights;
}

static rights_t with_pool(const struct world *world, const char *who, const char *path,
			  rights_t *propagated)
{
	rights_t rights = walk(world, who, path, propagated), of_pool, ignored;
	const struct pool *pool;
	char name[300];

	if (!str_starts(path, "/vms/"))
		return rights;
	pool = world_pool_of(world, (unsigned)strtoul(path + strlen("/vms/"), NULL, 10));
	if (!pool)
		return rights;
	snprintf(name, sizeof(name), "/pool/%s", pool->name);
	of_pool = walk(world, who, name, &ignored);
	return rights | of_pool;
}

static const json_t *token_of(const struct world *world, const char *user)
{
	const json_t *users = json_object_get(world->access, "users");
	const char *bang = strchr(user, '!');
	char owner[200];

	if (!bang)
		return NULL;
	snprintf(owner, sizeof(owner), "%.*s", (int)(bang - user), user);
	return json_object_get(json_object_get(json_object_get(users, owner), "tokens"),
			       bang + 1);
}

rights_t rights_at(const struct world *world, const char *user, const char *path,
		   rights_t *propagated)
{
	const json_t *token = token_of(world, user);
	rights_t own_propagated, rights, of_owner, ignored;
	char owner[200];

	if (!propagated)
		propagated = &ignored;
	snprintf(owner, sizeof(owner), "%.*s", (int)strcspn(user, "!"), user);
	if (!strcmp(owner, "root@pam")) {
		of_owner = all_rights(world->pve);
		*propagated = of_owner;
	} else {
		of_owner = with_pool(world, owner, path, propagated);
	}
	if (!token || !json_integer_value(json_object_get(token, "privsep")))
		return of_owner;
	rights = with_pool(world, user, path, &own_propagated) & of_owner;
	*propagated &= own_propagated;
	return rights;
}

bool rights_have(const struct world *world, const char *user, const char *path,
		 const char *privileges)
{
	rights_t rights = rights_at(world, user, path, NULL);

	while (*privileges) {
		size_t len = strcspn(privileges, "|");

		if (rights & bit_of(world->pve, privileges, len))
			return true;
		privileges += len + (privileges[len] == '|');
	}
	return false;
}

static bool is_valid(const struct world *world, const json_t *thing)
{
	json_int_t expire = json_integer_value(json_object_get(thing, "expire"));

	return thing && (expire == 0 || (double)expire > world->now);
}

const char *rights_login(struct arena *arena, const struct world *world,
			 const char *header, bool *present)
{
	const json_t *users = json_object_get(world->access, "users"), *user, *token;
	const char *bang, *equals, *name;
	char *text;

	*present = header && (str_starts(header, "PVEAPIToken=") ||
			      str_starts(header, "PVEAPIToken "));
	if (!*present)
		return NULL;
	text = arena_strdup(arena, header + strlen("PVEAPIToken="));
	text[strcspn(text, ";")] = '\0';
	bang = strchr(text, '!');
	equals = bang ? strchr(bang, '=') : NULL;
	if (!equals)
		return NULL;
	name = arena_strndup(arena, text, (size_t)(equals - text));
	user = json_object_get(users, rights_owner(arena, name));
	token = token_of(world, name);
	if (!is_valid(world, user) || !is_valid(world, token) ||
	    !json_integer_value(json_object_get(user, "enable")) ||
	    !str_equal(props_get(token, "secret"), equals + 1))
		return NULL;
	return name;
}
