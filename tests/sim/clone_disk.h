/*
 * The disks of a clone, copied one by one. PVE: PVE::QemuServer clone_disk, PVE::LXC
 * copy_volume.
 *
 * The task's arguments say how far it is: "config" is the clone's with the disks it has,
 * "disks" names those that are missing; of the one that is being copied, "value" is what
 * goes into the config, "volid" the new volume, "from" the old one, "size" its bytes.
 */
#pragma once

#include "guest.h"
#include "task.h"

/* What is cloned: the config of now, or a snapshot's; NULL: that is gone. */
const json_t *clone_original(const struct task *task, const struct guest *source);

/* From a config that has no disks yet, which is taken. */
void clone_begin(struct task *task, const struct guest *source, json_t *config);

/* The disk that was begun in the last step is in the config now; false: none was. */
bool clone_disk_done(struct task *task);

/* True: all disks are there; else the next one has been begun, or the task has failed. */
bool clone_disk_next(struct world *world, struct task *task, const struct guest *source);

/* Remove a disk that was begun, and is not in the config yet. */
void clone_disk_drop(struct world *world, struct task *task, const struct guest *guest);
