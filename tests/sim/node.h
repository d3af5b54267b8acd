/* How a node is set up: what lies in its /etc. */
#pragma once

#include "world.h"

/* A part of its settings, as an object to read or to change: "dns", "config", "time". */
json_t *node_setting(struct node *node, const char *part);

/*
 * The interfaces of its /etc/network/interfaces, name to keys; `pending`: of the file that
 * is written but not in force, when there is one.
 */
json_t *node_interfaces(struct node *node, bool pending);

/* The pending file comes into force, or is thrown away. */
void node_apply_interfaces(struct world *world, struct node *node);
void node_revert_interfaces(struct world *world, struct node *node);
