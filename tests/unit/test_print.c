/* What a person, a program and a pull request are told. Whole plans: tests/cases. */
#include "reconcile/print.h"
#include "tests/lib/scene.h"

#define A                                                                          \
	"- {name: a, type: vm, network: mgmt, cpu: 2, ram_mb: 2048, template_id: " \
	"9000}\n"
#define B "- {name: b, type: vm, network: dyn, cpu: 2, ram_mb: 2048, template_id: 9000}\n"
#define C                                                                          \
	"- {name: c, type: lxc, network: mgmt, cpu: 1, ram_mb: 512, template_id: " \
	"9100}\n"
#define D      "- {name: d, type: vm, network: mgmt, cpu: 1, ram_mb: 512, template_id: 9999}\n"
#define WORLD  "{\"guests\": [" TEMPLATE_VM "," TEMPLATE_CT "]}"
#define SECRET "$6$salt$never-to-be-seen"

enum form { TEXT, JSON, MARKDOWN };

static const enum form forms[] = { TEXT, JSON, MARKDOWN };

static char *print_plan(const struct scene *scene, enum form form)
{
	switch (form) {
	case TEXT:
		return print_plan_text(scene->arena, &scene->plan, false);
	case JSON:
		return print_plan_json(scene->arena, &scene->plan);
	case MARKDOWN:
		return print_plan_markdown(scene->arena, &scene->plan);
	}
	abort();
}

static char *print_outcome(struct arena *arena, const struct outcome *outcome,
			   enum form form)
{
	switch (form) {
	case TEXT:
		return print_outcome_text(arena, outcome, false);
	case JSON:
		return print_outcome_json(arena, outcome);
	case MARKDOWN:
		return print_outcome_markdown(arena, outcome);
	}
	abort();
}

/* A function of its own: the sanitizers' checks would make gcc see null texts in it. */
static void __attribute__((noinline))
complain(const char *words, const char *are, const char *text)
{
	fail_msg("'%s' %s:\n%s", words, are, text);
}

static void assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		complain(words, "is not in", text);
}

static void assert_lacks(const char *text, const char *words)
{
	if (strstr(text, words))
		complain(words, "is in", text);
}

/* Of every document: it ends in one newline, and no line in a blank. */
static void assert_tidy(const char *text)
{
	size_t len = strlen(text);

	assert_true(len > 1);
	assert_true(text[len - 1] == '\n' && text[len - 2] != '\n');
	assert_lacks(text, " \n");
	assert_lacks(text, "\n\n\n");
}

static json_t *parsed(const char *text)
{
	json_error_t err;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &err);

	if (!json)
		fail_msg("line %d: %s\n%s", err.line, err.text, text);
	return json;
}

/* ---- outcomes ---- */

/* What became of one guest: "" is well, "-" was not begun. */
struct fate {
	const char *guest, *error, *ip, *warnings;
};

static const struct outcome_row {
	const char *name;
	struct fate fates[3];
	const char *stop;            /* what ended the pass, or NULL */
	const char *text, *markdown; /* words of them */
	const char *json;            /* the guests of it */
} outcome_rows[] = {
	{ "all went well",
	  { { "a", "" }, { "b", "" }, { "c", "" } },
	  NULL,
	  "+ a  is up: ssh devops@192.168.10.50 (VM 100 on pve01)\n"
	  "+ b  is up (VM 101 on pve01)\n"
	  "+ c  is up: ssh root@192.168.10.51 (container 102 on pve01)\n"
	  "! d  refused: template 9999 does not exist",
	  "- **a** is up: ssh devops&#64;&#8203;192.168.10.50 (VM 100 on pve01)\n",
	  "a create true true ready 192.168.10.50 -; b create true true ready - -; c "
	  "create "
	  "true true ready 192.168.10.51 -; d refused false false - - template 999" },
	{ "one failed, another was not begun",
	  { { "a", "" }, { "b", "start failed: QEMU exited" }, { "c", "-not begun" } },
	  NULL,
	  "! b  failed: start failed: QEMU exited\n"
	  ". c  not begun\n",
	  "**Failed**\n\n- **b** failed: start failed: QEMU exited\n- **c** not begun\n",
	  "a create true true ready 192.168.10.50 -; b create false true reserved - "
	  "start "
	  "failed; c create false false reserved 192.168.10.51 not begun; d refused "
	  "false "
	  "false - - template 999" },
	{ "an address that a guest told, and warnings",
	  { { "a", "", NULL, "WARN: clock is off" },
	    { "b", "", "10.9.8.7" },
	    { "c", "" } },
	  NULL,
	  "+ a  is up: ssh devops@192.168.10.50 (VM 100 on pve01)\n"
	  "    warnings WARN: clock is off\n"
	  "+ b  is up: ssh devops@10.9.8.7 (VM 101 on pve01)\n",
	  "; warnings: WARN: clock is off\n",
	  "a create true true ready 192.168.10.50 -; b create true true ready 10.9.8.7 "
	  "-; c "
	  "create true true ready 192.168.10.51 -; d refused false false - - template "
	  "999" },
	{ "nothing was tried: the push was refused",
	  { { NULL } },
	  "the reservations were not pushed",
	  "! failed: the reservations were not pushed\n",
	  "> **Failed:** the reservations were not pushed\n",
	  "a create false false reserved 192.168.10.50 the reservat; b create false "
	  "false "
	  "reserved - the reservat; c create false false reserved 192.168.10.51 the "
	  "reservat; d refused false false - - template 999" },
};

