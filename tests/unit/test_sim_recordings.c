/*
 * Every request recorded of a real Proxmox, asked again of the simulator: status, reason,
 * body, and how the task that it started ended and what it logged.
 *
 * The recordings lie beside the source, in ../shared/pve-recordings/8 and 9; without them
 * there is nothing to test. tests/sim/recordings has the machine they were made on
 * (bed.json) and what was done with it from first to last (session.txt): one world lives
 * through all of it.
 *
 * tests/sim/differs.txt lists what is not alike, "VERSION NAME: reason". This test fails
 * for a recording that differs without being listed, and for one that is listed without
 * need: then take it off the list. The call, its task's end and its task's log count
 * apart: NAME, NAME.task-status, NAME.task-log.
 *
 *   RECORDINGS=config-put test_sim_recordings    all answers side by side, of names with
 *                                                that in them, also of those listed
 *   RECORDINGS=- test_sim_recordings             what differs, as lines for the list
 */
#include "base/text.h"
#include "tests/lib/alike.h"
#include "tests/lib/placeholders.h"
#include "tests/lib/recording.h"
#include "tests/lib/test.h"
#include "tests/sim/api.h"
#include "tests/sim/ask.h"
#include "tests/sim/guest.h"
#include "tests/sim/http.h"
#include "tests/sim/props.h"

#include <glob.h>
#include <math.h>
#include <unistd.h>

#define FOLDER  SOURCE_ROOT "/../shared/pve-recordings"
#define BED     SOURCE_ROOT "/tests/sim/recordings/bed.json"
#define SESSION SOURCE_ROOT "/tests/sim/recordings/session.txt"
#define DIFFERS SOURCE_ROOT "/tests/sim/differs.txt"
#define ROOT    "root@pam!full"
#define STEP    0.05

#define REASON_MAX 100

struct replay {
	struct arena *arena;
	struct world *world;
	unsigned pve;
	double start; /* when the session began */
	struct alike alike;
	json_t *listed;       /* name: reason */
	json_t *asked;        /* name: true */
	const char *show;     /* part of names, or NULL */
	unsigned digest_of;   /* whose digest the next request sends; 0: nobody's */
	struct task stranger; /* holds lock files for another process */
	struct text wrong;
};

/* --- what the simulator answers --- */

struct reply {
	char *line;
	const char *body;
	const char *upid; /* of the task that was started, or NULL */
};

static struct reply reply_of(struct replay *replay, int status, const char *reason,
			     const char *body)
{
	return (struct reply){
		.line = arena_printf(replay->arena, "HTTP/1.1 %d %s", status, reason),
		.body = body ? body : "",
	};
}

/* The world's time passes while the call waits, but not until its answer is due. */
static struct reply handle(struct replay *replay, const struct http_request *http)
{
	struct api_request request = { .method = http->method,
				       .path = http->path,
				       .query = http->query,
				       .cookie = http->cookie,
				       .authorization = http->authorization,
				       .csrf = http->csrf,
				       .content_type = http->content_type,
				       .body = http->body,
				       .body_len = http->body_len,
				       .refused = http->refusal.status,
				       .refusal = http->refusal.reason };
	struct reply reply;
	struct call call;

	call_init(&call, replay->arena, replay->world, &request);
	while (!api_handle(&call))
		world_advance(replay->world, replay->world->now + STEP);
	call_finish(&call);
	reply = reply_of(replay, call.answer.status, call.answer.reason,
			 call.answer.body);
	if (call.task)
		reply.upid = arena_strdup(replay->arena, call.task->upid);
	return reply;
}

static struct reply send_request(struct replay *replay, const char *head,
				 const char *body)
{
	struct http_request request;
	struct http_refusal refusal;
	size_t used;
	char *all = arena_printf(replay->arena, "%sContent-Length: %zu\r\n\r\n%s", head,
				 strlen(body), body);

	if (http_read(replay->arena, all, strlen(all), &request, &used, &refusal) ==
	    HTTP_BAD)
		return reply_of(replay, refusal.status, refusal.reason, NULL);
	return handle(replay, &request);
}

