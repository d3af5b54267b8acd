/* The faults of --faults: read again when the file changes, and those that chance adds. */
#pragma once

#include "faults.h"

#include <sys/types.h>
#include <time.h>

struct fault_file {
	const char *path; /* NULL: none */
	struct timespec
		time; /* of the file when it was read, and which one it was: two */
	ino_t inode;  /* may be written within a tick of the clock */
	const json_t
		*random; /* chance's part while the file says nothing of it; or NULL */
	struct faults faults;
};

/* False: it is wrong, and the old faults stay. A file that is not there has no faults. */
bool fault_file_read(struct fault_file *file, struct error *err);

/* Read it again if it has changed; what is wrong is told on standard error. */
void fault_file_look(struct fault_file *file);
