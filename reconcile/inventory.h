/*
 * What other programs are told about the guests. Pure printers: the same guests give the
 * same bytes. Guests come in the order of `vms`, then leases without an entry by name.
 *
 * A guest's address is the one leased to its first card; else the one that was learned
 * from the guest itself; else the first that is leased to a later card. Learned texts
 * that are no addresses count as none: a guest says of itself what it likes.
 */
#pragma once

#include "reconcile/guest.h"

struct inventory_guest {
	const struct desired *want;             /* NULL: a lease whose entry is gone */
	const struct lease *lease;              /* NULL: nothing is allocated */
	const char *observed_ip, *observed_ip6; /* learned from the guest, or NULL */
	const char *last_error;                 /* or NULL */
	const char *commit; /* it was last reconciled to, or NULL: never */
	const char *state;  /* NULL: the lease's */
};

/*
 * inventory/inventory.yaml: a list of the wanted guests that have a lease. The ancestor's
 * keys and order (hostname, ip, user, network, environment; network is the pool of the
 * first card, for DHCP the network's name), then vmid, node, type, state, tags, and
 * where they apply ip6 and ip_source.
 */
char *inventory_yaml(struct arena *arena, const struct inventory_guest *guests,
		     size_t len);

/*
 * inventory/hosts.yml for Ansible: the wanted guests with an address, but for those that
 * are released; groups env_prod, network_mgmt, node_pve01, tag_web, type_lxc, with every
 * other character `_`. Sorted by name.
 */
char *inventory_ansible(struct arena *arena, const struct inventory_guest *guests,
			size_t len);

/* {schema, guests, vm_ips, vm_ids}: the guests of inventory_yaml with the same keys. */
char *inventory_json(struct arena *arena, const struct inventory_guest *guests,
		     size_t len);

/* `Host` blocks for ssh_config(5), and lines for /etc/hosts; guests as for Ansible. */
char *inventory_ssh_config(struct arena *arena, const struct inventory_guest *guests,
			   size_t len);
char *inventory_hosts(struct arena *arena, const struct inventory_guest *guests,
		      size_t len);

/*
 * inventory/status.json: {schema, guests, vm_ips, vm_ids}; by name of every guest given
 * vmid, node, ip, state, last_error, commit, and where they apply ip6 and ip_source.
 */
char *inventory_status(struct arena *arena, const struct inventory_guest *guests,
		       size_t len);

/* What the committed status.json says of a guest that the next one may have to repeat. */
struct inventory_entry {
	const char *name;
	const char *observed_ip, *observed_ip6; /* learned ones only, or NULL */
	const char *commit, *last_error;        /* or NULL */
};

/* Sorted by name. */
struct inventory_status {
	struct inventory_entry *at;
	size_t len;
};

/* A file that is NULL, or not what inventory_status prints, says nothing: it is a report
 * and never an authority. */
void inventory_status_read(struct inventory_status *out, struct arena *arena,
			   const struct file *file);

const struct inventory_entry *inventory_status_find(const struct inventory_status *status,
						    const char *name);
