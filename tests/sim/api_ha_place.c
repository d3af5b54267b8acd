/*
 * Where HA puts guests: groups in PVE 8, rules in 9. PVE: PVE::API2::HA::Groups,
 * PVE::API2::HA::Rules.
 */
#include "api.h"
#include "base/text.h"
#include "ha.h"
#include "props.h"

#include <string.h>

/* One entry of "groups" or "rules" with its name; flags are numbers. */
static json_t *shown(struct call *call, const char *key, const char *name,
		     const json_t *entry)
{
	static const char *const flags[] = { "restricted", "nofailback", "strict",
					     "disable", NULL };
	json_t *out = json_copy((json_t *)(uintptr_t)entry);

	for (size_t i = 0; flags[i]; i++)
		if (props_get(out, flags[i]))
			json_object_set_new(
				out, flags[i],
				json_integer(props_true(props_get(out, flags[i]))));
	props_set(out, key, name);
	props_set(out, "digest",
		  ha_digest(call->arena, call->world,
			    arena_printf(call->arena, "%ss", key)));
	return out;
}

static void take(struct call *call, json_t *entry)
{
	static const char *const keys[] = { "nodes",   "restricted", "nofailback",
					    "comment", "type",       "resources",
					    "strict",  "affinity",   "disable",
					    NULL };

	for (size_t i = 0; keys[i]; i++)
		if (param(call, keys[i]))
			props_set(entry, keys[i], param(call, keys[i]));
	world_touch(call->world);
}

static void forget_keys(struct call *call, json_t *entry)
{
	char **names;
	size_t count =
		param(call, "delete")
			? str_split(call->arena, param(call, "delete"), ",; ", &names)
			: 0;

	for (size_t i = 0; i < count; i++)
		json_object_del(entry, names[i]);
}

/* --- groups --- */

/* Once every node runs 9 they are rules. */
static bool has_groups(struct call *call, const char *verb)
{
	if (call->world->pve < 9)
		return true;
	refuse(call, 500, "cannot %s: ha groups have been migrated to rules", verb);
	return false;
}

static json_t *group(struct call *call, const char *prefix)
{
	const char *name = param(call, "group");
	json_t *entry = json_object_get(ha_part(call->world, "groups"), name);

	if (!entry)
		refuse(call, 500, "%sno such ha group '%s'", prefix, name);
	return entry;
}

static void group_list(struct call *call)
{
	json_t *out, *entry;
	const char *name;

	if (!has_groups(call, "index groups"))
		return;
	out = json_array();
	json_object_foreach (ha_part(call->world, "groups"), name, entry)
		json_array_append_new(out, shown(call, "group", name, entry));
	reply(call, out);
}

static void group_show(struct call *call)
{
	const json_t *entry = has_groups(call, "read group") ? group(call, "") : NULL;

	if (entry)
		reply(call, shown(call, "group", param(call, "group"), entry));
}

static void group_create(struct call *call)
{
	json_t *groups = ha_part(call->world, "groups"), *entry;

	if (!has_groups(call, "create group") || !call_quorate(call))
		return;
	if (json_object_get(groups, param(call, "group"))) {
		refuse(call, 500,
		       "create ha group failed: ha group ID '%s' already defined",
		       param(call, "group"));
		return;
	}
	entry = json_pack("{s:s}", "type", "group");
	json_object_set_new(groups, param(call, "group"), entry);
	take(call, entry);
	reply(call, json_null());
}

static void group_update(struct call *call)
{
	json_t *entry;

	if (!has_groups(call, "update group") || !call_quorate(call) ||
	    !call_ha_same(call, "groups", "update ha group"))
		return;
	entry = group(call, "update ha group failed: ");
	if (!entry)
		return;
	forget_keys(call, entry);
	take(call, entry);
	reply(call, json_null());
}

static void group_drop(struct call *call)
{
	const char *name = param(call, "group"), *sid;
	json_t *resource;

	if (!has_groups(call, "delete group") || !call_quorate(call) || !group(call, ""))
		return;
	json_object_foreach (ha_part(call->world, "resources"), sid, resource)
		if (str_equal(props_get(resource, "group"), name)) {
			refuse(call, 500,
			       "delete group failed: ha group '%s' is used by service "
			       "'%s'",
			       name, sid);
			return;
		}
	json_object_del(ha_part(call->world, "groups"), name);
	world_touch(call->world);
	reply(call, json_null());
}

/* --- rules --- */

static json_t *rule(struct call *call)
{
	const char *name = param(call, "rule");
	json_t *entry = json_object_get(ha_part(call->world, "rules"), name);

	if (!entry)
		refuse(call, 500, "no such ha rule '%s'", name);
	return entry;
}

static void rule_list(struct call *call)
{
	const char *type = param(call, "type"), *resource = param(call, "resource");
	json_t *out = json_array(), *entry;
	const char *name;

	json_object_foreach (ha_part(call->world, "rules"), name, entry) {
		const char *list = props_get(entry, "resources");

		if ((type && !str_equal(props_get(entry, "type"), type)) ||
		    (resource && !strstr(list, resource)))
			continue;
		json_array_append_new(out, shown(call, "rule", name, entry));
	}
	reply(call, out);
}

static void rule_show(struct call *call)
{
	const json_t *entry = rule(call);

	if (entry)
		reply(call, shown(call, "rule", param(call, "rule"), entry));
}

