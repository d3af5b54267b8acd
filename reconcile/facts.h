/* A guest in the words of the inventory. */
#pragma once

#include "reconcile/inventory.h"

struct facts {
	const char *name;
	const char *ip, *ip6;  /* ip6 only beside an IPv4 `ip`; NULL: none */
	const char *ip_source; /* "dhcp" or "agent" when it was learned; NULL: leased */
	const char *user, *network, *environment; /* or NULL */
	const char *domain;                       /* or NULL */
	unsigned vmid;                            /* 0: none yet */
	const char *node;                         /* or NULL */
	const char *type, *state;                 /* or NULL without a lease */
	const char *const *tags;                  /* on the guest, but for vm7 */
	size_t tags_len;
	bool listed;    /* wanted, and has a lease */
	bool reachable; /* listed, has an address, and is not being released */
};

void facts_make(struct facts *out, struct arena *arena,
		const struct inventory_guest *guest);

/* All of them, in the order given; `len` is the same. */
struct facts *facts_of_all(struct arena *arena, const struct inventory_guest *guests,
			   size_t len);
