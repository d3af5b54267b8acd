#include "git/push.h"

#include "git/command.h"
#include "git/commit.h"
#include "git/forward.h"
#include "git/signed.h"

#include "base/text.h"
#include "base/work.h"

#include <stdlib.h>
#include <string.h>

/* The steps are named after what has just finished. */
enum push_step {
	PUSH_WRITTEN, /* the text of a commit that is to be signed */
	PUSH_SIGNED,
	PUSH_COMMITTED,
	PUSH_SENT,
	PUSH_SWAPPED,
	PUSH_FORWARDED,
};

enum { SIGN_MS = 30000, SIGN_OUTPUT_MAX = 64 * 1024 };

struct push_work {
	struct push *push;
	struct repo *repo;
	struct arena *arena;
	const char *branch, *ref;
	enum push_step step;
	bool canceled;
	struct commit_work commit;
	struct work thread;
	struct child child;
	struct forward forward;
};

static void push_end(struct push_work *work)
{
	struct push *push = work->push;

	if (work->forward.note) {
		snprintf(push->note_text, sizeof(push->note_text), "%s",
			 work->forward.note);
		push->note = push->note_text;
	}
	if (push->end == PUSH_UNKNOWN)
		work->repo->swept = false;
	tally_add(work->repo, REPO_PUSH, &push->op.err);
	push->work = NULL;
	free(work->commit.unsigned_text);
	arena_destroy(work->arena);
	free(work);
	op_finish(&push->op);
}

static void push_tick(void *flow);

static void sign_commit(struct push_work *work)
{
	const struct child_spec spec = {
		.argv = (const char *const[]){ "ssh-keygen", "-Y", "sign", "-n", "git",
					       "-f", work->repo->signing_key_file, NULL },
		.env = signed_env(work->arena, work->repo),
		.input = work->commit.unsigned_text,
		.input_len = strlen(work->commit.unsigned_text),
		.output_max = SIGN_OUTPUT_MAX,
		.deadline_ms = SIGN_MS,
	};

	work->step = PUSH_SIGNED;
	child_start(&work->child, work->arena, &spec, push_tick, work);
}

/* It was never committed: not a byte has left. */
static bool judge_signature(struct push_work *work)
{
	struct error *err = &work->push->op.err;
	const struct child *child = &work->child;

	if (!op_ok(&child->op, err))
		return error_wrap(err, "signing with git.signing_key");
	if (child->exit_code != 0 || child->out.len == 0)
		return error_set(err, ERROR_DENIED,
				 "git.signing_key: ssh-keygen cannot sign with it (a "
				 "private key of OpenSSH, without a passphrase): %s",
				 signed_words(work->arena, text_str(&child->said)));
	work->commit.signature = str_trim(work->arena, text_str(&child->out));
	return true;
}

static void send_commit(struct push_work *work)
{
	const char *refspec =
		arena_printf(work->arena, "%s:%s", work->commit.commit, work->ref);

	work->step = PUSH_SENT;
	command_start(&work->child, work->arena, work->repo,
		      (const char *const[]){ "push", "--porcelain", "--no-verify",
					     "--no-follow-tags",
					     "--recurse-submodules=no", "--",
					     work->repo->remote, refspec, NULL },
		      push_tick, work);
}

/* Without a remote the local branch is swapped, if it is still what it was. */
static void swap(struct push_work *work)
{
	static const char none[] = "0000000000000000000000000000000000000000";
	const char *parent = *work->commit.parent ? work->commit.parent : none;

	work->step = PUSH_SWAPPED;
	command_start(&work->child, work->arena, work->repo,
		      (const char *const[]){ "update-ref", "-m", "vm7: commit", work->ref,
					     work->commit.commit, parent, NULL },
		      push_tick, work);
}

static bool ends(struct push_work *work, enum push_end end, enum error_kind kind,
		 const char *words)
{
	work->push->end = end;
	return error_set(&work->push->op.err, kind, "git push: %s", words);
}

/*
 * The line of `git push --porcelain` for our branch: a flag, "FROM:TO" and a summary,
 * with tabs between them. NULL: none came.
 */
static const char *status_line(struct push_work *work)
{
	const char *to = arena_printf(work->arena, ":%s\t", work->ref);
	char **lines;
	size_t count = str_split(work->arena, text_str(&work->child.out), "\n", &lines);

	for (size_t i = 0; i < count; i++)
		if (lines[i][0] && lines[i][1] == '\t' && strstr(lines[i], to))
			return lines[i];
	return NULL;
}

/* "[rejected] (fetch first)" and what servers say when somebody else was faster. */
static bool has_moved(const char *summary)
{
	static const char *const signs[] = {
		"[rejected]",  "failed to update ref",     "cannot lock ref",
		"fetch first", "incorrect old value",      "non-fast-forward",
		"stale info",  "reference already exists",
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(summary, signs[i]))
			return true;
	return false;
}

static bool judge_status(struct push_work *work, const char *line)
{
	const char *summary = strrchr(line, '\t') + 1;
	const char *words =
		command_remote_words(work->arena, text_str(&work->child.said));

	if (*line != '!') {
		work->push->end = PUSH_OK;
		return true;
	}
	summary = str_safe(work->arena, summary, 200);
	if (strstr(summary, "[remote failure]"))
		return ends(work, PUSH_UNKNOWN, ERROR_UNKNOWN, summary);
	if (has_moved(summary))
		return ends(work, PUSH_MOVED, ERROR_CONFLICT,
			    arena_printf(work->arena, "%s has moved: %s", work->branch,
					 summary));
	return ends(work, PUSH_REFUSED, ERROR_FAILED,
		    *words ? arena_printf(work->arena, "%s: %s", summary, words)
			   : summary);
}

