/*
 * A round of the HA manager and of the nodes' local managers, every ten seconds.
 * PVE: PVE::HA::Manager manage, next_state_*; PVE::HA::LRM; PVE::HA::NodeStatus.
 */
#include "base/arena.h"
#include "base/text.h"
#include "guest.h"
#include "ha.h"
#include "migrate.h"
#include "props.h"
#include "task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUND_SECONDS 10
#define FENCE_SECONDS 60  /* without an answer, until its watchdog must have struck */
#define LOST_SECONDS  120 /* ... and its services are taken over */

struct service {
	struct world *world;
	const char *sid;
	json_t *self, *resource; /* resource: NULL when it was removed */
	struct guest *guest;     /* NULL: it is gone */
};

static const char *get(const struct service *s, const char *key)
{
	return props_get(s->self, key);
}

static unsigned number(const json_t *object, const char *key, unsigned otherwise)
{
	const char *text = props_get(object, key);

	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void count(const struct service *s, const char *key, unsigned to)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", to);
	props_set(s->self, key, text);
}

static void become(const struct service *s, const char *state)
{
	props_set(s->self, "state", state);
	world_touch(s->world);
}

static bool wants(const struct service *s, const char *state)
{
	const char *is = props_get(s->resource, "state");

	if (!is || !strcmp(is, "enabled"))
		is = "started";
	return !strcmp(is, state);
}

/* --- what a local manager does: one task at a time --- */

static void work(const struct service *s, const char *vm, const char *ct, json_t *args)
{
	char id[16];
	struct task *task;

	snprintf(id, sizeof(id), "%u", s->guest->vmid);
	json_object_set_new(args, "vmid", json_integer(s->guest->vmid));
	task = task_start(s->world, s->guest->node, s->guest->type == GUEST_LXC ? ct : vm,
			  id, "root@pam", args);
	props_set(s->self, "upid", task->upid);
}

/* How its last task ended; NULL: none, or it still runs (`busy`). */
static const char *outcome(const struct service *s, bool *busy)
{
	const struct task *task =
		get(s, "upid") ? task_find(s->world, get(s, "upid")) : NULL;

	*busy = task && task_running(task);
	if (*busy)
		return NULL;
	json_object_del(s->self, "upid");
	return task ? task->status : NULL;
}

/* --- states --- */

static void go(const struct service *s, const char *state, const char *node)
{
	props_set(s->self, "target", node);
	become(s, state);
}

/* What somebody asked for with a command. */
static bool commanded(const struct service *s)
{
	json_t *commands = ha_part(s->world, "commands");
	json_t *command = json_object_get(commands, s->sid);
	const char *what = props_get(command, "do");
	const char *detail = props_get(command, "detail");
	bool stop = command && !strcmp(what, "stop");

	if (!command)
		return false;
	if (stop) {
		props_set(s->resource, "state", "stopped");
		props_set(s->self, "timeout", detail);
	} else if (strcmp(detail, s->guest->node) != 0) {
		go(s, what, detail);
	}
	json_object_del(commands, s->sid);
	return !stop;
}

/* It could not be started: again, elsewhere, or never. */
static void start_failed(const struct service *s)
{
	unsigned restarts = number(s->self, "restarts", 0);
	unsigned moves = number(s->self, "moves", 0);
	const struct world *world = s->world;

	if (restarts < number(s->resource, "max_restart", 1)) {
		count(s, "restarts", restarts + 1);
		return;
	}
	count(s, "restarts", 0);
	if (moves < number(s->resource, "max_relocate", 1))
		for (size_t i = 0; i < world->node_count; i++)
			if (world->nodes[i].online &&
			    strcmp(world->nodes[i].name, s->guest->node) != 0) {
				count(s, "moves", moves + 1);
				go(s, "relocate", world->nodes[i].name);
				return;
			}
	become(s, "error");
}

static void started(const struct service *s)
{
	const char *node, *end;
	bool busy;

	if (wants(s, "stopped") || wants(s, "disabled")) {
		become(s, "request_stop");
		return;
	}
	end = outcome(s, &busy);
	if (busy)
		return;
	if (s->guest->running) {
		count(s, "restarts", 0);
		count(s, "moves", 0);
	} else if (end && strcmp(end, "OK") != 0) {
		start_failed(s);
		if (strcmp(get(s, "state"), "started") != 0)
			return;
	}
	node = ha_choose(s->world, s->sid, s->guest->node);
	if (node && strcmp(node, s->guest->node) != 0)
		go(s, "migrate", node);
	else if (!s->guest->running)
		work(s, "qmstart", "vzstart", json_object());
}

static void request_start(const struct service *s)
{
	const char *node = ha_choose(s->world, s->sid, s->guest->node);

	become(s, "started");
	if (node && strcmp(node, s->guest->node) != 0 && !s->guest->running)
		go(s, "relocate", node);
	else
		started(s);
}

static void request_stop(const struct service *s)
{
	bool busy;

	outcome(s, &busy);
	if (busy)
		return;
	if (!s->guest->running)
		become(s, "stopped");
	else if (!number(s->self, "timeout", 1))
		work(s, "qmstop", "vzstop", json_object());
	else
		work(s, "qmshutdown", "vzshutdown",
		     json_pack("{s:i, s:i}", "forceStop", 1, "timeout",
			       (int)number(s->self, "timeout", 60)));
}

