/*
 * One request and its answer as they went over the wire, read from a file: ">>> REQUEST",
 * the request, "<<< RESPONSE", the answer. Lines of a head end in a bare line feed there.
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>

struct recording {
	char *request; /* as http_read() takes it, but for its Content-Length */
	char *line;    /* of the answer: "HTTP/1.1 200 OK" */
	char *body;    /* of the answer, "" when it has none */
	double date;   /* of the answer, seconds since 1970; 0: it has none */
};

/* False: there is no such file, or it is none of these. All of `out` lives in `arena`. */
bool recording_read(struct arena *arena, const char *path, struct recording *out);

/* A whole file, or NULL. */
char *recording_file(struct arena *arena, const char *path);
