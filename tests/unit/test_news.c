#include "controller/news.h"

#include "base/secret.h"
#include "base/text.h"
#include "tests/lib/test.h"

/* ---- documents ---- */

#define REPO(more)                                                                       \
	"{\"name\": \"infra\", \"branch\": \"main\", \"applied\": \"c0ffee0011\", " more \
	"}"
#define WELL REPO("\"reachable\": true, \"rejected\": null")
#define AWAY REPO("\"reachable\": false, \"rejected\": null, \"error\": \"no route\"")
#define BAD(commit)                                                              \
	REPO("\"reachable\": true, \"rejected\": {\"commit\": \"" commit         \
	     "\", \"why\": \"2 mistakes\", \"mistakes\": [\"vm7.yaml:3:1: a\", " \
	     "\"vm7.yaml:4:1: b\"]}")

#define DOC(repository, pass, guests, waits)                                            \
	"{\"repository\": " repository ", \"passes\": [" pass "], \"guests\": [" guests \
	"], \"waits\": [" waits "], \"cluster\": {\"name\": \"lab\"}}"

#define PASS        "{\"result\": \"ok\", \"error\": null}"
#define BROKEN(why) "{\"result\": \"failed\", \"error\": \"" why "\"}"
#define CUT         "{\"result\": \"interrupted\", \"error\": \"interrupted\"}"

#define GUEST(name, health) \
	"{\"name\": \"" name "\", \"health\": \"" health "\", \"says\": \"its words\"}"
#define WAIT(guest, why) \
	"{\"guest\": " guest ", \"why\": \"" why "\", \"command\": \"vm7 release x\"}"

/* ---- what is told when ---- */

enum { STEPS = 5 };

static const struct row {
	const char *name;
	struct {
		const char *status;
		const char *title; /* NULL: nothing is told; "!...": and it gets lost */
	} steps[STEPS];
} rows[] = {
	{ "all is well", { { DOC(WELL, PASS, GUEST("a", "ok"), ""), NULL } } },
	{ "no pass yet", { { DOC(WELL, "", "", ""), NULL } } },
	{ "a guest fails, and fails, and recovers",
	  { { DOC(WELL, PASS, GUEST("a", "failed"), ""), "vm7: 1 failed" },
	    { DOC(WELL, PASS, GUEST("a", "failed"), ""), NULL },
	    { DOC(WELL, PASS, GUEST("a", "working"), ""), NULL },
	    { DOC(WELL, PASS, GUEST("a", "ok"), ""), "vm7: 1 recovered" },
	    { DOC(WELL, PASS, GUEST("a", "ok"), ""), NULL } } },
	{ "its failure is no second thing that waits",
	  { { DOC(WELL, PASS, GUEST("a", "failed"), WAIT("\"a\"", "its words")),
	      "vm7: 1 failed" } } },
	{ "it came and went before anybody could be told",
	  { { DOC(WELL, PASS, GUEST("a", "failed"), ""), "!vm7: 1 failed" },
	    { DOC(WELL, PASS, GUEST("a", "ok"), ""), NULL } } },
	{ "what could not be told is told with what came since",
	  { { DOC(WELL, PASS, GUEST("a", "failed"), ""), "!vm7: 1 failed" },
	    { DOC(WELL, PASS, GUEST("a", "failed") "," GUEST("b", "disputed"), ""),
	      "vm7: 2 failed" } } },
	{ "a guest that is gone fails no more",
	  { { DOC(WELL, PASS, GUEST("a", "unknown"), ""), "vm7: 1 failed" },
	    { DOC(WELL, PASS, "", ""), "vm7: 1 recovered" } } },
	{ "a pass that failed knows nothing of guests",
	  { { DOC(WELL, PASS, GUEST("a", "failed"), WAIT("\"b\"", "w")),
	      "vm7: 1 failed, 1 waits" },
	    { DOC(WELL, BROKEN("no answer"), "", ""), "vm7: 1 failed" },
	    { DOC(WELL, BROKEN("no answer at all"), "", ""), NULL },
	    { DOC(WELL, PASS, GUEST("a", "failed"), WAIT("\"b\"", "w")),
	      "vm7: 1 recovered" } } },
	{ "nor does one that was interrupted",
	  { { DOC(WELL, PASS, GUEST("a", "failed"), ""), "vm7: 1 failed" },
	    { DOC(WELL, CUT, "", ""), NULL } } },
	{ "a bad commit, our own upon it, another bad one, a good one",
	  { { DOC(BAD("dead01"), PASS, "", WAIT("null", "2 mistakes")), "vm7: 1 failed" },
	    { DOC(BAD("dead01"), PASS, "", WAIT("null", "2 mistakes")), NULL },
	    { DOC(BAD("dead02"), PASS, "", WAIT("null", "2 mistakes")), "vm7: 1 failed" },
	    { DOC(WELL, PASS, "", ""), "vm7: 1 recovered" } } },
	{ "a bad commit when nothing was good before",
	  { { DOC(BAD("dead01"), BROKEN("2 mistakes"), "", WAIT("null", "2 mistakes")),
	      "vm7: 1 failed" } } },
	{ "Git away is one thing, and does not make a bad commit good",
	  { { DOC(BAD("dead01"), PASS, "", ""), "vm7: 1 failed" },
	    { DOC(AWAY, BROKEN("no route"), "", ""), "vm7: 1 failed" },
	    { DOC(BAD("dead01"), PASS, "", ""), "vm7: 1 recovered" } } },
	{ "what waits is told once, and not that it does not wait any more",
	  { { DOC(WELL, PASS, "", WAIT("\"a\"", "v") "," WAIT("null", "w")),
	      "vm7: 2 wait" },
	    { DOC(WELL, PASS, "", WAIT("\"a\"", "v") "," WAIT("null", "w")), NULL },
	    { DOC(WELL, PASS, "", ""), NULL },
	    { DOC(WELL, PASS, "", WAIT("\"a\"", "v")), "vm7: 1 waits" } } },
	{ "all at once",
	  { { DOC(WELL, PASS, GUEST("a", "failed") "," GUEST("b", "ok"), ""),
	      "vm7: 1 failed" },
	    { DOC(WELL, PASS, GUEST("a", "ok") "," GUEST("b", "failed"),
		  WAIT("\"c\"", "w")),
	      "vm7: 1 failed, 1 recovered, 1 waits" } } },
};

