#include "roles.h"

#include "props.h"

#include <string.h>

/* Whom Proxmox thinks of: its own roles are unions of these. */
enum meant_for {
	FOR_ROOT = 1 << 0,
	FOR_ADMIN = 1 << 1,
	FOR_USER = 1 << 2,
	FOR_AUDIT = 1 << 3,
	FOR_NOBODY = 1 << 4, /* only Administrator, which has all */
};

#define FOR_ALL 0x1f

enum versions { BOTH, FROM_9, ONLY_8 };

static const struct privilege {
	const char *name, *area;
	unsigned meant_for;
	enum versions versions;
} privileges[] = {
	{ "Permissions.Modify", "", FOR_NOBODY, BOTH },
	{ "Datastore.Allocate", "Datastore", FOR_ADMIN, BOTH },
	{ "Datastore.AllocateTemplate", "Datastore", FOR_ADMIN, BOTH },
	{ "Datastore.AllocateSpace", "Datastore", FOR_USER, BOTH },
	{ "Datastore.Audit", "Datastore", FOR_AUDIT, BOTH },
	{ "Mapping.Modify", "Mapping", FOR_ADMIN, BOTH },
	{ "Mapping.Use", "Mapping", FOR_USER, BOTH },
	{ "Mapping.Audit", "Mapping", FOR_AUDIT, BOTH },
	{ "Pool.Allocate", "Pool", FOR_ADMIN, BOTH },
	{ "Pool.Audit", "Pool", FOR_USER | FOR_AUDIT, BOTH },
	{ "SDN.Allocate", "SDN", FOR_ADMIN, BOTH },
	{ "SDN.Use", "SDN", FOR_USER, BOTH },
	{ "SDN.Audit", "SDN", FOR_ADMIN | FOR_AUDIT, BOTH },
	{ "Sys.AccessNetwork", "Sys", FOR_ROOT, BOTH },
	{ "Sys.Incoming", "Sys", FOR_ROOT, BOTH },
	{ "Sys.Modify", "Sys", FOR_ROOT, BOTH },
	{ "Sys.PowerMgmt", "Sys", FOR_ROOT, BOTH },
	{ "Sys.Console", "Sys", FOR_ADMIN, BOTH },
	{ "Sys.Syslog", "Sys", FOR_ADMIN, BOTH },
	{ "Sys.Audit", "Sys", FOR_AUDIT, BOTH },
	{ "Realm.Allocate", "User", FOR_ROOT, BOTH },
	{ "Realm.AllocateUser", "User", FOR_ADMIN, BOTH },
	{ "Group.Allocate", "User", FOR_ADMIN, BOTH },
	{ "User.Modify", "User", FOR_ADMIN, BOTH },
	{ "VM.Allocate", "VM", FOR_ADMIN, BOTH },
	{ "VM.Clone", "VM", FOR_ADMIN, BOTH },
	{ "VM.Config.CPU", "VM", FOR_ADMIN, BOTH },
	{ "VM.Config.Disk", "VM", FOR_ADMIN, BOTH },
	{ "VM.Config.HWType", "VM", FOR_ADMIN, BOTH },
	{ "VM.Config.Memory", "VM", FOR_ADMIN, BOTH },
	{ "VM.Config.Network", "VM", FOR_ADMIN, BOTH },
	{ "VM.Config.Options", "VM", FOR_ADMIN, BOTH },
	{ "VM.GuestAgent.Unrestricted", "VM", FOR_ADMIN, FROM_9 },
	{ "VM.Migrate", "VM", FOR_ADMIN, BOTH },
	{ "VM.Monitor", "VM", FOR_ADMIN, ONLY_8 },
	{ "VM.Replicate", "VM", FOR_ADMIN, FROM_9 },
	{ "VM.Snapshot", "VM", FOR_ADMIN, BOTH },
	{ "VM.Snapshot.Rollback", "VM", FOR_ADMIN, BOTH },
	{ "VM.Backup", "VM", FOR_USER, BOTH },
	{ "VM.Config.CDROM", "VM", FOR_USER, BOTH },
	{ "VM.Config.Cloudinit", "VM", FOR_USER, BOTH },
	{ "VM.Console", "VM", FOR_USER, BOTH },
	{ "VM.GuestAgent.FileRead", "VM", FOR_USER, FROM_9 },
	{ "VM.GuestAgent.FileSystemMgmt", "VM", FOR_USER, FROM_9 },
	{ "VM.GuestAgent.FileWrite", "VM", FOR_USER, FROM_9 },
	{ "VM.PowerMgmt", "VM", FOR_USER, BOTH },
	{ "VM.Audit", "VM", FOR_AUDIT, BOTH },
	{ "VM.GuestAgent.Audit", "VM", FOR_AUDIT, FROM_9 },
};

#define PRIVILEGE_COUNT (sizeof(privileges) / sizeof(privileges[0]))