/* A rule is about resources that HA knows. */
static bool check_resources(struct call *call, const char *doing)
{
	char **sids;
	size_t count =
		param(call, "resources")
			? str_split(call->arena, param(call, "resources"), ",; ", &sids)
			: 0;

	for (size_t i = 0; i < count; i++)
		if (!json_object_get(ha_part(call->world, "resources"), sids[i])) {
			refuse(call, 500,
			       "%s failed: cannot use unmanaged resource(s) %s.", doing,
			       sids[i]);
			return false;
		}
	return true;
}

/* Each type has keys of its own. */
static bool check_type(struct call *call)
{
	bool nodes = str_equal(param(call, "type"), "node-affinity");
	const char *key = nodes ? "nodes" : "affinity";

	if (!param(call, "resources"))
		bad_param(call, "resources",
			  "property is missing and it is not optional");
	else if (!param(call, key))
		bad_param(call, key, "property is missing and it is not optional");
	else
		return true;
	return false;
}

static void rule_create(struct call *call)
{
	json_t *rules = ha_part(call->world, "rules"), *entry;

	if (!call_quorate(call) || !check_type(call))
		return;
	if (json_object_get(rules, param(call, "rule"))) {
		refuse(call, 500, "create ha rule failed: HA rule '%s' already defined",
		       param(call, "rule"));
		return;
	}
	if (!check_resources(call, "create ha rule"))
		return;
	entry = json_object();
	json_object_set_new(rules, param(call, "rule"), entry);
	take(call, entry);
	reply(call, json_null());
}

static void rule_update(struct call *call)
{
	json_t *entry;

	if (!call_quorate(call) || !call_ha_same(call, "rules", "update HA rules"))
		return;
	entry = json_object_get(ha_part(call->world, "rules"), param(call, "rule"));
	if (!entry)
		refuse(call, 500, "update HA rules failed: HA rule '%s' does not exist",
		       param(call, "rule"));
	if (!entry || !check_resources(call, "update HA rules"))
		return;
	forget_keys(call, entry);
	take(call, entry);
	reply(call, json_null());
}

static void rule_drop(struct call *call)
{
	if (!call_quorate(call) || !rule(call))
		return;
	json_object_del(ha_part(call->world, "rules"), param(call, "rule"));
	world_touch(call->world);
	reply(call, json_null());
}

#define GROUP                                                         \
	{                                                             \
		"group", SCHEMA_STRING, 0, .format = format_config_id \
	}
#define RULE                                                         \
	{                                                            \
		"rule", SCHEMA_STRING, 0, .format = format_config_id \
	}
#define COMMENT                                                               \
	{                                                                     \
		"comment", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 4096 \
	}
#define FLAG(word)                                    \
	{                                             \
		word, SCHEMA_BOOLEAN, SCHEMA_OPTIONAL \
	}
#define TYPES "node-affinity, resource-affinity"

static const struct schema group_params[] = { GROUP, { NULL } };
static const struct schema group_create_params[] = {
	GROUP,
	COMMENT,
	{ "nodes", SCHEMA_STRING, 0 },
	FLAG("nofailback"),
	FLAG("restricted"),
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "group" },
	{ NULL },
};
static const struct schema change_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .max_length = 4096 },
	{ "digest", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 64 },
	{ NULL },
};
static const struct schema group_update_params[] = {
	GROUP,
	COMMENT,
	{ "nodes", SCHEMA_STRING, SCHEMA_OPTIONAL },
	FLAG("nofailback"),
	FLAG("restricted"),
	{ NULL },
};
static const struct schema rule_params[] = { RULE, { NULL } };
static const struct schema rule_list_params[] = {
	{ "resource", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = TYPES },
	{ NULL },
};
static const struct schema rule_create_params[] = {
	{ "affinity", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "positive, negative" },
	COMMENT,
	FLAG("disable"),
	{ "nodes", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "resources", SCHEMA_STRING, SCHEMA_OPTIONAL },
	RULE,
	FLAG("strict"),
	{ "type", SCHEMA_STRING, 0, .values = TYPES },
	{ NULL },
};

/* clang-format off */
#define GROUPS "/cluster/ha/groups"
#define RULES  "/cluster/ha/rules"
#define READS  "/", "Sys.Audit"
#define WRITES "/", "Sys.Console"

const struct row ha_place_rows[] = {
	{ "GET", GROUPS, 0, READS, { { NULL } }, group_list, 0.005 },
	{ "POST", GROUPS, ROW_PROTECTED, WRITES, { { group_create_params } },
	  group_create, 0.02 },
	{ "GET", GROUPS "/{group}", 0, READS, { { group_params } }, group_show, 0.005 },
	{ "PUT", GROUPS "/{group}", ROW_PROTECTED, WRITES,
	  { { group_update_params, change_params } }, group_update, 0.02 },
	{ "DELETE", GROUPS "/{group}", ROW_PROTECTED, WRITES, { { group_params } },
	  group_drop, 0.02 },
	{ "GET", RULES, ROW_FROM_9, READS, { { rule_list_params } }, rule_list, 0.005 },
	{ "POST", RULES, ROW_PROTECTED | ROW_FROM_9, WRITES, { { rule_create_params } },
	  rule_create, 0.02 },
	{ "GET", RULES "/{rule}", ROW_FROM_9, READS, { { rule_params } }, rule_show,
	  0.005 },
	{ "PUT", RULES "/{rule}", ROW_PROTECTED | ROW_FROM_9, WRITES,
	  { { rule_create_params, change_params } }, rule_update, 0.02 },
	{ "DELETE", RULES "/{rule}", ROW_PROTECTED | ROW_FROM_9, WRITES,
	  { { rule_params } }, rule_drop, 0.02 },
	{ NULL },
};
/* clang-format on */
