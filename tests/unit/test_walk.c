#include "tests/lib/gitbox.h"

static struct box box;

static void end(struct repo *repo)
{
	repo_close(repo);
	box_finish(&box);
}

static char *id_of(const char *name)
{
	if (!*name)
		return arena_strdup(box.arena, "");
	return box_run(&box, "git -C person rev-parse '%s^{commit}'", name);
}

/* `git commit` at a given minute. */
#define COMMIT(minute, message)                     \
	"GIT_COMMITTER_DATE='2026-01-01T00:" minute \
	":00Z' git commit -q --allow-empty -m " message " && "

/*
 * first - a - b - c - m - d    main
 *     \      \       /
 *      x ------\--- y          a side that began before a
 *               s              a side that was never merged
 */
#define HISTORY                                                                          \
	"cd person && " COMMIT("01", "a") COMMIT("02", "b") "git tag s-base && " COMMIT( \
		"05", "c") "git checkout -q -b side main~3 && " COMMIT("03", "x")        \
		COMMIT("04", "y") "git checkout -q main && "                             \
				  "GIT_COMMITTER_DATE='2026-01-01T00:06:00Z' git merge " \
				  "-q --no-ff -m m side && " COMMIT(                     \
					  "07",                                          \
					  "d") "git checkout -q -b stray s-base "        \
					       "&& " COMMIT("08",                        \
							    "s") "git checkout -q main " \
								 "&& git push -q "       \
								 "origin --all && git "  \
								 "push -q --tags"

static const struct row {
	const char *name, *tip, *until;
	size_t most;
	const char *subjects; /* NULL: no ancestor */
} rows[] = {
	{ "the same commit: none", "main", "main", 0, "" },
	{ "one commit", "main", "main~1", 0, "d" },
	{ "both sides of a merge, the newest first", "main", "s-base", 0, "d m c y x" },
	{ "one side of a merge is the end of the other too", "main", "side", 0,
	  "d m c b a" },
	{ "back to the first", "main", "main~5", 0, "d m c y x b a" },
	{ "no end: as many as wanted", "main", "", 3, "d m c" },
	{ "no end: all there is", "main", "", 100, "d m c y x b a first" },
	{ "no end and none wanted", "main", "", 0, "" },
	{ "a commit beside is no ancestor", "main", "stray", 0, NULL },
	{ "a commit after is no ancestor", "main~1", "main", 0, NULL },
};

static void walks(void **state)
{
	const struct row *row = *state;
	struct commit *commits;
	struct repo *repo;
	struct text subjects;
	size_t len;

	box_init(&box);
	box_publish(&box);
	box_run(&box, HISTORY);
	repo = box_checkout(&box, "person");
	text_init(&subjects, box.arena);
	if (repo_walk(repo, box.arena, id_of(row->tip), id_of(row->until), row->most,
		      &commits, &len, &box.err)) {
		assert_non_null(row->subjects);
		for (size_t i = 0; i < len; i++)
			text_addf(&subjects, "%s%s", i > 0 ? " " : "",
				  commits[i].subject);
		assert_string_equal(text_str(&subjects), row->subjects);
	} else {
		assert_null(row->subjects);
		assert_int_equal(box.err.kind, ERROR_REFUSED);
	}
	end(repo);
}

/* Clocks of people differ: `until` may be younger than what came after it. */
static void clocks_that_differ(void **state)
{
	struct commit *commits;
	struct repo *repo;
	size_t len;

	(void)state;
	box_init(&box);
	box_publish(&box);
	box_run(&box, "cd person && " COMMIT("30", "a") COMMIT("50", "b")
			      COMMIT("10", "c") COMMIT("05", "d") "true");
	repo = box_checkout(&box, "person");
	assert_true(repo_walk(repo, box.arena, id_of("main"), id_of("main~2"), 0,
			      &commits, &len, &box.err));
	assert_int_equal(len, 2);
	assert_string_equal(commits[0].subject, "d");
	assert_string_equal(commits[1].subject, "c");
	end(repo);
}

