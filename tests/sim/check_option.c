/* What setting or deleting an option of a guest needs. */
#include "check.h"

#include "base/text.h"
#include "guest.h"
#include "props.h"
#include "rights.h"
#include "sdn.h"

#include <stdlib.h>
#include <string.h>

static bool guest_right(struct call *call, const struct option_change *change,
			const char *privileges)
{
	return check_guest_right(call, change->vmid, change->pool, privileges);
}

/* --- bridges: PVE::GuestHelpers check_vnet_access --- */

static bool may_use(struct call *call, const char *bridge, const char *vlan)
{
	const char *zone = sdn_zone_of(call->world, bridge);

	/* a bridge that is no vnet belongs to this zone */
	return must_have(call,
			 arena_printf(call->arena, "/sdn/zones/%s/%s%s%s",
				      zone ? zone : "localnetwork", bridge,
				      vlan ? "/" : "", vlan ? vlan : ""),
			 "SDN.Use");
}

/* "5;10-12" */
static bool may_use_trunks(struct call *call, const char *bridge, const char *trunks)
{
	char **ranges;
	size_t count = str_split(call->arena, trunks, ";", &ranges);

	for (size_t i = 0; i < count; i++) {
		char *end;
		unsigned long first = strtoul(ranges[i], &end, 10);
		unsigned long last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

		for (unsigned long vlan = first; vlan <= last && vlan < 4096; vlan++)
			if (!may_use(call, bridge,
				     arena_printf(call->arena, "%lu", vlan)))
				return false;
	}
	return true;
}

bool check_bridge(struct call *call, enum guest_type type, const char *card)
{
	json_t *props =
		props_read(type == GUEST_LXC ? lxc_net_format : qemu_net_format, card);
	const char *bridge = props_get(props, "bridge"), *tag = props_get(props, "tag");
	const char *trunks = props_get(props, "trunks");
	bool ok = true;

	if (bridge && tag)
		ok = may_use(call, bridge, tag);
	if (ok && bridge && trunks)
		ok = may_use_trunks(call, bridge, trunks);
	if (bridge && !tag && !trunks)
		ok = may_use(call, bridge, NULL);
	json_decref(props);
	return ok;
}

/* --- tags: PVE::GuestHelpers assert_tag_permissions --- */

static bool is_tag_of(struct call *call, const char *tags, const char *tag)
{
	char **parts;
	size_t count = tags ? str_split(call->arena, tags, ",; ", &parts) : 0;

	for (size_t i = 0; i < count; i++)
		if (!strcmp(parts[i], tag))
			return true;
	return false;
}

bool check_tags(struct call *call, unsigned vmid, const char *before, const char *after)
{
	const json_t *registered =
		json_object_get(call->world->options, "registered-tags");
	const json_t *tag;
	size_t i;

	/* not the pool's right: it is asked for without one */
	if (!must_have(call, vm_path(call, vmid), "VM.Config.Options"))
		return false;
	json_array_foreach (registered, i, tag) {
		const char *name = json_string_value(tag);

		if (is_tag_of(call, before, name) == is_tag_of(call, after, name) ||
		    may(call, "/", "Sys.Modify"))
			continue;
		refuse(call, 403,
		       "Permission check failed (/, Sys.Modify for modifying tag '%s')",
		       name);
		return false;
	}
	return true;
}

/* --- VMs --- */

/* By the drive that goes, and by the one that comes. A new VM's need storage rights only. */
static bool check_drive(struct call *call, const struct option_change *change)
{
	const char *const values[] = { change->before, change->value };

	for (size_t i = 0; i < 2 && !change->creating; i++) {
		const char *value = values[i];
		bool image = value && strstr(value, "cloudinit");

		if (!value)
			continue;
		if (image && !guest_right(call, change, "VM.Config.Cloudinit"))
			return false;
		if (!guest_right(call, change,
				 image || guest_is_cdrom(value) ? "VM.Config.CDROM"
								: "VM.Config.Disk"))
			return false;
	}
	return true;
}

static bool check_serial(struct call *call, const struct option_change *change)
{
	const char *verb = change->creating ? "set" : change->value ? "modify" : "delete";

	if (str_equal(change->value ? change->value : "socket", "socket") &&
	    str_equal(change->before ? change->before : "socket", "socket"))
		return guest_right(call, change, "VM.Config.HWType");
	refuse(call, 500, "only root can %s '%s' config for real devices", verb,
	       change->option);
	return false;
}

static bool check_usb(struct call *call, const struct option_change *change)
{
	const char *const values[] = { change->before, change->value };
	bool ok = guest_right(call, change, "VM.Config.HWType");

	for (size_t i = 0; i < 2 && ok; i++) {
		json_t *device = props_read(qemu_usb_format, values[i] ? values[i] : "");
		const char *host = props_get(device, "host");
		const char *mapping = props_get(device, "mapping");

		if (host && strcasecmp(host, "spice") != 0) {
			refuse(call, 500,
			       "only root can set '%s' config for real devices",
			       change->option);
			ok = false;
		} else if (mapping) {
			ok = must_have(
				call,
				arena_printf(call->arena, "/mapping/usb/%s", mapping),
				"Mapping.Use");
		}
		json_decref(device);
	}
	return ok;
}

static bool check_rng(struct call *call, const struct option_change *change)
{
	const char *const values[] = { change->before, change->value };
	bool ok = guest_right(call, change, "VM.Config.HWType");

	for (size_t i = 0; i < 2 && ok; i++)
		if (values[i] && strstr(values[i], "/dev/hwrng"))
			ok = must_have(call, "/mapping/hwrng", "Mapping.Use");
	return ok;
}

