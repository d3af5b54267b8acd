#include "controller/notify.h"

#include "base/log.h"
#include "controller/news.h"
#include "controller/seen.h"
#include "controller/statuses.h"

#include <string.h>

enum { INTERVAL_SECONDS = 60, PATH_LEAST = 8 };

struct notify {
	struct arena *arena;
	const struct app *app;
	struct statuses *statuses; /* NULL: no forge is told */
	struct courier *courier;   /* NULL: nobody is */
	const char *url;
	struct secret url_secret;
	/* digests: as told; as it is; as the message under way tells */
	json_t *told, *now, *away;
	const char *title; /* of that message */
};

/* ---- for the courier ---- */

static void replace(json_t **part, json_t *by)
{
	json_decref(*part);
	*part = by;
}

static void have_told(struct notify *notify, json_t *digest)
{
	bool same = json_equal(notify->told, digest);

	replace(&notify->told, digest);
	if (!same)
		seen_remember_document(notify->app->repo, "told", digest);
}

static bool next(void *owner, struct arena *arena, struct letter *out)
{
	struct notify *notify = owner;
	json_t *message = news_message(notify->told, notify->now);

	if (!message) {
		have_told(notify, json_incref(notify->now));
		return false;
	}
	notify->title =
		arena_strdup(arena, json_string_value(json_object_get(message, "title")));
	news_letter(message, (enum news_format)notify->app->host.notify.format.value,
		    notify->url, arena, out);
	json_decref(message);
	replace(&notify->away, json_incref(notify->now));
	return true;
}

static void arrived(void *owner)
{
	struct notify *notify = owner;

	log_info("notify", "told %s", notify->title);
	have_told(notify, notify->away);
	notify->away = NULL;
}

/* It goes on: by then there may be more to tell, or nothing at all. */
static bool failed(void *owner, unsigned failures)
{
	struct notify *notify = owner;

	(void)failures;
	replace(&notify->away, NULL);
	return true;
}

/* ---- from start to end ---- */

/* Whoever answers may repeat a part of it. */
static void hide_path(const char *url)
{
	const char *path = strchr(url + strlen("https://"), '/');
	struct secret part = { 0 };

	if (!path || strlen(path) < PATH_LEAST)
		return;
	secret_set(&part, path, strlen(path));
	secret_hide(&part);
	secret_finish(&part);
	path = strrchr(path, '/') + 1;
	if (strlen(path) < PATH_LEAST)
		return;
	secret_set(&part, path, strlen(path));
	secret_hide(&part);
	secret_finish(&part);
}

static bool read_url(struct notify *notify, struct error *err)
{
	const struct host *host = &notify->app->host;
	const struct notify_settings *settings = &host->notify;

	if (!settings->url_secret.name) {
		notify->url = arena_strdup(notify->arena, settings->url.value);
		return true;
	}
	if (!host_secret(host, notify->arena, settings->url_secret.name, USE_NOTIFY,
			 &notify->url_secret, err))
		return error_wrap(err, "notify.url_secret");
	secret_hide(&notify->url_secret);
	notify->url = notify->url_secret.value;
	if (!outgoing_url(notify->url, err))
		return error_wrap(err, "notify.url_secret");
	hide_path(notify->url);
	return true;
}

static bool read_bearer(const struct notify *notify, struct secret *out,
			struct error *err)
{
	const struct host *host = &notify->app->host;

	if (!host->notify.secret.name)
		return true;
	if (!host_secret(host, notify->arena, host->notify.secret.name, USE_NOTIFY, out,
			 err))
		return error_wrap(err, "notify.secret");
	secret_hide(out);
	return true;
}

static bool open_news(struct notify *notify, struct error *err)
{
	const struct notify_settings *settings = &notify->app->host.notify;
	long seconds = is_set(&settings->interval.is) ? settings->interval.value
						      : INTERVAL_SECONDS;
	struct courier_config config = {
		.about = "notify",
		.apart_ms = (uint64_t)seconds * 1000,
		.rest_ms = (uint64_t)seconds * 1000,
		.owner = notify,
		.next = next,
		.arrived = arrived,
		.failed = failed,
	};
	struct secret secret = { 0 };
	bool well;

	if (is_set(&settings->ca_file.is) &&
	    !host_file(&settings->ca_file, "notify.ca_file", notify->arena,
		       &config.ca_pem, err))
		return false;
	well = read_url(notify, err) && read_bearer(notify, &secret, err);
	config.url = notify->url;
	if (well)
		notify->courier = courier_create(&config, "Bearer", &secret);
	secret_finish(&secret);
	notify->told = seen_document(notify->app->repo, "told");
	notify->now = json_incref(notify->told);
	return well;
}

bool notify_open(struct notify **out, const struct app *app, struct error *err)
{
	struct arena *arena;
	struct notify *notify;

	*out = NULL;
	if (!is_set(&app->host.notify.is) && !is_set(&app->host.forge.is))
		return true;
	arena = arena_create();
	notify = arena_new(arena, struct notify);
	notify->arena = arena;
	notify->app = app;
	if ((is_set(&app->host.notify.is) && !open_news(notify, err)) ||
	    (is_set(&app->host.forge.is) &&
	     !statuses_open(&notify->statuses, app, err))) {
		notify_close(notify);
		return false;
	}
	*out = notify;
	return true;
}

void notify_works(struct notify *notify, const char *commit)
{
	struct verdict verdict;

	if (!notify || !notify->statuses || !commit || !*commit)
		return;
	verdict_pending(&verdict, commit);
	statuses_want(notify->statuses, &verdict);
}

void notify_passed(struct notify *notify, const json_t *status)
{
	struct verdict verdict;

	if (!notify)
		return;
	if (notify->courier) {
		replace(&notify->now, news_digest(notify->now, status));
		courier_wake(notify->courier);
	}
	if (notify->statuses && verdict_of(&verdict, status))
		statuses_want(notify->statuses, &verdict);
}

void notify_close(struct notify *notify)
{
	if (!notify)
		return;
	courier_destroy(notify->courier);
	statuses_close(notify->statuses);
	secret_finish(&notify->url_secret);
	json_decref(notify->told);
	json_decref(notify->now);
	json_decref(notify->away);
	arena_destroy(notify->arena);
}
