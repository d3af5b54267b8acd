/*
 * The ticket of root@pam. Proxmox keeps some things for this very user, logged in with a
 * password: no token will do, not even root's own.
 * (pve-access-control src/PVE/API2/AccessControl.pm create_ticket; src/PVE/AccessControl.pm
 * verify_ticket, assemble_csrf_prevention_token)
 */
#pragma once

#include "pve/call.h"

struct ticket {
	struct secret itself;       /* as it came; none: nobody is logged in */
	struct secret cookie, csrf; /* whole lines of headers */
	uint64_t since;             /* loop time in ms of the request for it */
};

enum ticket_age {
	TICKET_FRESH,
	TICKET_OLD,  /* it still buys another one: no need for the password */
	TICKET_DEAD, /* two hours are over, or there is none */
};

enum ticket_age ticket_age(const struct ticket *ticket, uint64_t now);

/* The request for a ticket: by an old one, or by the password, which must outlive it. */
void ticket_request(struct request *out, struct arena *arena, const struct ticket *ticket,
		    const struct secret *password, uint64_t now);

/* What came for it. ERROR_DENIED: root@pam has a second factor. */
bool ticket_take(struct ticket *ticket, const json_t *data, uint64_t asked,
		 struct error *err);

/* The headers of a request; a write also proves that it is no other page's. */
void ticket_headers(const char *out[3], const struct ticket *ticket, bool write);

/* Wipe it. Fine when there is none. */
void ticket_drop(struct ticket *ticket);
