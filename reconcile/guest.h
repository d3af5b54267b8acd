/* What a guest is: as its entry asks for it, and as Proxmox shows it. */
#pragma once

#include "base/setting.h"
#include "ipam/lease.h"

enum power { POWER_RUNNING, POWER_STOPPED, POWER_OBSERVE };
enum clone_mode { CLONE_FULL, CLONE_LINKED };
enum ready_when { READY_RUNNING, READY_AGENT, READY_SSH };
enum removal_policy { REMOVAL_STOP, REMOVAL_KEEP, REMOVAL_DESTROY };
enum drift_mode { DRIFT_REPAIR, DRIFT_REPORT };
enum restart_mode { RESTART_NEVER, RESTART_AUTO };
enum readdress_mode { READDRESS_REFUSE, READDRESS_ALLOW };
enum replace_mode { REPLACE_REFUSE, REPLACE_IGNORE, REPLACE_ALLOW };

/* globals.networks: what a card is plugged into. */
struct network {
	const char *name;
	struct place at;
	struct text_setting pool;   /* a pool, or */
	struct flag_setting dhcp;   /* DHCP, or neither */
	struct text_setting bridge; /* unset: the template's, for a container vmbr0 */
	struct num_setting vlan, mtu, rate; /* rate: megabytes a second */
	struct flag_setting firewall;
};

/* First login: given to the guest when it is made. */
struct access {
	struct text_setting user;
	struct list_setting
		ssh_public_keys; /* ssh_public_key and ssh_public_keys together */
	struct secret_setting temp_password;
};

struct startup {
	struct setting is;
	struct num_setting order, up, down;
};

/* When a guest that was started counts as ready, for those that depend on it. */
struct ready_settings {
	struct setting is;
	struct choice_setting when; /* enum ready_when; unset: once it is started */
	struct num_setting timeout; /* seconds; see ready_timeout */
};

/* A snapshot before a change; unset: none. */
struct snapshot_settings {
	struct setting is;
	struct choice_setting when; /* there is but one word yet */
	struct num_setting keep;    /* how many of ours */
};

/*
 * The keys of a guest, as one mapping gives them (an entry of `vms`, a preset,
 * globals.defaults) or as merged. An unset key keeps LAYER_NONE.
 */
struct spec {
	const char *name;
	struct place at;              /* of the mapping */
	struct text_setting named;    /* `name`, with its place */
	struct choice_setting type;   /* enum guest_type */
	struct list_setting networks; /* `network: a` is a list of one */
	struct num_setting cpu, sockets, ram_mb, swap_mb, disk_gb;
	struct node_map_setting template_id;
	struct text_setting image;
	struct text_setting node, datastore, resource_pool, spread;
	struct choice_setting clone; /* enum clone_mode */
	struct num_setting vmid;
	struct num_setting adopt; /* the VMID of a guest that is there already */
	struct list_setting tags;
	struct text_setting env;
	struct flag_setting onboot, protection, agent, unprivileged, hold;
	struct flag_setting nesting, keyctl, fuse, mknod, force_rw_sys; /* features */
	struct list_setting mount_types;             /* features.mount */
	struct items_setting disks, mounts, devices; /* see reconcile/slots.h */
	struct startup startup;
	struct text_setting cpu_type;
	struct num_setting balloon;
	struct choice_setting power;   /* enum power */
	struct choice_setting drift;   /* enum drift_mode; unset: reconcile.drift */
	struct choice_setting removal; /* enum removal_policy; unset: globals.removal */
	struct choice_setting restart; /* enum restart_mode */
	struct text_setting renamed_from;
	struct choice_setting readdress; /* enum readdress_mode */
	struct choice_setting replace;   /* enum replace_mode */
	struct flag_setting reseed, self;
	struct text_setting preset;
	struct list_setting depends_on; /* names of guests */
	struct ready_settings ready;
	struct snapshot_settings snapshot_before;
	struct access access;
	struct list_setting dns;
	struct text_setting domain;
	/* only in globals.defaults */
	struct num_setting vmid_base;
	struct text_setting vmid_range;
};

/* One guest that should exist: merged, checked, its references resolved. */
struct desired {
	const char *name;
	struct place at;
	enum guest_type type;
	struct spec spec;                /* merged; every key with a default is set */
	const struct network **networks; /* net0, net1, ... */
	size_t networks_len;
	const char *node; /* where it is made; "auto" until that is chosen (place.h) */
	const char *datastore; /* where its disks go; NULL: the template's */
	unsigned template_id;  /* on that node; 0: made from `image` */
	const char **tags; /* sorted, lower case, without repeats: declared, env-<env>;
			      not "vm7" */
	size_t tags_len;
	const char **depends; /* sorted, without repeats */
	size_t depends_len;
};

/* For how long an answer is waited for, in seconds. */
long ready_timeout(const struct ready_settings *ready);

/* A card of a guest, as its config says. */
struct observed_card {
	unsigned index;   /* netN */
	const char *text; /* the property string as read */
	const char *mac, *bridge;
	unsigned vlan;
	struct addr ip, ip6; /* static addresses from ipconfigN or netN; none for DHCP */
	bool dhcp;
};

enum presence {
	PRESENCE_UNKNOWN, /* its node or list did not answer, or it cannot be read */
	PRESENCE_ABSENT, /* as rule 5 proves it; decided right before a create, assumed in
			    a plan */
	PRESENCE_THERE,
};

enum observed_power { OBSERVED_STOPPED, OBSERVED_RUNNING, OBSERVED_OTHER };

