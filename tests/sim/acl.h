/*
 * Who has which role where. PVE: PVE::AccessControl acl_root, check_path, normalize_path.
 *
 * The world keeps entries in one list: {"path", "ugid", "roleid", "propagate"}. `ugid` is a
 * user ("a@pve"), a token ("a@pve!t") or a group ("ops"); its form says which.
 */
#pragma once

#include "base/arena.h"
#include "world.h"

enum acl_kind { ACL_USER, ACL_GROUP, ACL_TOKEN }; /* in the order of lists */

enum acl_kind acl_kind(const char *ugid);

/* One slash between parts, none at the end; NULL: it has characters no path has. */
char *acl_path_normal(struct arena *arena, const char *path);

/* May an entry be made for this path? */
bool acl_path_known(unsigned pve, const char *path);

void acl_set(struct world *world, const char *path, const char *ugid, const char *role,
	     bool propagate);
void acl_unset(struct world *world, const char *path, const char *ugid, const char *role);

/* Forget a path and all below it. */
void acl_drop_path(struct world *world, const char *path);

/* Forget the entries whose `key`, "ugid" or "roleid", is `value`. */
void acl_drop(struct world *world, const char *key, const char *value);

/* All entries: by path, part by part, then users before groups before tokens. */
size_t acl_list(struct arena *arena, const struct world *world, const json_t ***out);
