#include "base/text.h"
#include "reconcile/exec.h"
#include "tests/lib/test.h"

enum { EVENTS_MAX = 16 };

/*
 * A story: what happens, and what is ordered then.
 *
 * Events: "begin", "up N", "well N", "temporary N", "unknown N", "conflict N", "failed N",
 * "canceled N", "let go N", "time", "stop"; "@MS " in front sets the time.
 * Orders: the numbers to begin, "wake MS", "over".
 */
struct beat {
	const char *event, *orders;
};

static const struct row {
	const char *name;
	const char *
		guests; /* v: a VM, c: a container cloned of one template, a: of an archive,
			   r: to be removed */
	unsigned parallel;
	enum on_error on_error;
	struct beat beats[EVENTS_MAX];
	const char *ends;    /* states of all guests at the end */
	const char *depends; /* "1:0 2:0": 1 and 2 depend on 0 */
	const char *why;     /* of the last guest that was skipped */
} rows[] = {
	{ "nothing to do is over at once",
	  "",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "over" } },
	  "" },
	{ "guests are made side by side",
	  "vvv",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0 1 2" },
	    { "well 1", "" },
	    { "well 0", "" },
	    { "well 2", "over" } },
	  "well well well" },
	{ "but no more than `parallel` of them, in order",
	  "vvvv",
	  2,
	  ON_ERROR_STOP,
	  { { "begin", "0 1" },
	    { "well 1", "2" },
	    { "well 0", "3" },
	    { "well 2", "" },
	    { "well 3", "over" } },
	  "well well well well" },
	{ "clones of one container template follow each other",
	  "ccv",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0 2" },
	    { "let go 0", "1" },
	    { "well 0", "" },
	    { "well 2", "" },
	    { "let go 1", "" },
	    { "well 1", "over" } },
	  "well well well" },
	{ "containers of an archive do not wait for each other",
	  "aa",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0 1" }, { "well 0", "" }, { "well 1", "over" } },
	  "well well" },
	{ "a failed clone lets go of the template as well",
	  "cc",
	  8,
	  ON_ERROR_CONTINUE,
	  { { "begin", "0" }, { "failed 0", "1" }, { "well 1", "over" } },
	  "failed well" },
	{ "what may pass is tried again, each time after a longer rest",
	  "v",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0" },
	    { "@100 temporary 0", "wake 1100" },
	    { "@1099 time", "wake 1100" },
	    { "@1100 time", "0" },
	    { "@1200 temporary 0", "wake 3200" },
	    { "@3200 time", "0" },
	    { "@3300 well 0", "over" } },
	  "well" },
	{ "but not for ever",
	  "v",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0" },
	    { "temporary 0", "wake 1000" },
	    { "@1000 time", "0" },
	    { "@1000 temporary 0", "wake 3000" },
	    { "@3000 time", "0" },
	    { "@3000 unknown 0", "wake 7000" },
	    { "@7000 time", "0" },
	    { "@7000 temporary 0", "wake 15000" },
	    { "@15000 time", "0" },
	    { "@15000 temporary 0", "over" } },
	  "failed" },
	{ "a conflict is looked at again at once",
	  "v",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0" }, { "@5 conflict 0", "0" }, { "@6 well 0", "over" } },
	  "well" },
	{ "who rests keeps nobody else from working",
	  "vvv",
	  1,
	  ON_ERROR_STOP,
	  { { "begin", "0" },
	    { "temporary 0", "1 wake 1000" },
	    { "@10 well 1", "2 wake 1000" },
	    { "@2000 well 2", "0" },
	    { "@2001 well 0", "over" } },
	  "well well well" },
	{ "on_error: stop begins no further guest, but finishes what is begun",
	  "vvv",
	  2,
	  ON_ERROR_STOP,
	  { { "begin", "0 1" }, { "failed 0", "" }, { "well 1", "over" } },
	  "failed well skipped" },
	{ "on_error: continue goes on with the others",
	  "vvv",
	  2,
	  ON_ERROR_CONTINUE,
	  { { "begin", "0 1" },
	    { "failed 0", "2" },
	    { "well 1", "" },
	    { "well 2", "over" } },
	  "failed well well" },
	{ "after a failure nobody who rests is tried again under stop",
	  "vv",
	  2,
	  ON_ERROR_STOP,
	  { { "begin", "0 1" },
	    { "temporary 0", "wake 1000" },
	    { "@10 failed 1", "over" } },
	  "failed failed" },
	{ "interrupted: what waits is not begun, what runs ends",
	  "vv",
	  1,
	  ON_ERROR_CONTINUE,
	  { { "begin", "0" }, { "stop", "" }, { "canceled 0", "over" } },
	  "failed skipped" },
	{ "a guest is begun when all that it depends on are ready",
	  "vvv",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "1 2" },
	    { "well 2", "" },
	    { "well 1", "0" },
	    { "well 0", "over" } },
	  "well well well",
	  "0:1 0:2" },
	{ "a chain is made link by link, and the rest beside it",
	  "vvvv",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "2 3" },
	    { "well 2", "1" },
	    { "well 3", "" },
	    { "well 1", "0" },
	    { "well 0", "over" } },
	  "well well well well",
	  "0:1 1:2" },
	{ "of what has no work nothing is waited for",
	  "v",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0" }, { "well 0", "over" } },
	  "well",
	  "0:7" },
	{ "who rests is still waited for",
	  "vv",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0" },
	    { "temporary 0", "wake 1000" },
	    { "@1000 time", "0" },
	    { "@1001 well 0", "1" },
	    { "@1002 well 1", "over" } },
	  "well well",
	  "1:0" },
	{ "who depends on what failed is skipped, and who depends on them",
	  "vvvv",
	  8,
	  ON_ERROR_CONTINUE,
	  { { "begin", "2 3" }, { "failed 2", "" }, { "well 3", "over" } },
	  "skipped skipped failed well",
	  "0:1 1:2",
	  "not begun: it depends on g2, which failed" },
	{ "who was not begun says so to those that depend on it",
	  "vvv",
	  8,
	  ON_ERROR_CONTINUE,
	  { { "begin", "0" }, { "failed 0", "over" } },
	  "failed skipped skipped",
	  "1:0 2:1",
	  "not begun: it depends on g1, which was not begun" },
	{ "who only waits for an answer takes nobody's turn",
	  "vvv",
	  1,
	  ON_ERROR_STOP,
	  { { "begin", "0" },
	    { "up 0", "1" },
	    { "up 1", "2" },
	    { "well 2", "" },
	    { "well 1", "" },
	    { "well 0", "over" } },
	  "well well well" },
	{ "but who depends on it waits for the answer",
	  "vvv",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0 2" },
	    { "up 0", "" },
	    { "well 2", "" },
	    { "well 0", "1" },
	    { "well 1", "over" } },
	  "well well well",
	  "1:0" },
	{ "who never answers is not tried again",
	  "vvv",
	  8,
	  ON_ERROR_CONTINUE,
	  { { "begin", "0 2" },
	    { "up 0", "" },
	    { "temporary 0", "" },
	    { "well 2", "over" } },
	  "unreachable skipped well",
	  "1:0",
	  "not begun: it depends on g0, which does not answer" },
	{ "and is a failure to on_error: stop",
	  "vv",
	  1,
	  ON_ERROR_STOP,
	  { { "begin", "0" }, { "up 0", "1" }, { "failed 0", "" }, { "well 1", "over" } },
	  "unreachable well" },
	{ "H-41 removal goes the other way round",
	  "rrrr",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "2 3" },
	    { "well 3", "" },
	    { "well 2", "1" },
	    { "well 1", "0" },
	    { "well 0", "over" } },
	  "well well well well",
	  "1:0 2:1" },
	{ "whose dependent could not be removed stays",
	  "rr",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "1" }, { "failed 1", "over" } },
	  "skipped failed",
	  "1:0",
	  "not begun: g1, which depends on it, failed" },
	{ "a removal does not wait for a making",
	  "vr",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0 1" }, { "well 0", "" }, { "well 1", "over" } },
	  "well well",
	  "1:0" },
	{ "leases that go round in a circle hold nobody up",
	  "rrr",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "2" },
	    { "well 2", "0 1" },
	    { "well 0", "" },
	    { "well 1", "over" } },
	  "well well well",
	  "0:1 1:0" },
	{ "interrupted while it is waited for an answer",
	  "vv",
	  8,
	  ON_ERROR_STOP,
	  { { "begin", "0" }, { "up 0", "" }, { "stop", "" }, { "canceled 0", "over" } },
	  "unreachable skipped",
	  "1:0" },
};

