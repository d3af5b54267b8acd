#include "vmstate.h"

#include "base/text.h"
#include "guest.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#define MIB          ((uint64_t)1 << 20)
#define DRIVER_STATE 500 /* MiB, whatever the devices need */

/* A shared storage of one of its disks, or else a local one; file storages go first. */
const char *vmstate_storage(const struct world *world, const struct guest *guest)
{
	const struct storage *found[2] = { NULL, NULL };
	const char *name;
	json_t *value;

	if (guest_get(guest, "vmstatestorage"))
		return guest_get(guest, "vmstatestorage");
	json_object_foreach (guest->config, name, value) {
		const char *text = json_string_value(value);
		const struct storage *storage;

		if (!option_is_disk(guest->type, name) || guest_is_cdrom(text))
			continue;
		storage = volume_storage(world, text);
		if (storage && (!found[storage->shared] || storage_is_file(storage)))
			found[storage->shared] = storage;
	}
	if (found[1])
		return found[1]->name;
	return found[0] ? found[0]->name : "local";
}

static uint64_t memory_of(const struct guest *guest)
{
	return (uint64_t)guest_number(guest, "memory", 512) * MIB;
}

bool vmstate_make(struct world *world, struct task *task, struct guest *guest,
		  const char *where, const char *name, json_t *section)
{
	const struct storage *storage = world_storage(world, where);
	struct arena *arena = arena_create();
	const char *volid;

	if (!storage || storage->disabled || !storage_on(storage, guest->node)) {
		task_fail(world, task, "storage '%s' %s", where,
			  !storage ? "does not exist" : "is not available");
		arena_destroy(arena);
		return false;
	}
	volid = storage_is_file(storage)
			? arena_printf(arena, "%s:%u/vm-%u-state-%s.raw", where,
				       guest->vmid, guest->vmid, name)
			: arena_printf(arena, "%s:vm-%u-state-%s", where, guest->vmid,
				       name);
	/* twice the memory: the VM goes on writing while the first half is saved */
	volume_add(world, storage, guest->node, volid, guest->vmid,
		   2 * memory_of(guest) + DRIVER_STATE * MIB, "images", "raw", NULL);
	props_set(section, "vmstate", volid);
	props_set(section, "runningmachine",
		  world->pve >= 9 ? "pc-i440fx-10.1+pve0" : "pc-i440fx-9.2+pve1");
	props_set(section, "runningcpu", "kvm64,enforce,+kvm_pv_eoi,+kvm_pv_unhalt");
	world_touch(world);
	arena_destroy(arena);
	return true;
}

double vmstate_seconds(struct world *world, const struct guest *guest,
		       const json_t *section)
{
	struct storage *storage = volume_storage(world, props_get(section, "vmstate"));

	return storage ? storage_copy(world, storage, memory_of(guest), 0) : 0;
}

void vmstate_drop(struct world *world, struct guest *guest, json_t *section)
{
	const char *volid = props_get(section, "vmstate");

	if (volid)
		volume_remove(world, guest->node, volid);
	json_object_del(section, "vmstate");
	json_object_del(section, "runningmachine");
	json_object_del(section, "runningcpu");
	world_touch(world);
}
