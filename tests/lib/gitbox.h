/*
 * Real repositories in a temporary folder, made with the git program, for tests of git/.
 *
 *	struct box box;
 *	box_init(&box);
 *	box_run(&box, "git init -q --bare r.git");
 *	...
 *	box_finish(&box);
 *
 * Commands run in the folder with an environment of their own: no test touches a
 * repository or a configuration that is not its own.
 */
#pragma once

#include "base/op.h"
#include "base/text.h"
#include "git/push.h"
#include "git/tree.h"
#include "tests/lib/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct box {
	char dir[64];
	struct arena *arena;
	uv_loop_t loop;
	bool done; /* the operation that is waited for */
	struct error err;
};

static inline char *box_path(struct box *box, const char *name)
{
	return arena_printf(box->arena, "%s/%s", box->dir, name);
}

/* The whole environment of this process from now on: nothing of the host's. */
static inline void box_environment(struct box *box)
{
	clearenv();
	setenv("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", 1);
	setenv("HOME", box->dir, 1);
	setenv("LC_ALL", "C", 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CEILING_DIRECTORIES", "/tmp", 1);
	setenv("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z", 1);
	setenv("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z", 1);
}

static inline void box_write(struct box *box, const char *name, const char *text)
{
	FILE *file = fopen(box_path(box, name), "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static inline void box_init(struct box *box)
{
	*box = (struct box){ .dir = "/tmp/vm7-git-XXXXXX", .arena = arena_create() };
	assert_non_null(mkdtemp(box->dir));
	box_environment(box);
	box_write(box, ".gitconfig",
		  "[user]\n\tname = Person\n\temail = person@example\n"
		  "[init]\n\tdefaultBranch = main\n[core]\n\tfsync = none\n"
		  "[protocol \"file\"]\n\tallow = always\n");
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&box->loop);
	op_init(&box->loop);
}

static inline int box_unlink(const char *path, const struct stat *st, int type,
			     struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* Nothing is left: no file, and no handle on the loop. */
static inline void box_finish(struct box *box)
{
	op_finish_all();
	uv_run(&box->loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&box->loop), 0);
	nftw(box->dir, box_unlink, 16, FTW_PHYS | FTW_DEPTH);
	arena_destroy(box->arena);
}

/* Run a shell command in the folder; its output without the last newline. */
static inline char *box_try(struct box *box, int *code, const char *command)
{
	char *line = arena_printf(box->arena, "cd %s && { %s\n} 2>&1", box->dir, command);
	FILE *pipe = popen(line, "r");
	struct text out;
	char buffer[4096];
	size_t len;

	assert_non_null(pipe);
	text_init(&out, box->arena);
	while ((len = fread(buffer, 1, sizeof(buffer), pipe)) > 0)
		text_addn(&out, buffer, len);
	*code = pclose(pipe);
	return str_trim(box->arena, text_str(&out));
}

static inline char *box_run(struct box *box, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline char *box_run(struct box *box, const char *format, ...)
{
	va_list args;
	char *out, *command;
	int code;

	va_start(args, format);
	command = arena_vprintf(box->arena, format, args);
	va_end(args);
	out = box_try(box, &code, command);
	if (code != 0)
		fail_msg("%s\n%s", command, out);
	return out;
}

/* What a waiting flow is, in a test. */
static inline void box_resumed(void *flow)
{
	struct box *box = flow;

	assert_false(box->done); /* once */
	box->done = true;
}

static inline void box_wait(struct box *box)
{
	assert_false(box->done); /* never from inside a start */
	while (!box->done)
		uv_run(&box->loop, UV_RUN_ONCE);
	box->done = false;
}

/* A bare r.git with one commit of vm7.yaml on main, and a person's clone `person`. */
static inline void box_publish(struct box *box)
{
	box_run(box,
		"git init -q --bare r.git && git clone -q r.git person && cd person &&"
		"git checkout -q -b main && echo 'version: 1' > vm7.yaml && "
		"git add . && git commit -q -m first && git push -q -u origin main");
}

static inline char *box_tip(struct box *box, const char *repo, const char *branch)
{
	return box_run(box, "git -C %s rev-parse refs/heads/%s", repo, branch);
}

static inline struct repo *box_open(struct box *box, const struct repo_config *config)
{
	struct repo *repo;

	if (!repo_open(&repo, config, &box->err))
		fail_msg("%s", box->err.text);
	return repo;
}

static inline struct repo *box_cache(struct box *box, const char *url)
{
	return box_open(box, &(struct repo_config){
				     .url = url,
				     .cache = box_path(box, "cache"),
				     .author = "vm7 <vm7@example>",
				     .deadline = 30,
			     });
}

static inline struct repo *box_checkout(struct box *box, const char *dir)
{
	return box_open(box, &(struct repo_config){ .checkout = box_path(box, dir),
						    .author = "vm7 <vm7@example>",
						    .deadline = 30 });
}

static inline void box_look(struct box *box, struct repo *repo, const char *branch,
			    struct look *look)
{
	look_start(look, repo, branch, box_resumed, box);
	box_wait(box);
}

/* Look, and insist on the tip. */
static inline void box_look_ok(struct box *box, struct repo *repo, const char *branch,
			       const char *tip)
{
	struct look look;

	box_look(box, repo, branch, &look);
	assert_string_equal(look.op.err.text, "");
	assert_string_equal(look.tip, tip);
}

/* Push one file. */
static inline void box_push(struct box *box, struct repo *repo, const char *branch,
			    const char *parent, const char *path, const char *text,
			    struct push *push)
{
	struct new_file file = { .path = path, .text = text, .len = strlen(text) };

	push_start(push, repo, branch, parent, &file, 1,
		   "vm7: leases\n\nBody.\n\nVm7-Source: abc\nVm7-Pass: 1\n", 1800000000,
		   box_resumed, box);
	box_wait(box);
}
