/*
 * Any bytes as a hook: a line for each header, then the body. Without the secret it is
 * never a wish; signed, it is one or it is about another branch.
 */
#include "controller/hook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECRET "not to be guessed by a fuzzer 4711"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The next line as a text of its own; NULL when it is empty. */
static char *line(const uint8_t **at, size_t *left)
{
	const uint8_t *end = memchr(*at, '\n', *left);
	size_t len = end ? (size_t)(end - *at) : *left;
	char *text = len > 0 ? strndup((const char *)*at, len) : NULL;

	*at += len + (end != NULL);
	*left -= len + (end != NULL);
	return text;
}

static void sign(const char *body, size_t len, char out[80])
{
	uint8_t digest[EVP_MAX_MD_SIZE];

	HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (const uint8_t *)body, len,
	     digest, NULL);
	memcpy(out, "sha256=", 8);
	for (size_t i = 0; i < 32; i++)
		snprintf(out + 7 + 2 * i, 3, "%02x", digest[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *lines[5], right[80];
	struct secret secret = { 0 };
	struct hook hook = { 0 };
	enum hook_end end;

	for (size_t i = 0; i < 5; i++)
		lines[i] = line(&data, &size);
	/* as it comes from the network: no zero byte at the end */
	hook.body = memcpy(malloc(size + !size), data, size);
	hook.len = size;
	hook.github = lines[0];
	hook.forgejo = lines[1];
	hook.gitea = lines[2];
	hook.gitlab = lines[3];
	hook.event = lines[4];
	secret_set(&secret, SECRET, strlen(SECRET));
	end = hook_judge(&hook, &secret, "main");
	if (end != HOOK_UNSIGNED && end != HOOK_WRONG)
		abort();
	sign(hook.body, hook.len, right);
	hook.github = right;
	end = hook_judge(&hook, &secret, "main");
	if (end != HOOK_LOOK && end != HOOK_NOTHING)
		abort();
	secret_finish(&secret);
	for (size_t i = 0; i < 5; i++)
		free(lines[i]);
	free((char *)(uintptr_t)hook.body);
	return 0;
}
