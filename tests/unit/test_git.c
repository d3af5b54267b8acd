#include "git/command.h"

#include "tests/lib/gitbox.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

static struct box box;
static struct look look;

static void assert_contains(const char *text, const char *part)
{
	assert_non_null(text);
	if (!strstr(text, part))
		fail_msg("'%s' is not in '%s'", part, text);
}

static void end(struct repo *repo)
{
	repo_close(repo);
	box_finish(&box);
}

static struct repo *published_cache(void)
{
	box_init(&box);
	box_publish(&box);
	return box_cache(&box, box_path(&box, "r.git"));
}

static struct repo *published_checkout(void)
{
	box_init(&box);
	box_publish(&box);
	return box_checkout(&box, "person");
}

/* More commits by the person, pushed: "COMMAND && commit" `count` times. */
static void publish_more(unsigned count)
{
	box_run(&box,
		"cd person && for i in $(seq %u); do git commit -q --allow-empty -m c$i; "
		"done "
		"&& git push -q origin HEAD",
		count);
}

static void a_cache_looks(void **state)
{
	struct repo *repo = published_cache();

	(void)state;
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	box_look_ok(&box, repo, "other", "");
	publish_more(3);
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	/* people may take commits back: that is seen too */
	box_run(&box, "git -C r.git update-ref refs/heads/main main~2");
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	assert_string_equal(repo_private_dir(repo), box_path(&box, "cache"));
	assert_string_equal(repo_name(repo), box_path(&box, "r.git"));
	assert_string_equal(repo_prefix(repo), "");
	end(repo);
}

static void a_cache_is_shallow(void **state)
{
	struct repo *repo;

	(void)state;
	box_init(&box);
	box_publish(&box);
	publish_more(50);
	repo = box_cache(&box, box_path(&box, "r.git"));
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	assert_string_equal(box_run(&box, "git -C cache count-objects -v | grep in-pack"),
			    "in-pack: 3");
	end(repo);
}

static void a_branch_in_place_of_another(void **state)
{
	struct repo *repo = published_cache();

	(void)state;
	box_run(&box, "git -C r.git branch a main");
	box_look_ok(&box, repo, "a", box_tip(&box, "r.git", "main"));
	box_run(&box, "git -C r.git branch -D a && git -C r.git branch a/b main");
	box_look_ok(&box, repo, "a/b", box_tip(&box, "r.git", "main"));
	box_look_ok(&box, repo, "a", "");
	end(repo);
}

static void stale_files(void **state)
{
	struct repo *repo = published_cache();
	struct stat st;

	(void)state;
	publish_more(1);
	box_run(&box,
		"cd cache && mkdir -p refs/vm7 objects/pack objects/ab "
		"objects/incoming-x && "
		"touch shallow.lock packed-refs.lock refs/vm7/main.lock instance.lock "
		"objects/pack/tmp_pack_a objects/ab/tmp_obj_b objects/pack/pack-1.keep "
		"objects/incoming-x/tmp_obj_c");
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	assert_string_equal(
		box_run(&box,
			"cd cache && find . -name '*.lock' -o -name 'tmp_*' -o -name "
			"'*.keep' -o -name 'incoming*'"),
		"./instance.lock"); /* the caller's own */
	assert_int_equal(stat(box_path(&box, "cache/instance.lock"), &st), 0);
	end(repo);
}

static const struct damage_row {
	const char *name, *done;
} damage_rows[] = {
	{ "packs that are cut are fetched again",
	  "for f in objects/pack/*; do chmod 644 $f; : > $f; done" },
	{ "packs that are gone are fetched again", "rm -rf objects/pack" },
	{ "packs full of noise are fetched again",
	  "for f in objects/pack/*.pack; do chmod 644 $f; "
	  "head -c 4000 /dev/urandom > $f; done" },
	{ "a ref that is empty is read again", ": > refs/vm7/main" },
	{ "a ref to nowhere is read again",
	  "echo 0123456789012345678901234567890123456789 > refs/vm7/main" },
	{ "a list of cuts full of noise is made again", "echo noise > shallow" },
	{ "a cache without a HEAD is made again", ": > HEAD" },
	{ "a cache without its configuration is made again", "echo '[[[' > config" },
	{ "a cache that is half made is made again", "rm -rf HEAD refs config" },
};

