/*
 * SSH keys as a machine's config keeps them: lines, the whole percent-encoded once more.
 * (pve-common src/PVE/JSONSchema.pm pve_verify_urlencoded: the value itself is encoded)
 */
#pragma once

#include "base/setting.h"

char *keys_encode(struct arena *arena, const struct list_setting *keys);

/* One key a line, however they were encoded. */
char *keys_decode(struct arena *arena, const char *text);

/* The same set of keys? */
bool keys_same(struct arena *arena, const char *seen, const struct list_setting *keys);

size_t keys_count(struct arena *arena, const char *text);
