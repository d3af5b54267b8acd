/*
 * Privileges and roles. PVE: PVE::AccessControl $privgroups, create_roles.
 *
 * A world keeps only the roles that somebody made; those of Proxmox are computed, because
 * they differ between the versions.
 */
#pragma once

#include "base/arena.h"
#include "world.h"

typedef uint64_t rights_t; /* one bit a privilege */

#define PRIVILEGES_MAX 64

/* The privilege of bit `i`; NULL: none, or not in this version. */
const char *privilege_name(unsigned pve, size_t i);

/* The bit of a privilege; 0: this version does not know it. */
rights_t privilege_bit(unsigned pve, const char *name, size_t len);

rights_t privileges_all(unsigned pve);

/* Made by Proxmox: cannot be changed or deleted. */
bool role_is_special(const char *name);

/* False: there is no such role. */
bool role_find(const struct world *world, const char *name, rights_t *out);

/* The names of all roles, sorted. */
size_t roles_list(struct arena *arena, const struct world *world, const char ***out);
