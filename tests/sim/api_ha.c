/*
 * What HA manages. PVE: PVE::API2::HA::Resources; the status is PVE::API2::HA::Status.
 */
#include "api.h"
#include "base/text.h"
#include "guest.h"
#include "ha.h"
#include "props.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* "100" is of the guest that has the id; NULL: refused. */
static const char *sid_of(struct call *call)
{
	const char *sid = param(call, "sid");
	const struct guest *guest;

	if (!isdigit((unsigned char)*sid))
		return sid;
	guest = world_guest(call->world, param_number(call, "sid"));
	if (guest)
		return ha_sid(call->arena, guest);
	refuse(call, 500, "unable do add resource - VM/CT %s does not exist", sid);
	return NULL;
}

static json_t *shown(struct call *call, const char *sid, const json_t *resource)
{
	static const char *const numbers[] = { "max_restart", "max_relocate", "failback",
					       NULL };
	json_t *out = json_copy((json_t *)(uintptr_t)resource);

	for (size_t i = 0; numbers[i]; i++)
		if (props_get(out, numbers[i]))
			json_object_set_new(
				out, numbers[i],
				json_integer(atoi(props_get(out, numbers[i]))));
	props_set(out, "sid", sid);
	props_set(out, "type", str_starts(sid, "ct:") ? "ct" : "vm");
	props_set(out, "digest", ha_digest(call->arena, call->world, "resources"));
	return out;
}

static void list(struct call *call)
{
	const char *type = param(call, "type"), *sid;
	json_t *out = json_array(), *resource;

	json_object_foreach (ha_part(call->world, "resources"), sid, resource)
		if (!type || !strncmp(sid, type, 2))
			json_array_append_new(out, shown(call, sid, resource));
	reply(call, out);
}

static json_t *found(struct call *call, const char *sid)
{
	json_t *resource =
		sid ? json_object_get(ha_part(call->world, "resources"), sid) : NULL;

	if (sid && !resource)
		refuse(call, 500, "no such resource '%s'", sid);
	return resource;
}

static void show(struct call *call)
{
	const char *sid = sid_of(call);
	const json_t *resource = found(call, sid);

	if (resource)
		reply(call, shown(call, sid, resource));
}

static bool check_group(struct call *call)
{
	const char *group = param(call, "group");

	if (!group)
		return true;
	if (call->world->pve >= 9)
		refuse(call, 500,
		       "invalid parameter 'group': ha groups have been migrated to "
		       "rules");
	else if (!json_object_get(ha_part(call->world, "groups"), group))
		refuse(call, 500, "HA group '%s' does not exist", group);
	else
		return true;
	return false;
}

static void take(struct call *call, json_t *resource)
{
	static const char *const keys[] = { "state", "max_restart", "max_relocate",
					    "group", "comment",     "failback",
					    NULL };

	for (size_t i = 0; keys[i]; i++)
		if (param(call, keys[i]))
			props_set(resource, keys[i],
				  !strcmp(param(call, keys[i]), "enabled")
					  ? "started"
					  : param(call, keys[i]));
	world_touch(call->world);
}

static void create(struct call *call)
{
	const char *sid, *type = param(call, "type");
	const struct guest *guest;
	json_t *resource;

	if (!call_quorate(call) || !(sid = sid_of(call)))
		return;
	guest = ha_guest(call->world, sid);
	if (type && strncmp(sid, type, 2) != 0)
		refuse(call, 500, "types does not match");
	else if (!guest || (guest->type == GUEST_LXC) != str_starts(sid, "ct:"))
		refuse(call, 500, "resource '%s' does not exists in cluster", sid);
	else if (json_object_get(ha_part(call->world, "resources"), sid))
		refuse(call, 500,
		       "create resource failed: resource ID '%s' already defined", sid);
	if (answered(call) || !check_group(call))
		return;
	resource = json_pack("{s:s}", "state", "started");
	json_object_set_new(ha_part(call->world, "resources"), sid, resource);
	take(call, resource);
	reply(call, json_null());
}

bool call_ha_same(struct call *call, const char *part, const char *doing)
{
	const char *digest = param(call, "digest");

	if (!digest || !strcmp(digest, ha_digest(call->arena, call->world, part)))
		return true;
	refuse(call, 500,
	       "%s failed: detected modified configuration - file changed by other user? "
	       "Try again.",
	       doing);
	return false;
}

