/*
 * The happy path: a timer goes off, the branch is looked at, and when it moved a pass is
 * made. Everything that may happen meanwhile (signals, hooks, requests) becomes a wish of
 * the agenda. One errand at a time; whatever comes of it, the next one is planned.
 */
#include "controller/loop.h"

#include "base/log.h"
#include "base/text.h"
#include "base/when.h"
#include "controller/door.h"
#include "controller/metrics.h"
#include "controller/notify.h"
#include "controller/pass_log.h"
#include "controller/progress.h"
#include "controller/rests.h"
#include "controller/seen.h"
#include "controller/service.h"
#include "controller/status.h"

#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	POLL_SECONDS = 60,
	DRIFT_SECONDS = 300,
	STOP_MS = 4000,       /* to come to an end when asked to */
	TASK_SECONDS = 3600,  /* as cluster.h has it */
	STUCK_SECONDS = 1200, /* more than a task may take, without a sign of life */
};

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1 };

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* Whatever is there is another one. */
static const char unknown_tip[] = "?";

enum doing { DOING_NOTHING, DOING_LOOK, DOING_PASS };

struct loop {
	struct app *app;
	struct agenda agenda;
	struct status *status;
	struct door *door;
	struct notify *notify;
	struct metrics metrics;
	struct error shut;        /* why there is no door, or none */
	struct error unreachable; /* why the branch could not be looked at, or none */
	struct pass_log log;
	struct rests rests;
	uv_timer_t next, alive, stop;
	uv_signal_t signals[SIGNALS];
	enum doing doing;
	enum errand errand;  /* that the timer is set for */
	uint64_t at;         /* and when, loop time in ms */
	struct arena *arena; /* of what is being done */
	struct look look;
	struct pass pass;
	uint64_t began, moved; /* the pass; its last sign of life */
	unsigned requests;     /* at that time */
	bool looked;           /* the pass is made because of a look just now */
	char tip[COMMIT_HEX]; /* of people's branch, as last dealt with; "" there is none */
	char fresh[COMMIT_HEX]; /* where it is by the last look */
	struct good good;
	char accept[COMMIT_HEX]; /* for the next pass, by an operator; "" nothing */
	bool has_good, tried, stopping, reload, over;
	int code;
};

static void plan_next(struct loop *loop);

static void now_is(char out[WHEN_TEXT])
{
	when_print((int64_t)time(NULL), out);
}

static uint64_t now_ms(void)
{
	uv_update_time(op_loop());
	return uv_now(op_loop());
}

static uint32_t dice(void)
{
	uint32_t number = 0;

	uv_random(NULL, NULL, &number, sizeof(number), 0, NULL);
	return number;
}

/* ---- the end ---- */

/* Whatever is still under way finds its end without us: leases remember it. */
static void on_last_chance(uv_timer_t *timer)
{
	struct loop *loop = timer->data;

	log_notice(NULL, "stopped while something was under way: the next start goes on "
			 "with it");
	keyfile_finish(&loop->app->ssh_key);
	keyfile_finish(&loop->app->signing_key);
	_exit(0);
}

static void stop(struct loop *loop)
{
	if (loop->stopping)
		return;
	loop->stopping = true;
	service_tell("STOPPING=1");
	log_notice(NULL, "stopping");
	uv_timer_start(&loop->stop, on_last_chance, STOP_MS, 0);
	switch (loop->doing) {
	case DOING_NOTHING:
		loop->over = true;
		break;
	case DOING_LOOK:
		look_cancel(&loop->look);
		break;
	case DOING_PASS:
		pass_cancel(&loop->pass);
		break;
	}
}

/* ---- what others see ---- */

static enum controller_state state_of(const struct loop *loop)
{
	if (loop->stopping)
		return CONTROLLER_STOPPING;
	if (loop->doing != DOING_NOTHING)
		return CONTROLLER_WORKING;
	return loop->agenda.cause == CAUSE_RETRY ? CONTROLLER_RESTING : CONTROLLER_IDLE;
}

