/*
 * Guests that go on under another name (renamed_from) or at another address (readdress).
 */
#pragma once

#include "reconcile/check.h"
#include "reconcile/planner.h"

/* renamed_from of all guests: a name that has an entry, or that two guests ask for. */
void check_renamed(struct reading *reading, const size_t *ordinals);

/*
 * Before anything is planned: the lease of a guest whose entry has another name by now
 * becomes the lease of that name, and goes back when the old entry is back. p->input is
 * then one with the leases as they are to be.
 */
void planner_rename(struct planner *p);

/* Is its lease one that has another name in the lease file? */
bool planner_is_renamed(const struct planner *p, const struct candidate *c);

/* What is told of a guest that gets another name or address; after all else about it. */
void planner_moved(struct planner *p, struct action *action, const struct candidate *c);
