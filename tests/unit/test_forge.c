#include "controller/forge.h"

#include "base/text.h"
#include "tests/lib/test.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

/* ---- where ---- */

static const struct where_row {
	const char *name;
	enum forge_kind kind;
	const char *url, *project, *repository;
	const char *statuses; /* the URL that results, or why none does */
} wheres[] = {
	{ "github.com", FORGE_GITHUB, NULL, NULL, "https://github.com/team/infra.git",
	  "https://api.github.com/repos/team/infra/statuses/" },
	{ "github.com over SSH", FORGE_GITHUB, NULL, NULL, "git@github.com:team/infra",
	  "https://api.github.com/repos/team/infra/statuses/" },
	{ "GitHub Enterprise", FORGE_GITHUB, NULL, NULL,
	  "https://git.example:8443/team/infra.git/",
	  "https://git.example:8443/api/v3/repos/team/infra/statuses/" },
	{ "GitHub, its API by name", FORGE_GITHUB, "https://api.github.com/", "a/b",
	  "/srv/git", "https://api.github.com/repos/a/b/statuses/" },
	{ "Gitea", FORGE_GITEA, NULL, NULL, "https://git.example/team/infra",
	  "https://git.example/api/v1/repos/team/infra/statuses/" },
	{ "Forgejo over SSH, with a port", FORGE_FORGEJO, NULL, NULL,
	  "ssh://git@git.example:2222/team/infra.git",
	  "https://git.example/api/v1/repos/team/infra/statuses/" },
	{ "Forgejo below a folder", FORGE_FORGEJO, "https://git.example/forge/api/v1",
	  NULL, "https://git.example/forge/team/infra.git",
	  "https://git.example/forge/api/v1/repos/team/infra/statuses/" },
	{ "GitLab, with groups in groups", FORGE_GITLAB, NULL, NULL,
	  "https://gitlab.com/a/b/infra.git",
	  "https://gitlab.com/api/v4/projects/a%2Fb%2Finfra/statuses/" },
	{ "all is given", FORGE_GITLAB, "http://127.0.0.1:80/api/v4/", "a/b", "x",
	  "http://127.0.0.1:80/api/v4/projects/a%2Fb/statuses/" },
	{ "a repository on the disk", FORGE_GITEA, NULL, NULL, "/srv/git/infra.git",
	  "!give url and project" },
	{ "a file: URL", FORGE_GITEA, "https://git.example", NULL, "file:///srv/a/b.git",
	  "!give url and project" },
	{ "no owner", FORGE_GITEA, NULL, NULL, "https://git.example/infra.git",
	  "!expected owner/name" },
	{ "no name", FORGE_GITEA, "https://git.example", "team/", "x",
	  "!expected owner/name" },
	{ "a way up", FORGE_GITEA, "https://git.example", "team/..", "x",
	  "!expected owner/name" },
	{ "a query", FORGE_GITEA, "https://git.example", "team/infra?x=y", "x",
	  "!expected owner/name" },
};

static void is_found(void **state)
{
	const struct where_row *row = *state;
	struct arena *arena = arena_create();
	struct error err = { 0 };
	struct forge forge;

	if (forge_init(&forge, arena, row->kind, row->url, row->project, row->repository,
		       &err))
		assert_string_equal(forge.statuses, row->statuses);
	else if (row->statuses[0] != '!' || !strstr(err.text, row->statuses + 1))
		fail_msg("%s", err.text);
	arena_destroy(arena);
}

/* ---- what is sent ---- */

static const struct letter_row {
	const char *name;
	enum forge_kind kind;
	enum verdict_state state;
	const char *body, *scheme, *header;
} letters[] = {
	{ "a failure on GitHub", FORGE_GITHUB, VERDICT_FAILURE,
	  "{\"state\":\"failure\",\"context\":\"vm7\",\"description\":\"a \\\"b\\\"\"}",
	  "Bearer", "X-GitHub-Api-Version: 2022-11-28" },
	{ "one that waits on Gitea", FORGE_GITEA, VERDICT_PENDING,
	  "{\"state\":\"pending\",\"context\":\"vm7\",\"description\":\"a \\\"b\\\"\"}",
	  "token", NULL },
	{ "success on Forgejo", FORGE_FORGEJO, VERDICT_SUCCESS,
	  "{\"state\":\"success\",\"context\":\"vm7\",\"description\":\"a \\\"b\\\"\"}",
	  "token", NULL },
	{ "a failure on GitLab", FORGE_GITLAB, VERDICT_FAILURE,
	  "{\"state\":\"failed\",\"name\":\"vm7\",\"description\":\"a \\\"b\\\"\"}",
	  "Bearer", NULL },
};

static void is_sent(void **state)
{
	const struct letter_row *row = *state;
	const struct forge forge = { row->kind, "https://x/statuses/" };
	const struct verdict verdict = { COMMIT, row->state, "a \"b\"" };
	struct arena *arena = arena_create();
	struct letter letter;

	forge_letter(&forge, &verdict, arena, &letter);
	assert_string_equal(letter.url, "https://x/statuses/" COMMIT);
	assert_string_equal(letter.body, row->body);
	assert_string_equal(forge_scheme(row->kind), row->scheme);
	assert_true(str_equal(letter.headers[1], row->header));
	arena_destroy(arena);
}

