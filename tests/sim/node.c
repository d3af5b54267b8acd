#include "node.h"

#include "base/text.h"
#include "props.h"

#include <stdio.h>
#include <string.h>

#define PENDING "interfaces.new"

json_t *node_setting(struct node *node, const char *part)
{
	json_t *found = json_object_get(node->settings, part);

	if (found)
		return found;
	found = json_object();
	json_object_set_new(node->settings, part, found);
	return found;
}

/* The installer's first bridge has the address of the node. */
static json_t *first_bridge(const struct node *node)
{
	char cidr[64], gateway[64];
	int net = (int)(strrchr(node->ip, '.') ? strrchr(node->ip, '.') - node->ip : 0);

	snprintf(cidr, sizeof(cidr), "%s/24", node->ip);
	snprintf(gateway, sizeof(gateway), "%.*s.1", net, node->ip);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "type", "bridge", "method",
			 "static", "address", node->ip, "netmask", "24", "cidr", cidr,
			 "gateway", gateway);
}

static json_t *interfaces_of(const struct node *node)
{
	json_t *out = json_object();
	const json_t *bridge;
	size_t i;

	json_array_foreach (node->bridges, i, bridge) {
		json_t *entry =
			i ? json_pack("{s:s, s:s}", "type", "bridge", "method", "manual")
			  : first_bridge(node);

		props_set(entry, "method6", "manual");
		props_set(entry, "bridge_ports", "");
		props_set(entry, "bridge_stp", "off");
		props_set(entry, "bridge_fd", "0");
		props_set(entry, "autostart", "1");
		json_object_set_new(out, json_string_value(bridge), entry);
	}
	return out;
}

json_t *node_interfaces(struct node *node, bool pending)
{
	json_t *found = pending ? json_object_get(node->settings, PENDING) : NULL;

	if (found)
		return found;
	found = json_object_get(node->settings, "interfaces");
	if (found)
		return found;
	found = interfaces_of(node);
	json_object_set_new(node->settings, "interfaces", found);
	return found;
}

void node_apply_interfaces(struct world *world, struct node *node)
{
	json_t *fresh = json_object_get(node->settings, PENDING), *entry;
	const char *name;

	if (!fresh)
		return;
	json_object_set(node->settings, "interfaces", fresh);
	json_object_del(node->settings, PENDING);
	json_array_clear(node->bridges);
	json_object_foreach (node_interfaces(node, false), name, entry)
		if (str_ends(props_get(entry, "type"), "ridge"))
			json_array_append_new(node->bridges, json_string(name));
	world_touch(world);
}

void node_revert_interfaces(struct world *world, struct node *node)
{
	json_object_del(node->settings, PENDING);
	world_touch(world);
}
