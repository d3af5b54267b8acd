/* Shell assignments as text: what is read, what is left out, what is a mistake. */
#include "reconcile/shell_env.h"
#include "tests/lib/reading.h"

static const struct row {
	const char *name, *text;
	const char *read;     /* KEY=value of each, a line each */
	const char *warnings; /* the beginnings, a line each */
	const char *mistakes;
} rows[] = {
	{ "plain", "A=1\nB=two\n", "A=1\nB=two\n", "", NULL },
	{ "no newline at the end", "A=1", "A=1\n", "", NULL },
	{ "quotes, and pieces with and without them",
	  "A=\"x y\"\nB='x \"y'\nC=a\"b\"'c'd\nD=\"\"\nE=\n",
	  "A=x y\nB=x \"y\nC=abcd\nD=\nE=\n", "", NULL },
	{ "comments", "# all of it\n\nA=1 # rest\nB=\"x#y\"\nC=x#y\n  # more\n",
	  "A=1\nB=x#y\nC=x#y\n", "", NULL },
	{ "blanks and lines of Windows", "  A=1  \r\n\texport B=2\r\n", "A=1\nB=2\n", "",
	  NULL },
	{ "backslashes", "A=a\\ b\nB=\"\\\"\\$\\x\"\nC='\\'\n", "A=a b\nB=\"$\\x\nC=\\\n",
	  "", NULL },
	{ "what a shell would run", "A=$(x)\nB=`x`\nC=\"$D\"\nE=a${F}\nG='$(x)'\n",
	  "G=$(x)\n", "env:1: A=$(x)\nenv:2: B=`x`\nenv:3: C=\"$D\"\nenv:4: E=a${F}\n",
	  NULL },
	{ "a command", "rm -rf /\nA=1 rm\nB=1;rm\nC=1&&rm\nif x\n", "",
	  "env:1: rm -rf /\nenv:2: A=1 rm\nenv:3: B=1;rm\nenv:4: C=1&&rm\nenv:5: if x\n",
	  NULL },
	{ "no name", "=1\n1A=2\nA B=3\n", "", "env:1: =1\nenv:2: 1A=2\nenv:3: A B=3\n",
	  NULL },
	{ "a quote that does not end", "A=1\nB=\"2\nC='3\n", "A=1\n", "",
	  "2:1: B: the quote does not end on its line\n"
	  "3:1: C: the quote does not end on its line" },
};

static bool begins_each(const char *const *warnings, size_t len, const char *begins)
{
	for (size_t i = 0; i < len; i++) {
		size_t line = strcspn(begins, "\n");

		if (!*begins || strncmp(warnings[i], begins, line) != 0)
			return false;
		begins += line + 1;
	}
	return !*begins;
}

static void reads(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct shell_env env;
	struct diags diags;
	struct text read;

	diags_init(&diags, arena);
	text_init(&read, arena);
	shell_env_read(&env, arena, file_of(arena, "env", row->text), &diags);
	for (size_t i = 0; i < env.len; i++)
		text_addf(&read, "%s=%s\n", env.at[i].key, env.at[i].value);
	assert_string_equal(text_str(&read), row->read);
	assert_true(begins_each(env.warnings, env.warnings_len, row->warnings));
	assert_mistakes(&diags, row->mistakes);
	arena_destroy(arena);
}

static void last_one_wins(void **state)
{
	struct arena *arena = arena_create();
	struct shell_env env;
	struct diags diags;

	(void)state;
	diags_init(&diags, arena);
	shell_env_read(&env, arena, file_of(arena, "env", "A=1\nAB=2\nA=3\n"), &diags);
	assert_string_equal(shell_env_find(&env, "A")->value, "3");
	assert_null(shell_env_find(&env, "B"));
	arena_destroy(arena);
}

int main(void)
{
	add_rows(reads, rows);
	add_test("the last assignment of a key wins", last_one_wins);
	return run_all_tests("shell_env");
}
