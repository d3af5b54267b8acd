/*
 * A commit of ours on exactly the tip that was read, and its way to the remote.
 *
 * Nothing is ever forced: our commit's parent is the tip that was read, so a plain push
 * is a compare-and-swap on the server.
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
	PUSH_REFUSED, /* the remote will not have it (hook, protected branch), or was never
			 reached; op.err has its words */
	PUSH_UNKNOWN, /* no answer: look at the tip to learn what became of it */
};

/*
 * Commit `files` on top of `parent` ("" makes a first commit of an empty branch) and push
 * it to `branch`, only if the branch is still at `parent`. `branch` is its name on the
 * remote. The message is the subject, a blank line, the body, and the trailers, which the
 * caller has written. `files` and what they point to have to stay until the flow is
 * resumed; the rest is copied.
 *
 * In a checkout whose HEAD follows the branch, the person's branch and working tree are
 * fast-forwarded afterwards; where their own changes stand in the way, or they have moved
 * on meanwhile, everything of theirs is left alone and `note` says so. A note never makes
 * a push fail.
 *
 * PUSH_OK ends well; every other end is an error of its kind: PUSH_MOVED ERROR_CONFLICT,
 * PUSH_UNKNOWN ERROR_UNKNOWN (ERROR_CANCELED when canceled while sending), PUSH_REFUSED
 * ERROR_FAILED with the remote's words, or another kind when the push never got that far:
 * ERROR_TEMPORARY and ERROR_DENIED for the way to the remote, ERROR_DENIED and
 * ERROR_MISSING when the commit cannot be signed, ERROR_INVALID when a folder or link of
 * the repository stands where a file should, ERROR_LOCAL for the disk and for files that
 * change nothing (the caller's mistake).
 */
struct push {
	struct op op;
	enum push_end end;
	char commit[COMMIT_HEX]; /* ours; "" when none was made */
	const char *note;        /* in note_text; NULL: nothing to say */
	char note_text[1000];
	struct push_work *work;
};
void push_start(struct push *push, struct repo *repo, const char *branch,
		const char *parent, const struct new_file *files, size_t files_len,
		const char *message, int64_t now, void (*resume)(void *flow), void *flow);
void push_cancel(struct push *push);
