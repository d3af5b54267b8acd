/*
 * Scalars as Proxmox sends them: the same field may be a number in one answer, a text in
 * the next, and 0, absent or null when it is false. Perl does not care; we must not
 * either.
 */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>

/* A whole number, or a text that is one; false for anything else. */
bool value_number(const json_t *value, long long *out);

/* A VMID: a number from 1 to 999999999; 0 for anything else. */
unsigned value_vmid(const json_t *value);

/* 1, "1", true; anything else, absent too, is false. */
bool value_flag(const json_t *value);

/* A scalar as text ("1" of true); NULL for null, lists and objects. */
const char *value_text(struct arena *arena, const json_t *value);

/* The same of a member of an object; a missing one is NULL. */
const char *value_member(struct arena *arena, const json_t *object, const char *key);
