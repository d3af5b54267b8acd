/*
 * What sets a guest going and brings it to rest. PVE: PVE::API2::Qemu vm_start ...,
 * PVE::API2::LXC::Status.
 */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "guest.h"
#include "ha.h"
#include "options.h"
#include "props.h"
#include "vmstate.h"

#include <string.h>

/* What the task has to know of the call. */
static json_t *power_args(struct call *call)
{
	static const char *const flags[] = { "forceStop", "overrule-shutdown", "skiplock",
					     NULL };
	json_t *args = json_pack("{s:i}", "vmid", (int)param_number(call, "vmid"));

	for (size_t i = 0; flags[i]; i++)
		if (param_true(call, flags[i]))
			json_object_set_new(args, flags[i], json_integer(1));
	if (param(call, "timeout"))
		props_set(args, "timeout", param(call, "timeout"));
	return args;
}

static void start_with(struct call *call, const char *type, json_t *args)
{
	reply_task(call, call_start(call, type, param(call, "vmid"), args));
}

static void start_task(struct call *call, const char *type)
{
	start_with(call, type, power_args(call));
}

/* Migrations talk to themselves with these, and operators repair with skiplock. */
static bool check_power(struct call *call)
{
	static const char *const names[] = { "stateuri",          "skiplock",
					     "migratedfrom",      "migration_type",
					     "migration_network", "targetstorage",
					     "nets-host-mtu",     "with-conntrack-state",
					     "force-cpu",         "keepActive",
					     "nocheck",           NULL };

	return check_root_only(call, names);
}

/* --- VMs: whether one exists, is locked or a template is only found out in the task --- */

/* The VM of the path when it runs, or NULL: a VM that does not exist does not run. */
static struct guest *running(struct call *call)
{
	struct guest *guest = world_guest(call->world, param_number(call, "vmid"));

	return guest && guest->type == GUEST_QEMU && guest->running &&
			       str_equal(guest->node, param(call, "node"))
		       ? guest
		       : NULL;
}

static struct guest *must_run(struct call *call)
{
	struct guest *guest = running(call);

	if (!guest)
		refuse(call, 500, "VM %s not running", param(call, "vmid"));
	return guest;
}

static void qemu_start(struct call *call)
{
	if (check_power(call) && call_quorate(call) && !call_ha(call, "hastart", NULL))
		start_task(call, "qmstart");
}

static void qemu_stop(struct call *call)
{
	if (check_power(call) && !call_ha(call, "hastop", "0"))
		start_task(call, "qmstop");
}

/* Seconds that HA gives a guest to go down. */
static const char *patience(const struct call *call)
{
	return param(call, "timeout") ? param(call, "timeout") : "60";
}

/* A paused VM would not see the request before somebody resumes it. */
static void qemu_shutdown(struct call *call)
{
	const struct guest *guest = running(call);
	bool paused = guest && guest->paused;
	json_t *args;

	if (!check_power(call))
		return;
	if (paused && !param_true(call, "forceStop")) {
		refuse(call, 500, "VM is paused - cannot shutdown");
		return;
	}
	if (call_ha(call, "hastop", patience(call)))
		return;
	args = power_args(call);
	json_object_set_new(args, "quit", json_integer(paused));
	start_with(call, "qmshutdown", args);
}

static void qemu_reboot(struct call *call)
{
	if (call_guest(call, GUEST_QEMU) && must_run(call))
		start_task(call, "qmreboot");
}

static void qemu_reset(struct call *call)
{
	if (check_power(call) && must_run(call))
		start_task(call, "qmreset");
}

/* Its memory goes to a volume: that takes rights on a disk. */
static const char *state_storage(struct call *call, const struct guest *guest)
{
	const char *name = param(call, "statestorage");
	const char *option;
	json_t *value;

	if (!must_have(call, vm_path(call, guest->vmid), "VM.Config.Disk"))
		return NULL;
	json_object_foreach (guest->config, option, value)
		if (str_starts(option, "hostpci")) {
			refuse(call, 500,
			       "cannot suspend VM to disk due to passed-through PCI "
			       "device(s), "
			       "which lack the possibility to save/restore their "
			       "internal state");
			return NULL;
		}
	if (!name)
		name = vmstate_storage(call->world, guest);
	return must_have(call, arena_printf(call->arena, "/storage/%s", name),
			 "Datastore.AllocateSpace")
		       ? name
		       : NULL;
}

static void qemu_suspend(struct call *call)
{
	const char *storage;
	struct guest *guest;
	json_t *args;

	if (!check_power(call))
		return;
	guest = must_run(call);
	if (!guest)
		return;
	if (!param_true(call, "todisk")) {
		start_task(call, "qmpause");
		return;
	}
	if (ha_managed(call->world, guest)) {
		refuse(call, 500, "Cannot suspend HA managed VM to disk");
		return;
	}
	storage = state_storage(call, guest);
	if (!storage)
		return;
	args = power_args(call);
	props_set(args, "statestorage", storage);
	start_with(call, "qmsuspend", args);
}

static void qemu_resume(struct call *call)
{
	const struct guest *guest = world_guest(call->world, param_number(call, "vmid"));
	bool on_disk = guest && str_equal(guest_lock(guest), "suspended");
	json_t *args;

	if (!check_power(call) || (!on_disk && !must_run(call)))
		return;
	args = power_args(call);
	json_object_set_new(args, "todisk", json_integer(on_disk));
	start_with(call, "qmresume", args);
}

/* --- containers: what can be known is said at once --- */

