/*
 * Property strings: "virtio=BC:24:11:5E:01:7A,bridge=vmbr0,tag=20". Pure.
 * (pve-common src/PVE/JSONSchema.pm parse_property_string, print_property_string)
 */
#pragma once

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct prop {
	const char *key; /* "" for the value without a key */
	const char *value;
};

struct props {
	struct prop *at;
	size_t len, cap;
};

void props_read(struct props *out, struct arena *arena, const char *text);

/* NULL when it is not there. */
const char *props_get(const struct props *props, const char *key);

/* Set, or with a NULL value drop. A new key goes to the end. */
void props_set(struct props *props, struct arena *arena, const char *key,
	       const char *value);

char *props_print(const struct props *props, struct arena *arena);

/* "32G", "4M", "1048576" (bytes) -> MiB rounded up; 0 when it is no size. */
unsigned long size_mib(const char *text);

/* "3 GiB", or "3500 MiB" where that is no whole number of them. */
char *size_text(struct arena *arena, unsigned long mib);
