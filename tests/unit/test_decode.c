#include "base/decode.h"
#include "tests/lib/reading.h"

struct inner {
	struct setting is;
	struct num_setting depth;
};

struct thing {
	struct num_setting count, wait, pause;
	struct flag_setting on;
	struct text_setting name, word;
	struct choice_setting color;
	struct list_setting tags, keys, hosts;
	struct secret_setting token, pin;
	struct node_map_setting template;
	struct inner inner;
	struct flag_setting nested;
	struct text_setting only_here;
};

static const char *const colors[] = { "red", "green", NULL };
static const char *const later_colors[] = { "blue", NULL };
static const char *const yes[] = { "true", NULL };

static bool check_word(const char *text, struct error *err)
{
	if (strcmp(text, "good") == 0)
		return true;
	return error_set(err, ERROR_INVALID, "%.20s is not good", text);
}

static const struct field inner_fields[] = {
	NUMBER("depth", struct inner, depth, 0, 9, .usual = "3"),
	{ 0 },
};

static const struct field section_fields[] = {
	FLAG("nested", struct thing, nested),
	{ 0 },
};

static const struct field fields[] = {
	NUMBER("count", struct thing, count, 1, 128, .usual = "7"),
	DURATION("wait", struct thing, wait, 1, 7200, .usual = "1h"),
	DURATION("pause", struct thing, pause, 0, 100, .or_one = true),
	FLAG("on", struct thing, on, .usual = "true"),
	TEXT("name", struct thing, name, .required = true),
	TEXT("word", struct thing, word, .check = check_word),
	CHOICE("color", struct thing, color, colors, .later = later_colors,
	       .usual = "green"),
	TEXTS("tags", struct thing, tags, .max = 3),
	ONE_OF_TEXTS("tag", struct thing, tags),
	ONE_OF_TEXTS("key", struct thing, keys, .joins = true),
	TEXTS("keys", struct thing, keys, .joins = true),
	TEXTS("hosts", struct thing, hosts, .or_one = true),
	SECRET("token", struct thing, token, .clear_text = true),
	SECRET("pin", struct thing, pin, .nullable = true),
	BY_NODE("template", struct thing, template, 100, 999),
	MAPPING("inner", struct thing, inner, struct inner, inner_fields,
		.presence = 1 + offsetof(struct thing, inner.is)),
	SECTION("section", section_fields),
	LIST_OF("list", inner_fields),
	MAP_OF("map", inner_fields),
	FIXED("auth", "false", .later = yes),
	FIXED("version", "1"),
	TEXT("only_here", struct thing, only_here, .layers = 1U << LAYER_PRESET,
	     .belongs = "a preset"),
	LATER("disks"),
	REFUSED("ip", "addresses are leased"),
	{ 0 },
};

static void decode(struct arena *arena, const char *text, struct thing *thing,
		   struct diags *diags)
{
	static const struct trail trail = { NULL, "t", 0 };
	struct decode how = { arena, diags, LAYER_GUEST };
	struct doc *doc;

	memset(thing, 0, sizeof(*thing));
	diags_init(diags, arena);
	doc = doc_read(arena, file_of(arena, "a.yaml", text), diags);
	assert_non_null(doc);
	decode_map(&how, &trail, doc, fields, thing);
}