static const char *state_name(enum exec_state state)
{
	switch (state) {
	case EXEC_WAITING:
		return "waiting";
	case EXEC_RUNNING:
		return "running";
	case EXEC_RESTING:
		return "resting";
	case EXEC_COMING:
		return "coming";
	case EXEC_UNREACHABLE:
		return "unreachable";
	case EXEC_WELL:
		return "well";
	case EXEC_FAILED:
		return "failed";
	case EXEC_SKIPPED:
		return "skipped";
	}
	return "";
}

static void happen(struct exec *exec, const char *event, uint64_t *now,
		   struct exec_orders *orders)
{
	static const struct {
		const char *word;
		enum exec_event event;
		enum error_kind kind;
	} words[] = {
		{ "begin", EXEC_BEGIN, ERROR_NONE },
		{ "time", EXEC_TIME, ERROR_NONE },
		{ "stop", EXEC_STOP, ERROR_NONE },
		{ "up ", EXEC_IS_UP, ERROR_NONE },
		{ "well ", EXEC_DID_WELL, ERROR_NONE },
		{ "let go ", EXEC_LET_GO, ERROR_NONE },
		{ "temporary ", EXEC_DID_NOT, ERROR_TEMPORARY },
		{ "unknown ", EXEC_DID_NOT, ERROR_UNKNOWN },
		{ "conflict ", EXEC_DID_NOT, ERROR_CONFLICT },
		{ "failed ", EXEC_DID_NOT, ERROR_FAILED },
		{ "canceled ", EXEC_DID_NOT, ERROR_CANCELED },
	};
	struct error why = { 0 };