static void a_commit_is_read(void **state)
{
	struct commit *commits;
	struct repo *repo;
	size_t len;

	(void)state;
	box_init(&box);
	box_publish(&box);
	box_run(&box, "cd person && git config user.name \"$(printf 'Ann\\033[31m')\" && "
		      "printf 'sub\\033ject\\n\\nBody: no trailer\\n\\nmore\\n\\n"
		      "Vm7-Allow-Destroy: 2\\nSigned-off-by: Ann <a@b>\\n' | "
		      "git commit -q --allow-empty --cleanup=verbatim -F - && "
		      "printf 'ours\\n\\nVm7-Source: abc\\nVm7-Pass: 77\\n' | "
		      "git commit -q --allow-empty -F -");
	repo = box_checkout(&box, "person");
	assert_true(repo_walk(repo, box.arena, id_of("main"), "", 2, &commits, &len,
			      &box.err));
	assert_int_equal(len, 2);
	assert_true(commits[0].ours);
	assert_string_equal(commits[0].pass, "77");
	assert_string_equal(commits[0].source, "abc");
	assert_string_equal(commits[0].id, id_of("main"));
	assert_int_equal(commits[0].time, 1767225600);
	assert_false(commits[1].ours);
	assert_null(commits[1].pass);
	assert_string_equal(commits[1].subject, "sub?ject");
	assert_string_equal(commits[1].author, "Ann?[31m <person@example>");
	assert_int_equal(commits[1].trailers_len, 2);
	assert_string_equal(commits[1].trailers[0].key, "Vm7-Allow-Destroy");
	assert_string_equal(commits[1].trailers[0].value, "2");
	end(repo);
}

static void deepen(struct repo *repo, const char *tip, const char *until, bool found)
{
	struct deepen op;

	deepen_start(&op, repo, "main", tip, until, box_resumed, &box);
	box_wait(&box);
	assert_string_equal(op.op.err.text, "");
	assert_int_equal(op.found, found);
}

/* "in-pack" or not: how many commits a shallow repository has. */
static int commits_at_hand(const char *repo)
{
	return atoi(box_run(&box,
			    "git -C %s cat-file --batch-all-objects --batch-check | "
			    "grep -c ' commit '",
			    repo));
}

static struct repo *long_history(char **tip)
{
	struct repo *repo;

	box_init(&box);
	box_publish(&box);
	box_run(&box,
		"cd person && for i in $(seq 100); do git commit -q --allow-empty -m "
		"c$i; done && git push -q");
	*tip = box_tip(&box, "r.git", "main");
	repo = box_cache(&box, box_path(&box, "r.git"));
	box_look_ok(&box, repo, "main", *tip);
	return repo;
}

static void as_deep_as_needed(void **state)
{
	struct commit *commits;
	struct repo *repo;
	size_t len;
	char *tip;

	(void)state;
	repo = long_history(&tip);
	/* what is not at hand is no ancestor, and says why */
	assert_false(repo_walk(repo, box.arena, tip, id_of("main~5"), 0, &commits, &len,
			       &box.err));
	assert_int_equal(box.err.kind, ERROR_REFUSED);
	assert_non_null(strstr(box.err.text, "as far as its history is at hand"));
	assert_true(repo_walk(repo, box.arena, tip, "", 10, &commits, &len, &box.err));
	assert_int_equal(len, 1);

	deepen(repo, tip, tip, true);
	assert_int_equal(commits_at_hand("cache"), 1);
	/* the parent's name is known already, but not its files */
	deepen(repo, tip, id_of("main~1"), true);
	assert_int_equal(commits_at_hand("cache"), 33);
	deepen(repo, tip, id_of("main~20"), true); /* no further */
	assert_int_equal(commits_at_hand("cache"), 33);
	assert_true(repo_walk(repo, box.arena, tip, id_of("main~20"), 0, &commits, &len,
			      &box.err));
	assert_int_equal(len, 20);
	assert_string_equal(commits[19].subject, "c81");

	deepen(repo, tip, id_of("main~90"), true);
	assert_int_equal(commits_at_hand("cache"), 101);
	/* what was fetched once stays at hand, and a push still works */
	box_look_ok(&box, repo, "main", tip);
	assert_true(repo_walk(repo, box.arena, tip, id_of("main~90"), 0, &commits, &len,
			      &box.err));
	assert_int_equal(len, 90);
	end(repo);
}