static void is_made_again(void **state)
{
	const struct damage_row *row = *state;
	struct repo *repo;
	struct file *file;
	struct stat st;
	char *tip;

	repo = published_cache();
	publish_more(2);
	tip = box_tip(&box, "r.git", "main");
	box_look_ok(&box, repo, "main", tip);
	repo_close(repo);
	box_run(&box, "cd cache && echo 7 > serial && { %s\n}", row->done);
	repo = box_cache(&box, box_path(&box, "r.git"));
	box_look_ok(&box, repo, "main", tip);
	assert_true(tree_read(repo, box.arena, tip, "vm7.yaml", &file, &box.err));
	assert_string_equal(file->text, "version: 1\n");
	assert_int_equal(stat(box_path(&box, "cache/serial"), &st),
			 0); /* the caller's own */
	end(repo);
}

static const struct other_row {
	const char *name, *made;
} other_rows[] = {
	{ "a repository of somebody is no cache", "git init -q --bare cache" },
	{ "a folder of somebody is no cache", "mkdir cache && echo mine > cache/config" },
};

static void is_not_touched(void **state)
{
	const struct other_row *row = *state;
	struct repo *repo;
	const char *before;

	box_init(&box);
	box_run(&box, "%s", row->made);
	before = box_run(&box, "find cache -type f | sort | xargs sha1sum");
	assert_false(repo_open(&repo,
			       &(struct repo_config){ .url = "/srv/r.git",
						      .cache = box_path(&box, "cache"),
						      .author = "vm7 <vm7@example>" },
			       &box.err));
	assert_int_equal(box.err.kind, ERROR_LOCAL);
	assert_contains(box.err.text, "no cache of vm7");
	assert_string_equal(box_run(&box, "find cache -type f | sort | xargs sha1sum"),
			    before);
	end(repo);
}

static void piled_up_objects(void **state)
{
	struct repo *repo = published_cache();

	(void)state;
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	box_run(&box, "cd cache && mkdir -p objects/17 && for i in $(seq 100 140); do "
		      "head -c 30 /dev/urandom | git hash-object -w --stdin > /dev/null; "
		      "touch objects/17/00000000000000000000000000000000000$i; done");
	publish_more(1);
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	assert_int_equal(atoi(box_run(&box, "find cache/objects -type f | wc -l")) < 20,
			 true);
	end(repo);
}

static const struct refused_row {
	const char *name, *url, *branch;
	enum error_kind kind;
	const char *text;
} refused_rows[] = {
	{ "a path without a repository", "nowhere.git", "main", ERROR_FAILED,
	  "does not appear to be a git repository" },
	{ "a port where nobody listens", "https://127.0.0.1:1/r.git", "main",
	  ERROR_TEMPORARY, "Failed to connect to 127.0.0.1 port 1" },
	{ "an ssh port where nobody listens", "ssh://git@127.0.0.1:1/r.git", "main",
	  ERROR_TEMPORARY, "Connection refused" },
	{ "a branch that is an option", "nowhere.git", "--upload-pack=touch x",
	  ERROR_INVALID, "is no name of a branch" },
	{ "a branch with a colon", "nowhere.git", "a:b", ERROR_INVALID,
	  "is no name of a branch" },
	{ "a branch with dots", "nowhere.git", "a..b", ERROR_INVALID,
	  "is no name of a branch" },
};

