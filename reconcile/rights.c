/*
 * Which privilege each step of an action asks for. What an option of a guest needs is a
 * row of `options`; what a step needs is a case of needs_of_step.
 */
#include "reconcile/rights.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/place.h"
#include "reconcile/props.h"
#include "reconcile/snapshot.h"

#include <stdlib.h>
#include <string.h>

enum { VM = 1 << GUEST_VM, CT = 1 << GUEST_LXC };

#define SPACE "Datastore.AllocateSpace"

/* The needs of one guest while they are put together. */
struct asking {
	struct needs *out;
	struct arena *arena;
	unsigned release;
	const char *guest;
	const char *path; /* of the guest */
	const char *pool; /* it joins, as a path, or NULL */
	enum guest_type type;
};

static void need(struct asking *ask, const char *path, const char *pool,
		 const char *privileges, const char *why)
{
	for (size_t i = 0; i < ask->out->len; i++) {
		const struct need *other = &ask->out->at[i];

		if (str_equal(other->guest, ask->guest) &&
		    strcmp(other->path, path) == 0 && str_equal(other->pool, pool) &&
		    strcmp(other->privileges, privileges) == 0)
			return;
	}
	*vec_push(ask->arena, ask->out) =
		(struct need){ ask->guest, path, pool, privileges, why };
}

/* Of the guest itself: on its own path, or on that of the pool it joins. */
static void need_guest(struct asking *ask, const char *privileges, const char *why)
{
	need(ask, ask->path, ask->pool, privileges, why);
}

static void need_storage(struct asking *ask, const char *storage, const char *privileges,
			 const char *why)
{
	need(ask, arena_printf(ask->arena, "/storage/%s", storage), NULL, privileges,
	     why);
}

/* ---- bridges ---- */

enum { TRUNKS_MAX = 100 }; /* of all that are carried; Proxmox looks at every one */

/* "5;10-12": one path each. */
static void need_trunks(struct asking *ask, const char *bridge, const char *trunks)
{
	char **ranges;
	size_t count = str_split(ask->arena, trunks, ";", &ranges);

	for (size_t i = 0, told = 0; i < count; i++) {
		char *end;
		unsigned long first = strtoul(ranges[i], &end, 10);
		unsigned long last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

		for (unsigned long vlan = first; vlan <= last && told < TRUNKS_MAX;
		     vlan++, told++)
			need(ask,
			     arena_printf(ask->arena, "/sdn/zones/localnetwork/%s/%lu",
					  bridge, vlan),
			     NULL, "SDN.Use", "for its network cards");
	}
}

/* What a card of a config is plugged into. */
static void need_bridge(struct asking *ask, const char *card)
{
	const char *bridge, *vlan, *trunks;
	struct props props = { 0 };

	if (!card)
		return;
	props_read(&props, ask->arena, card);
	bridge = props_get(&props, "bridge");
	vlan = props_get(&props, "tag");
	trunks = props_get(&props, "trunks");
	if (!bridge)
		return;
	if (trunks)
		need_trunks(ask, bridge, trunks);
	if (vlan || !trunks)
		need(ask,
		     arena_printf(ask->arena, "/sdn/zones/localnetwork/%s%s%s", bridge,
				  vlan ? "/" : "", vlan ? vlan : ""),
		     NULL, "SDN.Use", "for its network cards");
}

/* ---- options ---- */

