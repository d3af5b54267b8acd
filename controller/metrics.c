#include "controller/metrics.h"

#include "base/when.h"
#include "controller/document.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As the status document has them. */
static const char *const results[RESULTS + 1] = { "ok",          "idle",    "partial",
						  "failed",      "refused", "invalid",
						  "interrupted", "other" };
static const char *const states[] = { "reserved",  "adopting", "ready",
				      "releasing", "released", "destroying" };
static const char *const healths[] = { "ok",       "working", "failed",
				       "waiting",  "drift",   "unknown",
				       "disputed", "held",    "released" };

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

void metrics_pass(struct metrics *metrics, const struct pass *pass, const char *result,
		  int64_t now)
{
	size_t i = 0;

	while (i < RESULTS && strcmp(results[i], result) != 0)
		i++;
	metrics->passes[i]++;
	if (i < 2)
		metrics->last_success = now;
	for (i = 0; i < PHASES; i++)
		metrics->seconds[i] += pass->phases.seconds[i];
	for (i = 0; i < pass->outcome.len; i++)
		if (pass->outcome.at[i].action)
			metrics->actions[pass->outcome.at[i].action->verb]
					[pass->outcome.at[i].ok]++;
	for (i = 0; i < COUNT(metrics->answers); i++)
		metrics->answers[i] += pass->tally.answers[i];
	metrics->tasks[0] += pass->tally.failed_tasks;
	metrics->tasks[1] += pass->tally.tasks - pass->tally.failed_tasks;
}

/* ---- the format ---- */

/* What the samples that follow are; `type` is "counter" or "gauge". */
static void family(struct text *out, const char *name, const char *type, const char *help)
{
	text_addf(out, "# HELP vm7_%s %s\n# TYPE vm7_%s %s\n", name, help, name, type);
}

static void label_value(struct text *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\\' || *value == '"')
			text_addc(out, '\\');
		if (*value == '\n')
			text_add(out, "\\n");
		else
			text_addc(out, *value);
	}
}

static void number(struct text *out, double value)
{
	if (fabs(value) < 9e15 && value == (double)(int64_t)value)
		text_addf(out, " %lld\n", (long long)value);
	else
		text_addf(out, " %.6f\n", value);
}

/* `label` NULL: there is none. */
static void sample(struct text *out, const char *name, const char *label,
		   const char *value, double count)
{
	text_addf(out, "vm7_%s", name);
	if (label) {
		text_addf(out, "{%s=\"", label);
		label_value(out, value);
		text_add(out, "\"}");
	}
	number(out, count);
}

static void sample2(struct text *out, const char *name, const char *label,
		    const char *value, const char *label2, const char *value2,
		    double count)
{
	text_addf(out, "vm7_%s{%s=\"", name, label);
	label_value(out, value);
	text_addf(out, "\",%s=\"", label2);
	label_value(out, value2);
	text_add(out, "\"}");
	number(out, count);
}

static void gauge(struct text *out, const char *name, const char *help, double value)
{
	family(out, name, "gauge", help);
	sample(out, name, NULL, NULL, value);
}

/* ---- what was counted ---- */

static void print_passes(struct text *out, const struct metrics *metrics)
{
	family(out, "passes_total", "counter", "Passes by what they came to.");
	for (size_t i = 0; i < RESULTS + (metrics->passes[RESULTS] > 0); i++)
		sample(out, "passes_total", "result", results[i],
		       (double)metrics->passes[i]);
	family(out, "pass_seconds_total", "counter", "Time spent in passes by phase.");
	for (size_t i = 0; i < PHASES; i++)
		sample(out, "pass_seconds_total", "phase", phase_name((enum phase)i),
		       metrics->seconds[i]);
	family(out, "actions_total", "counter",
	       "Actions on guests by verb and by how they ended.");
	for (size_t i = 0; i <= VERB_REFUSED; i++) {
		const char *verb = verb_name((enum verb)i);

		if (!verb_acts((enum verb)i))
			continue;
		sample2(out, "actions_total", "verb", verb, "result", "ok",
			(double)metrics->actions[i][1]);
		sample2(out, "actions_total", "verb", verb, "result", "failed",
			(double)metrics->actions[i][0]);
	}
}

static void print_requests(struct text *out, const struct metrics *metrics)
{
	static const char *const classes[] = {
		"none", "1xx", "2xx", "3xx", "4xx", "5xx"
	};

	family(out, "proxmox_requests_total", "counter",
	       "Requests to Proxmox by status; none: no whole answer came back.");
	for (size_t i = 0; i < COUNT(classes); i++)
		if (i != 1 && i != 3)
			sample(out, "proxmox_requests_total", "status", classes[i],
			       (double)metrics->answers[i]);
	family(out, "proxmox_tasks_total", "counter",
	       "Tasks of Proxmox that were followed to their end.");
	sample(out, "proxmox_tasks_total", "result", "ok", (double)metrics->tasks[1]);
	sample(out, "proxmox_tasks_total", "result", "failed", (double)metrics->tasks[0]);
}

static void print_git(struct text *out, const struct repo *repo)
{
	static const char *const kinds[] = { "look", "deepen", "push" };
	static const char *const ends[] = { "ok", "raced", "failed" };
	const struct repo_tally *tally = repo_tally(repo);

	family(out, "git_operations_total", "counter",
	       "Operations of the Git remote; raced: somebody else had pushed.");
	for (size_t kind = 0; kind < COUNT(kinds); kind++)
		for (size_t end = 0; end < COUNT(ends); end++)
			if (kind == REPO_PUSH || end != REPO_RACED)
				sample2(out, "git_operations_total", "kind", kinds[kind],
					"result", ends[end],
					(double)tally->counts[kind][end]);
}

