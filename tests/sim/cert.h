/* The certificate of the simulator: made at start, or read from files. */
#pragma once

#include "base/error.h"
#include "world.h"

#include <jansson.h>
#include <openssl/ssl.h>
#include <stdbool.h>

#define FINGERPRINT_LEN 95 /* "AB:CD:..." of SHA-256 */

/* A context with a new self-signed certificate for localhost and `names`; NULL: why in `err`. */
SSL_CTX *cert_make(const char *const *names, size_t count, struct error *err);

/* ... for the nodes of a world. */
SSL_CTX *cert_of_world(const struct world *world, struct error *err);

/* ... with the certificate chain and key of PEM files. */
SSL_CTX *cert_load(const char *cert, const char *key, struct error *err);

void cert_fingerprint(SSL_CTX *context, char out[static FINGERPRINT_LEN + 1]);
