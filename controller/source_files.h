/* The files that a pass reads, for source.c alone. */
#pragma once

#include "base/text.h"
#include "controller/source.h"

enum { SOURCE_WALK_MAX = 100000 };

/*
 * vm7.yaml and what it names, of the commit `desired` or of the working tree. What was
 * read is added to `contents`. ERROR_INVALID with all mistakes in `diags`.
 */
bool source_read_desired(struct source *source, struct text *contents, struct error *err);

/* The lease file and what vm7 said last, of `leases_tip`. */
bool source_read_leases(struct source *source, struct text *contents, struct error *err);

/*
 * What is applied from a checkout is what everybody can see: its commits are on the
 * upstream, and the files that a pass reads have no changes of their own.
 */
bool source_is_pushed(struct source *source, struct error *err);
