/* The simulator's parameters against the schemas of Proxmox itself, when they lie beside. */
#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/api.h"
#include "tests/sim/props.h"
#include "tests/sim/published.h"

struct check {
	struct arena *arena;
	unsigned pve;
	const struct row *row;
	struct text wrong;
};

static void differs(struct check *check, const char *parameter, const char *what)
{
	text_addf(&check->wrong, "PVE %u %s %s: %s: %s\n", check->pve, check->row->method,
		  check->row->path, parameter, what);
}

static const char *joined(struct check *check, const json_t *values)
{
	const json_t *value;
	struct text out;
	size_t i;

	text_init(&out, check->arena);
	for (i = 0; i < json_array_size(values); i++) {
		value = json_array_get(values, i);
		text_addf(&out, "%s%s", i ? ", " : "", json_string_value(value));
	}
	return text_str(&out);
}

static bool same_limit(const json_t *theirs, const char *key, bool set, double mine)
{
	const json_t *limit = json_object_get(theirs, key);

	return limit ? set && json_number_value(limit) == mine : !set;
}

static void check_one(struct check *check, const struct schema *mine,
		      const json_t *theirs)
{
	static const char *const kinds[] = { "string", "integer", "number", "boolean",
					     "array" };
	const json_t *values = json_object_get(theirs, "enum");
	bool optional = json_integer_value(json_object_get(theirs, "optional")) == 1;

	if (!str_equal(props_get(theirs, "type"), kinds[mine->kind]))
		differs(check, mine->name, "type");
	if (optional != ((mine->flags & SCHEMA_OPTIONAL) != 0) &&
	    !strstr(check->row->path,
		    arena_printf(check->arena, "{%s}", mine->name))) /* always there */
		differs(check, mine->name, "optional");
	if (!same_limit(theirs, "minimum", mine->flags & SCHEMA_MIN, (double)mine->min))
		differs(check, mine->name, "minimum");
	if (!same_limit(theirs, "maximum", mine->flags & SCHEMA_MAX, (double)mine->max))
		differs(check, mine->name, "maximum");
	if (!same_limit(theirs, "maxLength", mine->max_length, mine->max_length))
		differs(check, mine->name, "maxLength");
	if (!same_limit(theirs, "minLength", mine->min_length, mine->min_length))
		differs(check, mine->name, "minLength");
	/* a long list may be kept as a pattern */
	if ((!values != !mine->values && !mine->pattern) ||
	    (mine->values && !str_equal(joined(check, values), mine->values)))
		differs(check, mine->name, "values");
	if (mine->needs && !str_equal(props_get(theirs, "requires"), mine->needs))
		differs(check, mine->name, "requires");
}

/* ["perm", "/vms/{vmid}", ["A", "B"], ...], alone or first in an "and". */
static void check_rights(struct check *check, const json_t *permissions)
{
	const json_t *rule = json_object_get(permissions, "check"), *names;
	struct text need;
	size_t i;

	if (str_equal(props_get(permissions, "user"), "world") !=
	    ((check->row->flags & ROW_WORLD) != 0))
		differs(check, "-", "login");
	if (!rule || json_object_get(permissions, "user"))
		return;
	if (!check->row->need && !check->row->allow)
		differs(check, "-", "no rights asked for");
	if (!check->row->need)
		return; /* it is no simple rule: test_sim_rights.c */
	if (str_equal(json_string_value(json_array_get(rule, 0)), "and"))
		rule = json_array_get(rule, 1);
	names = json_array_get(rule, 2);
	text_init(&need, check->arena);
	for (i = 0; i < json_array_size(names); i++)
		text_addf(&need, "%s%s", i ? "|" : "",
			  json_string_value(json_array_get(names, i)));
	if (!str_equal(json_string_value(json_array_get(rule, 1)), check->row->on) ||
	    !str_equal(text_str(&need), check->row->need))
		differs(check, text_str(&need), "other rights");
}