static const struct row {
	const char *name, *text, *mistakes;
} rows[] = {
	{ "nothing wrong", "{name: a, count: 128, wait: 2h, on: false, color: red}",
	  NULL },
	{ "a required key is missing", "{count: 1}", "1:1: t: name is missing" },
	{ "no mapping", "[name]", "1:1: t: expected a mapping (key: value), not a list" },
	{ "nothing instead of a mapping", "",
	  "1:1: t: expected a mapping (key: value), not nothing; for none write {}" },

	{ "a number too small", "{name: a, count: 0}",
	  "1:18: t.count: 0 is less than 1" },
	{ "a number too great", "{name: a, count: 129}",
	  "1:18: t.count: 129 is greater than 128" },
	{ "a number below zero", "{name: a, count: -5}",
	  "1:18: t.count: -5 is less than 1" },
	{ "a number of many digits", "{name: a, count: 99999999999999999999}",
	  "1:18: t.count: 99999999999999999999 is greater than 128" },
	{ "a word as number", "{name: a, count: two}",
	  "1:18: t.count: expected a whole number, not two" },
	{ "a text as number", "{name: a, count: \"2\"}",
	  "1:18: t.count: expected a whole number, not a text: write 2 without quotes" },
	{ "a leading zero", "{name: a, count: 010}",
	  "1:18: t.count: expected a whole number, not 010: write 10" },
	{ "a plus sign", "{name: a, count: +5}",
	  "1:18: t.count: expected a whole number, not +5: write 5" },
	{ "an exponent", "{name: a, count: 1e3}",
	  "1:18: t.count: expected a whole number in plain digits, not 1e3" },
	{ "a fraction", "{name: a, count: 1.5}",
	  "1:18: t.count: expected a whole number in plain digits, not 1.5" },
	{ "sixteen by sixteen", "{name: a, count: 0x10}",
	  "1:18: t.count: expected a whole number in plain digits, not 0x10" },
	{ "a tilde", "{name: a, count: ~}",
	  "1:18: t.count: expected a whole number, not ~" },
	{ "null as number", "{name: a, count: null}",
	  "1:18: t.count: expected a whole number, not null" },
	{ "nothing as number", "name: a\ncount:\n",
	  "2:7: t.count: expected a whole number, not nothing" },
	{ "a list as number", "{name: a, count: [1]}",
	  "1:18: t.count: expected a whole number, not a list" },

	{ "a duration without a unit", "{name: a, wait: 72}",
	  "1:17: t.wait: expected a duration such as 30s, 5m, 72h or 7d, not 72" },
	{ "a duration in words", "{name: a, wait: 3 weeks}",
	  "1:17: t.wait: expected a duration such as 30s, 5m, 72h or 7d, not 3 weeks" },
	{ "a duration too long", "{name: a, wait: 1d}", "1:17: t.wait: 1d is too long" },
	{ "a duration far too long", "{name: a, wait: 999999999999999999d}",
	  "1:17: t.wait: 999999999999999999d is too long" },
	{ "a duration too short", "{name: a, wait: 0s}",
	  "1:17: t.wait: 0s is too short" },
	{ "a duration below zero", "{name: a, pause: -1}",
	  "1:18: t.pause: -1 is less than 0" },

	{ "yes is no boolean", "{name: a, on: yes}",
	  "1:15: t.on: expected true or false, not yes: write true" },
	{ "off is no boolean", "{name: a, on: off}",
	  "1:15: t.on: expected true or false, not off: write false" },
	{ "True is no boolean", "{name: a, on: True}",
	  "1:15: t.on: expected true or false, not True: write true" },
	{ "a boolean in quotes", "{name: a, on: 'true'}",
	  "1:15: t.on: expected true or false, not a text: write true without quotes" },
	{ "a word as boolean", "{name: a, on: maybe}",
	  "1:15: t.on: expected true or false, not maybe" },

	{ "a number as text", "{name: 5}",
	  "1:8: t.name: expected a text, not 5: write \"5\"" },
	{ "a version as text", "{name: 1.10}",
	  "1:8: t.name: expected a text, not 1.10: write \"1.10\"" },
	{ "Norway as text", "{name: no}",
	  "1:8: t.name: expected a text, not no: write \"no\"" },
	{ "true as text", "{name: true}",
	  "1:8: t.name: expected a text, not true: write \"true\"" },
	{ "a map as text", "{name: {a: b}}",
	  "1:8: t.name: expected a text, not a mapping" },
	{ "an empty text", "{name: ''}", "1:8: t.name: is empty" },
	{ "a line break in a text", "{name: \"a\\nb\"}",
	  "1:8: t.name: has a line break or another control character" },
	{ "a text that fails its check", "{name: a, word: bad}",
	  "1:17: t.word: bad is not good" },
	{ "an address is a text", "{name: 10.0.0.1}", NULL },
	{ "a number in quotes is a text", "{name: '5'}", NULL },

	{ "another word", "{name: a, color: pink}",
	  "1:18: t.color: expected red or green, not pink" },
	{ "a word that comes later", "{name: a, color: blue}",
	  "1:18: t.color: blue: not supported yet" },

	{ "a text as list", "{name: a, tags: b}",
	  "1:17: t.tags: expected a list of texts, not b" },
	{ "nothing as list", "{name: a, tags: }",
	  "1:17: t.tags: expected a list of texts, not nothing" },
	{ "items of other kinds", "{name: a, tags: [1, b, [c]]}",
	  "1:18: t.tags[0]: expected a text, not 1: write \"1\"\n"
	  "1:24: t.tags[2]: expected a text, not a list" },
	{ "a list too long", "{name: a, tags: [b, c, d, e]}",
	  "1:17: t.tags: 4 items; 3 are the most" },
	{ "two keys for one list", "{name: a, tags: [b], tag: c}",
	  "1:27: t.tag: not together with tags" },

	{ "a secret in clear where that is not allowed", "{name: a, pin: hunter2}",
	  "1:11: t.pin: expected {secret: NAME}, a name that the host's own "
	  "configuration "
	  "resolves" },
	{ "a secret with other keys", "{name: a, pin: {secret: a, x: b}}",
	  "1:11: t.pin: expected {secret: NAME}, a name that the host's own "
	  "configuration "
	  "resolves" },
	{ "a secret's name that leads elsewhere", "{name: a, token: {secret: ../x}}",
	  "1:11: t.token: the name of a secret is 1 to 64 letters, digits, '_', '.' and "
	  "'-', and begins with none of the last two" },
	{ "null where that means none", "{name: a, pin: null}", NULL },
	{ "null where it does not", "{name: a, token: null}",
	  "1:11: t.token: expected {secret: NAME}, a name that the host's own "
	  "configuration resolves" },

	{ "numbers by node", "{name: a, template: {n1: 99, n2: x, n3: 100}}",
	  "1:26: t.template.n1: 99 is less than 100\n"
	  "1:34: t.template.n2: expected a whole number, or one for each node ({pve01: "
	  "9000}), not x" },
	{ "no numbers by node", "{name: a, template: {}}", "1:21: t.template: is empty" },

	{ "inside a mapping", "{name: a, inner: {depth: 10}}",
	  "1:26: t.inner.depth: 10 is greater than 9" },
	{ "an unknown key inside", "{name: a, inner: {dept: 1}}",
	  "1:19: t.inner.dept: unknown key; did you mean depth?" },
	{ "nothing as mapping", "{name: a, section: }",
	  "1:20: t.section: expected a mapping (key: value), not nothing; for none write "
	  "{}" },
	{ "a map as list of mappings", "{name: a, list: {}}",
	  "1:17: t.list: expected a list, not a mapping" },
	{ "nothing as list of mappings", "{name: a, list: }",
	  "1:17: t.list: expected a list, not nothing; for none write []" },
	{ "a list as map of mappings", "{name: a, map: []}",
	  "1:16: t.map: expected a mapping (key: value), not a list" },

	{ "the only value there is", "{name: a, auth: false, version: 1}", NULL },
	{ "a value that comes later", "{name: a, auth: true}",
	  "1:17: t.auth: true: not supported yet" },
	{ "a value that never comes", "{name: a, version: 2, auth: no}",
	  "1:20: t.version: expected 1, not 2\n"
	  "1:29: t.auth: expected true or false, not no: write false" },
	{ "a number in quotes where one is fixed", "{name: a, version: '1'}",
	  "1:20: t.version: expected 1, not 1" },

	{ "a key that comes later", "{name: a, disks: []}",
	  "1:11: t.disks: not supported yet" },
	{ "a key that never comes", "{name: a, ip: 10.0.0.1}",
	  "1:11: t.ip: addresses are leased" },
	{ "a key of another place", "{name: a, only_here: x}",
	  "1:11: t.only_here: belongs in a preset, not here" },
	{ "an unknown key", "{name: a, favourite: x}", "1:11: t.favourite: unknown key" },
	{ "a misspelt key is not also missing", "{nmae: a}",
	  "1:2: t.nmae: unknown key; did you mean name?" },
	{ "all mistakes at once", "count: 0\non: yes\nx: 1\n",
	  "1:1: t: name is missing\n1:8: t.count: 0 is less than 1\n"
	  "2:5: t.on: expected true or false, not yes: write true\n3:1: t.x: unknown "
	  "key" },
	{ "what is foreign is made safe", "{name: a, \"a\\eb\": 1}",
	  "1:11: t.a?b: unknown key" },
};

