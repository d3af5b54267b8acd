/*
 * Disks go elsewhere. PVE: PVE::API2::Qemu move_vm_disk, PVE::API2::LXC move_volume,
 * and what can be done with them: vm_feature.
 */
#include "api.h"
#include "base/text.h"
#include "guest.h"
#include "jobs.h"
#include "options.h"
#include "props.h"
#include "snapshot.h"
#include "volume.h"

#include <string.h>

/* Both kinds have the same call with other words for the parameters. */
struct words {
	enum guest_type type;
	const char *disk, *target_disk, *task;
};

static const struct words qemu_words = { GUEST_QEMU, "disk", "target-disk", "qmmove" };
static const struct words lxc_words = { GUEST_LXC, "volume", "target-volume",
					"move_volume" };

static struct move move_of(struct call *call, const struct words *words)
{
	struct move move = { .disk = param(call, words->disk),
			     .storage = param(call, "storage"),
			     .format = param(call, "format"),
			     .digest = param(call, "digest"),
			     .target_disk = param(call, words->target_disk),
			     .target_digest = param(call, "target-digest"),
			     .remove = param_true(call, "delete") };

	if (!move.target_disk)
		move.target_disk = move.disk;
	return move;
}

static json_t *args_of(struct call *call, const struct words *words,
		       const struct move *move)
{
	static const char *const texts[] = { "storage",       "format",  "digest",
					     "target-digest", "bwlimit", NULL };
	json_t *args = json_pack(
		"{s:i, s:s, s:s, s:i, s:i}", "vmid", (int)param_number(call, "vmid"),
		"type", guest_kind(words->type), "disk", move->disk, "delete",
		move->remove, "target-vmid", (int)param_number(call, "target-vmid"));

	for (size_t i = 0; texts[i]; i++)
		if (param(call, texts[i]))
			props_set(args, texts[i], param(call, texts[i]));
	props_set(args, "target-disk", move->target_disk);
	return args;
}

static bool may_fill(struct call *call, const char *storage)
{
	return must_have(call, arena_printf(call->arena, "/storage/%s", storage),
			 "Datastore.AllocateSpace");
}

static void to_storage(struct call *call, const struct words *words)
{
	struct move move = move_of(call, words);
	struct guest *guest;
	const char *why;

	if (!may_fill(call, move.storage))
		return;
	guest = call_guest(call, words->type);
	if (!guest || !call_lock(call, guest) || !call_unlocked(call, guest))
		return;
	why = move_refused(call->arena, guest, &move);
	if (why) {
		refuse(call, 500, "%s", why);
		return;
	}
	if (words->type == GUEST_LXC)
		guest_set(call->world, guest, "lock", "disk");
	reply_task(call, call_start(call, words->task, param(call, "vmid"),
				    args_of(call, words, &move)));
}

static void to_guest(struct call *call, const struct words *words)
{
	unsigned target = param_number(call, "target-vmid");
	struct move move = move_of(call, words);
	const struct guest *from, *to;
	const char *why, *volid;

	if (!must_have(call, vm_path(call, target), "VM.Config.Disk"))
		return;
	if (target == param_number(call, "vmid")) {
		bad_param(call, "target-vmid",
			  words->type == GUEST_LXC
				  ? "must be different than source VMID to move disk to "
				    "another container"
				  : "must be different than source VMID to move disk to "
				    "another VM");
		return;
	}
	from = call_guest(call, words->type);
	if (!from)
		return;
	to = world_guest(call->world, target);
	if (!to || to->type != words->type) {
		refuse(call, 500, "%s %u does not exist", guest_word(words->type),
		       target);
		return;
	}
	why = reassign_refused(call->arena, from, to, &move);
	if (why) {
		refuse(call, 500, "%s", why);
		return;
	}
	volid = guest_volid(call->arena, guest_get(from, move.disk));
	if (may_fill(call, arena_strndup(call->arena, volid, strcspn(volid, ":"))))
		reply_task(call,
			   call_start(call, words->task,
				      arena_printf(call->arena, "%u-%s>%u-%s", from->vmid,
						   move.disk, target, move.target_disk),
				      args_of(call, words, &move)));
}

static void move(struct call *call, const struct words *words)
{
	static const char neither[] =
		"both 'storage' and 'target-vmid' missing, either needs to be set";
	bool storage = param(call, "storage"), guest = param(call, "target-vmid");

	if (storage && guest) {
		refuse(call, 500, "either set 'storage' or 'target-vmid', but not both");
	} else if (guest) {
		to_guest(call, words);
	} else if (storage) {
		to_storage(call, words);
	} else {
		props_set(call->errors, "storage", neither);
		bad_param(call, "target-vmid", neither);
	}
}

static void qemu_move(struct call *call)
{
	move(call, &qemu_words);
}

static void lxc_move(struct call *call)
{
	move(call, &lxc_words);
}

