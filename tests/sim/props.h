/*
 * Property strings: "virtio=BC:24:11:00:00:01,bridge=vmbr0" as an ordered JSON object of texts.
 *
 * Reading is lenient: what is allowed was checked by schema.c before. PVE:
 * PVE::JSONSchema::parse_property_string and print_property_string.
 */
#pragma once

#include "base/arena.h"
#include "schema.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Keys are the names of `format` (aliases resolved); a bare part belongs to its default key. */
json_t *props_read(const struct schema *format, const char *text);

/* Canonical: the default key bare and first, then required keys, then the rest by name. */
char *props_print(struct arena *arena, const struct schema *format, const json_t *props);

/* The value of `key`, or NULL. */
const char *props_get(const json_t *props, const char *key);
void props_set(json_t *props, const char *key, const char *value);

/* Texts as a JSON array. */
json_t *props_list(char *const *texts, size_t count);

/* The keys of an object in alphabetical order; they live as long as the object. */
size_t props_sorted(struct arena *arena, const json_t *object, const char ***keys);

/* "32G", "512M", "4096" to bytes; false when it is no size. PVE: PVE::JSONSchema::parse_size. */
bool size_read(const char *text, uint64_t *bytes);

/* The largest unit that is exact: "32G", "1088M". PVE: PVE::JSONSchema::format_size. */
char *size_print(struct arena *arena, uint64_t bytes);

/* "1", "on", "yes", "true". */
bool props_true(const char *text);
