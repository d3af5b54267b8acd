/*
 * A child process as an operation: its output kept up to a bound, its end certain.
 *
 * The child leads a session and process group of its own, so that a signal reaches its
 * helpers too (`git` leaves its `git-remote-https` or `ssh` behind when it alone is
 * killed), and so that it has no terminal to ask anything on.
 */
#pragma once

#include "base/op.h"
#include "base/text.h"

#include <stddef.h>
#include <stdint.h>

struct child_spec {
	/* Ends in NULL. argv[0] is the program, looked for in the PATH of `env`.
	 * Everybody on the machine can read arguments: no secrets here. */
	const char *const *argv;
	const char *const *env; /* all of its environment; ends in NULL */
	const char *input;      /* what it reads from standard input; NULL: nothing */
	size_t input_len;
	size_t output_max; /* bytes kept of each output; what is more is read and dropped
			    */
	uint64_t deadline_ms;
};

struct child {
	struct op op;
	int exit_code;         /* -1 when a signal ended it */
	int signal;            /* that signal, else 0 */
	struct text out, said; /* its standard output and standard error, in the arena */
	bool cut;              /* one of them was longer than output_max */
	struct child_run *run; /* NULL when it does not run */
};

/*
 * Start it. The spec is copied where that is needed; `arena` has to live until the flow
 * is resumed, and as long as the output is wanted.
 *
 * An exit code other than 0 is no error of the operation: the caller knows what it means.
 * Errors are ERROR_MISSING (no such program), ERROR_LOCAL (it cannot be started),
 * ERROR_TEMPORARY (it had not ended by the deadline) and ERROR_CANCELED. At the deadline
 * and when canceled the whole group gets SIGTERM, and two seconds later SIGKILL; the flow
 * is resumed when it is gone. Output kept until then is there in every case.
 */
void child_start(struct child *child, struct arena *arena, const struct child_spec *spec,
		 void (*resume)(void *flow), void *flow);

/* Have it end now. Fine when it does not run. */
void child_cancel(struct child *child);
