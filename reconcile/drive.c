/*
 * The drive that cloud-init reads. A template without one gets no clone with addresses
 * and keys: the clone is given one, in the write that configures it.
 */
#include "base/text.h"
#include "reconcile/slots.h"

#include <string.h>

/* ide2 is where everybody has it; a drive there is no boot device (qemu-server
 * PVE/API2/Qemu.pm update_vm_api: only other CDs join the boot order). */
static const char *const slots[] = {
	"ide2",  "ide0",  "ide1",  "ide3",  "scsi1", "scsi2", "scsi3",
	"scsi4", "scsi5", "scsi6", "scsi7", "scsi8", "scsi9",
};

static bool is_declared(const struct desired *want, const char *slot)
{
	const struct disk_entry *disks = want->spec.disks.at;

	for (size_t i = 0; i < want->spec.disks.len; i++)
		if (str_equal(disks[i].slot.value, slot))
			return true;
	return false;
}

const char *making_free_slot(const struct desired *want, const struct observed *template)
{
	for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
		if (!observed_option(template, slots[i]) && !is_declared(want, slots[i]))
			return slots[i];
	return NULL;
}

/* The guest's datastore, else where its root disk is. */
static const char *storage_for(struct view *view)
{
	const struct desired *want = view->making->want;
	const char *root = view->seen->root_disk;

	if (want->datastore)
		return want->datastore;
	root = root ? view_seen(view, root) : NULL;
	return root ? volume_storage(view->arena, root) : NULL;
}

/* What is still being cloned shows its drives one by one. */
void change_drive(struct changes *out, struct view *view)
{
	const char *slot, *storage;

	if (view->making->want->type != GUEST_VM || !view->seen ||
	    !view->seen->has_config || view->seen->cloud_init_drive || view->seen->lock)
		return;
	slot = making_free_slot(view->making->want, view->seen);
	storage = storage_for(view);
	if (slot && storage)
		add_change(out, view, slot, NULL,
			   arena_printf(view->arena, "%s:cloudinit", storage));
}
