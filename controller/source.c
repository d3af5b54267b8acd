/*
 * The happy path: look at people's branch, read vm7.yaml and what it names at its tip,
 * look at the branch of the leases if that is another, read the leases, have the
 * history back to the commit that they were computed from, and see that nobody but vm7
 * wrote vm7's files. A mistake in a file ends it as ERROR_INVALID with every mistake
 * collected.
 */
#include "controller/source_files.h"

#include "base/hash.h"
#include "git/tree.h"

#include <string.h>
#include <strings.h>

/* Named after what has just finished. */
enum source_step {
	SOURCE_LOOKED,
	SOURCE_LEASES_LOOKED,
	SOURCE_DEEPENED,
};

char *in_folder(struct arena *arena, const char *folder, const char *name)
{
	if (!*folder)
		return arena_strdup(arena, name);
	return arena_printf(arena, "%s/%s", folder, name);
}

/* Nobody but vm7 writes what vm7 writes: the tip has it as our newest commit left it. */
static bool ours_are_untouched(struct source *s, const char *ours, struct error *err)
{
	const char *paths[] = { s->own.leases, s->own.inventory, s->own.hosts,
				s->own.status };
	char then[COMMIT_HEX], now[COMMIT_HEX];

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!tree_id(s->spec.repo, ours, paths[i], then, err) ||
		    !tree_id(s->spec.repo, s->leases_tip, paths[i], now, err))
			return false;
		if (strcmp(then, now) != 0)
			return error_set(err, ERROR_REFUSED,
					 "%s was %s by somebody else after vm7's commit "
					 "%.8s: it is written by "
					 "vm7 alone. git revert that change, or restore "
					 "it: git checkout %.8s -- %s",
					 paths[i], *now ? "changed" : "removed", ours,
					 ours, paths[i]);
	}
	return true;
}

/* How much people allow one pass: budgets of several commits add up. */
static void add_allowances(struct source *s, const struct commit *commits, size_t len)
{
	for (size_t i = 0; i < len; i++)
		for (size_t j = 0; !commits[i].ours && j < commits[i].trailers_len; j++) {
			const struct trailer *trailer = &commits[i].trailers[j];
			uint64_t number;

			if (!str_number(trailer->value, &number) || number > 100000)
				continue;
			if (strcasecmp(trailer->key, "Vm7-Allow-Destroy") == 0)
				s->allow_destroy += (long)number;
			else if (strcasecmp(trailer->key, "Vm7-Allow-Replace") == 0)
				s->allow_replace += (long)number;
		}
}

/*
 * The newest commits of people and of ours since the one the leases were computed from.
 */
static bool read_history(struct source *s, struct error *err)
{
	const char *until = s->leases.source, *ours = NULL;
	bool same_branch = strcmp(s->branch, s->leases_branch) == 0;
	struct commit *commits;
	size_t len;

	if (!repo_walk(s->spec.repo, s->arena, s->tip, until, SOURCE_WALK_MAX, &commits,
		       &len, err))
		return false;
	s->last = s->leases.source;
	for (size_t i = len; i-- > 0;) {
		if (commits[i].ours && same_branch)
			ours = commits[i].id;
		else if (!commits[i].ours)
			s->last = commits[i].id;
	}
	add_allowances(s, commits, len);
	if (same_branch && !ours)
		return error_set(err, ERROR_REFUSED,
				 "no commit of vm7 since %.8s, from which %s was "
				 "computed: its history was "
				 "rewritten. Restore vm7's commits",
				 until, s->own.leases);
	if (same_branch)
		return ours_are_untouched(s, ours, err);
	if (!repo_walk(s->spec.repo, s->arena, s->leases_tip, "", 1, &commits, &len, err))
		return false;
	if (len == 1 && !commits[0].ours)
		return error_set(err, ERROR_REFUSED,
				 "%.8s on %s is not vm7's: the branch is written by vm7 "
				 "alone. git revert it",
				 s->leases_tip, s->leases_branch);
	return true;
}

static void tick(void *flow);

/* Which remote it was that did not answer as hoped. */
static bool said_by_remote(struct source *s, const struct op *op, struct error *err)
{
	return op_ok(op, err) || error_wrap(err, "%s", repo_name(s->spec.repo));
}

static void look_at(struct source *s, const char *branch, enum source_step step)
{
	s->step = (int)step;
	look_start(&s->look, s->spec.repo, branch, tick, s);
}

/*
 * What a merge of this checkout would bring: trailers, and whether there is anything new.
 * As far as its history is at hand: a pipeline's is often shallow.
 */
static void read_checkouts_history(struct source *s)
{
	struct commit *commits;
	struct error ignored;
	size_t len;

	if (!repo_walk(s->spec.repo, s->arena, s->spec.head, s->leases.source,
		       SOURCE_WALK_MAX, &commits, &len, &ignored))
		return;
	s->last = s->leases.source;
	for (size_t i = len; i-- > 0;)
		if (!commits[i].ours)
			s->last = commits[i].id;
	add_allowances(s, commits, len);
}