/* One key of a guest's config; numbers and booleans as text ("1", "4096"). */
struct option {
	const char *key, *value;
};

/* A guest as Proxmox shows it. Lists are sorted by VMID. */
struct snapshot {
	const char *name;
	int64_t time; /* Unix seconds */
};

struct observed {
	unsigned vmid;
	enum guest_type type;
	const char *node;
	const char *name; /* may be stale or NULL: never an identity */
	enum observed_power power;
	const char *lock;         /* "clone", "backup" ... or NULL */
	unsigned long memory_mib; /* that it may use; 0: not told yet */
	bool template, has_config;
	bool ha; /* the HA manager decides where it runs */
	/* from the config, when has_config: */
	const char *digest;
	struct option *options; /* sorted by key */
	size_t options_len;
	struct observed_card *cards;
	size_t cards_len;
	const char *line_instance, *line_id; /* of our line in the description, or NULL */
	const char *line_repository;         /* that it names, or NULL */
	const char *uuid;  /* smbios1 uuid, lower case, of a VM, or NULL */
	const char **tags; /* sorted */
	size_t tags_len;
	const char **pending; /* options that wait for its next start, sorted */
	size_t pending_len;
	const char *root_disk; /* "scsi0", "rootfs": what disk_gb means; NULL when there
				  is none */
	unsigned long root_disk_mib; /* 0 when unknown */
	bool cloud_init_drive;
	const char *agent_ip,
		*agent_ip6; /* learned from the guest itself (DHCP), or NULL */
	bool answers;       /* that was unreachable, and was asked again */
	/* when it was asked for them; one that is being taken does not count */
	const struct snapshot *snapshots;
	size_t snapshots_len;
	bool backed_up; /* since its end began, when it was asked for its backups */
};

struct node_state {
	const char *name;
	bool online;
	bool maintenance; /* nothing new is to go there; known when it was asked for */
	/* from the list, when it has nodes and the token may audit them; else 0 */
	unsigned long memory_mib, memory_used_mib;
	unsigned cpus_free; /* whole ones */
};

/* A storage, as a node of the cluster sees it. */
struct storage_state {
	const char *node, *name;
	bool available;      /* its node has looked at it lately, and it answered */
	bool shared;         /* the same one on all nodes that have it */
	const char *content; /* "images,rootdir" */
	unsigned long total_mib, used_mib;
};

/* The container archives of a storage, as a node sees it. */
struct archives {
	const char *node, *storage;
	const char **volumes; /* "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst" */
	size_t len;
};

/* The bridges and vnets of a node that we may use or see. */
struct bridges {
	const char *node;
	const char **names;
	size_t len;
};

/* Who was the last to change a guest, when that was not vm7. */
struct culprit {
	unsigned vmid;
	const char *what; /* "qmstop of root@pam at 2026-11-21T09:10:00Z" */
};

/* A whole cluster, as one endpoint showed it in one pass. */
struct cluster_state {
	const char *name;     /* of the cluster, or of a lone node */
	const char *endpoint; /* that was asked */
	unsigned release;     /* 8 or 9 */
	bool quorate;
	struct node_state *nodes; /* sorted by name */
	size_t nodes_len;
	struct observed *guests; /* sorted by VMID; templates too */
	size_t guests_len;
	const char *mac_prefix;         /* NULL: not read */
	unsigned vmid_first, vmid_last; /* next-id range of the datacenter; 0: not read */
	unsigned *free;                 /* VMIDs that were asked about and are free */
	size_t free_len;
	struct archives *archives; /* storages that were asked for theirs */
	size_t archives_len;
	struct storage_state *storages; /* sorted by name, then node; when the list was
					   asked for everything */
	size_t storages_len;
	/* only when there is something to do: */
	const char *version; /* of the node that answered, "8.4"; NULL: not asked */
	const struct permissions *permissions; /* of our token; NULL: not known */
	struct bridges *bridges;               /* of nodes where guests are to be made */
	size_t bridges_len;
	struct culprit *culprits; /* of guests that differ from an entry that did not */
	size_t culprits_len;
	unsigned requests; /* how many it took */
};

const struct observed *cluster_find(const struct cluster_state *cluster, unsigned vmid);

const struct node_state *cluster_node(const struct cluster_state *cluster,
				      const char *name);

/* A storage on a node, or NULL: it has none of that name, or the token may not see it. */
const struct storage_state *cluster_storage(const struct cluster_state *cluster,
					    const char *node, const char *name);

/* Was this VMID asked about, and free? (rule 5: not in the list is not yet absent) */
bool cluster_proves_free(const struct cluster_state *cluster, unsigned vmid);

/* Is the key the family and a number, as "net0" is of "net"? */
bool option_is_numbered(const char *key, const char *family);

/* So of one of these families; the list ends in NULL. */
bool option_is_of_any(const char *key, const char *const *families);

/* A disk with a volume of its own: not a medium in a drive, no mount of the node's. */
bool observed_is_disk(const struct option *option);

/* The storage of "local-lvm:vm-100-disk-0,size=3G" or "local-lvm:8"; NULL: it has none. */
const char *volume_storage(struct arena *arena, const char *volume);

/* Is it a volume of that storage? NULL is none. */
bool volume_is_on(const char *volume, const char *storage);

/* netN, or NULL: there is none, or none that has a MAC. */
const struct observed_card *observed_card(const struct observed *guest, size_t index);

/* Does Proxmox itself refuse to destroy it? Not for all that is known when it was not read. */
bool guest_is_protected(const struct observed *guest);

/* The value of a key of a config, or NULL. */
const char *observed_option(const struct observed *guest, const char *key);
