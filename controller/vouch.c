#include "controller/vouch.h"

#include "base/text.h"
#include "base/vec.h"
#include "controller/source.h"

#include <string.h>

enum { WALKED_MAX = 100000 };

/* Named after what has just finished. */
enum vouch_step { VOUCH_SIGNED, VOUCH_DEEPENED };

static void tick(void *flow);

/* "%.12s by Eve <eve@example>": what is wrong, and the way out. */
static bool refuse(const struct vouch *v, struct error *err, const char *what)
{
	return error_set(err, ERROR_REFUSED,
			 "commit %.12s on %s, by %s, %s. This host acts on what a person "
			 "has signed (git.require_signed), and nothing was done. If the "
			 "commit is meant, put a signed one on top: git commit -S "
			 "--allow-empty",
			 v->at, v->branch, v->commit->author, what);
}

static bool refuse_signature(struct vouch *v, struct error *err)
{
	const struct signed_look *look = &v->look;
	const char *words =
		*look->words ? arena_printf(v->arena, " (%s)", look->words) : "";

	switch (look->by) {
	case SIGNED_NOT:
		return refuse(v, err, "is not signed");
	case SIGNED_BY_UNKNOWN:
		return refuse(v, err,
			      arena_printf(v->arena, "is signed by an unknown key, %s%s",
					   look->who, words));
	case SIGNED_EXPIRED:
		return refuse(v, err,
			      arena_printf(v->arena,
					   "is signed by a key that does not count any "
					   "more, of %s%s",
					   look->who, words));
	case SIGNED_BADLY:
		return refuse(v, err,
			      arena_printf(v->arena, "has a bad signature%s", words));
	case SIGNED_BY_PERSON:
	case SIGNED_BY_VM7:
		break;
	}
	return true;
}

static void look_at(struct vouch *v)
{
	v->step = VOUCH_SIGNED;
	signed_start(&v->look, v->arena, v->repo, v->at, v->signers, tick, v);
}

/* Who made the commit that is looked at, and on what? */
static bool read_commit(struct vouch *v, struct error *err)
{
	size_t len;

	if (!repo_walk(v->repo, v->arena, v->at, "", 1, &v->commit, &len, err))
		return false;
	return len == 1 ||
	       error_set(err, ERROR_LOCAL, "commit %.12s is not there", v->at);
}

/* What vm7 signs, it made on one parent. */
static bool may_be_walked_over(struct vouch *v, struct error *err)
{
	if (v->commit->parents != 1)
		return refuse(v, err,
			      v->commit->parents == 0
				      ? "is signed by vm7's own key, but is a first "
					"commit, which vm7 never makes"
				      : "is signed by vm7's own key, but is a merge, "
					"which vm7 never makes");
	return v->walked++ < WALKED_MAX ||
	       refuse(v, err, "has too many commits of vm7 below it");
}

static bool remember_touched(struct vouch *v, struct error *err)
{
	const char **paths, *commit = arena_strdup(v->arena, v->at);
	size_t len;

	if (!commit_touches(v->repo, v->arena, v->at, &paths, &len, err))
		return err->kind == ERROR_INVALID ? refuse(v, err, err->text) : false;
	for (size_t i = 0; i < len; i++) {
		bool known = false;

		if (strcmp(paths[i], v->main_path) == 0)
			return refuse(
				v, err,
				arena_printf(v->arena,
					     "is signed by vm7's own key, but touches "
					     "%s, which vm7 never writes",
					     v->main_path));
		for (size_t j = 0; j < v->touched.len && !known; j++)
			known = strcmp(v->touched.at[j].path, paths[i]) == 0;
		if (!known)
			*vec_push(v->arena, &v->touched) =
				(struct touched){ paths[i], commit };
	}
	return true;
}

/*
 * On to the parent; a cache has to ask for it first. The commit says how far back the
 * people's commit is; should that not help, the parent itself is asked for.
 */
static bool walk_on(struct vouch *v, struct error *err)
{
	const char *parent = v->commit->parent, *until = parent;
	size_t len;
	struct commit *there;
	struct error none = { 0 };

	if (!repo_walk(v->repo, v->arena, parent, "", 1, &there, &len, &none)) {
		if (v->deepened_to && strcmp(v->deepened_to, parent) == 0)
			return refuse(v, err,
				      "is vm7's own, and the one before it cannot be "
				      "fetched");
		if (v->commit->source && !v->deepened_to &&
		    strlen(v->commit->source) == COMMIT_HEX - 1)
			until = v->commit->source;
		v->deepened_to = until;
		v->step = VOUCH_DEEPENED;
		deepen_start(&v->deepen, v->repo, v->branch, v->tip, until, tick, v);
		return true;
	}
	if (!remember_touched(v, err))
		return false;
	memcpy(v->at, parent, sizeof(v->at));
	if (!read_commit(v, err))
		return false;
	look_at(v);
	return true;
}

/* Every wait ends here. */
static void tick(void *flow)
{
	struct vouch *v = flow;
	struct error *err = &v->op.err;

	switch ((enum vouch_step)v->step) {
	case VOUCH_SIGNED:
		if (!op_ok(&v->look.op, err) || !refuse_signature(v, err))
			break;
		if (v->look.by == SIGNED_BY_PERSON) {
			memcpy(v->person, v->at, sizeof(v->person));
			break;
		}
		if (!may_be_walked_over(v, err) || !walk_on(v, err))
			break;
		return;
	case VOUCH_DEEPENED:
		if (!op_ok(&v->deepen.op, err) || !walk_on(v, err))
			break;
		return;
	}
	op_finish(&v->op);
}

void vouch_start(struct vouch *vouch, struct arena *arena, struct repo *repo,
		 const char *branch, const char *tip, const char *main_path,
		 const struct signers *signers, void (*resume)(void *flow), void *flow)
{
	*vouch = (struct vouch){
		.arena = arena,
		.repo = repo,
		.signers = signers,
		.branch = branch,
		.tip = tip,
		.main_path = main_path,
	};
	op_begin(&vouch->op, resume, flow);
	memcpy(vouch->at, tip, sizeof(vouch->at));
	if (read_commit(vouch, &vouch->op.err))
		look_at(vouch);
	else
		op_finish(&vouch->op);
}

void vouch_cancel(struct vouch *vouch)
{
	switch ((enum vouch_step)vouch->step) {
	case VOUCH_SIGNED:
		signed_cancel(&vouch->look);
		break;
	case VOUCH_DEEPENED:
		deepen_cancel(&vouch->deepen);
		break;
	}
}

bool vouch_covers(const struct vouch *v, const struct own_files *own, struct error *err)
{
	const char *const files[] = { own->leases, own->inventory, own->hosts,
				      own->status };

	for (size_t i = 0; i < v->touched.len; i++) {
		const struct touched *touched = &v->touched.at[i];

		if (!str_in(touched->path, files, sizeof(files) / sizeof(files[0])))
			return error_set(
				err, ERROR_REFUSED,
				"commit %.12s on %s is signed by vm7's own key, but "
				"touches %s, which vm7 never writes: nothing was done. "
				"Who else has that key (git.signing_key)? If the commit "
				"is meant, put a signed one on top: git commit -S "
				"--allow-empty",
				touched->commit, v->branch,
				str_safe(v->arena, touched->path, 200));
	}
	return true;
}
