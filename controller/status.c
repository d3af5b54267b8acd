#include "controller/status.h"

#include "base/secret.h"
#include "base/text.h"
#include "base/when.h"
#include "controller/document.h"
#include "controller/progress.h"
#include "controller/status_guests.h"
#include "controller/status_pools.h"
#include "reconcile/print.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 1000, MISTAKES_MAX = 50, PASSES_KEPT = 5 };

struct status {
	char began[WHEN_TEXT];
	unsigned passes_len; /* ever */
	/* parts of the document, each replaced whole when it is known anew */
	json_t *repository, *cluster, *guests, *waits, *orphans, *pools, *expiries;
	json_t *passes; /* newest first */
	json_t *doing;  /* by guest */
	json_t *pass;   /* that runs now, or null */
	json_t *since;  /* since when is it so: by what waits or fails */
	size_t len, well;
	bool good; /* the last pass had nothing to complain of */
	char *plan, *leases;
};

static void replace(json_t **part, json_t *by)
{
	json_decref(*part);
	*part = by;
}

static void set(json_t *object, const char *key, json_t *value)
{
	json_object_set_new(object, key, value);
}

static void set_text(json_t *object, const char *key, const char *text)
{
	set(object, key, text && *text ? json_string(text) : json_null());
}

struct status *status_create(const char *now)
{
	struct status *status = xcalloc(1, sizeof(*status));

	memcpy(status->began, now, sizeof(status->began));
	status->repository =
		json_pack("{s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n}", "name",
			  "branch", "reachable", "error", "looked_at", "tip", "applied",
			  "applied_at", "rejected");
	status->cluster = json_pack("{s:n, s:n, s:n, s:n, s:n, s:[]}", "name", "endpoint",
				    "reachable", "error", "quorate", "nodes");
	status->guests = json_array();
	status->waits = json_array();
	status->orphans = json_array();
	status->pools = json_array();
	status->expiries = json_array();
	status->passes = json_array();
	status->doing = json_object();
	status->pass = json_null();
	status->since = json_object();
	return status;
}

void status_destroy(struct status *status)
{
	if (!status)
		return;
	json_decref(status->repository);
	json_decref(status->cluster);
	json_decref(status->guests);
	json_decref(status->waits);
	json_decref(status->orphans);
	json_decref(status->pools);
	json_decref(status->expiries);
	json_decref(status->passes);
	json_decref(status->doing);
	json_decref(status->pass);
	json_decref(status->since);
	free(status->plan);
	free(status->leases);
	free(status);
}

/* ---- the repository ---- */

static char *one_line(const char *text)
{
	struct arena *arena = arena_create();
	char *out = xstrdup(str_safe(arena, text, WORDS_MAX));

	arena_destroy(arena);
	secret_redact(out);
	return out;
}

static void set_words(json_t *object, const char *key, const char *text)
{
	char *words = text && *text ? one_line(text) : NULL;

	set_text(object, key, words);
	free(words);
}

void status_looked(struct status *status, const char *repository, const char *branch,
		   const char *tip, const struct error *err, const char *now)
{
	json_t *out = status->repository;

	set_words(out, "name", repository);
	set_words(out, "branch", branch);
	set(out, "reachable", json_boolean(!err));
	set_words(out, "error", err ? err->text : NULL);
	if (err)
		return;
	set_text(out, "looked_at", now);
	set_text(out, "tip", tip);
}

static json_t *mistakes_of(struct arena *arena, const struct diags *diags)
{
	json_t *out = json_array();

	for (size_t i = 0; i < diags->len && i < MISTAKES_MAX; i++) {
		struct text text;

		text_init(&text, arena);
		diag_print(&text, &diags->at[i]);
		text.at[strcspn(text.at, "\n")] = '\0'; /* without the line it is about */
		json_array_append_new(out,
				      json_string(str_safe(arena, text.at, WORDS_MAX)));
	}
	return out;
}

/* Why the tip is not in force; NULL: it is. */
static const struct error *rejection(const struct pass *pass)
{
	const struct source *source = &pass->source;

	if (source->rejected.kind)
		return &source->rejected;
	if (source->op.err.kind == ERROR_INVALID || source->op.err.kind == ERROR_REFUSED)
		return &source->op.err;
	if (source->repairs.kind == ERROR_INVALID ||
	    source->repairs.kind == ERROR_REFUSED)
		return &source->repairs;
	return NULL;
}

