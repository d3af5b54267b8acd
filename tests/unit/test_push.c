#include "tests/lib/gitbox.h"

#define LEASES "ipam/leases.json"

static struct box box;
static struct push push;

/* A cache of the published repository that has looked at main. */
static struct repo *cache_at_tip(char **tip)
{
	struct repo *repo;

	box_init(&box);
	box_publish(&box);
	*tip = box_tip(&box, "r.git", "main");
	repo = box_cache(&box, box_path(&box, "r.git"));
	box_look_ok(&box, repo, "main", *tip);
	return repo;
}

static struct repo *checkout_at_tip(char **tip)
{
	struct repo *repo;

	box_init(&box);
	box_publish(&box);
	*tip = box_tip(&box, "r.git", "main");
	repo = box_checkout(&box, "person");
	box_look_ok(&box, repo, "main", *tip);
	return repo;
}

static void end(struct repo *repo)
{
	repo_close(repo);
	box_finish(&box);
}

static void hook(const char *name, const char *script)
{
	char *path = arena_printf(box.arena, "r.git/hooks/%s", name);

	box_write(&box, path, arena_printf(box.arena, "#!/bin/sh\n%s\n", script));
	chmod(box_path(&box, path), 0755);
}

static void assert_pushed(void)
{
	assert_string_equal(push.op.err.text, "");
	assert_int_equal(push.end, PUSH_OK);
	assert_string_equal(box_tip(&box, "r.git", "main"), push.commit);
}

static void assert_contains(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void a_cache_pushes(void **state)
{
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_pushed();
	assert_null(push.note);
	assert_string_equal(box_run(&box, "git -C r.git show main:" LEASES), "{}");
	assert_string_equal(box_run(&box, "git -C r.git show main:vm7.yaml"),
			    "version: 1");
	assert_string_equal(
		box_run(&box, "git -C r.git log -1 --format='%%an %%ae %%ct %%s' main"),
		"vm7 vm7@example 1800000000 vm7: leases");
	assert_string_equal(
		box_run(&box, "git -C r.git log -1 --format='%%(trailers)' main"),
		"Vm7-Source: abc\nVm7-Pass: 1");
	/* the second goes on top of the first without another look */
	tip = arena_strdup(box.arena, push.commit);
	box_push(&box, repo, "main", tip, LEASES, "{ }\n", &push);
	assert_pushed();
	assert_string_equal(box_run(&box, "git -C r.git rev-parse main~1"), tip);
	box_run(&box, "git -C r.git fsck --strict");
	end(repo);
}

static void a_first_commit(void **state)
{
	struct look look;
	struct repo *repo;

	(void)state;
	box_init(&box);
	box_run(&box, "git init -q --bare r.git");
	repo = box_cache(&box, box_path(&box, "r.git"));
	box_look(&box, repo, "main", &look);
	assert_string_equal(look.op.err.text, "");
	assert_string_equal(look.tip, "");
	box_push(&box, repo, "main", "", LEASES, "{}\n", &push);
	assert_pushed();
	end(repo);
}

static void many_files(void **state)
{
	static const struct new_file files[] = {
		{ "ipam/leases.json", "{}\n", 3 },
		{ "inventory/hosts.yml", "all:\n", 5 },
		{ "inventory/deep/er/status.json", "[]\n", 3 },
		{ "vm7.yaml", "version: 2\n", 11 },
	};
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	push_start(&push, repo, "main", tip, files, 4, "many", 1, box_resumed, &box);
	box_wait(&box);
	assert_pushed();
	assert_string_equal(box_run(&box, "git -C r.git ls-tree -r --name-only main"),
			    "inventory/deep/er/status.json\ninventory/hosts.yml\n"
			    "ipam/leases.json\nvm7.yaml");
	assert_string_equal(box_run(&box, "git -C r.git show main:vm7.yaml"),
			    "version: 2");
	end(repo);
}

static void another_branch(void **state)
{
	struct look look;
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	box_look(&box, repo, "vm7/state", &look);
	assert_string_equal(look.tip, "");
	box_push(&box, repo, "vm7/state", "", LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_OK);
	assert_string_equal(box_tip(&box, "r.git", "vm7/state"), push.commit);
	assert_string_equal(box_tip(&box, "r.git", "main"), tip);
	box_look_ok(&box, repo, "vm7/state", push.commit);
	box_look_ok(&box, repo, "main", tip);
	end(repo);
}

static void somebody_was_faster(void **state)
{
	char *tip, *theirs;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	box_run(&box, "cd person && echo more >> vm7.yaml && git commit -qam more && git "
		      "push -q");
	theirs = box_tip(&box, "r.git", "main");
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_MOVED);
	assert_int_equal(push.op.err.kind, ERROR_CONFLICT);
	assert_string_equal(box_tip(&box, "r.git", "main"), theirs);
	box_look_ok(&box, repo, "main", theirs);
	box_push(&box, repo, "main", theirs, LEASES, "{}\n", &push);
	assert_pushed();
	assert_string_equal(box_run(&box, "git -C r.git rev-parse main~1"), theirs);
	end(repo);
}

