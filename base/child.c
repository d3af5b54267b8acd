#include "base/child.h"

#include "base/arena.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum {
	KILL_AFTER_MS = 2000, /* from SIGTERM to SIGKILL */
	/* How long the outputs may stay open after the child is gone. Somebody who was
	 * left behind on purpose (ssh's ControlPersist) holds them for as long as it
	 * lives. */
	LINGER_MS = 300,
	READ_BYTES = 16384,
};

/* What libuv holds on to. It outlives the operation until its handles are closed. */
struct child_run {
	struct child *child; /* NULL once the operation is over */
	uv_process_t process;
	uv_pipe_t in, out, said;
	uv_timer_t timer;
	uv_write_t write;
	char *input;
	size_t output_max;
	uint64_t deadline_ms;
	unsigned handles;   /* that are not closed yet */
	unsigned listening; /* outputs that have not ended */
	bool exited;
	char buffer[READ_BYTES];
};

static void closed(uv_handle_t *handle)
{
	struct child_run *run = handle->data;

	if (--run->handles > 0)
		return;
	free(run->input);
	free(run);
}

static void close_handle(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, closed);
}

static void child_end(struct child_run *run)
{
	struct child *child = run->child;

	run->child = NULL;
	child->run = NULL;
	close_handle((uv_handle_t *)&run->process);
	close_handle((uv_handle_t *)&run->in);
	close_handle((uv_handle_t *)&run->out);
	close_handle((uv_handle_t *)&run->said);
	close_handle((uv_handle_t *)&run->timer);
	op_finish(&child->op);
}

/* The group outlives its leader as long as it has members: nobody else can get its id. */
static void signal_group(const struct child_run *run, int sig)
{
	kill(-run->process.pid, sig);
}

static void lingered(uv_timer_t *timer)
{
	child_end(timer->data);
}

static void end_if_over(struct child_run *run)
{
	if (!run->exited)
		return;
	if (run->listening == 0)
		child_end(run);
	else
		uv_timer_start(&run->timer, lingered, LINGER_MS, 0);
}

static void too_slow_to_die(uv_timer_t *timer)
{
	signal_group(timer->data, SIGKILL);
}

static void terminate(struct child_run *run)
{
	if (run->exited)
		return;
	signal_group(run, SIGTERM);
	uv_timer_start(&run->timer, too_slow_to_die, KILL_AFTER_MS, 0);
}

static void deadline_passed(uv_timer_t *timer)
{
	struct child_run *run = timer->data;

	error_set(&run->child->op.err, ERROR_TEMPORARY, "no end after %llu s",
		  (unsigned long long)(run->deadline_ms + 999) / 1000);
	terminate(run);
}

static void exited(uv_process_t *process, int64_t status, int sig)
{
	struct child_run *run = process->data;
	struct child *child = run->child;

	child->signal = sig;
	child->exit_code = sig ? -1 : (int)status;
	run->exited = true;
	uv_timer_stop(&run->timer);
	/* Its helpers were given the same two seconds only while it lasted itself. */
	if (child->op.err.kind != ERROR_NONE)
		signal_group(run, SIGKILL);
	end_if_over(run);
}

static void give_buffer(uv_handle_t *handle, size_t size, uv_buf_t *buf)
{
	struct child_run *run = handle->data;

	(void)size;
	*buf = uv_buf_init(run->buffer, sizeof(run->buffer));
}

static void has_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
	struct child_run *run = stream->data;
	struct child *child = run->child;
	struct text *text;
	size_t room, len;

	if (!child)
		return;
	if (count < 0) {
		uv_read_stop(stream);
		run->listening--;
		end_if_over(run);
		return;
	}
	text = stream == (uv_stream_t *)&run->out ? &child->out : &child->said;
	room = run->output_max - text->len;
	len = (size_t)count < room ? (size_t)count : room;
	if (len < (size_t)count)
		child->cut = true;
	text_addn(text, buf->base, len);
}

/* Somebody who does not read to the end is no error of ours. */
static void has_written(uv_write_t *write, int status)
{
	struct child_run *run = write->data;

	(void)status;
	close_handle((uv_handle_t *)&run->in);
}

static struct child_run *run_create(struct child *child, const struct child_spec *spec)
{
	struct child_run *run = xcalloc(1, sizeof(*run));

	run->child = child;
	run->output_max = spec->output_max;
	run->deadline_ms = spec->deadline_ms;
	if (spec->input) {
		run->input = xcalloc(spec->input_len + 1, 1);
		memcpy(run->input, spec->input, spec->input_len);
	}
	uv_pipe_init(op_loop(), &run->in, 0);
	uv_pipe_init(op_loop(), &run->out, 0);
	uv_pipe_init(op_loop(), &run->said, 0);
	uv_timer_init(op_loop(), &run->timer);
	run->in.data = run->out.data = run->said.data = run;
	run->timer.data = run->process.data = run->write.data = run;
	run->handles = 5;
	return run;
}

static int spawn(struct child_run *run, const struct child_spec *spec)
{
	const int flow = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
	uv_stdio_container_t stdio[] = {
		{ .flags = UV_IGNORE },
		{ .flags = flow, .data.stream = (uv_stream_t *)&run->out },
		{ .flags = flow, .data.stream = (uv_stream_t *)&run->said },
	};
	/* libuv changes neither, its types only do not say so */
	uv_process_options_t options = {
		.file = spec->argv[0],
		.args = (char **)(uintptr_t)spec->argv,
		.env = (char **)(uintptr_t)spec->env,
		.exit_cb = exited,
		.flags = UV_PROCESS_DETACHED,
		.stdio = stdio,
		.stdio_count = 3,
	};

	if (spec->input) {
		stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
		stdio[0].data.stream = (uv_stream_t *)&run->in;
	}
	return uv_spawn(op_loop(), &run->process, &options);
}

void child_start(struct child *child, struct arena *arena, const struct child_spec *spec,
		 void (*resume)(void *flow), void *flow)
{
	struct child_run *run = run_create(child, spec);
	uv_buf_t input = uv_buf_init(run->input, (unsigned)spec->input_len);
	int code;

	*child = (struct child){ .run = run, .exit_code = -1 };
	op_begin(&child->op, resume, flow);
	text_init(&child->out, arena);
	text_init(&child->said, arena);
	code = spawn(run, spec);
	if (code < 0) {
		error_set(&child->op.err, code == UV_ENOENT ? ERROR_MISSING : ERROR_LOCAL,
			  "cannot run %s: %s", spec->argv[0], uv_strerror(code));
		child_end(run);
		return;
	}
	run->listening = 2;
	uv_read_start((uv_stream_t *)&run->out, give_buffer, has_read);
	uv_read_start((uv_stream_t *)&run->said, give_buffer, has_read);
	/* the loop's idea of now is as old as its turn: the deadline counts from this
	 * moment */
	uv_update_time(op_loop());
	uv_timer_start(&run->timer, deadline_passed, spec->deadline_ms, 0);
	if (run->input)
		uv_write(&run->write, (uv_stream_t *)&run->in, &input, 1, has_written);
}

void child_cancel(struct child *child)
{
	struct child_run *run = child->run;

	if (!run || run->exited || child->op.err.kind != ERROR_NONE)
		return;
	error_set(&child->op.err, ERROR_CANCELED, "interrupted");
	terminate(run);
}
