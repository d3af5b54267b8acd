/*
 * Who may do what. PVE: PVE::AccessControl roles, PVE::RPCEnvironment permissions.
 *
 * The access part of the world is JSON:
 *   "roles": {"VM7": ["VM.Audit", ...]}
 *   "users": {"vm7@pve": {"enable": 1, "expire": 0,
 *                         "tokens": {"vm7": {"secret": "...", "privsep": 0, "expire": 0}}}}
 *   "acl": [{"path": "/", "ugid": "vm7@pve", "roleid": "VM7", "propagate": 1}]
 */
#pragma once

#include "base/arena.h"
#include "world.h"

typedef uint64_t rights_t; /* one bit a privilege */

/* The privileges that this version knows, by name; NULL at the end. */
const char *const *rights_names(unsigned pve);

/* What `user` ("a@pve" or "a@pve!token") holds at `path`. `propagated`: what also holds below. */
rights_t rights_at(const struct world *world, const char *user, const char *path,
		   rights_t *propagated);

/* Does it hold one of "VM.Audit" or "Datastore.Audit|Datastore.AllocateSpace" at `path`? */
bool rights_have(const struct world *world, const char *user, const char *path,
		 const char *privileges);

/*
 * The user of an Authorization header's value, or NULL: "PVEAPIToken=user@realm!name=secret".
 * `present` tells whether it was a token at all.
 */
const char *rights_login(struct arena *arena, const struct world *world,
			 const char *header, bool *present);

/* Literally root@pam, not one of its tokens. */
bool rights_is_root(const char *user);

/* "a@pve" of "a@pve!token". */
char *rights_owner(struct arena *arena, const char *user);
