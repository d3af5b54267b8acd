/*
 * A value that must never be seen: no format prints it, and it is wiped when it is let
 * go.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct secret {
	char *value; /* NULL: none. Only for handing to the one who needs it. */
	size_t len;
};

/* Take a copy of `len` bytes. White space at the end is not part of it. */
void secret_set(struct secret *secret, const char *value, size_t len);

/* Wipe and free. Fine when there is none. */
void secret_finish(struct secret *secret);

/*
 * Tell the log that these bytes are secret: whatever is printed through base/log.h or
 * redacted with secret_redact shows `***` in their place. Values shorter than 4 bytes are
 * not hidden.
 */
void secret_hide(const struct secret *secret);

/* Replace every hidden value in `text`, also percent-encoded or in base64, in place. */
void secret_redact(char *text);

/* Wipe all values that secret_hide was told of. Call at the end of the program. */
void secret_forget_all(void);
