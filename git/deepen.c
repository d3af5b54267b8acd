#include "git/command.h"
#include "git/history.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FIRST_STEP = 32,
	STEP_FACTOR = 4,
	STEP_MAX = 1 << 30,
	/* Holes in side branches are worth this many commits of depth. */
	SIDES_MAX = 1024,
};

struct deepen_work {
	struct deepen *deepen;
	struct repo *repo;
	struct arena *arena;
	const char *branch, *ref, *tip, *until;
	struct stat before; /* of the list of commits that are cut */
	unsigned step;
	struct child child;
};

static void deepen_end(struct deepen_work *work)
{
	struct deepen *deepen = work->deepen;

	if (deepen->op.err.kind != ERROR_NONE)
		work->repo->swept = false;
	tally_add(work->repo, REPO_DEEPEN, &deepen->op.err);
	deepen->work = NULL;
	arena_destroy(work->arena);
	free(work);
	op_finish(&deepen->op);
}

/* git replaces the file when it changes it: a new one has another inode or time. */
static struct stat cuts(const struct deepen_work *work)
{
	const char *path = arena_printf(work->arena, "%s/shallow",
					git_repository_commondir(work->repo->git));
	struct stat st = { 0 };

	if (stat(path, &st) < 0)
		st = (struct stat){ 0 };
	return st;
}

static bool same_cuts(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_enough(struct deepen_work *work, struct error *err)
{
	struct arena *scratch = arena_create();
	struct history history;
	bool enough = true;

	if (history_walk(&history, work->repo, scratch, work->tip, work->until, 0, err)) {
		work->deepen->found = history.reached;
		if (history.reached)
			/*
			 * it may be known as somebody's parent only: its files are
			 * wanted
			 */
			enough = commit_at_hand(work->repo, work->until) &&
				 (history.holes == 0 || work->step > SIDES_MAX);
		else
			enough = history.holes == 0;
	}
	arena_destroy(scratch);
	return enough;
}

static void deepen_tick(void *flow);

static void fetch_more(struct deepen_work *work)
{
	struct repo *repo = work->repo;
	const char *refspec = work->ref;

	if (repo->cache)
		refspec = arena_printf(work->arena, "+%s:%s", work->ref,
				       private_ref(work->arena, work->branch));
	work->before = cuts(work);
	command_start(&work->child, work->arena, repo,
		      (const char *const[]){
			      "fetch", "--quiet",
			      arena_printf(work->arena, "--deepen=%u", work->step),
			      "--no-tags", "--no-write-fetch-head",
			      "--no-recurse-submodules", "--refmap=", "--", repo->remote,
			      refspec, NULL },
		      deepen_tick, work);
	work->step =
		work->step < STEP_MAX / STEP_FACTOR ? work->step * STEP_FACTOR : STEP_MAX;
}

static void deepen_tick(void *flow)
{
	struct deepen_work *work = flow;
	struct error *err = &work->deepen->op.err;
	struct stat now;

	if (command_ok(&work->child, work->arena, "fetch", err)) {
		now = cuts(work);
		if (!is_enough(work, err) && !same_cuts(&now, &work->before)) {
			fetch_more(work);
			return;
		}
	}
	deepen_end(work);
}

void deepen_start(struct deepen *deepen, struct repo *repo, const char *branch,
		  const char *tip, const char *until, void (*resume)(void *flow),
		  void *flow)
{
	struct deepen_work *work = xcalloc(1, sizeof(*work));
	struct error *err = &deepen->op.err;

	*deepen = (struct deepen){ .work = work };
	op_begin(&deepen->op, resume, flow);
	work->deepen = deepen;
	work->repo = repo;
	work->arena = arena_create();
	work->branch = arena_strdup(work->arena, branch);
	work->tip = arena_strdup(work->arena, tip);
	work->until = arena_strdup(work->arena, until);
	work->step = FIRST_STEP;
	work->ref = branch_ref(work->arena, branch, err);
	if (!work->ref || is_enough(work, err) || !repo->remote ||
	    !git_repository_is_shallow(repo->git))
		deepen_end(work);
	else
		fetch_more(work);
}

void deepen_cancel(struct deepen *deepen)
{
	if (deepen->work)
		child_cancel(&deepen->work->child);
}