static void tell_repository(struct status *status, struct arena *arena,
			    const struct pass *pass, const char *now)
{
	const struct source *source = &pass->source;
	const struct error *why = rejection(pass);
	const struct error *remote =
		source->repairs.kind ? &source->repairs : &source->op.err;
	json_t *out = status->repository;

	status_looked(status, repo_name(source->spec.repo), source->branch, source->tip,
		      source->remote ? remote : NULL, now);
	set(out, "rejected", json_null());
	if (why)
		set(out, "rejected",
		    json_pack("{s:s, s:i, s:s, s:o}", "commit",
			      source->newest ? source->newest : source->tip, "exit",
			      error_exit(why->kind), "why",
			      str_safe(arena, why->text, WORDS_MAX), "mistakes",
			      mistakes_of(arena, source->mistakes.len ? &source->mistakes
								      : &source->diags)));
	if (source->op.err.kind || !*source->desired || source->repairs.kind)
		return;
	set_text(out, "applied", source->last ? source->last : source->desired);
	set_text(out, "applied_at", now);
}

/* ---- the cluster ---- */

static void tell_cluster(struct status *status, struct arena *arena,
			 const struct pass *pass)
{
	const struct cluster_state *seen = pass->observed;
	json_t *out = status->cluster, *nodes;

	if (!seen && !pass->called)
		return;
	set(out, "reachable", json_boolean(seen != NULL));
	set_words(out, "error", seen ? NULL : pass->op.err.text);
	if (!seen)
		return;
	nodes = json_array();
	for (size_t i = 0; i < seen->nodes_len; i++)
		json_array_append_new(
			nodes, json_pack("{s:s, s:b, s:b}", "name",
					 str_safe(arena, seen->nodes[i].name, WORDS_MAX),
					 "online", seen->nodes[i].online, "maintenance",
					 seen->nodes[i].maintenance));
	set_words(out, "name", seen->name);
	set_words(out, "endpoint", seen->endpoint);
	set(out, "quorate", json_boolean(seen->quorate));
	set(out, "nodes", nodes);
}

static void tell_expiries(struct status *status, const struct pass *pass)
{
	const struct permissions *held =
		pass->observed ? pass->observed->permissions : NULL;

	if (!held)
		return;
	replace(&status->expiries, json_array());
	if (held->expires)
		json_array_append_new(status->expiries,
				      json_pack("{s:s+, s:s}", "what", "token ",
						held->token, "at", held->expires));
}

/* ---- since when ---- */

/* What was so before is so since then. The entry moves to `fresh`. */
static const char *since(const struct status *status, json_t *fresh, const char *key,
			 const char *now)
{
	const json_t *before = json_object_get(status->since, key);

	set(fresh, key, json_string(before ? json_string_value(before) : now));
	return json_string_value(json_object_get(fresh, key));
}

/* A guest that rests is not tried in each pass: where it failed is still so. */
static void keep_step(const struct status *status, struct arena *arena, json_t *fresh,
		      json_t *guest)
{
	const char *key = arena_printf(arena, "step %s", document_words(guest, "name"));
	json_t *step = json_object_get(guest, "step");

	if (!json_is_string(step))
		step = json_object_get(status->since, key);
	if (!step)
		return;
	json_object_set(guest, "step", step);
	json_object_set(fresh, key, step);
}

static void date_all(struct status *status, struct arena *arena, const char *now)
{
	json_t *fresh = json_object(), *item;
	size_t i;

	json_array_foreach (status->waits, i, item) {
		const char *key =
			arena_printf(arena, "wait %s %s", document_words(item, "guest"),
				     document_words(item, "why"));

		set_text(item, "since", since(status, fresh, key, now));
	}
	json_array_foreach (status->guests, i, item) {
		const char *health = document_words(item, "health");
		const char *key = arena_printf(arena, "%s %s", health,
					       document_words(item, "name"));
		bool fails = str_equal(health, "failed") ||
			     str_equal(health, "unknown") ||
			     str_equal(health, "disputed");

		if (str_equal(health, "failed"))
			keep_step(status, arena, fresh, item);
		set_text(item, "failing_since",
			 fails ? since(status, fresh, key, now) : NULL);
	}
	replace(&status->since, fresh);
}

/* ---- passes ---- */

