/* The inside of a cluster, for the calls made of it. */
#pragma once

#include "base/http.h"
#include "pve/cluster.h"
#include "pve/queue.h"

struct cluster {
	const struct cluster_config *config;
	struct secret authorization;
	struct http_config http_config;
	struct http_client *client;
	struct queue *queue;
	size_t endpoint;     /* the one that answered last, asked first */
	struct error denied; /* the credentials were refused: nothing more is asked */
	unsigned requests, writes;
	unsigned tasks; /* that are waited for */
};

/* How many calls may be in flight for a node. */
unsigned cluster_per_node(const struct cluster *cluster);
