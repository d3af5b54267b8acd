/*
 * Faults by chance, that repeat.
 *
 *   "random": {"seed": 7, "rate": 0.05, "kinds": ["cut-before", "restart", ...], "limit": 100}
 *
 * Of the requests so many in a hundred are struck, by one of the kinds that can befall such a
 * request; no `kinds`: by any but those that only a person or a deadline ends (draw.c has the
 * list). `limit`: at most so many faults.
 *
 * Whether a request is struck depends on the seed, its method and path, and on how many such
 * there were before; not on what else went on. So a seed repeats a run even when requests in
 * flight at the same time change places. What was drawn is a row of a fault file.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"

#include <jansson.h>

struct draw;

/* Lives in `arena`. NULL: `random` is wrong. */
struct draw *draw_create(struct arena *arena, const json_t *random, struct error *err);

/* The row that strikes this request, or NULL. Good until the next call. */
const json_t *draw_fault(struct draw *draw, const char *method, const char *path);