static void lxc_start(struct call *call)
{
	const struct guest *guest;

	if (!check_power(call))
		return;
	guest = call_guest(call, GUEST_LXC);
	if (!guest || !call_quorate(call))
		return;
	if (guest->running)
		refuse(call, 500, "CT %u already running", guest->vmid);
	else if (call_ha(call, "hastart", NULL))
		return;
	else if (guest_is_template(guest))
		refuse(call, 500, "you can't start a CT if it's a template");
	else if (param_true(call, "skiplock") || call_unlocked(call, guest))
		start_task(call, "vzstart");
}

/* `word`: what the answer calls a container that is down already. */
static const struct guest *lxc_running(struct call *call, const char *word)
{
	const struct guest *guest;

	if (!check_power(call))
		return NULL;
	guest = call_guest(call, GUEST_LXC);
	if (guest && !guest->running)
		refuse(call, 500, "%s %u not running", word, guest->vmid);
	return answered(call) ? NULL : guest;
}

static void lxc_stop(struct call *call)
{
	if (lxc_running(call, "CT") && !call_ha(call, "hastop", "0"))
		start_task(call, "vzstop");
}

static void lxc_shutdown(struct call *call)
{
	if (lxc_running(call, "CT") && !call_ha(call, "hastop", patience(call)))
		start_task(call, "vzshutdown");
}

static void lxc_reboot(struct call *call)
{
	if (lxc_running(call, "VM"))
		start_task(call, "vzreboot");
}

static void lxc_suspend(struct call *call)
{
	if (lxc_running(call, "CT"))
		start_task(call, "vzsuspend");
}

static void lxc_resume(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_LXC);

	if (guest && guest->running)
		refuse(call, 500, "CT %u already running", guest->vmid);
	else if (guest)
		start_task(call, "vzresume");
}

#define TIMEOUT                                                                   \
	{                                                                         \
		"timeout", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 \
	}
#define FLAG(word)                                    \
	{                                             \
		word, SCHEMA_BOOLEAN, SCHEMA_OPTIONAL \
	}

static const struct schema timeout_params[] = { TIMEOUT, { NULL } };
static const struct schema skip_params[] = { FLAG("skiplock"), { NULL } };
static const struct schema start_params[] = {
	{ "force-cpu", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "migratedfrom", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_node },
	{ "migration_network", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "migration_type", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .values = "secure, insecure" },
	{ "nets-host-mtu", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "net[0-9]+=[0-9]+(,net[0-9]+=[0-9]+)*" },
	FLAG("skiplock"),
	{ "stateuri", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 128 },
	{ "targetstorage", SCHEMA_STRING, SCHEMA_OPTIONAL },
	TIMEOUT,
	{ "with-conntrack-state", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL | SCHEMA_FROM_9 },
	{ NULL },
};
static const struct schema stop_params[] = {
	FLAG("keepActive"),
	{ "migratedfrom", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_node },
	FLAG("overrule-shutdown"),
	FLAG("skiplock"),
	TIMEOUT,
	{ NULL },
};
static const struct schema shutdown_params[] = {
	FLAG("forceStop"), FLAG("keepActive"), FLAG("skiplock"), TIMEOUT, { NULL },
};
static const struct schema resume_params[] = {
	FLAG("nocheck"),
	FLAG("skiplock"),
	{ NULL },
};
static const struct schema suspend_params[] = {
	FLAG("skiplock"),
	{ "statestorage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage,
	  .needs = "todisk" },
	FLAG("todisk"),
	{ NULL },
};
static const struct schema lxc_stop_params[] = {
	FLAG("overrule-shutdown"),
	FLAG("skiplock"),
	{ NULL },
};
static const struct schema lxc_shutdown_params[] = {
	FLAG("forceStop"),
	TIMEOUT,
	{ NULL },
};

/* clang-format off */
#define QEMU  "/nodes/{node}/qemu/{vmid}/status/"
#define LXC   "/nodes/{node}/lxc/{vmid}/status/"
#define POWER ROW_PROTECTED | ROW_NODE | ROW_FORK, "/vms/{vmid}", "VM.PowerMgmt"
#define TAKES(table) { { guest_params, table } }

const struct row power_rows[] = {
	{ "POST", QEMU "start", POWER, TAKES(start_params), qemu_start, 0.02 },
	{ "POST", QEMU "stop", POWER, TAKES(stop_params), qemu_stop, 0.02 },
	{ "POST", QEMU "shutdown", POWER, TAKES(shutdown_params), qemu_shutdown, 0.02 },
	{ "POST", QEMU "reboot", POWER, TAKES(timeout_params), qemu_reboot, 0.02 },
	{ "POST", QEMU "reset", POWER, TAKES(skip_params), qemu_reset, 0.02 },
	{ "POST", QEMU "suspend", POWER, TAKES(suspend_params), qemu_suspend, 0.02 },
	{ "POST", QEMU "resume", POWER, TAKES(resume_params), qemu_resume, 0.02 },
	{ "POST", LXC "start", POWER, TAKES(skip_params), lxc_start, 0.02 },
	{ "POST", LXC "stop", POWER, TAKES(lxc_stop_params), lxc_stop, 0.02 },
	{ "POST", LXC "shutdown", POWER, TAKES(lxc_shutdown_params), lxc_shutdown, 0.02 },
	{ "POST", LXC "reboot", POWER, TAKES(timeout_params), lxc_reboot, 0.02 },
	{ "POST", LXC "suspend", POWER, TAKES(NULL), lxc_suspend, 0.02 },
	{ "POST", LXC "resume", POWER, TAKES(NULL), lxc_resume, 0.02 },
	{ NULL },
};
/* clang-format on */