static json_t *read_json(const char *text)
{
	json_error_t err;
	json_t *out = json_loads(text, 0, &err);

	if (!out)
		fail_msg("%s: %s", text, err.text);
	return out;
}

static void tells(void **state)
{
	const struct row *row = *state;
	json_t *told = NULL, *now = NULL;

	for (size_t i = 0; i < STEPS && row->steps[i].status; i++) {
		const char *want = row->steps[i].title;
		bool lost = want && *want == '!';
		json_t *status = read_json(row->steps[i].status), *digest, *message;
		const char *title;

		digest = news_digest(now, status);
		json_decref(now);
		now = digest;
		message = news_message(told, now);
		title = json_string_value(json_object_get(message, "title"));
		if (!str_equal(title, lost ? want + 1 : want))
			fail_msg("step %zu: %s", i, title ? title : "nothing");
		if (!lost) {
			/* as a restart would have it */
			char *text = json_dumps(now, 0);

			json_decref(told);
			told = read_json(text);
			free(text);
		}
		json_decref(message);
		json_decref(status);
	}
	json_decref(told);
	json_decref(now);
}

/* ---- how ---- */

static json_t *message_of(const char *text)
{
	json_t *status = read_json(text), *digest = news_digest(NULL, status);
	json_t *out = news_message(NULL, digest);

	json_decref(digest);
	json_decref(status);
	return out;
}

static void words(void **state)
{
	json_t *message =
		message_of(DOC(BAD("dead0123456789"), PASS, GUEST("a", "failed"),
			       WAIT("\"b\"", "its entry is gone")));

	(void)state;
	assert_string_equal(json_string_value(json_object_get(message, "text")),
			    "commit dead0123 is not in force: 2 mistakes: vm7.yaml:3:1: "
			    "a; vm7.yaml:4:1: b\n"
			    "a failed: its words\n"
			    "b waits for a person: its entry is gone\n"
			    "  vm7 release x\n"
			    "commit dead0123 of main of infra, cluster lab");
	assert_string_equal(json_string_value(json_object_get(message, "commit")),
			    "dead0123456789");
	json_decref(message);
}

