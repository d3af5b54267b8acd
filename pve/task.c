#include "pve/task.h"

#include "base/nap.h"
#include "base/secret.h"
#include "base/text.h"
#include "pve/answer.h"
#include "pve/form.h"
#include "pve/link.h"

#include <stdlib.h>
#include <string.h>

enum {
	REST_LEAST_MS = 100,
	REST_MOST_MS = 5000,
	DEADLINE_SECONDS = 3600,
	LOG_LINES = 5,
	LOG_LINE_MAX = 200,
};

/* Named after what has just finished. */
enum task_step { TASK_RESTED, TASK_ASKED, TASK_LOGGED };

struct task_work {
	struct task *task;
	struct arena *arena;
	struct cluster *cluster;
	struct upid upid;
	enum task_step step;
	bool canceled, counted;
	uint64_t began, rest;
	struct request request;
	struct param all; /* of the log's lines */
	struct call call;
	struct nap nap;
	const char *exit; /* how it ended, in Proxmox's words */
};

static void tick(void *flow);

/* "task qmclone 9000 on pve01" */
static bool wrap(struct task_work *work)
{
	const struct upid *upid = &work->upid;

	return error_wrap(&work->task->op.err, "task %s%s%s on %s", upid->type,
			  *upid->id ? " " : "", upid->id, upid->node);
}

static void end(struct task_work *work)
{
	struct task *task = work->task;

	if (work->canceled)
		error_set(&task->op.err, ERROR_CANCELED, "interrupted");
	if (work->counted) {
		work->cluster->tasks--;
		work->cluster->tally.tasks++;
		work->cluster->tally.failed_tasks += task->op.err.kind != ERROR_NONE;
	}
	call_finish(&work->call);
	task->work = NULL;
	free(work);
	op_finish(&task->op);
}

static void ask(struct task_work *work, const char *what, struct param *param)
{
	work->request = (struct request){
		.method = METHOD_GET,
		.node = work->upid.node,
		.path = arena_printf(work->arena, "/nodes/%s/tasks/%s/%s",
				     percent_encode(work->arena, work->upid.node),
				     percent_encode(work->arena, work->task->upid), what),
		.params = param,
		.params_len = param != NULL,
	};
	call_start(&work->call, work->cluster, &work->request, tick, work);
}

/* Many tasks make each other slow: to look often at all of them would only help that. */
static void rest(struct task_work *work)
{
	uint64_t least = work->cluster->config->task_poll_ms;
	uint64_t now;

	if (least == 0)
		least = REST_LEAST_MS;
	work->rest = work->rest ? work->rest * 3 / 2 : least;
	now = work->rest;
	if (now < least * work->cluster->tasks / 4)
		now = least * work->cluster->tasks / 4;
	if (now > REST_MOST_MS)
		now = REST_MOST_MS;
	if (work->rest > REST_MOST_MS)
		work->rest = REST_MOST_MS;
	work->step = TASK_RESTED;
	nap_start(&work->nap, now, tick, work);
}

static bool is_late(const struct task_work *work)
{
	uint64_t seconds = work->cluster->config->task_deadline;

	return (uv_hrtime() - work->began) / 1000000000 >=
	       (seconds ? seconds : DEADLINE_SECONDS);
}

/* ---- its log ---- */

static bool is_warning(const char *line)
{
	return str_starts(line, "WARN") || str_starts(line, "Warning");
}

/* What adds nothing to the exit text: its repetition, and how far a copy had come. */
static bool is_noise(const char *line)
{
	return !*line || str_starts(line, "TASK ") || str_starts(line, "transferred ") ||
	       strcmp(line, "no content") == 0 || str_starts(line, "unable to open file");
}

/* The last lines that say something, or those that warn. */
static const char *log_of(struct arena *arena, const json_t *lines, bool warnings)
{
	const char *last[LOG_LINES];
	size_t count = 0;
	struct text out;

	for (size_t i = json_array_size(lines); i-- > 0 && count < LOG_LINES;) {
		const json_t *entry = json_array_get(lines, i);
		const char *line = json_string_value(json_object_get(entry, "t"));

		if (!line || is_noise(line) || (warnings && !is_warning(line)))
			continue;
		last[count++] = str_safe(arena, str_trim(arena, line), LOG_LINE_MAX);
	}
	if (count == 0)
		return NULL;
	text_init(&out, arena);
	while (count-- > 0) {
		text_add(&out, last[count]);
		if (count > 0)
			text_add(&out, " | ");
	}
	if (out.len > 0)
		secret_redact(out.at);
	return text_str(&out);
}

