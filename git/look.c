#include "git/command.h"
#include "git/open.h"
#include "git/sweep.h"

#include "base/text.h"

#include <string.h>

/* The steps are named after what has just finished. */
enum look_step { LOOK_TIDIED, LOOK_LISTED, LOOK_FETCHED, LOOK_CONFIRMED };

struct look_work {
	struct look *look;
	struct repo *repo;
	struct arena *arena;
	const char *branch, *ref; /* "main", "refs/heads/main" */
	enum look_step step;
	bool renewed; /* the cache was damaged, and was begun anew */
	struct child child;
};

static void look_tick(void *flow);

static void look_end(struct look_work *work)
{
	struct look *look = work->look;

	/* A killed git may have left its locks behind. */
	if (look->op.err.kind != ERROR_NONE) {
		look->tip[0] = '\0';
		work->repo->swept = false;
	}
	tally_add(work->repo, REPO_LOOK, &look->op.err);
	look->work = NULL;
	arena_destroy(work->arena);
	free(work);
	op_finish(&look->op);
}

static void run(struct look_work *work, enum look_step step, const char *const *args)
{
	work->step = step;
	command_start(&work->child, work->arena, work->repo, args, look_tick, work);
}

/* A cache keeps the tip alone, under a ref of its own. */
static void cache_fetch(struct look_work *work)
{
	const char *refspec = arena_printf(work->arena, "+%s:%s", work->ref,
					   private_ref(work->arena, work->branch));

	run(work, LOOK_FETCHED,
	    (const char *const[]){ "fetch", "--quiet", "--depth=1", "--no-tags",
				   "--no-write-fetch-head", "--no-recurse-submodules",
				   "--", work->repo->remote, refspec, NULL });
}

/* A checkout is asked nothing but for the objects: no ref of the person's moves. */
static void checkout_fetch(struct look_work *work)
{
	run(work, LOOK_FETCHED,
	    (const char *const[]){ "fetch", "--quiet", "--no-tags",
				   "--no-write-fetch-head", "--no-recurse-submodules",
				   "--refmap=", "--", work->repo->remote, work->ref,
				   NULL });
}

static void list(struct look_work *work)
{
	run(work, LOOK_LISTED,
	    (const char *const[]){ "ls-remote", "--heads", "--", work->repo->remote,
				   work->ref, NULL });
}

/* "ID\tREF" lines; the pattern also fits refs that only end like ours. */
static void tip_of_list(struct look_work *work)
{
	char **lines;
	size_t count = str_split(work->arena, text_str(&work->child.out), "\n", &lines);

	for (size_t i = 0; i < count; i++) {
		const char *tab = strchr(lines[i], '\t');

		if (tab && tab - lines[i] == COMMIT_HEX - 1 &&
		    strcmp(tab + 1, work->ref) == 0)
			memcpy(work->look->tip, lines[i], COMMIT_HEX - 1);
	}
}

/*
 * There is no such branch, git said. Vm7 makes a first commit on such a word: it must not
 * be that of a login page.
 */
static void confirm(struct look_work *work)
{
	work->step = LOOK_CONFIRMED;
	command_start_traced(&work->child, work->arena, work->repo,
			     (const char *const[]){ "ls-remote", "--heads", "--",
						    work->repo->remote, work->ref, NULL },
			     look_tick, work);
}

static bool is_confirmed(const struct look_work *work, struct error *err)
{
	if (!command_ok(&work->child, work->arena, "ls-remote", err))
		return false;
	if (!command_spoke(&work->child))
		return error_set(err, ERROR_FAILED,
				 "git ls-remote: what answers there does not speak Git's "
				 "protocol (a proxy, a login page?)");
	if (work->child.out.len > 0)
		return error_set(err, ERROR_TEMPORARY, "git fetch: %s appeared just now",
				 work->branch);
	return true;
}

