/*
 * What Proxmox answered: the envelope, and what its status and words mean for us. Pure.
 *
 * The one place that turns Proxmox's words into error kinds.
 */
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

struct answer {
	bool write; /* of a request that changes something: then doubt is ERROR_UNKNOWN */
	long status;        /* of HTTP, 595 and the like included */
	const char *reason; /* of the status line */
	const char *body;
	size_t len;
};

/*
 * The envelope's `data`, now the caller's; NULL for null. False: `err` has the status and
 * Proxmox's words on one line, with what it has against each parameter:
 * "500 unable to create VM 100: config file already exists".
 */
bool answer_read(json_t **data, const struct answer *answer, struct error *err);

/* What a text of Proxmox means, of an answer of 500 or of a task's end; ERROR_FAILED when
 * it is none of the known. */
enum error_kind words_kind(const char *words);
