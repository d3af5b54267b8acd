/*
 * What a guest has beyond its root disk, by slot: disks of a VM (scsi1), volumes and
 * folders of the node that are mounted in a container (mp0), devices of the node that it
 * may use (dev0).
 *
 * A slot is the identity: what is declared of scsi1 is compared with scsi1 and nothing
 * else, sub-key by sub-key. A slot that is empty in the config just read gets a volume of
 * its own; one that is not keeps the volume it has, whatever else changes. What the entry
 * dropped goes when the lease owns it: its volume stays with the guest as unusedN.
 * (qemu-server src/PVE/QemuServer/Drive.pm; pve-container src/PVE/LXC/Config.pm)
 */
#pragma once

#include "base/decode.h"
#include "reconcile/options.h"

struct disk_entry {
	struct text_setting slot, storage;
	struct num_setting size_gb;
	struct flag_setting discard, ssd, iothread, backup;
};

/* A volume (size_gb, storage), or a folder of the node (host). */
struct mount_entry {
	struct text_setting slot, path, storage, host;
	struct num_setting size_gb;
	struct flag_setting readonly, backup;
};

struct device_entry {
	struct text_setting slot, path, mode;
	struct num_setting uid, gid;
	struct flag_setting deny_write;
};

extern const struct field disk_fields[];   /* fills a struct disk_entry */
extern const struct field mount_fields[];  /* fills a struct mount_entry */
extern const struct field device_fields[]; /* fills a struct device_entry */

/* One layer's lists by themselves: slots twice, what does not go together. */
void check_slots(const struct decode *how, const struct spec *spec,
		 const struct trail *trail);

/* Of a merged guest: what is missing now that all layers are known. */
void check_slot_storage(const struct decode *how, const struct desired *guest,
			const struct trail *trail);

/* Its slots -> scsiN, mpN, devN. Those that the lease owns and the entry dropped go. */
void change_slots(struct changes *out, struct view *view);

/* Is this option a disk of a VM: scsiN, virtioN or sataN? */
bool is_disk_slot(const char *option);

/* A disk that is smaller than its entry says. */
struct growth {
	const char *disk;       /* "scsi0", "mp1" */
	unsigned long from_mib; /* as seen */
	long to_gib;
};

/* All of them, the root disk first. */
size_t disks_to_grow(struct growth **out, struct arena *arena, const struct desired *want,
		     const struct observed *seen);

/*
 * Can the declared slots be, over what is there (the guest, or the template it is to be
 * cloned from)? False: one holds something else, or a larger disk.
 */
bool slots_fit(struct error *err, struct arena *arena, const struct desired *want,
	       const struct observed *seen);

/*
 * What of a finished guest's slots stays as it is although its entry says otherwise,
 * each in words: a disk that is larger, or on another storage; what protection keeps.
 */
size_t slots_stay(const char ***out, struct arena *arena, const struct desired *want,
		  const struct lease *lease, const struct observed *seen);

/* The declared slots, sorted: what a lease says it `owns`. */
const char **slots_declared(struct arena *arena, const struct desired *want, size_t *len);

/*
 * What a lease owns from now on: the declared slots, and of those that it owned before
 * the ones that the guest still has.
 */
const char **slots_owned(struct arena *arena, const struct desired *want,
			 const struct lease *lease, const struct observed *seen,
			 size_t *len);

/*
 * May these changes be sent? Some are root@pam's alone, whatever rights a token has
 * (pve-container src/PVE/LXC.pm check_ct_modify_config_perm). False: `err`
 * (ERROR_REFUSED) names the first that is not, and what to do.
 */
bool changes_permitted(struct error *err, struct arena *arena,
		       const struct changes *changes, bool privileged);

/* The `features` of a container: what they are to read, or NULL to leave them. */
const char *wanted_features(struct view *view, const char *seen);

/* Is this change of `features` root@pam's alone? */
bool features_are_roots(const struct view *view, const char *from, const char *to);
