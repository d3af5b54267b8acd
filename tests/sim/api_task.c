/* Tasks. PVE: PVE::API2::Tasks, PVE::Cluster get_tasklist. */
#include "api.h"
#include "base/text.h"
#include "props.h"
#include "rights.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LIST_LIMIT 50

/* A token sees its own tasks; a user sees those of all its tokens. */
static bool owns(struct call *call, const char *user)
{
	return !strcmp(user, call->user) ||
	       (!strchr(call->user, '!') &&
		!strcmp(rights_owner(call->arena, user), call->user));
}

static bool may_task(struct call *call, const struct task *task, const char *privilege)
{
	return owns(call, task->user) ||
	       must_have(call, arena_printf(call->arena, "/nodes/%s", task->node),
			 privilege);
}

static void put_user(struct call *call, const char *user, json_t *out)
{
	const char *bang = strchr(user, '!');

	json_object_set_new(out, "user", json_string(rights_owner(call->arena, user)));
	if (bang)
		json_object_set_new(out, "tokenid", json_string(bang + 1));
}

static json_t *entry(struct call *call, const struct task *task)
{
	json_t *out = json_pack(
		"{s:s, s:s, s:i, s:I, s:I, s:s, s:s}", "upid", task->upid, "node",
		task->node, "pid", (int)task->pid, "pstart", (json_int_t)task->pstart,
		"starttime", (json_int_t)task->start, "type", task->type, "id", task->id);

	put_user(call, task->user, out);
	return out;
}

static bool is_upid(const char *text)
{
	size_t colons = 0;

	for (const char *at = text; *at; at++)
		colons += *at == ':';
	return str_starts(text, "UPID:") && colons == 8;
}

/* The task of the path; NULL after answering that there is none. */
static struct task *task_of(struct call *call)
{
	struct task *task;

	if (!is_upid(param(call, "upid"))) {
		bad_param(call, "upid", "unable to parse worker upid");
		return NULL;
	}
	task = task_find(call->world, param(call, "upid"));
	if (!task)
		bad_param(call, "upid", "no such task");
	return task;
}

static void status(struct call *call)
{
	const struct task *task = task_of(call);
	json_t *out;

	if (!task || !may_task(call, task, "Sys.Audit"))
		return;
	out = entry(call, task);
	json_object_set_new(out, "status",
			    json_string(task_running(task) ? "running" : "stopped"));
	if (!task_running(task))
		json_object_set_new(out, "exitstatus", json_string(task->status));
	reply(call, out);
}

static json_t *line(size_t n, const char *text)
{
	return json_pack("{s:i, s:s}", "n", (int)n, "t", text);
}

static void log_lines(struct call *call)
{
	size_t first = param_number(call, "start"), total, limit;
	const struct task *task;
	json_t *out = json_array();

	if (!is_upid(param(call, "upid"))) {
		bad_param(call, "upid", "unable to parse worker upid");
		json_decref(out);
		return;
	}
	task = task_find(call->world, param(call, "upid"));
	if (task && !may_task(call, task, "Sys.Audit")) {
		json_decref(out);
		return;
	}
	if (!task || !json_array_size(task->log)) {
		json_array_append_new(
			out, line(1, task ? "no content"
					  : "unable to open file - No such file or "
					    "directory"));
		if (!task && call->world->pve < 9) /* 8 forgets the list around it */
			reply_total(call, json_incref(json_array_get(out, 0)), 1);
		else
			reply_total(call, json_incref(out), 1);
		json_decref(out);
		return;
	}
	total = json_array_size(task->log);
	limit = param(call, "limit") ? param_number(call, "limit") : LIST_LIMIT;
	if (limit == 0)
		limit = total;
	for (size_t i = first; i < total && i < first + limit; i++)
		json_array_append_new(
			out,
			line(i + 1, json_string_value(json_array_get(task->log, i))));
	reply_total(call, out, total);
}

static void stop(struct call *call)
{
	struct task *task = task_of(call);

	if (!task || !may_task(call, task, "Sys.Modify"))
		return;
	task_stop(call->world, task);
	reply(call, json_null());
}

static const char *class_of(const struct task *task)
{
	if (!strcmp(task->status, "OK"))
		return "ok";
	if (str_starts(task->status, "WARNINGS: "))
		return "warning";
	return !strcmp(task->status, "unexpected status") ? "unknown" : "error";
}

static bool in_source(struct call *call, const struct task *task)
{
	const char *source = param(call, "source");

	if (source && !strcmp(source, "all"))
		return true;
	return task_running(task) == (source && !strcmp(source, "active"));
}

static bool has_status(struct call *call, const struct task *task, const char *wanted)
{
	char **parts;
	size_t count = str_split(call->arena, wanted, ",; ", &parts);

	for (size_t i = 0; i < count && !task_running(task); i++)
		if (!strcmp(parts[i], class_of(task)))
			return true;
	return false;
}

