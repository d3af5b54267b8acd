/*
 * The happy path: look at people's branch, read vm7.yaml and what it names at its tip,
 * look at the branch of the leases if that is another, read the leases, have the
 * history back to the commit that they were computed from, and see that nobody but vm7
 * wrote vm7's files. A mistake in a file ends it as ERROR_INVALID with every mistake
 * collected.
 */
#include "controller/source.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/vec.h"
#include "git/tree.h"

#include <string.h>
#include <strings.h>

enum { WALK_MAX = 100000 };

/* Named after what has just finished. */
enum source_step { SOURCE_LOOKED, SOURCE_LEASES_LOOKED, SOURCE_DEEPENED };

char *in_folder(struct arena *arena, const char *folder, const char *name)
{
	if (!*folder)
		return arena_strdup(arena, name);
	return arena_printf(arena, "%s/%s", folder, name);
}

/* A file of the working tree: is it as HEAD has it? */
static bool read_here(struct source *s, const char *path, struct file **out,
		      struct error *err)
{
	struct file *committed = NULL;

	if (!worktree_read(s->spec.repo, s->arena, path, out, err))
		return false;
	if (s->spec.head &&
	    !tree_read(s->spec.repo, s->arena, s->spec.head, path, &committed, err))
		return false;
	s->clean &= !*out == !committed &&
		    (!committed || str_equal((*out)->text, committed->text));
	return true;
}

static bool read_file(struct source *s, const char *path, struct file **out,
		      struct error *err)
{
	if (s->spec.working_tree)
		return read_here(s, path, out, err);
	return tree_read(s->spec.repo, s->arena, s->tip, path, out, err);
}

static bool is_included(void *what, const char *path)
{
	const struct manifest *manifest = what;

	for (size_t i = 0; i < manifest->include.len; i++)
		if (include_matches(manifest->include.at[i], path))
			return true;
	return false;
}

struct inputs {
	struct input *at;
	size_t len, cap;
};

static bool add_included(struct source *s, struct inputs *inputs, struct error *err)
{
	const char **paths;
	size_t len;
	bool listed;

	if (s->manifest.include.len == 0)
		return true;
	if (s->spec.working_tree)
		listed = worktree_list(s->spec.repo, s->arena, is_included, &s->manifest,
				       &paths, &len, err);
	else
		listed = tree_list(s->spec.repo, s->arena, s->tip, is_included,
				   &s->manifest, &paths, &len, err);
	for (size_t i = 0; listed && i < len; i++) {
		struct input *input = vec_push(s->arena, inputs);
		struct file *file;

		if (!read_file(s, paths[i], &file, err))
			return false;
		input->file = file;
		for (size_t j = 0; j < s->manifest.include.len && !input->pattern; j++)
			if (include_matches(s->manifest.include.at[j], paths[i]))
				input->pattern = s->manifest.include.at[j];
	}
	return listed;
}

static bool invalid(struct source *s, struct error *err)
{
	return error_set(err, ERROR_INVALID, "%zu mistake%s in the repository's files",
			 s->diags.len, s->diags.len == 1 ? "" : "s");
}

/*
 * The text that says what was read: equal contents, equal hash, whatever commit they
 * came by.
 */
static void add_contents(struct text *all, const char *path, const struct file *file)
{
	char sum[SHA256_HEX] = "-";

	if (file)
		hash_sha256_hex(file->text, file->len, sum);
	text_addf(all, "%s %s\n", path, sum);
}

static bool read_ca(struct source *s, const char *folder, struct error *err)
{
	const struct text_setting *ca_file = &s->manifest.proxmox.tls.ca_file;
	struct file *file;

	if (!is_set(&ca_file->is))
		return true;
	if (!read_file(s, in_folder(s->arena, folder, ca_file->value), &file, err))
		return false;
	if (!file)
		return error_set(err, ERROR_INVALID, "%s: tls.ca_file %s does not exist",
				 place_print(s->arena, ca_file->is.at), ca_file->value);
	s->ca_pem = file->text;
	return true;
}

