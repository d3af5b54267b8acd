/*
 * The steps of a guest that was finished: kept as its entry says, or brought to its end.
 *
 * As in its making, they follow from what is there: a restart is a stop and a start, and
 * whoever comes after a kill sees how far it got.
 */
#include "base/text.h"
#include "reconcile/making.h"
#include "reconcile/props.h"
#include "reconcile/snapshot.h"

#include <string.h>

/* (qemu-server PVE/API2/Qemu.pm update_vm_api, PVE/QemuServer.pm vmconfig_hotplug_pending:
 * what a running VM takes at once, whatever its `hotplug` says) */
static const char *const always_hot[] = {
	"balloon", "ciuser", "cipassword", "ciupgrade",    "description",
	"name",    "onboot", "protection", "searchdomain", "sshkeys",
	"startup", "tags",   "ipconfig",   "nameserver",   NULL,
};

/* What it takes where its `hotplug` allows it. */
static const struct {
	const char *family, *feature;
} hotplugged[] = {
	{ "net", "network" },
	{ "scsi", "disk" },
	{ "virtio", "disk" },
};

/* (pve-container PVE/LXC/Config.pm vmconfig_hotplug_pending: what a running container
 * leaves for its next start) */
static const char *const ct_cold[] = { "features",     "rootfs",       "nameserver",
				       "searchdomain", "unprivileged", NULL };

/* By its name, or as one of a numbered family. */
static bool listed(const char *key, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (strcmp(key, list[i]) == 0)
			return true;
	return option_is_of_any(key, list);
}

/* (qemu-server PVE/QemuServer/Helpers or PVE/QemuServer.pm parse_hotplug_features) */
static bool plugs(struct arena *arena, const struct observed *seen, const char *feature)
{
	const char *hotplug = observed_option(seen, "hotplug");
	char **features;
	size_t len;

	if (!hotplug || strcmp(hotplug, "1") == 0)
		hotplug = "network,disk,usb";
	len = str_split(arena, hotplug, ",; ", &features);
	for (size_t i = 0; i < len; i++)
		if (strcmp(features[i], feature) == 0)
			return true;
	return false;
}

/* A balloon device is there or not from the start on; its target moves. */
static bool switches_balloon(const struct change *change)
{
	return strcmp(change->key, "balloon") == 0 &&
	       (str_equal(change->from, "0") || str_equal(change->to, "0"));
}

bool change_is_hot(struct arena *arena, const struct observed *seen,
		   const struct change *change)
{
	if (seen->type == GUEST_LXC)
		return !listed(change->key, ct_cold);
	if (listed(change->key, always_hot))
		return !switches_balloon(change);
	for (size_t i = 0; i < sizeof(hotplugged) / sizeof(hotplugged[0]); i++)
		if (option_is_numbered(change->key, hotplugged[i].family))
			return plugs(arena, seen, hotplugged[i].feature);
	if (strcmp(change->key, "memory") == 0)
		return plugs(arena, seen, "memory");
	return false;
}

/* One of its pending options is of its entry: what others left waiting is theirs. */
static bool waits_for_start(struct arena *arena, const struct making *making,
			    const struct observed *seen)
{
	struct changes all;

	making_options(&all, arena, making);
	for (size_t i = 0; i < seen->pending_len; i++)
		for (size_t j = 0; j < all.len; j++)
			if (strcmp(seen->pending[i], all.at[j].key) == 0)
				return true;
	return false;
}

bool restart_is_due(struct arena *arena, const struct making *making,
		    const struct observed *seen)
{
	const struct spec *spec = &making->want->spec;

	return spec->restart.value == RESTART_AUTO && !spec->self.value &&
	       !making->steady && spec->power.value == POWER_RUNNING &&
	       seen->pending_len > 0 && !making->lease->failed &&
	       waits_for_start(arena, making, seen);
}

static void next_stop(struct next *out, enum stop stop)
{
	out->step = STEP_STOP;
	out->stop = stop;
}

static void next_gone(struct next *out, const struct making *making)
{
	out->step = STEP_REFUSE;
	error_set(&out->why, ERROR_REFUSED, "VMID %u is gone", making->lease->vmid);
}

static void next_to_keep(struct next *out, struct arena *arena,
			 const struct making *making, const struct observed *seen)
{
	const struct spec *spec = &making->want->spec;
	bool up = seen && seen->power == OBSERVED_RUNNING;

	if (!seen)
		next_gone(out, making);
	if (!seen || !next_is_ours(out, making, seen) || !making->repairs)
		return;
	/* what somebody has released meanwhile is no drift, as long as nobody can be asked */
	if (making->steady && str_in(TAG_RELEASED, seen->tags, seen->tags_len))
		return;
	if (up && spec->power.value == POWER_STOPPED && !spec->self.value &&
	    !making->steady) {
		next_stop(out, STOP_FIRM);
		return;
	}
	making_changes(&out->changes, arena, making, seen,
		       spec->reseed.value ? EXTENT_RESEED : EXTENT_KEPT);
	if (out->changes.len > 0)
		out->step = STEP_CONFIGURE;
	else if (next_grows(out, arena, making, seen))
		return;
	else if (up && restart_is_due(arena, making, seen))
		next_stop(out, STOP_ASKED);
	else if (seen->power == OBSERVED_STOPPED && spec->power.value == POWER_RUNNING)
		out->step = STEP_START;
}

void next_of_ready(struct next *out, struct arena *arena, const struct making *making,
		   const struct observed *seen)
{
	next_to_keep(out, arena, making, seen);
	if (seen && snapshots_wanted(making))
		next_of_snapshots(out, arena, making, seen);
}

/* Somebody protects it in Proxmox: nobody else ends it, whatever was planned. */
static bool next_is_kept(struct next *out, const struct observed *seen)
{
	if (!guest_is_protected(seen))
		return false;
	out->step = STEP_REFUSE;
	error_set(&out->why, ERROR_REFUSED,
		  "VMID %u is protected in Proxmox: it is left alone as long as it is",
		  seen->vmid);
	return true;
}

void next_of_releasing(struct next *out, struct arena *arena, const struct making *making,
		       const struct observed *seen)
{
	if (!seen)
		next_gone(out, making);
	if (!seen || !next_is_ours(out, making, seen) || next_is_kept(out, seen))
		return;
	if (seen->power == OBSERVED_RUNNING) {
		next_stop(out, STOP_FIRM);
		return;
	}
	released_changes(&out->changes, arena, seen);
	if (out->changes.len > 0)
		out->step = STEP_CONFIGURE;
}

bool ends_with_backup(const struct making *making)
{
	return making->backup && !making->lease->half_made;
}

void next_of_destroying(struct next *out, const struct making *making,
			const struct observed *seen)
{
	if (!seen || !next_is_ours(out, making, seen) || next_is_kept(out, seen))
		return;
	if (seen->power == OBSERVED_RUNNING)
		next_stop(out, making->lease->half_made ? STOP_HARD : STOP_FIRM);
	else
		out->step = ends_with_backup(making) && !seen->backed_up ? STEP_BACKUP
									 : STEP_DESTROY;
}