/* --- what a recording asks --- */

/* The digest that was read before from a guest without being recorded. */
static void learn_digest(struct replay *replay, const char *request)
{
	const char *digest = strstr(request, "digest=");
	const struct guest *guest = world_guest(replay->world, replay->digest_of);

	if (!digest || !guest)
		return;
	digest += strlen("digest=");
	alike_learn(&replay->alike,
		    arena_strndup(replay->arena, digest, strcspn(digest, "&")),
		    guest_digest(replay->arena, guest));
	replay->digest_of = 0;
}

static struct reply ask_again(struct replay *replay, const char *request)
{
	char *text, *body;

	learn_digest(replay, request);
	text = placeholders_fill(replay->arena, replay->world,
				 alike_translate(&replay->alike, request));
	body = strstr(text, "\r\n\r\n");
	body[2] = '\0';
	return send_request(replay, text, body + 4);
}

/* --- judging --- */

static bool listing(const struct replay *replay)
{
	return str_equal(replay->show, "-");
}

static bool shown(const struct replay *replay, const char *name)
{
	return replay->show && !listing(replay) && strstr(name, replay->show);
}

/* Of an answer that is not there yet: "not simulated: POST /pools". */
static char *reason_of(struct replay *replay, const struct reply *ours, const char *where)
{
	const char *method = strstr(ours->line, " 501 Method '");
	size_t len;

	if (!method)
		return str_safe(replay->arena, where, REASON_MAX);
	method += strlen(" 501 Method '");
	len = strcspn(method, "'");
	return arena_printf(replay->arena, "not simulated: %.*s", (int)len, method);
}

static void judge(struct replay *replay, const char *name, const struct recording *theirs,
		  const struct reply *ours)
{
	const char *listed = props_get(replay->listed, name);
	struct text where;
	bool same;

	text_init(&where, replay->arena);
	same = alike_text(&replay->alike, theirs->line, ours->line);
	if (!same)
		text_addf(&where, "PVE %s, here %s", theirs->line + strlen("HTTP/1.1 "),
			  ours->line + strlen("HTTP/1.1 "));
	same = same &&
	       alike_body(&replay->alike,
			  placeholders_fill(replay->arena, replay->world, theirs->body),
			  ours->body, &where);
	if (listing(replay) && !same)
		printf("%u %s: %s\n", replay->pve, name,
		       listed ? listed : reason_of(replay, ours, text_str(&where)));
	if (shown(replay, name) || (!listing(replay) && !same && !listed))
		fprintf(stderr, "%u %s: %s\n%s\n  PVE %s %s\n  sim %s %s\n", replay->pve,
			name, same ? "alike" : text_str(&where), theirs->request,
			theirs->line, theirs->body, ours->line, ours->body);
	if (!same && !listed)
		text_addf(&replay->wrong, "%u %s differs\n", replay->pve, name);
	if (same && listed)
		text_addf(&replay->wrong, "%u %s is alike: take it off the list\n",
			  replay->pve, name);
	json_object_del(replay->listed, name);
}

static char *recording_path(struct replay *replay, const char *name)
{
	return arena_printf(replay->arena, FOLDER "/%u/%s.txt", replay->pve, name);
}

static void judge_task(struct replay *replay, const char *name, const char *part)
{
	char *of = arena_printf(replay->arena, "%s.%s", name, part);
	struct recording theirs;
	struct reply ours;

	if (!recording_read(replay->arena, recording_path(replay, of), &theirs))
		return;
	ours = ask_again(replay, theirs.request);
	judge(replay, of, &theirs, &ours);
}

