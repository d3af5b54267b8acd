#include "controller/statuses.h"

#include "base/log.h"
#include "base/text.h"
#include "controller/document.h"
#include "controller/seen.h"

#include <string.h>

enum {
	REST_MS = 10000,
	TRIES_MAX = 8, /* 42 minutes in all */
	WANTED_MAX = 20,
	SENT_MAX = 50,
};

struct statuses {
	struct arena *arena;
	const struct app *app;
	struct forge forge;
	struct courier *courier;
	/* lists of {commit, state, words}, the oldest first */
	json_t *wanted, *sent;
	json_t *away; /* the one of `wanted` that is under way */
};

/* Its place in the list; the length of the list when it is not there. */
static size_t find(const json_t *list, const char *commit)
{
	const json_t *item;
	size_t i;

	json_array_foreach (list, i, item)
		if (str_equal(document_text(item, "commit"), commit))
			break;
	return i;
}

static void put(json_t *list, json_t *item, size_t most)
{
	json_array_remove(list, find(list, document_text(item, "commit")));
	json_array_append(list, item);
	while (json_array_size(list) > most)
		json_array_remove(list, 0);
}

/* What the forge shows, or will; NULL: nothing. */
static const char *state_of(const struct statuses *statuses, const char *commit)
{
	const json_t *item =
		json_array_get(statuses->wanted, find(statuses->wanted, commit));

	if (!item)
		item = json_array_get(statuses->sent, find(statuses->sent, commit));
	return document_text(item, "state");
}

void statuses_want(struct statuses *statuses, const struct verdict *verdict)
{
	const char *state = verdict_name(verdict->state);
	const char *known = state_of(statuses, verdict->commit);
	json_t *item;

	if (known && (verdict->state == VERDICT_PENDING || strcmp(known, state) == 0 ||
		      strcmp(known, verdict_name(VERDICT_SUCCESS)) == 0))
		return;
	item = json_pack("{s:s, s:s, s:s}", "commit", verdict->commit, "state", state,
			 "words", verdict->words);
	put(statuses->wanted, item, WANTED_MAX);
	json_decref(item);
	courier_wake(statuses->courier);
}

/* ---- for the courier ---- */

static enum verdict_state state_named(const char *name)
{
	for (enum verdict_state state = VERDICT_PENDING; state < VERDICT_FAILURE; state++)
		if (str_equal(name, verdict_name(state)))
			return state;
	return VERDICT_FAILURE;
}

static bool next(void *owner, struct arena *arena, struct letter *out)
{
	struct statuses *statuses = owner;
	json_t *item = json_array_get(statuses->wanted, 0);
	struct verdict verdict = { 0 };

	if (!item)
		return false;
	statuses->away = json_incref(item);
	verdict.state = state_named(document_text(item, "state"));
	strncpy(verdict.commit, document_text(item, "commit"),
		sizeof(verdict.commit) - 1);
	strncpy(verdict.words, document_text(item, "words"), sizeof(verdict.words) - 1);
	forge_letter(&statuses->forge, &verdict, arena, out);
	return true;
}

/* The one that was under way is over; a newer one of its commit stays. */
static json_t *back(struct statuses *statuses, bool for_good)
{
	json_t *item = statuses->away;
	size_t at = find(statuses->wanted, document_text(item, "commit"));

	if (for_good && json_array_get(statuses->wanted, at) == item)
		json_array_remove(statuses->wanted, at);
	statuses->away = NULL;
	return item;
}

static void arrived(void *owner)
{
	struct statuses *statuses = owner;
	json_t *item = back(statuses, true);

	log_info("forge", "%.8s is shown as %s", document_text(item, "commit"),
		 document_text(item, "state"));
	put(statuses->sent, item, SENT_MAX);
	json_decref(item);
	seen_remember_document(statuses->app->repo, "statuses", statuses->sent);
}

static bool failed(void *owner, unsigned failures)
{
	struct statuses *statuses = owner;
	bool again = failures < TRIES_MAX;
	json_t *item = back(statuses, !again);

	if (!again)
		log_warning("forge", "the status of %.8s is given up",
			    document_text(item, "commit"));
	json_decref(item);
	return again;
}

/* ---- from start to end ---- */

static bool set_up(struct statuses *statuses, struct secret *token, struct error *err)
{
	const struct forge_settings *settings = &statuses->app->host.forge;
	struct courier_config config = {
		.about = "forge",
		.rest_ms = REST_MS,
		.owner = statuses,
		.next = next,
		.arrived = arrived,
		.failed = failed,
	};
	const enum forge_kind kind = (enum forge_kind)settings->kind.value;
	const char *repository = statuses->app->opt.repo ? statuses->app->opt.repo
							 : statuses->app->host.repo.value;

	if (!forge_init(&statuses->forge, statuses->arena, kind, settings->url.value,
			settings->project.value, repository, err))
		return false;
	if (is_set(&settings->ca_file.is) &&
	    !host_file(&settings->ca_file, "forge.ca_file", statuses->arena,
		       &config.ca_pem, err))
		return false;
	if (!host_secret(&statuses->app->host, statuses->arena, settings->token.name,
			 USE_FORGE, token, err))
		return error_wrap(err, "forge.token");
	secret_hide(token);
	config.url = statuses->forge.statuses;
	statuses->courier = courier_create(&config, forge_scheme(kind), token);
	return true;
}

bool statuses_open(struct statuses **out, const struct app *app, struct error *err)
{
	struct arena *arena = arena_create();
	struct statuses *statuses = arena_new(arena, struct statuses);
	struct secret token = { 0 };
	bool well;

	statuses->arena = arena;
	statuses->app = app;
	statuses->wanted = json_array();
	statuses->sent = seen_document(app->repo, "statuses");
	if (!json_is_array(statuses->sent)) {
		json_decref(statuses->sent);
		statuses->sent = json_array();
	}
	well = set_up(statuses, &token, err);
	secret_finish(&token);
	if (well)
		*out = statuses;
	else
		statuses_close(statuses);
	return well;
}

void statuses_close(struct statuses *statuses)
{
	if (!statuses)
		return;
	courier_destroy(statuses->courier);
	json_decref(statuses->wanted);
	json_decref(statuses->sent);
	json_decref(statuses->away);
	arena_destroy(statuses->arena);
}
