/* Calls that go through the agent of a VM. PVE: PVE::API2::Qemu::Agent register_command. */
#include "acl.h"
#include "agent.h"
#include "base/text.h"
#include "guest.h"

#include <string.h>

#define PING_SECONDS 3.0

#define AUDIT "VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted"
#define DISKS "VM.GuestAgent.FileSystemMgmt|VM.GuestAgent.Unrestricted"
#define STATUS \
	"VM.GuestAgent.Audit|VM.GuestAgent.FileSystemMgmt|VM.GuestAgent.Unrestricted"
#define READ  "VM.GuestAgent.FileRead|VM.GuestAgent.Unrestricted"
#define WRITE "VM.GuestAgent.FileWrite|VM.GuestAgent.Unrestricted"
#define POWER "VM.PowerMgmt|VM.GuestAgent.Unrestricted"
#define ALL   "VM.GuestAgent.Unrestricted"

/* PVE 8 has one privilege for all of them; 9 tells apart what they do. */
static const struct command {
	const char *name, *need;
	void (*run)(struct call *call, struct guest *guest);
} commands[] = {
	{ "exec", ALL, agent_exec },
	{ "exec-status", ALL, agent_exec_status },
	{ "file-read", READ, agent_file_read },
	{ "file-write", WRITE, agent_file_write },
	{ "fsfreeze-freeze", DISKS, agent_freeze },
	{ "fsfreeze-status", STATUS, agent_freeze_status },
	{ "fsfreeze-thaw", DISKS, agent_thaw },
	{ "fstrim", DISKS, agent_trim },
	{ "get-fsinfo", AUDIT, agent_fsinfo },
	{ "get-host-name", AUDIT, agent_host_name },
	{ "get-memory-block-info", AUDIT, agent_memory_block_info },
	{ "get-memory-blocks", AUDIT, agent_memory_blocks },
	{ "get-osinfo", AUDIT, agent_osinfo },
	{ "get-time", AUDIT, agent_time },
	{ "get-timezone", AUDIT, agent_timezone },
	{ "get-users", AUDIT, agent_users },
	{ "get-vcpus", AUDIT, agent_vcpus },
	{ "info", AUDIT, agent_info },
	{ "network-get-interfaces", AUDIT, agent_interfaces },
	{ "ping", AUDIT, agent_ping },
	{ "set-user-password", ALL, agent_password },
	{ "shutdown", POWER, agent_power_off },
	{ "suspend-disk", POWER, agent_power_off },
	{ "suspend-hybrid", POWER, agent_sleep },
	{ "suspend-ram", POWER, agent_sleep },
};

void agent_reply(struct call *call, json_t *result)
{
	reply(call, json_pack("{s:o}", "result", result));
}

/* PVE: PVE::QemuServer::Agent assert_agent_available. */
static bool available(struct call *call, const struct guest *guest)
{
	if (!guest_agent_enabled(guest)) {
		refuse(call, 500, "No QEMU guest agent configured");
	} else if (!guest->running) {
		refuse(call, 500, "VM %u is not running", guest->vmid);
	} else if (!guest_agent_up(call->world, guest)) {
		refuse(call, 500, "QEMU guest agent is not running");
		call->answer.due = call->world->now + PING_SECONDS;
	} else {
		return true;
	}
	return false;
}

static size_t command_at(const char *name)
{
	size_t i = 0;

	while (strcmp(commands[i].name, name) != 0)
		i++;
	return i;
}

/* PVE 8 has one privilege for all of it. */
static bool may_ask(struct call *call, const char *need)
{
	char *path = acl_path_normal(
		call->arena, arena_printf(call->arena, "/vms/%s", param(call, "vmid")));

	return must_have(call, path, call->world->pve < 9 ? "VM.Monitor" : need);
}

static void run(struct call *call, const char *name)
{
	struct guest *guest = call_guest(call, GUEST_QEMU);

	if (guest && available(call, guest))
		commands[command_at(name)].run(call, guest);
}

/* The command is the end of the path. */
static const char *named(const struct call *call)
{
	return strrchr(call->row->path, '/') + 1;
}

