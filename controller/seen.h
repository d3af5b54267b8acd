/* The serial of the lease file as it was last seen here: a lease file never goes back. */
#pragma once

#include "git/repo.h"

/*
 * ERROR_REFUSED when a later one of the same instance was seen. A lost memory is no
 * error.
 */
bool seen_check(const struct repo *repo, const char *instance, unsigned serial,
		struct error *err);

/* The last one that was seen of that instance; 0: none. */
unsigned seen_last(const struct repo *repo, const char *instance);

void seen_remember(const struct repo *repo, const char *instance, unsigned serial);
