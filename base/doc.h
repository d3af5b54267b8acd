/*
 * YAML text -> a tree in which everything knows its place.
 *
 * Built from libyaml's events, because its own documents keep repeated keys and resolve
 * aliases into cycles. Refused, each with its place: anchors, aliases, tags, merge keys,
 * keys that repeat or are no scalars, a second document, more than 64 levels, more than
 * DOC_NODES_MAX nodes, files over DOC_BYTES_MAX, bytes that are not UTF-8. A mistake of
 * the syntax ends the reading of this file; the other mistakes are collected.
 */
#pragma once

#include "base/arena.h"
#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

enum { DOC_DEPTH_MAX = 64, DOC_NODES_MAX = 4000000, DOC_BYTES_MAX = 32 * 1024 * 1024 };

enum doc_kind { DOC_NULL, DOC_SCALAR, DOC_LIST, DOC_MAP };

struct doc {
	enum doc_kind kind;
	struct place at;
	bool quoted;        /* a scalar in quotes or a block: always text */
	const char *text;   /* a scalar's characters; zero bytes are refused */
	struct doc **items; /* a list's items, a map's values */
	struct doc **keys;  /* a map's keys, all scalars, in the order of the file */
	size_t len;
};

/*
 * Read a file. NULL when nothing could be made of it; the mistakes are in `diags` either
 * way. An empty file is DOC_NULL. The tree lives in `arena` and points to `file`.
 */
struct doc *doc_read(struct arena *arena, const struct file *file, struct diags *diags);

/* The value of a key of a map, or NULL. */
struct doc *doc_get(const struct doc *map, const char *key);
