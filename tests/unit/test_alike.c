/* What counts as alike when an answer is held against a recorded one. */
#include "tests/lib/alike.h"
#include "tests/lib/test.h"

static const struct row {
	const char *name, *theirs, *ours;
	const char *where; /* they part, or NULL: they are alike */
} rows[] = {
	{ "the same", "{\"data\":{\"cores\":2}}", "{\"data\":{\"cores\":2}}", NULL },
	{ "a number is no text", "{\"data\":{\"cores\":2}}",
	  "{\"data\":{\"cores\":\"2\"}}", "data.cores: PVE 2, here \"2\"" },
	{ "null is not nothing", "{\"data\":{\"clipboard\":null}}", "{\"data\":{}}",
	  "data.clipboard: PVE null, here nothing" },
	{ "nothing more than PVE says", "{\"data\":{}}",
	  "{\"data\":{\"lock\":\"clone\"}}", "data.lock: PVE nothing, here \"clone\"" },
	{ "a list is no object", "{\"data\":[]}", "{\"data\":{}}",
	  "data: PVE [], here {}" },
	{ "one more in a list", "{\"data\":[1]}", "{\"data\":[1,2]}",
	  "data: PVE nothing, here 2" },
	{ "readings differ as they like", "{\"data\":{\"uptime\":7,\"cpu\":0.5}}",
	  "{\"data\":{\"uptime\":99,\"cpu\":0}}", NULL },
	{ "but not in their type", "{\"data\":{\"uptime\":7}}",
	  "{\"data\":{\"uptime\":\"7\"}}", "data.uptime: PVE 7, here \"7\"" },
	{ "memory of a node is a reading", "{\"data\":{\"type\":\"node\",\"maxmem\":7}}",
	  "{\"data\":{\"type\":\"node\",\"maxmem\":9}}", NULL },
	{ "memory of a guest is none", "{\"data\":{\"type\":\"qemu\",\"maxmem\":7}}",
	  "{\"data\":{\"type\":\"qemu\",\"maxmem\":9}}", "data.maxmem: PVE 7, here 9" },
	{ "guests in any order",
	  "{\"data\":[{\"vmid\":100,\"name\":\"a\"},{\"vmid\":101,\"name\":\"b\"}]}",
	  "{\"data\":[{\"vmid\":101,\"name\":\"b\"},{\"vmid\":100,\"name\":\"a\"}]}",
	  NULL },
	{ "tasks in theirs",
	  "{\"data\":[{\"upid\":\"x\",\"id\":\"1\"},{\"upid\":\"y\",\"id\":\"2\"}]}",
	  "{\"data\":[{\"upid\":\"y\",\"id\":\"2\"},{\"upid\":\"x\",\"id\":\"1\"}]}",
	  "data[0].upid: PVE \"x\", here \"y\"" },
	{ "kinds of content in any order", "{\"data\":{\"content\":\"iso,images\"}}",
	  "{\"data\":{\"content\":\"images,iso\"}}", NULL },
	{ "a MAC is made up", "{\"data\":\"virtio=BC:24:11:00:00:01,tag=2\"}",
	  "{\"data\":\"virtio=BC:24:11:AA:BB:CC,tag=2\"}", NULL },
	{ "and stays the same",
	  "{\"data\":[\"BC:24:11:00:00:01\",\"BC:24:11:00:00:01\"]}",
	  "{\"data\":[\"BC:24:11:AA:BB:CC\",\"BC:24:11:AA:BB:DD\"]}",
	  "data[1]: PVE \"BC:24:11:00:00:01\", here \"BC:24:11:AA:BB:DD\"" },
	{ "of a UPID only the numbers are",
	  "{\"data\":\"UPID:pve1:00000001:00000002:00000003:qmstart:100:root@pam:\"}",
	  "{\"data\":\"UPID:pve1:000000A1:000000A2:000000A3:qmstart:101:root@pam:\"}",
	  "data: PVE \"UPID:pve1:00000001:00000002:00000003:qmstart:100:root@pam:\", "
	  "here "
	  "\"UPID:pve1:000000A1:000000A2:000000A3:qmstart:101:root@pam:\"" },
	{ "how fast a copy was",
	  "{\"data\":[{\"n\":1,\"t\":\"transferred 1 of 2\"},{\"n\":2,\"t\":\"TASK "
	  "OK\"}],"
	  "\"total\":2}",
	  "{\"data\":[{\"n\":1,\"t\":\"TASK OK\"}],\"total\":1}", NULL },
	{ "but nothing else of a log",
	  "{\"data\":[{\"n\":1,\"t\":\"Image resized.\"},{\"n\":2,\"t\":\"TASK OK\"}]}",
	  "{\"data\":[{\"n\":1,\"t\":\"TASK OK\"}]}",
	  "log[0]: PVE \"Image resized.\", here \"TASK OK\"" },
	{ "what is no JSON", "malformed JSON string", "no JSON",
	  "body: PVE malformed JSON string, here no JSON" },
};

static void compares(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct alike alike;
	struct text where;

	alike_init(&alike, arena);
	text_init(&where, arena);
	if (alike_body(&alike, row->theirs, row->ours, &where))
		assert_null(row->where);
	else
		assert_string_equal(text_str(&where), row->where ? row->where : "");
	alike_finish(&alike);
	arena_destroy(arena);
}

/* What an answer called by another name is asked for by that name. */
static void translates(void **state)
{
	struct arena *arena = arena_create();
	struct alike alike;

	(void)state;
	alike_init(&alike, arena);
	assert_true(alike_text(&alike, "UPID:pve1:00000001:00000002:00000003:qmstop:",
			       "UPID:pve1:0000000A:0000000B:0000000C:qmstop:"));
	assert_string_equal(
		alike_translate(&alike,
				"GET /UPID%3Apve1%3A00000001%3A00000002%3A00000003%3A"),
		"GET /UPID%3Apve1%3A0000000A%3A0000000B%3A0000000C%3A");
	assert_string_equal(alike_translate(&alike, "net0=BC:24:11:00:00:01"),
			    "net0=BC:24:11:00:00:01");
	assert_false(alike_text(&alike, "BC:24:11:00:00:01", "BC:24:11:00:00:02"));
	alike_finish(&alike);
	arena_destroy(arena);
}

int main(void)
{
	add_rows(compares, rows);
	add_test("names of ours stand in for theirs", translates);
	return run_all_tests("alike");
}
