#include "tests/lib/gitbox.h"

static void a_cache_pushes(void **state)
{
	struct box box;
	struct push push;
	struct repo *repo;
	const char *tip;

	(void)state;
	box_init(&box);
	box_publish(&box);
	tip = box_tip(&box, "r.git", "main");
	repo = box_cache(&box, box_path(&box, "r.git"));
	box_look_ok(&box, repo, "main", tip);
	box_push(&box, repo, "main", tip, "ipam/leases.json", "{}\n", &push);
	assert_string_equal(push.op.err.text, "");
	assert_int_equal(push.end, PUSH_OK);
	assert_string_equal(box_tip(&box, "r.git", "main"), push.commit);
	assert_string_equal(box_run(&box, "git -C r.git show main:ipam/leases.json"),
			    "{}");
	assert_string_equal(box_run(&box, "git -C r.git show main:vm7.yaml"),
			    "version: 1");
	box_look_ok(&box, repo, "main", push.commit);
	repo_close(repo);
	box_finish(&box);
}

int main(void)
{
	add_test("a cache pushes a commit on the tip it read", a_cache_pushes);
	return run_all_tests("push");
}
