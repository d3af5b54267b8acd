/*
 * What is asked before something is done, and only then: the release, what our token may
 * do and when it expires, and the bridges of the nodes where guests are to be made.
 */
#pragma once

#include "pve/culprit.h"
#include "reconcile/rights.h"

struct preflight_want {
	const char *token;  /* its id: "vm7@pve!vm7" */
	const char **nodes; /* whose bridges are asked for */
	size_t nodes_len;
	const struct suspect *suspects; /* whose tasks are asked for */
	size_t suspects_len;
};

/*
 * What was learned, in the arena of the pass: true of every picture of the cluster that
 * the pass takes. A member that could not be learned stays empty.
 */
struct preflight_facts {
	const char *version; /* "8.4" */
	const struct permissions *permissions;
	struct bridges *bridges;
	size_t bridges_len;
	struct culprit *culprits;
	size_t culprits_len;
};

/*
 * Always ends well, but for ERROR_CANCELED: what Proxmox does not tell stops nothing.
 * (pve-manager PVE/API2.pm version, PVE/API2/Network.pm index; pve-access-control
 * PVE/API2/AccessControl.pm permissions, PVE/API2/User.pm read_token)
 */
struct preflight {
	struct op op;
	struct preflight_facts out;
	/* private */
	struct arena *arena;
	struct cluster *cluster;
	struct preflight_want want;
	struct permissions *permissions;
	size_t next;
	struct request request;
	struct call call;
};

/* The lists of `want` must stay until it is over. */
void preflight_start(struct preflight *preflight, struct arena *arena,
		     struct cluster *cluster, const struct preflight_want *want,
		     void (*resume)(void *flow), void *flow);
void preflight_cancel(struct preflight *preflight);

/* Into a picture of the cluster. */
void preflight_tell(const struct preflight_facts *facts, struct cluster_state *out);

/*
 * The answer of GET /access/permissions. False, and nothing of it is to be trusted: it is
 * none. Pure.
 */
bool permissions_read(struct permissions *out, struct arena *arena, const json_t *data);