static void tells(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct thing thing;
	struct diags diags;

	decode(arena, row->text, &thing, &diags);
	assert_mistakes(&diags, row->mistakes);
	arena_destroy(arena);
}

static void fills(void **state)
{
	struct arena *arena = arena_create();
	struct thing t;
	struct diags diags;

	(void)state;
	decode(arena,
	       "count: 5\nwait: 90m\npause: 12\non: true\nname: |\n  x y\ncolor: green\n"
	       "tag: one\nkey: k1\nkeys: [k2, k3]\nhosts: h\ntoken: abc\n"
	       "pin: {secret: the-pin}\ntemplate: {n1: 100, n2: 101}\ninner: {depth: 9}\n"
	       "section: {nested: true}\n",
	       &t, &diags);
	assert_mistakes(&diags, NULL);
	assert_int_equal(t.count.value, 5);
	assert_int_equal(t.count.is.layer, LAYER_GUEST);
	assert_int_equal(t.count.is.at.line, 1);
	assert_int_equal(t.count.is.at.column, 8);
	assert_int_equal(t.wait.value, 5400);
	assert_int_equal(t.pause.value, 12);
	assert_true(t.on.value);
	assert_string_equal(t.name.value, "x y");
	assert_int_equal(t.color.value, 1);
	assert_int_equal(t.tags.len, 1);
	assert_string_equal(t.tags.at[0], "one");
	assert_int_equal(t.keys.len, 3);
	assert_string_equal(t.keys.at[0], "k1");
	assert_string_equal(t.keys.at[2], "k3");
	assert_int_equal(t.keys.places[2].line, 10);
	assert_int_equal(t.hosts.len, 1);
	assert_string_equal(t.token.inline_value, "abc");
	assert_null(t.token.name);
	assert_string_equal(t.pin.name, "the-pin");
	assert_null(t.pin.inline_value);
	assert_int_equal(t.template.len, 2);
	assert_string_equal(t.template.nodes[1], "n2");
	assert_int_equal(t.template.values[1], 101);
	assert_true(is_set(&t.inner.is));
	assert_int_equal(t.inner.depth.value, 9);
	assert_true(t.nested.value);
	assert_false(is_set(&t.word.is));
	arena_destroy(arena);
}