static bool listed(struct call *call, const struct task *task)
{
	const char *type = param(call, "typefilter"), *vmid = param(call, "vmid");
	const char *user = param(call, "userfilter"), *since = param(call, "since");
	const char *until = param(call, "until"), *wanted = param(call, "statusfilter");

	return !strcmp(task->node, param(call, "node")) && in_source(call, task) &&
	       (!type || !strcmp(type, task->type)) &&
	       (!vmid || !strcmp(vmid, task->id)) &&
	       (!user || strcasestr(task->user, user)) &&
	       (!since || task->start >= strtod(since, NULL)) &&
	       (!until || task->start <= strtod(until, NULL)) &&
	       (!wanted || has_status(call, task, wanted)) &&
	       (!param_true(call, "errors") ||
		(!task_running(task) && strcmp(task->status, "OK") != 0)) &&
	       (owns(call, task->user) ||
		may(call, arena_printf(call->arena, "/nodes/%s", task->node),
		    "Sys.Audit"));
}

static void put_end(json_t *out, const struct task *task)
{
	json_object_set_new(out, "status", json_string(task->status));
	json_object_set_new(out, "endtime", json_integer((json_int_t)task->end));
}

/* What runs is read from the file of active workers, where users are not taken apart. */
static json_t *list_entry(struct call *call, const struct task *task)
{
	json_t *out = entry(call, task);

	if (!task_running(task)) {
		put_end(out, task);
		return out;
	}
	json_object_set_new(out, "user", json_string(task->user));
	json_object_del(out, "tokenid");
	json_object_set_new(out, "status", json_string("RUNNING"));
	json_object_set_new(out, "saved", json_string("0"));
	return out;
}

static void list(struct call *call)
{
	size_t first = param_number(call, "start"), total = 0;
	size_t limit = param(call, "limit") ? param_number(call, "limit") : LIST_LIMIT;
	const struct world *world = call->world;
	json_t *out = json_array();

	for (size_t i = world->task_count; i-- > 0;) {
		if (!listed(call, world->tasks[i]))
			continue;
		if (total >= first && total < first + limit)
			json_array_append_new(out, list_entry(call, world->tasks[i]));
		total++;
	}
	if (total)
		reply_total(call, out, total);
	else
		reply(call, out); /* PVE leaves a zero out */
}

/*
 * `saved` is a number when the worker has just been found at its end, and a text once it was
 * read back from the file. PVE: PVE::RESTEnvironment active_workers.
 */
static json_t *cluster_entry(struct call *call, const struct task *task, bool latest)
{
	json_t *out = entry(call, task);

	json_object_del(out, "pid");
	json_object_del(out, "pstart");
	if (task_running(task)) {
		json_object_set_new(out, "saved", json_string("0"));
		return out;
	}
	put_end(out, task);
	json_object_set_new(out, "saved", latest ? json_integer(1) : json_string("1"));
	return out;
}

/* A token without Sys.Audit on / gets nothing, not even its own: the token part is ignored. */
static void cluster_list(struct call *call)
{
	const struct world *world = call->world;
	json_t *out = json_array();
	size_t ended = 0;

	for (size_t i = world->task_count; i-- > 0;) {
		const struct task *task = world->tasks[i];

		if (!may(call, "/", "Sys.Audit") &&
		    (strchr(call->user, '!') || !owns(call, task->user)))
			continue;
		if (task_running(task) || ended++ < 25)
			json_array_append_new(
				out,
				cluster_entry(call, task, i + 1 == world->task_count));
	}
	reply(call, out);
}

static const struct schema upid_params[] = {
	{ "upid", SCHEMA_STRING, 0 },
	{ NULL },
};
static const struct schema page_params[] = {
	{ "limit", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "start", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ NULL },
};
static const struct schema filter_params[] = {
	{ "errors", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "since", SCHEMA_INTEGER, SCHEMA_OPTIONAL },
	{ "source", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "archive, active, all" },
	{ "statusfilter", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST,
	  .format = format_task_status },
	{ "typefilter", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "until", SCHEMA_INTEGER, SCHEMA_OPTIONAL },
	{ "userfilter", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "vmid", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX, .min = 100,
	  .max = 999999999, .format = format_vmid },
	{ NULL },
};

#define TASKS "/nodes/{node}/tasks"
#define TASK  TASKS "/{upid}"

const struct row task_rows[] = {
	{ "GET", "/cluster/tasks", 0, NULL, NULL, { { NULL } }, cluster_list, 0.002 },
	{ "GET",
	  TASKS,
	  ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, page_params, filter_params } },
	  list,
	  0.003 },
	{ "GET",
	  TASK "/status",
	  ROW_PROTECTED | ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, upid_params } },
	  status,
	  0.002 },
	{ "GET",
	  TASK "/log",
	  ROW_PROTECTED | ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, upid_params, page_params } },
	  log_lines,
	  0.002 },
	{ "DELETE",
	  TASK,
	  ROW_PROTECTED | ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params, upid_params } },
	  stop,
	  0.05 },
	{ NULL },
};
