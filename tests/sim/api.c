#include "api.h"

#include "acl.h"
#include "base/text.h"
#include "gaps.h"
#include "guest.h"
#include "login.h"
#include "params.h"
#include "props.h"
#include "published.h"
#include "rights.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define AUTH_SECONDS  3.0
#define LOCK_SECONDS  10.0
#define NODE_WORKERS  3
#define PROXY_SECONDS 30.0

const struct schema node_params[] = {
	{ "node", SCHEMA_STRING, 0, .format = format_node },
	{ NULL },
};
const struct schema guest_params[] = {
	{ "node", SCHEMA_STRING, 0, .format = format_node },
	{ "vmid", SCHEMA_INTEGER, SCHEMA_MIN | SCHEMA_MAX, .min = 100, .max = 999999999,
	  .format = format_vmid },
	{ NULL },
};

/* clang-format off: one in a line */
const struct row *const api_tables[] = {
	cluster_rows,   access_rows,   storage_rows,   guest_rows,
	config_rows,    create_rows,   clone_rows,     resize_rows,
	destroy_rows,   power_rows,    task_rows,      agent_rows,
	interface_rows, template_rows, snapshot_rows,  ticket_rows,
	user_rows,      token_rows,    role_rows,      group_rows,
	acl_rows,       pool_rows,     move_rows,      volume_rows,
	upload_rows,    download_rows, migrate_rows,   storage_config_rows,
	node_rows,      network_rows,  bulk_rows,      datacenter_rows,
	sdn_rows,       sdn_zone_rows, sdn_vnet_rows,  sdn_subnet_rows,
	backup_rows,    ha_rows,       ha_status_rows, ha_place_rows,
	NULL,
};
/* clang-format on */

static void drop_json(void *json)
{
	json_decref(json);
}

void call_init(struct call *call, struct arena *arena, struct world *world,
	       const struct api_request *request)
{
	*call = (struct call){ .arena = arena,
			       .world = world,
			       .request = *request,
			       .arrived = world->now,
			       .params = json_object(),
			       .raw = json_object(),
			       .errors = json_object() };
	arena_defer(arena, drop_json, call->params);
	arena_defer(arena, drop_json, call->raw);
	arena_defer(arena, drop_json, call->errors);
}

/* --- answers --- */

static void answer(struct call *call, int status, const char *reason, const char *type,
		   const char *body, double seconds)
{
	call->state = CALL_ANSWERED;
	call->answer = (struct api_answer){
		.status = status,
		.reason = reason,
		.type = type,
		.body = body,
		.body_len = body ? strlen(body) : 0,
		.due = call->world->now + seconds,
		.proxied = call->worker && call->row && call->row->flags & ROW_PROTECTED,
	};
}

/*
 * For the web interface of old: always 200, what went wrong is told in the body.
 * PVE: PVE::APIServer::Formatter::Standard prepare_response_data.
 */
static void wrap_extjs(struct call *call, int *status, const char **reason, json_t *json)
{
	bool good = *status < 400;

	json_object_set_new(json, "success", json_integer(good));
	if (good)
		return;
	props_set(json, "status", arena_printf(call->arena, "%d", *status));
	*status = 200;
	*reason = "OK";
}

static void answer_json(struct call *call, int status, const char *reason, json_t *json)
{
	char *text;

	if (call->extjs)
		wrap_extjs(call, &status, &reason, json);
	text = json_dumps(json, JSON_COMPACT);

	answer(call, status, reason, "application/json;charset=UTF-8",
	       arena_strdup(call->arena, text), call->row ? call->row->seconds : 0);
	free(text);
	json_decref(json);
}

void reply(struct call *call, json_t *data)
{
	answer_json(call, 200, "OK", json_pack("{s:o}", "data", data));
}

void reply_total(struct call *call, json_t *data, size_t total)
{
	answer_json(call, 200, "OK",
		    json_pack("{s:o, s:I}", "data", data, "total", (json_int_t)total));
}

void reply_task(struct call *call, struct task *task)
{
	reply(call, json_string(task->upid));
}

static char *first_line(struct call *call, const char *text)
{
	return arena_strndup(call->arena, text, strcspn(text, "\n"));
}

