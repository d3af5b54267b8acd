/*
 * What was last seen here, in small files beside the repository's cache; a lost memory is
 * no error. The serial of the lease file: it never goes back. What was good last. And what
 * people and forges were told.
 */
#pragma once

#include "controller/source.h"

#include <jansson.h>

/* The last one that was seen of that instance; 0: none, or it was lost. */
unsigned seen_last(const struct repo *repo, const char *instance);

void seen_remember(const struct repo *repo, const char *instance, unsigned serial);

/* False: nothing is known. That the commits are still at hand is for who reads them. */
bool good_recall(const struct repo *repo, const char *branch, struct good *out);

void good_remember(const struct repo *repo, const char *branch, const struct good *good);

/* A small document under this name; NULL: nothing is known. A new reference. */
json_t *seen_document(const struct repo *repo, const char *name);

void seen_remember_document(const struct repo *repo, const char *name,
			    const json_t *document);
