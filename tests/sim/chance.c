#include "chance.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* splitmix64: small, and good enough for ids that only have to differ. */
uint64_t chance_next(struct chance *chance)
{
	uint64_t z = (chance->state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void print_uuid(const unsigned char b[static 16], char out[static UUID_LEN + 1])
{
	snprintf(out, UUID_LEN + 1,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], (b[6] & 0x0fu) | 0x40u, b[7],
		 (b[8] & 0x3fu) | 0x80u, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

void chance_uuid(struct chance *chance, char out[static UUID_LEN + 1])
{
	uint64_t parts[2] = { chance_next(chance), chance_next(chance) };
	unsigned char bytes[16];

	memcpy(bytes, parts, sizeof(bytes));
	print_uuid(bytes, out);
}

void chance_mac(struct chance *chance, const char *prefix, char out[static MAC_LEN + 1])
{
	size_t len = strnlen(prefix, MAC_LEN);

	memcpy(out, prefix, len);
	while (len + 3 <= MAC_LEN) {
		snprintf(out + len, 4, ":%02X", (unsigned)(chance_next(chance) >> 56));
		len += 3;
	}
	out[len] = '\0';
}

void chance_secret(uint64_t seed, const char *name, char out[static UUID_LEN + 1])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char text[300];
	int len = snprintf(text, sizeof(text), "vm7-sim %llu %s",
			   (unsigned long long)seed, name);

	EVP_Digest(text, (size_t)len, hash, NULL, EVP_sha256(), NULL);
	print_uuid(hash, out);
}
