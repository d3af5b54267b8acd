#include "reconcile/spec.h"

#include "base/text.h"
#include "reconcile/manifest.h"
#include "reconcile/slots.h"
#include "reconcile/syntax.h"

#include <string.h>

enum {
	VMID_MIN = 100,
	VMID_MAX = 999999999, /* pve-common src/PVE/JSONSchema.pm pve-vmid */
	RAM_MAX = 512 * 1024, /* MiB */
	GIB_MAX = 128 * 1024,
	STARTUP_MAX = 24 * 3600,
	READY_MAX = 24 * 3600,
};

static const char *const type_choices[] = { "vm", "lxc", NULL };
static const char *const clone_choices[] = { "full", "linked", NULL };
static const char *const power_choices[] = { "running", "stopped", "observe", NULL };
static const char *const ready_choices[] = { "running", "agent", "ssh", NULL };
static const char *const snapshot_choices[] = { "update", NULL };
static const char *const restart_choices[] = { "never", "auto", NULL };
static const char *const replace_choices[] = { "refuse", "ignore", "allow", NULL };
static const char *const readdress_choices[] = { "refuse", "allow", NULL };
static const char *const only_true[] = { "true", NULL };

#define IN_GUEST    .layers = 1U << LAYER_GUEST, .belongs = "an entry of vms"
#define IN_DEFAULTS .layers = 1U << LAYER_DEFAULTS, .belongs = "globals.defaults"

const struct field access_fields[] = {
	TEXT("user", struct access, user, .check = check_user, .pattern = USER_PATTERN,
	     .marks = ONLY_VM,
	     .help = "The user that is made at the first start of a VM."),
	ONE_OF_TEXTS("ssh_public_key", struct access, ssh_public_keys,
		     .check = check_ssh_key, .pattern = SSH_KEY_PATTERN, .joins = true,
		     .help = "The public key that may log in."),
	TEXTS("ssh_public_keys", struct access, ssh_public_keys, .check = check_ssh_key,
	      .pattern = SSH_KEY_PATTERN, .joins = true,
	      .help = "More public keys that may log in."),
	SECRET("temp_password", struct access, temp_password, .nullable = true,
	       .help = "A first password, by the name of a secret; it is sent as a hash. "
		       "null: none."),
	FIXED("ssh_password_auth", "false", .later = only_true,
	      .help = "Logging in by SSH with a password."),
	LATER("sudo"),
	LATER("packages"),
	LATER("timezone"),
	{ 0 },
};

static const struct field startup_fields[] = {
	NUMBER("order", struct startup, order, 0, 1000000,
	       .help = "Position when the node starts its guests; the lowest first."),
	DURATION("up", struct startup, up, 0, STARTUP_MAX, .or_one = true,
		 .help = "How long to wait before the next guest is started."),
	DURATION("down", struct startup, down, 0, STARTUP_MAX, .or_one = true,
		 .help = "How long to wait for this guest to stop."),
	{ 0 },
};

static const struct field ready_fields[] = {
	CHOICE("when", struct ready_settings, when, ready_choices,
	       .help = "It runs, its QEMU guest agent answers, or its SSH server does."),
	DURATION("timeout", struct ready_settings, timeout, 1, READY_MAX,
		 .help = "How long that is waited for. Absent: 5 minutes for the agent, "
			 "2 for the others."),
	{ 0 },
};

static const struct field snapshot_fields[] = {
	CHOICE("when", struct snapshot_settings, when, snapshot_choices,
	       .help = "Before it is changed in place, or restarted for that."),
	NUMBER("keep", struct snapshot_settings, keep, 1, 100,
	       .help = "How many of these snapshots are kept; the oldest goes first. "
		       "Absent: 3."),
	{ 0 },
};

#define ROOTS "For root@pam only: see globals.proxmox.privileged."

static const struct field features_fields[] = {
	FLAG("nesting", struct spec, nesting, .marks = ONLY_LXC,
	     .help = "Containers inside the container; systemd wants it."),
	FLAG("keyctl", struct spec, keyctl, .marks = ONLY_LXC,
	     .help = "The keyctl() system call, which Docker wants. " ROOTS),
	FLAG("fuse", struct spec, fuse, .marks = ONLY_LXC,
	     .help = "FUSE file systems. " ROOTS),
	FLAG("mknod", struct spec, mknod, .marks = ONLY_LXC,
	     .help = "Making certain device nodes. " ROOTS),
	FLAG("force_rw_sys", struct spec, force_rw_sys, .marks = ONLY_LXC,
	     .help = "A /sys that an unprivileged container may write to. " ROOTS),
	TEXTS("mount", struct spec, mount_types, .marks = ONLY_LXC,
	      .check = check_file_system, .pattern = FILE_SYSTEM_PATTERN,
	      .help = "File systems that it may mount, such as nfs and cifs. " ROOTS),
	{ 0 },
};

