/*
 * A value as somebody wrote it: whether it is set, where, and on which layer.
 *
 * The layers are merged in order: built-in, globals.defaults, preset, guest. What came
 * from where stays known, for mistakes and for `plan --explain`.
 */
#pragma once

#include "base/diag.h"

#include <stdbool.h>
#include <stddef.h>

enum layer {
	LAYER_NONE, /* not set */
	LAYER_BUILT_IN,
	LAYER_GLOBALS,
	LAYER_DEFAULTS,
	LAYER_PRESET,
	LAYER_GUEST,
};

struct setting {
	enum layer layer;
	/* it is given, but wrong, and that is reported: the value means nothing */
	bool bad;
	struct place at;
};

struct num_setting {
	struct setting is;
	long value;
};

struct flag_setting {
	struct setting is;
	bool value;
};

struct text_setting {
	struct setting is;
	const char *value;
};

/* One of a closed set: an index into the field's choices. */
struct choice_setting {
	struct setting is;
	int value;
};

/* Texts in order; each knows its place. */
struct list_setting {
	struct setting is;
	const char **at;
	struct place *places;
	size_t len;
};

/* Mappings in a list, in order: `at` is an array of what the field's table fills. */
struct items_setting {
	struct setting is;
	void *at;
	size_t len;
};

/* A name that the host resolves ({secret: NAME}), or, where allowed, the secret itself in
 * clear. */
struct secret_setting {
	struct setting is;
	const char *name;         /* NULL: given in clear */
	const char *inline_value; /* NULL: given by name. Must never be printed */
};

/* One number for all nodes, or one for each: `nodes[i]` -> `values[i]`; NULL node: for
 * all. */
struct node_map_setting {
	struct setting is;
	const char **nodes;
	long *values;
	size_t len;
};

static inline bool is_set(const struct setting *setting)
{
	return setting->layer != LAYER_NONE;
}
