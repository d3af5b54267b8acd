/*
 * A private key in a file, for programs that read it from nowhere else: readable by us
 * alone, and there for the time of the run only.
 */
#pragma once

#include "base/error.h"
#include "base/secret.h"

struct keyfile {
	char *path; /* malloc'd; NULL: none */
	int fd;     /* holds a lock: while it does, nobody sweeps the file away */
};

/* In `dir`, which is there. ERROR_LOCAL when that fails. */
bool keyfile_write(struct keyfile *file, const char *dir, const struct secret *key,
		   struct error *err);

/* Remove it. Fine when there is none. */
void keyfile_finish(struct keyfile *file);

/*
 * Remove what runs that were killed have left in `dir`: keys that nobody holds, and
 * signatures. Nobody else may be checking signatures there: the caller holds the lock.
 */
void keyfile_sweep(const char *dir);