void refuse(struct call *call, int status, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	text = arena_vprintf(call->arena, format, args);
	va_end(args);
	answer_json(call, status, first_line(call, text),
		    json_pack("{s:n, s:s}", "data", "message",
			      arena_printf(call->arena, "%s\n", text)));
}

static void refuse_params(struct call *call)
{
	answer_json(call, 400, "Parameter verification failed.",
		    json_pack("{s:n, s:s, s:O}", "data", "message",
			      "Parameter verification failed.\n", "errors",
			      call->errors));
}

void bad_param(struct call *call, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	props_set(call->errors, name, arena_vprintf(call->arena, format, args));
	va_end(args);
	refuse_params(call);
}

/* --- parameters --- */

const char *param(const struct call *call, const char *name)
{
	return props_get(call->params, name);
}

unsigned param_number(const struct call *call, const char *name)
{
	const char *text = param(call, name);

	return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

bool param_true(const struct call *call, const char *name)
{
	return str_equal(param(call, name), "1");
}

/* --- rights --- */

bool may(const struct call *call, const char *path, const char *privileges)
{
	return rights_have(call->world, call->user, path, privileges);
}

char *vm_path(struct call *call, unsigned vmid)
{
	return arena_printf(call->arena, "/vms/%u", vmid);
}

bool may_guest(const struct call *call, unsigned vmid, const char *privileges)
{
	char path[32];

	snprintf(path, sizeof(path), "/vms/%u", vmid);
	return may(call, path, privileges);
}

bool must_have(struct call *call, const char *path, const char *privileges)
{
	if (may(call, path, privileges))
		return true;
	refuse(call, 403, "Permission check failed (%s, %s)", path ? path : "",
	       privileges);
	return false;
}

/* "/vms/{vmid}" with the parameters put in. */
static char *fill(struct call *call, const char *pattern)
{
	struct text out;

	text_init(&out, call->arena);
	for (const char *at = pattern; *at; at++) {
		size_t len = strcspn(at, "}");
		const char *value;

		if (*at != '{') {
			text_addc(&out, *at);
			continue;
		}
		value = param(call, arena_strndup(call->arena, at + 1, len - 1));
		text_add(&out, value ? value : "");
		at += len;
	}
	return arena_strdup(call->arena, text_str(&out));
}

/* --- what handlers ask before they act --- */

struct guest *call_guest(struct call *call, enum guest_type type)
{
	unsigned vmid = param_number(call, "vmid");
	struct guest *guest = world_guest(call->world, vmid);

	if (guest && guest->type == type && str_equal(guest->node, param(call, "node")))
		return guest;
	refuse(call, 500, "Configuration file '%s' does not exist",
	       guest_path(call->arena, param(call, "node"), type, vmid));
	return NULL;
}

bool call_lock(struct call *call, struct guest *guest)
{
	if (!guest->holder && !guest->sharers)
		return true;
	if (call->world->now < call->began + LOCK_SECONDS)
		return false; /* still waiting */
	refuse(call, 500, "can't lock file '%s' - got timeout",
	       guest_lock_file(call->arena, guest->type, guest->vmid));
	return false;
}

bool call_unlocked(struct call *call, const struct guest *guest)
{
	if (!guest_lock(guest))
		return true;
	refuse(call, 500, "%s is locked (%s)", guest_word(guest->type),
	       guest_lock(guest));
	return false;
}

bool call_quorate(struct call *call)
{
	if (!world_frozen(call->world))
		return true;
	refuse(call, 500, "cluster not ready - no quorum?");
	return false;
}

struct task *call_start(struct call *call, const char *type, const char *id, json_t *args)
{
	return call_start_on(call, param(call, "node"), type, id, args);
}

struct task *call_start_on(struct call *call, const char *node, const char *type,
			   const char *id, json_t *args)
{
	struct task *task = task_start(call->world, node, type, id, call->user, args);

	task->fault = call->fault;
	task->fault_text = call->fault_text ? xstrdup(call->fault_text) : NULL;
	call->task = task;
	return task;
}

/* --- dispatch --- */

/*
 * Does the path fit the row? What stands for {x} becomes a parameter, and so does what is left
 * when the row takes the rest (PVE: fragmentDelimiter '').
 */
static bool fits(struct call *call, const struct row *row, json_t *params)
{
	const char *pattern = row->path, *path = call->path;

	json_object_clear(params);
	while (*pattern) {
		size_t want = strcspn(pattern + 1, "/") + 1, have;

		if (*path != '/')
			return false;
		have = row->flags & ROW_REST && !pattern[want]
			       ? strlen(path)
			       : strcspn(path + 1, "/") + 1;
		if (pattern[1] == '{') {
			const char *name =
				arena_strndup(call->arena, pattern + 2, want - 3);

			json_object_set_new(params, name,
					    json_stringn(path + 1, have - 1));
		} else if (want != have || strncmp(pattern, path, want) != 0) {
			return false;
		}
		pattern += want;
		path += have;
	}
	return !*path;
}

static const struct row *find_row(struct call *call, json_t *params)
{
	unsigned unknown = call->world->pve >= 9 ? ROW_ONLY_8 : ROW_FROM_9;

	for (size_t t = 0; api_tables[t]; t++)
		for (const struct row *row = api_tables[t]; row->method; row++)
			if (!strcmp(row->method, call->request.method) &&
			    !(row->flags & unknown) && fits(call, row, params))
				return row;
	return NULL;
}

void call_read(struct call *call)
{
	json_t *in_path;
	const char *name, *why = NULL;
	json_t *value;
	int status = 0;

	if (call->read)
		return;
	call->read = true;
	call->path = path_read(call->arena, call->request.path, "/api2/json");
	if (!call->path) {
		call->path = path_read(call->arena, call->request.path, "/api2/extjs");
		call->extjs = call->path != NULL;
	}
	if (!call->path)
		return;
	if (!params_read(call->arena, call->world->pve, &call->request, call->raw,
			 &call->upload, &status, &why)) {
		answer(call, status, first_line(call, why), "", why, 0);
		return;
	}
	in_path = json_object();
	call->row = find_row(call, in_path);
	json_object_update(call->params, call->raw);
	json_object_foreach (in_path, name, value) {
		const char *again = param(call, name);

		if (again && !str_equal(again, json_string_value(value)))
			refuse(call, 400,
			       "duplicate parameter (already defined in URI) with "
			       "conflicting "
			       "values!");
		json_object_set(call->params, name, value);
	}
	json_decref(in_path);
}

/* The node that does the work; NULL: there is no such node. */
static struct node *node_of(const struct call *call)
{
	return call->row->flags & ROW_NODE ? world_node(call->world, param(call, "node"))
					   : &call->world->nodes[0];
}

/* A handler blocks its worker: each does one call at a time. */
static bool take_worker(struct call *call)
{
	struct node *node = node_of(call);
	unsigned *busy =
		call->row->flags & ROW_PROTECTED ? &node->daemons : &node->proxies;

	if (call->worker)
		return true;
	if (*busy >= NODE_WORKERS)
		return false;
	++*busy;
	call->worker = busy;
	call->began = call->world->now;
	return true;
}

/* PVE::APIServer::AnyEvent proxy_request: to pvedaemon of this node, or to another node. */
static bool is_proxied(const struct call *call)
{
	return call->row && (call->row->flags & ROW_PROTECTED ||
			     node_of(call) != &call->world->nodes[0]);
}

double api_patience(const struct call *call)
{
	return is_proxied(call) ? call->arrived + PROXY_SECONDS : INFINITY;
}

struct api_answer api_timeout(void)
{
	return (struct api_answer){ .status = 596, .reason = "Connection timed out" };
}

static bool reach_node(struct call *call)
{
	const char *name = param(call, "node");
	const struct node *node = world_node(call->world, name);

	if (!(call->row->flags & ROW_NODE))
		return true;
	if (!node)
		refuse(call, 500,
		       "hostname lookup '%s' failed - failed to get address info for: "
		       "%s: Name or "
		       "service not known",
		       name, name);
	else if (!node->online)
		answer(call, 595, "No route to host", NULL, NULL, 0);
	return node && node->online;
}

/* A daemon that is just starting again listens to nobody. */
static bool reach_daemon(struct call *call)
{
	if (!(call->row->flags & ROW_PROTECTED) ||
	    call->world->now >= call->world->daemon_back)
		return true;
	answer(call, 595, "Connection refused", NULL, NULL, 0);
	return false;
}

static struct credentials credentials_of(const struct call *call)
{
	return (struct credentials){ .cookie = call->request.cookie,
				     .authorization = call->request.authorization,
				     .csrf = call->request.csrf };
}

static bool log_in(struct call *call)
{
	const struct credentials headers = credentials_of(call);
	const char *why;

	if (call->user || (call->row && call->row->flags & ROW_WORLD))
		return true;
	call->user = login(call->arena, call->world, &headers,
			   strcmp(call->request.method, "GET") != 0, &why);
	if (call->user)
		return true;
	answer(call, 401, why, NULL, NULL, 0);
	call->answer.due = call->arrived + AUTH_SECONDS;
	return false;
}

/* Some methods want a person: a ticket, not a token. */
static bool right_login(struct call *call)
{
	const struct credentials headers = credentials_of(call);

	if (!(call->row->flags & ROW_NO_TOKEN) ||
	    !(call->user ? strchr(call->user, '!') != NULL
			 : login_by_token(call->arena, &headers)))
		return true;
	refuse(call, 403,
	       "Permission check failed (URI '%s' not available with API token, need "
	       "proper ticket.\n)",
	       call->path);
	return false;
}

static bool has_rights(struct call *call)
{
	const struct row *row = call->row;

	if (call->user && rights_is_root(call->user))
		return true;
	return (!row->need ||
		must_have(call, acl_path_normal(call->arena, fill(call, row->on)),
			  row->need)) &&
	       (!row->allow || row->allow(call));
}

static void not_implemented(struct call *call)
{
	bool gap = gaps_call(call->world->schema, call->request.method, call->path);
	char *text =
		arena_printf(call->arena, "Method '%s %s' not %s", call->request.method,
			     call->path, gap ? "simulated" : "implemented");

	answer_json(call, 501, text, json_pack("{s:n, s:s}", "data", "message", text));
}

/* Of the parameters that were refused, those that only the simulator does not know. */
static void name_gaps(struct call *call)
{
	const char *name;
	json_t *why;

	json_object_foreach (call->errors, name, why)
		if (!schema_find_in(&call->row->params, name, call->world->pve) &&
		    gaps_param(call->world->schema, call->request.method, call->row->path,
			       name))
			json_string_set(why, "not simulated");
}

/* "/api2/text/version": of PVE's formats only the JSON ones are spoken here. */
static void no_formatter(struct call *call)
{
	const char *rest = path_read(call->arena, call->request.path, "/api2");
	size_t len = rest ? strcspn(rest + 1, "/") : 0;
	char *text =
		rest ? arena_printf(call->arena, "no formatter for uri %s, %.*s",
				    rest[len + 1] ? rest + len + 1 : "/", (int)len,
				    rest + 1)
		     : arena_printf(call->arena, "no such file '%s'", call->request.path);

	answer(call, rest ? 501 : 404, text, "", text, 0);
}

/* The checks before a handler runs, in PVE's order; false: answered, or not yet. */
static bool admit(struct call *call)
{
	const struct row *row = call->row;

	if (!log_in(call))
		return false;
	if (!row) {
		not_implemented(call);
		return false;
	}
	if (!right_login(call) || !has_rights(call))
		return false;
	return reach_node(call) && (call->worker || reach_daemon(call)) &&
	       take_worker(call);
}

bool api_handle(struct call *call)
{
	if (answered(call))
		return true;
	call_read(call);
	if (answered(call) && !log_in(call))
		return true;
	if (answered(call))
		return true;
	if (call->request.refused && !log_in(call))
		return true;
	if (call->request.refused) {
		answer(call, call->request.refused, call->request.refusal, "",
		       call->request.refusal, 0);
		return true;
	}
	if (!call->path) {
		no_formatter(call);
		return true;
	}
	if (!admit(call))
		return answered(call);
	if (!schema_check(call->arena, &call->row->params, call->world->pve, call->params,
			  call->errors) ||
	    !published_check(call->arena, call->world->schema, call->request.method,
			     call->row->path, call->params, call->errors)) {
		name_gaps(call);
		refuse_params(call);
		return true;
	}
	call->row->run(call);
	return answered(call);
}

void call_finish(struct call *call)
{
	if (call->worker)
		--*call->worker;
	call->worker = NULL;
}