/* Not back: many answers are of one second, and our tasks may have taken longer. */
static void catch_up(struct replay *replay, double date)
{
	world_advance(replay->world, fmax(replay->world->now, date));
}

static void play(struct replay *replay, const char *name)
{
	struct recording theirs;
	struct reply ours;

	if (!recording_read(replay->arena, recording_path(replay, name), &theirs)) {
		text_addf(&replay->wrong, "%u %s: no such recording\n", replay->pve,
			  name);
		return;
	}
	json_object_set_new(replay->asked, name, json_true());
	catch_up(replay, theirs.date);
	ours = ask_again(replay, theirs.request);
	judge(replay, name, &theirs, &ours);
	if (!ours.upid ||
	    access(recording_path(replay,
				  arena_printf(replay->arena, "%s.task-status", name)),
		   R_OK) != 0)
		return;
	ask_wait(replay->world, ours.upid);
	judge_task(replay, name, "task-status");
	judge_task(replay, name, "task-log");
}

/* --- what was done beside --- */

static void do_ask(struct replay *replay, const char *text)
{
	struct asked asked;
	char **words;
	size_t count = str_split(replay->arena, text, " ", &words);

	assert_true(count == 2 || count == 3);
	asked = ask(replay->arena, replay->world, ROOT, words[0], words[1],
		    count == 3 ? words[2] : NULL);
	ask_wait(replay->world, asked.upid);
	if (asked.status != 200 && listing(replay))
		fprintf(stderr, "%u %s: %d %s\n", replay->pve, text, asked.status,
			asked.reason);
}

static json_t *read_json(const char *text)
{
	json_error_t err;
	json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &err);

	if (!json)
		fail_msg("%s: %s", text, err.text);
	return json;
}

static void do_change(struct replay *replay, const char *text)
{
	json_t *json = read_json(text);

	world_change(replay->world, json);
	json_decref(json);
}

static void do_access(struct replay *replay, const char *text)
{
	static const char *const parts[] = { "users", "roles" };
	json_t *json = read_json(text), *access = replay->world->access;
	json_t *user, *token;
	const char *name;

	json_object_foreach (json_object_get(json, "users"), name, user)
		json_object_foreach (json_object_get(user, "tokens"), name, token)
			props_set(token, "secret", "no-secret");
	for (size_t i = 0; i < 2; i++) {
		if (!json_object_get(access, parts[i]))
			json_object_set_new(access, parts[i], json_object());
		json_object_update(json_object_get(access, parts[i]),
				   json_object_get(json, parts[i]));
	}
	json_array_extend(json_object_get(access, "acl"), json_object_get(json, "acl"));
	json_decref(json);
}

static struct guest *named(struct replay *replay, const char *vmid)
{
	struct guest *guest =
		world_guest(replay->world, (unsigned)strtoul(vmid, NULL, 10));

	if (!guest)
		fail_msg("no guest %s", vmid);
	return guest;
}

static void do_hold(struct replay *replay, const char *vmid)
{
	named(replay, vmid)->holder = &replay->stranger;
}

static void do_free(struct replay *replay, const char *vmid)
{
	named(replay, vmid)->holder = NULL;
}

static void do_digest(struct replay *replay, const char *vmid)
{
	replay->digest_of = (unsigned)strtoul(vmid, NULL, 10);
}

static void do_round(struct replay *replay, const char *seconds)
{
	replay->world->nodes[0].next_round = replay->start + strtod(seconds, NULL);
}

static void do_wait(struct replay *replay, const char *seconds)
{
	world_advance(replay->world, replay->world->now + strtod(seconds, NULL));
}

static const struct {
	const char *word;
	void (*run)(struct replay *replay, const char *rest);
} deeds[] = {
	{ "ask ", do_ask },     { "change ", do_change }, { "access ", do_access },
	{ "hold ", do_hold },   { "free ", do_free },     { "digest ", do_digest },
	{ "round ", do_round }, { "wait ", do_wait },
};