static void outcome_of(struct outcome *out, const struct scene *scene,
		       const struct outcome_row *row)
{
	*out = (struct outcome){ .plan = &scene->plan,
				 .at = arena_array(scene->arena, struct done, 3) };
	if (row->stop)
		error_set(&out->stop, ERROR_DENIED, "%s", row->stop);
	for (size_t i = 0; i < 3 && row->fates[i].guest; i++) {
		const struct fate *fate = &row->fates[i];
		struct done *done = &out->at[out->len++];

		*done = (struct done){
			.guest = fate->guest,
			.action = scene_action(scene, fate->guest),
			.ok = !*fate->error,
			.tried = *fate->error != '-',
			.state = *fate->error ? LEASE_RESERVED : LEASE_READY,
			.ip = fate->ip,
			.warnings = fate->warnings,
		};
		if (!done->ok)
			error_set(&done->err, ERROR_FAILED, "%s",
				  fate->error + !done->tried);
	}
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(json_object_get(object, key));
	return text ? text : "-";
}

static const char *flag_of(json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	assert_true(json_is_boolean(value));
	return json_is_true(value) ? "true" : "false";
}

/* "a create true true ready 192.168.10.50 -": the guests of a document in one line. */
static char *guests_of(struct arena *arena, json_t *document)
{
	struct text out;
	json_t *guest;
	size_t i;

	text_init(&out, arena);
	json_array_foreach (json_object_get(document, "guests"), i, guest)
		text_addf(&out, "%s%s %s %s %s %s %s %.12s", i ? "; " : "",
			  text_of(guest, "name"), text_of(guest, "action"),
			  flag_of(guest, "ok"), flag_of(guest, "tried"),
			  text_of(guest, "state"), text_of(guest, "ip"),
			  text_of(guest, "error"));
	return arena_strdup(arena, text_str(&out));
}

static void tells_what_became(void **state)
{
	const struct outcome_row *row = *state;
	const struct scene_spec spec = {
		.vms = A B C D,
		.world = WORLD,
	};
	struct outcome outcome;
	struct scene scene;
	json_t *document;

	scene_plan(&scene, &spec);
	outcome_of(&outcome, &scene, row);
	for (size_t i = 0; i < 3; i++)
		assert_tidy(print_outcome(scene.arena, &outcome, forms[i]));
	assert_has(print_outcome_text(scene.arena, &outcome, false), row->text);
	assert_has(print_outcome_markdown(scene.arena, &outcome), row->markdown);
	document = parsed(print_outcome_json(scene.arena, &outcome));
	assert_string_equal(guests_of(scene.arena, document), row->json);
	assert_int_equal(json_integer_value(json_object_get(document, "schema")), 1);
	if (row->stop)
		assert_int_equal(json_integer_value(json_object_get(
					 json_object_get(document, "error"), "code")),
				 21);
	else
		assert_true(json_is_null(json_object_get(document, "error")));
	assert_true(json_is_array(json_object_get(document, "notes")));
	assert_int_equal(json_array_size(json_object_get(document, "refused")), 1);
	json_decref(document);
	scene_finish(&scene);
}

