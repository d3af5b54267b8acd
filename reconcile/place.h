/*
 * Where a guest is made: `node: auto` and `spread`.
 *
 * It is decided once, for a guest that gets its lease in this plan; from then on the
 * lease's node counts, and where an HA move took it. A guest that exists is never moved.
 *
 * Of the nodes that are online and not in maintenance, those remain that can make it:
 * its template can be cloned to them or its archive is there, and they have room on the
 * datastore and memory for it. Among them
 *
 *   1. the one with the fewest guests of its `spread` group, wanted or there,
 *   2. the one with the most free memory, in whole GiB,
 *   3. the one with the most free CPUs, in whole ones,
 *   4. the first by name.
 *
 * Free memory is what is left of the node's when its running guests take all that they
 * may (or more is in use already), and every guest that is to be made there took its
 * share: so auto does not overcommit, and what it chooses does not hang on the moment.
 */
#pragma once

#include "reconcile/premise.h"

/* Is the node of this entry vm7's to choose? Its `node` is "auto" until it stands. */
bool place_is_auto(const struct desired *want);

/*
 * The guest as it stands on a node: the datastore and the template are that node's. One
 * whose entry names its node is returned as it is. A template map without the node
 * leaves template_id 0.
 */
const struct desired *place_on(struct arena *arena, const struct manifest *manifest,
			       const struct desired *want, const char *node);

/* The same, in place: `guest` is a copy of `want`, wherever it stood before. */
void place_stand(struct desired *guest, const struct manifest *manifest,
		 const struct desired *want, const char *node);

/* Lists that are made up guest by guest, and may have repeats. */
struct vmid_list {
	unsigned *at;
	size_t len, cap;
};
struct archive_list {
	struct archives *at;
	size_t len, cap;
};

/* The templates that must be known before it is decided how the guest is made. */
void place_templates(struct vmid_list *out, struct arena *arena,
		     const struct desired *want);

/* The node and storage of each place where its archive may be taken from; no repeats. */
void place_archives(struct archive_list *out, struct arena *arena,
		    const struct cluster_state *cluster, const struct desired *want,
		    const struct lease *lease);

/* What nodes and storages have left, in a plan in the making. */
struct places;

/* Everything that has a node already is counted: guests, leases, entries. */
struct places *places_make(struct arena *arena, const struct premises *premises);

/*
 * Choose the node of a guest that has none, and count it there. `out` is the guest as it
 * stands there, `why` says what decided. False: no node can make it, and `err` says why
 * of each. Cluster and quorum must be known.
 */
bool places_choose(struct places *places, const struct desired *want,
		   const struct desired **out, const char **why, struct error *err);

/*
 * Can the template be cloned to the guest's node? Only when that node sees all that is
 * copied, or a copy of it is named for the node. (qemu-server PVE/API2/Qemu.pm
 * check_storage_access_clone: of a VM what is copied must be shared, CDs too, and where
 * it goes; pve-container PVE/API2/LXC.pm clone_vm: only where it goes)
 */
bool place_is_reached(struct error *err, struct arena *arena,
		      const struct cluster_state *cluster, const struct desired *want,
		      const struct observed *template);
