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

enum { DOC_DEPTH_MAX = 64, DOC_NODES_MAX = 1000000, DOC_BYTES_MAX = 32 * 1024 * 1024 };

/* DOC_NULL is `null` or nothing at all; `~` is a scalar, so that it can be told about. */
enum doc_kind { DOC_NULL, DOC_SCALAR, DOC_LIST, DOC_MAP };

struct doc {
	enum doc_kind kind;
	bool quoted; /* a scalar in quotes or a block: always text */
	bool broken; /* a mistake about it is in the diags; there is no more to say */
	struct place at;
	union {
		const char *text;   /* of a scalar and of DOC_NULL; no zero bytes */
		struct doc **items; /* a list's items, a map's values */
	};
	struct doc **keys; /* a map's keys, all scalars, in the order of the file */
	size_t len;        /* how many items; 0 for a scalar */
};

/*
 * Read a file. NULL when nothing could be made of it; the mistakes are in `diags` either
 * way. An empty file is DOC_NULL. The tree lives in `arena` and points to `file`.
 */
struct doc *doc_read(struct arena *arena, const struct file *file, struct diags *diags);

/* The value of a key of a map, or NULL. */
struct doc *doc_get(const struct doc *map, const char *key);