static bool read_desired(struct source *s, struct text *contents, struct error *err)
{
	const char *folder = s->spec.folder;
	const char *main_path = in_folder(s->arena, folder, "vm7.yaml");
	struct inputs inputs = { 0 };
	const char *pools_path;
	struct file *file;

	if (!read_file(s, main_path, &file, err))
		return false;
	if (!file)
		return error_set(err, ERROR_INVALID,
				 "%s does not exist%s; vm7 init writes a first one",
				 main_path, s->spec.working_tree ? "" : " in the commit");
	if (!manifest_begin(&s->manifest, s->arena, file, &s->diags))
		return invalid(s, err);
	add_contents(contents, main_path, file);
	pools_path = in_folder(s->arena, folder, s->manifest.pools_file.value);
	if (!read_file(s, pools_path, &file, err))
		return false;
	*vec_push(s->arena, &inputs) = (struct input){ .file = file };
	add_contents(contents, pools_path, file);
	if (!add_included(s, &inputs, err) || !read_ca(s, folder, err))
		return false;
	for (size_t i = 1; i < inputs.len; i++)
		add_contents(contents, inputs.at[i].file->path, inputs.at[i].file);
	if (!manifest_finish(&s->manifest, s->arena, inputs.at, inputs.len, &s->diags))
		return invalid(s, err);
	s->own = (struct own_files){
		.leases = in_folder(s->arena, folder, s->manifest.leases_file.value),
		.inventory = in_folder(s->arena, folder, "inventory/inventory.yaml"),
		.hosts = in_folder(s->arena, folder, "inventory/hosts.yml"),
		.status = in_folder(s->arena, folder, "inventory/status.json"),
	};
	return true;
}

bool source_leases_at(struct source *s, const char *tip, struct leases *out,
		      struct error *err)
{
	struct file *file = NULL;

	if (*tip && !tree_read(s->spec.repo, s->arena, tip, s->own.leases, &file, err))
		return false;
	leases_read(out, s->arena, file, &s->diags);
	return s->diags.len == 0 || invalid(s, err);
}

static bool read_leases(struct source *s, struct text *contents, struct error *err)
{
	struct file *file = NULL;
	struct file *status = NULL;

	/*
	 * in a working tree leases are not read, but nothing there may lead elsewhere
	 * either
	 */
	if (s->spec.working_tree &&
	    !worktree_read(s->spec.repo, s->arena, s->own.leases, &file, err))
		return false;
	file = NULL;
	if (!source_leases_at(s, s->leases_tip, &s->leases, err))
		return false;
	if (*s->leases_tip && (!tree_read(s->spec.repo, s->arena, s->leases_tip,
					  s->own.leases, &file, err) ||
			       !tree_read(s->spec.repo, s->arena, s->leases_tip,
					  s->own.status, &status, err)))
		return false;
	add_contents(contents, s->own.leases, file);
	s->status_file = status;
	return true;
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

	if (!repo_walk(s->spec.repo, s->arena, s->tip, until, WALK_MAX, &commits, &len,
		       err))
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

static bool same_file(struct source *s, const char *path, struct error *err)
{
	struct file *here, *there;

	if (!worktree_read(s->spec.repo, s->arena, path, &here, err) ||
	    !tree_read(s->spec.repo, s->arena, s->tip, path, &there, err))
		return false;
	if (!here == !there && (!here || str_equal(here->text, there->text)))
		return true;
	return error_set(
		err, ERROR_REFUSED,
		"%s differs from what is on %s: commit and push first (or git pull)",
		path, s->branch);
}

/*
 * What is applied from a checkout is what everybody can see: its commits are on the
 * upstream, and the files that a pass reads have no changes of their own.
 */
static bool is_pushed(struct source *s, struct error *err)
{
	const char *folder = s->spec.folder;
	struct error why = { 0 };
	struct commit *commits;
	const char **paths;
	size_t len;

	if (s->spec.head && strcmp(s->spec.head, s->tip) != 0 &&
	    !repo_walk(s->spec.repo, s->arena, s->tip, s->spec.head, WALK_MAX, &commits,
		       &len, &why))
		return error_set(err, ERROR_REFUSED,
				 "HEAD (%.8s) is not on the upstream branch %s (%.8s): "
				 "commit and push first",
				 s->spec.head, s->branch, s->tip);
	if (s->spec.head && strcmp(s->spec.head, s->tip) != 0)
		return true; /* behind: the working tree is brought forward by the push */
	if (!same_file(s, in_folder(s->arena, folder, "vm7.yaml"), err) ||
	    !same_file(s, in_folder(s->arena, folder, s->manifest.pools_file.value), err))
		return false;
	if (s->manifest.include.len == 0)
		return true;
	if (!worktree_list(s->spec.repo, s->arena, is_included, &s->manifest, &paths,
			   &len, err))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!same_file(s, paths[i], err))
			return false;
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

	if (!repo_walk(s->spec.repo, s->arena, s->spec.head, s->leases.source, WALK_MAX,
		       &commits, &len, &ignored))
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

	if (s->spec.pushed && !is_pushed(s, err))
		return false;
	if (!s->spec.only_desired && !read_leases(s, contents, err))
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
	if (!read_desired(s, &contents, err))
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
