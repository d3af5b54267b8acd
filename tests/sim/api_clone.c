/* Copies of guests. PVE: PVE::API2::Qemu clone_vm, PVE::API2::LXC clone_vm. */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "guest.h"
#include "props.h"
#include "snapshot.h"
#include "volume.h"

#include <string.h>

/* The storage cannot copy the disk, or not its snapshot. */
static bool check_feature(struct call *call, const struct guest *source,
			  const char *option, const char *volid, bool full)
{
	bool snap = param(call, "snapname") != NULL;

	/* of a container PVE asks only before a linked clone */
	if ((full && source->type == GUEST_LXC) ||
	    volume_can(call->world, source->type, volid, full ? "copy" : "clone", snap))
		return true;
	if (source->type == GUEST_LXC)
		refuse(call, 500, "Linked clone feature for '%s' is not available",
		       volid);
	else
		refuse(call, 500, "%s clone feature is not supported for%s '%s' (%s)",
		       full ? "Full" : "Linked", snap ? " a snapshot of" : "", volid,
		       option);
	return false;
}

/*
 * Another node can have the copy only when it sees the storage too; of a VM it must see
 * what is copied as well. PVE: check_storage_access_clone.
 */
static bool check_clone_target(struct call *call, const struct guest *source,
			       const struct storage *from, const char *storage)
{
	const char *target = param(call, "target"), *wish = param(call, "storage");
	const char *word = guest_word(source->type);
	bool shared;

	if (!target || !strcmp(target, source->node))
		return true;
	shared = world_storage(call->world, storage)->shared;
	if (shared && (from->shared || source->type == GUEST_LXC))
		return true;
	if (wish && !shared)
		refuse(call, 500, "can't clone to non-shared storage '%s'", wish);
	else
		refuse(call, 500, "can't clone %s to node '%s' (%s uses local storage)",
		       word, target, word);
	return false;
}

/* Right and possibility to copy one disk of the source. */
static bool check_clone_disk(struct call *call, const struct guest *source,
			     const char *option, const char *value, bool full)
{
	char *volid = guest_volid(call->arena, value);
	const struct storage *storage = volid ? volume_storage(call->world, volid) : NULL;
	const char *wish = param(call, "storage"), *to;
	bool image = storage && strstr(volid, "cloudinit");

	if (!storage || (guest_is_cdrom(value) && !image))
		return true;
	if (!image && !check_feature(call, source, option, volid, full))
		return false;
	to = wish ? wish : storage->name;
	/* the cloud-init image counts as a CD, for which no right is asked */
	return (image || check_space(call, to, source->node,
				     source->type == GUEST_LXC ? "rootdir" : "images")) &&
	       check_clone_target(call, source, storage, to);
}

static bool check_clone_disks(struct call *call, const struct guest *source,
			      const json_t *config, bool full)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)config, name, value)
		if (option_is_disk(source->type, name) &&
		    !check_clone_disk(call, source, name, json_string_value(value), full))
			return false;
	return true;
}

static bool check_clone(struct call *call, const struct guest *source, bool full)
{
	const char *name, *target = param(call, "target");
	const json_t *config = snapshot_config(source, param(call, "snapname"));
	json_t *value;

	if (target && !world_node(call->world, target)) {
		refuse(call, 500, "no such cluster node '%s'", target);
		return false;
	}
	if (!full && param(call, "storage")) {
		refuse(call, 500, "parameter 'storage' not allowed for linked clones");
		return false;
	}
	if (!full && param(call, "format")) {
		refuse(call, 500, "parameter 'format' not allowed for linked clones");
		return false;
	}
	if (!config) {
		refuse(call, 500, "snapshot '%s' does not exist",
		       param(call, "snapname"));
		return false;
	}
	if (!check_clone_disks(call, source, config, full))
		return false;
	json_object_foreach ((json_t *)(uintptr_t)config, name, value)
		if (option_is_card(name) &&
		    !check_bridge(call, source->type, json_string_value(value)))
			return false;
	return true;
}