/* A name without a digit at its end stands for a family: net0, net1. */
static const struct row {
	const char *name;
	unsigned types;
	const char *privileges;
} options[] = {
	{ "balloon", VM, "VM.Config.Memory" },
	{ "boot", VM, "VM.Config.Disk" },
	{ "cipassword", VM, "VM.Config.Network|VM.Config.Cloudinit" },
	{ "ciupgrade", VM, "VM.Config.Network|VM.Config.Cloudinit" },
	{ "ciuser", VM, "VM.Config.Network|VM.Config.Cloudinit" },
	{ "cores", VM | CT, "VM.Config.CPU" },
	{ "cpu", VM, "VM.Config.CPU" },
	{ "efidisk", VM, "VM.Config.Disk" },
	{ "features", CT, "VM.Allocate" },
	{ "hostname", CT, "VM.Config.Network" },
	{ "ide", VM, "VM.Config.Disk" },
	{ "ipconfig", VM, "VM.Config.Network|VM.Config.Cloudinit" },
	{ "memory", VM | CT, "VM.Config.Memory" },
	{ "mp", CT, "VM.Config.Disk" },
	{ "nameserver", VM, "VM.Config.Network|VM.Config.Cloudinit" },
	{ "nameserver", CT, "VM.Config.Network" },
	{ "net", VM | CT, "VM.Config.Network" },
	{ "rootfs", CT, "VM.Config.Disk" },
	{ "sata", VM, "VM.Config.Disk" },
	{ "scsi", VM, "VM.Config.Disk" },
	{ "searchdomain", VM, "VM.Config.Network|VM.Config.Cloudinit" },
	{ "searchdomain", CT, "VM.Config.Network" },
	{ "serial", VM, "VM.Config.HWType" },
	{ "smbios", VM, "VM.Config.HWType" },
	{ "sockets", VM, "VM.Config.CPU" },
	{ "ssh-public-keys", CT, NULL }, /* no option: they are written into the disk */
	{ "sshkeys", VM, "VM.Config.Network|VM.Config.Cloudinit" },
	{ "swap", CT, "VM.Config.Memory" },
	{ "tpmstate", VM, "VM.Config.Disk" },
	{ "unprivileged", CT, NULL }, /* creating with it asks for nothing more */
	{ "virtio", VM, "VM.Config.Disk" },
};

static const char *privileges_of(enum guest_type type, const char *option)
{
	size_t len = strlen(option);

	while (len > 0 && option[len - 1] >= '0' && option[len - 1] <= '9')
		len--;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (options[i].types & 1U << type && strlen(options[i].name) == len &&
		    strncmp(options[i].name, option, len) == 0)
			return options[i].privileges;
	return "VM.Config.Options";
}

/* A model of CPU that the cluster has defined for itself. */
static void need_model(struct asking *ask, const char *cpu)
{
	struct props props = { 0 };
	const char *model;

	props_read(&props, ask->arena, cpu);
	model = props_get(&props, "");
	if (!model)
		model = props_get(&props, "cputype");
	if (!model || !str_starts(model, "custom-"))
		return;
	if (ask->release < 9)
		need(ask, "/nodes", NULL, "Sys.Audit", "for its cpu_type");
	else
		need(ask,
		     arena_printf(ask->arena, "/mapping/cpu/%s",
				  model + strlen("custom-")),
		     NULL, "Mapping.Use", "for its cpu_type");
}

bool option_is_drive(enum guest_type type, const char *option)
{
	const char *privileges = privileges_of(type, option);

	return str_equal(privileges, "VM.Config.Disk") && strcmp(option, "boot") != 0;
}

/* A disk that is there, or is to be: "local-lvm:vm-100-disk-0,size=3G", "local-lvm:8". */
static void need_drive(struct asking *ask, const struct change *change)
{
	const char *storage = change->to ? volume_storage(ask->arena, change->to) : NULL;
	const char *text = change->to ? change->to : change->from;

	if (text && strstr(text, "cloudinit")) {
		need_guest(ask, "VM.Config.CDROM", "for its cloud-init drive");
		need_guest(ask, "VM.Config.Cloudinit", "for its cloud-init drive");
		return;
	}
	need_guest(ask, "VM.Config.Disk",
		   arena_printf(ask->arena, "to set %s", change->key));
	if (storage && !change->from)
		need_storage(ask, storage, SPACE, "for its disks");
}