static void sums_up(void **state)
{
	const struct scene_spec spec = { .vms = A B C D, .world = WORLD };
	struct outcome outcome;
	struct scene scene;

	(void)state;
	scene_plan(&scene, &spec);
	outcome_of(&outcome, &scene, &outcome_rows[1]);
	assert_has(print_outcome_text(scene.arena, &outcome, false),
		   "\n\n1 made, 1 failed, 1 not begun, 1 refused.\n");
	assert_has(print_outcome_markdown(scene.arena, &outcome),
		   "**vm7 apply:** 1 made, 1 failed, 1 not begun, 1 refused.\n");
	scene_finish(&scene);
}

/* ---- what no form may show ---- */

static void hides_secrets(void **state)
{
	const struct password passwords[] = { { "first", SECRET } };
	const struct scene_spec spec = {
		.vms = "- {name: a, type: vm, network: mgmt, cpu: 2, ram_mb: 2048, "
		       "template_id: 9000, access: {temp_password: {secret: first}}}\n",
		.world = WORLD,
	};
	struct scene scene;

	(void)state;
	scene_read(&scene, &spec);
	scene.input.passwords = passwords;
	scene.input.passwords_len = 1;
	plan_make(&scene.plan, scene.arena, &scene.input);
	assert_string_equal(scene_action(&scene, "a")->making.password_hash, SECRET);
	for (size_t i = 0; i < 3; i++) {
		assert_lacks(print_plan(&scene, forms[i]), "never-to-be-seen");
		assert_has(print_plan(&scene, forms[i]), "cipassword");
		assert_has(print_plan(&scene, forms[i]), "(hidden)");
	}
	scene_finish(&scene);
}

/* Before the first apply nobody has chosen what MACs and ids are made from. */
static void a_dry_run(void **state)
{
	const struct scene_spec dry = { .vms = A, .world = WORLD, .dry = true };
	const struct scene_spec wet = { .vms = A, .world = WORLD };
	struct scene one, other;

	(void)state;
	scene_plan(&one, &dry);
	scene_plan(&other, &wet);
	for (size_t i = 0; i < 3; i++) {
		const struct lease *lease = scene_action(&one, "a")->lease;

		assert_lacks(print_plan(&one, forms[i]), lease->nics[0].mac);
		assert_lacks(print_plan(&one, forms[i]), lease->id);
		assert_has(print_plan(&one, forms[i]), "virtio=(new),bridge=vmbr0");
		assert_has(print_plan(&other, forms[i]),
			   scene_action(&other, "a")->lease->nics[0].mac);
	}
	scene_finish(&one);
	scene_finish(&other);
}

/* Files without a commit are a working tree, whoever says so. */
static void no_commit(void **state)
{
	const struct scene_spec spec = { .world = WORLD };
	struct scene scene;
	json_t *document;

	(void)state;
	scene_read(&scene, &spec);
	scene.input.commit = "";
	plan_make(&scene.plan, scene.arena, &scene.input);
	assert_has(print_plan(&scene, TEXT),
		   "vm7 plan: working tree on main of infra.git,");
	document = parsed(print_plan(&scene, JSON));
	assert_true(json_is_true(json_object_get(document, "working_tree")));
	assert_true(json_is_null(json_object_get(document, "commit")));
	json_decref(document);
	scene_finish(&scene);
}

static void colors(void **state)
{
	const struct scene_spec spec = { .vms = A D, .world = WORLD };
	char *text, *plain, *at;
	struct scene scene;

	(void)state;
	scene_plan(&scene, &spec);
	text = print_plan_text(scene.arena, &scene.plan, true);
	plain = print_plan_text(scene.arena, &scene.plan, false);
	assert_has(text, "\x1b[32m+\x1b[0m a");
	assert_has(text, "\x1b[31m!\x1b[0m d");
	assert_null(strchr(plain, '\x1b'));
	/* and that is the only difference */
	at = text;
	for (const char *from = text; *from;)
		if (*from == '\x1b')
			from += strcspn(from, "m") + 1;
		else
			*at++ = *from++;
	*at = '\0';
	assert_string_equal(text, plain);
	scene_finish(&scene);
}

/* ---- words of others ---- */

