/* The simulator's parameters against the schemas of Proxmox itself, when they lie beside. */
#include "base/text.h"
#include "tests/lib/test.h"
#include "tests/sim/api.h"
#include "tests/sim/props.h"

static const struct row *const tables[] = {
	cluster_rows, access_rows, storage_rows, guest_rows, config_rows,
	create_rows,  power_rows,  task_rows,    agent_rows,
};

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
	if (optional != ((mine->flags & SCHEMA_OPTIONAL) != 0))
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

	if (!check->row->need || json_object_get(permissions, "user"))
		return;
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
	check_rights(check, json_object_get(method, "permissions"));
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

	if (!json) {
		arena_destroy(check.arena);
		print_message("no schema of PVE %u beside the source\n", *pve);
		skip();
	}
	text_init(&check.wrong, check.arena);
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (check.row = tables[t]; check.row->method; check.row++) {
			const json_t *method =
				json_object_get(json_object_get(paths, check.row->path),
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

static const struct {
	const char *name;
	unsigned pve;
} versions[] = {
	{ "every call and parameter is as in PVE 8", 8 },
	{ "every call and parameter is as in PVE 9", 9 },
};

int main(void)
{
	add_rows(agrees, versions);
	return run_all_tests("sim schema");
}
