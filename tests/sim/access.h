/*
 * What the calls under /access and /pools share: the lock of user.cfg, and who may manage
 * whom. PVE: PVE::AccessControl lock_user_config, PVE::RPCEnvironment exec_api2_perm_check.
 */
#pragma once

#include "api.h"

/*
 * A change of user.cfg may begin. What goes wrong behind its lock is told as "<what> failed: "
 * and is a 500 without `errors` whatever it was.
 */
bool access_lock(struct call *call, const char *what);

/* The 500 of a failure behind the lock. */
void access_failed(struct call *call, const char *what, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Which groups a call names that the user shall be in. */
enum access_groups { GROUPS_NONE, GROUPS_CREATE, GROUPS_UPDATE };

/* Realm.AllocateUser on the realm of the parameter `userid`. */
bool access_may_allocate(struct call *call);

/* `privileges` on all groups, or on one that the user of `userid` is in. */
bool access_may_manage(struct call *call, const char *privileges,
		       enum access_groups groups);

/* Is it the user himself, or User.Modify as above? Refuses without telling what is missing. */
bool access_self_or_manage(struct call *call);

/* Is the caller, not by a token, the user of `userid`? */
bool access_is_self(const struct call *call);

/* "pve" of "root@pve". */
const char *access_realm(const char *user);
bool access_realm_exists(const char *realm);

/* Of `userid` and `tokenid`: the user's JSON, or a 500 that there is none. */
json_t *access_user(struct call *call);
json_t *access_token(struct call *call);

/* A token as lists show it, and all of a user: without secrets. */
json_t *access_token_entry(const json_t *token);
json_t *access_token_list(struct call *call, const json_t *user);

/* One of these allows to change who has access to the object of `path`. */
const char *access_modifying(const char *path);

/* Parameters that many of these calls share. */
extern const struct schema userid_params[], tokenid_params[], groupid_params[],
	roleid_params[];
