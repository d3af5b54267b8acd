#include "base/hash.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* EVP_sha256() would look its methods up anew each time, which takes longer than to hash
 * a name. These are kept until the program ends. */
static EVP_MD *sha1, *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (!sha1 || !sha256)
		abort();
}

static void digest(EVP_MD *const *kind, const void *a, size_t a_len, const void *b,
		   size_t b_len, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	pthread_once(&once, fetch);
	if (!ctx || EVP_DigestInit_ex(ctx, *kind, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, a, a_len) != 1 ||
	    EVP_DigestUpdate(ctx, b, b_len) != 1 ||
	    EVP_DigestFinal_ex(ctx, out, NULL) != 1)
		abort(); /* only without memory */
	EVP_MD_CTX_free(ctx);
}

void hash_sha256(const void *data, size_t len, uint8_t out[SHA256_SIZE])
{
	digest(&sha256, data, len, "", 0, out);
}

void hash_sha256_hex(const void *data, size_t len, char out[SHA256_HEX])
{
	uint8_t bytes[SHA256_SIZE];

	hash_sha256(data, len, bytes);
	for (size_t i = 0; i < SHA256_SIZE; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The 16 bytes of a UUID in text; all zero when it is none. */
static void uuid_bytes(const char *text, uint8_t out[16])
{
	size_t digits = 0;

	memset(out, 0, 16);
	for (; *text && digits < 32; text++) {
		int value = hex_value(*text);

		if (*text == '-')
			continue;
		if (value < 0)
			break;
		out[digits / 2] = (uint8_t)(out[digits / 2] << 4 | value);
		digits++;
	}
	if (digits != 32 || *text)
		memset(out, 0, 16);
}

static void uuid_print(uint8_t bytes[16], unsigned version, char out[UUID_TEXT])
{
	static const char digits[] = "0123456789abcdef";
	char *at = out;

	bytes[6] = (uint8_t)((bytes[6] & 0x0f) | version << 4);
	bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
	for (size_t i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	*at = '\0';
}

void hash_uuid5(const char *space, const char *name, char out[UUID_TEXT])
{
	uint8_t bytes[16], sum[EVP_MAX_MD_SIZE];

	uuid_bytes(space, bytes);
	digest(&sha1, bytes, sizeof(bytes), name, strlen(name), sum);
	uuid_print(sum, 5, out);
}

void hash_uuid4(const uint8_t random[16], char out[UUID_TEXT])
{
	uint8_t bytes[16];

	memcpy(bytes, random, sizeof(bytes));
	uuid_print(bytes, 4, out);
}
