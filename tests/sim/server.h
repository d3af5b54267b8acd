/*
 * The HTTPS face of a world: connections, their requests, faults, log, saving.
 *
 * Own, and not a library's, because how PVE frames its answers is part of what is simulated.
 * This file moves time and has the connections; what happens to a request is in exchange.h, what
 * a connection is in conn.h.
 */
#pragma once

#include "base/error.h"
#include "world.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <uv.h>

struct server;

struct server_options {
	uv_loop_t *loop;
	struct world *world;
	SSL_CTX *tls;
	double speed;         /* simulated seconds in one real second */
	const char *faults;   /* file, or NULL: read again when it changes */
	const json_t *random; /* faults by chance while the file names none; or NULL */
	const char *save;     /* file, or NULL */
	FILE *log;            /* or NULL */
};

/* All of `options` must outlive the server. */
struct server *server_create(const struct server_options *options);
bool server_listen(struct server *server, const char *host, int port, struct error *err);

/* The port it got. */
int server_port(const struct server *server);

/* Read the fault file again. False: it is wrong, the old faults stay. */
bool server_read_faults(struct server *server, struct error *err);

/* Write the world out now, if it is to be saved. */
bool server_save(struct server *server, struct error *err);

/* Close everything; the loop ends when nothing else is in it. */
void server_stop(struct server *server);

/* After the loop has ended. */
void server_destroy(struct server *server);