static void stopped(const struct service *s)
{
	if (wants(s, "started"))
		become(s, "request_start");
}

/* To another node: a VM that runs goes online, all else is moved while it is down. */
static void moving(const struct service *s)
{
	bool relocate = !strcmp(get(s, "state"), "relocate"), busy;
	const char *end = outcome(s, &busy);
	bool went_down = str_equal(get(s, "doing"), "shutdown");

	if (busy)
		return;
	json_object_del(s->self, "doing");
	if ((end && !went_down) || !strcmp(s->guest->node, get(s, "target"))) {
		props_set(s->self, "node", s->guest->node);
		become(s, wants(s, "started") ? "started" : "request_stop");
	} else if (relocate && s->guest->running && s->guest->type == GUEST_QEMU) {
		work(s, "qmshutdown", "vzshutdown", json_pack("{s:i}", "forceStop", 1));
		props_set(s->self, "doing", "shutdown");
	} else {
		work(s, "qmigrate", "vzmigrate",
		     json_pack("{s:s, s:b, s:b}", "target", get(s, "target"), "online",
			       s->guest->running, "restart", true));
	}
}

/* Its node is dead for certain: the config goes where another can start it. */
static void recovery(const struct service *s)
{
	const char *node = ha_choose(s->world, s->sid, s->guest->node);

	if (!node)
		return; /* until a node comes back */
	guest_unset(s->world, s->guest, "lock");
	free(s->guest->node);
	s->guest->node = xstrdup(node);
	s->guest->running = s->guest->paused = false;
	props_set(s->self, "node", node);
	json_object_del(s->self, "upid");
	become(s, wants(s, "started") ? "started" : "request_stop");
}

static double away(const struct service *s)
{
	const json_t *since = json_object_get(ha_part(s->world, "away"), s->guest->node);

	return since ? s->world->now - json_number_value(since) : 0;
}

static const struct {
	const char *name;
	void (*next)(const struct service *s);
} states[] = {
	{ "request_start", request_start },
	{ "started", started },
	{ "request_stop", request_stop },
	{ "stopped", stopped },
	{ "migrate", moving },
	{ "relocate", moving },
	{ "recovery", recovery },
};

static bool is(const struct service *s, const char *state)
{
	return !strcmp(get(s, "state"), state);
}

/* Is its node there to do anything? If not for long, the service is taken from it. */
static bool reachable(const struct service *s)
{
	double gone = away(s);

	if (is(s, "recovery"))
		return true;
	if (gone >= LOST_SECONDS)
		become(s, "recovery");
	else if (gone >= FENCE_SECONDS)
		become(s, "fence");
	else if (gone <= 0 && is(s, "fence")) /* it came back in time */
		become(s, "started");
	return gone <= 0 || gone >= LOST_SECONDS;
}

static void next_state(const struct service *s)
{
	if (is(s, "error")) {
		if (wants(s, "disabled"))
			become(s, "stopped");
		return;
	}
	if (!reachable(s) || commanded(s))
		return;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (is(s, states[i].name)) {
			states[i].next(s);
			return;
		}
}

/* Resources that are new get a service, services without a resource go. */
static void reconcile(struct world *world)
{
	json_t *resources = ha_part(world, "resources");
	json_t *services = ha_part(world, "services"), *kept = json_object(), *value;
	const char *sid;

	json_object_foreach (resources, sid, value) {
		const struct guest *guest = ha_guest(world, sid);
		json_t *service = json_object_get(services, sid);

		if (str_equal(props_get(value, "state"), "ignored") || !guest)
			continue;
		if (service)
			json_object_set(kept, sid, service);
		else
			json_object_set_new(
				kept, sid,
				json_pack(
					"{s:s, s:s}", "state",
					str_equal(props_get(value, "state"), "stopped") ||
							str_equal(
								props_get(value, "state"),
								"disabled")
						? "request_stop"
						: "request_start",
					"node", guest->node));
	}
	json_object_set_new(world->ha, "services", kept);
}

static void watch_nodes(struct world *world)
{
	json_t *away_list = ha_part(world, "away");

	for (size_t i = 0; i < world->node_count; i++) {
		const struct node *node = &world->nodes[i];

		if (node->online)
			json_object_del(away_list, node->name);
		else if (!json_object_get(away_list, node->name))
			json_object_set_new(away_list, node->name, json_real(world->now));
	}
}

void ha_round(struct world *world)
{
	json_t *services, *self;
	const char *sid;

	json_object_set_new(world->ha, "next", json_real(world->now + ROUND_SECONDS));
	world_touch(world);
	if (world_frozen(world)) /* no quorum, no manager */
		return;
	watch_nodes(world);
	reconcile(world);
	services = ha_part(world, "services");
	json_object_foreach (services, sid, self) {
		struct service s = {
			.world = world,
			.sid = sid,
			.self = self,
			.resource = json_object_get(ha_part(world, "resources"), sid),
			.guest = ha_guest(world, sid),
		};

		if (s.guest && s.resource)
			next_state(&s);
	}
}
