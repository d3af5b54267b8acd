/* What belongs to the cluster as a whole. PVE: PVE::API2::Cluster, PVE::API2::Backup. */
#include "api.h"
#include "base/text.h"
#include "props.h"
#include "rights.h"

#include <string.h>

#define LOG_MAX 50 /* entries, unless asked for another number */

static const struct {
	const char *name;
	unsigned from; /* the first version that has it */
} parts[] = {
	{ "acme", 8 },          { "backup", 8 },      { "backup-info", 8 },
	{ "bulk-action", 9 },   { "ceph", 8 },        { "config", 8 },
	{ "firewall", 8 },      { "ha", 8 },          { "jobs", 8 },
	{ "log", 8 },           { "mapping", 8 },     { "metrics", 8 },
	{ "notifications", 8 }, { "nextid", 8 },      { "options", 8 },
	{ "qemu", 9 },          { "replication", 8 }, { "resources", 8 },
	{ "status", 8 },        { "tasks", 8 },       { "sdn", 8 },
};

static void cluster_index(struct call *call)
{
	json_t *list = json_array();

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (call->world->pve >= parts[i].from)
			json_array_append_new(list,
					      json_pack("{s:s}", "name", parts[i].name));
	reply(call, list);
}

static void put_line(struct call *call, json_t *list, const struct task *task,
		     unsigned number, bool end)
{
	const char *text =
		end ? arena_printf(call->arena, "end task %s %s", task->upid,
				   task->status)
		    : arena_printf(call->arena, "starting task %s", task->upid);

	json_array_append_new(
		list, json_pack("{s:s, s:s, s:I, s:i, s:s, s:s, s:s, s:s, s:i}", "id",
				arena_printf(call->arena, "%u:%s", number, task->node),
				"uid", arena_printf(call->arena, "%u", number), "time",
				(json_int_t)(end ? task->end : task->start), "pri", 6,
				"node", task->node, "tag", "pvedaemon", "user",
				task->user, "msg", text, "pid", (int)task->pid));
}

/* The newest first. Without Sys.Syslog there is only what the caller did itself. */
static void cluster_log(struct call *call)
{
	const struct world *world = call->world;
	size_t max = param(call, "max") ? param_number(call, "max") : LOG_MAX;
	bool all = world->pve < 9 || may(call, "/", "Sys.Syslog");
	unsigned number = (unsigned)world->task_count * 2;
	json_t *list = json_array();

	for (size_t i = world->task_count; i-- > 0; number -= 2) {
		const struct task *task = world->tasks[i];

		if (!all && strcmp(task->user, call->user) != 0)
			continue;
		if (!task_running(task) && json_array_size(list) < max)
			put_line(call, list, task, number, true);
		if (json_array_size(list) < max)
			put_line(call, list, task, number - 1, false);
	}
	reply(call, list);
}

/* A node alone has no corosync.conf. */
static void config_nodes(struct call *call)
{
	json_t *list = json_array();

	for (size_t i = 0; call->world->cluster && i < call->world->node_count; i++) {
		const struct node *node = &call->world->nodes[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s}", "node", node->name,
					"name", node->name, "nodeid",
					arena_printf(call->arena, "%zu", i + 1),
					"quorum_votes", "1", "ring0_addr", node->ip));
	}
	reply(call, list);
}

static void nothing(struct call *call)
{
	reply(call, json_array());
}

static const struct schema options_params[] = {
	{ "bwlimit", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "console", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "applet, vv, html5, xtermjs" },
	{ "crs", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "description", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 65536 },
	{ "email_from", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "fencing", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "watchdog, hardware, both" },
	{ "ha", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "http_proxy", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = "http://.*" },
	{ "keyboard", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "de, de-ch, da, en-gb, en-us, es, fi, fr, fr-be, fr-ca, fr-ch, hu, "
		    "is, it, ja, lt, mk, nl, no, pl, pt, pt-br, sv, sl, tr" },
	{ "language", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "ar, ca, da, de, en, es, eu, fa, fr, hr, he, it, ja, ka, kr, nb, nl, "
		    "nn, pl, pt_BR, ru, sl, sv, tr, ukr, zh_CN, zh_TW" },
	{ "mac_prefix", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "[A-Fa-f0-9][02468aceACE](:[A-Fa-f0-9]{2}){0,4}:?" },
	{ "max_workers", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 1 },
	{ "migration", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "next-id", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "registered-tags", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "tag-style", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "user-tag-access", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ NULL },
};

/* Property strings that GET shows taken apart. */
static const char *const objects[] = { "next-id",   "tag-style", "user-tag-access",
				       "migration", "ha",        "crs",
				       NULL };

static json_t *object_of(struct call *call, const char *text)
{
	json_t *out = json_object();
	char **parts_of, *equals;
	size_t count = str_split(call->arena, text, ",", &parts_of);

	for (size_t i = 0; i < count; i++) {
		equals = strchr(parts_of[i], '=');
		if (!equals)
			continue;
		*equals = '\0';
		props_set(out, parts_of[i], equals + 1);
	}
	return out;
}

static json_t *list_of(struct call *call, const char *text)
{
	char **tags;
	size_t count = str_split(call->arena, text, ";", &tags);

	return props_list(tags, count);
}

static json_t *option_value(struct call *call, const char *name, const char *text)
{
	for (size_t i = 0; objects[i]; i++)
		if (!strcmp(objects[i], name))
			return object_of(call, text);
	return strcmp(name, "registered-tags") ? json_string(text) : list_of(call, text);
}

static void set_options(struct call *call)
{
	json_t *options = call->world->options;
	char **gone;
	size_t count =
		param(call, "delete")
			? str_split(call->arena, param(call, "delete"), ",; ", &gone)
			: 0;

	if (!call_quorate(call))
		return;
	for (size_t i = 0; i < count; i++)
		json_object_del(options, gone[i]);
	for (const struct schema *row = options_params; row->name; row++)
		if (param(call, row->name))
			json_object_set_new(
				options, row->name,
				option_value(call, row->name, param(call, row->name)));
	world_touch(call->world);
	reply(call, json_null());
}

static const struct schema log_params[] = {
	{ "max", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 1 },
	{ NULL },
};
static const struct schema delete_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_config_id },
	{ NULL },
};
static const struct schema check_params[] = {
	{ "check-node", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_node },
	{ NULL },
};

#define AUDIT "/", "Sys.Audit"

const struct row datacenter_rows[] = {
	{ "GET", "/cluster", 0, NULL, NULL, { { NULL } }, cluster_index, 0.001 },
	{ "GET", "/cluster/log", 0, NULL, NULL, { { log_params } }, cluster_log, 0.002 },
	{ "GET", "/cluster/config/nodes", 0, AUDIT, { { NULL } }, config_nodes, 0.001 },
	{ "GET", "/cluster/replication", 0, NULL, NULL, { { NULL } }, nothing, 0.001 },
	{ "GET",
	  "/cluster/mapping/pci",
	  0,
	  NULL,
	  NULL,
	  { { check_params } },
	  nothing,
	  0.001 },
	{ "GET", "/cluster/backup", 0, AUDIT, { { NULL } }, nothing, 0.001 },
	{ "PUT",
	  "/cluster/options",
	  ROW_PROTECTED,
	  "/",
	  "Sys.Modify",
	  { { options_params, delete_params } },
	  set_options,
	  0.005 },
	{ NULL },
};