/* Words for objects and refs that a crash has left half written. */
static bool is_damaged(const struct child *child)
{
	static const char *const signs[] = {
		"bad object",
		"corrupt",
		"loose object",
		"inflate",
		"is too small",
		"does not point to a valid object",
		"bad signature",
		"bad config",
		"not a git repository:",
		"bad ref",
		"broken reference",
		"unable to read tree",
		"bad packed",
		"bad shallow line",
		"unable to read sha1 file",
		"reference broken",
		"failed to read object",
	};
	const char *said = text_str(&child->said);

	if (child->op.err.kind != ERROR_NONE || child->exit_code == 0)
		return false;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(said, signs[i]))
			return true;
	return false;
}

/*
 * A cache is safe to lose: where a crash has damaged it, it is begun anew, once a look,
 * rather than left broken until a person comes.
 */
static bool begin_anew(struct look_work *work)
{
	struct error ignored;

	if (!work->repo->cache || work->renewed || !cache_renew(work->repo, &ignored))
		return false;
	work->renewed = true;
	cache_fetch(work);
	return true;
}

static bool branch_missing(const struct child *child)
{
	return child->exit_code == 128 &&
	       strstr(text_str(&child->said), "couldn't find remote ref");
}

static bool is_at_hand(const struct look_work *work, struct error *err)
{
	const char *tip = work->look->tip;

	return commit_at_hand(work->repo, tip) ||
	       error_set(err, ERROR_TEMPORARY,
			 "git fetch: commit %.12s of %s did not arrive", tip,
			 work->branch);
}

/* Every wait ends here. */
static void look_tick(void *flow)
{
	struct look_work *work = flow;
	struct look *look = work->look;
	struct error *err = &look->op.err;

	switch (work->step) {
	case LOOK_TIDIED: /* tidy or not: the fetch tells what is wrong */
		if (work->child.op.err.kind == ERROR_CANCELED) {
			op_ok(&work->child.op, err);
			break;
		}
		cache_fetch(work);
		return;
	case LOOK_LISTED:
		if (!command_ok(&work->child, work->arena, "ls-remote", err))
			break;
		tip_of_list(work);
		if (*look->tip && commit_at_hand(work->repo, look->tip))
			break;
		if (*look->tip)
			checkout_fetch(work);
		else
			confirm(work);
		return;
	case LOOK_FETCHED:
		if (work->repo->cache && branch_missing(&work->child)) {
			confirm(work);
			return;
		}
		if (is_damaged(&work->child) && begin_anew(work))
			return;
		if (!command_ok(&work->child, work->arena, "fetch", err) ||
		    (work->repo->cache &&
		     !ref_commit(work->repo, private_ref(work->arena, work->branch),
				 look->tip, err)))
			break;
		if (!commit_at_hand(work->repo, look->tip) && begin_anew(work))
			return;
		is_at_hand(work, err);
		break;
	case LOOK_CONFIRMED:
		is_confirmed(work, err);
		break;
	}
	look_end(work);
}

void look_start(struct look *look, struct repo *repo, const char *branch,
		void (*resume)(void *flow), void *flow)
{
	struct look_work *work = xcalloc(1, sizeof(*work));
	struct error *err = &look->op.err;

	*look = (struct look){ .work = work };
	op_begin(&look->op, resume, flow);
	work->look = look;
	work->repo = repo;
	work->arena = arena_create();
	work->branch = arena_strdup(work->arena, branch);
	work->ref = branch_ref(work->arena, branch, err);
	if (!work->ref || (repo->cache && !sweep(repo, err))) {
		look_end(work);
	} else if (!repo->remote) { /* the local branch is the remote */
		ref_commit(repo, work->ref, look->tip, err);
		look_end(work);
	} else if (!repo->cache) {
		list(work);
	} else if (sweep_is_due(repo)) {
		run(work, LOOK_TIDIED,
		    (const char *const[]){ "gc", "--quiet", "--prune=now", NULL });
	} else {
		cache_fetch(work);
	}
}

void look_cancel(struct look *look)
{
	if (look->work)
		child_cancel(&look->work->child);
}
