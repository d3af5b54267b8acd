/*
 * The memory of a VM as a volume: what a snapshot with RAM and a suspend to disk leave behind.
 * PVE: PVE::QemuConfig __snapshot_save_vmstate, PVE::QemuServer find_vmstate_storage.
 */
#pragma once

#include "base/arena.h"
#include "task.h"
#include "world.h"

/* Where the state would go if nobody names a storage. */
const char *vmstate_storage(const struct world *world, const struct guest *guest);

/*
 * Make room for the state under `name` and note it in `section` (the config, or a snapshot),
 * with the machine that can read it. False: the task has failed.
 */
bool vmstate_make(struct world *world, struct task *task, struct guest *guest,
		  const char *storage, const char *name, json_t *section);

/* Seconds that writing the memory takes. */
double vmstate_seconds(struct world *world, const struct guest *guest,
		       const json_t *section);

/* The volume and its options go. */
void vmstate_drop(struct world *world, struct guest *guest, json_t *section);
