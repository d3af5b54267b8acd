/* The lease file: what is allocated, and to whom. Written only by vm7. */
#pragma once

#include "base/diag.h"
#include "ipam/net.h"

/* What vm7 is about to do with a guest, or has done: the rows of the state table. */
enum lease_state {
	LEASE_RESERVED,   /* its VMID and addresses are taken, it may not be there yet */
	LEASE_ADOPTING,   /* there, to be marked as ours */
	LEASE_READY,      /* there and looked after */
	LEASE_RELEASING,  /* its entry is gone: to be stopped */
	LEASE_RELEASED,   /* stopped, waiting for its end or its return */
	LEASE_DESTROYING, /* to be destroyed; no way back */
};

enum guest_type { GUEST_VM, GUEST_LXC };

/* What one card holds. */
struct nic {
	const char *pool; /* NULL: no address of ours (DHCP, or not configured) */
	struct addr ip;   /* IPv4; may be none */
	struct addr ip6;  /* may be none */
	const char *mac;  /* "BC:24:11:5E:01:7A"; NULL in the ancestor's leases */
};

/* An address that still counts as leased until the guest is seen without it. */
struct leaving {
	struct addr ip;
	const char *pool;
};

struct lease {
	const char *name; /* of the guest */
	const char *id;   /* UUID; NULL in the ancestor's leases */
	enum lease_state state;
	bool bare; /* of the ancestor: nothing but an address and its pool */
	enum guest_type type;
	const char *node;  /* NULL while unknown */
	unsigned vmid;     /* 0 while unknown */
	const char *since; /* when `state` began: "2026-11-21T09:30:00Z" */
	struct nic *nics;  /* the first is net0; none for a guest without cards */
	size_t nics_len;
	const char **owns_tags; /* what vm7 last declared, sorted */
	size_t owns_tags_len;
	const char **owns_slots; /* likewise: "mp0", "scsi1" */
	size_t owns_slots_len;
	const char *
		*depends; /* the guests that it depends on, sorted: its entry may be gone
				 when the order of removals is asked for */
	size_t depends_len;
	struct leaving *leaving;
	size_t leaving_len;
	bool protection, self;
	bool half_made;            /* destroying: it was never finished */
	const char *removal;       /* policy copied from the entry, or NULL */
	const char *destroy_since; /* since when a released guest is to be destroyed, or
				      NULL */
	const char *template; /* what it was made from: a template's VMID, an archive;
				      or NULL */
	const char *hold;     /* the reason that `vm7 hold` was given, or NULL */
	const char *was;      /* name before renaming, or NULL */
	const char *failed;   /* why making it failed, or NULL */
};

/* The whole file. Sorted by name. */
struct leases {
	bool found;    /* false: there was no file */
	bool ancestor; /* the ancestor's form: no version, nothing but addresses */
	const char *branch, *cluster, *instance,
		*source; /* NULL when the file does not say */
	unsigned serial;
	struct lease *at;
	size_t len, cap;
	/* Addresses that rest after they were freed. Sorted by address. */
	struct resting *resting;
	size_t resting_len;
};

/* A freed address that is not given out before `until` (UTC, "2026-11-21T09:30:00Z"). */
struct resting {
	struct addr ip;
	const char *until;
};

/*
 * Read the lease file, ours or the ancestor's. A NULL file is an absent one. Anything
 * unknown is a mistake: a key, a state, a newer version; nothing is ever dropped
 * silently. Two leases of one address, VMID, MAC or id are mistakes too. Where JSON
 * itself is broken its line and column are told, otherwise the path of keys
 * ("leases.web-01.ip"). After a mistake `out` is not to be used.
 */
void leases_read(struct leases *out, struct arena *arena, const struct file *file,
		 struct diags *diags);

/*
 * Add a mistake for each address, VMID, MAC and id that is leased twice; what is leaving
 * a guest counts as leased to it. leases_read does it after a reading without mistakes.
 */
void leases_check(const struct leases *leases, struct arena *arena,
		  const struct file *file, struct diags *diags);

/* The file's text: sorted keys, indent 2, a final newline; the same leases give the same
 * bytes. */
char *leases_print(struct arena *arena, const struct leases *leases);

struct lease *leases_find(const struct leases *leases, const char *name);

/* A new lease in its place by name, zeroed but for the name; pointers to others move. */
struct lease *leases_add(struct arena *arena, struct leases *leases, const char *name);

/*
 * Take out the leases of which `gone` is true, in the order of `leases`: one sweep over
 * them all, where taking them out one by one would move the rest each time.
 */
void leases_sweep(struct leases *leases, const bool *gone);

/*
 * A copy that can be changed: its own array of leases. What they point to is shared with
 * `from`, cards too: give a lease a new array of cards rather than change one.
 */
void leases_copy(struct leases *out, struct arena *arena, const struct leases *from);

const char *lease_state_name(enum lease_state state);
const char *guest_type_name(enum guest_type type); /* "vm", "lxc" */