	if (*event == '@') {
		char *end;

		*now = strtoull(event + 1, &end, 10);
		event = end + 1;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!str_starts(event, words[i].word))
			continue;
		error_set(&why, words[i].kind, "as told");
		exec_step(exec, words[i].event,
			  (size_t)strtoul(event + strlen(words[i].word), NULL, 10), &why,
			  *now, orders);
		return;
	}
	fail_msg("%s: no such event", event);
}

static const char *told(struct arena *arena, const struct exec_orders *orders)
{
	struct text text;

	text_init(&text, arena);
	for (size_t i = 0; i < orders->start_len; i++)
		text_addf(&text, "%s%zu", text.len ? " " : "", orders->start[i]);
	if (orders->wake)
		text_addf(&text, "%swake %llu", text.len ? " " : "",
			  (unsigned long long)orders->wake);
	if (orders->over)
		text_addf(&text, "%sover", text.len ? " " : "");
	return text_str(&text);
}

static struct action *guests_of(struct arena *arena, const char *kinds)
{
	struct action *actions = arena_array(arena, struct action, strlen(kinds) + 1);

	for (size_t i = 0; kinds[i]; i++) {
		struct desired *want = arena_new(arena, struct desired);

		struct lease *lease = arena_new(arena, struct lease);

		want->type = kinds[i] == 'v' ? GUEST_VM : GUEST_LXC;
		want->template_id = kinds[i] == 'a' ? 0 : 9000;
		actions[i].guest = arena_printf(arena, "g%zu", i);
		actions[i].verb = kinds[i] == 'r' ? VERB_RELEASE : VERB_CREATE;
		actions[i].want = kinds[i] == 'r' ? NULL : want;
		actions[i].lease = lease;
	}
	return actions;
}

