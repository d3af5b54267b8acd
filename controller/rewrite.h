/*
 * A branch that went back or was rewritten is not acted on, until an operator says so of
 * exactly one commit (--accept-rewrite).
 */
#pragma once

#include "controller/source.h"

/*
 * Is it a commit id, or a prefix of one that is long enough? ERROR_USAGE when not.
 */
bool rewrite_check(const char *accept, struct error *err);

/*
 * `why` says what is wrong with the history of people's branch or, with `tip` its newest
 * commit. True, and source->rewritten, when the operator accepts that commit. Else
 * ERROR_REFUSED: why, and the command that would accept it.
 */
bool rewrite_accepted(struct source *source, const char *tip, const char *why,
		      struct error *err);

/*
 * The lease file's serial never goes back either, as far as this host remembers; where
 * that is accepted, it goes on from the highest that was seen.
 */
bool rewrite_serial(struct source *source, struct error *err);
