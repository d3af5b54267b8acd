/*
 * Snapshots in the config file of a guest. PVE: PVE::AbstractConfig __snapshot_prepare,
 * __snapshot_commit, __snapshot_copy_config, __snapshot_apply_config, snapshot_delete.
 */
#pragma once

#include "base/arena.h"
#include "world.h"

/* NULL: there is none of this name. */
json_t *snapshot_find(const struct guest *guest, const char *name);

/* What the snapshot keeps; `name` NULL: the config of now. NULL: there is none of this name. */
const json_t *snapshot_config(const struct guest *guest, const char *name);

/*
 * Can all of its disks do it, those of now or (`name`) those of the snapshot? The features are
 * those of volume_can(). PVE: PVE::QemuConfig has_feature, PVE::LXC::Config has_feature.
 */
bool snapshot_can(const struct world *world, const struct guest *guest, const char *name,
		  const char *feature);

/* Does a snapshot need the volume? PVE: PVE::QemuServer::Drive is_volume_in_use. */
bool snapshot_uses(const struct guest *guest, const char *volid);

/* The config of now as a new section "prepare"; `about` may be NULL. */
json_t *snapshot_add(struct world *world, struct guest *guest, const char *name,
		     const char *about);

/* The config becomes what it was; what was added since is unused or gone. */
void snapshot_apply(struct world *world, struct guest *guest, const char *name);

/* The section goes; who descended from it now descends from its parent. */
void snapshot_remove(struct world *world, struct guest *guest, const char *name);

/* Its options that name a disk, for a job to go through: [option, ...]. */
json_t *snapshot_disks(const struct guest *guest, const json_t *section);
