#include "tests/lib/gitbox.h"

static struct box box;

/*
 * Files as a hostile person may lay them, in a commit and in the working tree alike.
 */
#define FILES                                                                           \
	"cd person && mkdir -p guests/deep ipam && "                                    \
	"echo web > guests/web.yaml && echo db > guests/deep/db.yaml && "               \
	"echo '#!' > guests/run.sh && chmod 755 guests/run.sh && "                      \
	"ln -s /etc/passwd link.yaml && ln -s guests linked && ln -s ../../outside up " \
	"&& "                                                                           \
	"printf 'a\\0b' > zero && : > empty && "                                        \
                                                                                        \
	"git init -q sub && git -C sub commit -q --allow-empty -m s && echo s > "       \
	"sub/s.yaml && "                                                                \
	"git -C sub add . && git -C sub commit -q -m s && "                             \
	"git add -A 2>/dev/null && git commit -q -m files"

static struct repo *filled_checkout(void)
{
	box_init(&box);
	box_publish(&box);
	box_run(&box, FILES);
	return box_checkout(&box, "person");
}

static void end(struct repo *repo)
{
	repo_close(repo);
	box_finish(&box);
}

static const struct read_row {
	const char *name, *path;
	const char *text;  /* NULL with no error: there is none */
	const char *error; /* of both; "TREE|WORK" where they differ */
} read_rows[] = {
	{ "a file", "vm7.yaml", "version: 1\n", NULL },
	{ "a file in a folder", "guests/web.yaml", "web\n", NULL },
	{ "a file in a folder in a folder", "guests/deep/db.yaml", "db\n", NULL },
	{ "a program is a file", "guests/run.sh", "#!\n", NULL },
	{ "an empty file", "empty", "", NULL },
	{ "no file", "nothing.yaml", NULL, NULL },
	{ "no file in no folder", "nowhere/nothing.yaml", NULL, NULL },
	{ "no file below a file", "vm7.yaml/x", NULL, NULL },
	{ "a link", "link.yaml", NULL,
	  "link.yaml: is a link: only plain files are read" },
	{ "a file in a linked folder", "linked/web.yaml", NULL,
	  "linked: is a link: only plain files are read" },
	{ "a link out of the repository", "up/x", NULL,
	  "up: is a link: only plain files are read" },
	{ "a folder", "guests", NULL, "guests: is a folder: only plain files are read" },
	{ "a file of a submodule", "sub/s.yaml", NULL,
	  "sub: is a submodule: only plain files are read|"
	  "sub: is another repository: only plain files are read" },
	{ "a path that goes up", "guests/../vm7.yaml", NULL,
	  "'guests/../vm7.yaml': no path of a file in the repository" },
	{ "a path from the top of the host", "/etc/passwd", NULL,
	  "'/etc/passwd': no path of a file in the repository" },
	{ "a path with nothing in it", "guests//web.yaml", NULL,
	  "'guests//web.yaml': no path of a file in the repository" },
	{ "a path to itself", "./vm7.yaml", NULL,
	  "'./vm7.yaml': no path of a file in the repository" },
	{ "no path at all", "", NULL, "'': no path of a file in the repository" },
	{ "a file of git's own", ".git/config", NULL,
	  "'.git/config': no path of a file in the repository" },
	{ "a file of git's own in another spelling", ".GIT/config", NULL,
	  "'.GIT/config': no path of a file in the repository" },
};

static void assert_read(const struct read_row *row, bool ok, const struct file *file,
			const char *error)
{
	if (error) {
		assert_false(ok);
		assert_null(file);
		assert_string_equal(box.err.text, error);
		assert_int_equal(box.err.kind, ERROR_INVALID);
	} else if (row->text) {
		assert_true(ok);
		assert_non_null(file);
		assert_string_equal(file->path, row->path);
		assert_string_equal(file->text, row->text);
		assert_int_equal(file->len, strlen(row->text));
	} else {
		assert_true(ok);
		assert_null(file);
	}
}

static void reads(void **state)
{
	const struct read_row *row = *state;
	struct repo *repo = filled_checkout();
	const char *tip = box_tip(&box, "person", "main");
	char **errors = NULL, id[COMMIT_HEX];
	size_t count = row->error ? str_split(box.arena, row->error, "|", &errors) : 0;
	struct file *file;
	bool ok;

	ok = tree_read(repo, box.arena, tip, row->path, &file, &box.err);
	assert_read(row, ok, file, count > 0 ? errors[0] : NULL);
	ok = worktree_read(repo, box.arena, row->path, &file, &box.err);
	assert_read(row, ok, file, count > 0 ? errors[count - 1] : NULL);

	if (!row->error && tree_id(repo, tip, row->path, id, &box.err))
		assert_string_equal(
			id, row->text ? box_run(&box, "git -C person rev-parse HEAD:%s",
						row->path)
				      : "");
	end(repo);
}