static void update(struct call *call)
{
	const char *sid = sid_of(call), *why, *state = param(call, "state");
	json_t *resource;
	char **names;
	size_t count;

	if (!sid || !call_quorate(call) || !check_group(call))
		return;
	why = state ? ha_refused(call->arena, call->world, sid) : NULL;
	if (why && strcmp(state, "disabled") != 0) {
		refuse(call, 500, "%s", why);
		return;
	}
	resource = found(call, sid);
	if (!resource || !call_ha_same(call, "resources", "update resource"))
		return;
	count = param(call, "delete")
			? str_split(call->arena, param(call, "delete"), ",; ", &names)
			: 0;
	for (size_t i = 0; i < count; i++)
		json_object_del(resource, names[i]);
	take(call, resource);
	reply(call, json_null());
}

static void drop(struct call *call)
{
	const char *sid = sid_of(call);

	if (!sid || !call_quorate(call))
		return;
	if (!json_object_get(ha_part(call->world, "resources"), sid)) {
		refuse(call, 500, "cannot delete service '%s', not HA managed!", sid);
		return;
	}
	if (call->world->pve >= 9 && (!param(call, "purge") || param_true(call, "purge")))
		ha_forget(call->world, sid);
	else
		json_object_del(ha_part(call->world, "resources"), sid);
	world_touch(call->world);
	reply(call, json_null());
}

/* A command for the manager: both are about a node. */
static void command(struct call *call)
{
	const char *sid = sid_of(call), *node = param(call, "node");
	const char *what = strrchr(call->row->path, '/') + 1, *why;

	if (!sid || !call_quorate(call))
		return;
	why = ha_refused(call->arena, call->world, sid);
	if (why)
		refuse(call, 500, "%s", why);
	else if (!world_node(call->world, node))
		refuse(call, 500, "no such cluster node '%s'", node);
	else if (found(call, sid)) {
		ha_command(call->world, sid, what, node);
		reply(call, call->world->pve >= 9 ? json_pack("{s:s, s:s}", "sid", sid,
							      "requested-node", node)
						  : json_null());
	}
}

bool call_ha(struct call *call, const char *type, const char *timeout)
{
	const struct guest *guest = world_guest(call->world, param_number(call, "vmid"));
	json_t *args;

	if (!guest || !ha_managed(call->world, guest))
		return false;
	args = json_pack("{s:s}", "sid", ha_sid(call->arena, guest));
	if (param(call, "target"))
		props_set(args, "target", param(call, "target"));
	if (timeout)
		props_set(args, "timeout", timeout);
	reply_task(call, call_start(call, type, param(call, "vmid"), args));
	return true;
}

#define SID                                                      \
	{                                                        \
		"sid", SCHEMA_STRING, 0, .format = format_ha_sid \
	}
#define OPTIONS                                                                          \
	{ "comment", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 4096 },               \
		{ "failback", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },         \
		{ "group", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_config_id }, \
		{ "max_relocate", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,          \
		  .min = 0 },                                                            \
		{ "max_restart", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN,           \
		  .min = 0 },                                                            \
	{                                                                                \
		"state", SCHEMA_STRING, SCHEMA_OPTIONAL,                                 \
			.values = "started, stopped, enabled, disabled, ignored"         \
	}

static const char *format_ha_sid(struct arena *arena, const char *text)
{
	size_t len = str_starts(text, "vm:") || str_starts(text, "ct:") ? 3 : 0;
	uint64_t number;

	return str_number(text + len, &number)
		       ? NULL
		       : arena_printf(arena, "unable to parse resource id '%s'", text);
}

static const struct schema type_params[] = {
	{ "type", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "ct, vm" },
	{ NULL },
};
static const struct schema sid_params[] = { SID, { NULL } };
static const struct schema create_params[] = { SID, OPTIONS, { NULL } };
static const struct schema update_params[] = {
	SID,
	OPTIONS,
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST, .max_length = 4096 },
	{ "digest", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 64 },
	{ NULL },
};
static const struct schema drop_params[] = {
	SID,
	{ "purge", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ NULL },
};
static const struct schema command_params[] = {
	SID,
	{ "node", SCHEMA_STRING, 0, .format = format_node },
	{ NULL },
};

/* clang-format off */
#define ALL   "/cluster/ha/resources"
#define ONE   ALL "/{sid}"
#define READS 0, "/", "Sys.Audit"
#define WRITE ROW_PROTECTED, "/", "Sys.Console"

const struct row ha_rows[] = {
	{ "GET", ALL, READS, { { type_params } }, list, 0.005 },
	{ "POST", ALL, WRITE, { { create_params, type_params } }, create, 0.02 },
	{ "GET", ONE, READS, { { sid_params } }, show, 0.005 },
	{ "PUT", ONE, WRITE, { { update_params } }, update, 0.02 },
	{ "DELETE", ONE, WRITE, { { drop_params } }, drop, 0.02 },
	{ "POST", ONE "/migrate", WRITE, { { command_params } }, command, 0.02 },
	{ "POST", ONE "/relocate", WRITE, { { command_params } }, command, 0.02 },
	{ NULL },
};
/* clang-format on */