static bool check_qemu_tags(struct call *call, const struct option_change *change)
{
	if (change->creating && call->world->pve < 9)
		return true; /* PVE 8 looks at them when they change */
	return check_tags(call, change->vmid, change->before, change->value);
}

static bool check_old_card(struct call *call, const struct option_change *change)
{
	return !change->before || check_bridge(call, change->type, change->before);
}

static const char *model_of(const char *cpu, json_t *props)
{
	if (!cpu)
		return NULL;
	json_object_update_new(props, props_read(qemu_cpu_format, cpu));
	return props_get(props, "cputype");
}

/* A model of the cluster's own. */
static bool check_cpu(struct call *call, const struct option_change *change)
{
	json_t *before = json_object(), *after = json_object();
	const char *old = model_of(change->before, before);
	const char *model = model_of(change->value, after);
	bool ok = true;

	if (model && str_starts(model, "custom-") && !str_equal(old, model))
		ok = call->world->pve < 9
			     ? must_have(call, "/nodes", "Sys.Audit")
			     : must_have(call,
					 arena_printf(call->arena, "/mapping/cpu/%s",
						      model + strlen("custom-")),
					 "Mapping.Use");
	json_decref(before);
	json_decref(after);
	return ok;
}

/*
 * Options whose value matters; `alone`: the privilege of the option itself is not asked for
 * besides.
 */
static const struct special {
	const char *name; /* as in options.c */
	bool alone;
	bool (*check)(struct call *call, const struct option_change *change);
} qemu_specials[] = {
	{ "ide", true, check_drive },      { "sata", true, check_drive },
	{ "scsi", true, check_drive },     { "virtio", true, check_drive },
	{ "efidisk0", true, check_drive }, { "tpmstate0", true, check_drive },
	{ "unused", true, check_drive },   { "serial", true, check_serial },
	{ "usb", true, check_usb },        { "rng0", false, check_rng },
	{ "tags", true, check_qemu_tags }, { "net", false, check_old_card },
	{ "cpu", false, check_cpu },       { NULL, false, NULL },
};

static const struct special *special_of(enum guest_type type, const char *option)
{
	const char *name = option_find(type, option)->name;

	for (const struct special *s = qemu_specials; s->name; s++)
		if (!strcmp(s->name, name))
			return s;
	return NULL;
}

bool check_option(struct call *call, const struct option_change *change)
{
	const struct schema *schema = option_find(change->type, change->option);
	const struct special *special = special_of(change->type, change->option);

	if (rights_is_root(call->user) || (special && special->alone))
		return true;
	if (!strcmp(schema->privilege, "root")) {
		refuse(call, 500, "only root can set '%s' config", change->option);
		return false;
	}
	if (!guest_right(call, change, schema->privilege))
		return false;
	/* it changes what the host does */
	return strcmp(change->option, "startup") != 0 ||
	       must_have(call, "/", "Sys.Modify");
}

bool check_option_value(struct call *call, const struct option_change *change)
{
	const struct special *special = special_of(change->type, change->option);

	return rights_is_root(call->user) || !special ||
	       (!change->value && !change->before) || special->check(call, change);
}

/* --- containers --- */

static bool refuse_for_root(struct call *call, const char *what)
{
	refuse(call, 403, "Permission check failed (%s only allowed for root@pam)", what);
	return false;
}

static bool check_mount(struct call *call, const struct option_change *change)
{
	const char *value = change->value;

	if (!guest_right(call, change, "VM.Config.Disk"))
		return false;
	if (!value || *value != '/')
		return true;
	return refuse_for_root(call, str_starts(value, "/dev/")
					     ? "mount point type device is"
					     : "mount point type bind is");
}

static bool check_cards(struct call *call, const struct option_change *change)
{
	return guest_right(call, change, "VM.Config.Network") &&
	       check_old_card(call, change) &&
	       (!change->value || check_bridge(call, GUEST_LXC, change->value));
}

static bool check_device(struct call *call, const struct option_change *change)
{
	(void)change;
	return refuse_for_root(call, "configuring device passthrough is");
}

static bool check_hook(struct call *call, const struct option_change *change)
{
	(void)change;
	return refuse_for_root(call, "changing the hookscript is");
}

static bool check_features(struct call *call, const struct option_change *change)
{
	json_t *old =
		props_read(lxc_features_format, change->before ? change->before : "");
	json_t *new = props_read(lxc_features_format, change->value ? change->value : "");
	bool nesting = !str_equal(props_get(old, "nesting"), props_get(new, "nesting"));
	bool other;

	json_object_del(old, "nesting");
	json_object_del(new, "nesting");
	other = !json_equal(old, new);
	json_decref(old);
	json_decref(new);
	if (change->privileged)
		return refuse_for_root(
			call, "changing feature flags for privileged container is");
	if (other)
		return refuse_for_root(call,
				       "changing feature flags (except nesting) is");
	return !nesting || guest_right(call, change, "VM.Allocate");
}

static bool check_lxc_tags(struct call *call, const struct option_change *change)
{
	return check_tags(call, change->vmid, change->before, change->value);
}

static const struct special lxc_specials[] = {
	{ "rootfs", true, check_mount },      { "mp", true, check_mount },
	{ "net", true, check_cards },         { "dev", true, check_device },
	{ "features", true, check_features }, { "hookscript", true, check_hook },
	{ "tags", true, check_lxc_tags },     { NULL, false, NULL },
};

bool check_lxc_option(struct call *call, const struct option_change *change)
{
	const struct schema *schema = option_find(GUEST_LXC, change->option);

	if (rights_is_root(call->user))
		return true;
	for (const struct special *s = lxc_specials; s->name; s++)
		if (!strcmp(s->name, schema->name))
			return s->check(call, change);
	return guest_right(call, change, schema->privilege);
}