/* Known here or not, a tip beside ours is never overwritten. */
static void a_tip_that_is_known(void **state)
{
	char *tip, *first;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	box_push(&box, repo, "main", tip, LEASES, "1\n", &push);
	assert_pushed();
	first = arena_strdup(box.arena, push.commit);
	box_push(&box, repo, "main", tip, LEASES, "2\n", &push);
	assert_int_equal(push.end, PUSH_MOVED);
	assert_string_equal(box_tip(&box, "r.git", "main"), first);
	end(repo);
}

static void a_new_branch_that_exists(void **state)
{
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	box_push(&box, repo, "main", "", LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_MOVED);
	assert_string_equal(box_tip(&box, "r.git", "main"), tip);
	end(repo);
}

static void moved_at_the_last_moment(void **state)
{
	char *tip, *theirs;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	/* between the server's advertisement and its update */
	theirs =
		box_run(&box, "git -C r.git commit-tree -p main -m theirs 'main^{tree}'");
	hook("update",
	     arena_printf(box.arena, "git update-ref refs/heads/main %s", theirs));
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_MOVED);
	assert_int_equal(push.op.err.kind, ERROR_CONFLICT);
	assert_string_equal(box_tip(&box, "r.git", "main"), theirs);
	end(repo);
}

static void a_hook_refuses(void **state)
{
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	hook("pre-receive", "printf '\\033[31mnot on a Friday\\nask Ann\\n' >&2; exit 1");
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_REFUSED);
	assert_int_equal(push.op.err.kind, ERROR_FAILED);
	assert_string_equal(push.op.err.text,
			    "git push: [remote rejected] (pre-receive hook declined): "
			    "?[31mnot on a Friday; ask Ann");
	assert_string_equal(box_tip(&box, "r.git", "main"), tip);
	end(repo);
}

static void the_server_dies_before(void **state)
{
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	hook("pre-receive", "kill -9 $PPID");
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_UNKNOWN);
	assert_int_equal(push.op.err.kind, ERROR_UNKNOWN);
	box_look_ok(&box, repo, "main", tip);
	end(repo);
}

static void the_server_dies_after(void **state)
{
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	hook("reference-transaction", "[ $1 != committed ] || kill -9 $PPID");
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_UNKNOWN);
	assert_int_equal(push.op.err.kind, ERROR_UNKNOWN);
	unlink(box_path(&box, "r.git/hooks/reference-transaction"));
	box_look_ok(&box, repo, "main", push.commit);
	end(repo);
}

static void the_server_is_slow(void **state)
{
	struct repo *repo;
	char *tip;

	(void)state;
	repo_close(cache_at_tip(&tip));
	hook("pre-receive", "sleep 30");
	repo = box_open(&box, &(struct repo_config){ .url = box_path(&box, "r.git"),
						     .cache = box_path(&box, "cache"),
						     .author = "vm7 <vm7@example>",
						     .deadline = 1 });
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_UNKNOWN);
	assert_int_equal(push.op.err.kind, ERROR_UNKNOWN);
	assert_string_equal(push.op.err.text, "git push: no end after 1 s");
	end(repo);
}

static void the_server_is_gone(void **state)
{
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	box_run(&box, "mv r.git gone.git");
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_REFUSED);
	assert_int_equal(push.op.err.kind, ERROR_FAILED);
	end(repo);
}

static void canceled(void **state)
{
	struct new_file file = { LEASES, "{}\n", 3 };
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	push_start(&push, repo, "main", tip, &file, 1, "m", 1, box_resumed, &box);
	push_cancel(&push);
	box_wait(&box);
	assert_int_equal(push.op.err.kind, ERROR_CANCELED);
	assert_string_equal(box_tip(&box, "r.git", "main"), tip);
	end(repo);
}

static void nothing_changes(void **state)
{
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	(void)state;
	box_push(&box, repo, "main", tip, "vm7.yaml", "version: 1\n", &push);
	assert_int_equal(push.end, PUSH_REFUSED);
	assert_int_equal(push.op.err.kind, ERROR_LOCAL);
	end(repo);
}

