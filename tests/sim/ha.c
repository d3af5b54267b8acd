#include "ha.h"

#include "base/text.h"
#include "guest.h"
#include "props.h"
#include "volume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *ha_part(struct world *world, const char *name)
{
	if (!json_object_get(world->ha, name))
		json_object_set_new(world->ha, name, json_object());
	return json_object_get(world->ha, name);
}

static const json_t *part(const struct world *world, const char *name, const char *key)
{
	return json_object_get(json_object_get(world->ha, name), key);
}

char *ha_digest(struct arena *arena, struct world *world, const char *name)
{
	char *text = json_dumps(ha_part(world, name), JSON_COMPACT | JSON_SORT_KEYS);
	char *out = volume_new_sum(arena, "sha1", text, strlen(text));

	free(text);
	return out;
}

char *ha_sid(struct arena *arena, const struct guest *guest)
{
	return arena_printf(arena, "%s:%u", guest->type == GUEST_LXC ? "ct" : "vm",
			    guest->vmid);
}

struct guest *ha_guest(const struct world *world, const char *sid)
{
	return world_guest(world, (unsigned)strtoul(sid + 3, NULL, 10));
}

static const char *wanted(const struct world *world, const char *sid)
{
	const json_t *resource = part(world, "resources", sid);
	const char *state = props_get(resource, "state");

	if (!resource)
		return NULL;
	return state && strcmp(state, "enabled") != 0 ? state : "started";
}

bool ha_managed(const struct world *world, const struct guest *guest)
{
	char sid[32];
	const char *state;

	snprintf(sid, sizeof(sid), "%s:%u", guest->type == GUEST_LXC ? "ct" : "vm",
		 guest->vmid);
	state = wanted(world, sid);
	return state && strcmp(state, "ignored") != 0;
}

/* PVE: PVE::HA::Tools get_verbose_service_state. */
const char *ha_state(const struct world *world, const char *sid)
{
	const json_t *service = part(world, "services", sid);
	const char *state = props_get(service, "state"), *want = wanted(world, sid);
	const struct guest *guest = ha_guest(world, sid);

	if (!want)
		return service ? "deleting" : NULL;
	if (!strcmp(want, "ignored"))
		return "ignored";
	if (!guest)
		return "not found";
	if (!service)
		return "queued";
	if (!strcmp(state, "started") && !guest->running)
		return "starting";
	if (!strcmp(state, "request_stop"))
		return "stopping";
	if (!strcmp(state, "stopped") && !strcmp(want, "disabled"))
		return "disabled";
	return state;
}

const char *ha_refused(struct arena *arena, const struct world *world, const char *sid)
{
	const json_t *service = part(world, "services", sid);

	if (!str_equal(props_get(service, "state"), "error"))
		return NULL;
	return arena_printf(
		arena, "service '%s' in error state, must be disabled and fixed first",
		sid);
}

void ha_command(struct world *world, const char *sid, const char *command,
		const char *detail)
{
	json_object_set_new(ha_part(world, "commands"), sid,
			    json_pack("{s:s, s:s}", "do", command, "detail", detail));
	world_touch(world);
}

/* "a:1,b" without one of its parts. */
static char *without(struct arena *arena, const char *list, const char *gone)
{
	struct text out;
	char **parts;
	size_t count = str_split(arena, list, ", ;", &parts);

	text_init(&out, arena);
	for (size_t i = 0; i < count; i++)
		if (strcmp(parts[i], gone) != 0)
			text_addf(&out, "%s%s", out.len ? "," : "", parts[i]);
	return arena_strdup(arena, text_str(&out));
}

void ha_forget(struct world *world, const char *sid)
{
	struct arena *arena = arena_create();
	json_t *rules = ha_part(world, "rules"), *kept = json_object(), *rule;
	const char *name;

	json_object_del(ha_part(world, "resources"), sid);
	json_object_foreach (rules, name, rule) {
		char *left = without(arena, props_get(rule, "resources"), sid);

		props_set(rule, "resources", left);
		if (*left) /* a rule about nobody goes as well */
			json_object_set(kept, name, rule);
	}
	json_object_set_new(world->ha, "rules", kept);
	world_touch(world);
	arena_destroy(arena);
}

/* --- where a service belongs --- */

static bool listed(struct arena *arena, const char *list, const char *name)
{
	char **parts;
	size_t count = list ? str_split(arena, list, ", ;", &parts) : 0;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(parts[i], name))
			return true;
	return false;
}