static json_t *status_now(const struct loop *loop)
{
	uint64_t now = now_ms(), rest = loop->at > now ? (loop->at - now) / 1000 : 0;
	char when[WHEN_TEXT], next[WHEN_TEXT];

	now_is(when);
	when_print((int64_t)time(NULL) + (int64_t)rest, next);
	if (loop->doing == DOING_PASS)
		status_progress(loop->status, &loop->pass.apply);
	return status_document(loop->status, state_of(loop), next, loop->errand,
			       loop->errand == ERRAND_LOOK
				       ? "the branch is looked at"
				       : cause_name(loop->agenda.cause),
			       when);
}

static void changed(struct loop *loop)
{
	if (loop->door)
		door_changed(loop->door);
}

/* In a line, for systemctl status. */
static void tell_service(const struct loop *loop)
{
	json_t *status = status_now(loop);

	service_tell("STATUS=%s", json_string_value(json_object_get(status, "summary")));
	json_decref(status);
}

static json_t *document(void *owner, enum door_document which)
{
	const struct loop *loop = owner;
	const char *text = NULL;

	switch (which) {
	case DOOR_STATUS:
		return status_now(loop);
	case DOOR_PLAN:
		text = status_plan(loop->status);
		break;
	case DOOR_LEASES:
		text = status_leases(loop->status);
		break;
	}
	return text ? json_loads(text, 0, NULL) : NULL;
}

static void metrics(void *owner, struct text *out)
{
	const struct loop *loop = owner;
	json_t *status = status_now(loop);

	metrics_print(out, &loop->metrics, loop->app->repo, status, (int64_t)time(NULL));
	json_decref(status);
}

/* Has it come through a pass lately, or does it wait for somebody else? */
static bool is_ready(void *owner, struct error *why)
{
	return status_ready(((const struct loop *)owner)->status, why);
}

static void wish(struct loop *loop, enum errand errand);

/* The pass that runs now may be past what was wished for: the one after it is meant. */
static unsigned on_wish(void *owner, enum wish what, const char *accept)
{
	struct loop *loop = owner;

	if (accept)
		snprintf(loop->accept, sizeof(loop->accept), "%s", accept);
	wish(loop, what == WISH_PASS ? ERRAND_PASS : ERRAND_LOOK);
	if (what != WISH_PASS)
		return 0;
	return status_passes(loop->status) + (loop->doing == DOING_PASS ? 2 : 1);
}

static bool open_door(struct loop *loop, struct error *err)
{
	const struct door_owner owner = {
		.owner = loop,
		.document = document,
		.metrics = metrics,
		.ready = is_ready,
		.wish = on_wish,
		.branch = loop->app->source.branch,
	};

	return door_open(&loop->door, &loop->app->host, app_socket(loop->app), &owner,
			 err);
}

/* ---- configuration ---- */

static uint64_t interval(const struct num_setting *setting, long otherwise)
{
	return (uint64_t)(is_set(&setting->is) ? setting->value : otherwise) * 1000;
}

/*
 * An address that cannot be had, or a certificate that does not fit yet, is no reason to
 * stop looking after guests: it is tried again, and told once.
 */
static void open_door_again(struct loop *loop)
{
	struct error err = { 0 };

	if (!open_door(loop, &err) && !str_equal(err.text, loop->shut.text))
		log_error(NULL, "nothing is served for now: %s", err.text);
	loop->shut = err;
}

/* Nor is somebody who cannot be told. */
static void open_notify_again(struct loop *loop)
{
	struct error err = { 0 };

	notify_close(loop->notify);
	if (!notify_open(&loop->notify, loop->app, &err))
		log_error(NULL, "nobody is told: %s", err.text);
}