static void is_refused(void **state)
{
	const struct refused_row *row = *state;
	const char *url = row->url;
	struct repo *repo;

	box_init(&box);
	if (!strstr(url, "://"))
		url = box_path(&box, url);
	repo = box_cache(&box, url);
	box_look(&box, repo, row->branch, &look);
	assert_contains(look.op.err.text, row->text);
	assert_int_equal(look.op.err.kind, row->kind);
	assert_string_equal(look.tip, "");
	end(repo);
}

static const struct url_row {
	const char *name, *url;
	enum error_kind kind;
} url_rows[] = {
	{ "https is fine", "https://git.example/infra.git", ERROR_NONE },
	{ "ssh is fine", "ssh://git@git.example:2222/infra.git", ERROR_NONE },
	{ "host:path is fine", "git@git.example:infra.git", ERROR_NONE },
	{ "a file URL is fine", "file:///srv/infra.git", ERROR_NONE },
	{ "a path is fine", "/srv/infra.git", ERROR_NONE },
	{ "a path with a colon in it is fine", "./a:b", ERROR_NONE },
	{ "an option is none", "--upload-pack=touch /tmp/x", ERROR_INVALID },
	{ "nothing is none", "", ERROR_INVALID },
	{ "two lines are none", "https://git.example/\nhttps://evil.example/",
	  ERROR_INVALID },
	{ "a helper program is none", "ext::sh -c 'touch x'", ERROR_INVALID },
	{ "unencrypted http is refused", "http://git.example/infra.git", ERROR_INVALID },
	{ "git:// is refused", "git://git.example/infra.git", ERROR_INVALID },
	{ "a token in the URL is refused", "https://token@git.example/infra.git",
	  ERROR_DENIED },
	{ "a password in the URL is refused", "ssh://git:geheim@git.example/infra.git",
	  ERROR_DENIED },
};

static void url_is_judged(void **state)
{
	const struct url_row *row = *state;
	struct repo *repo = NULL;
	bool ok;

	box_init(&box);
	ok = repo_open(&repo,
		       &(struct repo_config){ .url = row->url,
					      .cache = box_path(&box, "cache"),
					      .author = "vm7 <vm7@example>" },
		       &box.err);
	assert_int_equal(box.err.kind, row->kind);
	assert_int_equal(ok, row->kind == ERROR_NONE);
	assert_null(strstr(box.err.text, "token@"));
	assert_null(strstr(box.err.text, "geheim"));
	end(repo);
}

static const struct author_row {
	const char *name, *author;
	bool ok;
} author_rows[] = {
	{ "a name and a mail", "vm7 <vm7@example>", true },
	{ "no mail", "vm7", false },
	{ "no name", "<vm7@example>", false },
	{ "an empty mail", "vm7 <>", false },
	{ "a second line", "vm7\nparent x <vm7@example>", false },
	{ "a second mail", "vm7 <a@b> <c@d>", false },
};

static void author_is_judged(void **state)
{
	const struct author_row *row = *state;
	struct repo *repo = NULL;

	box_init(&box);
	assert_int_equal(
		repo_open(&repo,
			  &(struct repo_config){ .url = "/x",
						 .cache = box_path(&box, "cache"),
						 .author = row->author },
			  &box.err),
		row->ok);
	assert_int_equal(box.err.kind, row->ok ? ERROR_NONE : ERROR_INVALID);
	end(repo);
}

/* A server that takes connections and never says a word. */
static int silent_server(unsigned *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)&address, &len);
	*port = ntohs(address.sin_port);
	return fd;
}

static const struct silent_row {
	const char *name, *scheme;
} silent_rows[] = {
	{ "a silent https server ends at the deadline", "https" },
	{ "a silent ssh server ends at the deadline", "ssh" },
};

