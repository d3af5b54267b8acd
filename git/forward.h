/* A person's branch and working tree, brought up to a commit that was just accepted. */
#pragma once

#include "base/child.h"
#include "git/inside.h"

/*
 * Remember where the person stands before the push, then bring them along: only when HEAD
 * is still where it was and follows the pushed branch. `note` is set when they could not
 * be brought along; it never fails.
 */
struct forward {
	struct op op;
	const char *note; /* in the arena; NULL: done, or there was nothing to do */
	/* private */
	struct repo *repo;
	struct arena *arena;
	bool wanted; /* HEAD follows the branch that is pushed to */
	struct repo_head before;
	struct child child;
};

/* Before the push to `branch` of the repository's remote. */
bool forward_init(struct forward *forward, struct repo *repo, struct arena *arena,
		  const char *branch, struct error *err);

/* After it: `parent` was the branch's commit, `commit` is it now. */
void forward_start(struct forward *forward, const char *parent, const char *commit,
		   void (*resume)(void *flow), void *flow);
void forward_cancel(struct forward *forward);
