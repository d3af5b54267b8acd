#include "base/child.h"

#include "tests/lib/test.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static uv_loop_t loop;
static struct arena *arena;
static struct child child;
static bool done;

static const char *const env[] = { "PATH=/usr/bin:/bin", "GIVEN=yes", NULL };

static int set_up(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&loop);
	op_init(&loop);
	arena = arena_create();
	done = false;
	return 0;
}

/* Nothing is left on the loop. */
static int tear_down(void **state)
{
	(void)state;
	op_finish_all();
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(uv_loop_close(&loop), 0);
	arena_destroy(arena);
	return 0;
}

static void resumed(void *flow)
{
	assert_ptr_equal(flow, &child);
	assert_false(done); /* once */
	done = true;
}

static void start(struct child_spec spec)
{
	spec.env = env;
	if (!spec.output_max)
		spec.output_max = 1000;
	if (!spec.deadline_ms)
		spec.deadline_ms = 20000;
	child_start(&child, arena, &spec, resumed, &child);
	assert_false(done); /* never from inside the start */
}

static uint64_t wait_ms(void)
{
	uint64_t from = uv_hrtime();

	while (!done)
		uv_run(&loop, UV_RUN_ONCE);
	return (uv_hrtime() - from) / 1000000;
}

static const char *const *shell(const char *script)
{
	static const char *argv[4] = { "sh", "-c" };

	argv[2] = script;
	return argv;
}

static const struct row {
	const char *name, *script, *input;
	size_t output_max;
	const char *out, *said;
	int code, signal;
	bool cut;
} rows[] = {
	{ "both outputs are kept apart", "echo one; echo two >&2", .out = "one\n",
	  .said = "two\n" },
	{ "the exit code is told, and is no error", "exit 3", .out = "", .said = "",
	  .code = 3 },
	{ "a signal that ended it is told", "kill -KILL $$", .out = "", .said = "",
	  .code = -1, .signal = SIGKILL },
	{ "it has the given environment and no other", "echo $GIVEN$HOME", .out = "yes\n",
	  .said = "" },
	{ "it reads the input to its end", "cat; echo .", "words\n", .out = "words\n.\n",
	  .said = "" },
	{ "an empty input ends at once", "cat; echo .", "", .out = ".\n", .said = "" },
	{ "without input there is nothing to read", "cat; echo .", .out = ".\n",
	  .said = "" },
	{ "input that nobody reads is no error", "exec true", "words", .out = "",
	  .said = "" },
	{ "it has no terminal to ask on", "(: < /dev/tty) 2>/dev/null || echo none",
	  .out = "none\n", .said = "" },
	{ "what is too long is cut, and it still ends", "yes | head -c 200000",
	  .output_max = 4, .out = "y\ny\n", .said = "", .cut = true },
};

static void runs(void **state)
{
	const struct row *row = *state;

	set_up(state);
	start((struct child_spec){ .argv = shell(row->script),
				   .input = row->input,
				   .input_len = row->input ? strlen(row->input) : 0,
				   .output_max = row->output_max });
	wait_ms();
	assert_string_equal(child.op.err.text, "");
	assert_int_equal(child.exit_code, row->code);
	assert_int_equal(child.signal, row->signal);
	assert_string_equal(text_str(&child.out), row->out);
	assert_string_equal(text_str(&child.said), row->said);
	assert_int_equal(child.cut, row->cut);
	tear_down(state);
}

static void a_missing_program(void **state)
{
	static const char *const argv[] = { "no-such-program", NULL };

	set_up(state);
	start((struct child_spec){ .argv = argv });
	wait_ms();
	assert_int_equal(child.op.err.kind, ERROR_MISSING);
	assert_string_equal(child.op.err.text,
			    "cannot run no-such-program: no such file or directory");
	tear_down(state);
}

/* The ids that the script printed, one a line, are of nobody who still lives. */
static void assert_all_gone(const char *ids)
{
	char **lines;
	size_t count = str_split(arena, ids, "\n", &lines);

	assert_true(count > 0);
	for (size_t i = 0; i < count; i++) {
		int pid = atoi(lines[i]), tries = 100;

		assert_true(pid > 1);
		/* whoever takes up orphans here may need a moment */
		while (kill(pid, 0) == 0 && --tries > 0)
			usleep(20000);
		if (tries == 0)
			fail_msg("process %d is still there", pid);
	}
}

static void the_deadline(void **state)
{
	uint64_t took;

	set_up(state);
	start((struct child_spec){ .argv = shell("echo $$; sleep 60 & echo $!; wait"),
				   .deadline_ms = 300 });
	took = wait_ms();
	assert_int_equal(child.op.err.kind, ERROR_TEMPORARY);
	assert_string_equal(child.op.err.text, "no end after 1 s");
	assert_in_range(took, 250, 1900); /* SIGTERM was enough */
	assert_all_gone(text_str(&child.out));
	tear_down(state);
}

static void the_deaf(void **state)
{
	uint64_t took;

	set_up(state);
	start((struct child_spec){
		.argv = shell("trap '' TERM; echo $$; while :; do sleep 1; done"),
		.deadline_ms = 200 });
	took = wait_ms();
	assert_int_equal(child.op.err.kind, ERROR_TEMPORARY);
	assert_int_equal(child.signal, SIGKILL);
	assert_in_range(took, 2000, 10000);
	assert_all_gone(text_str(&child.out));
	tear_down(state);
}

static void canceling(void **state)
{
	set_up(state);
	start((struct child_spec){ .argv = shell("echo $$; exec sleep 60") });
	while (child.out.len == 0)
		uv_run(&loop, UV_RUN_ONCE);
	child_cancel(&child);
	child_cancel(&child); /* twice is once */
	assert_false(done);
	assert_true(wait_ms() < 1900);
	assert_int_equal(child.op.err.kind, ERROR_CANCELED);
	assert_all_gone(text_str(&child.out));
	child_cancel(&child); /* and after the end it is nothing */
	tear_down(state);
}

static void those_left_behind(void **state)
{
	set_up(state);
	start((struct child_spec){ .argv = shell("sleep 20 & echo $!") });
	assert_true(wait_ms() < 5000);
	assert_string_equal(child.op.err.text, "");
	assert_int_equal(child.exit_code, 0);
	/* left on purpose: not ours to kill, but of this test */
	assert_int_equal(kill(atoi(text_str(&child.out)), SIGKILL), 0);
	tear_down(state);
}

int main(void)
{
	add_rows(runs, rows);
	add_test("a program that is missing is told", a_missing_program);
	add_test("the deadline ends it and its helpers", the_deadline);
	add_test("who is deaf to SIGTERM is killed", the_deaf);
	add_test("canceled, it ends and is waited for", canceling);
	add_test("who is left behind with the outputs is not waited for",
		 those_left_behind);
	return run_all_tests("child");
}