static void is_silent(void **state)
{
	const struct silent_row *row = *state;
	struct repo *repo;
	unsigned port;
	int fd = silent_server(&port);

	box_init(&box);
	repo = box_open(&box,
			&(struct repo_config){
				.url = arena_printf(box.arena, "%s://127.0.0.1:%u/r.git",
						    row->scheme, port),
				.cache = box_path(&box, "cache"),
				.author = "vm7 <vm7@example>",
				.deadline = 1 });
	box_look(&box, repo, "main", &look);
	assert_int_equal(look.op.err.kind, ERROR_TEMPORARY);
	assert_string_equal(look.op.err.text, "git fetch: no end after 1 s");
	close(fd);
	end(repo);
}

/* Says to everybody what any web server could say; the bare words of HTTP will do. */
static void web_page(void *of)
{
	static const char page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
				   "Content-Length: 15\r\nConnection: close\r\n\r\n"
				   "<html>Hi</html>";
	int fd = *(int *)of, peer;
	char buffer[4096];

	while ((peer = accept(fd, NULL, NULL)) >= 0) {
		if (read(peer, buffer, sizeof(buffer)) > 0)
			assert_int_equal(write(peer, page, sizeof(page) - 1),
					 sizeof(page) - 1);
		close(peer);
	}
}

/* To git a page is an empty repository: vm7 would begin a new one there. */
static void a_page_is_no_repository(void **state)
{
	struct repo *repo;
	uv_thread_t thread;
	unsigned port;
	int fd = silent_server(&port);

	(void)state;
	box_init(&box);
	box_publish(&box);
	box_run(&box, "git -C person remote set-url origin http://127.0.0.1:%u/r.git",
		port);
	repo = box_checkout(&box, "person");
	uv_thread_create(&thread, web_page, &fd);
	box_look(&box, repo, "main", &look);
	shutdown(fd, SHUT_RDWR);
	uv_thread_join(&thread);
	close(fd);
	assert_int_equal(look.op.err.kind, ERROR_FAILED);
	assert_contains(look.op.err.text, "does not speak Git's protocol");
	end(repo);
}

static void canceled(void **state)
{
	struct repo *repo;
	unsigned port;
	int fd = silent_server(&port);

	(void)state;
	box_init(&box);
	repo = box_cache(&box, arena_printf(box.arena, "https://127.0.0.1:%u/", port));
	look_start(&look, repo, "main", box_resumed, &box);
	look_cancel(&look);
	box_wait(&box);
	assert_int_equal(look.op.err.kind, ERROR_CANCELED);
	look_cancel(&look); /* nothing, when it is over */
	close(fd);
	end(repo);
}

static void git_is_missing(void **state)
{
	struct repo *repo = published_checkout();

	(void)state;
	setenv("PATH", box.dir, 1);
	box_look(&box, repo, "main", &look);
	assert_int_equal(look.op.err.kind, ERROR_MISSING);
	assert_string_equal(look.op.err.text,
			    "cannot run git: no such file or directory");
	end(repo);
}

/* Every name, content, time and mode in the folder. */
static char *footprint(const char *dir)
{
	return box_run(
		&box, "find %s -printf '%%p %%T@ %%C@ %%m %%s\\n' | sort | sha1sum", dir);
}

static void a_look_changes_nothing(void **state)
{
	struct repo *repo = published_checkout();
	const char *before = footprint("person");

	(void)state;
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	box_look_ok(&box, repo, "other", "");
	assert_string_equal(footprint("person"), before);
	end(repo);
}

static void a_look_moves_no_ref(void **state)
{
	struct repo *repo = published_checkout();
	const char *refs = box_run(&box, "git -C person for-each-ref");
	char *tip;

	(void)state;
	box_run(&box,
		"git clone -q r.git other && cd other && echo x > x && git add . && "
		"git commit -qm x && git tag v1 && git push -q --tags origin main");
	tip = box_tip(&box, "r.git", "main");
	box_look_ok(&box, repo, "main", tip);
	box_run(&box, "git -C person cat-file -e %s:x", tip);
	assert_string_equal(box_run(&box, "git -C person for-each-ref"), refs);
	assert_string_equal(box_run(&box,
				    "git -C person status --porcelain; "
				    "ls person/.git/FETCH_HEAD 2>/dev/null || true"),
			    "");
	end(repo);
}