static void need_option(struct asking *ask, const struct change *change, bool creating)
{
	const char *privileges = privileges_of(ask->type, change->key);
	const char *why =
		arena_printf(ask->arena, "to set %s", making_entry_key(change->key));

	if (!privileges)
		return;
	if (option_is_drive(ask->type, change->key)) {
		need_drive(ask, change);
		return;
	}
	/* tags of a new container are looked at without its pool */
	need(ask, ask->path,
	     creating && strcmp(change->key, "tags") == 0 ? NULL : ask->pool, privileges,
	     why);
	if (str_starts(change->key, "net")) {
		need_bridge(ask, change->from);
		need_bridge(ask, change->to);
	}
	if (ask->type == GUEST_VM && strcmp(change->key, "startup") == 0)
		need(ask, "/", NULL, "Sys.Modify", why);
	if (strcmp(change->key, "cpu") == 0 && change->to)
		need_model(ask, change->to);
}

static void need_options(struct asking *ask, const struct changes *changes, bool creating)
{
	for (size_t i = 0; i < changes->len; i++)
		need_option(ask, &changes->at[i], creating);
}

/* ---- making ---- */

/* The storages of a template's disks, or the one that its copies go to instead. */
static void need_copies(struct asking *ask, const struct making *making)
{
	const struct desired *want = making->want;
	const struct observed *template = making->template;
	const char *storage;

	for (size_t i = 0; i < template->options_len; i++) {
		const struct option *option = &template->options[i];

		if (!option_is_drive(template->type, option->key) ||
		    strstr(option->value, "media=cdrom"))
			continue;
		storage = want->spec.clone.value == CLONE_FULL ? want->datastore : NULL;
		if (!storage)
			storage = volume_storage(ask->arena, option->value);
		if (storage)
			need_storage(ask, storage, SPACE, "for its disks");
	}
}

static void need_clone(struct asking *ask, const struct making *making)
{
	const struct observed *template = making->template;

	need(ask, arena_printf(ask->arena, "/vms/%u", template->vmid), NULL, "VM.Clone",
	     arena_printf(ask->arena, "to clone template %u", template->vmid));
	need_guest(ask, "VM.Allocate", "to make it");
	need_copies(ask, making);
	for (size_t i = 0; i < template->cards_len; i++)
		need_bridge(ask, template->cards[i].text);
}

/* What a container out of an archive needs beside its options. */
static void need_archive(struct asking *ask, const struct desired *want)
{
	const char *image = want->spec.image.value;
	const char *storage = image ? volume_storage(ask->arena, image) : NULL;

	need_guest(ask, "VM.Allocate", "to make it");
	if (storage)
		need_storage(ask, storage, "Datastore.Audit|" SPACE, "to read its image");
	if (want->datastore)
		need_storage(ask, want->datastore, SPACE, "for its disks");
	if (is_set(&want->spec.disk_gb.is))
		need_guest(ask, "VM.Config.Disk", "to set disk_gb");
	if (!want->spec.unprivileged.value && ask->release >= 9)
		need(ask, "/", NULL, "Sys.Modify", "to make it privileged");
}

/* The storage of the root disk that grows. */
static void need_growth(struct asking *ask, const struct action *action)
{
	const struct observed *seen =
		action->seen ? action->seen : action->making.template;
	const char *storage = NULL, *disk = NULL;

	if (seen && seen->root_disk)
		disk = observed_option(seen, seen->root_disk);
	if (!action->seen && action->want && action->want->spec.clone.value == CLONE_FULL)
		storage = action->want->datastore;
	if (!storage && disk)
		storage = volume_storage(ask->arena, disk);
	need_guest(ask, "VM.Config.Disk", "to grow its disk");
	if (storage)
		need_storage(ask, storage, SPACE, "for its disks");
}

static void need_backup(struct asking *ask, const char *storage)
{
	need_guest(ask, "VM.Backup", "to back it up before its end");
	need_storage(ask, storage, SPACE, "for backups");
}

