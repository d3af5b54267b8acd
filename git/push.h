/*
 * A commit of ours on exactly the tip that was read, and its way to the remote.
 */
#pragma once

#include "git/repo.h"

struct new_file {
	const char *path; /* from the root of the repository */
	const char *text;
	size_t len;
};

enum push_end {
	PUSH_OK,      /* the branch is at our commit */
	PUSH_MOVED,   /* it has moved: look again and decide again */
	PUSH_REFUSED, /* the remote will not have it (hook, protected branch); op.err has
			 its words */
	PUSH_UNKNOWN, /* no answer: look at the tip to learn what became of it */
};

/*
 * Commit `files` on top of `parent` ("" makes a first commit of an empty branch) and push
 * it to `branch`, only if the branch is still at `parent`. The message is the subject, a
 * blank line, the body, and the trailers, which the caller has written. In a checkout the
 * person's branch is fast-forwarded afterwards; where their working tree stands in the
 * way it is left alone and `note` says so. PUSH_OK ends well; every other end is an error
 * of its kind: ERROR_CONFLICT, ERROR_REFUSED, ERROR_UNKNOWN, or
 * ERROR_TEMPORARY/ERROR_DENIED when the remote was never reached. Committing files that
 * change nothing is the caller's mistake (ERROR_LOCAL).
 */
struct push {
	struct op op;
	enum push_end end;
	char commit[COMMIT_HEX]; /* ours */
	const char *note;
	struct push_work *work;
};
void push_start(struct push *push, struct repo *repo, const char *branch,
		const char *parent, const struct new_file *files, size_t files_len,
		const char *message, int64_t now, void (*resume)(void *flow), void *flow);
void push_cancel(struct push *push);
