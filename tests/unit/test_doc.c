#include "base/doc.h"
#include "tests/lib/reading.h"

/* The tree as one line: texts in quotes when they were, maps {k: v}, lists [a, b]. */
static void flatten(struct text *out, const struct doc *doc)
{
	switch (doc->kind) {
	case DOC_NULL:
		text_add(out, "null");
		break;
	case DOC_SCALAR:
		text_addf(out, doc->quoted ? "'%s'" : "%s", doc->text);
		break;
	case DOC_LIST:
		text_add(out, "[");
		for (size_t i = 0; i < doc->len; i++) {
			text_add(out, i > 0 ? ", " : "");
			flatten(out, doc->items[i]);
		}
		text_add(out, "]");
		break;
	case DOC_MAP:
		text_add(out, "{");
		for (size_t i = 0; i < doc->len; i++) {
			text_add(out, i > 0 ? ", " : "");
			flatten(out, doc->keys[i]);
			text_add(out, ": ");
			flatten(out, doc->items[i]);
		}
		text_add(out, "}");
		break;
	}
}

static const struct row {
	const char *name, *text, *tree, *mistakes;
} rows[] = {
	{ "a map in blocks", "a: 1\nb:\n  - x\n  - y\n", "{a: 1, b: [x, y]}", NULL },
	{ "a map in flow", "{a: 1, b: [x, {c: d}]}", "{a: 1, b: [x, {c: d}]}", NULL },
	{ "quotes are kept apart", "a: '1'\nb: \"two\"\nc: |\n  three\n",
	  "{a: '1', b: 'two', c: 'three\n'}", NULL },
	{ "null and nothing are null, ~ is told apart", "a: null\nb:\nc: ~\nd: 'null'\n",
	  "{a: null, b: null, c: ~, d: 'null'}", NULL },
	{ "an empty file is null", "", "null", NULL },
	{ "a file of comments is null", "# nothing\n\n# here\n", "null", NULL },
	{ "a byte order mark is no column",
	  "\xef\xbb\xbf"
	  "a: 1\nb: &x 2\n",
	  "{a: 1, b: 2}", "2:4: &x: anchors are not supported; presets share values" },
	{ "DOS line ends are line ends", "a: 1\r\nb: *x\r\n", "{a: 1, b: null}",
	  "2:4: *x: aliases are not supported; presets share values" },
	{ "columns count characters, not bytes", "\xc3\xa4\xc3\xb6: *x\n",
	  "{\xc3\xa4\xc3\xb6: null}",
	  "1:5: *x: aliases are not supported; presets share values" },
	{ "a start and an end of the document are fine", "---\na: 1\n...\n", "{a: 1}",
	  NULL },
	{ "a list that contains itself", "a: &x [*x]\n", "{a: [null]}",
	  "1:4: &x: anchors are not supported; presets share values\n"
	  "1:8: *x: aliases are not supported; presets share values" },
	{ "tags are refused where they stand",
	  "a: !!int 1\nb: !mine [x]\nc: !!map {}\nd: ! x\n",
	  "{a: 1, b: [x], c: {}, d: x}",
	  "1:4: tag:yaml.org,2002:int: tags are not supported\n"
	  "2:4: !mine: tags are not supported\n"
	  "3:4: tag:yaml.org,2002:map: tags are not supported\n"
	  "4:4: !: tags are not supported" },
	{ "merge keys are refused", "a: 1\n<<: {b: 2}\n", "{a: 1}",
	  "2:1: merge keys are not supported; presets share values" },
	{ "a quoted << is a key", "'<<': 1\n", "{'<<': 1}", NULL },
	{ "keys that repeat", "a: 1\nb: 2\na: 3\n\"a\": 4\n",
	  "{a: 1, b: 2, a: 3, 'a': 4}",
	  "3:1: a: the key is already in line 1\n4:1: a: the key is already in line 1" },
	{ "a list as key", "? [a]\n: 1\nb: 2\n", "{b: 2}",
	  "1:3: a key must be a text, not a list or a mapping" },
	{ "a map as key", "{{a: b}: 1}", "{}",
	  "1:2: a key must be a text, not a list or a mapping" },
	{ "no key at all", "?\n: 1\n", "{}", "1:2: a key is missing before the colon" },
	{ "an empty key", "'': 1\n", "{}", "1:1: a key is missing before the colon" },
	{ "a second document", "a: 1\n---\nb: 2\n", NULL,
	  "2:1: a second document; one file holds one" },
	{ "a zero byte by escape", "a: \"b\\0c\"\n", "{a: 'b'}",
	  "1:4: a zero byte in a text" },
	{ "a list that is not closed", "a: [1,\nb: 2\n", NULL,
	  "3:1: not YAML: did not find expected ',' or ']' (while parsing a flow "
	  "sequence "
	  "that begins in line 1)" },
	{ "a text that is cut off", "a: 1\nb: \"htt", NULL,
	  "2:8: not YAML: found unexpected end of stream" },
	{ "a tab as indentation", "a:\n\tb: 1\n", NULL,
	  "2:1: not YAML: a tab where spaces are needed" },
	{ "other indentation", "a:\n    b: 1\n  c: 2\n", NULL,
	  "3:3: not YAML: did not find expected key (while parsing a block mapping that "
	  "begins in line 1)" },
	{ "Latin-1", "a: 1\nname: gr\xfc\xdf\n", NULL,
	  "2:9: a byte that is not UTF-8 (0xfc): is this a text file?" },
	{ "UTF-16",
	  "\xff\xfe"
	  "a",
	  NULL, "1:1: a byte that is not UTF-8 (0xff): is this a text file?" },
	{ "a control character", "a: 1\nb: \x01\n", NULL,
	  "2:4: a control character (0x01): is this a text file?" },
	{ "a directive for tags", "%TAG ! tag:x,2000:\n---\na: 1\n", NULL,
	  "1:1: %TAG: tags are not supported" },
	{ "another version of YAML", "%YAML 2.0\n---\na: 1\n", NULL,
	  "1:1: not YAML: found incompatible YAML document" },
};

