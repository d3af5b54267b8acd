#include "sdn.h"

#include "base/text.h"
#include "node.h"
#include "props.h"

#include <string.h>

static const char *const sections[] = { "zones", "vnets", "subnets" };

static json_t *part(json_t *of, const char *name)
{
	json_t *found = json_object_get(of, name);

	if (!found) {
		found = json_object();
		json_object_set_new(of, name, found);
	}
	return found;
}

json_t *sdn_written(struct world *world, enum sdn_kind kind)
{
	return part(part(world->sdn, "written"), sections[kind]);
}

json_t *sdn_running(struct world *world, enum sdn_kind kind)
{
	return part(part(world->sdn, "running"), sections[kind]);
}

const char *sdn_state(struct world *world, enum sdn_kind kind, const char *id)
{
	const json_t *written = json_object_get(sdn_written(world, kind), id);
	const json_t *running = json_object_get(sdn_running(world, kind), id);

	if (!running)
		return "new";
	if (!written)
		return "deleted";
	return json_equal(written, running) ? NULL : "changed";
}

bool sdn_is_pending(struct world *world)
{
	for (enum sdn_kind kind = SDN_ZONE; kind <= SDN_SUBNET; kind++)
		if (!json_equal(sdn_written(world, kind), sdn_running(world, kind)))
			return true;
	return false;
}

static json_int_t version(const struct world *world)
{
	return json_integer_value(json_object_get(world->sdn, "version"));
}

void sdn_commit(struct world *world)
{
	json_object_set_new(world->sdn, "running",
			    json_deep_copy(part(world->sdn, "written")));
	json_object_set_new(world->sdn, "version", json_integer(version(world) + 1));
	world_touch(world);
}

void sdn_rollback(struct world *world)
{
	json_object_set_new(world->sdn, "written",
			    json_deep_copy(part(world->sdn, "running")));
	world_touch(world);
}

void sdn_reloaded(struct world *world, struct node *node)
{
	if (!version(world))
		return;
	json_object_set_new(node_setting(node, "sdn"), "version",
			    json_integer(version(world)));
	world_touch(world);
}

bool sdn_is_loaded(const struct world *world, const struct node *node)
{
	const json_t *sdn = json_object_get(node->settings, "sdn");

	return json_integer_value(json_object_get(sdn, "version")) == version(world);
}

const char *sdn_find(struct world *world, enum sdn_kind kind, const char *key,
		     const char *value)
{
	const char *id;
	json_t *entry;

	json_object_foreach (sdn_written(world, kind), id, entry)
		if (str_equal(props_get(entry, key), value))
			return id;
	return NULL;
}

const char *sdn_zone_of(struct world *world, const char *vnet)
{
	const json_t *found = json_object_get(sdn_written(world, SDN_VNET), vnet);

	if (!found)
		found = json_object_get(sdn_running(world, SDN_VNET), vnet);
	return props_get(found, "zone");
}

/* A zone is on all nodes unless it names some. */
static bool is_on(const json_t *zone, const char *node)
{
	const char *nodes = props_get(zone, "nodes"), *at = nodes;
	size_t len = strlen(node);

	while (at && (at = strstr(at, node)) != NULL) {
		if ((at == nodes || strchr(",; ", at[-1])) &&
		    (!at[len] || strchr(",; ", at[len])))
			return true;
		at += len;
	}
	return !nodes;
}

bool sdn_has_bridge(const struct world *world, const struct node *node, const char *name)
{
	const json_t *running = json_object_get(world->sdn, "running");
	const json_t *vnet = json_object_get(json_object_get(running, "vnets"), name);
	const char *zone = props_get(vnet, "zone");

	return zone && sdn_is_loaded(world, node) &&
	       is_on(json_object_get(json_object_get(running, "zones"), zone),
		     node->name);
}
