/* New guests. PVE: PVE::API2::Qemu create_vm, PVE::API2::LXC create_vm. */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "guest.h"
#include "props.h"
#include "restore.h"

#include <string.h>

/* Storage first, then what each option needs, then what its value asks for. */
static bool check_qemu_options(struct call *call, unsigned vmid, json_t *set)
{
	struct option_change change = { .type = GUEST_QEMU,
					.vmid = vmid,
					.pool = param(call, "pool"),
					.creating = true };
	json_t *value;

	json_object_foreach (set, change.option, value)
		if (option_is_disk(GUEST_QEMU, change.option) &&
		    !check_disk(call, GUEST_QEMU, vmid, param(call, "node"),
				change.option, json_string_value(value)))
			return false;
	json_object_foreach (set, change.option, value)
		if (!check_option(call, &change))
			return false;
	json_object_foreach (set, change.option, value) {
		change.value = json_string_value(value);
		if (!check_option_value(call, &change) ||
		    (option_is_card(change.option) &&
		     !check_bridge(call, GUEST_QEMU, change.value)))
			return false;
	}
	return true;
}

/* Of what was sent: the root disk that is made without being asked for needs only space. */
static bool check_lxc_options(struct call *call, unsigned vmid, json_t *set)
{
	struct option_change change = { .type = GUEST_LXC,
					.vmid = vmid,
					.pool = param(call, "pool"),
					.creating = true,
					.privileged = !props_true(
						props_get(set, "unprivileged")) };
	json_t *value;

	json_object_foreach (set, change.option, value) {
		change.value = json_string_value(value);
		if (param(call, change.option) &&
		    strcmp(change.option, "unprivileged") != 0 &&
		    !check_lxc_option(call, &change))
			return false;
	}
	if (!check_volume(call, vmid, param(call, "ostemplate")))
		return false;
	json_object_foreach (set, change.option, value)
		if (option_is_disk(GUEST_LXC, change.option) &&
		    !check_disk(call, GUEST_LXC, vmid, param(call, "node"), change.option,
				json_string_value(value)))
			return false;
	return true;
}

static json_t *create_args(struct call *call, unsigned vmid, json_t *set)
{
	json_t *args = json_pack("{s:i, s:O, s:i}", "vmid", (int)vmid, "options", set,
				 "start", param_true(call, "start"));

	if (param(call, "pool"))
		props_set(args, "pool", param(call, "pool"));
	return args;
}

static void qemu_create(struct call *call)
{
	unsigned vmid = param_number(call, "vmid");
	json_t *set;

	set = call_options(call, GUEST_QEMU);
	if (restore_asked(call, GUEST_QEMU)) {
		restore_begin(call, GUEST_QEMU, set);
		return;
	}
	if ((!props_get(set, "sshkeys") ||
	     check_ssh_keys(call, props_get(set, "sshkeys"), true)) &&
	    call_quorate(call) && check_pool(call, param(call, "pool")) &&
	    (!param_true(call, "start") || call->world->pve < 9 ||
	     check_guest_right(call, vmid, param(call, "pool"), "VM.PowerMgmt")) &&
	    check_allocate(call, param(call, "vmid")) &&
	    check_qemu_options(call, vmid, set) &&
	    check_vmid_free(
		    call, vmid,
		    arena_printf(call->arena, "unable to create VM %u - ", vmid))) {
		guest_reserve(call->world, vmid, GUEST_QEMU, param(call, "node"));
		reply_task(call, call_start(call, "qmcreate", param(call, "vmid"),
					    create_args(call, vmid, set)));
	}
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

/* Clients always send `force`; that it replaces a container is not simulated. */
static bool check_force(struct call *call, unsigned vmid)
{
	const struct guest *guest = world_guest(call->world, vmid);

	if (!param_true(call, "force") || !guest || guest->type != GUEST_LXC)
		return true;
	bad_param(call, "force", "not simulated");
	return false;
}

static void lxc_create(struct call *call)
{
	unsigned vmid = param_number(call, "vmid");
	const char *keys = param(call, "ssh-public-keys");
	bool mounts = false;
	const char *name;
	json_t *set, *value, *args;

	set = call_options(call, GUEST_LXC);
	if (restore_asked(call, GUEST_LXC)) {
		restore_begin(call, GUEST_LXC, set);
		return;
	}
	json_object_foreach (set, name, value)
		mounts = mounts ||
			 (strcmp(name, "rootfs") != 0 && option_is_disk(GUEST_LXC, name));
	if (mounts && !props_get(set, "rootfs")) {
		refuse(call, 500,
		       "mount points configured, but 'rootfs' not set - aborting");
		return;
	}
	default_rootfs(call, set);
	if (!props_get(set, "unprivileged") && call->world->pve >= 9)
		props_set(set, "unprivileged", "1");
	if ((call->world->pve < 9 || props_true(props_get(set, "unprivileged")) ||
	     must_have(call, "/", "Sys.Modify")) &&
	    call_quorate(call) && check_force(call, vmid) &&
	    check_vmid_free(call, vmid, "") &&
	    (!keys || check_ssh_keys(call, keys, false)) &&
	    check_pool(call, param(call, "pool")) &&
	    check_allocate(call, param(call, "vmid")) &&
	    check_lxc_options(call, vmid, set)) {
		guest_reserve(call->world, vmid, GUEST_LXC, param(call, "node"));
		args = create_args(call, vmid, set);
		props_set(args, "ostemplate", param(call, "ostemplate"));
		reply_task(call, call_start(call, "vzcreate", param(call, "vmid"), args));
	}
}

static const struct schema qemu_create_params[] = {
	{ "archive", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 255 },
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .needs = "archive" },
	{ "pool", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_pool },
	{ "start", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage },
	{ "unique", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .needs = "archive" },
	{ NULL },
};
static const struct schema lxc_create_params[] = {
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "ostemplate", SCHEMA_STRING, 0, .max_length = 255 },
	{ "password", SCHEMA_STRING, SCHEMA_OPTIONAL, .min_length = 5 },
	{ "pool", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_pool },
	{ "restore", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "ssh-public-keys", SCHEMA_STRING, SCHEMA_OPTIONAL },
	{ "start", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage },
	{ "unique", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .needs = "restore" },
	{ NULL },
};

#define FORKS (ROW_PROTECTED | ROW_NODE | ROW_FORK)

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
	{ NULL },
};
