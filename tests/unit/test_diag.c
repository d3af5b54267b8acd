#include "base/diag.h"
#include "tests/lib/reading.h"

#define KEY_LINE "-----BEGIN OPENSSH PRIVATE KEY-----"

static const struct row {
	const char *name, *text;
	unsigned line, column;
	const char *where, *what, *shown;
} rows[] = {
	{ "the line and a caret", "a: 1\ncpu: 0\n", 2, 6, "vms[0].cpu",
	  "0 is less than 1",
	  "a.yaml:2:6: vms[0].cpu: 0 is less than 1\n   2 | cpu: 0\n     |      ^" },
	{ "the whole file", "a: 1\n", 0, 0, "", "over 32 MiB", "a.yaml: over 32 MiB" },
	{ "a line without a path of keys", "a: &x 1", 1, 4, "", "no anchors",
	  "a.yaml:1:4: no anchors\n   1 | a: &x 1\n     |    ^" },
	{ "the caret may stand behind the end", "a: [", 1, 5, "", "cut off",
	  "a.yaml:1:5: cut off\n   1 | a: [\n     |     ^" },
	{ "a line that is not there", "a: 1\n", 9, 1, "", "gone", "a.yaml:9:1: gone" },
	{ "tabs take one column", "a:\t1", 1, 4, "", "x",
	  "a.yaml:1:4: x\n   1 | a: 1\n     |    ^" },
	{ "columns are characters", "\xc3\xa4\xc3\xb6: 1", 1, 5, "", "x",
	  "a.yaml:1:5: x\n   1 | \xc3\xa4\xc3\xb6: 1\n     |     ^" },
	{ "an escape does not reach the terminal", "a: \x1b[31mred", 1, 4, "", "x",
	  "a.yaml:1:4: x\n   1 | a: ?[31mred\n     |    ^" },
	{ "other line ends count",
	  "a\r\nb\rc\xe2\x80\xa8"
	  "d\xc2\x85"
	  "e: 1",
	  5, 4, "", "x", "a.yaml:5:4: x\n   5 | e: 1\n     |    ^" },
	{ "a byte order mark is not shown",
	  "\xef\xbb\xbf"
	  "a: 1",
	  1, 4, "", "x", "a.yaml:1:4: x\n   1 | a: 1\n     |    ^" },
	{ "of a long line a part is shown",
	  "0123456789012345678901234567890123456789012345678901234567890123456789"
	  "0123456789012345678901234567890123456789012345678901234567890123456789",
	  1, 71, "", "x",
	  "a.yaml:1:71: x\n   1 | "
	  "...0123456789012345678901234567890123456789012345678901234567890123456789"
	  "012345678901234567890123456789...\n"
	  "     |                                                                ^" },
	{ "a secret in clear is not shown", "token_secret: 'abc' # x", 1, 15, "", "x",
	  "a.yaml:1:15: x\n   1 | token_secret: '***' # x\n     |               ^" },
	{ "nor one without quotes", "{token_secret: ab'c, cpu: 1}", 1, 2, "", "x",
	  "a.yaml:1:2: x\n   1 | {token_secret: *************\n     |  ^" },
	{ "nor one with quotes inside", "password: \"a\\\"b\", c: 'd'", 1, 1, "", "x",
	  "a.yaml:1:1: x\n   1 | password: \"****\", c: 'd'\n     | ^" },
	{ "nor one with doubled quotes", "password: 'a''b', c: 'd'", 1, 1, "", "x",
	  "a.yaml:1:1: x\n   1 | password: '****', c: 'd'\n     | ^" },
	{ "nor one whose quote is missing", "temp_password: \"abc", 1, 1, "", "x",
	  "a.yaml:1:1: x\n   1 | temp_password: \"***\n     | ^" },
	{ "nor one of JSON", "{\"token_secret\":\"abc\",\"x\":1}", 1, 1, "", "x",
	  "a.yaml:1:1: x\n   1 | {\"token_secret\":\"***\",\"x\":1}\n     | ^" },
	{ "the name of a secret is shown", "token_secret: {secret: pve-token}", 1, 24, "",
	  "x",
	  "a.yaml:1:24: x\n   1 | token_secret: {secret: pve-token}\n"
	  "     |                        ^" },
	{ "what cannot be a name is not", "token_secret: {secret: 'a b'}", 1, 24, "", "x",
	  "a.yaml:1:24: x\n   1 | token_secret: {secret: '***'}\n"
	  "     |                        ^" },
	{ "a switch is no secret", "ssh_password_auth: true, a: 1", 1, 1, "", "x",
	  "a.yaml:1:1: x\n   1 | ssh_password_auth: true, a: 1\n     | ^" },
	{ "a private key is not shown", "ssh_public_key: \"" KEY_LINE "\"", 1, 17, "",
	  "x", "a.yaml:1:17: x" },
};

