/* Digests and the names made from them. Pure: libcrypto computes, nothing is read. */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { SHA256_SIZE = 32, SHA256_HEX = 65, UUID_TEXT = 37 };

void hash_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE]);

/* As 64 lower-case digits and a zero byte. */
void hash_sha256_hex(const void *data, size_t len, char out[SHA256_HEX]);

/*
 * The UUID of version 5 (RFC 9562) of `name` in the name space `space`, itself a UUID in
 * text. The same arguments give the same UUID on every machine. A `space` that is no UUID
 * counts as the nil UUID.
 */
void hash_uuid5(const char *space, const char *name, char out[UUID_TEXT]);

/* A UUID of version 4 out of 16 bytes of the caller's randomness. */
void hash_uuid4(const uint8_t random[16], char out[UUID_TEXT]);