static const struct place_row {
	const char *name, *made, *error;
} place_rows[] = {
	{ "a link is not written over", "mkdir ipam && ln -s /etc/passwd " LEASES,
	  LEASES ": a file of vm7 belongs here, not a link" },
	{ "a folder is not written over", "mkdir -p " LEASES " && touch " LEASES "/x",
	  LEASES ": a file of vm7 belongs here, not a folder" },
	{ "a linked folder is not written into", "ln -s /tmp ipam", NULL },
	{ "a file is no folder to write into", "echo x > ipam", NULL },
};

static void is_in_the_way(void **state)
{
	const struct place_row *row = *state;
	char *tip;
	struct repo *repo = cache_at_tip(&tip);

	box_run(&box,
		"cd person && %s && git add -A && git commit -qm trap && git push -q",
		row->made);
	tip = box_tip(&box, "r.git", "main");
	box_look_ok(&box, repo, "main", tip);
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_REFUSED);
	assert_int_equal(push.op.err.kind, ERROR_INVALID);
	if (row->error)
		assert_string_equal(push.op.err.text, row->error);
	assert_string_equal(box_tip(&box, "r.git", "main"), tip);
	end(repo);
}

/* Everything git is asked in a checkout, one line a call. */
static void log_git_calls(void)
{
	box_run(&box,
		"mkdir bin && printf '#!/bin/sh\\necho \"$*\" >> %s/calls\\n"
		"exec /usr/bin/git \"$@\"\\n' > bin/git && chmod 755 bin/git",
		box.dir);
	setenv("PATH", arena_printf(box.arena, "%s/bin:/usr/bin:/bin", box.dir), 1);
}

static void nothing_is_forced(void **state)
{
	struct look look;
	char *tip, *calls;
	struct repo *repo = checkout_at_tip(&tip);

	(void)state;
	log_git_calls();
	box_look(&box, repo, "main", &look);
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_pushed();
	calls = box_run(&box, "cat calls");
	assert_contains(calls, " push ");
	assert_null(strstr(calls, "force"));
	assert_null(strstr(calls, " +"));
	end(repo);
}

static void a_checkout_follows(void **state)
{
	char *tip;
	struct repo *repo = checkout_at_tip(&tip);

	(void)state;
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_pushed();
	assert_null(push.note);
	assert_string_equal(box_tip(&box, "person", "main"), push.commit);
	assert_string_equal(box_run(&box, "cat person/" LEASES), "{}");
	assert_string_equal(box_run(&box, "git -C person status --porcelain -b"),
			    "## main...origin/main");
	end(repo);
}

static void a_checkout_that_was_behind(void **state)
{
	char *tip, *theirs;
	struct repo *repo = checkout_at_tip(&tip);

	(void)state;
	box_run(&box,
		"git clone -q r.git other && cd other && echo x > x && git add . && "
		"git commit -qm x && git push -q");
	theirs = box_tip(&box, "r.git", "main");
	box_look_ok(&box, repo, "main", theirs);
	box_push(&box, repo, "main", theirs, LEASES, "{}\n", &push);
	assert_pushed();
	assert_null(push.note);
	assert_string_equal(
		box_run(&box, "git -C person status --porcelain -b; cat person/x"),
		"## main...origin/main\nx");
	end(repo);
}

/* What the person does before, and how it is afterwards. */
static const struct dirty_row {
	const char *name, *before, *note, *check, *after;
} dirty_rows[] = {
	{ "other changes of theirs stay, and nothing is in the way",
	  "echo mine >> person/vm7.yaml", NULL,
	  "cat person/vm7.yaml person/" LEASES "; git -C person status --porcelain",
	  "version: 1\nmine\n{}\n M vm7.yaml" },
	{ "a file of theirs in the same place is left alone",
	  "mkdir person/ipam && echo mine > person/" LEASES, "would be overwritten",
	  "cat person/" LEASES "; git -C person status --porcelain", "mine\n?? ipam/" },
	{ "staged changes stay staged", "echo mine > person/new && git -C person add new",
	  NULL, "git -C person status --porcelain", "A  new" },
	{ "commits of theirs stay", "git -C person commit -q --allow-empty -m mine",
	  "fast-forward", "git -C person log --format=%s", "mine\nfirst" },
	{ "another branch they are on stays",
	  "cd person && git checkout -q -b other && git push -q -u origin other", NULL,
	  "git -C person log --format=%s main; git -C person branch --show-current",
	  "first\nother" },
	{ "a detached HEAD stays", "git -C person checkout -q --detach", NULL,
	  "git -C person log --format=%s main HEAD", "first" },
	{ "their hooks are not run",
	  "printf '#!/bin/sh\\nexit 1\\n' > person/.git/hooks/pre-push && "
	  "printf '#!/bin/sh\\ntouch ran\\n' > person/.git/hooks/post-merge && "
	  "chmod 755 person/.git/hooks/*",
	  NULL, "git -C person status --porcelain -b", "## main...origin/main" },
	{ "a lock of theirs is waited out by them", "touch person/.git/index.lock",
	  "index.lock", "git -C person log --format=%s", "first" },
};