static void letters(void **state)
{
	json_t *message =
		message_of(DOC(WELL, PASS, "", WAIT("\"b\"", "<!channel> & so")));
	struct arena *arena = arena_create();
	struct letter letter;

	(void)state;
	news_letter(message, NEWS_SLACK, "https://x/y", arena, &letter);
	assert_string_equal(letter.url, "https://x/y");
	assert_non_null(strstr(letter.body, "&lt;!channel&gt; &amp; so"));
	assert_null(strchr(letter.body, '<'));
	news_letter(message, NEWS_NTFY, "https://x/y", arena, &letter);
	assert_string_equal(letter.headers[1], "Title: vm7: 1 waits");
	assert_string_equal(letter.headers[3], "Tags: hand");
	assert_null(letter.headers[4]);
	assert_true(str_starts(letter.body, "b waits for a person: <!channel>"));
	news_letter(message, NEWS_JSON, "https://x/y", arena, &letter);
	assert_non_null(strstr(letter.body, "\"schema\":1"));
	assert_null(letter.headers[1]);
	arena_destroy(arena);
	json_decref(message);
}

static void very_many(void **state)
{
	json_t *guests = json_array(), *status = read_json(DOC(WELL, PASS, "", ""));
	json_t *digest, *message;
	char name[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "guest-%04d", i);
		json_array_append_new(guests,
				      json_pack("{s:s, s:s, s:s}", "name", name, "health",
						"failed", "says", "no"));
	}
	json_object_set_new(status, "guests", guests);
	digest = news_digest(NULL, status);
	message = news_message(NULL, digest);
	assert_string_equal(json_string_value(json_object_get(message, "title")),
			    "vm7: 1000 failed");
	assert_int_equal(json_array_size(json_object_get(message, "failed")), 100);
	assert_true(json_string_length(json_object_get(message, "text")) < 4000);
	assert_non_null(strstr(json_string_value(json_object_get(message, "text")),
			       " more: vm7 status\n"));
	json_decref(message);
	json_decref(digest);
	json_decref(status);
}

static void without_secrets(void **state)
{
	struct secret secret = { 0 };
	json_t *message;
	char *text;

	(void)state;
	secret_set(&secret, "Canary-1", 8);
	secret_hide(&secret);
	message = message_of(DOC(BAD("Canary-1"), BROKEN("with Canary-1"), "",
				 WAIT("\"b\"", "has Canary-1")));
	json_object_del(message, "commit");
	text = json_dumps(json_object_get(message, "failed"), 0);
	assert_non_null(strstr(text, "with ***"));
	free(text);
	text = json_dumps(json_object_get(message, "waits"), 0);
	assert_non_null(strstr(text, "has ***"));
	free(text);
	json_decref(message);
	secret_finish(&secret);
	secret_forget_all();
}

/* ---- where to ---- */

static const struct url_row {
	const char *name, *error;
} urls[] = {
	{ "https://ntfy.sh/topic", NULL },
	{ "https://chat.example:8443", NULL },
	{ "http://127.0.0.1:8080/x", NULL },
	{ "http://127.1.2.3", NULL },
	{ "http://[::1]:80/x", NULL },
	{ "http://[::1]", NULL },
	{ "http://localhost/x", NULL },
	{ "http://chat.example/", "this machine alone" },
	{ "http://localhost.example/", "this machine alone" },
	{ "http://127.0.0.1.example/", "this machine alone" },
	{ "http://[::2]/", "this machine alone" },
	{ "http://10.0.0.1/", "this machine alone" },
	{ "http://localhost@chat.example/", "credentials" },
	{ "https://a:b@chat.example/", "credentials" },
	{ "http://localhost\\@chat.example/", "no spaces" },
	{ "https://chat.example/a b", "no spaces" },
	{ "https:///x", "no host" },
	{ "ftp://chat.example/", "expected https" },
	{ "file:///etc/passwd", "expected https" },
};

static void goes_to(void **state)
{
	const struct url_row *row = *state;
	struct error err = { 0 };

	assert_int_equal(outgoing_url(row->name, &err), row->error == NULL);
	if (row->error && !strstr(err.text, row->error))
		fail_msg("%s", err.text);
}

int main(void)
{
	add_rows(tells, rows);
	add_test("the words of a message", words);
	add_test("the three formats", letters);
	add_test("a thousand guests fit into a message", very_many);
	add_test("secrets are not told", without_secrets);
	add_rows(goes_to, urls);
	return run_all_tests("news");
}