static void play_line(struct replay *replay, const char *line)
{
	char version[] = { (char)('0' + replay->pve), ':', ' ', '\0' };

	if (*line == '#')
		return;
	if (line[0] && line[1] == ':') {
		if (!str_starts(line, version))
			return;
		line += strlen(version);
	}
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		if (str_starts(line, deeds[i].word)) {
			deeds[i].run(replay, line + strlen(deeds[i].word));
			return;
		}
	play(replay, line);
}

/* --- the whole session --- */

static void read_differs(struct replay *replay)
{
	char *text = recording_file(replay->arena, DIFFERS), **lines;
	size_t count = text ? str_split(replay->arena, text, "\n", &lines) : 0;
	char *start = arena_printf(replay->arena, "%u ", replay->pve);

	for (size_t i = 0; i < count; i++) {
		size_t name = strcspn(lines[i], ":");

		if (!str_starts(lines[i], start))
			continue;
		assert_int_equal(lines[i][name], ':'); /* each has a reason */
		lines[i][name] = '\0';
		props_set(replay->listed, lines[i] + strlen(start), lines[i] + name + 2);
	}
}

static void create_bed(struct replay *replay)
{
	struct error err = { 0 };
	struct recording first;
	json_t *json = read_json(recording_file(replay->arena, BED));

	assert_true(
		recording_read(replay->arena, recording_path(replay, "version"), &first));
	replay->start = first.date;
	json_object_set_new(json, "pve", json_integer(replay->pve));
	replay->world = world_create(json, 1, first.date, &err);
	json_decref(json);
	assert_non_null(replay->world);
}

/* Is each recording part of the session, and each difference about one? */
static void count_them(struct replay *replay)
{
	glob_t found;
	const char *name;
	json_t *value;

	assert_int_equal(glob(recording_path(replay, "*"), 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *base = strrchr(found.gl_pathv[i], '/') + 1;

		base[strlen(base) - strlen(".txt")] = '\0';
		if (!strstr(base, ".task-") && !json_object_get(replay->asked, base))
			text_addf(&replay->wrong, "%u %s is not in session.txt\n",
				  replay->pve, base);
	}
	globfree(&found);
	json_object_foreach (replay->listed, name, value)
		text_addf(&replay->wrong, "%u %s: listed, but it did not happen\n",
			  replay->pve, name);
}

static void answers_alike(void **state)
{
	struct replay replay = { .arena = arena_create(), .show = getenv("RECORDINGS") };
	char **lines;
	size_t count;

	memcpy(&replay.pve, *(const char *const *)state + sizeof(char *),
	       sizeof(replay.pve));
	if (access(recording_path(&replay, "version"), R_OK) != 0) {
		arena_destroy(replay.arena);
		print_message("no recordings of PVE beside the source\n");
		skip();
	}
	text_init(&replay.wrong, replay.arena);
	alike_init(&replay.alike, replay.arena);
	replay.listed = json_object();
	replay.asked = json_object();
	read_differs(&replay);
	create_bed(&replay);
	count = str_split(replay.arena, recording_file(replay.arena, SESSION), "\n",
			  &lines);
	for (size_t i = 0; i < count; i++)
		play_line(&replay, lines[i]);
	count_them(&replay);
	if (!listing(&replay))
		fputs(text_str(&replay.wrong), stderr);
	assert_int_equal(replay.wrong.len, 0);
	world_destroy(replay.world);
	json_decref(replay.listed);
	json_decref(replay.asked);
	alike_finish(&replay.alike);
	arena_destroy(replay.arena);
}

static const struct {
	const char *name;
	unsigned pve;
} versions[] = {
	{ "what was recorded of PVE 8 is answered alike", 8 },
	{ "what was recorded of PVE 9 is answered alike", 9 },
};

int main(void)
{
	add_rows(answers_alike, versions);
	return run_all_tests("sim recordings");
}
