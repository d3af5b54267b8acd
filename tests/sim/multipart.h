/*
 * An upload: fields and then a file, as a form sends them.
 *
 * PVE: PVE::APIServer::AnyEvent file_upload_multipart, which is no parser of MIME: it knows
 * three fields by name, looks for each only once and in its own order, and takes what comes
 * next to be the file.
 */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct upload {
	const char *data; /* of the file; NULL: no upload */
	size_t len;
};

/*
 * The boundary of an upload, or NULL when the request is none: only one path takes them, and
 * there alone a body may be large.
 */
char *multipart_boundary(struct arena *arena, const char *method, const char *path,
			 const char *content_type);

/* False: PVE's text is in `why`. Fields go into `params`, the file's name as "filename". */
bool multipart_read(struct arena *arena, const char *boundary, const char *body,
		    size_t len, json_t *params, struct upload *out, const char **why);
