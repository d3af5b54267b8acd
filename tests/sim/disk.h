/*
 * The disks of a guest: what a value like "local-lvm:32" asks for, and its making.
 * PVE: PVE::API2::Qemu check_drive_param, create_disks; PVE::LXC create_disks.
 */
#pragma once

#include "base/arena.h"
#include "task.h"
#include "world.h"

enum disk_kind {
	DISK_NONE,      /* none, a physical CD-ROM drive, or an empty slot */
	DISK_NEW,       /* <storage>:<GiB> */
	DISK_IMPORT,    /* <storage>:0,import-from=<volid> */
	DISK_CLOUDINIT, /* <storage>:cloudinit */
	DISK_ISO,
	DISK_VOLUME, /* a volume that exists */
	DISK_PATH,   /* an absolute path: root only */
};

struct disk {
	enum disk_kind kind;
	const char *storage, *volid; /* volid: also what is imported */
	double gib;
	json_t *props; /* released with the arena */
};

void disk_read(struct arena *arena, enum guest_type type, const char *option,
	       const char *value, struct disk *out);

/*
 * Make what `value` asks for and return the value the config keeps, or NULL and why not.
 * `log` may be NULL.
 */
char *disk_make(struct arena *arena, struct world *world, struct guest *guest,
		const char *option, const char *value, struct task *log,
		const char **why);

/* Seconds that making it takes. */
double disk_seconds(struct arena *arena, struct world *world, const struct guest *guest,
		    const char *option, const char *value);

/* Bytes of a disk in the config; 0 when it says none. */
uint64_t disk_size(enum guest_type type, const char *option, const char *value);

/* The same value with another size. */
char *disk_resized(struct arena *arena, enum guest_type type, const char *option,
		   const char *value, uint64_t size);
