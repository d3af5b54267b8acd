/* Any bytes sent to the simulator: they are answered, and the world stays one that can be read. */
#include "base/arena.h"
#include "tests/sim/api.h"
#include "tests/sim/http.h"
#include "tests/sim/props.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define NOW     1795250000.0
#define STEP    1.0
#define FOREVER 7200.0

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct world *world_of(const json_t *json)
{
	struct error err = { 0 };
	struct world *world = world_create(json, 1, NOW, &err);

	if (!world)
		abort();
	return world;
}

/* One request of somebody who may do everything, to its end and that of its task. */
static void carry_out(struct arena *arena, struct world *world,
		      const struct http_request *http)
{
	struct api_request request = { .method = http->method,
				       .path = http->path,
				       .query = http->query,
				       .content_type = http->content_type,
				       .body = http->body,
				       .body_len = http->body_len,
				       .refused = http->refusal.status,
				       .refusal = http->refusal.reason };
	double end = world->now + FOREVER;
	struct http_answer answer;
	struct text out;
	struct call call;

	call_init(&call, arena, world, &request);
	call.user = "admin@pve!admin";
	while (!api_handle(&call)) {
		if (world->now > end)
			abort(); /* every wait has an end */
		world_advance(world, world->now + STEP);
	}
	call_finish(&call);
	answer = (struct http_answer){ .status = call.answer.status,
				       .reason = call.answer.reason,
				       .type = call.answer.type,
				       .body = call.answer.body,
				       .body_len = call.answer.body_len };
	text_init(&out, arena);
	http_print(&out, &answer, world->now);
	world_advance(world, end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	json_t *json = world_default(9, 1, NOW);
	struct world *world = world_of(json);
	const char *at = (const char *)data;
	struct http_refusal refusal;
	struct http_request http;
	size_t used = 0;

	while (size > 0 &&
	       http_read(arena, at, size, &http, &used, &refusal) == HTTP_READY) {
		carry_out(arena, world, &http);
		at += used;
		size -= used;
	}
	json_decref(json);
	json = world_print(world);
	world_destroy(world);
	world_destroy(world_of(json));
	json_decref(json);
	arena_destroy(arena);
	return 0;
}
