/*
 * Volumes: what lies on storages. PVE: PVE::Storage and its plugins.
 *
 * Names follow the kind of storage: "local-lvm:vm-100-disk-0" on volume managers,
 * "shared:100/vm-100-disk-0.qcow2" on file storages.
 */
#pragma once

#include "base/arena.h"
#include "storage.h"
#include "world.h"

/* The storage of "local-lvm:vm-100-disk-0", or NULL when it does not exist. */
struct storage *volume_storage(const struct world *world, const char *volid);

/* What lies at `volid`, seen from `node`; NULL when nothing does. */
struct volume *volume_find(const struct world *world, const char *node,
			   const char *volid);

/* The next free name for a disk of a guest. `base`: volid of the base for a linked clone. */
char *volume_disk_name(struct arena *arena, const struct world *world,
		       const struct storage *storage, const char *node, unsigned vmid,
		       const char *format, const char *base);
char *volume_cloudinit_name(struct arena *arena, const struct storage *storage,
			    unsigned vmid, const char *format);

struct volume *volume_add(struct world *world, const struct storage *storage,
			  const char *node, const char *volid, unsigned vmid,
			  uint64_t size, const char *content, const char *format,
			  const char *parent);
void volume_remove(struct world *world, const char *node, const char *volid);
void volume_destroy(struct volume *volume);

/* Of the disk that it holds: more than the file when it is sparse. */
static inline uint64_t volume_disk_size(const struct volume *volume)
{
	return volume->inside ? volume->inside : volume->size;
}

/* Is it the base of a linked clone? */
bool volume_in_use(const struct world *world, const char *volid);
bool volume_is_base(const char *volid);

/*
 * Can the storage do it with the volume, or with a snapshot of it: "snapshot", "clone" (linked)
 * or "copy"? PVE: volume_has_feature of the storage plugins.
 */
bool volume_can(const struct world *world, enum guest_type type, const char *volid,
		const char *feature, bool of_snapshot);

/* The guest that owns it by name: "x:base-9000-disk-0/vm-100-disk-0" is of 100; 0: none. */
unsigned volume_owner(const char *volid);

/* The same, where the volume that lies there knows better. */
unsigned volume_owner_on(const struct world *world, const char *node, const char *volid);

/* "iso" of "local:iso/x.iso"; disks are images, also those of containers. */
const char *volume_kind(const char *volid);

/*
 * The checksum of its contents. Contents are not kept: unless the sum is among the facts it is
 * one of the name, always the same.
 */
const char *volume_sum(struct arena *arena, const struct volume *volume,
		       const char *algorithm);

/* The checksum of `data`, in hex; `algorithm`: "sha256" ... */
char *volume_new_sum(struct arena *arena, const char *algorithm, const void *data,
		     size_t len);

/* Marked so that neither pruning nor a DELETE takes it. */
bool volume_is_protected(const struct volume *volume);
