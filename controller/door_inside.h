/* What the parts of the door share. Private to controller/door*.c. */
#pragma once

#include "base/op.h"
#include "base/secret.h"
#include "controller/door.h"

#include <microhttpd.h>
#include <netinet/in.h>

enum {
	VISITORS_MAX = 256,
	VISITORS_OF_ONE = 128, /* from one address */
	LISTENERS_MAX = 64,    /* to the events */
	CALM_MS = 250,         /* between two events */
	ALIVE_MS = 25000,      /* between two signs of life to a listener */
};

/* An HTTP daemon: one for all that is plain, one for each certificate. */
struct hall {
	struct door *door;
	struct MHD_Daemon *daemon;
	bool soon; /* it has to run again, whatever it says itself */
	uv_poll_t poll;
	uv_timer_t timer;
};

/* A socket that listens. */
struct entrance {
	struct door *door;
	struct hall *hall;
	uv_poll_t poll;
	int fd;
	unsigned parts; /* what is behind it: 1 << DOOR_.. */
	bool is_unix;
	bool resting; /* there is no descriptor left for another connection */
};

enum doing { VISITOR_ASKS, VISITOR_GETS, VISITOR_LISTENS };

/* A connection. */
struct visitor {
	struct visitor *next;
	struct door *door;
	struct hall *hall;
	struct MHD_Connection *connection;
	unsigned parts;
	int fd;
	struct in6_addr from; /* all zero: the unix socket */
	enum doing doing;
	uint64_t since; /* loop time: when it began with that */
	bool leaving;
	/* of the events */
	bool suspended, changed, alive, over;
};

enum cached {
	CACHED_STATUS,
	CACHED_PLAN,
	CACHED_LEASES,
	CACHED_PAGE,
	CACHED_METRICS,
	CACHED_LAST
};

struct door {
	struct arena *arena;
	struct door_owner owner;
	struct secret webhook; /* none: there are no hooks */
	char *socket_path;
	struct hall *halls;
	size_t halls_len;
	struct entrance *entrances;
	size_t entrances_len;
	struct visitor *visitors; /* the newest first */
	struct visitor *arriving;
	size_t listeners; /* to the events */
	bool closing;     /* nobody sleeps over the events any more */
	uv_timer_t sweep; /* runs while there are visitors */
	uv_timer_t calm;  /* after an event */
	bool calming, changed_again;
	uv_timer_t later; /* for the hooks that came too fast */
	double tokens;    /* looks that hooks may ask for now */
	uint64_t tokens_at;
	size_t held;          /* bytes of bodies */
	unsigned wrong_hooks; /* not yet told */
	uint64_t wrong_told;
	uint64_t complained; /* when libmicrohttpd was last listened to */
	struct {
		struct MHD_Response *response;
		uint64_t made;
	} cache[CACHED_LAST];
	unsigned handles; /* of the loop, not yet closed */
};

/* Let its daemon run on the next turn of the loop. */
void door_turn_soon(struct hall *hall);

/* libmicrohttpd's callbacks: a request, and its end. */
enum MHD_Result door_serve(void *hall, struct MHD_Connection *connection, const char *url,
			   const char *method, const char *version, const char *upload,
			   size_t *upload_size, void **request);
void door_served(void *hall, struct MHD_Connection *connection, void **request,
		 enum MHD_RequestTerminationCode why);

/* Headers that every answer has. */
void door_dress(struct MHD_Response *response, const char *type);

/* Forget answers that are kept; `all`: also those that a change does not touch. */
void door_forget(struct door *door, bool all);

/* /events. */
enum MHD_Result door_listen(struct visitor *visitor, struct MHD_Connection *connection);

/* A sign of life to a listener, when it is time. */
void door_listener_sweep(struct visitor *visitor, uint64_t now);

/* The events of this listener end. */
void door_listener_end(struct visitor *visitor);
