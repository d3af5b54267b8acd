#include "draw.h"

#include "base/text.h"
#include "chance.h"
#include "props.h"

#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct kind {
	const char *name;
	const char *methods, *path; /* that it can befall; NULL: any */
	bool chosen;                /* also when the file does not name it */
	const char *what;           /* "do"; %s is the path of the request */
};

/*
 * Texts as PVE and its proxy say them: pve-http-server AnyEvent.pm proxy_request, pve-common
 * RESTEnvironment.pm fork_worker, pve-guest-common AbstractConfig.pm lock_config.
 */
static const struct kind kinds[] = {
	{ "cut-before", NULL, NULL, true, "{\"cut\": \"before\"}" },
	{ "cut-after", NULL, NULL, true, "{\"cut\": \"after\"}" },
	{ "half", NULL, NULL, true, "{\"half\": true}" },
	{ "html", NULL, NULL, true, "{\"html\": true}" },
	{ "slow", NULL, NULL, true, "{\"delay\": 20}" },
	{ "unreachable", NULL, "/nodes/*", true,
	  "{\"status\": 595, \"reason\": \"No route to host\", \"body\": \"\"}" },
	{ "timeout", NULL, "/nodes/*", true,
	  "{\"status\": 596, \"reason\": \"Connection timed out\", \"body\": \"\"}" },
	{ "late", NULL, "/nodes/*", true,
	  "{\"status\": 596, \"reason\": \"Connection timed out\", \"body\": \"\", "
	  "\"done\": true}" },
	{ "no-worker", "POST DELETE", "/nodes/*", true,
	  "{\"status\": 500, \"reason\": \"got no worker upid - start worker failed\", "
	  "\"body\": \"{\\\"data\\\":null,\\\"message\\\":\\\"got no worker upid - start "
	  "worker failed\\\\n\\\"}\"}" },
	{ "lock", "POST PUT DELETE", "/nodes/*", true,
	  "{\"status\": 500, \"reason\": \"can't lock file '/var/lock/qemu-server/"
	  "lock-1.conf' - got timeout\", \"body\": \"{\\\"data\\\":null,\\\"message\\\":"
	  "\\\"can't lock file '/var/lock/qemu-server/lock-1.conf' - got timeout\\\\n"
	  "\\\"}\"}" },
	{ "task-start", "POST PUT DELETE", "/nodes/*", true,
	  "{\"task\": \"fail-start\"}" },
	{ "task-end", "POST PUT DELETE", "/nodes/*", true, "{\"task\": \"fail-end\"}" },
	{ "task-warn", "POST PUT DELETE", "/nodes/*", true, "{\"task\": \"warn\"}" },
	{ "restart", NULL, NULL, true, "{\"restart\": 5}" },
	{ "quorum", NULL, NULL, true,
	  "{\"world\": {\"quorate\": false}, \"seconds\": 15, "
	  "\"then\": {\"quorate\": true}}" },
	{ "power", NULL, NULL, true,
	  "{\"world\": {\"nodes\": {\"pve02\": {\"online\": false}}}, \"seconds\": 60, "
	  "\"then\": {\"nodes\": {\"pve02\": {\"online\": true}}}}" },
	{ "admin", NULL, "/nodes/*/config", true,
	  "{\"admin\": {\"method\": \"PUT\", \"path\": \"%s\", "
	  "\"params\": {\"cpuunits\": 512}}}" },
	/* what needs a person, or a client's own patience */
	{ "task-middle", "POST PUT DELETE", "/nodes/*", false,
	  "{\"task\": \"fail-middle\"}" },
	{ "task-hang", "POST PUT DELETE", "/nodes/*", false, "{\"task\": \"hang\"}" },
	{ "silent", NULL, NULL, false, "{\"silent\": true}" },
	{ "bomb", NULL, NULL, false, "{\"bomb\": true}" },
	{ "certificate", NULL, NULL, false, "{\"certificate\": true}" },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

struct draw {
	uint64_t seed;
	double rate;
	json_int_t limit; /* -1: none */
	bool chosen[KINDS];
	json_t *seen; /* "GET /path": [requests, of these struck] */
	json_t *row;  /* the last one, or NULL */
};

static void release(void *with)
{
	struct draw *draw = with;

	json_decref(draw->seen);
	json_decref(draw->row);
}

static bool choose(struct draw *draw, const json_t *names, struct error *err)
{
	const json_t *name;
	size_t i, k;

	for (k = 0; k < KINDS; k++)
		draw->chosen[k] = !names && kinds[k].chosen;
	json_array_foreach (names, i, name) {
		for (k = 0; k < KINDS; k++)
			if (str_equal(kinds[k].name, json_string_value(name)))
				break;
		if (k == KINDS)
			return error_set(err, ERROR_INVALID,
					 "faults: random: kinds[%zu] is unknown", i);
		draw->chosen[k] = true;
	}
	return true;
}

struct draw *draw_create(struct arena *arena, const json_t *random, struct error *err)
{
	struct draw *draw = arena_new(arena, struct draw);
	const json_t *limit = json_object_get(random, "limit");

	draw->seed = (uint64_t)json_integer_value(json_object_get(random, "seed"));
	draw->rate = json_number_value(json_object_get(random, "rate"));
	draw->limit = limit ? json_integer_value(limit) : -1;
	draw->seen = json_object();
	arena_defer(arena, release, draw);
	if (draw->rate <= 0 || draw->rate > 1) {
		error_set(err, ERROR_INVALID, "faults: random: rate is not in 0 to 1");
		return NULL;
	}
	return choose(draw, json_object_get(random, "kinds"), err) ? draw : NULL;
}

/* Tasks are named by time and process: one is like another. */
static const char *pattern_of(struct arena *arena, const char *path)
{
	const char *upid = strstr(path, "/UPID:");

	if (!upid)
		return path;
	return arena_printf(arena, "%.*s/*%s", (int)(upid - path), path,
			    upid + 1 + strcspn(upid + 1, "/"));
}

/* A number of its own for the n-th request like this. */
static struct chance dice(const struct draw *draw, const char *key, json_int_t n)
{
	struct chance chance = { draw->seed };

	for (; *key; key++) /* FNV-1a */
		chance.state = (chance.state ^ (unsigned char)*key) * 0x100000001b3u;
	chance.state += (uint64_t)n;
	chance_next(&chance);
	return chance;
}

static bool befalls(const struct kind *kind, const char *method, const char *path)
{
	return (!kind->methods || strstr(kind->methods, method)) &&
	       (!kind->path || fnmatch(kind->path, path, 0) == 0);
}

static const struct kind *pick(const struct draw *draw, struct chance *chance,
			       const char *method, const char *path)
{
	const struct kind *found[KINDS];
	size_t count = 0;

	for (size_t k = 0; k < KINDS; k++)
		if (draw->chosen[k] && befalls(&kinds[k], method, path))
			found[count++] = &kinds[k];
	return count ? found[chance_next(chance) % count] : NULL;
}

static json_t *row_of(struct arena *arena, const struct kind *kind, const char *method,
		      const char *pattern, const char *path, json_int_t after)
{
	const char *mark = strstr(kind->what, "%s");
	const char *what = kind->what;

	if (mark)
		what = arena_printf(arena, "%.*s%s%s", (int)(mark - what), what, path,
				    mark + 2);
	return json_pack("{s:{s:s, s:s}, s:I, s:i, s:o}", "match", "method", method,
			 "path", pattern, "after", after, "times", 1, "do",
			 json_loads(what, 0, NULL));
}

static const json_t *draw_row(struct arena *arena, struct draw *draw, const char *method,
			      const char *path)
{
	const char *pattern = pattern_of(arena, path);
	const char *key = arena_printf(arena, "%s %s", method, pattern);
	json_t *seen = json_object_get(draw->seen, key);
	json_int_t n = json_integer_value(json_array_get(seen, 0));
	json_int_t struck = json_integer_value(json_array_get(seen, 1));
	struct chance chance = dice(draw, key, n);
	const struct kind *kind;

	json_object_set_new(draw->seen, key, json_pack("[I, I]", n + 1, struck));
	if (!draw->limit || (double)(chance_next(&chance) >> 11) * 0x1p-53 >= draw->rate)
		return NULL;
	kind = pick(draw, &chance, method, path);
	if (!kind)
		return NULL;
	if (draw->limit > 0)
		draw->limit--;
	/* in a file an earlier row for the same requests hides what it strikes from this one */
	json_object_set_new(draw->seen, key, json_pack("[I, I]", n + 1, struck + 1));
	json_decref(draw->row);
	draw->row = row_of(arena, kind, method, pattern, path, n - struck);
	return draw->row;
}

const json_t *draw_fault(struct draw *draw, const char *method, const char *path)
{
	struct arena *arena = arena_create();
	const json_t *row = draw_row(arena, draw, method, path);

	arena_destroy(arena);
	return row;
}