#define LEASED                                                                     \
	"addresses are not written by hand: they are leased from the pool of the " \
	"network, and stand in the lease file (ipam/leases.json)"

const struct field spec_fields[] = {
	TEXT("name", struct spec, named, IN_GUEST, .required = true,
	     .pattern = DOMAIN_PATTERN,
	     .help = "The guest's name and host name; unique, and its identity. A DNS "
		     "label in lower case; with adopt any name that Proxmox allows."),
	CHOICE("type", struct spec, type, type_choices,
	       .help = "A virtual machine or a container."),
	ONE_OF_TEXTS("network", struct spec, networks, .check = check_own_name,
		     .pattern = OWN_NAME_PATTERN,
		     .help = "The network of its only card."),
	TEXTS("networks", struct spec, networks, .check = check_own_name,
	      .pattern = OWN_NAME_PATTERN,
	      .help = "The networks of its cards; the first has the default route."),
	NUMBER("cpu", struct spec, cpu, 1, 128, .help = "Cores, of each socket."),
	NUMBER("sockets", struct spec, sockets, 1, 4, .usual = "1", .marks = ONLY_VM,
	       .help = "CPU sockets of a VM."),
	NUMBER("ram_mb", struct spec, ram_mb, 512, RAM_MAX, .help = "Memory in MiB."),
	NUMBER("swap_mb", struct spec, swap_mb, 0, RAM_MAX, .usual = "512",
	       .marks = ONLY_LXC, .help = "Swap of a container in MiB."),
	NUMBER("disk_gb", struct spec, disk_gb, 1, GIB_MAX,
	       .help = "Size of the root disk in GiB; it only grows. Absent: the "
		       "template's."),
	BY_NODE("template_id", struct spec, template_id, VMID_MIN, VMID_MAX,
		.help = "The template it is cloned from: a VMID, or one for each node."),
	TEXT("image", struct spec, image, .check = check_image, .pattern = IMAGE_PATTERN,
	     .marks = ONLY_LXC,
	     .help = "The container template it is made from: storage:vztmpl/name."),
	TEXT("node", struct spec, node, .check = check_node, .pattern = NODE_PATTERN,
	     .help = "The node it is made on; auto: vm7 chooses it, once."),
	TEXT("spread", struct spec, spread, .check = check_own_name,
	     .pattern = OWN_NAME_PATTERN,
	     .help = "A group of guests that node: auto keeps on different nodes."),
	TEXT("datastore", struct spec, datastore, .check = check_storage,
	     .pattern = STORAGE_PATTERN, .help = "The storage its disks are made on."),
	CHOICE("clone", struct spec, clone, clone_choices, .usual = "full",
	       .help = "A full copy of the template, or one linked to it."),
	TEXT("resource_pool", struct spec, resource_pool, .check = check_pool_path,
	     .pattern = POOL_PATTERN,
	     .help = "The resource pool of Proxmox it is put in."),
	NUMBER("vmid", struct spec, vmid, VMID_MIN, VMID_MAX, IN_GUEST,
	       .help = "Its VMID. Absent: the lowest free one of the range."),
	TEXTS("tags", struct spec, tags, .check = check_tag, .pattern = TAG_PATTERN,
	      .unites = true, .help = "Tags in Proxmox; those of all layers are united."),
	TEXT("env", struct spec, env, .check = check_env, .pattern = ENV_PATTERN,
	     .help = "The environment it belongs to; also the tag env-..."),
	FLAG("onboot", struct spec, onboot, .usual = "true",
	     .help = "Is it started when its node starts?"),
	MAPPING("startup", struct spec, startup, struct startup, startup_fields,
		.presence = 1 + offsetof(struct spec, startup.is),
		.help = "When it is started and stopped with its node."),
	FLAG("protection", struct spec, protection, .usual = "false",
	     .help = "Nobody may destroy it, vm7 included."),
	FLAG("agent", struct spec, agent, .usual = "true", .marks = ONLY_VM,
	     .help = "Does the QEMU guest agent run in it?"),
	TEXT("cpu_type", struct spec, cpu_type, .check = check_cpu_type,
	     .pattern = CPU_TYPE_PATTERN, .marks = ONLY_VM,
	     .help = "The CPU type of a VM, such as host. Absent: the template's."),
	NUMBER("balloon", struct spec, balloon, 0, RAM_MAX, .marks = ONLY_VM,
	       .help = "The least memory of a VM in MiB when the node runs short; 0: no "
		       "ballooning. Absent: the template's."),
	FLAG("unprivileged", struct spec, unprivileged, .usual = "true",
	     .marks = ONLY_LXC, .help = "Is root in the container nobody on the node?"),
	SECTION("features", features_fields, .help = "Features of a container."),
	ITEMS("disks", struct spec, disks, struct disk_entry, disk_fields,
	      .marks = ONLY_VM, .help = "Disks of a VM beside its root disk, by slot."),
	ITEMS("mounts", struct spec, mounts, struct mount_entry, mount_fields,
	      .marks = ONLY_LXC, .max = 256,
	      .help = "Volumes and folders of the node in a container, by slot."),
	ITEMS("devices", struct spec, devices, struct device_entry, device_fields,
	      .marks = ONLY_LXC, .max = 256,
	      .help = "Devices of the node in a container, by slot. " ROOTS),
	CHOICE("power", struct spec, power, power_choices, .usual = "running",
	       .help = "Is it to run, to be stopped, or left as it is?"),
	TEXT("preset", struct spec, preset, .check = check_own_name,
	     .pattern = OWN_NAME_PATTERN,
	     .layers = 1U << LAYER_GUEST | 1U << LAYER_DEFAULTS,
	     .belongs = "an entry of vms or globals.defaults",
	     .help = "The preset whose values it takes."),
	CHOICE("drift", struct spec, drift, drift_choices,
	       .help = "Is it changed back where it differs from its entry, or is that "
		       "only reported? Absent: reconcile.drift."),
	CHOICE("removal", struct spec, removal, policy_choices,
	       .help = "What becomes of it when its entry is gone. Absent: "
		       "globals.removal."),
	CHOICE("restart", struct spec, restart, restart_choices, .usual = "never",
	       .help = "Is it restarted for a change that waits for its next start?"),
	CHOICE("replace", struct spec, replace, replace_choices, .usual = "refuse",
	       .help = "What becomes of it when its entry asks for another template, "
		       "type or unprivileged flag: refused, or destroyed and made anew "
		       "at the same address. ignore: another template means nothing."),
	CHOICE("readdress", struct spec, readdress, readdress_choices, .usual = "refuse",
	       .help = "Does it get another address when its network has another pool?"),
	TEXT("renamed_from", struct spec, renamed_from, IN_GUEST,
	     .check = check_adopted_name, .pattern = DOMAIN_PATTERN,
	     .help = "The name that it had before: it goes on with that one's lease."),
	FLAG("reseed", struct spec, reseed, .usual = "false",
	     .help = "Are later edits of access, dns and domain written? cloud-init then "
		     "takes a VM for a new machine: new SSH host keys."),
	FLAG("self", struct spec, self, .usual = "false",
	     .help = "The controller runs in it: vm7 never stops it."),
	FLAG("hold", struct spec, hold, .usual = "false",
	     .help = "vm7 does nothing to it."),
	MAPPING("access", struct spec, access, struct access, access_fields,
		.help = "Who may log in; given when it is made."),
	TEXTS("dns", struct spec, dns, .check = check_address,
	      .help = "Its DNS servers. Absent: those of the pool."),
	TEXT("domain", struct spec, domain, .check = check_domain,
	     .pattern = DOMAIN_PATTERN, .help = "Its DNS search domain."),
	NUMBER("vmid_base", struct spec, vmid_base, VMID_MIN, VMID_MAX, IN_DEFAULTS,
	       .help = "VMIDs are chosen from here upwards."),
	TEXT("vmid_range", struct spec, vmid_range, IN_DEFAULTS,
	     .check = check_vmid_range, .pattern = VMID_RANGE_PATTERN,
	     .help = "VMIDs are chosen from this range: 10000-19999."),
	TEXTS("depends_on", struct spec, depends_on,
	      .layers = 1U << LAYER_GUEST | 1U << LAYER_PRESET,
	      .belongs = "an entry of vms or a preset", .pattern = DOMAIN_PATTERN,
	      .help = "The guests that are ready before this one is made, and that are "
		      "removed after it."),
	MAPPING("ready", struct spec, ready, struct ready_settings, ready_fields,
		.presence = 1 + offsetof(struct spec, ready.is),
		.help = "When it counts as ready after its start. Absent: at once."),
	NUMBER("adopt", struct spec, adopt, VMID_MIN, VMID_MAX, IN_GUEST,
	       .help = "The VMID of a guest that somebody else made: vm7 looks after it "
		       "from now on, as it is."),
	MAPPING("snapshot_before", struct spec, snapshot_before, struct snapshot_settings,
		snapshot_fields,
		.presence = 1 + offsetof(struct spec, snapshot_before.is),
		.help = "A snapshot before its entry changes it, named after the commit. "
			"Absent: none."),
	REFUSED("ip", LEASED),
	REFUSED("ip6", LEASED),
	REFUSED("address", LEASED),
	REFUSED("gateway", LEASED),
	{ 0 },
};