static void no_ancestor(void **state)
{
	struct repo *repo;
	char *tip;

	(void)state;
	repo = long_history(&tip);
	box_run(&box,
		"cd person && git checkout -q -b beside main~3 && "
		"git commit -q --allow-empty -m beside && git push -q origin beside");
	deepen(repo, tip, id_of("beside"), false);
	deepen(repo, tip, "0123456789012345678901234567890123456789", false);
	assert_int_equal(commits_at_hand("cache"), 101); /* all there is */
	end(repo);
}

static void sides_come_along(void **state)
{
	struct commit *commits;
	struct repo *repo;
	struct text subjects;
	size_t len;
	char *tip;

	(void)state;
	box_init(&box);
	box_publish(&box);
	box_run(&box, HISTORY);
	tip = box_tip(&box, "r.git", "main");
	repo = box_cache(&box, box_path(&box, "r.git"));
	box_look_ok(&box, repo, "main", tip);
	deepen(repo, tip, id_of("s-base"), true);
	assert_true(repo_walk(repo, box.arena, tip, id_of("s-base"), 0, &commits, &len,
			      &box.err));
	text_init(&subjects, box.arena);
	for (size_t i = 0; i < len; i++)
		text_addf(&subjects, "%s ", commits[i].subject);
	assert_string_equal(text_str(&subjects), "d m c y x ");
	end(repo);
}

/* As a CI clones it: deeper is fine, but none of its refs moves. */
static void a_shallow_checkout(void **state)
{
	struct repo *repo;
	char *tip, *refs;

	(void)state;
	repo_close(long_history(&tip));
	box_run(&box, "git clone -q --depth 1 file://%s/r.git shallow", box.dir);
	refs = box_run(&box, "git -C shallow for-each-ref");
	repo = box_checkout(&box, "shallow");
	box_look_ok(&box, repo, "main", tip);
	deepen(repo, tip, id_of("main~20"), true);
	assert_int_equal(commits_at_hand("shallow"), 33);
	assert_string_equal(box_run(&box, "git -C shallow for-each-ref"), refs);
	assert_string_equal(box_run(&box, "git -C shallow status --porcelain"), "");
	end(repo);
}

/* What a commit touches, whatever stands there. */
static const struct touch_row {
	const char *name, *change, *paths;
} touch_rows[] = {
	{ "a file that is new", "mkdir -p d && echo x > d/new", "d/new" },
	{ "a file that changes", "echo 2 >> vm7.yaml", "vm7.yaml" },
	{ "a file that goes", "git rm -q vm7.yaml", "vm7.yaml" },
	{ "a file that moves: both names", "git mv vm7.yaml z", "vm7.yaml z" },
	{ "a file that becomes a program", "chmod +x vm7.yaml", "vm7.yaml" },
	{ "a file that becomes a link", "ln -sf /etc/passwd vm7.yaml", "vm7.yaml" },
	{ "a submodule",
	  "git update-index --add --cacheinfo 160000,$(git rev-parse HEAD),m", "m" },
	{ "nothing", "true", "" },
};

static void touches(void **state)
{
	const struct touch_row *row = *state;
	const char **paths;
	struct text all;
	struct repo *repo;
	size_t len;

	box_init(&box);
	box_publish(&box);
	box_run(&box,
		"cd person && %s && git add -A . ':!m' && git commit -q --allow-empty -m "
		"x",
		row->change);
	repo = box_checkout(&box, "person");
	if (!commit_touches(repo, box.arena, id_of("main"), &paths, &len, &box.err))
		fail_msg("%s", box.err.text);
	text_init(&all, box.arena);
	for (size_t i = 0; i < len; i++)
		text_addf(&all, "%s%s", i > 0 ? " " : "", paths[i]);
	assert_string_equal(text_str(&all), row->paths);
	end(repo);
}

int main(void)
{
	add_rows(walks, rows);
	add_rows(touches, touch_rows);
	add_test("clocks that differ do not hide commits", clocks_that_differ);
	add_test("a commit is read, and made safe", a_commit_is_read);
	add_test("a cache gets as deep as it has to be", as_deep_as_needed);
	add_test("what is no ancestor is not found", no_ancestor);
	add_test("sides that are merged come along", sides_come_along);
	add_test("a shallow checkout gets deeper", a_shallow_checkout);
	return run_all_tests("walk");
}