static const struct head_row {
	const char *name, *made, *dir;
	const char *branch, *remote, *upstream_branch, *prefix, *named;
} head_rows[] = {
	{ "a branch with an upstream", "true", "person", "main", "origin", "main", "",
	  "/r.git" },
	{ "an upstream of another name",
	  "cd person && git checkout -q -b mine && git push -q origin HEAD:theirs && "
	  "git branch -q -u origin/theirs 2>/dev/null || git fetch -q && "
	  "git branch -q -u origin/theirs",
	  "person", "mine", "origin", "theirs", "", "/r.git" },
	{ "a branch without an upstream", "git -C person checkout -q -b mine", "person",
	  "mine", NULL, NULL, "", "/person" },
	{ "a detached HEAD", "git -C person checkout -q --detach", "person", NULL, NULL,
	  NULL, "", "/r.git" },
	{ "a folder of the work tree", "mkdir -p person/a/b", "person/a/b", "main",
	  "origin", "main", "a/b", "/r.git" },
	{ "a linked worktree", "git -C person worktree add -q ../linked -b linked",
	  "linked", "linked", NULL, NULL, "", "/linked" },
};

static void head_is_read(void **state)
{
	const struct head_row *row = *state;
	struct repo_head head;
	struct repo *repo;

	box_init(&box);
	box_publish(&box);
	box_run(&box, "%s", row->made);
	repo = box_checkout(&box, row->dir);
	assert_true(repo_head(repo, box.arena, &head, &box.err));
	assert_string_equal(head.commit, box_tip(&box, "person", "main"));
	assert_true(str_equal(head.branch, row->branch));
	assert_true(str_equal(head.remote, row->remote));
	assert_true(str_equal(head.upstream_branch, row->upstream_branch));
	assert_string_equal(repo_prefix(repo), row->prefix);
	assert_string_equal(repo_name(repo), box_path(&box, row->named + 1));
	assert_string_equal(repo_private_dir(repo), box_path(&box, "person/.git/vm7"));
	end(repo);
}

static void a_detached_head_looks_at_origin(void **state)
{
	struct repo *repo;

	(void)state;
	repo_close(published_checkout());
	publish_more(1);
	box_run(&box, "cd person && git checkout -q --detach HEAD~1 && "
		      "git remote add another /nowhere");
	repo = box_checkout(&box, "person");
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	end(repo);
}

static void credentials_are_not_named(void **state)
{
	struct repo *repo;

	(void)state;
	repo_close(published_checkout());
	box_run(&box, "git -C person remote set-url origin "
		      "https://ann:geheim@127.0.0.1:1/infra.git");
	repo = box_checkout(&box, "person");
	assert_string_equal(repo_name(repo), "https://127.0.0.1:1/infra.git");
	box_look(&box, repo, "main", &look);
	assert_int_equal(look.op.err.kind, ERROR_TEMPORARY);
	assert_null(strstr(look.op.err.text, "geheim"));
	end(repo);
}

static const struct folder_row {
	const char *name, *made, *dir;
	enum error_kind kind;
	const char *text;
} folder_rows[] = {
	{ "a folder that is no checkout", "mkdir plain", "plain", ERROR_INVALID,
	  "not in a Git checkout" },
	{ "a folder that is not there", "true", "nowhere", ERROR_INVALID,
	  "not in a Git checkout" },
	{ "a bare repository", "true", "r.git", ERROR_INVALID, "use --repo" },
	{ "a checkout of somebody else", "chown -R 12345 person", "person", ERROR_LOCAL,
	  "belongs to another user: git config --global --add safe.directory" },
};

