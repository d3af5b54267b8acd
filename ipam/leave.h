/* A guest that gets addresses of other pools: the old ones leave it. */
#pragma once

#include "ipam/allocate.h"

/*
 * Cards that ask for another pool than they have an address of lose it: it is `leaving`
 * from then on, and counts as leased until the guest is seen without it. An address that
 * is leaving already is taken back by a card that asks for its pool again. The lease gets
 * arrays of its own.
 */
void lease_leave_pools(struct lease *lease, struct arena *arena, const struct want *want);
