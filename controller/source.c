/*
 * The happy path: look at people's branch, read vm7.yaml and what it names at its tip,
 * look at the branch of the leases if that is another, read the leases, have the
 * history back to the commit that they were computed from, and see that nobody but vm7
 * wrote vm7's files. A mistake in a file ends it as ERROR_INVALID with every mistake
 * collected.
 *
 * Where it is known what was good last, a mistake at the tip leaves the newest commit
 * before it in force that has none; and whatever else is wrong with the remote or the tip
 * leaves what was good last, to look after what was finished.
 */
#include "controller/source_files.h"

#include "base/hash.h"
#include "controller/rewrite.h"
#include "git/tree.h"

#include <string.h>
#include <strings.h>

/* Named after what has just finished. */
enum source_step {
	SOURCE_LOOKED,
	SOURCE_VOUCHED, /* for what people wish */
	SOURCE_TRACED,  /* the way from the tip back to what was good last */
	SOURCE_LEASES_LOOKED,
	SOURCE_DEEPENED,
};

enum { SOURCE_TRIES_MAX = 50 };

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

/* Of the commits since the one that the leases were computed from: what people say. */
static void read_people(struct source *s, const struct commit *commits, size_t len)
{
	s->last = s->leases.source;
	for (size_t i = len; i-- > 0;)
		if (!commits[i].ours)
			s->last = commits[i].id;
	add_allowances(s, commits, len);
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
	for (size_t i = len; i-- > 0;)
		if (!commits[i].ours)
			s->newest = commits[i].id;
		else if (same_branch)
			ours = commits[i].id;
	/* what is not in force allows nothing either */
	if (strcmp(s->desired, s->tip) != 0 &&
	    !repo_walk(s->spec.repo, s->arena, s->desired, until, SOURCE_WALK_MAX,
		       &commits, &len, err))
		return false;
	read_people(s, commits, len);
	if (same_branch && !ours)
		return rewrite_accepted(
			s, s->tip,
			arena_printf(s->arena,
				     "no commit of vm7 since %.8s, from which %s was "
				     "computed: its history was rewritten",
				     until, s->own.leases),
			err);
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

/*
 * The operator accepts a tip whose history does not lead to what was done before: all that
 * is known of people's commits is which one is the newest. They allow nothing.
 */
static bool read_rewritten(struct source *s, struct error *err)
{
	struct commit *commits;
	size_t len;

	if (!repo_walk(s->spec.repo, s->arena, s->desired, "", SOURCE_WALK_MAX, &commits,
		       &len, err))
		return false;
	for (size_t i = len; i-- > 0;)
		if (!commits[i].ours)
			s->last = commits[i].id;
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
	read_people(s, commits, len);
}

/* What is only looked at, or checked, is a person's own business. */
static bool is_acted_on(const struct source *s)
{
	return !s->spec.working_tree && !s->spec.only_desired && !s->spec.committed;
}

/* Our own commits will be the newest ones: can they be told from somebody else's? */
static bool can_go_on(const struct source *s, struct error *err)
{
	if (!*s->vouch.person || repo_signs(s->spec.repo) ||
	    !str_equal(s->branch, s->leases_branch))
		return true;
	return error_set(err, ERROR_REFUSED,
			 "git.require_signed needs git.signing_key: vm7 commits to %s, "
			 "and without a signature its own commits would be refused "
			 "there. Or name another branch for them: globals.ipam.branch",
			 s->branch);
}

/* Everything is read: what it came to is one hash. */
static bool conclude(struct source *s, struct text *contents, struct error *err)
{
	char sum[SHA256_HEX];

	if (s->spec.pushed && !source_is_pushed(s, err))
		return false;
	if (!s->spec.only_desired && !source_read_leases(s, contents, err))
		return false;
	if (is_acted_on(s) && !s->repairs.kind && !rewrite_serial(s, err))
		return false;
	hash_sha256_hex(text_str(contents), contents->len, sum);
	s->contents = arena_strdup(s->arena, sum);
	if (*s->desired) /* unless the history says that newer commits are vm7's own */
		s->last = arena_strdup(s->arena, s->desired);
	if (s->spec.working_tree && s->spec.head && s->leases.source)
		read_checkouts_history(s);
	return true;
}

/* The tips are known: read the files; history is needed where both branches are known. */
static bool read_files(struct source *s, struct error *err)
{
	bool first = s->step == SOURCE_LOOKED || s->step == SOURCE_TRACED;
	struct text contents;

	text_init(&contents, s->arena);
	if (!source_read_desired(s, &contents, err) ||
	    (!s->repairs.kind && !vouch_covers(&s->vouch, &s->own, err)))
		return false;
	s->leases_branch = is_set(&s->manifest.leases_branch.is)
				   ? s->manifest.leases_branch.value
				   : s->branch;
	if (s->leases_branch && s->branch && strcmp(s->leases_branch, s->branch) != 0 &&
	    first && !s->spec.offline && !s->spec.only_desired && !s->repairs.kind) {
		look_at(s, s->leases_branch, SOURCE_LEASES_LOOKED);
		return true;
	}
	if (!s->repairs.kind && !can_go_on(s, err))
		return false;
	return conclude(s, &contents, err);
}

/* Only where leases were computed before is there a commit to go back to. */
static bool needs_history(const struct source *s)
{
	return is_acted_on(s) && s->leases.source;
}

/* True when it has to be asked who signed the tip. */
static bool begin_vouching(struct source *s)
{
	if (!s->spec.signers || !is_acted_on(s))
		return false;
	s->step = SOURCE_VOUCHED;
	vouch_start(&s->vouch, s->arena, s->spec.repo, s->branch, s->tip,
		    in_folder(s->arena, s->spec.folder, "vm7.yaml"), s->spec.signers,
		    tick, s);
	return true;
}

static void deepen(struct source *s, const char *until, enum source_step step)
{
	s->step = (int)step;
	deepen_start(&s->deepen, s->spec.repo, s->branch, s->tip, until, tick, s);
}

/* True when the flow goes on by itself; else it is over. */
static bool read_on(struct source *s, struct error *err)
{
	int step = s->step;

	if (!read_files(s, err))
		return false;
	if (s->step != step)
		return true;
	if (needs_history(s))
		deepen(s, s->leases.source, SOURCE_DEEPENED);
	return s->step != step;
}

/* What was wrong is kept, and another commit can be read. */
static void set_aside(struct source *s, struct error *err)
{
	s->mistakes = s->diags;
	diags_init(&s->diags, s->arena);
	s->manifest = (struct manifest){ 0 };
	s->rejected = *err;
	*err = (struct error){ 0 };
}

/*
 * The newest commit of the branch itself before the tip whose files are without mistakes:
 * at the latest it is the one that was good last.
 */
static bool fall_back(struct source *s, struct error *err)
{
	const struct error why = s->rejected;
	char(*ids)[COMMIT_HEX];
	bool met, only_good;
	size_t len;

	if (!repo_mainline(s->spec.repo, s->arena, s->tip, s->good, SOURCE_TRIES_MAX,
			   &ids, &len, &met, err))
		return false;
	/* a signature vouches for its own tree: not for what a branch was in between; and
	 * what does not stand on the good one may lack it */
	only_good = s->spec.signers || !met;
	for (size_t i = only_good && len > 1 ? len : 1; i <= len; i++) {
		struct error mistake = { 0 };
		struct text contents;

		memcpy(s->desired, i < len ? ids[i] : s->good, sizeof(s->desired));
		text_init(&contents, s->arena);
		diags_init(&s->diags, s->arena);
		s->manifest = (struct manifest){ 0 };
		if (source_read_desired(s, &contents, &mistake))
			return true;
		if (mistake.kind != ERROR_INVALID) {
			*err = mistake;
			return false;
		}
	}
	*err = why;
	return false;
}

/* What was good last, without the remote. Nobody can be told what comes of it. */
static bool read_good(struct source *s, const struct error *why)
{
	const struct good *good = s->spec.good;
	struct error ignored = { 0 };

	if (!s->rejected.kind && why->kind == ERROR_INVALID)
		set_aside(s, &(struct error){ .kind = why->kind });
	s->repairs = *why;
	s->step = SOURCE_LOOKED;
	memcpy(s->desired, good->commit, sizeof(s->desired));
	memcpy(s->leases_tip, good->leases_tip, sizeof(s->leases_tip));
	diags_init(&s->diags, s->arena);
	s->manifest = (struct manifest){ 0 };
	s->leases = (struct leases){ 0 };
	s->allow_destroy = s->allow_replace = 0;
	if (!read_files(s, &ignored))
		return false;
	if (s->leases.source)
		s->last = s->leases.source;
	return true;
}

/* May it go on with what was good last? Only the disk and a person end it. */
static bool is_to_be_survived(const struct source *s)
{
	const enum error_kind kind = s->op.err.kind;

	return kind && kind != ERROR_CANCELED && kind != ERROR_LOCAL &&
	       s->spec.unattended && s->spec.good;
}

/* Whose commit it is, for who tells people about it. */
static void name_commit(struct source *s)
{
	struct commit *commits;
	struct error ignored;
	size_t len;

	if (!*s->desired || !repo_walk(s->spec.repo, s->arena, s->desired, "", 1,
				       &commits, &len, &ignored))
		return;
	s->subject = len == 1 ? commits[0].subject : NULL;
	s->author = len == 1 ? commits[0].author : NULL;
}

static void end(struct source *s)
{
	const struct error why = s->op.err;

	if (is_to_be_survived(s) && read_good(s, &why))
		s->op.err = (struct error){ 0 };
	if (s->spec.unattended)
		name_commit(s);
	op_finish(&s->op);
}

/* False: there is no such branch. */
static bool take_tip(struct source *s, const char *tip, struct error *err)
{
	memcpy(s->leases_tip, tip, sizeof(s->leases_tip));
	if (s->spec.working_tree)
		return true;
	memcpy(s->tip, tip, sizeof(s->tip));
	memcpy(s->desired, tip, sizeof(s->desired));
	return *tip || error_set(err, ERROR_FAILED, "the branch %s does not exist in %s",
				 s->branch, repo_name(s->spec.repo));
}

/*
 * The commit that was good last. Without a memory it is the one that the leases were
 * computed from, if they are where they usually are.
 */
static const char *good_before(struct source *s)
{
	struct diags ignored;
	struct leases leases;
	struct error err;
	struct file *file;

	if (s->spec.good)
		return s->spec.good->commit;
	diags_init(&ignored, s->arena);
	if (!tree_read(s->spec.repo, s->arena, s->tip,
		       in_folder(s->arena, s->spec.folder, "ipam/leases.json"), &file,
		       &err) ||
	    !file)
		return NULL;
	leases_read(&leases, s->arena, file, &ignored);
	return ignored.len == 0 ? leases.source : NULL;
}

/* Its files have mistakes, and another commit may still be in force. */
static bool traces_back(struct source *s, struct error *err)
{
	if (err->kind != ERROR_INVALID || !s->spec.unattended)
		return false;
	s->good = good_before(s);
	if (!s->good || strcmp(s->good, s->tip) == 0)
		return false;
	set_aside(s, err);
	deepen(s, s->good, SOURCE_TRACED);
	return true;
}

/* A commit is missing in the tip's history: may it be acted on all the same? */
static bool may_be_rewritten(struct source *s, const char *missing, struct error *err)
{
	const char *file = s->own.leases ? s->own.leases : "the lease file";

	return rewrite_accepted(
		s, s->tip,
		arena_printf(s->arena,
			     "%.8s, from which %s was computed, is not in the history "
			     "of %s any more: the branch went back or was rewritten",
			     missing, file, s->branch),
		err);
}

static void tick(void *flow)
{
	struct source *s = flow;
	struct error *err = &s->op.err;

	switch ((enum source_step)s->step) {
	case SOURCE_LOOKED:
		s->remote = s->look.op.err.kind;
		if (!said_by_remote(s, &s->look.op, err) ||
		    !take_tip(s, s->look.tip, err))
			break;
		if (begin_vouching(s) || read_on(s, err) || traces_back(s, err))
			return;
		break;
	case SOURCE_VOUCHED:
		if (!said_by_remote(s, &s->vouch.op, err))
			break;
		s->step = SOURCE_LOOKED;
		if (read_on(s, err) || traces_back(s, err))
			return;
		break;
	case SOURCE_TRACED:
		if (!said_by_remote(s, &s->deepen.op, err))
			break;
		if (!s->deepen.found) {
			if (may_be_rewritten(s, s->good, err))
				*err = s->rejected;
			break;
		}
		if (fall_back(s, err) && read_on(s, err))
			return;
		break;
	case SOURCE_LEASES_LOOKED:
		if (!said_by_remote(s, &s->look.op, err))
			break;
		memcpy(s->leases_tip, s->look.tip, sizeof(s->leases_tip));
		if (read_on(s, err))
			return;
		break;
	case SOURCE_DEEPENED:
		if (!said_by_remote(s, &s->deepen.op, err))
			break;
		if (s->deepen.found)
			read_history(s, err);
		else if (may_be_rewritten(s, s->leases.source, err))
			read_rewritten(s, err);
		break;
	}
	end(s);
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

/* Somebody has just looked: that counts. */
static void look_or_not(struct source *s)
{
	if (!s->spec.looked) {
		look_at(s, s->spec.branch, SOURCE_LOOKED);
		return;
	}
	s->step = SOURCE_LOOKED;
	op_begin(&s->look.op, tick, s);
	memcpy(s->look.tip, s->spec.looked, sizeof(s->look.tip));
	s->spec.looked = NULL; /* who reads again looks again */
	op_finish(&s->look.op);
}

void source_start(struct source *source, struct arena *arena,
		  const struct source_spec *spec, void (*resume)(void *flow), void *flow)
{
	*source =
		(struct source){ .arena = arena, .spec = *spec, .branch = spec->branch };
	source->clean = spec->head != NULL;
	op_begin(&source->op, resume, flow);
	diags_init(&source->diags, arena);
	diags_init(&source->mistakes, arena);
	if ((spec->working_tree &&
	     (spec->offline || spec->only_desired || !spec->branch)) ||
	    (spec->committed && spec->head))
		read_at_once(source);
	else
		look_or_not(source);
}

void source_cancel(struct source *source)
{
	switch ((enum source_step)source->step) {
	case SOURCE_LOOKED:
	case SOURCE_LEASES_LOOKED:
		look_cancel(&source->look);
		break;
	case SOURCE_VOUCHED:
		vouch_cancel(&source->vouch);
		break;
	case SOURCE_TRACED:
	case SOURCE_DEEPENED:
		deepen_cancel(&source->deepen);
		break;
	}
}
