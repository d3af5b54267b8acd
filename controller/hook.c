#include "controller/hook.h"

#include "base/hash.h"
#include "base/own.h"
#include "base/text.h"

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { NESTING_MAX = 64 };

OWN_DEFINE(json, json_t *, json_decref);

/* Compared in constant time: `hex` may be in capitals. */
static bool is_hex_of(const char *hex, const uint8_t digest[SHA256_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char want[2 * SHA256_SIZE], got[2 * SHA256_SIZE];

	if (strlen(hex) != sizeof(got))
		return false;
	for (size_t i = 0; i < sizeof(got); i++) {
		want[i] = digits[i % 2 ? digest[i / 2] & 15 : digest[i / 2] >> 4];
		got[i] = (char)(hex[i] >= 'A' && hex[i] <= 'F' ? hex[i] + 32 : hex[i]);
	}
	return CRYPTO_memcmp(want, got, sizeof(got)) == 0;
}

static bool is_signed(const struct hook *hook, const struct secret *secret,
		      const char *hex)
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	return HMAC(EVP_sha256(), secret->value, (int)secret->len,
		    (const uint8_t *)hook->body, hook->len, digest, NULL) &&
	       is_hex_of(hex, digest);
}

/* Of digests: how long the secret is shows as little as what it is. */
static bool is_token(const struct secret *secret, const char *token)
{
	uint8_t want[SHA256_SIZE], got[SHA256_SIZE];

	hash_sha256(secret->value, secret->len, want);
	hash_sha256(token, strlen(token), got);
	return CRYPTO_memcmp(want, got, sizeof(got)) == 0;
}

/* The first that is there decides: Gitea and Forgejo send GitHub's as well. */
static enum hook_end authentic(const struct hook *hook, const struct secret *secret)
{
	bool well;

	if (hook->github)
		well = str_starts(hook->github, "sha256=") &&
		       is_signed(hook, secret, hook->github + 7);
	else if (hook->forgejo)
		well = is_signed(hook, secret, hook->forgejo);
	else if (hook->gitea)
		well = is_signed(hook, secret, hook->gitea);
	else if (hook->gitlab)
		well = is_token(secret, hook->gitlab);
	else
		return HOOK_UNSIGNED;
	return well ? HOOK_LOOK : HOOK_WRONG;
}

/* jansson calls itself for each level, and stops by itself only at 2048. */
static bool too_deep(const char *text, size_t len)
{
	unsigned depth = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] == '{' || text[i] == '[')
			depth++;
		else if ((text[i] == '}' || text[i] == ']') && depth > 0)
			depth--;
		if (depth > NESTING_MAX)
			return true;
	}
	return false;
}

/* Only a body that names another ref is about something else. */
static bool is_elsewhere(const struct hook *hook, const char *branch)
{
	own(json) json_t *body = NULL;
	const char *ref;

	if (!branch || hook->len == 0 || too_deep(hook->body, hook->len))
		return false;
	body = json_loadb(hook->body, hook->len, 0, NULL);
	ref = json_string_value(json_object_get(body, "ref"));
	if (!ref)
		return false;
	return !str_starts(ref, "refs/heads/") || strcmp(ref + 11, branch) != 0;
}

enum hook_end hook_judge(const struct hook *hook, const struct secret *secret,
			 const char *branch)
{
	enum hook_end end = authentic(hook, secret);

	if (end != HOOK_LOOK)
		return end;
	if ((hook->event && strcmp(hook->event, "ping") == 0) ||
	    is_elsewhere(hook, branch))
		return HOOK_NOTHING;
	return HOOK_LOOK;
}
