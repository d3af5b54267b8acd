/*
 * Which addresses, VMID, MACs and identity each guest gets.
 *
 * The lowest free address of the pool, in the order in which the guests are asked for.
 * The same arguments give the same answer, on every machine.
 */
#pragma once

#include "ipam/lease.h"
#include "ipam/pool.h"

/* One network card that wants to be. */
struct claim {
	const char *pool; /* NULL: a card without an address of ours */
};

/* One guest that must have a lease. */
struct want {
	const char *name;
	struct place at; /* of its entry, for messages */
	enum guest_type type;
	const char *node; /* where it is to be made */
	unsigned vmid;    /* asked for by number, 0: any of the range */
	bool protection;
	bool readdress;               /* may it get an address of another pool? */
	const char *const *owns_tags; /* sorted */
	size_t owns_tags_len;
	const char *const *owns_slots; /* sorted */
	size_t owns_slots_len;
	const char *const *depends; /* sorted */
	size_t depends_len;
	const struct claim *claims;
	size_t claims_len;
};

/* What else is known to be taken, and the numbers to choose from. */
struct allocation {
	const struct pools *pools;
	const struct leases *held;      /* as the branch has them */
	const char *instance;           /* the lease file's name; must be set */
	unsigned serial;                /* of the reservation that is being made */
	const char *since;              /* now, for `since` of what is new */
	unsigned vmid_first, vmid_last; /* the range to choose from, both included */
	const unsigned *vmids_taken;    /* of guests on the cluster, sorted */
	size_t vmids_taken_len;
	const struct addr *addrs_taken; /* seen in configs of guests that are not ours,
					   sorted by addr_compare */
	size_t addrs_taken_len;
	const char *mac_prefix; /* "BC:24:11" */
};

/* What became of one wanted guest, in the order of the wants. */
struct allotment {
	bool ok, is_new; /* is_new: nothing of it was leased before, or it is a new making
			  */
	struct error why; /* when not ok: ERROR_EXHAUSTED, ERROR_REFUSED */
	const char
		*note; /* something a person should know (a skipped VMID ...), or NULL */
};

/*
 * Give every wanted guest its lease. `out` starts as a copy of `held`; who has a lease
 * keeps it. A lease of the ancestor (bare) keeps its address and becomes a whole lease.
 * Wanted guests that cannot be served get no lease and say why (naming pool, size and how
 * many are used); the others are served all the same, and the caller decides what that
 * means.
 *
 * An explicit VMID that is taken is ERROR_REFUSED. VMIDs of `vmids_taken` that the search
 * stepped over are named in `note`. `id` = UUIDv5(instance, "name serial"), MAC = prefix
 * + SHA-256(instance, name, card), next free among all leases. Leases of guests that are
 * not wanted stay as they are. Addresses that rest at `since`, are leaving a guest or are
 * in `addrs_taken` are stepped over; a rest ends when its address is leased again.
 *
 * A lease outside its pool's subnet is ERROR_INVALID; one of another pool than its
 * entry asks for (without `readdress`), or reserved for another type, ERROR_REFUSED; both stay as they are. A whole lease gets the
 * cards that were added to its entry; those taken from it stay leased. n log n.
 */
void allocate(struct leases *out, struct allotment *result, struct arena *arena,
	      const struct allocation *how, const struct want *wants, size_t wants_len);
