/* Reading guests. PVE: PVE::API2::Qemu, PVE::API2::LXC and their parts. */
#include "api.h"
#include "base/text.h"
#include "cloudinit.h"
#include "guest.h"
#include "ha.h"
#include "options.h"
#include "props.h"
#include "snapshot.h"

#include <string.h>

#define CARDS 32

static void list(struct call *call, enum guest_type type)
{
	json_t *out = json_array();

	for (size_t i = 0; i < call->world->guest_count; i++) {
		const struct guest *guest = call->world->guests[i];

		if (guest->type == type && !strcmp(guest->node, param(call, "node")) &&
		    may_guest(call, guest->vmid, "VM.Audit"))
			json_array_append_new(out, guest_list_entry(call->world, guest));
	}
	reply(call, out);
}

static void qemu_list(struct call *call)
{
	list(call, GUEST_QEMU);
}

static void lxc_list(struct call *call)
{
	list(call, GUEST_LXC);
}

/* The file's digest goes with a snapshot's values too. */
static void past_config(struct call *call, const struct guest *guest)
{
	const json_t *section = snapshot_find(guest, param(call, "snapshot"));
	json_t *out;

	if (!section) {
		refuse(call, 500, "snapshot '%s' does not exist",
		       param(call, "snapshot"));
		return;
	}
	out = guest_section(guest, section);
	props_set(out, "digest", guest_digest(call->arena, guest));
	reply(call, out);
}

static void config(struct call *call, enum guest_type type)
{
	static const char both[] = "cannot use 'snapshot' parameter with 'current'";
	const struct guest *guest;

	if (param(call, "snapshot") && param_true(call, "current")) {
		props_set(call->errors, "current", both);
		bad_param(call, "snapshot", both);
		return;
	}
	guest = call_guest(call, type);
	if (guest && param(call, "snapshot"))
		past_config(call, guest);
	else if (guest)
		reply(call,
		      guest_config(call->arena, guest, !param_true(call, "current")));
}

static void qemu_config(struct call *call)
{
	config(call, GUEST_QEMU);
}

static void lxc_config(struct call *call)
{
	config(call, GUEST_LXC);
}

static json_t *shown(const struct guest *guest, const char *name, const char *value)
{
	if (!strcmp(name, "cipassword"))
		return json_string("**********");
	return schema_value(option_find(guest->type, name), value);
}

static void pending(struct call *call, enum guest_type type)
{
	const struct guest *guest = call_guest(call, type);
	json_t *out, *value;
	const char *name;

	if (!guest)
		return;
	out = json_array();
	json_object_foreach (guest->config, name, value) {
		json_t *entry = json_pack("{s:s, s:o}", "key", name, "value",
					  shown(guest, name, json_string_value(value)));
		const char *later = props_get(guest->pending, name);

		if (later)
			json_object_set_new(entry, "pending", shown(guest, name, later));
		if (json_object_get(guest->undone, name))
			json_object_set_new(entry, "delete", json_integer(1));
		json_array_append_new(out, entry);
	}
	json_object_foreach (guest->pending, name, value)
		if (!guest_get(guest, name))
			json_array_append_new(
				out,
				json_pack("{s:s, s:o}", "key", name, "pending",
					  shown(guest, name, json_string_value(value))));
	json_array_append_new(out, json_pack("{s:s, s:s}", "key", "digest", "value",
					     guest_digest(call->arena, guest)));
	reply(call, out);
}

static void qemu_pending(struct call *call)
{
	pending(call, GUEST_QEMU);
}

static void lxc_pending(struct call *call)
{
	pending(call, GUEST_LXC);
}

/* Asked for whenever there is a display; null unless it has been set. */
static void put_clipboard(const struct guest *guest, json_t *out)
{
	const char *vga = guest_get(guest, "vga"), *clipboard;
	json_t *props;

	if (!vga)
		return;
	props = props_read(qemu_vga_format, vga);
	clipboard = props_get(props, "clipboard");
	json_object_set_new(out, "clipboard",
			    clipboard ? json_string(clipboard) : json_null());
	json_decref(props);
}

/* The traffic of each card, by its device on the host. */
static void put_nics(const struct guest *guest, json_t *out)
{
	json_t *nics = json_object();

	for (unsigned i = 0; i < CARDS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "net%u", i);
		if (!guest_get(guest, name))
			continue;
		snprintf(name, sizeof(name), "tap%ui%u", guest->vmid, i);
		json_object_set_new(nics, name,
				    json_pack("{s:O, s:O}", "netin",
					      json_object_get(out, "netin"), "netout",
					      json_object_get(out, "netout")));
	}
	if (json_object_size(nics))
		json_object_set(out, "nics", nics);
	json_decref(nics);
}

static json_t *ha_of(struct call *call, const struct guest *guest)
{
	bool managed = ha_managed(call->world, guest);
	json_t *out = json_pack("{s:i}", "managed", managed);

	if (managed)
		props_set(out, "state",
			  ha_state(call->world, ha_sid(call->arena, guest)));
	return out;
}

