/* A guest: its config file, what runs of it, what lists say about it. */
#pragma once

#include "base/arena.h"
#include "world.h"

/* "VM" or "CT", "qemu" or "lxc", and the path of its config below /etc/pve. */
const char *guest_word(enum guest_type type);
const char *guest_kind(enum guest_type type);
char *guest_path(struct arena *arena, const char *node, enum guest_type type,
		 unsigned vmid);
char *guest_lock_file(struct arena *arena, enum guest_type type, unsigned vmid);

/* A config that holds the id for a guest to be made. */
struct guest *guest_reserve(struct world *world, unsigned vmid, enum guest_type type,
			    const char *node);

/* What is in effect now, or NULL. */
const char *guest_get(const struct guest *guest, const char *option);
void guest_set(struct world *world, struct guest *guest, const char *option,
	       const char *value);
void guest_unset(struct world *world, struct guest *guest, const char *option);
long guest_number(const struct guest *guest, const char *option, long otherwise);
bool guest_is_template(const struct guest *guest);
const char *guest_lock(const struct guest *guest);
bool guest_has_pending(const struct guest *guest);

/*
 * SHA-1 of the config file, as 40 hex digits. PVE: PVE::QemuServer parse_vm_config takes it
 * over the raw text, so a change of anything in the file counts.
 */
char *guest_digest(struct arena *arena, const struct guest *guest);

/* Write a description the way the file keeps it: what later reads return. */
char *guest_description(struct arena *arena, enum guest_type type, const char *text);

/* The tags as PVE keeps them: lower case, sorted, once, joined by ";". */
char *guest_tags(struct arena *arena, const struct world *world, const char *text);

/* The config as a GET answers it. `pending`: with what waits for the next start merged in. */
json_t *guest_config(struct arena *arena, const struct guest *guest, bool pending);

/* One section of the file, as a GET shows its values. */
json_t *guest_section(const struct guest *guest, const json_t *section);

/* What waits for the next start takes effect. */
void guest_apply_pending(struct world *world, struct guest *guest);

/* The entry of the list of its node, and what pvestatd says of it (name, status, sizes ...). */
json_t *guest_list_entry(const struct world *world, const struct guest *guest);
json_t *guest_stats(const struct world *world, const struct guest *guest);

bool guest_agent_enabled(const struct guest *guest);

/* The value of a card's address: its own, or one from DHCP that it keeps. NULL: none. */
const char *guest_dhcp_address(struct world *world, struct guest *guest, unsigned card);

/* The volid that a disk option names, without its keys; NULL for none and for "none". */
char *guest_volid(struct arena *arena, const char *value);

/* Does its agent answer? The system has to be up, and its CPUs have to run. */
bool guest_agent_up(const struct world *world, const struct guest *guest);

/* Every volume of the config and its snapshots that this guest owns; `each` may change the volumes. */
void guest_each_volume(struct world *world, struct guest *guest,
		       void (*each)(struct world *world, struct guest *guest,
				    const char *volid, void *with),
		       void *with);
/* The names of the disks in a config, in the order in which PVE works on them. */
json_t *guest_disks(enum guest_type type, const json_t *config);
/* The same disk on another volume. */
char *disk_with_volume(struct arena *arena, const char *value, const char *volid);
bool guest_is_cdrom(const char *value);
