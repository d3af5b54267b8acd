/*
 * The processes of pveproxy, as far as a client can tell them apart.
 *
 * Three take connections in turn. One that has read a thousand requests ends: another takes its
 * place, and the connections it still has are closed with their next answer. One that is
 * crowded keeps no new connection open. PVE: PVE::APIServer::AnyEvent push_request_header,
 * accept_connections; PVE::Service::pveproxy.
 */
#pragma once

#include <stdbool.h>

struct worker;

struct workers {
	struct worker *at[3];
	unsigned turn;
};

void workers_init(struct workers *workers);

/* Those that still have connections live on without the others. */
void workers_finish(struct workers *workers);

/* A connection for the next one; give it back with worker_leave(). */
struct worker *workers_accept(struct workers *workers);
void worker_leave(struct worker *worker);

/* A request was read. */
void worker_count(struct worker *worker);

/* A fresh connection may carry more than one request. */
bool worker_is_roomy(const struct worker *worker);

/* It takes no more requests than those it has read. */
bool worker_is_ending(const struct worker *worker);
