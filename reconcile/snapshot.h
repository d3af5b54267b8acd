/*
 * Snapshots that are taken of a guest before its entry changes it (snapshot_before): one
 * for each commit of people, so that whoever comes after a kill takes no second one.
 */
#pragma once

#include "reconcile/making.h"

/*
 * A step of a ready guest that is taken without it -> a snapshot before the first one that
 * writes, and after the last one what is more than `keep`, the oldest first. Snapshots that
 * others took do not count. `seen` has been asked for its snapshots.
 */
void next_of_snapshots(struct next *out, struct arena *arena, const struct making *making,
		       const struct observed *seen);

/* Does its entry ask for them? */
bool snapshots_wanted(const struct making *making);
