/* PVE: PVE::API2::Qemu create_vm with `archive`, PVE::API2::LXC create_vm with `restore`. */
#include "restore.h"

#include "base/text.h"
#include "check.h"
#include "guest.h"
#include "options.h"
#include "props.h"
#include "volume.h"

#include <string.h>

bool restore_asked(const struct call *call, enum guest_type type)
{
	return type == GUEST_LXC ? param_true(call, "restore")
				 : param(call, "archive") != NULL;
}

static const char *archive_of(struct call *call, enum guest_type type)
{
	return param(call, type == GUEST_LXC ? "ostemplate" : "archive");
}

/* VM.Allocate; to put a guest of one's own back VM.Backup on it is enough. */
static bool check_rights(struct call *call, unsigned vmid)
{
	if (param_true(call, "force") && world_guest(call->world, vmid) &&
	    may_guest(call, vmid, "VM.Backup"))
		return true;
	return check_allocate(call, param(call, "vmid"));
}

/* Only the guest of that number and kind on this node gives way, and only when it can. */
static bool check_target(struct call *call, enum guest_type type, unsigned vmid)
{
	const struct guest *guest = world_guest(call->world, vmid);
	char *prefix = arena_printf(call->arena, "unable to restore %s %u - ",
				    guest_word(type), vmid);

	if (!guest)
		return true;
	if (!param_true(call, "force"))
		return check_vmid_free(call, vmid, prefix);
	if (guest->type != type || strcmp(guest->node, param(call, "node")) != 0)
		refuse(call, 500, "%s%s %u already exists on node '%s'", prefix,
		       guest_word(guest->type), vmid, guest->node);
	else if (guest_number(guest, "protection", 0))
		refuse(call, 500, "can't remove %s %u - protection mode enabled",
		       guest_word(type), vmid);
	else if (guest->running)
		refuse(call, 500, "%s%s is running", prefix,
		       type == GUEST_LXC ? "container" : "vm");
	else if (guest_lock(guest))
		refuse(call, 500, "%s is locked (%s)", guest_word(type),
		       guest_lock(guest));
	else
		return true;
	return false;
}

/* A backup of such a guest lies there. */
static bool check_archive(struct call *call, enum guest_type type, unsigned vmid)
{
	const char *volid = archive_of(call, type);
	const struct volume *archive;
	const char *of;

	if (!check_volume(call, vmid, volid))
		return false;
	archive = volume_find(call->world, param(call, "node"), volid);
	of = archive ? props_get(json_object_get(archive->facts, "guest"), "type") : NULL;
	if (!archive)
		refuse(call, 500, "volume '%s' does not exist", volid);
	else if (!str_equal(of, guest_kind(type)))
		refuse(call, 500, "couldn't determine archive info from '%s'", volid);
	return !answered(call);
}

/* A restore takes no disks of its own. */
static bool check_options(struct call *call, enum guest_type type, json_t *options)
{
	const char *name;
	json_t *value;

	json_object_foreach (options, name, value)
		if (param(call, name) && option_is_disk(type, name)) {
			bad_param(call, name, "not allowed for restore");
			return false;
		}
	return true;
}

static bool check_storage(struct call *call, enum guest_type type)
{
	const char *storage = param(call, "storage");

	return !storage || check_space(call, storage, param(call, "node"),
				       type == GUEST_LXC ? "rootdir" : "images");
}

void restore_begin(struct call *call, enum guest_type type, json_t *options)
{
	static const char *const kept[] = { "storage", "pool", NULL };
	unsigned vmid = param_number(call, "vmid");
	struct guest *old = world_guest(call->world, vmid);
	json_t *args;

	if (!check_options(call, type, options) || !call_quorate(call) ||
	    !check_pool(call, param(call, "pool")) || !check_rights(call, vmid) ||
	    !check_archive(call, type, vmid) || !check_storage(call, type) ||
	    !check_target(call, type, vmid))
		return;
	args = json_pack("{s:i, s:s, s:O, s:i, s:i}", "vmid", (int)vmid, "archive",
			 archive_of(call, type), "options", options, "unique",
			 param_true(call, "unique"), "start", param_true(call, "start"));
	for (size_t i = 0; kept[i]; i++)
		if (param(call, kept[i]))
			props_set(args, kept[i], param(call, kept[i]));
	if (old)
		guest_set(call->world, old, "lock", "create");
	else
		guest_reserve(call->world, vmid, type, param(call, "node"));
	reply_task(call, call_start(call, type == GUEST_LXC ? "vzrestore" : "qmrestore",
				    param(call, "vmid"), args));
}
