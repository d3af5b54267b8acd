/*
 * A container of Proxmox-GitOps (`config.env`, later `container.env`) -> an entry of `vms`.
 *
 *	IP=192.168.178.42   ID=142   HOSTNAME=apache   CORES=2   MEMORY=2048   SWAP=512
 *	DISK=local-lvm:8    BOOT=yes    MOUNT=/srv/data:/data,/dev/dri/renderD128,share
 *
 * Of MOUNT's list a path with a colon is a folder of the node, another path a device of the
 * node, and a bare word a network share, which is mounted inside the guest: that is not
 * vm7's to do, so it is told and becomes a tag.
 */
#pragma once

#include "reconcile/entry.h"
#include "reconcile/manifest.h"
#include "reconcile/shell_env.h"

struct config_env_how {
	const struct manifest *manifest; /* to find the network by the address, or NULL */
	const char *network;             /* that was asked for, or NULL */
	const char *image;               /* likewise */
	const char *name;                /* without a HOSTNAME */
};

/* What the entry cannot say: addresses are leased, not written. */
struct config_env {
	const char *name;
	const char *ip;   /* or NULL */
	const char *pool; /* of its network, or NULL while nobody knows */
};

/*
 * Every value that cannot be is a mistake with its place; what is merely of no use is a
 * warning of `env`. The entry is whole only when there was no mistake.
 */
void config_env_entry(struct config_env *out, struct entries *entries,
		      struct arena *arena, struct shell_env *env, const struct file *file,
		      const struct config_env_how *how, struct diags *diags);