/* ---- how things stand ---- */

static double count_of(const json_t *list, const char *key, const char *value)
{
	const json_t *item;
	size_t i, count = 0;

	json_array_foreach (list, i, item)
		count += str_equal(document_text(item, key), value);
	return (double)count;
}

static void print_guests(struct text *out, const json_t *guests)
{
	family(out, "guests", "gauge", "Guests by the state of their lease.");
	for (size_t i = 0; i < COUNT(states); i++)
		sample(out, "guests", "state", states[i],
		       count_of(guests, "state", states[i]));
	sample(out, "guests", "state", "none", count_of(guests, "state", NULL));
	family(out, "guests_health", "gauge", "Guests by how they are.");
	for (size_t i = 0; i < COUNT(healths); i++)
		sample(out, "guests_health", "health", healths[i],
		       count_of(guests, "health", healths[i]));
	gauge(out, "guests_drift", "Guests that differ from their entry.",
	      count_of(guests, "health", "drift"));
}

static void print_pools(struct text *out, const json_t *pools)
{
	static const struct {
		const char *name, *key, *help;
	} rows[] = {
		{ "pool_addresses", "size", "Addresses of a pool that can be leased." },
		{ "pool_addresses_used", "used", "Addresses of a pool that are leased." },
		{ "pool_addresses_resting", "resting", "Freed addresses that rest." },
		{ "pool_addresses_free", "free", "Addresses of a pool that are free." },
	};
	const json_t *pool;
	size_t at;

	for (size_t i = 0; i < COUNT(rows); i++) {
		family(out, rows[i].name, "gauge", rows[i].help);
		json_array_foreach (pools, at, pool)
			if (document_text(pool, "name"))
				sample(out, rows[i].name, "pool",
				       document_text(pool, "name"),
				       json_number_value(
					       json_object_get(pool, rows[i].key)));
	}
}

/* 1 or 0; not there when nobody knows. */
static void flag(struct text *out, const char *name, const char *help,
		 const json_t *value)
{
	if (json_is_boolean(value))
		gauge(out, name, help, json_is_true(value));
}

static void moment(struct text *out, const char *name, const char *help, const char *when)
{
	int64_t seconds;

	if (when && when_read(&seconds, when))
		gauge(out, name, help, (double)seconds);
}

static void print_standing(struct text *out, const json_t *status, int64_t now)
{
	const json_t *repository = json_object_get(status, "repository");
	const json_t *cluster = json_object_get(status, "cluster");
	const char *applied = document_text(repository, "applied_at");
	int64_t seconds;

	flag(out, "as_desired", "Nothing waits, fails, drifts or is unknown.",
	     json_object_get(status, "as_desired"));
	flag(out, "git_reachable", "The last look at the branch went well.",
	     json_object_get(repository, "reachable"));
	flag(out, "proxmox_reachable", "Proxmox answered the last time.",
	     json_object_get(cluster, "reachable"));
	flag(out, "proxmox_quorate", "The cluster has its quorum.",
	     json_object_get(cluster, "quorate"));
	gauge(out, "commit_rejected", "The tip of the branch is not in force.",
	      json_is_object(json_object_get(repository, "rejected")));
	if (applied && when_read(&seconds, applied))
		gauge(out, "last_good_commit_age_seconds",
		      "How long ago the commit that is in force came into force.",
		      (double)(now > seconds ? now - seconds : 0));
	moment(out, "git_looked_timestamp_seconds", "The last look at the branch.",
	       document_text(repository, "looked_at"));
	gauge(out, "waits", "What waits for a person.",
	      (double)json_array_size(json_object_get(status, "waits")));
	gauge(out, "orphans", "Guests with our line and without a lease.",
	      (double)json_array_size(json_object_get(status, "orphans")));
	gauge(out, "doing", "Guests that are worked on now.",
	      (double)json_array_size(json_object_get(status, "doing")));
	moment(out, "start_timestamp_seconds", "When the controller was started.",
	       document_text(json_object_get(status, "controller"), "since"));
}

static void print_memory(struct text *out)
{
	unsigned long pages = 0;
	char line[100] = "";
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	/* "size resident ..." */
	if (read(fd, line, sizeof(line) - 1) > 0 && strchr(line, ' '))
		pages = strtoul(strchr(line, ' '), NULL, 10);
	close(fd);
	gauge(out, "resident_memory_bytes", "Resident memory of the controller.",
	      (double)pages * (double)sysconf(_SC_PAGESIZE));
}

void metrics_print(struct text *out, const struct metrics *metrics,
		   const struct repo *repo, const json_t *status, int64_t now)
{
	family(out, "build_info", "gauge", "Which vm7 this is.");
	sample(out, "build_info", "version", VM7_VERSION, 1);
	print_memory(out);
	print_passes(out, metrics);
	print_requests(out, metrics);
	if (repo)
		print_git(out, repo);
	if (metrics->last_success)
		gauge(out, "last_success_timestamp_seconds",
		      "The last pass that went well.", (double)metrics->last_success);
	if (!status)
		return;
	print_standing(out, status, now);
	print_guests(out, json_object_get(status, "guests"));
	print_pools(out, json_object_get(status, "pools"));
}
