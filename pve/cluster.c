#include "pve/cluster.h"

#include "base/arena.h"
#include "pve/link.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

enum { PER_NODE = 4 };

/* (pve-http-server src/PVE/APIServer/Formatter.pm extract_auth_value: up to a `;`,
 * percent-decoded) */
static void set_authorization(struct cluster *cluster)
{
	static const char scheme[] = "PVEAPIToken=";
	const struct secret *token = &cluster->config->token;
	size_t len = strlen(scheme) + token->len;
	char *value;

	if (!token->value)
		return;
	value = xcalloc(len + 1, 1);
	memcpy(value, scheme, strlen(scheme));
	memcpy(value + strlen(scheme), token->value, token->len);
	secret_set(&cluster->authorization, value, len);
	OPENSSL_cleanse(value, len);
	free(value);
}

unsigned cluster_per_node(const struct cluster *cluster)
{
	return cluster->config->per_node ? cluster->config->per_node : PER_NODE;
}

struct cluster *cluster_create(const struct cluster_config *config)
{
	struct cluster *cluster = xcalloc(1, sizeof(*cluster));

	cluster->config = config;
	set_authorization(cluster);
	cluster->http_config = (struct http_config){
		.insecure = config->insecure,
		.pinned = config->pinned,
		.ca_pem = config->ca_pem,
		.authorization = cluster->authorization.value,
	};
	memcpy(cluster->http_config.fingerprint, config->fingerprint,
	       sizeof(config->fingerprint));
	cluster->client = http_client_create(&cluster->http_config);
	if (config->root_password.value) {
		cluster->root_http_config = cluster->http_config;
		cluster->root_http_config.authorization = NULL;
		cluster->root_client = http_client_create(&cluster->root_http_config);
	}
	cluster->queue = queue_create(cluster_per_node(cluster));
	return cluster;
}

void cluster_destroy(struct cluster *cluster)
{
	if (!cluster)
		return;
	http_client_destroy(cluster->client);
	http_client_destroy(cluster->root_client);
	ticket_drop(&cluster->ticket);
	queue_destroy(cluster->queue);
	secret_finish(&cluster->authorization);
	free(cluster);
}

void cluster_begin_pass(struct cluster *cluster)
{
	cluster->endpoint = 0;
	cluster->denied = (struct error){ 0 };
	cluster->root_denied = (struct error){ 0 };
}

unsigned cluster_requests(const struct cluster *cluster)
{
	return cluster->requests;
}

unsigned cluster_writes(const struct cluster *cluster)
{
	return cluster->writes;
}

const struct cluster_tally *cluster_tally(const struct cluster *cluster)
{
	return &cluster->tally;
}
