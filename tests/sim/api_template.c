/* Guests become templates. PVE: PVE::API2::Qemu template, PVE::API2::LXC template. */
#include "api.h"
#include "guest.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "volume.h"

/* Both look before they fork; a VM's task looks again. */
static struct guest *may_convert(struct call *call, enum guest_type type)
{
	struct guest *guest = call_guest(call, type);
	const char *why;

	if (!guest || !call_unlocked(call, guest))
		return NULL;
	why = template_refused(guest, param(call, "disk"));
	if (why)
		refuse(call, 500, "%s", why);
	return why ? NULL : guest;
}

static void qemu_template(struct call *call)
{
	const struct guest *guest = may_convert(call, GUEST_QEMU);
	json_t *args;

	if (!guest)
		return;
	args = json_pack("{s:i}", "vmid", (int)guest->vmid);
	if (param(call, "disk"))
		props_set(args, "disk", param(call, "disk"));
	reply_task(call, call_start(call, "qmtemplate", param(call, "vmid"), args));
}

/* The task is started, but the answer does not name it. */
static void lxc_template(struct call *call)
{
	const struct guest *guest = may_convert(call, GUEST_LXC);

	if (!guest)
		return;
	call_start(call, "vztemplate", param(call, "vmid"),
		   json_pack("{s:i}", "vmid", (int)guest->vmid));
	reply(call, json_null());
}

static const struct schema disk_params[] = {
	{ "disk", SCHEMA_STRING, SCHEMA_OPTIONAL,
	  .pattern = "(ide[0-3]|sata[0-5]|scsi([12]?[0-9]|30)|virtio(1?[0-5]|[6-9])|"
		     "efidisk0|tpmstate0)" },
	{ NULL },
};

#define FORKS    (ROW_PROTECTED | ROW_NODE | ROW_FORK)
#define ALLOCATE "/vms/{vmid}", "VM.Allocate"

const struct row template_rows[] = {
	{ "POST",
	  "/nodes/{node}/qemu/{vmid}/template",
	  FORKS,
	  ALLOCATE,
	  { { guest_params, disk_params } },
	  qemu_template,
	  0.02 },
	{ "POST",
	  "/nodes/{node}/lxc/{vmid}/template",
	  FORKS,
	  ALLOCATE,
	  { { guest_params } },
	  lxc_template,
	  0.02 },
	{ NULL },
};