static void reads(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct diags diags;
	struct doc *doc;
	struct text tree;

	diags_init(&diags, arena);
	doc = doc_read(arena, file_of(arena, "a.yaml", row->text), &diags);
	assert_mistakes(&diags, row->mistakes);
	text_init(&tree, arena);
	if (doc)
		flatten(&tree, doc);
	assert_string_equal(doc ? text_str(&tree) : "(none)",
			    row->tree ? row->tree : "(none)");
	arena_destroy(arena);
}

static void places(void **state)
{
	struct arena *arena = arena_create();
	struct diags diags;
	struct doc *doc, *list;

	(void)state;
	diags_init(&diags, arena);
	doc = doc_read(arena,
		       file_of(arena, "a.yaml", "# x\nlist:\n  - one\n  - {b: 2}\n"),
		       &diags);
	assert_non_null(doc);
	list = doc_get(doc, "list");
	assert_non_null(list);
	assert_int_equal(doc->at.line, 2);
	assert_int_equal(list->at.line, 3);
	assert_int_equal(list->at.column, 3);
	assert_int_equal(list->items[1]->keys[0]->at.line, 4);
	assert_int_equal(list->items[1]->keys[0]->at.column, 6);
	assert_string_equal(list->items[1]->at.file->path, "a.yaml");
	assert_null(doc_get(doc, "other"));
	assert_null(doc_get(list, "list"));
	arena_destroy(arena);
}

