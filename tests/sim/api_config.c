/* Changing a config. PVE: PVE::API2::Qemu update_vm_api, PVE::API2::LXC::Config update_vm. */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "config.h"
#include "guest.h"
#include "props.h"
#include "rights.h"

#include <stdlib.h>
#include <string.h>

struct edit {
	struct guest *guest;
	json_t *set; /* released with the call */
	struct config_change change;
};

static bool read_names(struct call *call, enum guest_type type, const char *parameter,
		       const json_t *set, char ***out, size_t *count)
{
	*count = param(call, parameter)
			 ? str_split(call->arena, param(call, parameter), ",; ", out)
			 : 0;
	for (size_t i = 0; i < *count; i++) {
		char *name = (*out)[i];

		if (!option_find(type, name)) {
			bad_param(call, parameter, "unknown option '%s'", name);
			return false;
		}
		if (json_object_get(set, name)) {
			bad_param(call, parameter,
				  "you can't use '-%s' and -%s %s' at the same time",
				  name, parameter, name);
			return false;
		}
	}
	return true;
}

/* Before the config is looked at: the names of the options, storages, bridges. */
static bool check_qemu_sets(struct call *call, const struct edit *edit, unsigned vmid)
{
	struct option_change change = { .type = GUEST_QEMU, .vmid = vmid };
	json_t *value;

	for (size_t i = 0; i < edit->change.unset_count; i++) {
		change.option = edit->change.unset[i];
		if (!check_option(call, &change))
			return false;
	}
	json_object_foreach (edit->set, change.option, value)
		if (!check_option(call, &change))
			return false;
	json_object_foreach (edit->set, change.option, value)
		if (option_is_disk(GUEST_QEMU, change.option) &&
		    !check_disk(call, GUEST_QEMU, vmid, param(call, "node"),
				change.option, json_string_value(value)))
			return false;
	json_object_foreach (edit->set, change.option, value)
		if (option_is_card(change.option) &&
		    !check_bridge(call, GUEST_QEMU, json_string_value(value)))
			return false;
	return !props_get(edit->set, "sshkeys") ||
	       check_ssh_keys(call, props_get(edit->set, "sshkeys"), true);
}

static bool check_change(struct call *call, struct option_change *change,
			 const struct guest *guest)
{
	change->before = guest_get(guest, change->option);
	if (guest->type == GUEST_QEMU)
		return check_option_value(call, change);
	return check_lxc_option(call, change) &&
	       (!change->value || !option_is_disk(GUEST_LXC, change->option) ||
		check_disk(call, GUEST_LXC, guest->vmid, guest->node, change->option,
			   change->value));
}

/* With the config at hand: what the old and the new value of each option ask for. */
static bool check_values(struct call *call, const struct edit *edit)
{
	const struct guest *guest = edit->guest;
	struct option_change change = { .type = guest->type,
					.vmid = guest->vmid,
					.privileged = !props_true(
						guest_get(guest, "unprivileged")) };
	json_t *value;

	json_object_foreach (edit->set, change.option, value) {
		change.value = json_string_value(value);
		if (!check_change(call, &change, guest))
			return false;
	}
	change.value = NULL;
	for (size_t i = 0; i < edit->change.unset_count; i++) {
		change.option = edit->change.unset[i];
		if (!check_change(call, &change, guest))
			return false;
	}
	return true;
}

static bool edit_read(struct call *call, enum guest_type type, struct edit *edit)
{
	struct config_change *change = &edit->change;

	if (param_true(call, "skiplock") && !rights_is_root(call->user)) {
		bad_param(call, "skiplock", "Only root may use this option.");
		return false;
	}
	edit->set = call_options(call, type);
	change->set = edit->set;
	change->force = param_true(call, "force");
	if (!read_names(call, type, "delete", edit->set, &change->unset,
			&change->unset_count) ||
	    !read_names(call, type, "revert", edit->set, &change->revert,
			&change->revert_count))
		return false;
	if (!json_object_size(edit->set) && !change->unset_count &&
	    !change->revert_count) {
		refuse(call, 500, "no options specified");
		return false;
	}
	return type == GUEST_LXC ||
	       check_qemu_sets(call, edit, param_number(call, "vmid"));
}

static bool same_digest(struct call *call, const struct guest *guest)
{
	const char *digest = param(call, "digest");

	if (!digest || !strcmp(digest, guest_digest(call->arena, guest)))
		return true;
	refuse(call, 500,
	       guest->type == GUEST_LXC
		       ? "detected modified configuration - file changed by other user? "
			 "Try again."
		       : "checksum mismatch (file change by other user?)");
	return false;
}

static bool writable(struct call *call, const struct guest *guest)
{
	if (!world_frozen(call->world))
		return true;
	refuse(call, 500, "unable to open file '/etc/pve/%s.tmp.%u' - Permission denied",
	       guest_path(call->arena, guest->node, guest->type, guest->vmid), 1000u);
	return false;
}

