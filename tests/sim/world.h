/*
 * A Proxmox VE cluster as data: nodes, storages, guests, tasks and who may do what.
 *
 * The world does no I/O and has no clock. Its time, in seconds since 1970, moves only by
 * world_advance(), which carries running tasks on, lets guests boot and refreshes what
 * pvestatd would have reported. Everything random comes from one seed.
 *
 * Pointers to guests, tasks and volumes stay good until that thing is removed.
 */
#pragma once

#include "base/error.h"
#include "chance.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct task;

struct node {
	char *name, *ip;
	bool online, maintenance; /* maintenance: as HA shows it; nothing is moved */
	uint64_t memory;          /* bytes */
	json_t *bridges;          /* names */
	json_t *settings;         /* of its /etc: see node.h */
	double busy_until; /* the one CPU-bound queue that clones and creates share */
	unsigned proxies;  /* workers of pveproxy that hold a call */
	unsigned daemons;  /* ... of pvedaemon */
	double next_round; /* of pvestatd */
};

struct storage {
	char *name, *type, *content; /* content: "images,rootdir" */
	json_t *nodes;               /* where it is; NULL: everywhere */
	json_t *config; /* the other keys of its section of storage.cfg: path, comment ... */
	bool shared, disabled;
	bool offline, full;   /* the server does not answer; nothing more goes on it */
	bool locked;          /* somebody keeps its lock */
	uint64_t total, used; /* bytes; used: beside the volumes we know of */
	double busy_until;    /* full copies share its throughput */
};

struct volume {
	char *volid, *node; /* node: NULL on a shared storage */
	char *content, *format;
	char *parent; /* volid of the base of a linked clone, or NULL */
	unsigned vmid;
	uint64_t size;
	uint64_t inside; /* bytes of the disk in an image to be imported; 0: as `size` */
	json_t *facts; /* sums {algorithm: hex}, notes, protected, guest {type, config} */
	double ctime;
};

enum guest_type { GUEST_QEMU, GUEST_LXC };

struct guest {
	unsigned vmid;
	enum guest_type type;
	char *node;
	json_t *config;    /* option: text, as in the config file */
	json_t *pending;   /* option: text that waits for the next start */
	json_t *undone;    /* option: true, deletions that wait for the next start */
	json_t *image;     /* the cloud-init options the image was made from, or NULL */
	json_t *stats;     /* what pvestatd said last, or NULL */
	json_t *addresses; /* card: address that DHCP gave */
	char *agent_ip; /* what its agent reports for the first card instead, or NULL */
	json_t *snapshots; /* name: {option: text, snaptime, parent ...}, the oldest first */
	json_t *inside;    /* what agent calls left: files, programs; api_agent.c */
	bool running;
	bool paused;    /* runs, but its CPUs stand still */
	bool deaf;      /* does not react to a shutdown */
	double started; /* the process */
	double booted;  /* its system, which a reset starts again */
	unsigned pid;
	struct task *holder; /* has the lock file for itself */
	unsigned sharers;    /* tasks that share it */
};

struct pool {
	char *name, *comment;
	json_t *members;  /* vmids */
	json_t *storages; /* names */
};

struct world {
	unsigned pve; /* 8 or 9 */
	double now;
	uint64_t seed;
	struct chance chance;
	char *cluster; /* NULL: a node alone */
	bool quorate;
	json_t *options;    /* datacenter.cfg */
	json_t *sdn;        /* see sdn.h */
	json_t *internet;   /* what URLs lead to: see world_load.c */
	json_t *appliances; /* the index of system templates, as GET aplinfo has it */
	double throughput;  /* of a storage while copying, bytes a second */
	double boot;        /* seconds from start to an answering agent */
	char *fingerprint;  /* of the certificate, shown by GET /nodes; NULL: none */
	char *dhcp;         /* the first three numbers of the network: "10.1.2" */
	unsigned dhcp_next;
	struct node *nodes;
	size_t node_count;
	struct storage *storages;
	size_t storage_count;
	struct pool *pools;
	size_t pool_count;
	struct volume **volumes;
	size_t volume_count;
	struct guest **guests; /* by vmid */
	size_t guest_count;
	double daemon_back; /* until then pvedaemon refuses connections */
	json_t *coming; /* [{"at": time, "change": {...}}]: see world_change_later() */
	struct task **tasks; /* the oldest first */
	size_t task_count;
	unsigned next_pid;
	json_t *schema;   /* of PVE itself, to tell our gaps from mistakes; or NULL */
	json_t *ha;       /* resources, groups, rules ...: see ha.h */
	json_t *access;   /* roles, users, groups, acl: see rights.h */
	uint64_t changes; /* grows with every change that --save should keep */
};

/* Read from JSON; world_load.c documents the keys. */
struct world *world_create(const json_t *json, uint64_t seed, double now,
			   struct error *err);
void world_destroy(struct world *world);
json_t *world_print(const struct world *world);

/* The cluster of the documentation, ready for world_create(). */
json_t *world_default(unsigned pve, uint64_t seed, double now);

/* Let time pass until `now`. Time never goes back. */
void world_advance(struct world *world, double now);

/* When something is next due by itself; INFINITY when nothing is. */
double world_next(const struct world *world);

static inline void world_touch(struct world *world)
{
	world->changes++;
}

/*
 * What comes from outside the API: {"quorate": false, "nodes": {"pve02": {"online": false,
 * "maintenance": true}},
 * "guests": {"101": {"lock": null or text, "status", "deaf", "agent_ip"}},
 * "storages": {"nfs": {"disabled", "offline", "full", "locked": true or false}}}. A node that
 * goes offline has lost power.
 */
void world_change(struct world *world, const json_t *change);

/* The same, `seconds` from now. */
void world_change_later(struct world *world, double seconds, const json_t *change);

/* Carry out those that are due; when the next one is, INFINITY: never. */
void world_change_due(struct world *world);
double world_change_next(const struct world *world);

struct node *world_node(const struct world *world, const char *name);
struct storage *world_storage(const struct world *world, const char *name);
struct pool *world_pool(const struct world *world, const char *name);
struct pool *world_pool_add(struct world *world, const char *name);
void world_pool_remove(struct world *world, struct pool *pool);
struct pool *world_pool_of(const struct world *world, unsigned vmid);
struct guest *world_guest(const struct world *world, unsigned vmid);
struct guest *world_guest_add(struct world *world, unsigned vmid, enum guest_type type,
			      const char *node);
void world_guest_remove(struct world *world, struct guest *guest);
void world_pool_leave(struct world *world, unsigned vmid);
void world_pool_join(struct world *world, const char *name, unsigned vmid);

/* The file system of the cluster takes no writes: this endpoint has lost quorum. */
static inline bool world_frozen(const struct world *world)
{
	return !world->quorate;
}