static void needs_of_step(struct asking *ask, const struct action *action, enum step step)
{
	bool cloned = action->making.template != NULL;

	switch (step) {
	case STEP_CREATE:
		if (cloned) {
			need_clone(ask, &action->making);
		} else {
			need_archive(ask, action->want);
			need_options(ask, &action->changes, true);
		}
		return;
	case STEP_CONFIGURE:
		need_options(ask, &action->changes, false);
		return;
	case STEP_SNAPSHOT:
	case STEP_PRUNE:
		need_guest(ask, "VM.Snapshot", "for its snapshots");
		return;
	case STEP_GROW:
		need_growth(ask, action);
		return;
	case STEP_START:
		need_guest(ask, "VM.PowerMgmt", "to start it");
		return;
	case STEP_STOP:
		need_guest(ask, "VM.PowerMgmt", "to stop it");
		return;
	case STEP_BACKUP:
		need_backup(ask, action->making.backup);
		return;
	case STEP_DESTROY:
		need_guest(ask, "VM.Allocate", "to destroy it");
		return;
	case STEP_WAIT:
	case STEP_DONE:
	case STEP_REFUSE:
		return;
	}
}

static const char *pool_path(struct arena *arena, const struct desired *want)
{
	const char *pool = want ? want->spec.resource_pool.value : NULL;

	return pool ? arena_printf(arena, "/pool/%s", pool) : NULL;
}

void needs_of_action(struct needs *out, struct arena *arena, const struct action *action,
		     unsigned release)
{
	struct asking ask = {
		.out = out,
		.arena = arena,
		.release = release,
		.guest = action->guest,
	};

	*out = (struct needs){ 0 };
	if (!action->lease || action->steps_len == 0)
		return;
	ask.type = action->lease->type;
	ask.path = arena_printf(arena, "/vms/%u", action->lease->vmid);
	/* a guest that is there has its pool's rights among its own */
	if (!action->seen)
		ask.pool = pool_path(arena, action->want);
	need_guest(&ask, "VM.Audit", "to look at it");
	for (size_t i = 0; i < action->steps_len; i++)
		needs_of_step(&ask, action, action->steps[i]);
}

/* ---- a whole manifest ---- */

static const char all_guests[] = "/vms";

static bool has_dhcp(const struct desired *want)
{
	for (size_t i = 0; i < want->networks_len; i++)
		if (want->networks[i]->dhcp.value)
			return true;
	return false;
}

/* To make disks there, and to see whether there is room. */
static void need_room(struct asking *ask, const char *storage)
{
	need_storage(ask, storage, SPACE, "for its disks");
	need_storage(ask, storage, "Datastore.Audit", "to see whether there is room");
}

/* Wherever it may come to stand. */
static void need_rooms(struct asking *ask, const struct manifest *manifest,
		       const struct desired *want)
{
	if (want->datastore)
		need_room(ask, want->datastore);
	for (size_t i = 0; place_is_auto(want) && i < manifest->nodes_len; i++)
		if (manifest->nodes[i].datastore.value)
			need_room(ask, manifest->nodes[i].datastore.value);
}

/* A clone, of whose templates only the numbers are known. */
static void need_unseen_clone(struct asking *ask, const struct manifest *manifest,
			      const struct desired *want)
{
	struct vmid_list templates = { 0 };

	place_templates(&templates, ask->arena, want);
	for (size_t i = 0; i < templates.len; i++) {
		const char *path = arena_printf(ask->arena, "/vms/%u", templates.at[i]);

		need(ask, path, NULL, "VM.Audit", "to look at its template");
		need(ask, path, NULL, "VM.Clone", "to clone its template");
	}
	need_guest(ask, "VM.Allocate", "to make it");
	if (want->spec.clone.value == CLONE_FULL && want->datastore) {
		need_rooms(ask, manifest, want);
	} else {
		need(ask, "/storage", NULL, SPACE, "for disks where its template's are");
		need(ask, "/storage", NULL, "Datastore.Audit",
		     "to see whether there is room");
	}
	need(ask, "/sdn/zones/localnetwork", NULL, "SDN.Use",
	     "for the cards of its template");
}