static void is_left_alone(void **state)
{
	const struct dirty_row *row = *state;
	struct repo *repo;
	char *tip;

	repo_close(checkout_at_tip(&tip));
	box_run(&box, "%s", row->before);
	repo = box_checkout(&box, "person");
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_pushed();
	if (row->note) {
		assert_non_null(push.note);
		assert_contains(push.note, row->note);
	} else if (push.note) {
		fail_msg("%s", push.note);
	}
	assert_string_equal(box_run(&box, "%s", row->check), row->after);
	end(repo);
}

static void moved_on_meanwhile(void **state)
{
	char *tip;
	struct repo *repo = checkout_at_tip(&tip);

	(void)state;
	hook("post-receive",
	     arena_printf(
		     box.arena,
		     "unset GIT_DIR\ngit -C %s/person commit -q --allow-empty -m mine",
		     box.dir));
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_pushed();
	assert_contains(push.note, "you have moved on meanwhile");
	assert_string_equal(box_run(&box, "git -C person log --format=%%s"),
			    "mine\nfirst");
	end(repo);
}

/* A repository of the person's own, without any remote. */
static struct repo *local_at_tip(char **tip)
{
	box_init(&box);
	box_run(&box,
		"git init -q person && cd person && echo 'version: 1' > vm7.yaml && "
		"git add . && git commit -q -m first");
	*tip = box_tip(&box, "person", "main");
	return box_checkout(&box, "person");
}

static void the_local_branch_is_the_remote(void **state)
{
	char *tip;
	struct repo *repo = local_at_tip(&tip);

	(void)state;
	box_look_ok(&box, repo, "main", tip);
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_string_equal(push.op.err.text, "");
	assert_null(push.note);
	box_look_ok(&box, repo, "main", push.commit);
	assert_string_equal(
		box_run(&box, "git -C person status --porcelain; cat person/" LEASES),
		"{}");
	/* swapped, not overwritten */
	box_push(&box, repo, "main", tip, LEASES, "{ }\n", &push);
	assert_int_equal(push.end, PUSH_MOVED);
	assert_int_equal(push.op.err.kind, ERROR_CONFLICT);
	end(repo);
}

static void a_local_change_is_in_the_way(void **state)
{
	char *tip;
	struct repo *repo = local_at_tip(&tip);

	(void)state;
	box_run(&box, "mkdir person/ipam; echo mine > person/" LEASES);
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_OK);
	assert_contains(push.note, "your checkout was left as it is");
	assert_string_equal(box_run(&box, "cat person/" LEASES), "mine");
	assert_string_equal(box_tip(&box, "person", "main"), push.commit);
	end(repo);
}

static void a_local_branch_not_checked_out(void **state)
{
	char *tip;
	struct repo *repo = local_at_tip(&tip);

	(void)state;
	box_push(&box, repo, "vm7-state", "", LEASES, "{}\n", &push);
	assert_int_equal(push.end, PUSH_OK);
	assert_null(push.note);
	assert_string_equal(box_tip(&box, "person", "vm7-state"), push.commit);
	assert_string_equal(box_tip(&box, "person", "main"), tip);
	assert_string_equal(box_run(&box, "git -C person status --porcelain"), "");
	/* a branch that exists is not made once more */
	box_push(&box, repo, "vm7-state", "", LEASES, "{ }\n", &push);
	assert_int_equal(push.end, PUSH_MOVED);
	end(repo);
}

static void a_local_branch_before_its_first_commit(void **state)
{
	struct repo *repo;

	(void)state;
	box_init(&box);
	box_run(&box, "git init -q person && echo x > person/x");
	repo = box_checkout(&box, "person");
	box_look_ok(&box, repo, "main", "");
	box_push(&box, repo, "main", "", LEASES, "{}\n", &push);
	assert_string_equal(push.op.err.text, "");
	assert_null(push.note);
	assert_string_equal(
		box_run(&box, "git -C person status --porcelain; cat person/" LEASES),
		"?? x\n{}");
	end(repo);
}