static bool may_in_path(struct call *call)
{
	return may_ask(call, commands[command_at(named(call))].need);
}

static void in_path(struct call *call)
{
	run(call, named(call));
}

/* The command is a parameter. */
static bool may_in_form(struct call *call)
{
	return may_ask(call, ALL);
}

static void in_form(struct call *call)
{
	run(call, param(call, "command"));
}

static void list(struct call *call)
{
	json_t *out = json_array();

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		json_array_append_new(out, json_pack("{s:s}", "name", commands[i].name));
	reply(call, out);
}

static const struct schema command_params[] = {
	{ "command", SCHEMA_STRING, 0,
	  .values = "fsfreeze-freeze, fsfreeze-status, fsfreeze-thaw, fstrim, "
		    "get-fsinfo, get-host-name, get-memory-block-info, "
		    "get-memory-blocks, get-osinfo, get-time, get-timezone, get-users, "
		    "get-vcpus, info, network-get-interfaces, ping, shutdown, "
		    "suspend-disk, suspend-hybrid, suspend-ram" },
	{ NULL },
};
static const struct schema exec_params[] = {
	{ "command", SCHEMA_ARRAY, 0 },
	{ NULL },
};
static const struct schema pid_params[] = {
	{ "pid", SCHEMA_INTEGER, 0 },
	{ NULL },
};
static const struct schema read_params[] = {
	{ "count", SCHEMA_INTEGER,
	  SCHEMA_OPTIONAL | SCHEMA_FROM_9 | SCHEMA_MIN | SCHEMA_MAX, .min = 1,
	  .max = 16777216 },
	{ "decode", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ "file", SCHEMA_STRING, 0 },
	{ "offset", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_FROM_9 | SCHEMA_MIN,
	  .min = 0 },
	{ NULL },
};
static const struct schema write_params[] = {
	{ "content", SCHEMA_STRING, 0, .max_length = 61440 },
	{ "encode", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "file", SCHEMA_STRING, 0 },
	{ NULL },
};
static const struct schema password_params[] = {
	{ "crypted", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "password", SCHEMA_STRING, 0, .min_length = 5, .max_length = 1024 },
	{ "username", SCHEMA_STRING, 0 },
	{ NULL },
};

/* clang-format off */
#define AGENT  "/nodes/{node}/qemu/{vmid}/agent"
#define SHARED ROW_PROTECTED | ROW_NODE, "/vms/{vmid}", NULL
#define CALL(method, name, params) \
	{ method, AGENT "/" name, SHARED, { { guest_params, params } }, in_path, 0.01, \
	  may_in_path }

const struct row agent_rows[] = {
	{ "GET", AGENT, ROW_NODE, NULL, NULL, { { guest_params } }, list, 0.001 },
	{ "POST", AGENT, SHARED, { { guest_params, command_params } }, in_form, 0.01, may_in_form },
	CALL("POST", "exec", exec_params),
	CALL("GET", "exec-status", pid_params),
	CALL("GET", "file-read", read_params),
	CALL("POST", "file-write", write_params),
	CALL("POST", "fsfreeze-freeze", NULL),
	CALL("POST", "fsfreeze-status", NULL),
	CALL("POST", "fsfreeze-thaw", NULL),
	CALL("POST", "fstrim", NULL),
	CALL("GET", "get-fsinfo", NULL),
	CALL("GET", "get-host-name", NULL),
	CALL("GET", "get-memory-block-info", NULL),
	CALL("GET", "get-memory-blocks", NULL),
	CALL("GET", "get-osinfo", NULL),
	CALL("GET", "get-time", NULL),
	CALL("GET", "get-timezone", NULL),
	CALL("GET", "get-users", NULL),
	CALL("GET", "get-vcpus", NULL),
	CALL("GET", "info", NULL),
	CALL("GET", "network-get-interfaces", NULL),
	CALL("POST", "ping", NULL),
	CALL("POST", "set-user-password", password_params),
	CALL("POST", "shutdown", NULL),
	CALL("POST", "suspend-disk", NULL),
	CALL("POST", "suspend-hybrid", NULL),
	CALL("POST", "suspend-ram", NULL),
	{ NULL },
};
/* clang-format on */