/* What is Proxmox's default too is not set, but set back when somebody changes it. */
static void need_kept(struct asking *ask, const struct spec *spec)
{
	if (is_set(&spec->cpu.is) || is_set(&spec->sockets.is) ||
	    is_set(&spec->cpu_type.is))
		need_guest(ask, "VM.Config.CPU", "to keep its cpu");
	if (is_set(&spec->ram_mb.is) || is_set(&spec->balloon.is) ||
	    (ask->type == GUEST_LXC && is_set(&spec->swap_mb.is)))
		need_guest(ask, "VM.Config.Memory", "to keep its memory");
}

static void needs_of_entry(struct asking *ask, const struct manifest *manifest,
			   const struct desired *want, const struct making *making)
{
	bool cloned = is_set(&want->spec.template_id.is);
	struct changes changes;

	need_guest(ask, "VM.Audit", "to look at it");
	if (cloned) {
		need_unseen_clone(ask, manifest, want);
	} else if (is_set(&want->spec.image.is)) { /* else it was adopted, not made */
		need_archive(ask, want);
		need_rooms(ask, manifest, want);
	}
	making_options(&changes, ask->arena, making);
	need_options(ask, &changes, !cloned);
	need_kept(ask, &want->spec);
	if (is_set(&want->spec.disk_gb.is))
		need_guest(ask, "VM.Config.Disk", "to set disk_gb");
	need_guest(ask, "VM.Config.Options", "to mark it as vm7's");
	need_guest(ask, "VM.PowerMgmt", "to start and stop it");
	if (snapshots_wanted(making))
		need_guest(ask, "VM.Snapshot", "for its snapshots");
	if (want->type == GUEST_VM && has_dhcp(want))
		need_guest(ask, ask->release < 9 ? "VM.Monitor" : "VM.GuestAgent.Audit",
			   "to ask its agent for its address");
}

/* A guest whose entry is gone is stopped, marked and destroyed. */
static void needs_of_released(struct asking *ask)
{
	need_guest(ask, "VM.Audit", "to look at it");
	need_guest(ask, "VM.PowerMgmt", "to stop it");
	need_guest(ask, "VM.Config.Options", "to mark it as released");
	need_guest(ask, "VM.Allocate", "to destroy it");
}

void needs_of_manifest(struct needs *out, struct arena *arena,
		       const struct manifest *manifest, const struct leases *leases,
		       unsigned release)
{
	const char *pool = manifest->proxmox.resource_pool.value;
	struct asking ask = {
		.out = out,
		.arena = arena,
		.release = release,
		.path = all_guests,
	};

	*out = (struct needs){ 0 };
	need(&ask, "/", NULL, "Sys.Audit", "to see nodes and quorum");
	need(&ask, all_guests, NULL, "VM.Audit",
	     "to see which names, addresses and numbers are taken");
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *want = &manifest->guests[i];
		struct lease *lease = leases_find(leases, want->name);
		struct making making = {
			.want = want,
			.lease = lease,
			.pools = &manifest->pools,
			.instance = "",
			.repository = "",
			.password_hash =
				want->spec.access.temp_password.name ? "*" : NULL,
		};

		ask.guest = want->name;
		ask.type = want->type;
		if (!lease && is_set(&want->spec.adopt.is))
			need_guest(&ask, "VM.Config.Options", "to mark it as vm7's");
		if (!lease)
			continue; /* it gets none: the plan tells why */
		ask.pool = pool_path(arena, want);
		needs_of_entry(&ask, manifest, want, &making);
		if (manifest->removal_backup)
			need_backup(&ask, manifest->removal_backup);
	}
	for (size_t i = 0; i < leases->len; i++) {
		if (leases->at[i].bare || manifest_find(manifest, leases->at[i].name))
			continue;
		ask.guest = leases->at[i].name;
		ask.type = leases->at[i].type;
		ask.pool = pool ? arena_printf(arena, "/pool/%s", pool) : NULL;
		needs_of_released(&ask);
		if (manifest->removal_backup)
			need_backup(&ask, manifest->removal_backup);
	}
}
