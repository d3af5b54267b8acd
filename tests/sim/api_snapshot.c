/* Snapshots. PVE: PVE::API2::Qemu snapshot_list ..., PVE::API2::LXC::Snapshot. */
#include "api.h"
#include "base/text.h"
#include "check.h"
#include "guest.h"
#include "options.h"
#include "props.h"
#include "snapshot.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The path says which kind it is: one handler serves both. */
static enum guest_type type_of(const struct call *call)
{
	return strstr(call->row->path, "/lxc/") ? GUEST_LXC : GUEST_QEMU;
}

static json_t *entry(const struct guest *guest, const char *name, const json_t *section)
{
	const char *time = props_get(section, "snaptime");
	const char *about = props_get(section, "description");
	json_t *out = json_pack("{s:s, s:I, s:s}", "name", name, "snaptime",
				(json_int_t)(time ? atoll(time) : 0), "description",
				about ? about : "");

	if (guest->type == GUEST_QEMU)
		json_object_set_new(out, "vmstate",
				    json_integer(props_get(section, "vmstate") != NULL));
	if (props_get(section, "parent"))
		props_set(out, "parent", props_get(section, "parent"));
	if (props_get(section, "snapstate"))
		props_set(out, "snapstate", props_get(section, "snapstate"));
	return out;
}

static void list(struct call *call)
{
	const struct guest *guest = call_guest(call, type_of(call));
	json_t *out, *section, *current;
	const char *name;

	if (!guest)
		return;
	out = json_array();
	json_object_foreach (guest->snapshots, name, section)
		json_array_append_new(out, entry(guest, name, section));
	current = json_pack("{s:s, s:s, s:i, s:s}", "name", "current", "digest",
			    guest_digest(call->arena, guest), "running", guest->running,
			    "description", "You are here!");
	if (guest_get(guest, "parent"))
		props_set(current, "parent", guest_get(guest, "parent"));
	json_array_append_new(out, current);
	reply(call, out);
}

static void commands(struct call *call)
{
	reply(call, json_pack("[{s:s}, {s:s}]", "cmd", "rollback", "cmd", "config"));
}

static json_t *args_of(struct call *call)
{
	static const char *const texts[] = { "snapname", "description", NULL };
	static const char *const flags[] = { "vmstate", "force", "start", NULL };
	json_t *args = json_pack("{s:i}", "vmid", (int)param_number(call, "vmid"));

	for (size_t i = 0; texts[i]; i++)
		if (param(call, texts[i]))
			props_set(args, texts[i], param(call, texts[i]));
	for (size_t i = 0; flags[i]; i++)
		json_object_set_new(args, flags[i],
				    json_integer(param_true(call, flags[i])));
	return args;
}

/* "qmsnapshot" and "vzsnapshot" do the same. */
static void begin(struct call *call, const char *qm, const char *vz)
{
	reply_task(call, call_start(call, type_of(call) == GUEST_LXC ? vz : qm,
				    param(call, "vmid"), args_of(call)));
}

static bool is_reserved(enum guest_type type, const char *name)
{
	return !strcmp(name, "current") || !strcasecmp(name, "pending") ||
	       (type == GUEST_LXC && !strcmp(name, "vzdump"));
}

static void create(struct call *call)
{
	const char *name = param(call, "snapname");

	if (is_reserved(type_of(call), name))
		refuse(call, 500, "unable to use snapshot name '%s' (reserved name)",
		       name);
	else
		begin(call, "qmsnapshot", "vzsnapshot");
}

static void rollback(struct call *call)
{
	begin(call, "qmrollback", "vzrollback");
}

static void delete (struct call *call)
{
	begin(call, "qmdelsnapshot", "vzdelsnapshot");
}

/* The section of the path, or NULL with the refusal. */
static json_t *call_snapshot(struct call *call, const struct guest *guest)
{
	json_t *section = snapshot_find(guest, param(call, "snapname"));

	if (!section)
		refuse(call, 500, "snapshot '%s' does not exist",
		       param(call, "snapname"));
	return section;
}

static void config(struct call *call)
{
	const struct guest *guest = call_guest(call, type_of(call));
	const json_t *section = guest ? call_snapshot(call, guest) : NULL;

	if (section)
		reply(call, guest_section(guest, section));
}

static void describe(struct call *call)
{
	struct guest *guest = call_guest(call, type_of(call));
	const char *about = param(call, "description");
	json_t *section;

	if (!guest || !call_lock(call, guest))
		return;
	section = call_snapshot(call, guest);
	if (!section)
		return;
	if (about)
		props_set(section, "description",
			  guest_description(call->arena, guest->type, about));
	world_touch(call->world);
	reply(call, json_null());
}

#define NAME                                                             \
	{                                                                \
		"snapname", SCHEMA_STRING, 0, .max_length = 40,          \
					      .format = format_config_id \
	}
#define ABOUT                                                 \
	{                                                     \
		"description", SCHEMA_STRING, SCHEMA_OPTIONAL \
	}

static const struct schema name_params[] = { NAME, { NULL } };
static const struct schema lxc_create_params[] = { NAME, ABOUT, { NULL } };
static const struct schema qemu_create_params[] = {
	NAME,
	ABOUT,
	{ "vmstate", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema delete_params[] = {
	NAME,
	{ "force", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema rollback_params[] = {
	NAME,
	{ "start", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ NULL },
};
static const struct schema describe_params[] = { NAME, ABOUT, { NULL } };

/* clang-format off */
#define SYNC     ROW_PROTECTED | ROW_NODE
#define FORKS    ROW_PROTECTED | ROW_NODE | ROW_FORK
#define VM       "/vms/{vmid}"
#define ROLLBACK "VM.Snapshot|VM.Snapshot.Rollback"
#define ROWS(dir, create_params)                                                       \
	{ "GET", dir, SYNC, VM, "VM.Audit", { { guest_params } }, list, 0.005 },       \
	{ "POST", dir, FORKS, VM, "VM.Snapshot", { { guest_params, create_params } },  \
	  create, 0.02 },                                                              \
	{ "GET", dir "/{snapname}", 0, NULL, NULL, { { guest_params, name_params } },  \
	  commands, 0.001 },                                                           \
	{ "DELETE", dir "/{snapname}", FORKS, VM, "VM.Snapshot",                       \
	  { { guest_params, delete_params } }, delete, 0.02 },                         \
	{ "POST", dir "/{snapname}/rollback", FORKS, VM, ROLLBACK,                     \
	  { { guest_params, rollback_params } }, rollback, 0.02 },                     \
	{ "GET", dir "/{snapname}/config", ROW_NODE, VM, ROLLBACK "|VM.Audit",         \
	  { { guest_params, name_params } }, config, 0.001 },                          \
	{ "PUT", dir "/{snapname}/config", SYNC, VM, "VM.Snapshot",                    \
	  { { guest_params, describe_params } }, describe, 0.02 }

const struct row snapshot_rows[] = {
	ROWS("/nodes/{node}/qemu/{vmid}/snapshot", qemu_create_params),
	ROWS("/nodes/{node}/lxc/{vmid}/snapshot", lxc_create_params),
	{ NULL },
};
/* clang-format on */
