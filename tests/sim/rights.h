/*
 * Who may do what. PVE: PVE::AccessControl roles, PVE::RPCEnvironment permissions.
 *
 * The access part of the world is JSON:
 *   "roles": {"VM7": ["VM.Audit", ...]}   beside those that Proxmox makes itself
 *   "users": {"vm7@pve": {"enable": 1, "expire": 0, "password": "...", "comment": "...",
 *                         "tokens": {"vm7": {"secret": "...", "privsep": 0, "expire": 0}}}}
 *   "groups": {"ops": {"comment": "...", "users": ["vm7@pve"]}}
 *   "acl": see acl.h
 * Users and tokens may have "comment"; users also "firstname", "lastname", "email", "keys".
 */
#pragma once

#include "base/arena.h"
#include "roles.h"
#include "world.h"

/*
 * What `user` ("a@pve" or "a@pve!token") holds at `path`, which is normal (acl.h) or NULL.
 * `propagated`: what also holds below.
 */
rights_t rights_at(const struct world *world, const char *user, const char *path,
		   rights_t *propagated);

/* Does it hold one of "VM.Audit" or "Datastore.Audit|Datastore.AllocateSpace" at `path`? */
bool rights_have(const struct world *world, const char *user, const char *path,
		 const char *privileges);

/* Literally root@pam, not one of its tokens. */
bool rights_is_root(const char *user);

/* "a@pve" of "a@pve!token". */
char *rights_owner(struct arena *arena, const char *user);

/* Their JSON, or NULL. */
json_t *rights_user(const struct world *world, const char *user);
json_t *rights_group(const struct world *world, const char *group);
json_t *rights_token(const struct world *world, const char *token); /* "a@pve!t" */

bool rights_in_group(const struct world *world, const char *group, const char *user);