static void check_row(struct check *check, const json_t *method)
{
	const json_t *all =
		json_object_get(json_object_get(method, "parameters"), "properties");
	bool protected = json_integer_value(json_object_get(method, "protected")) == 1 ||
			 json_is_true(json_object_get(method, "protected"));
	const char *name;
	json_t *theirs;

	if (protected != ((check->row->flags & ROW_PROTECTED) != 0))
		differs(check, "-", "protected");
	if (str_equal(props_get(method, "proxyto"), "node") !=
	    ((check->row->flags & ROW_NODE) != 0))
		differs(check, "-", "proxyto");
	if (json_is_false(json_object_get(method, "allowtoken")) !=
	    ((check->row->flags & ROW_NO_TOKEN) != 0))
		differs(check, "-", "tokens");
	check_rights(check, json_object_get(method, "permissions"));
	if (!all) /* a choice by type: nothing to compare one by one */
		return;
	for (size_t t = 0; t < 4 && check->row->params.tables[t]; t++)
		for (const struct schema *s = check->row->params.tables[t]; s->name;
		     s++) {
			if (s->flags & (check->pve < 9 ? SCHEMA_FROM_9 : SCHEMA_ONLY_8))
				continue;
			name = s->last ? arena_printf(check->arena, "%s[n]", s->name)
				       : s->name;
			if (json_object_get(all, name))
				check_one(check, s, json_object_get(all, name));
			else
				differs(check, s->name, "unknown to PVE");
		}
	json_object_foreach ((json_t *)(uintptr_t)all, name, theirs)
		if (!json_object_get(theirs, "optional") &&
		    !schema_find_in(&check->row->params, name, check->pve))
			differs(check, name, "required by PVE, unknown here");
}

static void agrees(void **state)
{
	const unsigned *pve = (const unsigned *)((const char *const *)*state + 1);
	struct check check = { .arena = arena_create(), .pve = *pve };
	json_t *json = json_load_file(
		arena_printf(check.arena, SOURCE_ROOT "/../shared/pve-schema-%u.json",
			     *pve),
		0, NULL);
	const json_t *paths = json_object_get(json, "paths");
	const json_t *method;
	unsigned unknown = *pve < 9 ? ROW_FROM_9 : ROW_ONLY_8;

	if (!json) {
		arena_destroy(check.arena);
		print_message("no schema of PVE %u beside the source\n", *pve);
		skip();
	}
	text_init(&check.wrong, check.arena);
	for (size_t t = 0; api_tables[t]; t++)
		for (check.row = api_tables[t]; check.row->method; check.row++) {
			if (check.row->flags & unknown)
				continue;
			method = json_object_get(json_object_get(paths, check.row->path),
						 check.row->method);
			if (method)
				check_row(&check, method);
			else if (strcmp(check.row->path, "/") != 0)
				differs(&check, "-", "no such call in PVE");
		}
	if (check.wrong.len)
		fail_msg("\n%s", text_str(&check.wrong));
	json_decref(json);
	arena_destroy(check.arena);
}

/* A dump of one call, with one of each thing that a dump can say. */
static const char dump[] =
	"{\"paths\": {\"/x/{n}\": {\"POST\": {\"parameters\": {\"properties\": {"
	"\"n\": {\"type\": \"integer\", \"minimum\": 100, \"maximum\": 200},"
	"\"name\": {\"type\": \"string\", \"optional\": 1, \"maxLength\": 5, "
	"\"minLength\": 2},"
	"\"word\": {\"type\": \"string\", \"optional\": 1, \"pattern\": \"(?^:\\\\w+)\"},"
	"\"one\": {\"type\": \"string\", \"optional\": 1, \"enum\": [\"a\", \"b\"],"
	" \"requires\": \"name\"},"
	"\"flag\": {\"type\": \"boolean\", \"optional\": 1},"
	"\"part\": {\"type\": \"number\", \"optional\": 1},"
	"\"ids\": {\"type\": \"string\", \"optional\": 1, \"format\": \"pve-id-list\"},"
	"\"net[n]\": {\"type\": \"string\", \"optional\": 1, \"index_range\": [0, 3],"
	" \"format\": \"@net\"}}}}}},"
	"\"formats\": {\"pve-id\": {\"kind\": \"validator\", \"pattern\": "
	"\"(?i)^([a-z])+$\","
	" \"reject_sample\": [\"!\", \"no id '!'\"]},"
	"\"@net\": {\"kind\": \"property-string\", \"properties\": {"
	"\"model\": {\"type\": \"string\", \"default_key\": 1, \"enum\": [\"virtio\"]},"
	"\"mac\": {\"type\": \"string\", \"optional\": 1},"
	"\"virtio\": {\"alias\": \"mac\", \"keyAlias\": \"model\"},"
	"\"up\": {\"type\": \"boolean\", \"optional\": 1},"
	"\"tag\": {\"type\": \"integer\", \"optional\": 1, \"minimum\": 1}}}}}";