static void reload(struct loop *loop)
{
	struct app *app = loop->app;

	loop->reload = false;
	service_reloading();
	if (app_reload(app)) {
		door_close(loop->door);
		loop->door = NULL;
		open_door_again(loop);
		memcpy(loop->tip, unknown_tip,
		       sizeof(unknown_tip)); /* it may be another repository */
		loop->looked = false;
		loop->has_good = good_recall(app->repo, app->source.branch, &loop->good);
		open_notify_again(loop);
		agenda_retime(&loop->agenda, interval(&app->host.poll, POLL_SECONDS),
			      interval(&app->host.drift, DRIFT_SECONDS), now_ms());
		log_notice(NULL, "the configuration was read again");
	} else {
		log_error(NULL, "the configuration is as it was before");
	}
	service_tell("READY=1");
	wish(loop, ERRAND_PASS);
}

/* ---- what is over ---- */

/* One errand is over: what it used is let go of, and the next is planned. */
static void rest(struct loop *loop)
{
	loop->doing = DOING_NOTHING;
	arena_destroy(loop->arena);
	loop->arena = NULL;
	malloc_trim(0); /* what a pass needed is not needed for minutes */
	if (loop->stopping) {
		loop->over = true;
		return;
	}
	if (!loop->door)
		open_door_again(loop);
	plan_next(loop);
	changed(loop);
	tell_service(loop);
}

/* How soon is it worth another try? By what befell the pass as a whole. */
static enum error_kind outlook(const struct pass *pass)
{
	if (pass->op.err.kind)
		return pass->op.err.kind;
	if (pass->plan.stop.kind)
		return pass->plan.stop.kind;
	/* the branch answered, and something else of Git did not: it may the next time */
	return pass->source.remote ? ERROR_NONE : pass->source.repairs.kind;
}

/* A secret that this host does not give: that is for who has just started us. */
static bool cannot_begin(const struct loop *loop)
{
	return !loop->tried && loop->pass.op.err.kind == ERROR_DENIED &&
	       !loop->pass.source.op.err.kind && loop->pass.requests == 0;
}

static void learn_what_is_good(struct loop *loop)
{
	const struct pass *pass = &loop->pass;

	memcpy(loop->tip, pass->tip_after, sizeof(loop->tip));
	if (pass->overtaken || pass->source.remote)
		memcpy(loop->tip, unknown_tip, sizeof(unknown_tip));
	/* what could not even be planned is nothing to go back to */
	if (!pass->planned || pass->plan.stop.kind || !*pass->settled.commit)
		return;
	loop->has_good = true;
	loop->good = pass->settled;
	good_remember(loop->app->repo, loop->app->source.branch, &loop->good);
}

/* Who rests is due again, if the pass itself came far enough to know, and need not rest. */
static void heed_rests(struct loop *loop, enum error_kind how, uint64_t now)
{
	uint64_t next = rests_next(&loop->rests);

	if (loop->pass.planned && rest_of(how, 1) == 0)
		agenda_no_later(&loop->agenda, next > now ? next : now);
}

static void tell_others(struct loop *loop)
{
	json_t *status = status_now(loop);

	notify_passed(loop->notify, status);
	json_decref(status);
}

static void passed(void *flow)
{
	struct loop *loop = flow;
	struct pass *pass = &loop->pass;
	uint64_t now = now_ms();
	struct pass_end end = {
		.pass = pass,
		.how = outlook(pass),
		.code = pass_exit(pass),
		.seconds = (double)(now - loop->began) / 1000,
		.interrupted = loop->stopping,
	};
	char when[WHEN_TEXT];

	now_is(when);
	pass_log_tell(&loop->log, loop->arena, pass);
	metrics_pass(&loop->metrics, pass, status_ended(loop->status, &end, when),
		     (int64_t)time(NULL));
	tell_others(loop);
	learn_what_is_good(loop);
	rests_learn(&loop->rests, pass, now);
	agenda_passed(&loop->agenda, end.how, pass->source.remote, now, dice());
	heed_rests(loop, end.how, now);
	if (pass->overtaken)
		agenda_wish(&loop->agenda, ERRAND_LOOK, now);
	if (cannot_begin(loop)) {
		loop->code = end.code;
		loop->over = true;
	}
	loop->tried = true;
	pass_finish(pass);
	rest(loop);
}

