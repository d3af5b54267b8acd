#include "ask.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

#define STEP    0.05
#define FOREVER 3600.0
#define FORM    "application/x-www-form-urlencoded"

static void drop_json(void *json)
{
	json_decref(json);
}

static struct asked ask_as(struct arena *arena, struct world *world, const char *user,
			   const struct credentials *headers, const char *method,
			   const char *target, const char *type, const char *body)
{
	size_t path = strcspn(target, "?");
	struct api_request request = {
		.method = method,
		.path = arena_printf(arena, "/api2/json%.*s", (int)path, target),
		.query = target[path] ? target + path + 1 : NULL,
		.cookie = headers->cookie,
		.authorization = headers->authorization,
		.csrf = headers->csrf,
		.content_type = type,
		.body = body,
		.body_len = strlen(body),
	};
	double start = world->now;
	struct asked out = { 0 };
	struct call call;

	call_init(&call, arena, world, &request);
	call.user = user;
	while (!api_handle(&call))
		world_advance(world, world->now + STEP);
	world_advance(world, fmax(call.answer.due, world->now));
	call_finish(&call);
	out.status = call.answer.status;
	out.reason = call.answer.reason;
	out.seconds = world->now - start;
	out.upid = call.task ? arena_strdup(arena, call.task->upid) : NULL;
	if (call.answer.body) {
		out.body = json_loads(call.answer.body, 0, NULL);
		out.data = json_object_get(out.body, "data");
		arena_defer(arena, drop_json, out.body);
	}
	return out;
}

struct asked ask(struct arena *arena, struct world *world, const char *user,
		 const char *method, const char *target, const char *form)
{
	static const struct credentials none;

	return ask_as(arena, world, user, &none, method, target, form ? FORM : NULL,
		      form ? form : "");
}

struct asked ask_body(struct arena *arena, struct world *world, const char *user,
		      const char *method, const char *target, const char *type,
		      const char *body)
{
	static const struct credentials none;

	return ask_as(arena, world, user, &none, method, target, type, body);
}

struct asked ask_with(struct arena *arena, struct world *world,
		      const struct credentials *headers, const char *method,
		      const char *target, const char *form)
{
	return ask_as(arena, world, NULL, headers, method, target, form ? FORM : NULL,
		      form ? form : "");
}

const char *ask_wait(struct world *world, const char *upid)
{
	const struct task *task = upid ? task_find(world, upid) : NULL;
	double end = world->now + FOREVER;

	while (task && task_running(task) && world->now < end)
		world_advance(world, fmin(world_next(world), end));
	return task ? task->status : NULL;
}
