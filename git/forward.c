#include "git/forward.h"

#include "git/command.h"

#include "base/text.h"

#include <string.h>

bool forward_init(struct forward *forward, struct repo *repo, struct arena *arena,
		  const char *branch, struct error *err)
{
	struct repo_head *head = &forward->before;

	*forward = (struct forward){ .repo = repo, .arena = arena };
	if (repo->cache)
		return true;
	if (!repo_head(repo, arena, head, err))
		return false;
	forward->wanted = head->branch &&
			  (repo->remote ? str_equal(head->remote, repo->remote) &&
						  str_equal(head->upstream_branch, branch)
					: str_equal(head->branch, branch));
	return true;
}

static void say(struct forward *forward, const char *why)
{
	forward->note = arena_printf(
		forward->arena,
		"your checkout was left as it is (%s): get what is new "
		"with git %s",
		why, forward->repo->remote ? "pull" : "checkout HEAD -- FILE");
}

static void forward_tick(void *flow)
{
	struct forward *forward = flow;
	struct error err = { 0 };

	if (!command_ok(&forward->child, forward->arena, "merge", &err))
		say(forward, err.text);
	op_finish(&forward->op);
}

/*
 * Where the branch follows a remote, git's own fast-forward moves branch, index and files
 * together. Where the branch itself was the remote, it has moved already: what is left is
 * the same two-way merge of index and files. Both leave alone what the person changed, or
 * do nothing at all.
 */
void forward_start(struct forward *forward, const char *parent, const char *commit,
		   void (*resume)(void *flow), void *flow)
{
	const char *const merge[] = { "merge", "--quiet", "--ff-only", commit, NULL };
	const char *const follow[] = { "read-tree", "-m", "-u", parent, commit, NULL };
	const char *const first[] = { "read-tree", "-m", "-u", commit, NULL };
	bool local = !forward->repo->remote;
	struct repo_head now;
	struct error err = { 0 };

	op_begin(&forward->op, resume, flow);
	if (!forward->wanted) {
		op_finish(&forward->op);
		return;
	}
	if (!repo_head(forward->repo, forward->arena, &now, &err)) {
		say(forward, err.text);
		op_finish(&forward->op);
		return;
	}
	if (!str_equal(now.branch, forward->before.branch) ||
	    strcmp(now.commit, local ? commit : forward->before.commit) != 0) {
		say(forward, "you have moved on meanwhile");
		op_finish(&forward->op);
		return;
	}
	command_start(&forward->child, forward->arena, forward->repo,
		      !local    ? merge
		      : *parent ? follow
				: first,
		      forward_tick, forward);
}

void forward_cancel(struct forward *forward)
{
	child_cancel(&forward->child);
}
