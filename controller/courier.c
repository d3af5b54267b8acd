#include "controller/courier.h"

#include "base/log.h"
#include "base/text.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

enum {
	CONNECT_MS = 5000,
	TOTAL_MS = 10000,
	ANSWER_MAX = 64 * 1024,
	REST_MAX_MS = 3600 * 1000,
	DOUBLINGS_MAX = 16,
	WORDS_MAX = 200,
};

struct courier {
	struct arena *arena;
	struct courier_config config;
	struct http_config http_config;
	char *authorization; /* wiped at the end; NULL: none */
	uv_timer_t timer;
	unsigned failures;   /* in a row */
	uint64_t arrived_at; /* the last that did, loop time in ms */
	bool any, away, closing;
	/* while it is away: */
	struct arena *letter_arena;
	struct http_client *client;
	struct letter letter;
	struct http_request request;
	struct http http;
};

static void wait_for(struct courier *courier, uint64_t at);

static void closed(uv_handle_t *handle)
{
	struct courier *courier = handle->data;

	if (courier->authorization)
		OPENSSL_cleanse(courier->authorization, strlen(courier->authorization));
	free(courier->authorization);
	arena_destroy(courier->arena);
}

/* 1, 2, 4 ... times as long, up to an hour. */
static uint64_t rest_after(const struct courier *courier)
{
	unsigned times =
		courier->failures > DOUBLINGS_MAX ? DOUBLINGS_MAX : courier->failures - 1;
	uint64_t ms = courier->config.rest_ms << times;

	return ms > REST_MAX_MS ? REST_MAX_MS : ms;
}

/* Why it did not arrive, in a line; NULL: it did. */
static const char *complaint(struct courier *courier)
{
	const struct http *http = &courier->http;
	const char *words;

	if (http->op.err.kind)
		return http->op.err.text;
	if (http->status >= 200 && http->status < 300)
		return NULL;
	words = str_safe(courier->letter_arena, http->body, WORDS_MAX);
	return arena_printf(courier->letter_arena, "it answered %ld %s%s%s", http->status,
			    http->reason, *words ? ": " : "", words);
}

static void judge(struct courier *courier)
{
	const char *why = complaint(courier);
	const struct courier_config *config = &courier->config;

	if (!why) {
		courier->failures = 0;
		courier->any = true;
		courier->arrived_at = uv_now(op_loop());
		config->arrived(config->owner);
		return;
	}
	courier->failures++;
	log_warning(config->about, "try %u did not arrive: %s", courier->failures, why);
	if (!config->failed(config->owner, courier->failures))
		courier->failures = 0;
}

static void returned(void *flow)
{
	struct courier *courier = flow;
	uint64_t rest = 0;

	courier->away = false;
	if (!courier->closing) {
		judge(courier);
		rest = courier->failures ? rest_after(courier) : 0;
	}
	http_finish(&courier->http);
	http_client_destroy(courier->client);
	courier->client = NULL;
	arena_destroy(courier->letter_arena);
	courier->letter_arena = NULL;
	if (courier->closing)
		uv_close((uv_handle_t *)&courier->timer, closed);
	else if (rest)
		wait_for(courier, uv_now(op_loop()) + rest);
	else
		courier_wake(courier);
}

static void on_time(uv_timer_t *timer)
{
	struct courier *courier = timer->data;
	const struct courier_config *config = &courier->config;

	courier->letter_arena = arena_create();
	courier->letter = (struct letter){ 0 };
	if (!config->next(config->owner, courier->letter_arena, &courier->letter)) {
		arena_destroy(courier->letter_arena);
		courier->letter_arena = NULL;
		courier->failures = 0; /* what did not arrive is not needed any more */
		return;
	}
	courier->request = (struct http_request){
		.method = "POST",
		.url = courier->letter.url,
		.body = courier->letter.body,
		.headers = courier->letter.headers,
		.once = true,
		.connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS,
		.stall_s = TOTAL_MS / 1000,
		.body_max = ANSWER_MAX,
	};
	courier->away = true;
	/* one for each: what a client keeps of certificates is not needed for days */
	courier->client = http_client_create(&courier->http_config);
	http_start(&courier->http, courier->client, &courier->request, returned, courier);
}

static void wait_for(struct courier *courier, uint64_t at)
{
	uint64_t now = uv_now(op_loop());

	uv_timer_start(&courier->timer, on_time, at > now ? at - now : 0, 0);
}

void courier_wake(struct courier *courier)
{
	if (courier->away || courier->failures)
		return;
	wait_for(courier,
		 courier->any ? courier->arrived_at + courier->config.apart_ms : 0);
}

struct courier *courier_create(const struct courier_config *config, const char *scheme,
			       const struct secret *secret)
{
	struct arena *arena = arena_create();
	struct courier *courier = arena_new(arena, struct courier);

	courier->arena = arena;
	courier->config = *config;
	courier->http_config.plain = str_starts(config->url, "http://");
	if (config->ca_pem)
		courier->http_config.ca_pem = arena_strdup(arena, config->ca_pem);
	if (secret->value) {
		size_t size = strlen(scheme) + secret->len + 2;

		courier->authorization = xcalloc(size, 1);
		snprintf(courier->authorization, size, "%s %s", scheme, secret->value);
		courier->http_config.authorization = courier->authorization;
	}
	uv_timer_init(op_loop(), &courier->timer);
	courier->timer.data = courier;
	return courier;
}

void courier_destroy(struct courier *courier)
{
	if (!courier)
		return;
	courier->closing = true;
	uv_timer_stop(&courier->timer);
	if (!courier->client)
		uv_close((uv_handle_t *)&courier->timer, closed);
	else
		http_cancel(&courier->http); /* unless it is back already */
}
