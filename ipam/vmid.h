/* Which VMID a new guest gets. */
#pragma once

#include "ipam/allocate.h"

/* Who has a number; of a guest that is leased and there, the lease counts. */
enum vmid_owner {
	VMID_LEASED,
	VMID_ASKED,   /* by number, by one of the wanted guests */
	VMID_FOREIGN, /* a guest on the cluster that no lease covers */
};

struct owned_vmid {
	unsigned vmid;
	enum vmid_owner owner;
	const char *name; /* whose lease, or which wanted guest */
	size_t order;     /* of the wanted guest */
};

struct vmids {
	struct owned_vmid *at; /* sorted by VMID, then owner, then order */
	size_t len, cap;
	size_t ahead;         /* the first row that is not below `next` */
	uint64_t next;        /* the lowest that may be free */
	unsigned first, last; /* the range to choose from */
};

/* What the wants ask for by number is kept for them, wherever they stand in the order. */
void vmids_init(struct vmids *vmids, struct arena *arena, const struct allocation *how,
		const struct want *wants, size_t len);

/*
 * The number that a guest asks for, or the lowest free one of the range. `skipped` names
 * the numbers of foreign guests that were stepped over on the way, else NULL. Fails with
 * ERROR_REFUSED (somebody has it) or ERROR_EXHAUSTED.
 */
bool vmids_choose(struct vmids *vmids, struct arena *arena, const struct want *want,
		  unsigned *out, const char **skipped, struct error *err);