/* Everything is read: what it came to is one hash. */
static bool conclude(struct source *s, struct text *contents, struct error *err)
{
	char sum[SHA256_HEX];

	if (s->spec.pushed && !source_is_pushed(s, err))
		return false;
	if (!s->spec.only_desired && !source_read_leases(s, contents, err))
		return false;
	hash_sha256_hex(text_str(contents), contents->len, sum);
	s->contents = arena_strdup(s->arena, sum);
	if (*s->tip) /* unless the history says that newer commits are vm7's own */
		s->last = arena_strdup(s->arena, s->tip);
	if (s->spec.working_tree && s->spec.head && s->leases.source)
		read_checkouts_history(s);
	return true;
}

/* The tips are known: read the files; history is needed where both branches are known. */
static bool read_files(struct source *s, struct error *err)
{
	struct text contents;

	text_init(&contents, s->arena);
	if (!source_read_desired(s, &contents, err))
		return false;
	s->leases_branch = is_set(&s->manifest.leases_branch.is)
				   ? s->manifest.leases_branch.value
				   : s->branch;
	if (s->leases_branch && s->branch && strcmp(s->leases_branch, s->branch) != 0 &&
	    s->step == SOURCE_LOOKED && !s->spec.offline && !s->spec.only_desired) {
		look_at(s, s->leases_branch, SOURCE_LEASES_LOOKED);
		return true;
	}
	return conclude(s, &contents, err);
}

/* Only where leases were computed before is there a commit to go back to. */
static bool needs_history(const struct source *s)
{
	return !s->spec.working_tree && !s->spec.only_desired && !s->spec.committed &&
	       s->leases.source;
}

static void tick(void *flow)
{
	struct source *s = flow;
	struct error *err = &s->op.err;

	switch ((enum source_step)s->step) {
	case SOURCE_LOOKED:
		if (!said_by_remote(s, &s->look.op, err))
			break;
		memcpy(s->leases_tip, s->look.tip, sizeof(s->leases_tip));
		if (!s->spec.working_tree)
			memcpy(s->tip, s->look.tip, sizeof(s->tip));
		if (!s->spec.working_tree && !*s->tip) {
			error_set(err, ERROR_FAILED, "the branch %s does not exist in %s",
				  s->branch, repo_name(s->spec.repo));
			break;
		}
		memcpy(s->desired, s->tip, sizeof(s->desired));
		if (!read_files(s, err))
			break;
		if (s->step != SOURCE_LOOKED)
			return;
		if (!needs_history(s))
			break;
		s->step = SOURCE_DEEPENED;
		deepen_start(&s->deepen, s->spec.repo, s->branch, s->tip,
			     s->leases.source, tick, s);
		return;
	case SOURCE_LEASES_LOOKED:
		if (!said_by_remote(s, &s->look.op, err))
			break;
		memcpy(s->leases_tip, s->look.tip, sizeof(s->leases_tip));
		if (!read_files(s, err) || !needs_history(s))
			break;
		s->step = SOURCE_DEEPENED;
		deepen_start(&s->deepen, s->spec.repo, s->branch, s->tip,
			     s->leases.source, tick, s);
		return;
	case SOURCE_DEEPENED:
		if (!said_by_remote(s, &s->deepen.op, err))
			break;
		if (!s->deepen.found) {
			error_set(err, ERROR_REFUSED,
				  "%.8s, from which %s was computed, is not in the "
				  "history of %s any more: the "
				  "branch went back or was rewritten. A source older "
				  "than the recorded one is "
				  "never acted on",
				  s->leases.source, s->own.leases, s->branch);
			break;
		}
		read_history(s, err);
		break;
	}
	op_finish(&s->op);
}

/* Without the remote: what HEAD has committed, or the working tree with HEAD's leases. */
static void read_at_once(struct source *s)
{
	if (s->spec.head)
		memcpy(s->leases_tip, s->spec.head, sizeof(s->leases_tip));
	if (s->spec.head && !s->spec.working_tree)
		memcpy(s->tip, s->spec.head, sizeof(s->tip));
	memcpy(s->desired, s->tip, sizeof(s->desired));
	s->step = SOURCE_LOOKED;
	if (read_files(s, &s->op.err) && s->leases.source)
		s->last = s->leases.source;
	if (s->step == SOURCE_LOOKED)
		op_finish(&s->op);
}

void source_start(struct source *source, struct arena *arena,
		  const struct source_spec *spec, void (*resume)(void *flow), void *flow)
{
	*source =
		(struct source){ .arena = arena, .spec = *spec, .branch = spec->branch };
	source->clean = spec->head != NULL;
	op_begin(&source->op, resume, flow);
	diags_init(&source->diags, arena);
	if ((spec->working_tree &&
	     (spec->offline || spec->only_desired || !spec->branch)) ||
	    (spec->committed && spec->head))
		read_at_once(source);
	else
		look_at(source, spec->branch, SOURCE_LOOKED);
}

void source_cancel(struct source *source)
{
	switch ((enum source_step)source->step) {
	case SOURCE_LOOKED:
	case SOURCE_LEASES_LOOKED:
		look_cancel(&source->look);
		break;
	case SOURCE_DEEPENED:
		deepen_cancel(&source->deepen);
		break;
	}
}
