#include "base/text.h"
#include "tests/lib/test.h"

static const char *const keys[] = {
	"name", "ram_mb", "disk_gb", "cpu", "cpu_type", NULL
};

static const struct row {
	const char *name, *word, *nearest;
} rows[] = {
	{ "a swapped unit is near", "ram_gb", "ram_mb" },
	{ "a missing letter is near", "disk_g", "disk_gb" },
	{ "swapped letters are near", "cup", "cpu" },
	{ "another word is not", "favourite", NULL },
	{ "nor is one letter of three", "xyz", NULL },
};

static void finds_the_nearest(void **state)
{
	const struct row *row = *state;
	const char *nearest = str_nearest(row->word, keys);

	if (row->nearest)
		assert_string_equal(nearest, row->nearest);
	else
		assert_null(nearest);
}

static const struct safe_row {
	const char *name, *text, *safe;
	size_t max;
} safe_rows[] = {
	{ "plain text stays", "web-01 is up", "web-01 is up", 100 },
	{ "umlauts stay", "gr\xc3\xbc\xc3\x9f dich", "gr\xc3\xbc\xc3\x9f dich", 100 },
	{ "a newline cannot start a line of its own", "a\nerror: b", "a?error: b", 100 },
	{ "an escape cannot colour the terminal", "\x1b[31mred", "?[31mred", 100 },
	{ "bytes that are no text are marked", "\xff\xfe", "??", 100 },
	{ "an overlong slash is no slash", "\xc0\xaf", "??", 100 },
	{ "text is not turned around",
	  "a\xe2\x80\xae"
	  "b",
	  "a???b", 100 },
	{ "what is too long is cut", "0123456789", "01234...", 8 },
	{ "what just fits is not", "01234567", "01234567", 8 },
};

static void is_made_safe(void **state)
{
	const struct safe_row *row = *state;
	struct arena *arena = arena_create();

	assert_string_equal(str_safe(arena, row->text, row->max), row->safe);
	arena_destroy(arena);
}

static const struct encode_row {
	const char *name, *text, *encoded;
} encode_rows[] = {
	{ "what is unreserved stays", "Az09-_.~", "Az09-_.~" },
	{ "a blank is no plus", "a b", "a%20b" },
	{ "what cuts Proxmox's parameters apart is encoded", "a=b;c&d,e",
	  "a%3Db%3Bc%26d%2Ce" },
	{ "bytes beyond ASCII are encoded one by one", "\xc3\xbc", "%C3%BC" },
};

static void is_encoded(void **state)
{
	const struct encode_row *row = *state;
	struct arena *arena = arena_create();
	struct text text;

	text_init(&text, arena);
	text_add_encoded(&text, row->text);
	assert_string_equal(text_str(&text), row->encoded);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(finds_the_nearest, rows);
	add_rows(is_made_safe, safe_rows);
	add_rows(is_encoded, encode_rows);
	return run_all_tests("text");
}