static void one_for_all_nodes(void **state)
{
	struct arena *arena = arena_create();
	struct thing t;
	struct diags diags;

	(void)state;
	decode(arena, "{name: a, template: 900, pin: null}", &t, &diags);
	assert_mistakes(&diags, NULL);
	assert_int_equal(t.template.len, 1);
	assert_null(t.template.nodes[0]);
	assert_int_equal(t.template.values[0], 900);
	assert_false(is_set(&t.pin.is));
	arena_destroy(arena);
}

static void wrong_is_set(void **state)
{
	struct arena *arena = arena_create();
	struct thing t;
	struct diags diags;

	(void)state;
	decode(arena, "{name: a, count: two, colr: red, on: true}", &t, &diags);
	assert_true(is_set(&t.count.is) && t.count.is.bad);
	assert_true(is_set(&t.color.is) && t.color.is.bad);
	assert_true(is_set(&t.on.is) && !t.on.is.bad);
	arena_destroy(arena);
}

static void usual_values(void **state)
{
	struct arena *arena = arena_create();
	struct thing t = { 0 };
	struct diags diags;
	struct decode how = { arena, &diags, LAYER_BUILT_IN };

	(void)state;
	diags_init(&diags, arena);
	decode_usual(&how, fields, &t);
	assert_mistakes(&diags, NULL);
	assert_int_equal(t.count.value, 7);
	assert_int_equal(t.count.is.layer, LAYER_BUILT_IN);
	assert_null(t.count.is.at.file);
	assert_int_equal(t.wait.value, 3600);
	assert_true(t.on.value);
	assert_int_equal(t.color.value, 1);
	assert_int_equal(t.inner.depth.value, 3);
	assert_false(is_set(&t.name.is));
	arena_destroy(arena);
}

/* No mistake about a secret may show its value, wherever the value stands. */
static const struct leak {
	const char *name, *text;
} leaks[] = {
	{ "on the line of its key", "name: a\npin: hunter2\n" },
	{ "below its key", "name: a\npin:\n  hunter2\n" },
	{ "in a block", "name: a\npin: |\n  hunter2\n" },
	{ "in quotes over two lines", "name: a\npin: \"hunter2\n  hunter2\"\n" },
	{ "instead of the name", "name: a\npin: {secret: '/hunter2'}\n" },
	{ "under another key", "name: a\npin: {password: hunter2}\n" },
	{ "in a list", "name: a\npin: [hunter2]\n" },
	{ "beside an unknown key", "{name: a, pin: hunter2, foo: 1}" },
};

static void keeps_secret(void **state)
{
	const struct leak *row = *state;
	struct arena *arena = arena_create();
	struct thing thing;
	struct diags diags;
	struct text out;

	decode(arena, row->text, &thing, &diags);
	assert_true(diags.len > 0);
	text_init(&out, arena);
	diags_print(&out, &diags);
	assert_null(strstr(text_str(&out), "hunter2"));
	arena_destroy(arena);
}

int main(void)
{
	add_rows(tells, rows);
	add_rows(keeps_secret, leaks);
	add_test("every kind of setting is filled", fills);
	add_test("a number for all nodes, and null for none", one_for_all_nodes);
	add_test("what is wrong is set, and bad", wrong_is_set);
	add_test("usual values", usual_values);
	return run_all_tests("decode");
}
