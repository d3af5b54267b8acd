/* Parameters off the wire, with PVE's traps. PVE: PVE::APIServer::AnyEvent. */
#pragma once

#include "api.h"

/* Percent-decoded and without empty parts, below `prefix`; NULL when it is not below it. */
char *path_read(struct arena *arena, const char *path, const char *prefix);

/*
 * Query and body as one object; the query wins. A repeated key becomes an array. False with a
 * status and a text when the body cannot be read.
 */
bool params_read(struct arena *arena, unsigned pve, const struct api_request *request,
		 json_t *out, struct upload *upload, int *status, const char **why);

/* %41 to A; '+' to a blank when `plus`. */
char *percent_decode(struct arena *arena, const char *text, size_t len, bool plus);
