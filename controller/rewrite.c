#include "controller/rewrite.h"

#include "base/log.h"
#include "base/text.h"
#include "controller/seen.h"

#include <string.h>

enum { PREFIX_MIN = 8 };

bool rewrite_check(const char *accept, struct error *err)
{
	size_t len = strlen(accept);

	if (len >= PREFIX_MIN && len < COMMIT_HEX &&
	    strspn(accept, "0123456789abcdef") == len)
		return true;
	return error_set(err, ERROR_USAGE,
			 "--accept-rewrite %s: expected a commit, or at least its first "
			 "%d digits",
			 accept, PREFIX_MIN);
}

bool rewrite_accepted(struct source *source, const char *tip, const char *why,
		      struct error *err)
{
	const char *accept = source->spec.accept;

	if (accept && *tip && str_starts(tip, accept)) {
		if (!source->rewritten)
			log_notice("git", "%s, and %.12s is accepted by the operator",
				   why, tip);
		source->rewritten = true;
		source->unaccepted = NULL;
		return true;
	}
	source->unaccepted = arena_strdup(source->arena, tip);
	if (accept)
		return error_set(err, ERROR_REFUSED,
				 "%s; and %s is accepted, but the branch is at %s. See "
				 "vm7 plan --accept-rewrite %s",
				 why, accept, tip, tip);
	return error_set(err, ERROR_REFUSED,
			 "%s. A source older than the recorded one is never acted on. If "
			 "the branch is meant to be as it is, say so: vm7 %s "
			 "--accept-rewrite %s (vm7 plan shows what that would do)",
			 why, source->spec.unattended ? "reconcile" : "apply", tip);
}

bool rewrite_serial(struct source *source, struct error *err)
{
	struct leases *leases = &source->leases;
	unsigned last = seen_last(source->spec.repo, leases->instance);

	if (leases->serial >= last)
		return true;
	if (!rewrite_accepted(
		    source, source->leases_tip,
		    arena_printf(source->arena,
				 "the lease file has the serial %u, but %u was seen here "
				 "before: the branch went back",
				 leases->serial, last),
		    err))
		return false;
	leases->serial = last;
	return true;
}
