/*
 * What Proxmox wants to see granted before it does something for us, and what our token
 * has of it. Pure.
 */
#pragma once

#include "reconcile/plan.h"

/* One privilege that a request asks for. */
struct need {
	const char *guest; /* for which guest; NULL: for every pass */
	const char *path;  /* "/vms/9000" */
	const char *pool;  /* "/pool/web": there it does as well; or NULL */
	/* "VM.Clone"; of "Datastore.Audit|Datastore.AllocateSpace" one is enough */
	const char *privileges;
	const char *why; /* "to clone template 9000" */
};

struct needs {
	struct need *at;
	size_t len, cap;
};

/*
 * What the steps of an action ask for, as its guest and template were seen. `release`: 8
 * or 9. (qemu-server PVE/API2/Qemu.pm clone_vm, check_vm_modify_config_perm, resize_vm;
 * pve-container PVE/API2/LXC.pm clone_vm, create_vm, PVE/LXC.pm
 * check_ct_modify_config_perm; pve-guest-common PVE/GuestHelpers.pm check_vnet_access)
 */
void needs_of_action(struct needs *out, struct arena *arena, const struct action *action,
		     unsigned release);

/*
 * What any pass may ask for while the guests of a manifest come, change and go. Of what
 * only the cluster knows, storages and bridges of templates, the path above it. `leases`:
 * of the guests, as a plan without a network gives them.
 */
void needs_of_manifest(struct needs *out, struct arena *arena,
		       const struct manifest *manifest, const struct leases *leases,
		       unsigned release);

/* Is it a drive or a mount point: scsi0, rootfs, mp1? */
bool option_is_drive(enum guest_type type, const char *option);

/* ---- what a token holds ---- */

struct held_privilege {
	const char *name;
	bool propagates; /* holds below the path too */
};

struct held_path {
	const char *path;
	struct held_privilege *at;
	size_t len;
};

/*
 * The answer of GET /access/permissions: the top paths, those with an entry of the ACL
 * and the members of pools. A path without any right is left out. (pve-access-control
 * PVE/RPCEnvironment.pm get_effective_permissions)
 */
struct permissions {
	const char *token;   /* "vm7@pve!vm7" */
	bool shared;         /* told: it may what its user may, --privsep 0 */
	const char *expires; /* UTC, "2026-12-01T00:00:00Z"; NULL: never, or not told */
	struct held_path *paths; /* sorted by path */
	size_t paths_len;
};

/* Is one of the privileges held at the path? "/sdn/zones/localnetwork/..." may be of any
 * zone: which one a bridge belongs to is not known here. */
bool permissions_have(const struct permissions *held, const char *path,
		      const char *privileges);

/* The needs that are not met, in `out`. */
void needs_missing(struct needs *out, struct arena *arena, const struct needs *needs,
		   const struct permissions *held);

/*
 * Of the privileges that change anything none is held: a token for `vm7 plan`.
 * `missing`: what is missing of `needs`.
 */
bool needs_read_only(const struct needs *needs, const struct needs *missing);

/* "VM.Clone on /vms/9000, VM.Allocate and VM.PowerMgmt on /vms/100 or /pool/web" */
char *needs_tell(struct arena *arena, const struct needs *needs);

/* A word for a shell, in quotes where it needs them: names come from people's files. */
const char *shell_word(struct arena *arena, const char *text);

/*
 * The pveum lines that grant them: where the token has nothing at a path, the role VM7 of
 * the documents; where it has something, the privileges for that role.
 */
char *needs_granted_by(struct arena *arena, const struct needs *needs,
		       const struct permissions *held);