void status_began(struct status *status, enum cause cause, const char *now)
{
	json_object_clear(status->doing);
	replace(&status->pass,
		json_pack("{s:s, s:s, s:i, s:i}", "cause", cause_name(cause), "began",
			  now, "done", 0, "of", 0));
}

void status_step(struct status *status, const char *guest, enum step step, bool done,
		 const char *now)
{
	json_t *doing = json_object_get(status->doing, guest);

	if (done)
		return;
	if (!doing) {
		doing = json_pack("{s:s, s:n, s:n, s:n}", "guest", guest, "step", "since",
				  "upid");
		set(status->doing, guest, doing);
	}
	set_text(doing, "step", progress_words(step));
	set_text(doing, "since", now);
}

static bool is_over(enum exec_state state)
{
	switch (state) {
	case EXEC_WAITING:
	case EXEC_RUNNING:
	case EXEC_RESTING:
	case EXEC_COMING:
		return false;
	case EXEC_WELL:
	case EXEC_FAILED:
	case EXEC_UNREACHABLE:
	case EXEC_SKIPPED:
		return true;
	}
	return true;
}

void status_progress(struct status *status, const struct apply *apply)
{
	json_int_t done = 0;

	if (apply->exec.len == 0 || !json_is_object(status->pass))
		return; /* not that far yet, or between two rounds */
	for (size_t i = 0; i < apply->exec.len; i++) {
		const struct exec_item *item = &apply->exec.at[i];
		const char *guest = item->action->guest;
		json_t *doing = json_object_get(status->doing, guest);
		bool waits = apply->guests[i].running;

		if (is_over(item->state)) {
			done++;
			json_object_del(status->doing, guest);
		} else if (doing) {
			set_words(doing, "upid",
				  waits ? carry_task(&apply->guests[i].carry) : NULL);
			if (item->state == EXEC_COMING)
				set_text(doing, "step", "waiting until it answers");
		}
	}
	set(status->pass, "done", json_integer(done));
	set(status->pass, "of", json_integer((json_int_t)apply->exec.len));
}

static const char *result_of(const struct pass_end *end)
{
	const struct pass *pass = end->pass;
	bool failed = false, well = false;

	if (end->interrupted)
		return "interrupted";
	if (pass->op.err.kind == ERROR_INVALID)
		return "invalid";
	if (pass->op.err.kind == ERROR_REFUSED || pass->plan.stop.kind)
		return "refused";
	if (pass->op.err.kind)
		return "failed";
	for (size_t i = 0; i < pass->outcome.len; i++) {
		failed |= !pass->outcome.at[i].ok;
		well |= pass->outcome.at[i].ok;
	}
	if (failed)
		return well ? "partial" : "failed";
	if (end->code != 0)
		return end->code == error_exit(ERROR_REFUSED) ? "refused" : "partial";
	return well ? "ok" : "idle";
}

static json_t *actions_of(struct arena *arena, const struct pass *pass)
{
	json_t *out = json_array();

	for (size_t i = 0; i < pass->outcome.len; i++) {
		const struct done *done = &pass->outcome.at[i];

		json_array_append_new(
			out,
			json_pack("{s:s, s:s, s:b, s:s?}", "guest", done->guest, "verb",
				  done->action ? verb_name(done->action->verb) : "none",
				  "ok", done->ok, "error",
				  done->ok ? NULL
					   : str_safe(arena, done->err.text, WORDS_MAX)));
	}
	return out;
}

/* The oldest that found nothing to do, but for the newest few: else the oldest. */
static size_t least_telling(const json_t *passes)
{
	size_t last = json_array_size(passes) - 1;

	for (size_t i = last; i >= PASSES_KEPT; i--)
		if (str_equal(document_words(json_array_get(passes, i), "result"),
			      "idle"))
			return i;
	return last;
}

static void add_pass(struct status *status, struct arena *arena,
		     const struct pass_end *end)
{
	const struct pass *pass = end->pass;
	const char *desired = pass->source.desired;
	json_t *out = json_pack("{s:i, s:O, s:O, s:f, s:s, s:i, s:i, s:i, s:o}", "n",
				(int)++status->passes_len, "cause",
				json_object_get(status->pass, "cause"), "began",
				json_object_get(status->pass, "began"), "seconds",
				end->seconds, "result", result_of(end), "exit", end->code,
				"requests", (int)pass->requests, "writes",
				(int)pass->writes, "actions", actions_of(arena, pass));

	set_text(out, "commit", desired);
	set_words(out, "error", pass->op.err.text);
	set_words(out, "subject", pass->source.subject);
	set_words(out, "author", pass->source.author);
	json_array_insert_new(status->passes, 0, out);
	while (json_array_size(status->passes) > STATUS_PASSES)
		json_array_remove(status->passes, least_telling(status->passes));
}