/* Words of a git that ended before it had sent anything. */
static bool never_sent(const char *said)
{
	static const char *const signs[] = {
		"unable to access",
		"Could not read from remote repository",
		"does not appear to be a git repository",
		"hung up upon initial contact",
		"not valid: is this a git repository",
		"invalid server response",
		"Authentication failed",
		"could not read Username",
		"not found",
		"cannot run ssh",
		"not allowed",
		"unable to update url base from redirection",
		"dubious ownership",
		/* a server that answers a whole request with no has not carried it out */
		"RPC failed; HTTP 4",
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (strstr(said, signs[i]))
			return true;
	return false;
}

/* What became of the push? In doubt it may have arrived: the caller looks at the tip. */
static bool judge_push(struct push_work *work)
{
	struct error *err = &work->push->op.err;
	const char *line = status_line(work);

	if (line)
		return judge_status(work, line);
	if (command_ok(&work->child, work->arena, "push", err))
		return ends(work, PUSH_UNKNOWN, ERROR_UNKNOWN, "git said nothing");
	if (work->child.op.err.kind == ERROR_NONE &&
	    never_sent(text_str(&work->child.said)))
		return false;
	/* not even started */
	if (err->kind == ERROR_MISSING || err->kind == ERROR_LOCAL)
		return false;
	work->push->end = PUSH_UNKNOWN;
	if (err->kind != ERROR_CANCELED)
		err->kind = ERROR_UNKNOWN;
	return false;
}

static bool judge_swap(struct push_work *work)
{
	struct error *err = &work->push->op.err;
	const char *said = text_str(&work->child.said);

	if (command_ok(&work->child, work->arena, "update-ref", err)) {
		work->push->end = PUSH_OK;
		return true;
	}
	if (strstr(said, "but expected") || strstr(said, "reference already exists") ||
	    strstr(said, "unable to resolve reference"))
		return ends(work, PUSH_MOVED, ERROR_CONFLICT,
			    arena_printf(work->arena, "%s has moved", work->branch));
	if (work->child.op.err.kind != ERROR_NONE)
		work->push->end = PUSH_UNKNOWN;
	return false;
}

static void bring_along(struct push_work *work)
{
	work->step = PUSH_FORWARDED;
	forward_start(&work->forward, work->commit.parent, work->commit.commit, push_tick,
		      work);
}

/* Every wait ends here. */
static void push_tick(void *flow)
{
	struct push_work *work = flow;
	struct push *push = work->push;
	struct error *err = &push->op.err;

	switch (work->step) {
	case PUSH_WRITTEN:
		if (!op_ok(&work->thread.op, err))
			break;
		sign_commit(work);
		return;
	case PUSH_SIGNED:
		if (!judge_signature(work))
			break;
		work->step = PUSH_COMMITTED;
		work_start(&work->thread, commit_sign, &work->commit, push_tick, work);
		return;
	case PUSH_COMMITTED:
		if (!op_ok(&work->thread.op, err))
			break;
		memcpy(push->commit, work->commit.commit, COMMIT_HEX);
		if (work->canceled) {
			error_set(err, ERROR_CANCELED, "interrupted");
			break;
		}
		if (work->repo->remote)
			send_commit(work);
		else
			swap(work);
		return;
	case PUSH_SENT:
		if (!judge_push(work))
			break;
		bring_along(work);
		return;
	case PUSH_SWAPPED:
		if (!judge_swap(work))
			break;
		bring_along(work);
		return;
	case PUSH_FORWARDED: /* or not: the push itself went well */
		break;
	}
	push_end(work);
}

void push_start(struct push *push, struct repo *repo, const char *branch,
		const char *parent, const struct new_file *files, size_t files_len,
		const char *message, int64_t now, void (*resume)(void *flow), void *flow)
{
	struct push_work *work = xcalloc(1, sizeof(*work));
	struct arena *arena = arena_create();
	struct error *err = &push->op.err;

	*push = (struct push){ .work = work, .end = PUSH_REFUSED };
	op_begin(&push->op, resume, flow);
	work->push = push;
	work->repo = repo;
	work->arena = arena;
	work->branch = arena_strdup(arena, branch);
	work->ref = branch_ref(arena, branch, err);
	work->commit = (struct commit_work){
		.dir = git_repository_commondir(repo->git),
		.author = repo->author,
		.mail = repo->mail,
		.parent = arena_strdup(arena, parent),
		.files = files,
		.files_len = files_len,
		.message = arena_strdup(arena, message),
		.now = now,
		.sign = repo->signing_key_file != NULL,
	};
	if (!work->ref || !forward_init(&work->forward, repo, arena, work->branch, err)) {
		push_end(work);
		return;
	}
	work->step = work->commit.sign ? PUSH_WRITTEN : PUSH_COMMITTED;
	work_start(&work->thread, commit_make, &work->commit, push_tick, work);
}

void push_cancel(struct push *push)
{
	struct push_work *work = push->work;

	if (!work)
		return;
	work->canceled = true;
	child_cancel(&work->child);
	forward_cancel(&work->forward);
}