/* Once, and once more when it is over. */
static void tell_look(struct loop *loop, const struct error *err)
{
	if (err->kind == ERROR_CANCELED || str_equal(err->text, loop->unreachable.text))
		return;
	if (err->kind)
		log_warning("git", "%s", err->text);
	else if (loop->unreachable.kind)
		log_notice("git", "the branch can be looked at again");
	loop->unreachable = *err;
}

static void looked(void *flow)
{
	struct loop *loop = flow;
	const struct error *err = &loop->look.op.err;
	bool moved = !err->kind && strcmp(loop->look.tip, loop->tip) != 0;
	char when[WHEN_TEXT];

	now_is(when);
	tell_look(loop, err);
	status_looked(loop->status, repo_name(loop->app->repo), loop->app->source.branch,
		      loop->look.tip, err->kind ? err : NULL, when);
	memcpy(loop->fresh, loop->look.tip, sizeof(loop->fresh));
	loop->looked = moved && *loop->fresh;
	agenda_looked(&loop->agenda, err->kind, moved, now_ms(), dice());
	rest(loop);
}

/* ---- what begins ---- */

static void on_step(void *owner, const char *guest, enum step step, bool done)
{
	struct loop *loop = owner;
	char when[WHEN_TEXT];

	now_is(when);
	loop->moved = now_ms();
	if (!done && *progress_words(step))
		log_info(guest, "%s", progress_words(step));
	status_step(loop->status, guest, step, done, when);
	notify_works(loop->notify, loop->pass.source.last);
	changed(loop);
}

static void begin_pass(struct loop *loop)
{
	struct app *app = loop->app;
	enum cause cause = loop->agenda.cause;
	struct pass_spec spec = {
		.source = app->source,
		.host = &app->host,
		.endpoints = app->opt.endpoints,
		.endpoints_len = app->opt.endpoints_len,
		.apply = true,
		.yes = true, /* what may be disturbed was decided by who merged it */
		.unattended = true,
		.task_timeout = app->host.task_timeout.value,
		.progress = on_step,
		.owner = loop,
	};
	char when[WHEN_TEXT];

	now_is(when);
	spec.source.unattended = true;
	spec.source.good = loop->has_good ? &loop->good : NULL;
	if (*loop->accept)
		spec.source.accept = arena_strdup(loop->arena, loop->accept);
	*loop->accept = '\0';
	if (loop->looked)
		spec.source.looked = loop->fresh;
	loop->looked = false;
	if (app->opt.task_timeout)
		spec.task_timeout = app->opt.task_timeout;
	if (cause != CAUSE_COMMIT && cause != CAUSE_ASKED)
		spec.resting = rests_names(&loop->rests, loop->arena, now_ms(),
					   &spec.resting_len);
	loop->doing = DOING_PASS;
	loop->began = loop->moved = now_ms();
	loop->requests = 0;
	log_debug(NULL, "pass: %s", cause_name(cause));
	status_began(loop->status, cause, when);
	changed(loop);
	pass_start(&loop->pass, loop->arena, &spec, passed, loop);
}

static void on_next(uv_timer_t *timer)
{
	struct loop *loop = timer->data;

	agenda_begin(&loop->agenda);
	loop->arena = arena_create();
	if (loop->errand == ERRAND_PASS) {
		begin_pass(loop);
		return;
	}
	loop->doing = DOING_LOOK;
	look_start(&loop->look, loop->app->repo, loop->app->source.branch, looked, loop);
}