/* A branch that went back is acted on when an operator says so. */
static const char *way_out(struct arena *arena, const struct pass *pass)
{
	const char *commit = pass->source.unaccepted;

	return commit ? arena_printf(arena, "vm7 reconcile --accept-rewrite %s", commit)
		      : NULL;
}

/* What keeps the whole pass from going well, and waits for a person. */
static void add_general_waits(struct status *status, struct arena *arena,
			      const struct pass *pass)
{
	const struct error *why = rejection(pass);

	if (!why &&
	    (pass->op.err.kind == ERROR_DENIED || pass->op.err.kind == ERROR_REFUSED ||
	     pass->op.err.kind == ERROR_EXHAUSTED))
		why = &pass->op.err;
	if (!why && pass->plan.stop.kind)
		why = &pass->plan.stop;
	if (!why && pass->source.repairs.kind == ERROR_DENIED)
		why = &pass->source.repairs;
	if (why)
		add_wait(status->waits, arena, NULL, why->text, way_out(arena, pass));
}

static void keep_documents(struct status *status, struct arena *arena,
			   const struct pass *pass)
{
	free(status->plan);
	status->plan = xstrdup(print_plan_json(arena, &pass->plan));
	free(status->leases);
	status->leases = xstrdup(leases_print(arena, pass->after));
}

const char *status_ended(struct status *status, const struct pass_end *end,
			 const char *now)
{
	const struct pass *pass = end->pass;
	struct arena *arena = arena_create();

	add_pass(status, arena, end);
	tell_repository(status, arena, pass, now);
	tell_cluster(status, arena, pass);
	tell_expiries(status, pass);
	if (pass->planned) {
		struct guests_status guests;

		guests_status(&guests, arena, pass);
		replace(&status->guests, guests.guests);
		replace(&status->waits, guests.waits);
		replace(&status->orphans, guests.orphans);
		status->len = guests.len;
		status->well = guests.well;
		replace(&status->pools, pools_status(arena, &pass->source.manifest.pools,
						     pass->after, now));
		keep_documents(status, arena, pass);
	} else {
		replace(&status->waits, json_array());
	}
	add_general_waits(status, arena, pass);
	date_all(status, arena, now);
	status->good = !pass->op.err.kind && !pass->source.repairs.kind &&
		       !pass->source.rejected.kind;
	replace(&status->pass, json_null());
	json_object_clear(status->doing);
	arena_destroy(arena);
	return result_of(end);
}

/* ---- the document ---- */

static const char *state_name(enum controller_state state)
{
	switch (state) {
	case CONTROLLER_IDLE:
		return "idle";
	case CONTROLLER_WORKING:
		return "working";
	case CONTROLLER_RESTING:
		return "resting";
	case CONTROLLER_STOPPING:
		return "stopping";
	}
	return "idle";
}

/* "12 guests: 9 as desired, 2 failed, 1 unknown" */
static void count_guests(struct text *out, const struct status *status)
{
	static const char *const counted[][2] = {
		{ "failed", "failed" },
		{ "disputed", "disputed" },
		{ "unknown", "unknown" },
		{ "waiting", "waiting for a person" },
		{ "drift", "different from their entries" },
		{ "working", "not finished" },
	};
	size_t i;
	json_t *guest;

	text_addf(out, "%zu guest%s: %zu as desired", status->len,
		  status->len == 1 ? "" : "s", status->well);
	for (size_t word = 0; word < sizeof(counted) / sizeof(counted[0]); word++) {
		size_t count = 0;

		json_array_foreach (status->guests, i, guest)
			count += str_equal(document_words(guest, "health"),
					   counted[word][0]);
		if (count > 0)
			text_addf(out, ", %zu %s", count, counted[word][1]);
	}
}

