/* Create, clone, resize, destroy. PVE: PVE::API2::Qemu and PVE::API2::LXC. */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "disk.h"
#include "guest.h"
#include "jobs.h"
#include "props.h"
#include "rights.h"
#include "volume.h"

#include <stdlib.h>
#include <string.h>

/* VM.Allocate on the new id or on the pool it shall join; else a 403 without words. */
static bool may_allocate(struct call *call, const char *vmid)
{
	const char *pool = param(call, "pool");

	if (may(call, arena_printf(call->arena, "/vms/%s", vmid ? vmid : ""),
		"VM.Allocate") ||
	    (pool &&
	     may(call, arena_printf(call->arena, "/pool/%s", pool), "VM.Allocate")))
		return true;
	refuse(call, 403, "Permission check failed");
	return false;
}

static json_t *options_in(struct call *call, enum guest_type type)
{
	json_t *set = json_object();
	const char *name;
	json_t *value;

	json_object_foreach (call->params, name, value)
		if (option_find(type, name))
			json_object_set(set, name, value);
	return set;
}

static bool check_options(struct call *call, enum guest_type type, unsigned vmid,
			  json_t *set)
{
	const char *pool = param(call, "pool"), *node = param(call, "node"), *name;
	json_t *value;

	json_object_foreach (set, name, value)
		if (option_is_disk(type, name) &&
		    !check_disk(call, type, vmid, node, name, json_string_value(value),
				true))
			return false;
	json_object_foreach (set, name, value)
		if (!(type == GUEST_LXC && !strcmp(name, "unprivileged")) &&
		    !check_option(call, type, vmid, pool, name, json_string_value(value),
				  true))
			return false;
	json_object_foreach (set, name, value)
		if (option_is_card(name) &&
		    !check_bridge(call, type, json_string_value(value)))
			return false;
	return !props_get(set, "tags") || call->world->pve < 9 ||
	       check_tags(call, NULL, props_get(set, "tags"));
}

static bool vmid_free(struct call *call, unsigned vmid, const char *prefix)
{
	const struct guest *guest = world_guest(call->world, vmid);

	if (!guest)
		return true;
	refuse(call, 500, "%s%s %u already exists on node '%s'", prefix,
	       guest_word(guest->type), vmid, guest->node);
	return false;
}

static json_t *create_args(struct call *call, unsigned vmid, json_t *set)
{
	json_t *args = json_pack("{s:i, s:o, s:i}", "vmid", (int)vmid, "options", set,
				 "start", param_true(call, "start"));

	if (param(call, "pool"))
		props_set(args, "pool", param(call, "pool"));
	return args;
}

static void reserve(struct call *call, unsigned vmid, enum guest_type type)
{
	struct guest *guest =
		world_guest_add(call->world, vmid, type, param(call, "node"));

	guest_set(call->world, guest, "lock", "create");
}

static void qemu_create(struct call *call)
{
	unsigned vmid = param_number(call, "vmid");
	json_t *set;

	if (!may_allocate(call, param(call, "vmid")))
		return;
	set = options_in(call, GUEST_QEMU);
	if ((!props_get(set, "sshkeys") ||
	     check_ssh_keys(call, props_get(set, "sshkeys"), true)) &&
	    call_quorate(call) && check_pool(call, param(call, "pool")) &&
	    check_options(call, GUEST_QEMU, vmid, set) &&
	    (!param_true(call, "start") || call->world->pve < 9 ||
	     check_guest_right(call, vmid, param(call, "pool"), "VM.PowerMgmt")) &&
	    vmid_free(call, vmid,
		      arena_printf(call->arena, "unable to create VM %u - ", vmid))) {
		reserve(call, vmid, GUEST_QEMU);
		reply_task(call, call_start(call, "qmcreate", param(call, "vmid"),
					    create_args(call, vmid, set)));
		return;
	}
	json_decref(set);
}

