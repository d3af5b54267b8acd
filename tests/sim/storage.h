/*
 * Storages: where they are, what they take, and why not. PVE: PVE::Storage and its plugins.
 */
#pragma once

#include "base/arena.h"
#include "world.h"

bool storage_has(const struct storage *storage, const char *content);
bool storage_on(const struct storage *storage, const char *node);
bool storage_is_file(const struct storage *storage);

/* Bytes of the volumes and of `used`, as `node` sees it. */
uint64_t storage_used(const struct world *world, const struct storage *storage,
		      const char *node);

/* Where a file storage is mounted, or NULL for the others. */
char *storage_path(struct arena *arena, const struct storage *storage);

/* The volume group of an LVM storage. */
const char *storage_group(const struct storage *storage);

/* Where it keeps files of a content type: "/var/lib/vz/template/iso". */
char *storage_folder(struct arena *arena, const struct storage *storage,
		     const char *content);

/*
 * The name that a file gets: without its path, and "_" for what is not safe in one.
 * PVE: normalize_content_filename.
 */
char *storage_file_name(struct arena *arena, const char *name);

/* Does the end of the name fit the content? PVE: ISO_EXT_RE_0, VZTMPL_EXT_RE_1 ... */
bool storage_takes_name(unsigned pve, const char *content, const char *name);

/* The format of such a file in lists: "iso", "tgz", "qcow2". */
const char *storage_file_format(const char *content, const char *name);

/* Why `name` cannot be used from `node`, or NULL. PVE: storage_check_enabled. */
char *storage_refused(struct arena *arena, const struct world *world, const char *name,
		      const char *node);

/* Why nothing can be done with it now, or NULL: it does not answer, its lock is not had. */
char *storage_unreachable(struct arena *arena, const struct storage *storage);

/* Why a volume cannot be made on it now, or NULL. PVE: activate_storage, alloc_image. */
char *storage_unwritable(struct arena *arena, const struct storage *storage);

/* Seconds until its lock is had or, when somebody keeps it, is given up. */
double storage_lock_seconds(const struct storage *storage);