static const char *summary(struct arena *arena, const struct status *status,
			   bool as_desired)
{
	size_t waits = json_array_size(status->waits);
	struct text out;

	if (status->passes_len == 0)
		return "the first pass has not ended yet";
	text_init(&out, arena);
	if (as_desired) {
		text_addf(&out, "%zu guest%s, everything as desired", status->len,
			  status->len == 1 ? "" : "s");
		return text_str(&out);
	}
	if (!status->good && json_array_size(status->guests) == 0)
		text_add(&out, "nothing is known of the guests yet");
	else
		count_guests(&out, status);
	if (waits > 0)
		text_addf(&out, "; %zu thing%s for a person", waits,
			  waits == 1 ? " waits" : "s wait");
	if (json_is_string(json_object_get(json_array_get(status->passes, 0), "error")))
		text_add(&out, "; the last pass failed");
	return text_str(&out);
}

static json_t *doing_list(const struct status *status)
{
	json_t *out = json_array(), *item;
	const char *guest;

	json_object_foreach (status->doing, guest, item)
		json_array_append(out, item);
	return out;
}

json_t *status_document(const struct status *status, enum controller_state state,
			const char *at, enum errand errand, const char *why,
			const char *now)
{
	bool as_desired = status->passes_len > 0 && status->good &&
			  status->well == status->len &&
			  json_array_size(status->waits) == 0;
	struct arena *arena = arena_create();
	const char *what = errand == ERRAND_LOOK         ? "poll"
			   : state == CONTROLLER_RESTING ? "retry"
							 : "pass";
	json_t *out = json_pack(
		"{s:i, s:s, s:s, s:{s:s, s:s}, s:b, s:s, s:{s:s, s:s, s:s}, s:o}",
		"schema", STATUS_SCHEMA, "version", VM7_VERSION, "now", now, "controller",
		"since", status->began, "state", state_name(state), "as_desired",
		as_desired, "summary", summary(arena, status, as_desired), "next", "at",
		at, "what", what, "why", why, "doing", doing_list(status));
	const struct {
		const char *key;
		json_t *part;
	} parts[] = {
		{ "repository", status->repository },
		{ "cluster", status->cluster },
		{ "guests", status->guests },
		{ "waits", status->waits },
		{ "orphans", status->orphans },
		{ "pools", status->pools },
		{ "expiries", status->expiries },
		{ "passes", status->passes },
		{ "pass", status->pass },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		json_object_set(out, parts[i].key, parts[i].part);
	arena_destroy(arena);
	return out;
}

json_t *status_of_files(struct arena *arena, const struct source *source, const char *now)
{
	struct status *status = status_create(now);
	struct pass *pass = arena_new(arena, struct pass);
	const char *done = source->leases.source;
	struct guests_status guests;
	json_t *out, *item;
	size_t i;

	pass->source = *source;
	pass->after = &source->leases;
	tell_repository(status, arena, pass, now);
	set_text(status->repository, "applied", done);
	set(status->repository, "applied_at", json_null());
	if (source->spec.committed) { /* nobody was asked */
		set(status->repository, "reachable", json_null());
		set(status->repository, "looked_at", json_null());
	}
	guests_status(&guests, arena, pass);
	replace(&status->guests, guests.guests);
	replace(&status->waits, guests.waits);
	replace(&status->orphans, guests.orphans);
	status->len = guests.len;
	status->well = guests.well;
	status->good = !done || !source->last || str_equal(done, source->last);
	status->passes_len = 1;
	replace(&status->pools,
		pools_status(arena, &pass->source.manifest.pools, pass->after, now));
	json_array_foreach (status->waits, i, item)
		set(item, "since", json_null());
	json_array_foreach (status->guests, i, item)
		set(item, "failing_since", json_null());
	out = status_document(status, CONTROLLER_IDLE, now, ERRAND_LOOK, "", now);
	set(out, "controller", json_null());
	set(out, "next", json_null());
	status_destroy(status);
	return out;
}

const char *status_plan(const struct status *status)
{
	return status->plan;
}

const char *status_leases(const struct status *status)
{
	return status->leases;
}

unsigned status_passes(const struct status *status)
{
	return status->passes_len;
}

bool status_ready(const struct status *status, struct error *why)
{
	const json_t *last = json_array_get(status->passes, 0);
	const char *error = json_string_value(json_object_get(last, "error"));

	if (!last)
		return error_set(why, ERROR_TEMPORARY,
				 "the first pass has not ended yet");
	if (error)
		return error_set(why, ERROR_TEMPORARY, "%s", error);
	return true;
}
