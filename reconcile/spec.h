/* The keys of a guest: their table, and how the layers become one. */
#pragma once

#include "base/decode.h"
#include "reconcile/guest.h"

/* For one type of guest only: the marks of a field. */
enum { ONLY_VM = 1, ONLY_LXC = 2 };

/* In the order of their enums; of globals and of guests. */
extern const char *const policy_choices[], *const drift_choices[];

/* Entries of `vms`, presets and globals.defaults; filled is a struct spec. */
extern const struct field spec_fields[];

/* globals.access and the `access` of a guest; filled is a struct access. */
extern const struct field access_fields[];

/* What is used when no layer says anything. */
void spec_built_in(struct spec *spec, const struct decode *how);

/* Put a higher layer over a lower one: what `over` sets replaces, tags unite. */
void spec_merge(struct spec *onto, const struct spec *over, struct arena *arena);

/*
 * Drop the keys that a guest of this type has no use for: defaults and presets serve both
 * types. What the entry itself says stays, and is told as a mistake.
 */
void spec_fit(struct spec *spec, enum guest_type type, const struct decode *how,
	      const struct trail *trail);
