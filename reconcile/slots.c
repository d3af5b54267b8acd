/*
 * Slots: what is declared of them, and how that differs from what is there.
 */
#include "reconcile/slots.h"

#include "base/text.h"
#include "base/vec.h"
#include "reconcile/props.h"

#include <stdlib.h>
#include <string.h>

/* ---- one slot, whatever its kind ---- */

/* A sub-key that the entry declares. */
struct sub {
	const char *key;
	const char *wanted; /* NULL: not declared */
	const char *unset;  /* what Proxmox takes an absent one for; NULL: nothing */
};

enum { SUBS_MAX = 5 };

/* A declared slot: what it is called, what it holds, how. */
struct slot_entry {
	const char *slot, *list; /* "scsi1" of "disks" */
	const char *fixed;       /* a folder or device of the node; NULL: a volume */
	const char *storage;     /* of a volume */
	bool storage_said;       /* the entry itself names it */
	long size_gb;            /* of a volume */
	struct sub subs[SUBS_MAX];
	size_t subs_len;
};

static void add_sub(struct slot_entry *entry, const char *key, const char *wanted,
		    const char *unset)
{
	entry->subs[entry->subs_len++] = (struct sub){ key, wanted, unset };
}

static void take_storage(struct slot_entry *entry, const struct desired *want,
			 const struct text_setting *storage)
{
	entry->storage_said = is_set(&storage->is);
	entry->storage = entry->storage_said ? storage->value : want->datastore;
}

static struct slot_entry disk_slot(const struct desired *want,
				   const struct disk_entry *disk)
{
	struct slot_entry entry = {
		.slot = disk->slot.value,
		.list = "disks",
		.size_gb = disk->size_gb.value,
	};

	take_storage(&entry, want, &disk->storage);
	add_sub(&entry, "backup", view_flag(&disk->backup), "1");
	add_sub(&entry, "discard",
		!is_set(&disk->discard.is) ? NULL
		: disk->discard.value      ? "on"
					   : "ignore",
		"ignore");
	add_sub(&entry, "iothread", view_flag(&disk->iothread), "0");
	add_sub(&entry, "ssd", view_flag(&disk->ssd), "0");
	return entry;
}

static struct slot_entry mount_slot(const struct desired *want,
				    const struct mount_entry *mount)
{
	struct slot_entry entry = {
		.slot = mount->slot.value,
		.list = "mounts",
		.fixed = mount->host.value,
		.size_gb = mount->size_gb.value,
	};

	take_storage(&entry, want, &mount->storage);
	add_sub(&entry, "mp", mount->path.value, NULL);
	add_sub(&entry, "backup", view_flag(&mount->backup), "0");
	add_sub(&entry, "ro", view_flag(&mount->readonly), "0");
	return entry;
}

static const char *number(struct arena *arena, const struct num_setting *setting)
{
	return is_set(&setting->is) ? arena_printf(arena, "%ld", setting->value) : NULL;
}

static struct slot_entry device_slot(struct arena *arena,
				     const struct device_entry *device)
{
	struct slot_entry entry = {
		.slot = device->slot.value,
		.list = "devices",
		.fixed = device->path.value,
	};

	add_sub(&entry, "deny-write", view_flag(&device->deny_write), "0");
	add_sub(&entry, "gid", number(arena, &device->gid), NULL);
	add_sub(&entry, "mode", device->mode.value, NULL);
	add_sub(&entry, "uid", number(arena, &device->uid), NULL);
	return entry;
}

static int compare_entries(const void *a, const void *b)
{
	return strcmp(((const struct slot_entry *)a)->slot,
		      ((const struct slot_entry *)b)->slot);
}

/* All declared slots of a guest, sorted. */
static size_t entries_of(struct slot_entry **out, struct arena *arena,
			 const struct desired *want)
{
	const struct spec *spec = &want->spec;
	const struct disk_entry *disks = spec->disks.at;
	const struct mount_entry *mounts = spec->mounts.at;
	const struct device_entry *devices = spec->devices.at;
	size_t len = 0;

	*out = arena_array(arena, struct slot_entry,
			   spec->disks.len + spec->mounts.len + spec->devices.len);
	for (size_t i = 0; i < spec->disks.len; i++)
		(*out)[len++] = disk_slot(want, &disks[i]);
	for (size_t i = 0; i < spec->mounts.len; i++)
		(*out)[len++] = mount_slot(want, &mounts[i]);
	for (size_t i = 0; i < spec->devices.len; i++)
		(*out)[len++] = device_slot(arena, &devices[i]);
	if (len > 1)
		qsort(*out, len, sizeof(**out), compare_entries);
	return len;
}

