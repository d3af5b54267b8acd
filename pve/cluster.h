/* Where a Proxmox cluster is reached and with which credentials. */
#pragma once

#include "base/error.h"
#include "base/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cluster_config {
	const char **endpoints; /* "https://pve01:8006", of one cluster; tried in order */
	size_t endpoints_len;
	struct secret token; /* the whole "user@realm!name=uuid" */
	bool insecure;       /* no verification at all */
	bool pinned;         /* only the certificate with this fingerprint */
	uint8_t fingerprint[32];
	const char *ca_pem;     /* the CA certificates' text, or NULL: the system's */
	unsigned per_node;      /* calls in flight for a node; 0: 4 */
	uint64_t task_poll_ms;  /* first rest between two looks at a task; 0: 100 */
	uint64_t task_deadline; /* seconds until a task that does not end is left alone;
				   0: an hour */
};

struct cluster;

/* One cluster, its connections and its queue. Everything in `config` must outlive it. */
struct cluster *cluster_create(const struct cluster_config *config);
void cluster_destroy(struct cluster *cluster);

/* How many requests were sent since it was created; how many of them were not GET. */
unsigned cluster_requests(const struct cluster *cluster);
unsigned cluster_writes(const struct cluster *cluster);
