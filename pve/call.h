/* One API call: parameters in, `data` out. */
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
	struct param *params; /* in plain text: the call encodes them */
	size_t params_len;
	/* One is a secret: not shown, not even with -v. That is those whose key has
	 * "password" in it; if there is none, all of them. */
	bool secret;
	/*
	 * Proxmox takes it from root@pam only: it goes with root's ticket instead of the
	 * token, and is logged as such. Without globals.proxmox.privileged:
	 * ERROR_REFUSED, nothing was sent.
	 */
	bool privileged;
	bool login; /* made by the call itself: how it comes by that ticket */
	/* Loop time in ms after which it must not go out any more, because what it was
	 * decided from is too old: ERROR_CONFLICT, nothing was sent. 0: any time. */
	uint64_t send_before;
};

struct call {
	struct op op;
	json_t *data; /* the envelope's data; call_finish lets it go; NULL on failure or
			 null */
	const char *upid;     /* when data is a UPID: the task that was started */
	long status;          /* HTTP status, 0: no answer */
	const char *endpoint; /* that was asked last */
	struct call_work *work;
};

/*
 * Queue it, send it, read the answer. Writes go on a fresh connection and are never
 * sent twice. `request` must stay until it is over.
 *
 * op.err.text is a line for a person, secrets and control characters taken out: "POST
 * /nodes/pve01/qemu/9000/clone: 500 unable to create VM 100: config file already
 * exists". op.err.kind:
 *
 *	ERROR_DENIED	401, 403. After a 401 every further call fails with it, see
 *			cluster_begin_pass; after one of root@pam, every further one of
 *			its requests
 *	ERROR_CONFLICT	the digest does not match; the guest is not (or no longer) there
 *	ERROR_TEMPORARY	a lock, quorum, 595, no connection: nothing was carried out; "got
 *			no worker upid": nothing as far as is known, look before trying
 *			again; a GET without a whole answer
 *	ERROR_UNKNOWN	a write without an answer, 596 to 599: it may have been carried out
 *	ERROR_FAILED	everything else, with Proxmox's own words; a certificate that
 *			does not fit the pin or CA: nothing was sent
 *	ERROR_INVALID	the endpoint's URL or the CA certificates cannot be used
 *	ERROR_CANCELED	call_cancel; a write may have been carried out
 *
 * (pve-manager PVE/HTTPServer.pm rest_handler; pve-http-server AnyEvent.pm response,
 * proxy_request)
 */
void call_start(struct call *call, struct cluster *cluster, const struct request *request,
		void (*resume)(void *flow), void *flow);

/* Fine when nothing is under way. */
void call_cancel(struct call *call);

/* Let the data go. Fine when there is none; not while it is under way. */
void call_finish(struct call *call);