static void plan_next(struct loop *loop)
{
	uint64_t now = now_ms();

	if (loop->over || loop->doing != DOING_NOTHING)
		return;
	loop->errand = agenda_next(&loop->agenda, now, &loop->at);
	uv_timer_start(&loop->next, on_next, loop->at - now, 0);
}

static void wish(struct loop *loop, enum errand errand)
{
	agenda_wish(&loop->agenda, errand, now_ms());
	plan_next(loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct loop *loop = handle->data;

	switch (number) {
	case SIGHUP:
		loop->reload = true; /* as soon as nothing is under way */
		break;
	case SIGUSR1:
		wish(loop, ERRAND_PASS);
		break;
	default:
		stop(loop);
	}
}

/* ---- the watchdog ---- */

/* A pass that neither takes a step nor asks anything for longer than a task may take. */
static bool is_stuck(struct loop *loop)
{
	uint64_t allowed = STUCK_SECONDS, now = now_ms();
	unsigned requests;

	if (loop->doing != DOING_PASS)
		return false;
	requests = pass_requests(&loop->pass);
	if (requests != loop->requests)
		loop->moved = now;
	loop->requests = requests;
	allowed += loop->pass.spec.task_timeout ? (uint64_t)loop->pass.spec.task_timeout
						: TASK_SECONDS;
	return now - loop->moved > allowed * 1000;
}

static void on_alive(uv_timer_t *timer)
{
	if (!is_stuck(timer->data))
		service_tell("WATCHDOG=1");
}

/* ---- from start to end ---- */

static void open_handles(struct loop *loop)
{
	uv_timer_t *const timers[] = { &loop->next, &loop->alive, &loop->stop };
	uint64_t watchdog = service_watchdog();

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++) {
		uv_timer_init(op_loop(), timers[i]);
		timers[i]->data = loop;
	}
	for (size_t i = 0; i < SIGNALS; i++) {
		uv_signal_init(op_loop(), &loop->signals[i]);
		loop->signals[i].data = loop;
		uv_signal_start(&loop->signals[i], on_signal, signals[i]);
	}
	if (watchdog)
		uv_timer_start(&loop->alive, on_alive, watchdog / 2, watchdog / 2);
}

static void close_handles(struct loop *loop)
{
	uv_close((uv_handle_t *)&loop->next, NULL);
	uv_close((uv_handle_t *)&loop->alive, NULL);
	uv_close((uv_handle_t *)&loop->stop, NULL);
	for (size_t i = 0; i < SIGNALS; i++)
		uv_close((uv_handle_t *)&loop->signals[i], NULL);
	uv_run(op_loop(), UV_RUN_DEFAULT);
}

int loop_run(struct app *app)
{
	struct loop loop = { .app = app };
	struct error err = { 0 };
	char when[WHEN_TEXT];

	now_is(when);
	loop.status = status_create(when);
	loop.has_good = good_recall(app->repo, app->source.branch, &loop.good);
	memcpy(loop.tip, unknown_tip, sizeof(unknown_tip));
	open_handles(&loop);
	if (!open_door(&loop, &err) || !notify_open(&loop.notify, app, &err)) {
		loop.code = app_fail(app, &err, NULL);
		loop.over = true;
	}
	agenda_init(&loop.agenda, interval(&app->host.poll, POLL_SECONDS),
		    interval(&app->host.drift, DRIFT_SECONDS), now_ms());
	if (!loop.over) {
		log_notice(NULL, "vm7 %s looks after %s of %s", VM7_VERSION,
			   app->source.branch, repo_name(app->repo));
		service_tell("READY=1");
	}
	plan_next(&loop);
	while (!loop.over) {
		uv_run(op_loop(), UV_RUN_ONCE);
		if (loop.reload && loop.doing == DOING_NOTHING && !loop.over)
			reload(&loop);
	}
	door_close(loop.door);
	notify_close(loop.notify);
	close_handles(&loop);
	pass_log_finish(&loop.log);
	rests_finish(&loop.rests);
	status_destroy(loop.status);
	return loop.code;
}