bool is_disk_slot(const char *option)
{
	static const char *const buses[] = { "scsi", "virtio", "sata", NULL };

	return option_is_of_any(option, buses);
}

/* ---- what is there ---- */

/* The volume, folder or device of a slot; "volume=" and "path=" may be written out. */
static const char *held(const struct props *seen)
{
	static const char *const keys[] = { "", "file", "volume", "path" };
	const char *value = NULL;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]) && !value; i++)
		value = props_get(seen, keys[i]);
	return value ? value : "";
}

static void set_held(struct props *seen, struct arena *arena, const char *value)
{
	static const char *const keys[] = { "file", "volume", "path" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (props_get(seen, keys[i])) {
			props_set(seen, arena, keys[i], value);
			return;
		}
	props_set(seen, arena, "", value);
}

static bool is_folder(const struct props *seen)
{
	return held(seen)[0] == '/';
}

static const char *seen_text(const struct observed *seen, const char *slot)
{
	return seen ? observed_option(seen, slot) : NULL;
}

/* Is something there that the entry cannot mean? In words, or NULL. */
static const char *foreign(struct arena *arena, const struct slot_entry *entry,
			   const struct observed *guest, const struct props *seen)
{
	if (str_equal(guest->root_disk, entry->slot))
		return "it is the root disk, which disk_gb stands for: choose another "
		       "slot";
	if (str_equal(props_get(seen, "media"), "cdrom"))
		return arena_printf(arena,
				    "there is a CD-ROM drive (%s): choose another "
				    "slot",
				    held(seen));
	if (entry->fixed && !is_folder(seen))
		return arena_printf(arena,
				    "it is a volume (%s), the entry says a folder of the "
				    "node. Take the entry out first: the volume is kept "
				    "with the guest as unused",
				    held(seen));
	if (!entry->fixed && is_folder(seen))
		return arena_printf(arena,
				    "it is %s of the node, the entry says a volume. Take "
				    "the entry out first",
				    held(seen));
	return NULL;
}

static unsigned long mib_of(const struct props *seen)
{
	const char *size = props_get(seen, "size");

	return size ? size_mib(size) : 0;
}

static bool is_larger(const struct slot_entry *entry, const struct props *seen)
{
	return !entry->fixed && mib_of(seen) > (unsigned long)entry->size_gb * 1024;
}

static const char *larger_text(struct arena *arena, const struct slot_entry *entry,
			       const struct props *seen)
{
	return arena_printf(arena, "it has %s, the entry says %ld GiB: disks only grow",
			    size_text(arena, mib_of(seen)), entry->size_gb);
}

/* ---- the changes ---- */

/*
 * Where a volume of its own is made: on the storage that is named, else beside the root
 * disk (a guest with `node: auto` may have moved, so its datastore is not known by name).
 * NULL: nobody knows.
 */
static const char *storage_of(struct arena *arena, const struct slot_entry *entry,
			      const struct observed *seen)
{
	const char *root =
		seen && seen->root_disk ? seen_text(seen, seen->root_disk) : NULL;
	struct props props = { 0 };

	if (entry->storage || !root)
		return entry->storage;
	props_read(&props, arena, root);
	return volume_storage(arena, held(&props));
}

/* A slot that is empty: only here a volume is asked for. NULL: nobody knows where. */
static const char *fresh_slot(struct arena *arena, const struct slot_entry *entry,
			      const struct observed *seen)
{
	const char *storage = storage_of(arena, entry, seen);
	struct props props = { 0 };

	if (!entry->fixed && !storage)
		return NULL;
	props_set(&props, arena, "",
		  entry->fixed ? entry->fixed
			       : arena_printf(arena, "%s:%ld", storage, entry->size_gb));
	for (size_t i = 0; i < entry->subs_len; i++)
		if (entry->subs[i].wanted)
			props_set(&props, arena, entry->subs[i].key,
				  entry->subs[i].wanted);
	return props_print(&props, arena);
}

/* NULL when it reads so already. Whatever is there besides stays, the volume above all. */
static const char *changed_slot(struct arena *arena, const struct slot_entry *entry,
				struct props *seen)
{
	bool differs = false;

	if (entry->fixed && strcmp(held(seen), entry->fixed) != 0) {
		set_held(seen, arena, entry->fixed);
		differs = true;
	}
	for (size_t i = 0; i < entry->subs_len; i++) {
		const struct sub *sub = &entry->subs[i];
		const char *now = props_get(seen, sub->key);

		if (!sub->wanted || same_value(now ? now : sub->unset, sub->wanted))
			continue;
		props_set(seen, arena, sub->key, sub->wanted);
		differs = true;
	}
	return differs ? props_print(seen, arena) : NULL;
}

static void change_slot(struct changes *out, struct view *view,
			const struct slot_entry *entry)
{
	const char *text = view_seen(view, entry->slot), *to;
	struct props seen = { 0 };

	if (text)
		props_read(&seen, view->arena, text);
	if (text && foreign(view->arena, entry, view->seen, &seen))
		return;
	to = text ? changed_slot(view->arena, entry, &seen)
		  : fresh_slot(view->arena, entry, view->seen);
	if (!to)
		return;
	add_change(out, view, entry->slot, text, to);
	out->at[out->len - 1].root = entry->fixed != NULL;
}

static bool declares(const struct slot_entry *entries, size_t len, const char *slot)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(entries[i].slot, slot) == 0)
			return true;
	return false;
}

