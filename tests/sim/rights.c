#include "rights.h"

#include "acl.h"
#include "base/text.h"
#include "props.h"

#include <stdlib.h>
#include <string.h>

/* The roles somebody has at a path, as what they hold. */
struct held {
	rights_t here, below;
	bool no_access; /* the role of that name, which cancels all others */
};

bool rights_is_root(const char *user)
{
	return !strcmp(user, "root@pam");
}

char *rights_owner(struct arena *arena, const char *user)
{
	return arena_strndup(arena, user, strcspn(user, "!"));
}

json_t *rights_user(const struct world *world, const char *user)
{
	return json_object_get(json_object_get(world->access, "users"), user);
}

json_t *rights_group(const struct world *world, const char *group)
{
	return json_object_get(json_object_get(world->access, "groups"), group);
}

json_t *rights_token(const struct world *world, const char *token)
{
	const char *bang = strchr(token, '!');
	char owner[200];

	if (!bang)
		return NULL;
	snprintf(owner, sizeof(owner), "%.*s", (int)(bang - token), token);
	return json_object_get(json_object_get(rights_user(world, owner), "tokens"),
			       bang + 1);
}

bool rights_in_group(const struct world *world, const char *group, const char *user)
{
	const json_t *users = json_object_get(rights_group(world, group), "users"),
		     *member;
	size_t i;

	json_array_foreach (users, i, member)
		if (str_equal(json_string_value(member), user))
			return true;
	return false;
}

static bool is_about(const struct world *world, const char *ugid, enum acl_kind kind,
		     const char *who)
{
	if (acl_kind(ugid) != kind)
		return false;
	return kind == ACL_GROUP ? rights_in_group(world, ugid, who) : !strcmp(ugid, who);
}

/* The entries of one kind at exactly `path`; false when there are none that count. */
static bool held_by(const struct world *world, const char *who, enum acl_kind kind,
		    const char *path, bool last, struct held *out)
{
	const json_t *acl = json_object_get(world->access, "acl"), *entry;
	struct held held = { 0 };
	bool found = false;
	rights_t of_role;
	size_t i;

	json_array_foreach (acl, i, entry) {
		bool propagate =
			json_integer_value(json_object_get(entry, "propagate")) != 0;
		const char *role = props_get(entry, "roleid");

		if (!str_equal(props_get(entry, "path"), path) || (!last && !propagate) ||
		    !is_about(world, props_get(entry, "ugid"), kind, who) ||
		    !role_find(world, role, &of_role))
			continue;
		found = true;
		held.no_access |= !strcmp(role, "NoAccess");
		held.here |= of_role;
		held.below |= propagate ? of_role : 0;
	}
	if (found)
		*out = held;
	return found;
}

/* A token's own entries go before its user's, a user's before those of his groups. */
static void level(const struct world *world, const char *who, const char *path, bool last,
		  struct held *held)
{
	static const enum acl_kind order[] = { ACL_TOKEN, ACL_USER, ACL_GROUP };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (held_by(world, who, order[i], path, last, held))
			return;
}

/* From the root down: a deeper entry replaces what came from above. */
static struct held walk(const struct world *world, const char *who, const char *path)
{
	struct held held = { 0 };
	size_t len = strlen(path);
	char prefix[300];

	if (len >= sizeof(prefix))
		return held;
	level(world, who, "/", len == 1, &held);
	for (size_t at = 1; at <= len && len > 1; at++) {
		if (path[at] != '/' && path[at] != '\0')
			continue;
		memcpy(prefix, path, at);
		prefix[at] = '\0';
		level(world, who, prefix, at == len, &held);
	}
	if (held.no_access)
		held.here = held.below = 0;
	return held;
}

/* Is the guest or storage of `path` a member? */
static bool has_member(const struct pool *pool, const char *path)
{
	const json_t *member;
	size_t i;

	if (str_starts(path, "/vms/"))
		json_array_foreach (pool->members, i, member)
			if (json_integer_value(member) == atoll(path + strlen("/vms/")))
				return true;
	if (str_starts(path, "/storage/"))
		json_array_foreach (pool->storages, i, member)
			if (str_equal(json_string_value(member),
				      path + strlen("/storage/")))
				return true;
	return false;
}

/* What a pool gives holds at its members, and not below them. */
static struct held with_pools(const struct world *world, const char *who,
			      const char *path)
{
	struct held held = walk(world, who, path);
	char name[300];

	for (size_t i = 0; i < world->pool_count && !held.no_access; i++) {
		struct held of_pool;

		if (!has_member(&world->pools[i], path))
			continue;
		snprintf(name, sizeof(name), "/pool/%s", world->pools[i].name);
		of_pool = walk(world, who, name);
		if (of_pool.no_access)
			return of_pool;
		held.here |= of_pool.here;
	}
	return held;
}

rights_t rights_at(const struct world *world, const char *user, const char *path,
		   rights_t *propagated)
{
	const json_t *token = rights_token(world, user);
	rights_t rights, own, ignored;
	struct held held;
	char owner[200];

	if (!propagated)
		propagated = &ignored;
	*propagated = 0;
	if (rights_is_root(user))
		return *propagated = privileges_all(world->pve);
	if (!path || (strchr(user, '!') && !token))
		return 0;
	if (!token) {
		held = with_pools(world, user, path);
		*propagated = held.below;
		return held.here;
	}
	snprintf(owner, sizeof(owner), "%.*s", (int)strcspn(user, "!"), user);
	rights = rights_at(world, owner, path, &own);
	if (!json_integer_value(json_object_get(token, "privsep"))) {
		*propagated = own;
		return rights;
	}
	held = with_pools(world, user, path);
	*propagated = held.below & own;
	return held.here & rights;
}

bool rights_have(const struct world *world, const char *user, const char *path,
		 const char *privileges)
{
	rights_t rights = rights_at(world, user, path, NULL);

	while (*privileges) {
		size_t len = strcspn(privileges, "|");

		if (rights & privilege_bit(world->pve, privileges, len))
			return true;
		privileges += len + (privileges[len] == '|');
	}
	return false;
}