/* The log is only for the person: that it cannot be read changes nothing. */
static void logged(struct task_work *work)
{
	struct task *task = work->task;
	struct error *err = &task->op.err;

	if (work->call.op.err.kind == ERROR_NONE)
		task->log = log_of(work->arena, work->call.data, task->warnings);
	if (!task->warnings) {
		error_set(err, words_kind(work->exit), "%s", work->exit);
		if (task->log) {
			size_t len = strlen(err->text);

			snprintf(err->text + len, sizeof(err->text) - len,
				 " (its log ends: %s)", task->log);
		}
		secret_redact(err->text);
		wrap(work);
	}
	end(work);
}

/* ---- its end ---- */

static void stopped(struct task_work *work, const char *how)
{
	if (strcmp(how, "OK") == 0) {
		end(work);
		return;
	}
	work->task->warnings = str_starts(how, "WARNINGS:");
	work->exit = str_safe(work->arena, str_trim(work->arena, how), 500);
	work->step = TASK_LOGGED;
	call_finish(&work->call);
	work->all =
		(struct param){ "limit", "0" }; /* (PVE/API2/Tasks.pm read_task_log) */
	ask(work, "log", &work->all);
}

/* Its status cannot be read: for now, or for ever. */
static void unread(struct task_work *work)
{
	struct error *err = &work->task->op.err;

	*err = work->call.op.err;
	switch (err->kind) {
	case ERROR_TEMPORARY:
	case ERROR_UNKNOWN:
		if (is_late(work)) {
			err->kind = ERROR_UNKNOWN;
			work->task->unfinished = true;
			break;
		}
		*err = (struct error){ 0 };
		rest(work);
		return;
	case ERROR_NONE:
	case ERROR_INVALID:
	case ERROR_DENIED:
	case ERROR_CANCELED:
		break;
	case ERROR_CONFLICT:
	case ERROR_FAILED:
	case ERROR_REFUSED:
	case ERROR_EXHAUSTED:
	case ERROR_BUSY:
	case ERROR_MISSING:
	case ERROR_LOCAL:
	case ERROR_USAGE:
		/* the log is rotated away, the node left: how it ended nobody can tell */
		err->kind = ERROR_UNKNOWN;
		break;
	}
	wrap(work);
	end(work);
}

static void asked(struct task_work *work)
{
	const char *status =
		json_string_value(json_object_get(work->call.data, "status"));
	const char *how =
		json_string_value(json_object_get(work->call.data, "exitstatus"));

	if (work->call.op.err.kind) {
		unread(work);
	} else if (status && strcmp(status, "stopped") == 0) {
		stopped(work, how ? how : "unexpected status");
	} else if (is_late(work)) {
		work->task->unfinished = true;
		error_set(&work->task->op.err, ERROR_UNKNOWN, "it does not end (%s)",
			  work->task->upid);
		wrap(work);
		end(work);
	} else {
		call_finish(&work->call);
		rest(work);
	}
}

static void tick(void *flow)
{
	struct task_work *work = flow;

	if (work->canceled) {
		end(work);
		return;
	}
	switch (work->step) {
	case TASK_RESTED:
		work->step = TASK_ASKED;
		ask(work, "status", NULL);
		return;
	case TASK_ASKED:
		asked(work);
		return;
	case TASK_LOGGED:
		logged(work);
		return;
	}
}

void task_start(struct task *task, struct arena *arena, struct cluster *cluster,
		const char *upid, void (*resume)(void *flow), void *flow)
{
	struct task_work *work = xcalloc(1, sizeof(*work));

	*task = (struct task){ .upid = upid, .work = work };
	op_begin(&task->op, resume, flow);
	work->task = task;
	work->arena = arena;
	work->cluster = cluster;
	work->began = uv_hrtime();
	if (!upid_read(&work->upid, arena, upid)) {
		error_set(&task->op.err, ERROR_UNKNOWN, "'%s' is not a task of Proxmox",
			  str_safe(arena, upid, 100));
		end(work);
		return;
	}
	work->counted = true;
	cluster->tasks++;
	rest(work);
}

void task_cancel(struct task *task)
{
	struct task_work *work = task->work;

	if (!work || work->canceled)
		return;
	work->canceled = true;
	/* whichever is under way; tick comes for it */
	nap_cancel(&work->nap);
	call_cancel(&work->call);
}
