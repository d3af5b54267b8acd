/*
 * A cluster whose only endpoint is a peer in this process: what every test that sends
 * requests has at hand. A test file gives `begin` and `finish`, which call these.
 */
#pragma once

#include "pve/call.h"
#include "tests/lib/loop.h"
#include "tests/lib/peer.h"
#include "tests/lib/test.h"

static struct served {
	struct peer *peer;
	struct arena *arena;
	struct cluster *cluster;
	struct cluster_config config;
	const char *endpoints[2];
} served;

/* As `like` says, but for the endpoint, the token, and by what the peer is known. */
static inline void served_begin(void (*answer)(struct peer_talk *talk, void *data),
				const struct cluster_config *like)
{
	loop_begin();
	served.arena = arena_create();
	served.peer = peer_start(answer, NULL);
	served.endpoints[0] = served.peer->url;
	served.config = *like;
	served.config.endpoints = served.endpoints;
	served.config.endpoints_len = 1;
	if (served.config.pinned)
		memcpy(served.config.fingerprint, served.peer->fingerprint, 32);
	else
		served.config.ca_pem = served.peer->pem;
	secret_set(&served.config.token, "vm7@pve!vm7=0000-1111", 21);
	served.cluster = cluster_create(&served.config);
}

/* Not 0: something was left in the loop. */
static inline int served_finish(void)
{
	int left;

	cluster_destroy(served.cluster);
	left = loop_end();
	peer_stop(served.peer);
	arena_destroy(served.arena);
	secret_finish(&served.config.token);
	return left;
}

#define add_served_test(name, check)                      \
	tests_of_all[tests_count++] = (struct CMUnitTest) \
	{                                                 \
		name, check, begin, finish, NULL          \
	}