/* The priority of a node in "pve01:2,pve02"; -1: it is not there. */
static int priority(struct arena *arena, const char *nodes, const char *node)
{
	char **parts;
	size_t count = str_split(arena, nodes, ", ;", &parts);

	for (size_t i = 0; i < count; i++) {
		size_t len = strcspn(parts[i], ":");

		if (strlen(node) == len && !strncmp(parts[i], node, len))
			return parts[i][len] ? atoi(parts[i] + len + 1) : 0;
	}
	return -1;
}

/* The nodes that a group (8) or a rule (9) prefers; `strict`: no others. */
static const char *preferred(struct arena *arena, const struct world *world,
			     const char *sid, bool *strict)
{
	const char *group = props_get(part(world, "resources", sid), "group"), *name;
	const json_t *at = group ? part(world, "groups", group) : NULL;
	json_t *rule;

	if (at) {
		*strict = props_true(props_get(at, "restricted"));
		return props_get(at, "nodes");
	}
	json_object_foreach (json_object_get(world->ha, "rules"), name, rule) {
		if (!str_equal(props_get(rule, "type"), "node-affinity") ||
		    props_true(props_get(rule, "disable")) ||
		    !listed(arena, props_get(rule, "resources"), sid))
			continue;
		*strict = props_true(props_get(rule, "strict"));
		return props_get(rule, "nodes");
	}
	return NULL;
}

/* Where a service is, or is on its way to. */
static const char *place_of(const json_t *service)
{
	const char *state = props_get(service, "state");

	return !strcmp(state, "migrate") || !strcmp(state, "relocate")
		       ? props_get(service, "target")
		       : props_get(service, "node");
}

/* Does it have to keep away from what is on the node, or to be with what is elsewhere? */
static bool unwelcome(struct arena *arena, const struct world *world, const char *sid,
		      const char *node)
{
	const char *name, *other;
	json_t *rule, *service;

	json_object_foreach (json_object_get(world->ha, "rules"), name, rule) {
		const char *list = props_get(rule, "resources");
		bool apart = str_equal(props_get(rule, "affinity"), "negative");

		if (!str_equal(props_get(rule, "type"), "resource-affinity") ||
		    props_true(props_get(rule, "disable")) || !listed(arena, list, sid))
			continue;
		json_object_foreach (json_object_get(world->ha, "services"), other,
				     service) {
			bool here = str_equal(place_of(service), node);

			if (strcmp(other, sid) != 0 && listed(arena, list, other) &&
			    here == apart)
				return true;
		}
	}
	return false;
}

static unsigned load_of(const struct world *world, const char *node)
{
	unsigned count = 0;

	for (size_t i = 0; i < world->guest_count; i++)
		count += world->guests[i]->running &&
			 !strcmp(world->guests[i]->node, node);
	return count;
}

/* Higher is better; -1: not there. A node in use is as good as a better one. */
static int grade(struct arena *arena, const struct world *world, const char *sid,
		 const struct node *node)
{
	bool strict = false;
	const char *nodes = preferred(arena, world, sid, &strict);
	int rank = nodes ? priority(arena, nodes, node->name) : 0;

	if (!node->online || (rank < 0 && strict) ||
	    unwelcome(arena, world, sid, node->name))
		return -1;
	return rank + 1;
}

static bool stays(const struct world *world, const char *sid)
{
	const json_t *resource = part(world, "resources", sid);
	const char *group = props_get(resource, "group");
	const char *failback = props_get(resource, "failback");

	return (group &&
		props_true(props_get(part(world, "groups", group), "nofailback"))) ||
	       (failback && !props_true(failback));
}

const char *ha_choose(const struct world *world, const char *sid, const char *now)
{
	struct arena *arena = arena_create();
	const struct node *best = NULL;
	int best_grade = -1;

	for (size_t i = 0; i < world->node_count; i++) {
		const struct node *node = &world->nodes[i];
		int is = grade(arena, world, sid, node);

		if (is < 0)
			continue;
		if (!strcmp(node->name, now) && stays(world, sid)) {
			best = node;
			break;
		}
		if (!best || is > best_grade ||
		    (is == best_grade && strcmp(best->name, now) != 0 &&
		     (!strcmp(node->name, now) ||
		      load_of(world, node->name) < load_of(world, best->name)))) {
			best = node;
			best_grade = is;
		}
	}
	arena_destroy(arena);
	return best ? best->name : NULL;
}

const char *ha_master(const struct world *world)
{
	for (size_t i = 0; i < world->node_count; i++)
		if (world->nodes[i].online)
			return world->nodes[i].name;
	return world->nodes[0].name;
}

double ha_next(const struct world *world)
{
	if (!json_object_size(json_object_get(world->ha, "resources")) &&
	    !json_object_size(json_object_get(world->ha, "services")))
		return INFINITY;
	return json_number_value(json_object_get(world->ha, "next"));
}