static void folder_is_refused(void **state)
{
	const struct folder_row *row = *state;
	struct repo *repo = NULL;

	if (strstr(row->made, "chown") && geteuid() != 0)
		skip();
	box_init(&box);
	box_publish(&box);
	box_run(&box, "%s", row->made);
	assert_false(
		repo_open(&repo,
			  &(struct repo_config){ .checkout = box_path(&box, row->dir),
						 .author = "vm7 <vm7@example>" },
			  &box.err));
	assert_null(repo);
	assert_int_equal(box.err.kind, row->kind);
	assert_contains(box.err.text, row->text);
	end(repo);
}

static const struct trust_row {
	const char *name, *value;
} trust_rows[] = {
	{ "a checkout of somebody else that is trusted", "person" },
	{ "where everything is trusted", "*" },
};

static void folder_is_trusted(void **state)
{
	const struct trust_row *row = *state;
	struct repo *repo;

	if (geteuid() != 0)
		skip();
	box_init(&box);
	box_publish(&box);
	box_run(&box,
		"chown -R 12345 person r.git && git config --global safe.directory '%s'",
		*row->value == '*' ? "*" : box_path(&box, row->value));
	box_run(&box, "git config --global --add safe.directory %s",
		box_path(&box, "r.git"));
	repo = box_checkout(&box, "person");
	box_look_ok(&box, repo, "main", box_tip(&box, "r.git", "main"));
	end(repo);
}

/* vm7 may be run by a hook of some other repository. */
static void the_repository_of_a_hook(void **state)
{
	struct repo *repo = published_checkout();
	char *tip = box_tip(&box, "r.git", "main");

	(void)state;
	setenv("GIT_DIR", "/nonexistent", 1);
	setenv("GIT_INDEX_FILE", "/nonexistent/index", 1);
	setenv("GIT_OBJECT_DIRECTORY", "/nonexistent/objects", 1);
	box_look_ok(&box, repo, "main", tip);
	unsetenv("GIT_DIR");
	unsetenv("GIT_INDEX_FILE");
	unsetenv("GIT_OBJECT_DIRECTORY");
	end(repo);
}

/* What a person's configuration says matters to them, not to a cache. */
static void a_cache_has_no_configuration(void **state)
{
	struct repo *repo = published_cache();

	(void)state;
	box_run(&box, "git config --global url.%s/nowhere.insteadOf %s/r.git", box.dir,
		box.dir);
	box_look_ok(
		&box, repo, "main",
		box_run(&box, "GIT_CONFIG_GLOBAL=/dev/null git -C r.git rev-parse main"));
	end(repo);
}

