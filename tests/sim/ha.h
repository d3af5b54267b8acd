/*
 * The HA stack: which guests it manages, and its rounds. PVE: PVE::HA::Config,
 * PVE::HA::Manager, PVE::HA::LRM, PVE::HA::Groups, PVE::HA::Rules.
 *
 * world->ha is JSON, what /etc/pve/ha holds:
 *   resources  {"vm:100": {state, max_restart, max_relocate, group, comment, failback}}
 *   groups     {name: {nodes: "pve01:2,pve02", restricted, nofailback, comment}}; PVE 8
 *   rules      {name: {type, resources, nodes, strict, affinity, disable, comment}}; PVE 9
 *   commands   {"vm:100": {do, detail}}, for the next round
 *   services   what the manager thinks: {"vm:100": {state, node, target, restarts, moves,
 *              timeout, upid, doing}}
 *   away       {node: since when it does not answer}
 *   next       when the next round is due
 */
#pragma once

#include "base/arena.h"
#include "world.h"

/* One of the objects above, made when it is not there yet. */
json_t *ha_part(struct world *world, const char *name);

/* Of the whole part: any entry's change counts. PVE: PVE::SectionConfig parse_config. */
char *ha_digest(struct arena *arena, struct world *world, const char *name);

/* "vm:100" */
char *ha_sid(struct arena *arena, const struct guest *guest);
struct guest *ha_guest(const struct world *world, const char *sid);

/* Configured, and not ignored: calls on it go through HA. */
bool ha_managed(const struct world *world, const struct guest *guest);

/* As lists show it ("started", "queued", "error" ...), or NULL: not managed. */
const char *ha_state(const struct world *world, const char *sid);

/* Why the service takes no requests, or NULL. PVE: check_service_state. */
const char *ha_refused(struct arena *arena, const struct world *world, const char *sid);

/* A command for the next round: "stop" with seconds, "migrate" or "relocate" with a node. */
void ha_command(struct world *world, const char *sid, const char *command,
		const char *detail);

/* The guest is gone: no resource and no rule names it any more. */
void ha_forget(struct world *world, const char *sid);

/* The node that a service belongs on, given where it is; NULL: nowhere. */
const char *ha_choose(const struct world *world, const char *sid, const char *now);

/* The master, as the status shows it. */
const char *ha_master(const struct world *world);

/* When the next round is due; INFINITY: HA has nothing to do. */
double ha_next(const struct world *world);
void ha_round(struct world *world);