/* Without `rootfs`: 4 GiB on `storage`; a bare number is on `storage` too. */
static void default_rootfs(struct call *call, json_t *set)
{
	const char *storage = param(call, "storage") ? param(call, "storage") : "local";
	const char *rootfs = props_get(set, "rootfs");

	if (!rootfs)
		props_set(set, "rootfs", arena_printf(call->arena, "%s:4", storage));
	else if (strspn(rootfs, "0123456789.") == strcspn(rootfs, ","))
		props_set(set, "rootfs",
			  arena_printf(call->arena, "%s:%s", storage, rootfs));
}

static bool check_ostemplate(struct call *call, const char *volid)
{
	const char *colon = strchr(volid, ':');
	char *name;

	if (!colon) {
		refuse(call, 500,
		       "Only root can pass arbitrary filesystem paths. at "
		       "/usr/share/perl5/PVE/Storage.pm line %d.",
		       call->world->pve >= 9 ? 651 : 581);
		return false;
	}
	name = arena_strndup(call->arena, volid, (size_t)(colon - volid));
	if (!world_storage(call->world, name)) {
		refuse(call, 500, "storage '%s' does not exist", name);
		return false;
	}
	return must_have(call, arena_printf(call->arena, "/storage/%s", name),
			 "Datastore.AllocateSpace|Datastore.Audit");
}

static void lxc_create(struct call *call)
{
	unsigned vmid = param_number(call, "vmid");
	const char *keys = param(call, "ssh-public-keys");
	bool mounts = false;
	const char *name;
	json_t *set, *value, *args;

	if (!may_allocate(call, param(call, "vmid")))
		return;
	set = options_in(call, GUEST_LXC);
	json_object_foreach (set, name, value)
		mounts = mounts ||
			 (strcmp(name, "rootfs") != 0 && option_is_disk(GUEST_LXC, name));
	if (mounts && !props_get(set, "rootfs")) {
		refuse(call, 500,
		       "mount points configured, but 'rootfs' not set - aborting");
		json_decref(set);
		return;
	}
	default_rootfs(call, set);
	if (!props_get(set, "unprivileged") && call->world->pve >= 9)
		props_set(set, "unprivileged", "1");
	if ((!keys || check_ssh_keys(call, keys, false)) && call_quorate(call) &&
	    vmid_free(call, vmid, "") && check_pool(call, param(call, "pool")) &&
	    (call->world->pve < 9 || props_true(props_get(set, "unprivileged")) ||
	     must_have(call, "/", "Sys.Modify")) &&
	    check_ostemplate(call, param(call, "ostemplate")) &&
	    check_options(call, GUEST_LXC, vmid, set)) {
		reserve(call, vmid, GUEST_LXC);
		args = create_args(call, vmid, set);
		props_set(args, "ostemplate", param(call, "ostemplate"));
		reply_task(call, call_start(call, "vzcreate", param(call, "vmid"), args));
		return;
	}
	json_decref(set);
}

/* Rights and possibility for each disk of the source. */
static bool check_clone_disks(struct call *call, const struct guest *source, bool full)
{
	const char *wish = param(call, "storage"), *target = param(call, "target");
	const char *content = source->type == GUEST_LXC ? "rootdir" : "images", *name;
	json_t *value;

	json_object_foreach (source->config, name, value) {
		const char *text = json_string_value(value);
		char *volid;
		const struct storage *storage;
		bool image;

		if (!option_is_disk(source->type, name))
			continue;
		volid = guest_volid(call->arena, text);
		storage = volid ? volume_storage(call->world, volid) : NULL;
		if (!storage)
			continue;
		image = strstr(volid, "cloudinit") != NULL;
		if (guest_is_cdrom(text) && !image)
			continue;
		if (!full && !image &&
		    !volume_can_link(call->world, volid, source->type)) {
			if (source->type == GUEST_LXC)
				refuse(call, 500,
				       "Linked clone feature for '%s' is not available",
				       volid);
			else
				refuse(call, 500,
				       "Linked clone feature is not supported for '%s' "
				       "(%s)",
				       volid, name);
			return false;
		}
		if (!check_space(call, wish ? wish : storage->name, source->node,
				 content))
			return false;
		if (wish)
			storage = world_storage(call->world, wish);
		if (target && strcmp(target, source->node) != 0 && !storage->shared) {
			if (wish)
				refuse(call, 500,
				       "can't clone to non-shared storage '%s'", wish);
			else
				refuse(call, 500,
				       "can't clone %s to node '%s' (%s uses local "
				       "storage)",
				       guest_word(source->type), target,
				       guest_word(source->type));
			return false;
		}
	}
	return true;
}

