/* Start, stop, shutdown, reboot. PVE: PVE::API2::Qemu vm_start ..., PVE::API2::LXC::Status. */
#include "api.h"
#include "guest.h"
#include "props.h"
#include "rights.h"

#include <string.h>

static json_t *power_args(struct call *call)
{
	json_t *args = json_pack("{s:i, s:i}", "vmid", (int)param_number(call, "vmid"),
				 "forceStop", param_true(call, "forceStop"));

	if (param(call, "timeout"))
		props_set(args, "timeout", param(call, "timeout"));
	return args;
}

static void start_task(struct call *call, const char *type)
{
	reply_task(call, call_start(call, type, param(call, "vmid"), power_args(call)));
}

/* Whether the VM exists, is locked or a template is only found out in the task. */
static void qemu_start(struct call *call)
{
	if (call_quorate(call))
		start_task(call, "qmstart");
}

static void qemu_stop(struct call *call)
{
	start_task(call, "qmstop");
}

static void qemu_shutdown(struct call *call)
{
	start_task(call, "qmshutdown");
}

static void qemu_reboot(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_QEMU);

	if (!guest)
		return;
	if (guest->running)
		start_task(call, "qmreboot");
	else
		refuse(call, 500, "VM %u not running", guest->vmid);
}

static void lxc_start(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_LXC);

	if (!guest || !call_quorate(call))
		return;
	if (guest->running)
		refuse(call, 500, "CT %u already running", guest->vmid);
	else if (guest_is_template(guest))
		refuse(call, 500, "you can't start a CT if it's a template");
	else if (call_unlocked(call, guest))
		start_task(call, "vzstart");
}

static void lxc_down(struct call *call, const char *type, const char *word)
{
	const struct guest *guest = call_guest(call, GUEST_LXC);

	if (!guest)
		return;
	if (!guest->running)
		refuse(call, 500, "%s %u not running", word, guest->vmid);
	else
		start_task(call, type);
}

static void lxc_stop(struct call *call)
{
	lxc_down(call, "vzstop", "CT");
}

static void lxc_shutdown(struct call *call)
{
	lxc_down(call, "vzshutdown", "CT");
}

static void lxc_reboot(struct call *call)
{
	lxc_down(call, "vzreboot", "VM");
}

static const struct schema timeout_params[] = {
	{ "timeout", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ NULL },
};
static const struct schema force_params[] = {
	{ "forceStop", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

#define FORKS (ROW_PROTECTED | ROW_NODE | ROW_FORK)
#define QEMU  "/nodes/{node}/qemu/{vmid}/status/"
#define LXC   "/nodes/{node}/lxc/{vmid}/status/"
#define POWER "/vms/{vmid}", "VM.PowerMgmt"

const struct row power_rows[] = {
	{ "POST",
	  QEMU "start",
	  FORKS,
	  POWER,
	  { { guest_params, timeout_params } },
	  qemu_start,
	  0.02 },
	{ "POST",
	  QEMU "stop",
	  FORKS,
	  POWER,
	  { { guest_params, timeout_params } },
	  qemu_stop,
	  0.02 },
	{ "POST",
	  QEMU "shutdown",
	  FORKS,
	  POWER,
	  { { guest_params, timeout_params, force_params } },
	  qemu_shutdown,
	  0.02 },
	{ "POST",
	  QEMU "reboot",
	  FORKS,
	  POWER,
	  { { guest_params, timeout_params } },
	  qemu_reboot,
	  0.02 },
	{ "POST", LXC "start", FORKS, POWER, { { guest_params } }, lxc_start, 0.02 },
	{ "POST", LXC "stop", FORKS, POWER, { { guest_params } }, lxc_stop, 0.02 },
	{ "POST",
	  LXC "shutdown",
	  FORKS,
	  POWER,
	  { { guest_params, timeout_params, force_params } },
	  lxc_shutdown,
	  0.02 },
	{ "POST",
	  LXC "reboot",
	  FORKS,
	  POWER,
	  { { guest_params, timeout_params } },
	  lxc_reboot,
	  0.02 },
	{ NULL },
};
