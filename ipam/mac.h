/* MACs of cards: made from names, and all different. */
#pragma once

#include "base/text.h"
#include "ipam/lease.h"

/* MACs in use, and what new ones begin with. */
struct macs {
	uint64_t *slots; /* open addressing; 0 is empty: no card has that MAC */
	size_t mask;
	uint64_t prefix;
	unsigned free_bits; /* below the prefix */
	struct text seed;   /* of the one at hand */
};

/*
 * `prefix` is the datacenter's mac_prefix: one to three bytes, with or without a colon at
 * the end (pve-common src/PVE/JSONSchema.pm pve_verify_mac_prefix); NULL and anything
 * else is Proxmox's own, BC:24:11. `more` is how many MACs will be asked for.
 */
void macs_init(struct macs *macs, struct arena *arena, const char *prefix,
	       const struct leases *leases, size_t more);

/*
 * A new one: prefix + SHA-256 of instance, name and card; if somebody has it, the next
 * that nobody has. So a name keeps its MAC wherever and whenever it is made.
 */
const char *macs_choose(struct macs *macs, struct arena *arena, const char *instance,
			const char *name, size_t card);
