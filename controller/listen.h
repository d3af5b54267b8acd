/* Where the door listens: `listen` of the host's configuration. */
#pragma once

#include "base/decode.h"
#include "ipam/net.h"

/* What an address answers to. */
enum door_part {
	DOOR_HEALTHZ,
	DOOR_READYZ,
	DOOR_METRICS,
	DOOR_HOOK,
	DOOR_API,
	DOOR_PAGE,      /* with the events that renew it */
	DOOR_RECONCILE, /* the unix socket alone */
};

enum { LISTEN_MAX = 16, LISTEN_TEXT = ADDR_TEXT + 24 };

struct listen {
	struct text_setting address;
	struct list_setting only;
	struct text_setting cert, key; /* files; unset: plain HTTP */
	/* what these come to */
	struct addr addr;
	uint16_t port;  /* 0: any that is free */
	unsigned parts; /* 1 << DOOR_.. */
};

extern const struct field listen_fields[];

/* Read the list; mistakes are told. `len` addresses are in the arena of `how`. */
struct listen *listen_read(const struct decode *how, const struct doc *list, size_t *len);

/* Nobody outside this machine gets there. */
bool listen_is_local(const struct listen *here);

/* A socket that listens there, not blocking. ERROR_LOCAL: the address is in use, or not
 * of this machine. */
bool listen_open(const struct listen *here, int *fd, struct error *err);

/* "https://[::1]:8470": with the port that the socket really has. */
void listen_print(const struct listen *here, int fd, char out[LISTEN_TEXT]);
