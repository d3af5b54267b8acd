/*
 * A lease file that was lost -> leases as the guests themselves tell of them: the identity
 * line has instance and id, the config the rest.
 */
#pragma once

#include "reconcile/manifest.h"

/*
 * Of all guests of one instance that carry the line of `repository`, or have an entry:
 * instance, cluster and leases of `out`, which may have addresses that somebody told before
 * (bare leases). The name is that of the entry that adopted the
 * guest, else the guest's own. ERROR_REFUSED: there are none, or those of several
 * instances (named), or two say the same. ERROR_TEMPORARY: something could not be asked; a
 * lease that is missed would be made a second time.
 */
bool leases_recover(struct leases *out, struct arena *arena,
		    const struct manifest *manifest, const struct cluster_state *cluster,
		    const char *repository, const char *now, struct error *err);