/* ---- what a pass says of a commit ---- */

#define REPO(more) "{\"applied\": \"" COMMIT "\", " more "}"
#define WELL       REPO("\"reachable\": true, \"rejected\": null")
#define AWAY       REPO("\"reachable\": false, \"rejected\": null")
#define BAD(mistakes)                                                                \
	REPO("\"reachable\": true, \"rejected\": {\"commit\": \"dead01\", \"why\": " \
	     "\"refused\", \"mistakes\": [" mistakes "]}")

#define DOC(repository, pass, guests, waits)                                            \
	"{\"repository\": " repository ", \"passes\": [" pass "], \"guests\": [" guests \
	"], \"waits\": [" waits "], \"summary\": \"all as desired\"}"

#define PASS(exit, actions)                                      \
	"{\"result\": \"ok\", \"error\": null, \"exit\": " #exit \
	", \"actions\": [" actions "]}"
#define DID(verb) \
	"{\"guest\": \"a\", \"verb\": \"" verb "\", \"ok\": true, \"error\": null}"
#define DID_NOT(why)                                                                     \
	"{\"guest\": \"b\", \"verb\": \"create\", \"ok\": false, \"error\": \"" why "\"" \
	"}"

static const struct verdict_row {
	const char *name, *status;
	const char *commit; /* NULL: nothing is said */
	enum verdict_state state;
	const char *words;
} verdicts[] = {
	{ "no pass yet", DOC(WELL, "", "", ""), NULL, 0, NULL },
	{ "interrupted",
	  DOC(WELL, "{\"result\": \"interrupted\", \"error\": \"x\", \"exit\": 130}", "",
	      ""),
	  NULL, 0, NULL },
	{ "nothing to do", DOC(WELL, PASS(0, ""), "", ""), COMMIT, VERDICT_SUCCESS,
	  "all as desired" },
	{ "this and that",
	  DOC(WELL, PASS(0, DID("change") "," DID("create") "," DID("resume")), "", ""),
	  COMMIT, VERDICT_SUCCESS, "2 made, 1 changed" },
	{ "a guest is not ready yet",
	  DOC(WELL, PASS(0, ""), "{\"name\": \"a\", \"health\": \"working\"}", ""),
	  COMMIT, VERDICT_PENDING, "1 being worked on" },
	{ "a guest failed",
	  DOC(WELL, PASS(22, DID("create") "," DID_NOT("no space")), "", ""), COMMIT,
	  VERDICT_FAILURE, "b: no space" },
	{ "a guest was refused",
	  DOC(WELL, PASS(23, ""), "", "{\"guest\": \"c\", \"why\": \"max_destroy\"}"),
	  COMMIT, VERDICT_FAILURE, "c: max_destroy" },
	{ "the pass failed",
	  DOC(WELL, "{\"result\": \"failed\", \"error\": \"401\", \"exit\": 21}", "", ""),
	  COMMIT, VERDICT_FAILURE, "401" },
	{ "mistakes", DOC(BAD("\"vm7.yaml:3:1: a\", \"b\""), PASS(0, ""), "", ""),
	  "dead01", VERDICT_FAILURE, "vm7.yaml:3:1: a" },
	{ "refused", DOC(BAD(""), PASS(0, ""), "", ""), "dead01", VERDICT_FAILURE,
	  "refused" },
	{ "Git is away: nobody knows the tip", DOC(AWAY, PASS(0, ""), "", ""), NULL, 0,
	  NULL },
	{ "nothing was ever applied",
	  DOC("{\"applied\": null, \"reachable\": true, \"rejected\": null}",
	      "{\"result\": \"failed\", \"error\": \"401\", \"exit\": 21}", "", ""),
	  NULL, 0, NULL },
};

static void is_judged(void **state)
{
	const struct verdict_row *row = *state;
	json_t *status = json_loads(row->status, 0, NULL);
	struct verdict verdict;

	assert_non_null(status);
	assert_int_equal(verdict_of(&verdict, status), row->commit != NULL);
	if (row->commit) {
		assert_string_equal(verdict.commit, row->commit);
		assert_int_equal(verdict.state, row->state);
		assert_string_equal(verdict.words, row->words);
	}
	json_decref(status);
}

static void long_words(void **state)
{
	json_t *status = json_loads(DOC(WELL, PASS(0, ""), "", ""), 0, NULL);
	struct verdict verdict;
	char words[1001];

	(void)state;
	memset(words, 'x', sizeof(words) - 1);
	words[1000] = '\0';
	json_object_set_new(status, "summary", json_string(words));
	assert_true(verdict_of(&verdict, status));
	assert_int_equal(strlen(verdict.words), VERDICT_TEXT - 1);
	assert_true(str_ends(verdict.words, "..."));
	json_decref(status);
}

int main(void)
{
	add_rows(is_found, wheres);
	add_rows(is_sent, letters);
	add_rows(is_judged, verdicts);
	add_test("long words are cut", long_words);
	return run_all_tests("forge");
}
