/* A cache kept in order by its owner: nothing stale in the way, never ever larger. */
#pragma once

#include "git/inside.h"

/*
 * Remove what a killed git leaves behind and a later one trips over or never cleans up:
 * lock files, half-written packs and objects. Only once after opening and after a
 * failure. Nobody else may be at work in the cache: the caller holds the instance's
 * lock.
 */
bool sweep(struct repo *repo, struct error *err);

/* Have loose objects or packs piled up, so that `git gc` is worth its time? */
bool sweep_is_due(const struct repo *repo);