/* Everything before the change itself. PVE 9 looks at the config before it takes the lock file. */
static bool ready(struct call *call, struct edit *edit, bool take_lock)
{
	struct guest *guest = edit->guest;
	bool early = guest->type == GUEST_QEMU && call->world->pve >= 9;
	bool skip = param_true(call, "skiplock");

	if (early &&
	    (!same_digest(call, guest) || (!skip && !call_unlocked(call, guest))))
		return false;
	if (take_lock && !call_lock(call, guest))
		return false;
	if (!same_digest(call, guest) || (!skip && !call_unlocked(call, guest)))
		return false;
	return check_values(call, edit) && writable(call, guest);
}

static void put(struct call *call, enum guest_type type)
{
	struct edit edit = { 0 };
	const char *why = NULL;

	if (!edit_read(call, type, &edit))
		return;
	edit.guest = call_guest(call, type);
	if (!edit.guest || !ready(call, &edit, true))
		return;
	if (type == GUEST_LXC && props_get(edit.set, "unprivileged")) {
		refuse(call, 500, "unable to modify read-only option: 'unprivileged'");
		return;
	}
	if (config_apply(call->arena, call->world, edit.guest, &edit.change, &why))
		reply(call, json_null());
	else
		refuse(call, 500, "%s", why);
}

static void qemu_put(struct call *call)
{
	put(call, GUEST_QEMU);
}

/* The same under another name. PVE: PVE::API2::Qemu unlink. */
static void qemu_unlink(struct call *call)
{
	props_set(call->params, "delete", param(call, "idlist"));
	json_object_del(call->params, "idlist");
	put(call, GUEST_QEMU);
}

static void lxc_put(struct call *call)
{
	put(call, GUEST_LXC);
}

static void qemu_post(struct call *call)
{
	struct edit edit = { 0 };
	struct task *task;
	json_t *args;

	if (!edit_read(call, GUEST_QEMU, &edit))
		return;
	edit.guest = call_guest(call, GUEST_QEMU);
	if (!edit.guest || !ready(call, &edit, call->world->pve < 9))
		return;
	args = json_pack("{s:i, s:O, s:o, s:o, s:i, s:i}", "vmid", (int)edit.guest->vmid,
			 "set", edit.set, "delete",
			 props_list(edit.change.unset, edit.change.unset_count), "revert",
			 props_list(edit.change.revert, edit.change.revert_count),
			 "force", edit.change.force, "skiplock",
			 param_true(call, "skiplock"));
	if (param(call, "digest"))
		props_set(args, "digest", param(call, "digest"));
	task = call_start(call, "qmconfig", param(call, "vmid"), args);
	reply_task(call, task);
}

static const struct schema change_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST },
	{ "digest", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 40 },
	{ "revert", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST },
	{ NULL },
};
static const struct schema qemu_change_params[] = {
	{ "delete", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST },
	{ "digest", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 40 },
	{ "revert", SCHEMA_STRING, SCHEMA_OPTIONAL | SCHEMA_LIST },
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL, .needs = "delete" },
	{ "skiplock", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};

static const struct schema unlink_params[] = {
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "idlist", SCHEMA_STRING, SCHEMA_LIST, .format = format_config_id },
	{ NULL },
};

#define QEMU_ANY                                                                   \
	"VM.Config.Disk|VM.Config.CDROM|VM.Config.CPU|VM.Config.Memory|VM.Config." \
	"Network|"                                                                 \
	"VM.Config.HWType|VM.Config.Options|VM.Config.Cloudinit"
#define LXC_ANY                                                                      \
	"VM.Config.Disk|VM.Config.CPU|VM.Config.Memory|VM.Config.Network|VM.Config." \
	"Options"

const struct row config_rows[] = {
	{ "PUT",
	  "/nodes/{node}/qemu/{vmid}/config",
	  ROW_PROTECTED | ROW_NODE,
	  "/vms/{vmid}",
	  QEMU_ANY,
	  { { guest_params, qemu_change_params, qemu_options } },
	  qemu_put,
	  0.02 },
	{ "POST",
	  "/nodes/{node}/qemu/{vmid}/config",
	  ROW_PROTECTED | ROW_NODE | ROW_FORK,
	  "/vms/{vmid}",
	  QEMU_ANY,
	  { { guest_params, qemu_change_params, qemu_options } },
	  qemu_post,
	  0.025 },
	{ "PUT",
	  "/nodes/{node}/lxc/{vmid}/config",
	  ROW_PROTECTED | ROW_NODE,
	  "/vms/{vmid}",
	  LXC_ANY,
	  { { guest_params, change_params, lxc_options } },
	  lxc_put,
	  0.02 },
	{ "PUT",
	  "/nodes/{node}/qemu/{vmid}/unlink",
	  ROW_PROTECTED | ROW_NODE,
	  "/vms/{vmid}",
	  "VM.Config.Disk",
	  { { guest_params, unlink_params } },
	  qemu_unlink,
	  0.02 },
	{ NULL },
};