/*
 * The lease owns it and the entry dropped it: may it go? Whatever a lease file says,
 * nothing but a slot ever goes this way.
 */
static bool goes(struct arena *arena, const struct observed *seen, const char *slot)
{
	static const char *const of_container[] = { "mp", "dev", NULL };
	const char *text = seen_text(seen, slot);
	struct props props = { 0 };
	bool known =
		seen && (seen->type == GUEST_VM ? is_disk_slot(slot)
						: option_is_of_any(slot, of_container));

	if (!known || !text || str_equal(seen->root_disk, slot))
		return false;
	props_read(&props, arena, text);
	return !str_equal(props_get(&props, "media"), "cdrom");
}

void change_slots(struct changes *out, struct view *view)
{
	const struct lease *lease = view->making->lease;
	const struct observed *seen = view->seen;
	struct slot_entry *entries;
	size_t len = entries_of(&entries, view->arena, view->making->want);

	for (size_t i = 0; i < len; i++)
		change_slot(out, view, &entries[i]);
	for (size_t i = 0; i < lease->owns_slots_len; i++) {
		const char *slot = lease->owns_slots[i];

		/* with protection on, Proxmox refuses the whole write */
		if (declares(entries, len, slot) || !goes(view->arena, seen, slot) ||
		    guest_is_protected(seen))
			continue;
		add_change(out, view, slot, view_seen(view, slot), NULL);
		out->at[out->len - 1].root = str_starts(slot, "dev");
	}
}

/* ---- sizes ---- */

struct growths {
	struct growth *at;
	size_t len, cap;
};

static void add_growth(struct growths *out, struct arena *arena, const char *disk,
		       unsigned long from_mib, long to_gib)
{
	if (from_mib > 0 && from_mib < (unsigned long)to_gib * 1024)
		*vec_push(arena, out) = (struct growth){ disk, from_mib, to_gib };
}

size_t disks_to_grow(struct growth **out, struct arena *arena, const struct desired *want,
		     const struct observed *seen)
{
	const struct num_setting *disk_gb = &want->spec.disk_gb;
	struct growths growths = { 0 };
	struct slot_entry *entries;
	size_t len = entries_of(&entries, arena, want);

	if (is_set(&disk_gb->is) && seen->root_disk)
		add_growth(&growths, arena, seen->root_disk, seen->root_disk_mib,
			   disk_gb->value);
	for (size_t i = 0; i < len; i++) {
		const char *text = seen_text(seen, entries[i].slot);
		struct props props = { 0 };

		if (!text || entries[i].fixed)
			continue;
		props_read(&props, arena, text);
		if (!foreign(arena, &entries[i], seen, &props))
			add_growth(&growths, arena, entries[i].slot, mib_of(&props),
				   entries[i].size_gb);
	}
	*out = growths.at;
	return growths.len;
}

