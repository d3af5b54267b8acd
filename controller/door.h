/*
 * The door: what the running controller shows over HTTP, and the two wishes that are
 * taken there. It decides nothing and changes nothing.
 *
 * On the addresses of `listen` it serves health, metrics, hooks, the API and the status
 * page; on a unix socket of our own user the API too, and there alone a pass may be
 * asked for. Everything runs on the one loop. Connections are limited in number, in
 * memory and in time: when there are too many, the one that has kept us waiting longest
 * is closed, so that a new one is always served.
 */
#pragma once

#include "base/error.h"
#include "base/text.h"
#include "controller/host.h"

#include <jansson.h>

enum wish {
	WISH_LOOK, /* a hook: look at the branch now */
	WISH_PASS, /* somebody asked for a pass */
};

enum door_document { DOOR_STATUS, DOOR_PLAN, DOOR_LEASES };

/* Who has the door. Every function is called from the loop. */
struct door_owner {
	void *owner;
	/* A new reference; NULL: there is none yet (503). */
	json_t *(*document)(void *owner, enum door_document which);
	void (*metrics)(void *owner, struct text *out);
	/* /readyz: 200, or 503 with why. */
	bool (*ready)(void *owner, struct error *why);
	/*
	 * `accept`: a commit that an operator wants accepted, or NULL. Returns the number
	 * of the pass that grants the wish for one; 0 for a look.
	 */
	unsigned (*wish)(void *owner, enum wish wish, const char *accept);
	const char *branch; /* hooks about another one are no wish; NULL: any counts */
};

struct door;

/*
 * Open everything that `host` says, and `socket_path` (NULL: no unix socket). What it
 * needs of `host` and `owner` is copied.
 *
 * ERROR_LOCAL: an address is in use or cannot be had. ERROR_BUSY: another process
 * listens on the unix socket. ERROR_DENIED, ERROR_INVALID: the secret of the hooks, a
 * certificate or its key is missing, too open or not usable.
 */
bool door_open(struct door **out, const struct host *host, const char *socket_path,
	       const struct door_owner *owner, struct error *err);

/* The status document changed: tells who listens to the events. Cheap. */
void door_changed(struct door *door);

/* Close everything; run the loop once more afterwards. NULL is fine. */
void door_close(struct door *door);