static const struct dump_row {
	const char *name, *params; /* beside n */
	const char *at, *why;      /* NULL: nothing is wrong */
} dump_rows[] = {
	{ "by a dump: nothing but what has to be there", "{\"n\": \"100\"}", NULL, NULL },
	{ "by a dump: something is missing", "{}", "n",
	  "property is missing and it is not optional" },
	{ "by a dump: something is unknown", "{\"n\": \"100\", \"y\": \"1\"}", "y",
	  "property is not defined in schema and the schema does not allow additional "
	  "properties" },
	{ "by a dump: no integer", "{\"n\": \"1x\"}", "n",
	  "type check ('integer') failed - got '1x'" },
	{ "by a dump: too little", "{\"n\": \"99\"}", "n",
	  "value must have a minimum value of 100" },
	{ "by a dump: too much", "{\"n\": \"201\"}", "n",
	  "value must have a maximum value of 200" },
	{ "by a dump: characters are counted, not bytes",
	  "{\"n\": \"100\", \"name\": \"ääääää\"}", "name",
	  "value may only be 5 characters long" },
	{ "by a dump: too short", "{\"n\": \"100\", \"name\": \"ä\"}", "name",
	  "value must be at least 2 characters long" },
	{ "by a dump: Perl's way to write a pattern",
	  "{\"n\": \"100\", \"word\": \"a_1\"}", NULL, NULL },
	{ "by a dump: not of the pattern", "{\"n\": \"100\", \"word\": \"a b\"}", "word",
	  "value does not match the regex pattern" },
	{ "by a dump: none of the values",
	  "{\"n\": \"100\", \"name\": \"aa\", \"one\": \"c\"}", "one",
	  "value 'c' does not have a value in the enumeration 'a, b'" },
	{ "by a dump: what it needs is not there", "{\"n\": \"100\", \"one\": \"a\"}",
	  "name", "missing property required by 'one'" },
	{ "by a dump: a parameter's boolean is a digit",
	  "{\"n\": \"100\", \"flag\": \"yes\"}", "flag",
	  "type check ('boolean') failed - got 'yes'" },
	{ "by a dump: a fraction", "{\"n\": \"100\", \"part\": \"0.5\"}", NULL, NULL },
	{ "by a dump: no number", "{\"n\": \"100\", \"part\": \".\"}", "part",
	  "type check ('number') failed - got '.'" },
	{ "by a dump: a list", "{\"n\": \"100\", \"ids\": \"a, B;c\"}", NULL, NULL },
	{ "by a dump: one of a list", "{\"n\": \"100\", \"ids\": \"a,2\"}", "ids",
	  "invalid format - no id '2'\n" },
	{ "by a dump: one of a family", "{\"n\": \"100\", \"net3\": \"virtio,up=on\"}",
	  NULL, NULL },
	{ "by a dump: beyond the family", "{\"n\": \"100\", \"net4\": \"virtio\"}",
	  "net4",
	  "property is not defined in schema and the schema does not allow additional "
	  "properties" },
	{ "by a dump: a key that is a value", "{\"n\": \"100\", \"net0\": \"virtio=AA\"}",
	  NULL, NULL },
	{ "by a dump: a key that is unknown",
	  "{\"n\": \"100\", \"net0\": \"virtio,x=1\"}", "net0",
	  "invalid format - format error\nnet0.x: property is not defined in schema and "
	  "the "
	  "schema does not allow additional properties\n" },
	{ "by a dump: a key out of its range",
	  "{\"n\": \"100\", \"net0\": \"virtio,tag=0\"}", "net0",
	  "invalid format - format error\nnet0.tag: value must have a minimum value of "
	  "1\n" },
	{ "by a dump: a key twice", "{\"n\": \"100\", \"net0\": \"virtio,up=1,up=0\"}",
	  "net0",
	  "invalid format - duplicate key in comma-separated list property: up\n" },
};

static void by_a_dump(void **state)
{
	const struct dump_row *row = *state;
	struct arena *arena = arena_create();
	json_t *json = json_loads(dump, 0, NULL), *errors = json_object();
	json_t *params = json_loads(row->params, 0, NULL);

	assert_non_null(json);
	assert_int_equal(published_check(arena, json, "POST", "/x/{n}", params, errors),
			 !row->at);
	if (row->at)
		assert_string_equal(props_get(errors, row->at), row->why);
	json_decref(json);
	json_decref(params);
	json_decref(errors);
	arena_destroy(arena);
}

static const struct {
	const char *name;
	unsigned pve;
} versions[] = {
	{ "every call and parameter is as in PVE 8", 8 },
	{ "every call and parameter is as in PVE 9", 9 },
};

int main(void)
{
	add_rows(by_a_dump, dump_rows);
	add_rows(agrees, versions);
	return run_all_tests("sim schema");
}