/* ---- what cannot be ---- */

bool slots_fit(struct error *err, struct arena *arena, const struct desired *want,
	       const struct observed *seen)
{
	struct slot_entry *entries;
	size_t len = entries_of(&entries, arena, want);

	for (size_t i = 0; i < len; i++) {
		const char *text = seen_text(seen, entries[i].slot), *why;
		struct props props = { 0 };

		if (!text)
			continue;
		props_read(&props, arena, text);
		why = foreign(arena, &entries[i], seen, &props);
		if (!why && is_larger(&entries[i], &props))
			why = larger_text(arena, &entries[i], &props);
		if (why)
			return error_set(err, ERROR_REFUSED, "%s: %s of %s %u: %s",
					 entries[i].list, entries[i].slot,
					 seen->template ? "template" : "VMID", seen->vmid,
					 why);
	}
	return true;
}

static const char *why_it_stays(struct arena *arena, const struct slot_entry *entry,
				const struct observed *seen, const struct props *props)
{
	const char *why = foreign(arena, entry, seen, props);

	if (!why && is_larger(entry, props))
		why = larger_text(arena, entry, props);
	if (!why && !entry->fixed && entry->storage_said &&
	    !volume_is_on(held(props), entry->storage))
		why = arena_printf(arena,
				   "it is not on %s, as the entry says: disks are not "
				   "moved",
				   entry->storage);
	return why;
}

struct texts {
	const char **at;
	size_t len, cap;
};

size_t slots_stay(const char ***out, struct arena *arena, const struct desired *want,
		  const struct lease *lease, const struct observed *seen)
{
	struct texts texts = { 0 };
	struct slot_entry *entries;
	size_t len = entries_of(&entries, arena, want);

	for (size_t i = 0; i < len; i++) {
		const char *text = seen_text(seen, entries[i].slot), *why = NULL;
		struct props props = { 0 };

		props_read(&props, arena, text ? text : "");
		if (text)
			why = why_it_stays(arena, &entries[i], seen, &props);
		else if (!entries[i].fixed && !storage_of(arena, &entries[i], seen))
			why = "it is not made: nobody says on which storage. Give it one";
		if (why)
			*vec_push(arena, &texts) =
				arena_printf(arena, "%s: %s: %s", entries[i].list,
					     entries[i].slot, why);
	}
	for (size_t i = 0; i < lease->owns_slots_len; i++)
		if (guest_is_protected(seen) && goes(arena, seen, lease->owns_slots[i]) &&
		    !declares(entries, len, lease->owns_slots[i]))
			*vec_push(arena, &texts) = arena_printf(
				arena,
				"%s is not in the entry any more and stays: the guest is "
				"protected",
				lease->owns_slots[i]);
	*out = texts.at;
	return texts.len;
}

/* ---- what the lease keeps of it ---- */

const char **slots_declared(struct arena *arena, const struct desired *want, size_t *len)
{
	struct slot_entry *entries;
	const char **slots;

	*len = entries_of(&entries, arena, want);
	slots = arena_array(arena, const char *, *len);
	for (size_t i = 0; i < *len; i++)
		slots[i] = entries[i].slot;
	return slots;
}

const char **slots_owned(struct arena *arena, const struct desired *want,
			 const struct lease *lease, const struct observed *seen,
			 size_t *len)
{
	struct slot_entry *entries;
	size_t declared = entries_of(&entries, arena, want), owned = 0;
	const char **slots =
		arena_array(arena, const char *, declared + lease->owns_slots_len);

	for (size_t i = 0; i < declared; i++)
		slots[owned++] = entries[i].slot;
	for (size_t i = 0; i < lease->owns_slots_len; i++)
		if (!declares(entries, declared, lease->owns_slots[i]) &&
		    goes(arena, seen, lease->owns_slots[i]))
			slots[owned++] = lease->owns_slots[i];
	if (owned > 1)
		qsort(slots, owned, sizeof(*slots), str_compare);
	*len = owned; /* last: it may be the lease's own */
	return slots;
}