static void the_largest(void **state)
{
	struct repo *repo;
	struct file *file;
	char *tip;

	(void)state;
	box_init(&box);
	box_publish(&box);
	box_run(&box,
		"cd person && truncate -s %d big && truncate -s %d edge && git add . && "
		"git commit -qm large",
		FILE_BYTES_MAX + 1, FILE_BYTES_MAX);
	tip = box_tip(&box, "person", "main");
	repo = box_checkout(&box, "person");
	assert_true(tree_read(repo, box.arena, tip, "edge", &file, &box.err));
	assert_int_equal(file->len, FILE_BYTES_MAX);
	assert_true(worktree_read(repo, box.arena, "edge", &file, &box.err));
	assert_int_equal(file->len, FILE_BYTES_MAX);
	assert_false(tree_read(repo, box.arena, tip, "big", &file, &box.err));
	assert_string_equal(box.err.text, "big: larger than 32 MiB");
	assert_int_equal(box.err.kind, ERROR_INVALID);
	assert_false(worktree_read(repo, box.arena, "big", &file, &box.err));
	assert_string_equal(box.err.text, "big: larger than 32 MiB");
	end(repo);
}

static void zero_bytes(void **state)
{
	struct repo *repo = filled_checkout();
	struct file *file;

	(void)state;
	assert_true(tree_read(repo, box.arena, box_tip(&box, "person", "main"), "zero",
			      &file, &box.err));
	assert_int_equal(file->len, 3);
	assert_memory_equal(file->text, "a\0b", 4);
	end(repo);
}

static bool ends_in(void *what, const char *path)
{
	return str_ends(path, what);
}

static bool says_yes(void *what, const char *path)
{
	(void)path;
	++*(size_t *)what;
	return true;
}

static const char *joined(const char **paths, size_t len)
{
	struct text out;

	text_init(&out, box.arena);
	for (size_t i = 0; i < len; i++)
		text_addf(&out, "%s ", paths[i]);
	return text_str(&out);
}

static const struct list_row {
	const char *name, *ending, *paths;
	const char *error;
} list_rows[] = {
	{ "files of all folders, sorted", "b.yaml",
	  "guests/deep/db.yaml guests/web.yaml ", NULL },
	{ "nothing", "nothing", "", NULL },
	{ "a link that is wanted is refused", "k.yaml", NULL,
	  "link.yaml: is a link: only plain files are read" },
	{ "a linked folder is not walked, nor another repository", "s.yaml", "", NULL },
};

static void lists(void **state)
{
	const struct list_row *row = *state;
	struct repo *repo = filled_checkout();
	const char *tip = box_tip(&box, "person", "main"), **paths;
	void *ending = (void *)(uintptr_t)row->ending;
	size_t len;

	for (unsigned work = 0; work < 2; work++) {
		bool ok = work ? worktree_list(repo, box.arena, ends_in, ending, &paths,
					       &len, &box.err)
			       : tree_list(repo, box.arena, tip, ends_in, ending, &paths,
					   &len, &box.err);

		assert_int_equal(ok, row->error == NULL);
		if (ok)
			assert_string_equal(joined(paths, len), row->paths);
		else
			assert_string_equal(box.err.text, row->error);
	}
	end(repo);
}

/* A commit's tree is what git says, whatever lies in the working tree by now. */
static void a_commit_stays(void **state)
{
	struct repo *repo = filled_checkout();
	const char *tip = box_tip(&box, "person", "main");
	struct file *file;

	(void)state;
	box_run(&box, "cd person && echo changed > vm7.yaml && echo new > new.yaml");
	assert_true(tree_read(repo, box.arena, tip, "vm7.yaml", &file, &box.err));
	assert_string_equal(file->text, "version: 1\n");
	assert_true(tree_read(repo, box.arena, tip, "new.yaml", &file, &box.err));
	assert_null(file);
	assert_true(worktree_read(repo, box.arena, "vm7.yaml", &file, &box.err));
	assert_string_equal(file->text, "changed\n");
	assert_true(worktree_read(repo, box.arena, "new.yaml", &file, &box.err));
	assert_string_equal(file->text, "new\n");
	end(repo);
}

static const struct device_row {
	const char *name, *made;
} device_rows[] = {
	{ "a pipe is refused, and not waited for", "mkfifo x.yaml" },
	{ "a device is refused",
	  "ln /dev/null x.yaml 2>/dev/null || mknod x.yaml c 1 3" },
};

static void device_is_refused(void **state)
{
	const struct device_row *row = *state;
	struct repo *repo;
	struct file *file;
	const char **paths;
	size_t len;
	int code;

	box_init(&box);
	box_publish(&box);
	box_try(&box, &code, arena_printf(box.arena, "cd person && { %s; }", row->made));
	if (code != 0) { /* not everybody may make a device */
		box_finish(&box);
		skip();
	}
	repo = box_checkout(&box, "person");
	assert_false(worktree_read(repo, box.arena, "x.yaml", &file, &box.err));
	assert_string_equal(box.err.text,
			    "x.yaml: is a device or pipe: only plain files are read");
	assert_false(worktree_list(repo, box.arena, ends_in, (void *)(uintptr_t) "x.yaml",
				   &paths, &len, &box.err));
	assert_string_equal(box.err.text,
			    "x.yaml: is a device or pipe: only plain files are read");
	end(repo);
}