static void prints(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct diag diag = { { file_of(arena, "a.yaml", row->text), row->line,
			       row->column },
			     row->where,
			     row->what,
			     0 };
	struct text out;

	text_init(&out, arena);
	diag_print(&out, &diag);
	assert_string_equal(text_str(&out), row->shown);
	arena_destroy(arena);
}

static void nowhere(void **state)
{
	struct arena *arena = arena_create();
	struct diag diag = { { 0 }, "built", "wrong", 0 };
	struct text out;

	(void)state;
	text_init(&out, arena);
	diag_print(&out, &diag);
	assert_string_equal(text_str(&out), "built: wrong");
	assert_string_equal(place_print(arena, diag.at), "built-in");
	diag.at = (struct place){ file_of(arena, "a.yaml", ""), 12, 3 };
	assert_string_equal(place_print(arena, diag.at), "a.yaml:12");
	arena_destroy(arena);
}

static void sorted(void **state)
{
	struct arena *arena = arena_create();
	const struct file *a = file_of(arena, "a.yaml", "x: 1\ny: 2\n");
	const struct file *b = file_of(arena, "b.yaml", "z: 3\n");
	struct diags diags;
	struct text out;

	(void)state;
	diags_init(&diags, arena);
	diag_add(&diags, (struct place){ b, 1, 1 }, "z", "five");
	diag_add(&diags, (struct place){ a, 2, 4 }, "y", "three");
	diag_add(&diags, (struct place){ a, 1, 4 }, "x", "one");
	diag_add(&diags, (struct place){ a, 2, 4 }, "y", "four");
	diag_add(&diags, (struct place){ a, 2, 1 }, "y", "two");
	text_init(&out, arena);
	diags_print(&out, &diags);
	assert_string_equal(text_str(&out),
			    "a.yaml:1:4: x: one\n   1 | x: 1\n     |    ^\n"
			    "a.yaml:2:1: y: two\n   2 | y: 2\n     | ^\n"
			    "a.yaml:2:4: y: three\n   2 | y: 2\n     |    ^\n"
			    "a.yaml:2:4: y: four\n   2 | y: 2\n     |    ^\n"
			    "b.yaml:1:1: z: five\n   1 | z: 3\n     | ^\n");
	arena_destroy(arena);
}

static void bounded(void **state)
{
	struct arena *arena = arena_create();
	const struct file *file = file_of(arena, "a.yaml", "x");
	struct diags diags;
	struct text out;

	(void)state;
	diags_init(&diags, arena);
	for (int i = 0; i < DIAGS_MAX + 7; i++)
		diag_add(&diags, (struct place){ file, 1, 1 }, "x", "number %d", i);
	assert_int_equal(diags.len, DIAGS_MAX);
	text_init(&out, arena);
	diags_print(&out, &diags);
	assert_true(str_ends(text_str(&out), "and 7 more mistakes\n"));
	arena_destroy(arena);
}

int main(void)
{
	add_rows(prints, rows);
	add_test("a built-in has no place", nowhere);
	add_test("mistakes are sorted by place, then as they were found", sorted);
	add_test("what is too many is counted", bounded);
	return run_all_tests("diag");
}
