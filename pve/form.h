/* A request as text: for the wire, and for a person. Pure. */
#pragma once

#include "base/text.h"
#include "pve/call.h"

const char *method_name(enum method method);

/* Text as it may stand in a path or query: all but letters, digits and "-_.~" encoded. */
char *percent_encode(struct arena *arena, const char *text);

/* The whole address, with the parameters of GET and DELETE, which must not have a body
 * (pve-http-server AnyEvent.pm authenticate_and_handle_request). */
const char *form_url(struct arena *arena, const char *endpoint,
		     const struct request *request);

/* The parameters of POST and PUT, "" for none; NULL for GET and DELETE. */
const char *form_body(struct arena *arena, const struct request *request);

/* " newid=100 cipassword=***" */
void form_show(struct text *out, const struct request *request);

/* Proxmox may quote what it was given: the request's own secrets, and all others that
 * are known (base/secret.h), become `***` in `text`. */
void form_redact(const struct request *request, char *text);