static void depend(struct arena *arena, struct action *actions, const char *edges)
{
	while (edges && *edges) {
		char *end;
		size_t who = (size_t)strtoul(edges, &end, 10);
		size_t on = (size_t)strtoul(end + 1, &end, 10);
		struct desired *want = (struct desired *)(uintptr_t)actions[who].want;
		struct lease *lease = (struct lease *)(uintptr_t)actions[who].lease;
		const char **more = arena_array(arena, const char *, strlen(edges));
		size_t len = lease->depends_len;

		if (len > 0)
			memcpy(more, lease->depends, len * sizeof(*more));
		more[len++] = arena_printf(arena, "g%zu", on);
		lease->depends = more;
		lease->depends_len = len;
		if (want) {
			want->depends = more;
			want->depends_len = len;
		}
		edges = *end ? end + 1 : end;
	}
}

static const char *last_skipped(const struct exec *exec)
{
	const char *why = "";

	for (size_t i = 0; i < exec->len; i++)
		if (exec->at[i].state == EXEC_SKIPPED)
			why = exec->at[i].why.text;
	return why;
}

static void goes(void **state)
{
	const struct row *row = *state;
	struct arena *arena = arena_create();
	struct manifest manifest = { .parallel = row->parallel,
				     .on_error = row->on_error };
	struct plan_input input = { .manifest = &manifest };
	struct plan plan = { .input = &input };
	struct exec_orders orders = { 0 };
	struct text ends;
	struct exec exec;
	uint64_t now = 0;

	plan.actions.at = guests_of(arena, row->guests);
	plan.actions.len = strlen(row->guests);
	depend(arena, plan.actions.at, row->depends);
	exec_init(&exec, arena, &plan);
	for (size_t i = 0; i < EVENTS_MAX && row->beats[i].event; i++) {
		happen(&exec, row->beats[i].event, &now, &orders);
		assert_string_equal(told(arena, &orders), row->beats[i].orders);
	}
	text_init(&ends, arena);
	for (size_t i = 0; i < exec.len; i++)
		text_addf(&ends, "%s%s", i ? " " : "", state_name(exec.at[i].state));
	assert_string_equal(text_str(&ends), row->ends);
	if (row->why)
		assert_string_equal(last_skipped(&exec), row->why);
	arena_destroy(arena);
}

/* What is left alone is not carried out, and what only its lease is about asks nothing. */
static void takes_only_what_asks_something(void **state)
{
	struct manifest manifest = { .parallel = 8 };
	struct plan_input input = { .manifest = &manifest };
	struct plan plan = { .input = &input };
	struct arena *arena = arena_create();
	struct exec exec;

	(void)state;
	plan.actions.at = guests_of(arena, "vvvvvv");
	plan.actions.len = 6;
	plan.actions.at[0].verb = VERB_NONE;
	plan.actions.at[2].verb = VERB_RESUME;
	plan.actions.at[3].verb = VERB_WAIT;
	plan.actions.at[4].verb = VERB_DROP;
	plan.actions.at[5].verb = VERB_REFUSED;
	exec_init(&exec, arena, &plan);
	assert_int_equal(exec.len, 2);
	assert_string_equal(exec.at[0].action->guest, "g1");
	assert_string_equal(exec.at[1].action->guest, "g2");
	arena_destroy(arena);
}

int main(void)
{
	add_rows(goes, rows);
	add_test("only what asks something is carried out",
		 takes_only_what_asks_something);
	return run_all_tests("exec");
}
