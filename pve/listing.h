/* Lists that Proxmox keeps of one guest -> what is in them. Pure. */
#pragma once

#include "reconcile/guest.h"

#include <jansson.h>

/*
 * GET .../snapshot -> out->snapshots. The entry "current" is none, nor is one that is being
 * taken or removed. (pve-guest-common PVE/GuestHelpers.pm snapshot_tree)
 */
void listing_snapshots(struct observed *out, struct arena *arena, const json_t *list);
