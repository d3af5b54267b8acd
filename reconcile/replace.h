/*
 * What a guest cannot become without being made anew: its type, what it was made from,
 * whether a container is unprivileged.
 */
#pragma once

#include "reconcile/guest.h"

/* What a guest is made from: "9000", or the volume of an archive; NULL: its entry does not
 * say. */
const char *origin_of(struct arena *arena, const struct desired *want);

/*
 * Why a guest would have to be made anew to be as its entry says; NULL: it would not, or
 * nobody knows. `seen` may be NULL. Where the entry says replace: ignore, what it was made
 * from is no reason.
 */
const char *why_replaced(struct arena *arena, const struct lease *lease,
			 const struct desired *want, const struct observed *seen);

/*
 * May a pass replace it? Then what it would be made from has to be looked at before. Of a
 * container it is known only when it was observed.
 */
bool may_be_replaced(const struct lease *lease, const struct desired *want);