static json_t *clone_args(struct call *call, bool full)
{
	static const char *const texts[] = { "name",   "hostname", "description",
					     "pool",   "storage",  "format",
					     "target", "bwlimit",  "snapname",
					     NULL };
	json_t *args =
		json_pack("{s:i, s:i, s:i}", "source", (int)param_number(call, "vmid"),
			  "newid", (int)param_number(call, "newid"), "full", full);

	for (size_t i = 0; texts[i]; i++)
		if (param(call, texts[i]))
			props_set(args, texts[i], param(call, texts[i]));
	return args;
}

static bool is_full(struct call *call, const struct guest *source)
{
	return param(call, "full") ? param_true(call, "full")
				   : !guest_is_template(source);
}

static bool may_clone(struct call *call)
{
	return check_allocate(call, param(call, "newid"));
}

static void qemu_clone(struct call *call)
{
	unsigned newid = param_number(call, "newid");
	const struct guest *source, *taken;

	if (!check_pool(call, param(call, "pool")) || !call_quorate(call))
		return;
	source = world_guest(call->world, param_number(call, "vmid"));
	if (!source || source->type != GUEST_QEMU ||
	    strcmp(source->node, param(call, "node")) != 0) {
		refuse(call, 500,
		       "unable to find configuration file for VM %s on node '%s'",
		       param(call, "vmid"), param(call, "node"));
		return;
	}
	if (!call_unlocked(call, source) ||
	    !check_clone(call, source, is_full(call, source)))
		return;
	/* only a VM on the same node is noticed here; others make the task fail */
	taken = world_guest(call->world, newid);
	if (taken && taken->type == GUEST_QEMU && !strcmp(taken->node, source->node)) {
		refuse(call, 500, "unable to create VM %u: config file already exists",
		       newid);
		return;
	}
	reply_task(call, call_start(call, "qmclone", param(call, "vmid"),
				    clone_args(call, is_full(call, source))));
}

static void lxc_clone(struct call *call)
{
	struct guest *source = call_guest(call, GUEST_LXC);
	unsigned newid = param_number(call, "newid");

	if (!source || !check_pool(call, param(call, "pool")) || !call_quorate(call) ||
	    !check_vmid_free(call, newid, "") || !call_lock(call, source) ||
	    !call_unlocked(call, source))
		return;
	if (source->running && is_full(call, source) && !param(call, "snapname")) {
		refuse(call, 500,
		       "Full clone of a running container is only possible from a "
		       "snapshot");
		return;
	}
	if (!check_clone(call, source, is_full(call, source)))
		return;
	guest_set(call->world, source, "lock", "disk");
	guest_reserve(call->world, newid, GUEST_LXC, source->node);
	reply_task(call, call_start(call, "vzclone", param(call, "vmid"),
				    clone_args(call, is_full(call, source))));
}

#define OPTIONAL_VMID(name_)                                                \
	{                                                                   \
		name_, SCHEMA_INTEGER, SCHEMA_MIN | SCHEMA_MAX,             \
			.min = 100, .max = 999999999, .format = format_vmid \
	}

static const struct schema clone_params[] = {
	OPTIONAL_VMID("newid"),
	{ "description", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "full", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "pool", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_pool },
	{ "snapname", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 40,
	  .format = format_config_id },
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage },
	{ "target", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_node },
	{ NULL },
};
static const struct schema qemu_clone_params[] = {
	{ "bwlimit", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "format", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "raw, qcow2, vmdk" },
	{ "name", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_dns_name },
	{ NULL },
};
static const struct schema lxc_clone_params[] = {
	{ "bwlimit", SCHEMA_NUMBER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "hostname", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_dns_name },
	{ NULL },
};

#define FORKS (ROW_PROTECTED | ROW_NODE | ROW_FORK)
#define QEMU  "/nodes/{node}/qemu/{vmid}"
#define LXC   "/nodes/{node}/lxc/{vmid}"
#define VM    "/vms/{vmid}"

const struct row clone_rows[] = {
	{ "POST",
	  QEMU "/clone",
	  FORKS,
	  VM,
	  "VM.Clone",
	  { { guest_params, clone_params, qemu_clone_params } },
	  qemu_clone,
	  0.02,
	  may_clone },
	{ "POST",
	  LXC "/clone",
	  FORKS,
	  VM,
	  "VM.Clone",
	  { { guest_params, clone_params, lxc_clone_params } },
	  lxc_clone,
	  0.02,
	  may_clone },
	{ NULL },
};