static bool check_clone(struct call *call, const struct guest *source, bool full)
{
	const char *name, *target = param(call, "target");
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
	if (param(call, "snapname")) {
		refuse(call, 500, "snapshot '%s' does not exist",
		       param(call, "snapname"));
		return false;
	}
	json_object_foreach (source->config, name, value)
		if (option_is_card(name) &&
		    !check_bridge(call, source->type, json_string_value(value)))
			return false;
	return check_clone_disks(call, source, full);
}

static json_t *clone_args(struct call *call, bool full)
{
	static const char *const texts[] = { "name",   "hostname", "description",
					     "pool",   "storage",  "format",
					     "target", "bwlimit",  NULL };
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

static void qemu_clone(struct call *call)
{
	unsigned newid = param_number(call, "newid");
	const struct guest *source, *taken;

	if (!may_allocate(call, param(call, "newid")) ||
	    !check_pool(call, param(call, "pool")) || !call_quorate(call))
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

	if (!source || !may_allocate(call, param(call, "newid")) ||
	    !check_pool(call, param(call, "pool")) || !call_quorate(call) ||
	    !vmid_free(call, newid, "") || !call_lock(call, source) ||
	    !call_unlocked(call, source))
		return;
	if (source->running && is_full(call, source)) {
		refuse(call, 500,
		       "Full clone of a running container is only possible from a "
		       "snapshot");
		return;
	}
	if (!check_clone(call, source, is_full(call, source)))
		return;
	guest_set(call->world, source, "lock", "disk");
	reserve(call, newid, GUEST_LXC);
	reply_task(call, call_start(call, "vzclone", param(call, "vmid"),
				    clone_args(call, is_full(call, source))));
}

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

static void qemu_destroy(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_QEMU);

	if (!guest || !call_quorate(call) || !unprotected(call, guest))
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
	    !call_unlocked(call, guest))
		return;
	if (guest->running && !param_true(call, "force"))
		refuse(call, 500, "unable to destroy CT %u - container is running",
		       guest->vmid);
	else
		start_destroy(call, "vzdestroy");
}

#define OPTIONAL_VMID(name_)                                                \
	{                                                                   \
		name_, SCHEMA_INTEGER, SCHEMA_MIN | SCHEMA_MAX,             \
			.min = 100, .max = 999999999, .format = format_vmid \
	}

static const struct schema qemu_create_params[] = {
	{ "pool", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_pool },
	{ "start", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema lxc_create_params[] = {
	{ "ostemplate", SCHEMA_STRING, 0, .max_length = 255 },
	{ "password", SCHEMA_STRING, SCHEMA_OPTIONAL, .min_length = 5 },
	{ "pool", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_pool },
	{ "ssh-public-keys", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "start", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage },
	{ NULL },
};
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

const struct row create_rows[] = {
	{ "POST",
	  "/nodes/{node}/qemu",
	  FORKS,
	  NULL,
	  NULL,
	  { { guest_params, qemu_create_params, qemu_options } },
	  qemu_create,
	  0.02 },
	{ "POST",
	  "/nodes/{node}/lxc",
	  FORKS,
	  NULL,
	  NULL,
	  { { guest_params, lxc_create_params, lxc_options } },
	  lxc_create,
	  0.02 },
	{ "POST",
	  QEMU "/clone",
	  FORKS,
	  VM,
	  "VM.Clone",
	  { { guest_params, clone_params, qemu_clone_params } },
	  qemu_clone,
	  0.02 },
	{ "POST",
	  LXC "/clone",
	  FORKS,
	  VM,
	  "VM.Clone",
	  { { guest_params, clone_params, lxc_clone_params } },
	  lxc_clone,
	  0.02 },
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
