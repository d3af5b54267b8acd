/*
 * Guests and storages as pvestatd last saw them: what /cluster/resources and pools show.
 * PVE: PVE::API2Tools extract_vm_stats, extract_storage_stats.
 */
#pragma once

#include "base/arena.h"
#include "world.h"

json_t *resource_guest(struct arena *arena, const struct world *world,
		       const struct guest *guest);
json_t *resource_storage(struct arena *arena, const struct world *world,
			 const struct storage *storage, const struct node *node);