/* Texts that are cheap to write and dear to read, were nothing bounded. */
static const struct bulk {
	const char *name, *head, *again;
	size_t times;
	const char *tail, *first; /* the first mistake, or NULL */
} bulks[] = {
	{ "lists in lists without end", "", "[", 1000000, "",
	  "1:65: nested more than 64 levels deep" },
	{ "maps in maps without end", "", "{a: ", 1000000, "",
	  "1:257: nested more than 64 levels deep" },
	{ "dashes without end", "", "- ", 1000000, "",
	  "1:129: nested more than 64 levels deep" },
	{ "question marks without end", "", "? ", 1000000, "",
	  "1:129: nested more than 64 levels deep" },
	{ "a list of many items", "a: [1", ",1", 200000, "]", NULL },
	{ "a list with more values than are kept", "a: [1", ",1", DOC_NODES_MAX, "]",
	  "1:1999999: more than 1000000 values in one file" },
	{ "tag directives are compared with each other", "", "%TAG !a! tag:x,2000:\n",
	  300000, "---\na: 1\n", "1:1: %TAG: tags are not supported" },
	{ "also for a second document", "a: 1\n...\n", "%TAG !a! tag:x,2000:\n", 300000,
	  "---\na: 1\n", "3:1: %TAG: tags are not supported" },
	{ "a long text", "a: \"", "\\n", 4000000, "\"\n", NULL },
	{ "a long line of colons", "", "a:", 1000000, "",
	  "1:2000000: not YAML: mapping values are not allowed in this context" },
	{ "comments", "", "# x\n", 1000000, "a: 1\n", NULL },
	{ "anchors in one line", "[", "&a 1,", 300000, "]",
	  "1:2: &a: anchors are not supported; presets share values" },
	{ "a key again and again", "", "k: 1\n", 300000, "",
	  "2:1: k: the key is already in line 1" },
	{ "more than a file may be", "", "#234567\n", 4194305, "", "0:0: over 32 MiB" },
};

static void is_bounded(void **state)
{
	const struct bulk *row = *state;
	size_t head = strlen(row->head), again = strlen(row->again);
	size_t len = head + row->times * again + strlen(row->tail);
	struct arena *arena = arena_create();
	struct file file = { "a.yaml", NULL, len };
	struct diags diags;
	struct text shown;
	char *text = arena_alloc(arena, len + 1, 1), *first, *end;

	memcpy(text, row->head, head);
	for (size_t i = 0; i < row->times; i++)
		memcpy(text + head + i * again, row->again, again);
	memcpy(text + head + row->times * again, row->tail, strlen(row->tail));
	file.text = text;
	diags_init(&diags, arena);
	doc_read(arena, &file, &diags);
	assert_true(diags.len <= DIAGS_MAX);
	text_init(&shown, arena);
	diags_print(&shown, &diags);
	assert_true(shown.len < 1000000);
	if (row->first) {
		assert_true(diags.len > 0);
		first = arena_strdup(arena, mistakes_of(&diags));
		end = strchr(first, '\n');
		if (end)
			*end = '\0';
		assert_string_equal(first, row->first);
	} else {
		assert_mistakes(&diags, NULL);
	}
	arena_destroy(arena);
}

static void many_keys(void **state)
{
	struct arena *arena = arena_create();
	struct diags diags;
	struct text text;
	struct doc *doc;

	(void)state;
	text_init(&text, arena);
	for (int i = 0; i < 100; i++)
		text_addf(&text, "k%d: %d\n", i, i);
	text_add(&text, "k7: again\nk42: again\nk7: and again\n");
	diags_init(&diags, arena);
	doc = doc_read(arena, file_of(arena, "a.yaml", text_str(&text)), &diags);
	assert_non_null(doc);
	assert_mistakes(&diags, "101:1: k7: the key is already in line 8\n"
				"102:1: k42: the key is already in line 43\n"
				"103:1: k7: the key is already in line 8");
	assert_string_equal(doc_get(doc, "k7")->text, "7");
	arena_destroy(arena);
}

/* Bytes that are no YAML at all still end in a mistake with a place. */
static void noise(void **state)
{
	char bytes[4096];
	unsigned seed = 1;

	(void)state;
	for (int round = 0; round < 200; round++) {
		struct arena *arena = arena_create();
		struct file file = { "a.yaml", NULL, sizeof(bytes) - 1 };
		struct diags diags;

		for (size_t i = 0; i + 1 < sizeof(bytes); i++) {
			seed = seed * 1103515245U + 12345U;
			bytes[i] = (char)(seed >> 16);
		}
		bytes[sizeof(bytes) - 1] = '\0';
		file.text = bytes;
		diags_init(&diags, arena);
		assert_null(doc_read(arena, &file, &diags));
		assert_int_equal(diags.len, 1);
		assert_true(diags.at[0].at.line > 0);
		arena_destroy(arena);
	}
}

int main(void)
{
	add_rows(reads, rows);
	add_rows(is_bounded, bulks);
	add_test("everything knows its place", places);
	add_test("repeated keys are found among many", many_keys);
	add_test("noise is refused with a place", noise);
	return run_all_tests("doc");
}