static const struct words_row {
	const char *name, *said, *words;
	enum error_kind kind;
} words_rows[] = {
	{ "a password that is wrong",
	  "remote: Invalid username or password.\n"
	  "fatal: Authentication failed for 'https://git.example/infra.git/'\n",
	  "remote: Invalid username or password.; Authentication failed for "
	  "'https://git.example/infra.git/'",
	  ERROR_DENIED },
	{ "a password that is missing",
	  "fatal: could not read Username for 'https://git.example': terminal prompts "
	  "disabled\n",
	  "'https://git.example' wants a user name and a password, other than what it "
	  "got",
	  ERROR_DENIED },
	{ "an ssh key that is not known there",
	  "git@git.example: Permission denied (publickey).\r\n"
	  "fatal: Could not read from remote repository.\n\n"
	  "Please make sure you have the correct access rights\n"
	  "and the repository exists.\n",
	  "git@git.example: Permission denied (publickey).; Could not read from remote "
	  "repository.",
	  ERROR_DENIED },
	{ "a host key that is not known here",
	  "Host key verification failed.\r\nfatal: Could not read from remote "
	  "repository.\n",
	  "Host key verification failed.; Could not read from remote repository.",
	  ERROR_DENIED },
	{ "rights that are missing",
	  "fatal: unable to access 'https://git.example/x/': The requested URL returned "
	  "error: 403\n",
	  "unable to access 'https://git.example/x/': The requested URL returned error: "
	  "403",
	  ERROR_DENIED },
	{ "a server in trouble",
	  "fatal: unable to access 'https://git.example/x/': The requested URL returned "
	  "error: 503\n",
	  "unable to access 'https://git.example/x/': The requested URL returned error: "
	  "503",
	  ERROR_TEMPORARY },
	{ "a certificate that is not trusted",
	  "fatal: unable to access 'https://git.example/x/': server certificate "
	  "verification "
	  "failed. CAfile: none CRLfile: none\n",
	  "unable to access 'https://git.example/x/': server certificate verification "
	  "failed. CAfile: none CRLfile: none",
	  ERROR_FAILED },
	{ "a disk that is full", "fatal: write error: No space left on device\n",
	  "write error: No space left on device", ERROR_LOCAL },
	{ "the other side's disk is not ours",
	  "remote: fatal: No space left on device\nfatal: the remote end hung up\n",
	  "remote: fatal: No space left on device; the remote end hung up",
	  ERROR_TEMPORARY },
	{ "objects that are malformed", "fatal: fsck error in packed object\n",
	  "fsck error in packed object", ERROR_INVALID },
	{ "ssh that is missing", "error: cannot run ssh: No such file or directory\n",
	  "cannot run ssh: No such file or directory", ERROR_MISSING },
	{ "credentials are cut out",
	  "fatal: unable to access 'https://ann:geheim@git.example/x/': bad\n",
	  "unable to access 'https://git.example/x/': bad", ERROR_TEMPORARY },
	{ "words of the other side cannot colour the terminal",
	  "fatal: remote error: \033[31mred\n", "remote error: ?[31mred",
	  ERROR_TEMPORARY },
	{ "hints are for others", "hint: run git pull\nfatal: no\n", "no",
	  ERROR_TEMPORARY },
};

static void is_understood(void **state)
{
	const struct words_row *row = *state;
	struct arena *arena = arena_create();
	struct error err = { 0 };
	struct child child = { .exit_code = 128 };

	text_init(&child.said, arena);
	text_add(&child.said, row->said);
	assert_string_equal(command_words(arena, row->said), row->words);
	assert_false(command_ok(&child, arena, "fetch", &err));
	assert_int_equal(err.kind, row->kind);
	assert_string_equal(err.text, arena_printf(arena, "git fetch: %s", row->words));
	arena_destroy(arena);
}

int main(void)
{
	add_test("a cache follows its branch, wherever it moves", a_cache_looks);
	add_test("a cache holds the tip alone", a_cache_is_shallow);
	add_test("a branch may take the place of a folder of branches",
		 a_branch_in_place_of_another);
	add_test("what a killed git left behind is removed", stale_files);
	add_rows(is_made_again, damage_rows);
	add_rows(is_not_touched, other_rows);
	add_test("objects do not pile up for ever", piled_up_objects);
	add_rows(is_refused, refused_rows);
	add_rows(url_is_judged, url_rows);
	add_rows(author_is_judged, author_rows);
	add_rows(is_silent, silent_rows);
	add_test("a web page is no repository without branches", a_page_is_no_repository);
	add_test("a look that is canceled ends", canceled);
	add_test("git itself may be missing", git_is_missing);
	add_test("a look at nothing new changes no byte of a checkout",
		 a_look_changes_nothing);
	add_test("a look at something new moves no ref of a checkout",
		 a_look_moves_no_ref);
	add_rows(head_is_read, head_rows);
	add_test("a detached HEAD looks at origin", a_detached_head_looks_at_origin);
	add_test("credentials in a person's URL are not named",
		 credentials_are_not_named);
	add_rows(folder_is_refused, folder_rows);
	add_rows(folder_is_trusted, trust_rows);
	add_test("the repository of a hook around is not ours", the_repository_of_a_hook);
	add_test("a cache reads no configuration of the host",
		 a_cache_has_no_configuration);
	add_rows(is_understood, words_rows);
	return run_all_tests("git");
}
