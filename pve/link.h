/* The inside of a cluster, for the calls made of it. */
#pragma once

#include "base/http.h"
#include "pve/cluster.h"
#include "pve/queue.h"
#include "pve/ticket.h"

struct cluster {
	const struct cluster_config *config;
	struct secret authorization;
	struct http_config http_config;
	struct http_client *client;
	/* root@pam's own connections, which carry no token; NULL: it has no password */
	struct http_config root_http_config;
	struct http_client *root_client;
	struct ticket ticket;
	struct error root_denied; /* the password was refused: no login is tried again */
	struct queue *queue;
	size_t endpoint;     /* the one that answered last, asked first */
	struct error denied; /* the credentials were refused: nothing more is asked */
	unsigned requests, writes;
	unsigned tasks; /* that are waited for */
	struct cluster_tally tally;
};

/* How many calls may be in flight for a node. */
unsigned cluster_per_node(const struct cluster *cluster);
