#include "base/secret.h"

#include "base/arena.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HIDE_LEAST = 4 };

/* Every spelling of every secret that must not be seen. */
static struct hidden {
	struct hidden *next;
	size_t len;
	char text[];
} * hidden;

void secret_set(struct secret *secret, const char *value, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", value[len - 1]))
		len--;
	secret_finish(secret);
	secret->value = xcalloc(len + 1, 1);
	memcpy(secret->value, value, len);
	secret->len = len;
}

void secret_finish(struct secret *secret)
{
	if (secret->value) {
		OPENSSL_cleanse(secret->value, secret->len);
		free(secret->value);
	}
	*secret = (struct secret){ 0 };
}

static void hide(const char *text)
{
	size_t len = strlen(text);
	struct hidden *one;

	for (one = hidden; one; one = one->next)
		if (strcmp(one->text, text) == 0)
			return;
	one = xcalloc(1, sizeof(*one) + len + 1);
	memcpy(one->text, text, len + 1);
	one->len = len;
	one->next = hidden;
	hidden = one;
}

/* Not with text_add_encoded(): what grows there leaves copies that nobody wipes. */
static void hide_percent_encoded(const char *value)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
	char *text = xcalloc(3 * strlen(value) + 1, 1), *at = text;

	for (; *value; value++)
		if (strchr(plain, *value))
			*at++ = *value;
		else
			at += sprintf(at, "%%%02X", (unsigned char)*value);
	hide(text);
	OPENSSL_cleanse(text, strlen(text));
	free(text);
}

static void hide_base64(const struct secret *secret)
{
	unsigned char *text = xcalloc(secret->len * 4 / 3 + 8, 1);

	EVP_EncodeBlock(text, (const unsigned char *)secret->value, (int)secret->len);
	hide((const char *)text);
	OPENSSL_cleanse(text, strlen((const char *)text));
	free(text);
}

void secret_hide(const struct secret *secret)
{
	if (!secret->value || secret->len < HIDE_LEAST)
		return;
	hide(secret->value);
	hide_percent_encoded(secret->value);
	hide_base64(secret);
}

void secret_redact(char *text)
{
	for (const struct hidden *one = hidden; one; one = one->next)
		for (char *at = text; (at = strstr(at, one->text)) != NULL; at += 3) {
			memmove(at + 3, at + one->len, strlen(at + one->len) + 1);
			memcpy(at, "***", 3);
		}
}

void secret_forget_all(void)
{
	while (hidden) {
		struct hidden *next = hidden->next;

		OPENSSL_cleanse(hidden->text, hidden->len);
		free(hidden);
		hidden = next;
	}
}