static const struct foul_row {
	const char *name;
	const char *said; /* by a template's name, as JSON */
	const char *lacks, *has;
	enum form form;
} foul_rows[] = {
	{ "a terminal is not coloured", "\\u001b[31mred", "\x1b", "?[31mred", TEXT },
	{ "nor a line begun", "x\\n! b  refused", "\n! b", "x?! b", TEXT },
	{ "nor the direction turned", "\\u202eabc", NULL, "(???abc)", TEXT },
	{ "HTML", "<img src=x>", "<img", "&#60;img src=x&#62;", MARKDOWN },
	{ "an entity", "&lt;", "&lt;", "&#38;lt;", MARKDOWN },
	{ "a comment that hides the rest", "<!--", "<!--", "&#60;!--", MARKDOWN },
	{ "a cell", "a|b", "a|b", "a&#124;b", MARKDOWN },
	{ "code", "`rm`", "`rm`", "&#96;rm&#96;", MARKDOWN },
	{ "bold", "**x**", "**x**", "&#42;&#42;x&#42;&#42;", MARKDOWN },
	{ "a link", "[x](http://evil)", "[x]", "&#91;x&#93;(http:&#8203;//evil)",
	  MARKDOWN },
	{ "a bare link", "https://evil.example", "https://",
	  "https:&#8203;//evil.example", MARKDOWN },
	{ "a link without a scheme", "WWW.evil.example", "WWW.",
	  "WW&#8203;W.evil.example", MARKDOWN },
	{ "a mention", "@everyone", "@everyone", "&#64;&#8203;everyone", MARKDOWN },
	{ "an address of mail", "me@evil.example", "me@", "me&#64;&#8203;evil.example",
	  MARKDOWN },
	{ "an issue", "fixes x/y#1", "#1", "x/y&#35;&#8203;1", MARKDOWN },
	{ "an issue in old words", "GH-7", "GH-7", "GH&#8203;-7", MARKDOWN },
	{ "a wiki link", "[[Home]]", "[[", "&#91;&#8203;&#91;Home", MARKDOWN },
	{ "mathematics", "$x$", "$x$", "&#36;x&#36;", MARKDOWN },
	{ "an escape that escapes ours", "\\\\|", "\\|", "&#92;&#124;", MARKDOWN },
	{ "a line break", "a\\nb", "a\nb", "a?b", MARKDOWN },
	{ "JSON keeps what is text", "<b>|\\\"\\u00e9", NULL, "(<b>|\\\"\\u00E9)", JSON },
};

static void is_harmless(void **state)
{
	const struct foul_row *row = *state;
	char world[2000];
	const struct scene_spec spec = { .vms = A, .world = world };
	struct observed *template;
	struct scene scene;
	char *printed;
	json_t *name;

	snprintf(world, sizeof(world), "{\"guests\": [" TEMPLATE_VM "]}");
	scene_read(&scene, &spec);
	name = json_loads(arena_printf(scene.arena, "\"%s\"", row->said), JSON_DECODE_ANY,
			  NULL);
	template = &scene.cluster.guests[0];
	template->name = json_string_value(name);
	plan_make(&scene.plan, scene.arena, &scene.input);
	if (row->form == JSON) /* where a refusal names it */
		error_set(&scene.plan.stop, ERROR_REFUSED, "(%s)", template->name);
	printed = print_plan(&scene, row->form);
	assert_tidy(printed);
	assert_has(printed, row->has);
	if (row->lacks)
		assert_lacks(printed, row->lacks);
	json_decref(name);
	scene_finish(&scene);
}

/* Bytes that are no text do not end a JSON document. */
static void no_text_at_all(void **state)
{
	const struct scene_spec spec = { .vms = A, .world = WORLD };
	struct scene scene;
	json_t *document;

	(void)state;
	scene_plan(&scene, &spec);
	error_set(&scene.plan.stop, ERROR_FAILED, "\xff\xfe\x01");
	document = parsed(print_plan(&scene, JSON));
	assert_string_equal(text_of(json_object_get(document, "error"), "text"), "???");
	json_decref(document);
	scene_finish(&scene);
}

/* ---- size ---- */

enum { MANY = 3000 };

