/*
 * A step for a guest -> the request that Proxmox understands. Pure.
 *
 * Every request is made here, so that this page shows all that vm7 ever asks for.
 */
#pragma once

#include "pve/call.h"
#include "reconcile/making.h"

/* Which guest of which node. */
struct target {
	const char *node;
	enum guest_type type;
	unsigned vmid;
};

/* Is a VMID free? (pve-manager PVE/API2/Cluster.pm nextid) */
void request_free(struct request *out, struct arena *arena, unsigned vmid);

/* The container archives of a storage (pve-storage PVE/API2/Storage/Content.pm index) */
void request_archives(struct request *out, struct arena *arena,
		      const struct archives *where);

/* What answers here: its release (pve-manager PVE/API2.pm version) */
void request_version(struct request *out);

/* What our own token may do, everywhere (pve-access-control PVE/API2/AccessControl.pm
 * permissions) */
void request_permissions(struct request *out);

/* Our own token, "vm7@pve!vm7": when it expires, without its secret (pve-access-control
 * PVE/API2/User.pm read_token) */
void request_token(struct request *out, struct arena *arena, const char *token);

/* The bridges and vnets of a node that the token may see (pve-manager
 * PVE/API2/Network.pm index) */
void request_bridges(struct request *out, struct arena *arena, const char *node);

/* All guests of the cluster (pve-manager PVE/API2/Cluster.pm resources) */
void request_guests(struct request *out, struct arena *arena);

/*
 * Make it: a clone of its template, or a container out of an archive. The identity line
 * goes along. (qemu-server PVE/API2/Qemu.pm clone_vm; pve-container PVE/API2/LXC.pm
 * create_vm, clone_vm)
 */
void request_create(struct request *out, struct arena *arena,
		    const struct making *making);

void request_config(struct request *out, struct arena *arena,
		    const struct target *target);

/*
 * The same, and what of it waits for the next start; with the digest too.
 * (qemu-server PVE/API2/Qemu.pm vm_pending, pve-container PVE/API2/LXC.pm vm_pending)
 */
void request_pending(struct request *out, struct arena *arena,
		     const struct target *target);
void request_status(struct request *out, struct arena *arena,
		    const struct target *target);

/* The addresses that its QEMU guest agent knows: an answer at all is what matters
 * (PVE/API2/Qemu/Agent.pm). */
void request_agent(struct request *out, struct arena *arena, const struct target *target);

/*
 * Set what differs, only on the config it was computed from (PVE/API2/Qemu.pm
 * update_vm). With disks of a VM it starts a task. What is root@pam's alone is left for a
 * request of its own, which comes when nothing else differs any more.
 */
void request_configure(struct request *out, struct arena *arena,
		       const struct target *target, const struct changes *changes,
		       const char *digest);

/* To an absolute size: repeating it does no harm (PVE/API2/Qemu.pm resize_vm). */
void request_grow(struct request *out, struct arena *arena, const struct target *target,
		  const char *disk, const char *size, const char *digest);

/*
 * Its snapshots; one more, of its disks without its memory; one of them away. A storage
 * that has none refuses the task. (pve-guest-common PVE/AbstractConfig.pm snapshot_create,
 * snapshot_delete)
 */
void request_snapshots(struct request *out, struct arena *arena,
		       const struct target *target);
void request_snapshot(struct request *out, struct arena *arena,
		      const struct target *target, const char *name, const char *commit);
void request_prune(struct request *out, struct arena *arena, const struct target *target,
		   const char *name);

/*
 * The volumes of a VMID on a storage: those of one kind, or all (NULL).
 * (pve-storage PVE/API2/Storage/Content.pm index)
 */
void request_volumes(struct request *out, struct arena *arena, const char *node,
		     const char *storage, unsigned vmid, const char *content);

/*
 * Remove one volume, whoever uses it: only what is proven to be nobody's. Waits a while for
 * its end, then it is a task. (pve-storage PVE/API2/Storage/Content.pm delete)
 */
void request_remove(struct request *out, struct arena *arena, const char *node,
		    const char *storage, const char *volume);

/*
 * A backup of a stopped guest; older ones stay, whatever the storage's retention says. Of
 * a guest that is not on the node nothing is backed up, and all is well: look for it.
 * (pve-manager PVE/API2/VZDump.pm vzdump)
 */
void request_backup(struct request *out, struct arena *arena, const struct target *target,
		    const char *storage);

/*
 * Identity was proven by what has just been read: from now on the request may wait for
 * its turn no longer than that proof is good.
 */
void request_expires(struct request *request);

void request_start(struct request *out, struct arena *arena, const struct target *target);

/* At once, without asking the guest: for what was never finished. */
void request_stop(struct request *out, struct arena *arena, const struct target *target);

/*
 * As the guest itself does it; `force`: switched off when that takes longer than its
 * `startup` says, or a minute. (PVE/API2/Qemu.pm vm_shutdown, PVE/API2/LXC/Status.pm
 * vm_shutdown)
 */
void request_shutdown(struct request *out, struct arena *arena,
		      const struct target *target, bool force);

/* With purge, never unreferenced disks (PVE/API2/Qemu.pm destroy_vm). */
void request_destroy(struct request *out, struct arena *arena,
		     const struct target *target);

/* "qemu" or "lxc", as Proxmox spells it in paths. */
const char *target_kind(enum guest_type type);
