#include "controller/hook.h"

#include "tests/lib/test.h"

#define SECRET  "It's a Secret to Everybody"
#define BODY    "Hello, World!"
#define ON_MAIN "{\"ref\": \"refs/heads/main\"}"
#define DEEP    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["

/* of BODY with SECRET, as GitHub's documentation has it */
#define SIGNATURE "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
#define CAPITALS  "757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17"

static const struct row {
	const char *name;
	struct hook hook;
	enum hook_end end;
} rows[] = {
	{ "nothing", { 0 }, HOOK_UNSIGNED },
	{ "GitHub", { .github = "sha256=" SIGNATURE, .body = BODY }, HOOK_LOOK },
	{ "GitHub's ping",
	  { .github = "sha256=" SIGNATURE, .body = BODY, .event = "ping" },
	  HOOK_NOTHING },
	{ "GitHub, an unsigned ping", { .event = "ping", .body = BODY }, HOOK_UNSIGNED },
	{ "GitHub without the method",
	  { .github = SIGNATURE, .body = BODY },
	  HOOK_WRONG },
	{ "GitHub, SHA-1", { .github = "sha1=" SIGNATURE, .body = BODY }, HOOK_WRONG },
	{ "another body",
	  { .github = "sha256=" SIGNATURE, .body = "Hello" },
	  HOOK_WRONG },
	{ "an empty signature", { .github = "sha256=", .body = BODY }, HOOK_WRONG },
	{ "a digit too many",
	  { .github = "sha256=" SIGNATURE "0", .body = BODY },
	  HOOK_WRONG },
	{ "Gitea", { .gitea = SIGNATURE, .body = BODY }, HOOK_LOOK },
	{ "capitals", { .gitea = CAPITALS, .body = BODY }, HOOK_LOOK },
	{ "Forgejo", { .forgejo = SIGNATURE, .body = BODY }, HOOK_LOOK },
	{ "Gitea, which sends GitHub's as well",
	  { .gitea = SIGNATURE, .github = "sha256=" SIGNATURE, .body = BODY },
	  HOOK_LOOK },
	{ "one right and one wrong",
	  { .gitea = SIGNATURE, .github = "sha256=" CAPITALS "0", .body = BODY },
	  HOOK_WRONG },
	{ "GitLab", { .gitlab = SECRET, .body = BODY }, HOOK_LOOK },
	{ "GitLab, half a secret",
	  { .gitlab = "It's a Secret", .body = BODY },
	  HOOK_WRONG },
	{ "GitLab, no secret", { .gitlab = "", .body = BODY }, HOOK_WRONG },
	{ "our branch", { .gitlab = SECRET, .body = ON_MAIN }, HOOK_LOOK },
	{ "another branch",
	  { .gitlab = SECRET, .body = "{\"ref\": \"refs/heads/maintenance\"}" },
	  HOOK_NOTHING },
	{ "a tag of that name",
	  { .gitlab = SECRET, .body = "{\"ref\": \"refs/tags/main\"}" },
	  HOOK_NOTHING },
	{ "a ref that is no text",
	  { .gitlab = SECRET, .body = "{\"ref\": 1}" },
	  HOOK_LOOK },
	{ "no body", { .gitlab = SECRET, .body = "" }, HOOK_LOOK },
	{ "a form", { .gitlab = SECRET, .body = "payload=%7B%7D" }, HOOK_LOOK },
	{ "half of it", { .gitlab = SECRET, .body = "{\"ref\": \"refs/he" }, HOOK_LOOK },
	{ "too deep", { .gitlab = SECRET, .body = DEEP }, HOOK_LOOK },
};

static void judges(void **state)
{
	const struct row *row = *state;
	struct secret secret = { 0 };
	struct hook hook = row->hook;

	secret_set(&secret, SECRET, strlen(SECRET));
	hook.len = hook.body ? strlen(hook.body) : 0;
	hook.body = hook.body ? hook.body : "";
	assert_int_equal(hook_judge(&hook, &secret, "main"), row->end);
	secret_finish(&secret);
}

static void any_branch(void **state)
{
	struct hook hook = { .gitlab = "x", .body = "{\"ref\": \"refs/heads/a\"}" };
	struct secret secret = { 0 };

	(void)state;
	secret_set(&secret, "x", 1);
	hook.len = strlen(hook.body);
	assert_int_equal(hook_judge(&hook, &secret, NULL), HOOK_LOOK);
	assert_int_equal(hook_judge(&hook, &secret, "a"), HOOK_LOOK);
	assert_int_equal(hook_judge(&hook, &secret, "b"), HOOK_NOTHING);
	secret_finish(&secret);
}

int main(void)
{
	add_rows(judges, rows);
	add_test("without a branch any counts", any_branch);
	return run_all_tests("hook");
}