static char *many(struct arena *arena, const char *more)
{
	struct text out;

	text_init(&out, arena);
	for (int i = 0; i < MANY; i++)
		text_addf(&out,
			  "- {name: guest-with-a-long-name-%d, type: vm, network: dyn, "
			  "cpu: "
			  "1, ram_mb: 512, template_id: %s}\n",
			  i, more);
	return arena_strdup(arena, text_str(&out));
}

static size_t count(const char *text, const char *words)
{
	size_t found = 0;

	while ((text = strstr(text, words))) {
		found++;
		text += strlen(words);
	}
	return found;
}

/* As many as fit, and the rest counted: nobody is lost between the two. */
static void the_cap(void **state)
{
	struct arena *arena = arena_create();
	const struct scene_spec spec = { .vms = many(arena, "9000"), .world = WORLD };
	struct scene scene;
	size_t shown, left;
	char *printed;

	(void)state;
	scene_plan(&scene, &spec);
	printed = print_plan(&scene, MARKDOWN);
	assert_tidy(printed);
	assert_in_range(strlen(printed), 55000, 65000);
	shown = count(printed, "\n| **guest-with");
	left = (size_t)strtoul(strstr(printed, "\n_") + 2, NULL, 10);
	assert_int_equal(shown + left, MANY);
	assert_has(printed, " more actions are left out");
	assert_int_equal(count(printed, "<details>"), count(printed, "</details>"));
	assert_true(count(printed, "<details>") > 5);
	assert_has(printed, "Fingerprint: `");
	scene_finish(&scene);
	arena_destroy(arena);
}

/* Refusals are what a pull request must know first: they leave room for the rest. */
static void the_cap_of_refusals(void **state)
{
	struct arena *arena = arena_create();
	const struct scene_spec spec = { .vms = many(arena, "9999"), .world = WORLD };
	struct scene scene;
	char *printed;

	(void)state;
	scene_plan(&scene, &spec);
	printed = print_plan(&scene, MARKDOWN);
	assert_in_range(strlen(printed), 15000, 25000);
	assert_has(printed, "more of these are left out");
	scene_finish(&scene);
	arena_destroy(arena);
}

/* ---- a pass that had no plan ---- */

static void without_a_plan(void **state)
{
	struct arena *arena = arena_create();
	const struct file file = { "vm7.yaml", "vms:\n", 5 };
	struct error err = { 0 };
	json_t *plan, *outcome;
	struct diags diags;

	(void)state;
	diags_init(&diags, arena);
	error_set(&err, ERROR_TEMPORARY, "https://pve.local:8006 does not answer");
	assert_tidy(print_plan_error_json(arena, &err));
	assert_tidy(print_error_markdown(arena, &err, &diags));
	plan = parsed(print_plan_error_json(arena, &err));
	outcome = parsed(print_outcome_error_json(arena, &err));
	assert_int_equal(json_array_size(json_object_get(plan, "vms")), 0);
	assert_true(json_is_array(json_object_get(plan, "vms")));
	assert_true(json_is_array(json_object_get(outcome, "guests")));
	assert_null(json_object_get(outcome, "vms"));
	assert_string_equal(text_of(json_object_get(plan, "error"), "kind"), "temporary");
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(outcome, "error"), "code")),
			 20);
	assert_has(print_error_markdown(arena, &err, &diags),
		   "> **Failed:** https:&#8203;//pve.local:8006 does not answer\n");
	diag_add(&diags, (struct place){ &file, 1, 5 }, "vms[0].name", "<b> is no name");
	assert_has(print_error_markdown(arena, &err, &diags),
		   "\n- vm7.yaml:1, vms&#91;0&#93;.name: &#60;b&#62; is no name\n");
	json_decref(plan);
	json_decref(outcome);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(tells_what_became, outcome_rows);
	add_test("the last line sums it up", sums_up);
	add_test("a temporary password is in no form", hides_secrets);
	add_test("a dry run tells no MAC that nobody has chosen", a_dry_run);
	add_test("files without a commit are a working tree", no_commit);
	add_test("colours are signs only", colors);
	add_rows(is_harmless, foul_rows);
	add_test("bytes that are no text are marked in JSON", no_text_at_all);
	add_test("a comment ends below the limit and counts the rest", the_cap);
	add_test("refusals leave room", the_cap_of_refusals);
	add_test("a pass without a plan is a document too", without_a_plan);
	return run_all_tests("print");
}
