/* The files that a pass reads, at a commit or in a working tree. */
#include "controller/source_files.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/vec.h"
#include "git/tree.h"

#include <string.h>

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
	return tree_read(s->spec.repo, s->arena, s->desired, path, out, err);
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
		listed = tree_list(s->spec.repo, s->arena, s->desired, is_included,
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

bool source_read_desired(struct source *s, struct text *contents, struct error *err)
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

bool source_read_leases(struct source *s, struct text *contents, struct error *err)
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

bool source_is_pushed(struct source *s, struct error *err)
{
	const char *folder = s->spec.folder;
	struct error why = { 0 };
	struct commit *commits;
	const char **paths;
	size_t len;

	if (s->spec.head && strcmp(s->spec.head, s->tip) != 0 &&
	    !repo_walk(s->spec.repo, s->arena, s->tip, s->spec.head, SOURCE_WALK_MAX,
		       &commits, &len, &why))
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
