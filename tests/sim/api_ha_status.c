/* How HA fares. PVE: PVE::API2::HA::Status. */
#include "api.h"
#include "base/text.h"
#include "guest.h"
#include "ha.h"
#include "props.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* As `ctime` prints it, without the line feed. */
static const char *stamp(struct call *call)
{
	time_t now = (time_t)call->world->now;
	char text[64];
	struct tm day;

	gmtime_r(&now, &day);
	strftime(text, sizeof(text), "%a %b %e %H:%M:%S %Y", &day);
	return arena_strdup(call->arena, text);
}

/* Nothing runs until the first resource is there. */
static bool is_active(const struct world *world)
{
	for (size_t i = 0; i < world->node_count; i++)
		if (world->nodes[i]
			    .maintenance) /* (ha-manager crm-command makes it run) */
			return true;
	return json_object_size(json_object_get(world->ha, "services")) > 0;
}

static void put_services(struct call *call, json_t *list)
{
	struct world *world = call->world;
	json_t *resource;
	const char *sid;

	json_object_foreach (ha_part(world, "resources"), sid, resource) {
		const json_t *service = json_object_get(ha_part(world, "services"), sid);
		const struct guest *guest = ha_guest(world, sid);
		const char *state = ha_state(world, sid);
		const char *node = guest ? guest->node : "";
		const char *restarts = props_get(resource, "max_restart");
		const char *moves = props_get(resource, "max_relocate");
		json_t *out = json_pack(
			"{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "id",
			arena_printf(call->arena, "service:%s", sid), "type", "service",
			"sid", sid, "node", node, "state", state, "status",
			arena_printf(call->arena, "%s (%s, %s)", sid, node, state),
			"request_state", props_get(resource, "state"), "max_restart",
			restarts ? atoi(restarts) : 1, "max_relocate",
			moves ? atoi(moves) : 1);

		if (service)
			props_set(out, "crm_state", props_get(service, "state"));
		if (props_get(resource, "group"))
			props_set(out, "group", props_get(resource, "group"));
		if (props_get(resource, "comment"))
			props_set(out, "comment", props_get(resource, "comment"));
		json_array_append_new(list, out);
	}
}

/* PVE: PVE::API2::HA::Status: a mode other than `active` is told before the state. */
static const char *lrm_status(const struct node *node)
{
	if (!node->online)
		return "old timestamp - dead?";
	return node->maintenance ? "maintenance mode" : "active";
}

static void put_managers(struct call *call, json_t *list)
{
	const struct world *world = call->world;
	const char *master = ha_master(world);

	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:I}", "id", "master",
					      "type", "master", "node", master, "status",
					      arena_printf(call->arena, "%s (active, %s)",
							   master, stamp(call)),
					      "timestamp", (json_int_t)world->now));
	for (size_t i = 0; i < world->node_count; i++) {
		const struct node *node = &world->nodes[i];

		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:I}", "id",
				  arena_printf(call->arena, "lrm:%s", node->name), "type",
				  "lrm", "node", node->name, "status",
				  arena_printf(call->arena, "%s (%s, %s)", node->name,
					       lrm_status(node), stamp(call)),
				  "timestamp", (json_int_t)world->now));
	}
}

static void current(struct call *call)
{
	const struct world *world = call->world;
	const char *here = world->nodes[0].name;
	bool active = is_active(world);
	json_t *list = json_pack("[{s:s, s:s, s:s, s:s, s:i}]", "id", "quorum", "type",
				 "quorum", "node", here, "status",
				 world->quorate ? "OK" : "No quorum on node!", "quorate",
				 world->quorate);

	if (world->pve >= 9)
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", "fencing",
					"type", "fencing", "node", here, "armed-state",
					active ? "armed" : "standby", "status",
					active ? "armed (CRM watchdog active)"
					       : "standby (CRM watchdog standby)"));
	if (active)
		put_managers(call, list);
	put_services(call, list);
	reply(call, list);
}

static void manager(struct call *call)
{
	struct world *world = call->world;
	json_t *nodes = json_object(), *local = json_object(), *services = json_object();
	const char *sid;
	json_t *service;

	for (size_t i = 0; i < world->node_count; i++) {
		const struct node *node = &world->nodes[i];

		props_set(nodes, node->name,
			  !node->online       ? "unknown"
			  : node->maintenance ? "maintenance"
					      : "online");
		json_object_set_new(
			local, node->name,
			json_pack("{s:s, s:s, s:I, s:{}}", "mode",
				  node->maintenance ? "maintenance" : "active", "state",
				  "active", "timestamp", (json_int_t)world->now,
				  "results"));
	}
	json_object_foreach (ha_part(world, "services"), sid, service)
		json_object_set_new(services, sid,
				    json_pack("{s:s, s:s}", "state",
					      props_get(service, "state"), "node",
					      props_get(service, "node")));
	reply(call,
	      json_pack("{s:{s:s, s:o, s:o, s:I}, s:{s:s, s:s}, s:o}", "manager_status",
			"master_node", ha_master(world), "node_status", nodes,
			"service_status", services, "timestamp", (json_int_t)world->now,
			"quorum", "node", world->nodes[0].name, "quorate",
			world->quorate ? "1" : "0", "lrm_status", local));
}

const struct row ha_status_rows[] = {
	{ "GET",
	  "/cluster/ha/status/current",
	  0,
	  "/",
	  "Sys.Audit",
	  { { NULL } },
	  current,
	  0.01 },
	{ "GET",
	  "/cluster/ha/status/manager_status",
	  0,
	  "/",
	  "Sys.Audit",
	  { { NULL } },
	  manager,
	  0.01 },
	{ NULL },
};