_Static_assert(PRIVILEGE_COUNT <= PRIVILEGES_MAX, "a bit a privilege");

#define ADMINS (FOR_ADMIN | FOR_USER | FOR_AUDIT)
#define USERS  (FOR_USER | FOR_AUDIT)

static const struct special {
	const char *name, *area; /* area NULL: all */
	unsigned meant_for;
	const char *plus, *minus; /* one privilege more, or less */
} specials[] = {
	{ "Administrator", NULL, FOR_ALL, NULL, NULL },
	{ "NoAccess", NULL, 0, NULL, NULL },
	{ "PVEAdmin", NULL, ADMINS, NULL, "Mapping.Modify" },
	{ "PVEAuditor", NULL, FOR_AUDIT, NULL, NULL },
	{ "PVEDatastoreAdmin", "Datastore", ADMINS, NULL, NULL },
	{ "PVEDatastoreUser", "Datastore", USERS, NULL, NULL },
	{ "PVEMappingAdmin", "Mapping", ADMINS, NULL, NULL },
	{ "PVEMappingUser", "Mapping", USERS, NULL, NULL },
	{ "PVEPoolAdmin", "Pool", ADMINS, NULL, NULL },
	{ "PVEPoolUser", "Pool", USERS, NULL, NULL },
	{ "PVESDNAdmin", "SDN", ADMINS, NULL, NULL },
	{ "PVESDNUser", "SDN", USERS, NULL, NULL },
	{ "PVESysAdmin", "Sys", ADMINS, NULL, NULL },
	{ "PVETemplateUser", "none", 0, "VM.Clone|VM.Audit", NULL },
	{ "PVEUserAdmin", "User", ADMINS, NULL, NULL },
	{ "PVEVMAdmin", "VM", ADMINS, NULL, NULL },
	{ "PVEVMUser", "VM", USERS, NULL, NULL },
};

#define SPECIAL_COUNT (sizeof(specials) / sizeof(specials[0]))

const char *privilege_name(unsigned pve, size_t i)
{
	if (i >= PRIVILEGE_COUNT ||
	    privileges[i].versions == (pve >= 9 ? ONLY_8 : FROM_9))
		return NULL;
	return privileges[i].name;
}

rights_t privilege_bit(unsigned pve, const char *name, size_t len)
{
	for (size_t i = 0; i < PRIVILEGE_COUNT; i++) {
		const char *known = privilege_name(pve, i);

		if (known && strlen(known) == len && !memcmp(known, name, len))
			return (rights_t)1 << i;
	}
	return 0;
}

rights_t privileges_all(unsigned pve)
{
	rights_t all = 0;

	for (size_t i = 0; i < PRIVILEGE_COUNT; i++)
		if (privilege_name(pve, i))
			all |= (rights_t)1 << i;
	return all;
}

static void drop_json(void *json)
{
	json_decref(json);
}

static const struct special *special_find(const char *name)
{
	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		if (!strcmp(specials[i].name, name))
			return &specials[i];
	return NULL;
}

bool role_is_special(const char *name)
{
	return special_find(name) != NULL;
}

/* "VM.Clone|VM.Audit" */
static bool is_one_of(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at; at = strchr(at, '|')) {
		at += *at == '|';
		if (!strncmp(at, name, len) && (at[len] == '|' || !at[len]))
			return true;
	}
	return false;
}

static rights_t special_rights(unsigned pve, const struct special *special)
{
	rights_t rights = 0;

	for (size_t i = 0; i < PRIVILEGE_COUNT; i++) {
		const struct privilege *p = &privileges[i];
		bool belongs = (!special->area || !strcmp(special->area, p->area)) &&
			       (special->meant_for & p->meant_for);

		if (privilege_name(pve, i) && !is_one_of(special->minus, p->name) &&
		    (belongs || is_one_of(special->plus, p->name)))
			rights |= (rights_t)1 << i;
	}
	return rights;
}

bool role_find(const struct world *world, const char *name, rights_t *out)
{
	const struct special *special = special_find(name);
	const json_t *list, *privilege;
	size_t i;

	*out = 0;
	if (special) {
		*out = special_rights(world->pve, special);
		return true;
	}
	list = json_object_get(json_object_get(world->access, "roles"), name);
	json_array_foreach (list, i, privilege)
		*out |= privilege_bit(world->pve, json_string_value(privilege),
				      json_string_length(privilege));
	return list != NULL;
}

size_t roles_list(struct arena *arena, const struct world *world, const char ***out)
{
	json_t *all = json_copy(json_object_get(world->access, "roles"));

	if (!all)
		all = json_object();
	arena_defer(arena, drop_json, all);
	for (size_t i = 0; i < SPECIAL_COUNT; i++)
		json_object_set_new(all, specials[i].name, json_null());
	return props_sorted(arena, all, out);
}