void spec_built_in(struct spec *spec, const struct decode *how)
{
	struct decode built_in = *how;

	built_in.layer = LAYER_BUILT_IN;
	decode_usual(&built_in, spec_fields, spec);
}

/* How much of a struct a field fills. */
static size_t setting_size(enum field_kind kind)
{
	switch (kind) {
	case FIELD_NUMBER:
	case FIELD_DURATION:
		return sizeof(struct num_setting);
	case FIELD_FLAG:
		return sizeof(struct flag_setting);
	case FIELD_TEXT:
		return sizeof(struct text_setting);
	case FIELD_CHOICE:
		return sizeof(struct choice_setting);
	case FIELD_TEXTS:
	case FIELD_ONE:
		return sizeof(struct list_setting);
	case FIELD_SECRET:
		return sizeof(struct secret_setting);
	case FIELD_BY_NODE:
		return sizeof(struct node_map_setting);
	case FIELD_ITEMS:
		return sizeof(struct items_setting);
	case FIELD_MAPPING: /* its own mark */
		return sizeof(struct setting);
	case FIELD_LIST_OF:
	case FIELD_MAP_OF:
	case FIELD_FIXED:
	case FIELD_LATER:
	case FIELD_REFUSED:
		break;
	}
	return 0;
}

static bool has_text(const struct list_setting *list, const char *text)
{
	for (size_t i = 0; i < list->len; i++)
		if (strcmp(list->at[i], text) == 0)
			return true;
	return false;
}

