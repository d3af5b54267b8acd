/* What the calls about a whole cluster say. Pure. */
#pragma once

#include "reconcile/guest.h"

#include <jansson.h>

/*
 * Its name, nodes and quorum. A lone node has no cluster entry: then its own name is the
 * cluster's, and it is quorate. (pve-manager PVE/API2/Cluster.pm get_status)
 */
bool overview_status(struct cluster_state *out, struct arena *arena, const json_t *data,
		     struct error *err);

/*
 * All guests, without their configs. An entry that is not understood spoils the whole
 * list: a guest left out would look like one that is gone. (pve-manager
 * PVE/API2/Cluster.pm resources)
 */
bool overview_guests(struct cluster_state *out, struct arena *arena, const json_t *data,
		     struct error *err);

/*
 * What nodes have left, and the storages, of a list that was asked for everything.
 * Entries that are not understood are passed over: nothing is removed on their account.
 * Nodes must be known already. (pve-manager PVE/API2Tools.pm extract_node_stats,
 * extract_storage_stats)
 */
void overview_room(struct cluster_state *out, struct arena *arena, const json_t *data);

/*
 * Which nodes are in maintenance. (pve-ha-manager PVE/API2/HA/Status.pm status: an LRM
 * whose mode is not `active` is shown as "pve01 (maintenance mode, <time>)")
 */
void overview_maintenance(struct cluster_state *out, const json_t *data);

/* mac_prefix and the range of VMIDs. (PVE/API2/Cluster.pm get_options; the default range
 * is that of nextid) */
void overview_options(struct cluster_state *out, struct arena *arena, const json_t *data);

/* "9.1" -> 9. (pve-manager PVE/API2.pm version) */
bool overview_release(struct cluster_state *out, const json_t *data, struct error *err);

/* Whether it runs, and its lock. (qemu-server PVE/API2/Qemu.pm vm_status; pve-container
 * PVE/API2/LXC/Status.pm vm_status) */
void overview_power(struct observed *out, struct arena *arena, const json_t *data);

/*
 * The addresses that a guest has by itself, on the first of its cards that asks for them
 * (or its first card): one that is routable, of each family. (qemu-server
 * PVE/API2/Qemu/Agent.pm network-get-interfaces; pve-container PVE/API2/LXC.pm ip)
 */
void overview_addresses(struct observed *out, struct arena *arena, const json_t *data);

bool cluster_node_online(const struct cluster_state *cluster, const char *node);