static void a_cache_has_no_files(void **state)
{
	struct repo *repo;
	struct file *file;

	(void)state;
	box_init(&box);
	box_publish(&box);
	repo = box_cache(&box, box_path(&box, "r.git"));
	assert_false(worktree_read(repo, box.arena, "vm7.yaml", &file, &box.err));
	assert_int_equal(box.err.kind, ERROR_LOCAL);
	end(repo);
}

/* Ten trees that hold the next one ten times over: a few objects, endless paths. */
static void a_tree_bomb(void **state)
{
	const char **paths;
	struct repo *repo;
	size_t len, looked = 0;
	char *tip;

	(void)state;
	box_init(&box);
	box_publish(&box);
	tip = box_run(
		&box,
		"cd person && id=$(git hash-object -w vm7.yaml) && mode='100644 blob' && "
		"for level in $(seq 9); do for i in 0 1 2 3 4 5 6 7 8 9; do "
		"printf '%%s %%s\\tf%%s\\n' \"$mode\" $id $i; done > ../list; "
		"id=$(git mktree < ../list); mode='040000 tree'; done; "
		"git commit-tree -m bomb $id");
	repo = box_checkout(&box, "person");
	assert_false(tree_list(repo, box.arena, tip, says_yes, &looked, &paths, &len,
			       &box.err));
	assert_int_equal(box.err.kind, ERROR_INVALID);
	assert_non_null(strstr(box.err.text, "more than 200000 files"));
	assert_true(looked < 200000);
	end(repo);
}

static void folders_without_end(void **state)
{
	const char **paths;
	struct repo *repo;
	struct file *file;
	size_t len, looked = 0;
	char *tip, *path;

	(void)state;
	box_init(&box);
	box_publish(&box);
	path = box_run(
		&box,
		"cd person && path=$(printf 'd/%%.0s' $(seq 80)) && mkdir -p $path && "
		"echo x > ${path}x && git add . && git commit -qm deep && "
		"echo ${path}x");
	tip = box_tip(&box, "person", "main");
	repo = box_checkout(&box, "person");
	assert_false(tree_read(repo, box.arena, tip, path, &file, &box.err));
	assert_non_null(strstr(box.err.text, "too deep"));
	assert_false(tree_list(repo, box.arena, tip, says_yes, &looked, &paths, &len,
			       &box.err));
	assert_non_null(strstr(box.err.text, "too deep"));
	assert_false(worktree_list(repo, box.arena, says_yes, &looked, &paths, &len,
				   &box.err));
	assert_non_null(strstr(box.err.text, "too deep"));
	end(repo);
}

/* git itself refuses such trees; one that was made by hand is never walked out of. */
static void dots_in_a_tree(void **state)
{
	struct look look;
	struct repo *repo;

	(void)state;
	box_init(&box);
	box_publish(&box);
	box_run(&box, "cd r.git && id=$(git rev-parse main:vm7.yaml) && "
		      "tree=$(printf '100644 blob %%s\\tx\\n' $id | git mktree) && "
		      "top=$( (printf '40000 ..\\0'; "
		      "perl -e 'print pack(q(H*), shift)' $tree) | "
		      "git hash-object -t tree --literally -w --stdin) && "
		      "git update-ref refs/heads/main $(git commit-tree -m dots $top)");
	repo = box_cache(&box, box_path(&box, "r.git"));
	look_start(&look, repo, "main", box_resumed, &box);
	box_wait(&box);
	assert_int_equal(look.op.err.kind, ERROR_INVALID);
	assert_non_null(strstr(look.op.err.text, "hasDotdot"));
	end(repo);
}

static void objects_that_are_gone(void **state)
{
	struct repo *repo;
	struct file *file;
	char *tip;

	(void)state;
	box_init(&box);
	box_publish(&box);
	tip = box_tip(&box, "person", "main");
	box_run(&box, "cd person && id=$(git rev-parse main:vm7.yaml) && "
		      "rm -f .git/objects/$(echo $id | sed 's|..|&/|')");
	repo = box_checkout(&box, "person");
	assert_false(tree_read(repo, box.arena, tip, "vm7.yaml", &file, &box.err));
	assert_int_equal(box.err.kind, ERROR_LOCAL);
	assert_false(
		tree_read(repo, box.arena, "no commit", "vm7.yaml", &file, &box.err));
	assert_int_equal(box.err.kind, ERROR_LOCAL);
	end(repo);
}

int main(void)
{
	add_rows(reads, read_rows);
	add_test("what just fits is read, and not a byte more", the_largest);
	add_test("zero bytes are read", zero_bytes);
	add_rows(lists, list_rows);
	add_test("a commit stays what it is while people work", a_commit_stays);
	add_rows(device_is_refused, device_rows);
	add_test("a cache has no working tree", a_cache_has_no_files);
	add_test("a tree that unfolds without end is refused", a_tree_bomb);
	add_test("folders without end are refused", folders_without_end);
	add_test("a tree with .. in it does not even arrive", dots_in_a_tree);
	add_test("objects that are gone are a local failure", objects_that_are_gone);
	return run_all_tests("tree");
}
