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
	/* Of root@pam, for what Proxmox takes from nobody else; none: such requests are
	 * refused here. */
	struct secret root_password;
	bool insecure; /* no verification at all */
	bool pinned;   /* only the certificate with this fingerprint */
	uint8_t fingerprint[32];
	const char *ca_pem;     /* the CA certificates' text, or NULL: the system's */
	unsigned per_node;      /* calls in flight for a node; 0: 4 */
	uint64_t task_poll_ms;  /* first rest between two looks at a task; 0: 100 */
	uint64_t task_deadline; /* seconds until a task that does not end is left alone;
				   0: an hour */
};

struct cluster;

/*
 * One cluster, its connections and its queue. Everything in `config` must outlive it.
 *
 * The endpoints are nodes of one cluster, and any of them speaks for all. They are tried
 * in order; the first that answers is kept. Without a connection the next one is asked:
 * nothing was sent, so that is right for a write too. A certificate that does not fit is
 * no reason to go on elsewhere: somebody may stand in between, and it is reported.
 */
struct cluster *cluster_create(const struct cluster_config *config);

/* No call may be under way; run the loop once more afterwards. NULL is fine. */
void cluster_destroy(struct cluster *cluster);

/*
 * Start from the first endpoint again, and try credentials again that were refused. Each
 * refusal costs 3 s and a line in the log of Proxmox (pve-http-server AnyEvent.pm
 * authenticate_and_handle_request), so until then every call fails with the same words.
 */
void cluster_begin_pass(struct cluster *cluster);

/* How many requests were sent since it was created; how many of them were not GET. */
unsigned cluster_requests(const struct cluster *cluster);
unsigned cluster_writes(const struct cluster *cluster);

/* What came of them. */
struct cluster_tally {
	unsigned answers[6]; /* by the first digit of the status; 0: no whole answer */
	unsigned tasks, failed_tasks; /* that were followed to their end */
};
const struct cluster_tally *cluster_tally(const struct cluster *cluster);