static void qemu_status(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_QEMU);
	json_t *out;

	if (!guest)
		return;
	out = guest_list_entry(call->world, guest);
	json_object_set_new(out, "ha", ha_of(call, guest));
	json_object_set_new(out, "qmpstatus",
			    json_string(guest->paused    ? "paused"
					: guest->running ? "running"
							 : "stopped"));
	if (guest_agent_enabled(guest))
		json_object_set_new(out, "agent", json_integer(1));
	put_clipboard(guest, out);
	if (guest->running)
		put_nics(guest, out);
	reply(call, out);
}

static void lxc_status(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_LXC);
	json_t *out;

	if (!guest)
		return;
	out = guest_list_entry(call->world, guest);
	json_object_set_new(out, "ha", ha_of(call, guest));
	reply(call, out);
}

/* Config against image. PVE: PVE::API2::Qemu cloudinit_pending. */
static void cloudinit(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_QEMU);
	const json_t *image;
	json_t *out, *value;
	const char *name;

	if (!guest)
		return;
	out = json_array();
	image = guest->image ? guest->image : guest->config;
	json_object_foreach (guest->config, name, value) {
		const char *old = props_get(image, name);
		json_t *entry;

		if (!option_is_cloudinit(name) || !strcmp(name, "name"))
			continue;
		if (old && (option_is_card(name) || str_starts(name, "ipconfig")) &&
		    !strcmp(old, json_string_value(value)))
			continue;
		entry = json_pack("{s:s}", "key", name);
		if (old)
			json_object_set_new(entry, "value", shown(guest, name, old));
		if (!old || strcmp(old, json_string_value(value)) != 0)
			json_object_set_new(entry, "pending",
					    shown(guest, name, json_string_value(value)));
		json_array_append_new(out, entry);
	}
	reply(call, out);
}

static void cloudinit_dump(struct call *call)
{
	const struct guest *guest = call_guest(call, GUEST_QEMU);
	const char *type = param(call, "type");

	if (!guest)
		return;
	if (!strcmp(type, "user"))
		reply(call, json_string(cloudinit_user(call->arena, call->world, guest)));
	else if (!strcmp(type, "network"))
		reply(call, json_string(cloudinit_network(call->arena, guest)));
	else
		reply(call, json_string(cloudinit_meta(call->arena, call->world, guest)));
}

static void cloudinit_update(struct call *call)
{
	struct guest *guest = call_guest(call, GUEST_QEMU);

	if (!guest || !call_lock(call, guest) || !call_unlocked(call, guest))
		return;
	cloudinit_generate(call->world, guest);
	reply(call, json_null());
}

static const struct schema config_params[] = {
	{ "current", SCHEMA_BOOLEAN, SCHEMA_OPTIONAL },
	{ "snapshot", SCHEMA_STRING, SCHEMA_OPTIONAL, .max_length = 40,
	  .format = format_config_id },
	{ NULL },
};
static const struct schema dump_params[] = {
	{ "type", SCHEMA_STRING, 0, .values = "user, network, meta" },
	{ NULL },
};

#define QEMU "/nodes/{node}/qemu/{vmid}"
#define LXC  "/nodes/{node}/lxc/{vmid}"
#define VM   "/vms/{vmid}"

const struct row guest_rows[] = {
	{ "GET",
	  "/nodes/{node}/qemu",
	  ROW_PROTECTED | ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params } },
	  qemu_list,
	  0.006 },
	{ "GET",
	  "/nodes/{node}/lxc",
	  ROW_PROTECTED | ROW_NODE,
	  NULL,
	  NULL,
	  { { node_params } },
	  lxc_list,
	  0.006 },
	{ "GET",
	  QEMU "/config",
	  ROW_NODE,
	  VM,
	  "VM.Audit",
	  { { guest_params, config_params } },
	  qemu_config,
	  0.001 },
	{ "GET",
	  LXC "/config",
	  ROW_NODE,
	  VM,
	  "VM.Audit",
	  { { guest_params, config_params } },
	  lxc_config,
	  0.001 },
	{ "GET",
	  QEMU "/pending",
	  ROW_NODE,
	  VM,
	  "VM.Audit",
	  { { guest_params } },
	  qemu_pending,
	  0.001 },
	{ "GET",
	  LXC "/pending",
	  ROW_NODE,
	  VM,
	  "VM.Audit",
	  { { guest_params } },
	  lxc_pending,
	  0.001 },
	{ "GET",
	  QEMU "/status/current",
	  ROW_PROTECTED | ROW_NODE,
	  VM,
	  "VM.Audit",
	  { { guest_params } },
	  qemu_status,
	  0.0076 },
	{ "GET",
	  LXC "/status/current",
	  ROW_PROTECTED | ROW_NODE,
	  VM,
	  "VM.Audit",
	  { { guest_params } },
	  lxc_status,
	  0.0076 },
	{ "GET",
	  QEMU "/cloudinit",
	  ROW_NODE,
	  VM,
	  "VM.Audit",
	  { { guest_params } },
	  cloudinit,
	  0.001 },
	{ "GET",
	  QEMU "/cloudinit/dump",
	  ROW_NODE,
	  VM,
	  "VM.Audit",
	  { { guest_params, dump_params } },
	  cloudinit_dump,
	  0.001 },
	{ "PUT",
	  QEMU "/cloudinit",
	  ROW_PROTECTED | ROW_NODE,
	  VM,
	  "VM.Config.Cloudinit",
	  { { guest_params } },
	  cloudinit_update,
	  0.02 },
	{ NULL },
};
