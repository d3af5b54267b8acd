/* The end of guests. PVE: PVE::API2::Qemu destroy_vm, PVE::API2::LXC destroy_vm. */
#include "api.h"
#include "guest.h"
#include "ha.h"

static void start_destroy(struct call *call, const char *type)
{
	json_t *args =
		json_pack("{s:i, s:i, s:i, s:i}", "vmid", (int)param_number(call, "vmid"),
			  "purge", param_true(call, "purge"), "force",
			  param_true(call, "force"), "destroy-unreferenced-disks",
			  param_true(call, "destroy-unreferenced-disks"));

	reply_task(call, call_start(call, type, param(call, "vmid"), args));
}

static bool unprotected(struct call *call, const struct guest *guest)
{
	if (!guest_number(guest, "protection", 0))
		return true;
	refuse(call, 500, "can't remove %s %u - protection mode enabled",
	       guest_word(guest->type), guest->vmid);
	return false;
}

/* HA would look for it for ever. */
static bool may_leave(struct call *call, const struct guest *guest)
{
	if (param_true(call, "purge") ||
	    !ha_state(call->world, ha_sid(call->arena, guest)))
		return true;
	refuse(call, 500,
	       "unable to remove %s %u - used in HA resources and purge parameter not "
	       "set.",
	       guest_word(guest->type), guest->vmid);
	return false;
}

static void qemu_destroy(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_QEMU);

	if (!guest || !call_quorate(call) || !unprotected(call, guest) ||
	    !may_leave(call, guest))
		return;
	if (guest->running)
		refuse(call, 500, "VM %u is running - destroy failed", guest->vmid);
	else
		start_destroy(call, "qmdestroy");
}

static void lxc_destroy(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_LXC);

	if (!guest || !call_quorate(call) || !unprotected(call, guest) ||
	    !call_unlocked(call, guest) || !may_leave(call, guest))
		return;
	if (guest->running && !param_true(call, "force"))
		refuse(call, 500, "unable to destroy CT %u - container is running",
		       guest->vmid);
	else
		start_destroy(call, "vzdestroy");
}

static const struct schema destroy_params[] = {
	{ "destroy-unreferenced-disks", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "purge", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema force_params[] = {
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

#define FORKS (ROW_PROTECTED | ROW_NODE | ROW_FORK)
#define QEMU  "/nodes/{node}/qemu/{vmid}"
#define LXC   "/nodes/{node}/lxc/{vmid}"
#define VM    "/vms/{vmid}"

const struct row destroy_rows[] = {
	{ "DELETE",
	  QEMU,
	  FORKS,
	  VM,
	  "VM.Allocate",
	  { { guest_params, destroy_params } },
	  qemu_destroy,
	  0.02 },
	{ "DELETE",
	  LXC,
	  FORKS,
	  VM,
	  "VM.Allocate",
	  { { guest_params, destroy_params, force_params } },
	  lxc_destroy,
	  0.02 },
	{ NULL },
};