static void a_linked_worktree(void **state)
{
	struct repo *repo;
	char *tip;

	(void)state;
	repo_close(checkout_at_tip(&tip));
	box_run(&box, "git -C person checkout -q --detach && "
		      "git -C person worktree add -q ../linked main");
	repo = box_checkout(&box, "linked");
	assert_string_equal(repo_private_dir(repo), box_path(&box, "person/.git/vm7"));
	box_look_ok(&box, repo, "main", tip);
	box_push(&box, repo, "main", tip, LEASES, "{}\n", &push);
	assert_pushed();
	assert_null(push.note);
	assert_string_equal(
		box_run(&box, "git -C linked status --porcelain -b; cat linked/" LEASES),
		"## main...origin/main\n{}");
	end(repo);
}

/* A cache that signs with k, or with what `key` writes there. */
static struct repo *signing_cache(const char *key, char **tip)
{
	struct repo *repo;

	box_init(&box);
	box_publish(&box);
	*tip = box_tip(&box, "r.git", "main");
	box_run(&box, "%s", key);
	repo = box_open(&box, &(struct repo_config){
				      .url = box_path(&box, "r.git"),
				      .cache = box_path(&box, "cache"),
				      .author = "vm7 <vm7@example>",
				      .signing_key_file = box_path(&box, "k"),
			      });
	box_look_ok(&box, repo, "main", *tip);
	box_push(&box, repo, "main", *tip, LEASES, "{}\n", &push);
	return repo;
}

static void a_signed_commit(void **state)
{
	char *tip;
	struct repo *repo = signing_cache("ssh-keygen -q -t ed25519 -N '' -f k", &tip);

	(void)state;
	assert_pushed();
	box_run(&box, "{ printf 'vm7 '; cat k.pub; } > allowed && git -C r.git -c "
		      "gpg.ssh.allowedSignersFile=$PWD/allowed verify-commit main");
	assert_string_equal(
		box_run(&box, "git -C r.git log -1 --format='%%an %%ct %%s' main"),
		"vm7 1800000000 vm7: leases");
	box_run(&box, "git -C r.git fsck --strict");
	end(repo);
}

static void a_key_that_does_not_sign(void **state)
{
	static const char *const keys[] = {
		"echo nonsense > k && chmod 600 k",
		"ssh-keygen -q -t ed25519 -N secret -f k",
		"true",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *tip;
		struct repo *repo = signing_cache(keys[i], &tip);

		assert_int_equal(push.op.err.kind, ERROR_DENIED);
		assert_int_equal(push.end, PUSH_REFUSED);
		assert_contains(push.op.err.text, "git.signing_key");
		assert_string_equal(push.commit, "");
		assert_string_equal(box_tip(&box, "r.git", "main"), tip);
		end(repo);
	}
}

int main(void)
{
	add_test("a cache pushes on the tip it read, twice", a_cache_pushes);
	add_test("an empty repository gets its first commit", a_first_commit);
	add_test("many files are one commit", many_files);
	add_test("a commit is signed, and git verifies it", a_signed_commit);
	add_test("a key that does not sign: nothing is pushed", a_key_that_does_not_sign);
	add_test("a branch of its own is made for the state", another_branch);
	add_test("X-03 somebody was faster: moved, theirs stays", somebody_was_faster);
	add_test("X-03 a tip that is known here is not overwritten", a_tip_that_is_known);
	add_test("a branch that was thought new is not overwritten",
		 a_new_branch_that_exists);
	add_test("X-03 a move at the last moment is a move", moved_at_the_last_moment);
	add_test("X-03 nothing is ever forced", nothing_is_forced);
	add_test("a hook refuses with its words", a_hook_refuses);
	add_test("a server that dies before the update: unknown", the_server_dies_before);
	add_test("a server that dies after the update: unknown", the_server_dies_after);
	add_test("a server that is too slow: unknown", the_server_is_slow);
	add_test("a server that is not there was never reached", the_server_is_gone);
	add_test("canceled early, nothing is sent", canceled);
	add_test("a commit that changes nothing is a mistake", nothing_changes);
	add_rows(is_in_the_way, place_rows);
	add_test("a checkout is fast-forwarded", a_checkout_follows);
	add_test("a checkout that was behind comes along", a_checkout_that_was_behind);
	add_rows(is_left_alone, dirty_rows);
	add_test("who moves on meanwhile is left alone", moved_on_meanwhile);
	add_test("without an upstream the local branch is swapped",
		 the_local_branch_is_the_remote);
	add_test("a local change in the way is left alone", a_local_change_is_in_the_way);
	add_test("a local branch that is not checked out moves alone",
		 a_local_branch_not_checked_out);
	add_test("a local branch can begin with our commit",
		 a_local_branch_before_its_first_commit);
	add_test("a linked worktree is a checkout", a_linked_worktree);
	return run_all_tests("push");
}
