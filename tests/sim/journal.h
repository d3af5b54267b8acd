/* What --log gets: a line of JSON for each request, and for each fault that chance drew. */
#pragma once

#include "api.h"

#include <stdio.h>

struct journal {
	FILE *file; /* NULL: nobody reads it */
	unsigned long number;
};

/* `status` 0: there was no answer. */
void journal_call(struct journal *journal, const struct call *call, int status);

/* {"fault": ROW}: the rows of a run, put into a fault file, repeat it. */
void journal_fault(struct journal *journal, const json_t *row);
