/* Larger disks. PVE: PVE::API2::Qemu resize_vm, PVE::API2::LXC resize_vm. */
#include "api.h"
#include "check.h"
#include "disk.h"
#include "guest.h"
#include "props.h"
#include "volume.h"

#include <string.h>

static json_t *resize_args(struct call *call, const struct guest *guest)
{
	json_t *args = json_pack("{s:i, s:s, s:s, s:s}", "vmid", (int)guest->vmid, "type",
				 guest_kind(guest->type), "disk", param(call, "disk"),
				 "size", param(call, "size"));

	if (param(call, "digest"))
		props_set(args, "digest", param(call, "digest"));
	return args;
}

static bool check_resize_space(struct call *call, const struct guest *guest)
{
	const char *value = guest_get(guest, param(call, "disk"));
	char *volid = value ? guest_volid(call->arena, value) : NULL;
	const struct storage *storage = volid ? volume_storage(call->world, volid) : NULL;

	return !storage ||
	       must_have(call, arena_printf(call->arena, "/storage/%s", storage->name),
			 "Datastore.AllocateSpace");
}

/* A VM's resize is checked in the task. */
static void qemu_resize(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_QEMU);

	if (guest && call_quorate(call) && check_resize_space(call, guest))
		reply_task(call, call_start(call, "resize", param(call, "vmid"),
					    resize_args(call, guest)));
}

/* A container's in the call. */
static void lxc_resize(struct call *call)
{
	struct guest *guest = call_guest(call, GUEST_LXC);
	const char *disk = param(call, "disk"), *size = param(call, "size");
	const char *value, *digest = param(call, "digest");
	uint64_t now, bytes = 0;

	if (!guest || !call_quorate(call) || !call_lock(call, guest) ||
	    !call_unlocked(call, guest))
		return;
	value = guest_get(guest, disk);
	if (digest && strcmp(digest, guest_digest(call->arena, guest)) != 0) {
		refuse(call, 500,
		       "detected modified configuration - file changed by other user? "
		       "Try again.");
		return;
	}
	if (!value) {
		refuse(call, 500, "disk '%s' does not exist", disk);
		return;
	}
	now = disk_size(GUEST_LXC, disk, value);
	size_read(size + (*size == '+'), &bytes);
	if (*size == '+')
		bytes += now;
	if (bytes < now)
		refuse(call, 500, "unable to shrink disk size");
	else if (bytes == now)
		refuse(call, 500, "disk is already at specified size");
	else if (check_resize_space(call, guest))
		reply_task(call, call_start(call, "resize", param(call, "vmid"),
					    resize_args(call, guest)));
}

static const struct schema resize_params[] = {
	{ "size", SCHEMA_STRING, 0, .pattern = "[+]?[0-9]+([.][0-9]+)?[KMGT]?" },
	{ "digest", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 40 },
	{ NULL },
};
static const struct schema qemu_disk_params[] = {
	{ "disk", SCHEMA_STRING, 0,
	  .values =
		  "ide0, ide1, ide2, ide3, scsi0, scsi1, scsi2, scsi3, scsi4, scsi5, "
		  "scsi6, "
		  "scsi7, scsi8, scsi9, scsi10, scsi11, scsi12, scsi13, scsi14, scsi15, "
		  "scsi16, scsi17, scsi18, scsi19, scsi20, scsi21, scsi22, scsi23, "
		  "scsi24, "
		  "scsi25, scsi26, scsi27, scsi28, scsi29, scsi30, virtio0, virtio1, "
		  "virtio2, "
		  "virtio3, virtio4, virtio5, virtio6, virtio7, virtio8, virtio9, "
		  "virtio10, "
		  "virtio11, virtio12, virtio13, virtio14, virtio15, sata0, sata1, "
		  "sata2, "
		  "sata3, sata4, sata5, efidisk0, tpmstate0" },
	{ NULL },
};
static const struct schema lxc_disk_params[] = {
	{ "disk", SCHEMA_STRING, 0,
	  .pattern = "rootfs|mp([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])" },
	{ NULL },
};

#define FORKS (ROW_PROTECTED | ROW_NODE | ROW_FORK)
#define QEMU  "/nodes/{node}/qemu/{vmid}"
#define LXC   "/nodes/{node}/lxc/{vmid}"
#define VM    "/vms/{vmid}"

const struct row resize_rows[] = {
	{ "PUT",
	  QEMU "/resize",
	  FORKS,
	  VM,
	  "VM.Config.Disk",
	  { { guest_params, resize_params, qemu_disk_params } },
	  qemu_resize,
	  0.018 },
	{ "PUT",
	  LXC "/resize",
	  FORKS,
	  VM,
	  "VM.Config.Disk",
	  { { guest_params, resize_params, lxc_disk_params } },
	  lxc_resize,
	  0.018 },
	{ NULL },
};
