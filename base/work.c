#include "base/work.h"

#include "base/arena.h"

static void run(uv_work_t *req)
{
	struct work *work = req->data;

	work->run(work->what, &work->op.err);
}

static void done(uv_work_t *req, int status)
{
	struct work *work = req->data;

	if (status < 0)
		error_set(&work->op.err, ERROR_CANCELED, "interrupted");
	op_finish(&work->op);
}

void work_start(struct work *work, bool (*run_it)(void *what, struct error *err),
		void *what, void (*resume)(void *flow), void *flow)
{
	int code;

	op_begin(&work->op, resume, flow);
	work->run = run_it;
	work->what = what;
	work->req.data = work;
	code = uv_queue_work(op_loop(), &work->req, run, done);
	if (code < 0) {
		error_set(&work->op.err, ERROR_LOCAL, "cannot start a thread: %s",
			  uv_strerror(code));
		op_finish(&work->op);
	}
}
