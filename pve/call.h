/*
 * One API call: parameters in, `data` out, and the one place that turns Proxmox's status
 * and text into error kinds.
 */
#pragma once

#include "base/arena.h"
#include "base/op.h"
#include "pve/cluster.h"

#include <jansson.h>

enum method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_DELETE };

struct param {
	const char *key, *value;
};

/* A request, ready to be sent; made by pve/request.c, lives in the arena of the pass. */
struct request {
	enum method method;
	const char *node; /* whose limit it counts against; NULL: the endpoint's own */
	const char *path; /* "/nodes/pve01/qemu/100/config", parts already encoded */
	struct param *params;
	size_t params_len;
	bool secret; /* a parameter must not be shown, not even with -v (value printed as
			***) */
};

struct call {
	struct op op;
	json_t *data; /* the envelope's data; call_finish lets it go; NULL on failure or
			 null */
	const char *upid;     /* when data is a UPID: the task that was started */
	long status;          /* HTTP status, 0: no answer */
	const char *endpoint; /* that answered */
	struct call_work *work;
};

/*
 * Queue it, send it, read the answer. Writes go on a fresh connection and are never sent
 * twice. op.err:
 *
 *	ERROR_DENIED	401, 403, a certificate that does not fit the pin or CA
 *	ERROR_CONFLICT	the digest does not match
 *	ERROR_TEMPORARY	a lock, quorum, 595, no connection: nothing was carried out
 *	ERROR_UNKNOWN	a write without an answer, 596 to 599: it may have been carried out
 *	ERROR_FAILED	everything else, with Proxmox's own words
 *
 * (pve-manager PVE/HTTPServer.pm rest_handler; pve-http-server AnyEvent.pm response,
 * proxy_request)
 */
void call_start(struct call *call, struct cluster *cluster, const struct request *request,
		void (*resume)(void *flow), void *flow);
void call_cancel(struct call *call);
void call_finish(struct call *call);