/* --- what disks can --- */

/* Nodes that see all of its disks. PVE: PVE::QemuServer shared_nodes. */
static json_t *nodes_with_disks(struct call *call, const struct guest *guest,
				const json_t *config)
{
	json_t *list = json_array();

	for (size_t i = 0; i < call->world->node_count; i++) {
		const char *node = call->world->nodes[i].name, *name;
		bool sees = true;
		json_t *value;

		json_object_foreach ((json_t *)(uintptr_t)config, name, value) {
			const struct storage *storage =
				option_is_disk(guest->type, name)
					? volume_storage(call->world,
							 json_string_value(value))
					: NULL;

			if (storage &&
			    (!storage_on(storage, node) ||
			     (!storage->shared && strcmp(node, guest->node) != 0)))
				sees = false;
		}
		if (sees)
			json_array_append_new(list, json_string(node));
	}
	return list;
}

/* What is asked about: the config of now, or a snapshot's; NULL: refused. */
static const json_t *asked_config(struct call *call, const struct guest *guest)
{
	const char *name = param(call, "snapname");
	const json_t *config = snapshot_config(guest, name);

	if (!config)
		refuse(call, 500, "snapshot '%s' does not exist", name);
	return config;
}

static void feature(struct call *call, enum guest_type type)
{
	const struct guest *guest = call_guest(call, type);
	const json_t *config = guest ? asked_config(call, guest) : NULL;
	json_t *out;

	if (!config)
		return;
	out = json_pack("{s:i}", "hasFeature",
			snapshot_can(call->world, guest, param(call, "snapname"),
				     param(call, "feature")));
	if (type == GUEST_QEMU)
		json_object_set_new(out, "nodes", nodes_with_disks(call, guest, config));
	reply(call, out);
}

static void qemu_feature(struct call *call)
{
	feature(call, GUEST_QEMU);
}

static void lxc_feature(struct call *call)
{
	feature(call, GUEST_LXC);
}

#define QEMU_DISK                                                                 \
	"(ide[0-3]|sata[0-5]|scsi([12]?[0-9]|30)|virtio(1?[0-5]|[6-9])|efidisk0|" \
	"tpmstate0|unused([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]))"
#define LXC_VOLUME \
	"(rootfs|(mp|unused)([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5]))"
#define DIGEST(name)                                                   \
	{                                                              \
		name, SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 40 \
	}

static const struct schema move_params[] = {
	{ "delete", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	DIGEST("digest"),
	{ "storage", SCHEMA_STRING, SCHEMA_OPTIONAL, .format = format_storage },
	DIGEST("target-digest"),
	{ "target-vmid", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN | SCHEMA_MAX,
	  .min = 100, .max = 999999999, .format = format_vmid },
	{ NULL },
};
static const struct schema qemu_move_params[] = {
	{ "bwlimit", SCHEMA_INTEGER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "disk", SCHEMA_STRING, 0, .pattern = QEMU_DISK },
	{ "format", SCHEMA_STRING, SCHEMA_OPTIONAL, .values = "raw, qcow2, vmdk" },
	{ "target-disk", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = QEMU_DISK },
	{ NULL },
};
static const struct schema lxc_move_params[] = {
	{ "bwlimit", SCHEMA_NUMBER, SCHEMA_OPTIONAL | SCHEMA_MIN, .min = 0 },
	{ "target-volume", SCHEMA_STRING, SCHEMA_OPTIONAL, .pattern = LXC_VOLUME },
	{ "volume", SCHEMA_STRING, 0, .pattern = LXC_VOLUME },
	{ NULL },
};
static const struct schema feature_params[] = {
	{ "feature", SCHEMA_STRING, 0, .values = "snapshot, clone, copy" },
	{ "snapname", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 40,
	  .format = format_config_id },
	{ NULL },
};

/* clang-format off */
#define FORKS ROW_PROTECTED | ROW_NODE | ROW_FORK, "/vms/{vmid}", "VM.Config.Disk"
#define READS ROW_PROTECTED | ROW_NODE, "/vms/{vmid}", "VM.Audit"

const struct row move_rows[] = {
	{ "POST", "/nodes/{node}/qemu/{vmid}/move_disk", FORKS,
	  { { guest_params, move_params, qemu_move_params } }, qemu_move, 0.02 },
	{ "POST", "/nodes/{node}/lxc/{vmid}/move_volume", FORKS,
	  { { guest_params, move_params, lxc_move_params } }, lxc_move, 0.02 },
	{ "GET", "/nodes/{node}/qemu/{vmid}/feature", READS,
	  { { guest_params, feature_params } }, qemu_feature, 0.005 },
	{ "GET", "/nodes/{node}/lxc/{vmid}/feature", READS,
	  { { guest_params, feature_params } }, lxc_feature, 0.005 },
	{ NULL },
};
/* clang-format on */
