/*
 * Which disks of a guest go along when it changes nodes, and what keeps it where it is.
 * PVE: PVE::QemuMigrate scan_local_volumes, PVE::LXC::Migrate,
 * PVE::QemuServer check_storage_availability.
 */
#pragma once

#include "base/arena.h"
#include "task.h"
#include "world.h"

/* Where what lies on `storage` goes: `map` is "1", one storage, "a:b,c:d", or NULL. */
const char *migrate_map(struct arena *arena, const char *map, const char *storage);

/* The first storage that the target node does not have; NULL: all are there. */
const char *migrate_missing(struct arena *arena, const struct world *world,
			    const struct guest *guest, const char *target,
			    const char *map);

/* Why the task ends before anything is copied, or NULL. `local`: with its local disks. */
const char *migrate_blocked(struct arena *arena, const struct world *world,
			    const struct guest *guest, const char *target, bool local);

/* Bytes on storages that the target does not share. */
uint64_t migrate_bytes(const struct world *world, const struct guest *guest);

/* The disks and the config are on the target from now on. */
void migrate_move(struct world *world, struct guest *guest, const char *target,
		  const char *map);
