/*
 * Whole plans: each folder of tests/cases is a repository, its leases, a cluster, and the
 * plan that comes of them, as people, programs and pull requests get it.
 *
 *	vm7.yaml ipam/pools.yaml        what people wrote
 *	ipam/leases.json observed.json  either may be missing: no lease file, not asked
 *	plan.txt [plan.json] [plan.md]  what is expected; the first is always there
 *	case.json                       {"branch", "only", "working_tree"}, or missing
 *
 * VM7_BLESS=1 writes what came out over what is expected: look at the difference then.
 */
#include "reconcile/print.h"
#include "tests/lib/scene.h"

#include <dirent.h>
#include <unistd.h>

enum { CASES_MAX = 100, SHUFFLES = 10 };

static char *names[CASES_MAX];

/* NULL when it is not there. */
static char *read_text(struct arena *arena, const char *folder, const char *name)
{
	const char *path = arena_printf(arena, "%s/%s", folder, name);
	FILE *file = fopen(path, "r");
	struct text text;
	char piece[4096];
	size_t len;

	if (!file)
		return NULL;
	text_init(&text, arena);
	while ((len = fread(piece, 1, sizeof(piece), file)) > 0)
		text_addn(&text, piece, len);
	fclose(file);
	return arena_strdup(arena, text_str(&text));
}

static char *need_text(struct arena *arena, const char *folder, const char *name)
{
	char *text = read_text(arena, folder, name);

	if (!text)
		fail_msg("%s/%s: cannot be read", folder, name);
	return text;
}

/* The array turned round by `turn` and every other time back to front. */
static void shuffle(json_t *array, unsigned turn)
{
	size_t len = json_array_size(array);

	if (len < 2)
		return;
	for (unsigned i = 0; i < turn % len; i++) {
		json_t *first = json_incref(json_array_get(array, 0));

		json_array_remove(array, 0);
		json_array_append_new(array, first);
	}
	for (size_t i = 0; turn % 2 && i < len - 1; i++) {
		json_t *last = json_incref(json_array_get(array, len - 1));

		json_array_remove(array, len - 1);
		json_array_insert_new(array, i, last);
	}
}

static char *shuffled(struct arena *arena, const char *world, unsigned turn)
{
	json_t *read = json_loads(world, 0, NULL);
	char *dumped, *out;

	assert_non_null(read);
	shuffle(json_object_get(read, "guests"), turn);
	dumped = json_dumps(read, turn % 3 ? 0 : JSON_SORT_KEYS);
	out = arena_strdup(arena, dumped);
	free(dumped);
	json_decref(read);
	return out;
}

static void read_case(struct scene_spec *spec, struct arena *arena, const char *folder)
{
	const char *text = read_text(arena, folder, "case.json");
	json_t *told = text ? json_loads(text, 0, NULL) : json_object();

	assert_non_null(told);
	known_keys(told, " branch only working_tree ");
	*spec = (struct scene_spec){
		.vm7 = need_text(arena, folder, "vm7.yaml"),
		.pools = need_text(arena, folder, "ipam/pools.yaml"),
		.leases = read_text(arena, folder, "ipam/leases.json"),
		.world = read_text(arena, folder, "observed.json"),
		.branch = world_text(arena, told, "branch", NULL),
		.only = world_text(arena, told, "only", NULL),
		.working_tree = json_is_true(json_object_get(told, "working_tree")),
		.dry = true,
	};
	json_decref(told);
}

static void compare(struct arena *arena, const char *folder, const char *name,
		    const char *made, bool always)
{
	const char *path = arena_printf(arena, "%s/%s", folder, name);
	const char *expected = read_text(arena, folder, name);
	FILE *file;

	if (!expected && !always)
		return;
	if (getenv("VM7_BLESS")) {
		file = fopen(path, "w");
		assert_non_null(file);
		fputs(made, file);
		assert_int_equal(fclose(file), 0);
		return;
	}
	if (!expected)
		fail_msg("%s is missing: VM7_BLESS=1 writes it", path);
	assert_string_equal(made, expected);
}

static void plans(void **state)
{
	const char *name = *state;
	struct arena *arena = arena_create();
	const char *folder = arena_printf(arena, "%s/tests/cases/%s", SOURCE_ROOT, name);
	struct scene_spec spec;
	struct scene scene;
	const char *json;

	read_case(&spec, arena, folder);
	scene_plan(&scene, &spec);
	json = print_plan_json(arena, &scene.plan);
	compare(arena, folder, "plan.txt", print_plan_text(arena, &scene.plan, false),
		true);
	compare(arena, folder, "plan.json", json, false);
	compare(arena, folder, "plan.md", print_plan_markdown(arena, &scene.plan), false);
	for (unsigned turn = 1; spec.world && turn <= SHUFFLES; turn++) {
		struct scene_spec turned = spec;
		struct scene again;

		turned.world = shuffled(arena, spec.world, turn);
		scene_plan(&again, &turned);
		assert_string_equal(print_plan_json(arena, &again.plan), json);
		scene_finish(&again);
	}
	scene_finish(&scene);
	arena_destroy(arena);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(void)
{
	DIR *dir = opendir(SOURCE_ROOT "/tests/cases");
	struct dirent *entry;
	size_t len = 0;
	int failed;

	while (dir && (entry = readdir(dir)) && len < CASES_MAX)
		if (*entry->d_name != '.')
			names[len++] = strdup(entry->d_name);
	if (dir)
		closedir(dir);
	if (len == 0) {
		fprintf(stderr, "no cases in %s/tests/cases\n", SOURCE_ROOT);
		return 1;
	}
	qsort(names, len, sizeof(*names), by_name);
	for (size_t i = 0; i < len; i++)
		add_test_of(names[i], plans, names[i]);
	failed = run_all_tests("cases");
	for (size_t i = 0; i < len; i++)
		free(names[i]);
	return failed;
}