/* What `onto` has, then what `over` has besides. */
static void unite(struct list_setting *onto, const struct list_setting *over,
		  struct arena *arena)
{
	struct list_setting both = { .is = over->is };

	both.is.bad |= onto->is.bad;
	both.at = arena_array(arena, const char *, onto->len + over->len);
	both.places = arena_array(arena, struct place, onto->len + over->len);
	for (int i = 0; i < 2; i++) {
		const struct list_setting *from = i == 0 ? onto : over;

		for (size_t j = 0; j < from->len; j++) {
			if (has_text(&both, from->at[j]))
				continue;
			both.at[both.len] = from->at[j];
			both.places[both.len++] = from->places[j];
		}
	}
	*onto = both;
}

static void merge(const struct field *fields, char *onto, char *over, struct arena *arena)
{
	for (const struct field *field = fields; field->key; field++) {
		struct setting *to = field_setting(field, onto),
			       *from = field_setting(field, over);

		if (field->kind == FIELD_MAPPING)
			merge(field->fields, onto + field->offset, over + field->offset,
			      arena);
		if (!from || !is_set(from))
			continue;
		if (field->unites && is_set(to))
			unite((struct list_setting *)to, (struct list_setting *)from,
			      arena);
		else
			memcpy(to, from, setting_size(field->kind));
	}
}

void spec_merge(struct spec *onto, const struct spec *over, struct arena *arena)
{
	struct spec copy = *over;

	merge(spec_fields, (char *)onto, (char *)&copy, arena);
}

static void fit(const struct field *fields, char *spec, unsigned only,
		const struct decode *how, const struct trail *trail)
{
	for (const struct field *field = fields; field->key; field++) {
		struct setting *setting = field_setting(field, spec);
		struct trail here = { trail, field->key, 0 };

		if (field->kind == FIELD_MAPPING)
			fit(field->fields, spec + field->offset, only, how, &here);
		if (!setting || !is_set(setting) || !field->marks || field->marks == only)
			continue;
		if (setting->layer == LAYER_GUEST && !setting->bad)
			mistake(how, &here, setting->at,
				field->marks == ONLY_VM ? "only a VM has this"
							: "only a container has this");
		memset(setting, 0, setting_size(field->kind));
	}
}

void spec_fit(struct spec *spec, enum guest_type type, const struct decode *how,
	      const struct trail *trail)
{
	fit(spec_fields, (char *)spec, type == GUEST_VM ? ONLY_VM : ONLY_LXC, how, trail);
}
