/*
 * What a lease keeps of its entry, for the day when the entry is gone: whether it is
 * protected, what becomes of it, what vm7 declared of sets.
 */
#pragma once

#include "reconcile/guest.h"

/*
 * How many cards its lease still holds addresses for: one that the entry has no more counts
 * until the guest is seen without it. `seen` as below.
 */
size_t cards_kept(const struct lease *lease, const struct desired *want,
		  const struct observed *seen);

/*
 * Is an address that is leaving the guest in its config still, or will be until its next
 * start? Without having seen it nobody knows.
 */
bool carries_still(const struct observed *seen, const struct addr *ip);

/* Does it keep all of that already? `seen` is the guest as it is now, or NULL. */
bool lease_declares(struct arena *arena, const struct lease *lease,
		    const struct desired *want, const struct observed *seen);

/* Take it over; what is pointed to is shared with the entry, or in `arena`. */
void lease_declare(struct arena *arena, struct lease *lease, const struct desired *want,
		   const struct observed *seen);
