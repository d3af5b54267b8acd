/*
 * Zones, vnets and subnets: what is written, and what is in force since the last apply.
 * PVE: PVE::Network::SDN pending_config, commit_config.
 */
#pragma once

#include "base/arena.h"
#include "world.h"

enum sdn_kind { SDN_ZONE, SDN_VNET, SDN_SUBNET };

/* The written objects of a kind, id to keys. */
json_t *sdn_written(struct world *world, enum sdn_kind kind);

/* ... in force. */
json_t *sdn_running(struct world *world, enum sdn_kind kind);

/* "new", "changed", "deleted", or NULL: as in force. */
const char *sdn_state(struct world *world, enum sdn_kind kind, const char *id);

bool sdn_is_pending(struct world *world);
void sdn_commit(struct world *world);
void sdn_rollback(struct world *world);

/* The networks of a node are made anew: what is in force works there from now on. */
void sdn_reloaded(struct world *world, struct node *node);

/* Does what is in force work on this node? */
bool sdn_is_loaded(const struct world *world, const struct node *node);

/* The first written object of a kind whose `key` is that, or NULL. */
const char *sdn_find(struct world *world, enum sdn_kind kind, const char *key,
		     const char *value);

/* The zone of a vnet, written or in force; NULL: no such vnet. */
const char *sdn_zone_of(struct world *world, const char *vnet);

/* Is it a vnet that guests of the node can be on: in force, and made there? */
bool sdn_has_bridge(const struct world *world, const struct node *node, const char *name);
