#include "pve/removal.h"

#include "pve/observe.h"

/* Named after what has just finished. */
enum remove_step {
	REMOVE_GATED,
	REMOVE_READ,
	REMOVE_STOPPING,
	REMOVE_STOPPED,
	REMOVE_DESTROYING,
	REMOVE_DESTROYED,
	REMOVE_FREE,
};

enum { LOOKS_MAX = 20 };

static void tick(void *flow);

static void ask(struct removal *r, enum remove_step step)
{
	r->step = (int)step;
	call_finish(&r->call);
	call_start(&r->call, r->host->cluster, &r->request, tick, r);
}

static void follow(struct removal *r, enum remove_step step)
{
	r->step = (int)step;
	task_start(&r->task, r->arena, r->host->cluster,
		   arena_strdup(r->arena, r->call.upid), tick, r);
}

static void pass_gate(struct removal *r)
{
	r->step = REMOVE_GATED;
	op_begin(&r->gate, tick, r);
	r->host->gate(r->host->owner, r->lease->name, &r->gate);
}

static void prove_absent(struct removal *r)
{
	request_free(&r->request, r->arena, r->lease->vmid);
	ask(r, REMOVE_FREE);
}

/* Its config is less than a second old: stop or destroy what is proven to be ours. */
static bool act(struct removal *r, struct error *err)
{
	r->seen = (struct observed){ .vmid = r->target.vmid, .type = r->target.type };
	if (!observe_config(&r->seen, r->arena, r->call.data, err))
		return false;
	if (r->seen.lock)
		return error_set(err, ERROR_TEMPORARY, "VMID %u is locked (%s)",
				 r->target.vmid, r->seen.lock);
	if (!identity_proven(r->lease, r->instance, &r->seen, err))
		return false;
	if (r->running) {
		request_stop(&r->request, r->arena, &r->target);
		request_expires(&r->request);
		ask(r, REMOVE_STOPPING);
	} else {
		request_destroy(&r->request, r->arena, &r->target);
		request_expires(&r->request);
		ask(r, REMOVE_DESTROYING);
	}
	return true;
}

/* What was proven is too old, nothing was sent: look at the guest once more. */
static bool looks_again(struct removal *r)
{
	if (r->call.op.err.kind != ERROR_CONFLICT || r->looks++ == LOOKS_MAX)
		return false;
	pass_gate(r);
	return true;
}

/* Every wait ends here. */
static void tick(void *flow)
{
	struct removal *r = flow;
	struct error *err = &r->op.err;

	switch ((enum remove_step)r->step) {
	case REMOVE_GATED:
		if (!op_ok(&r->gate, err))
			break;
		request_config(&r->request, r->arena, &r->target);
		ask(r, REMOVE_READ);
		return;
	case REMOVE_READ:
		if (!op_ok(&r->call.op, err) || !act(r, err))
			break;
		return;
	case REMOVE_STOPPING:
		if (looks_again(r))
			return;
		if (!op_ok(&r->call.op, err))
			break;
		follow(r, REMOVE_STOPPED);
		return;
	case REMOVE_STOPPED:
		if (!op_ok(&r->task.op, err))
			break;
		r->running = false;
		pass_gate(r);
		return;
	case REMOVE_DESTROYING:
		if (looks_again(r))
			return;
		if (!op_ok(&r->call.op, err))
			break;
		follow(r, REMOVE_DESTROYED);
		return;
	case REMOVE_DESTROYED:
		if (!op_ok(&r->task.op, err))
			break;
		prove_absent(r);
		return;
	case REMOVE_FREE:
		if (r->call.status == 400)
			error_set(err, ERROR_TEMPORARY,
				  "VMID %u is still in use: it may be a guest that the "
				  "token cannot see",
				  r->lease->vmid);
		else
			op_ok(&r->call.op, err);
		break;
	}
	call_finish(&r->call);
	op_finish(&r->op);
}

void removal_start(struct removal *removal, struct arena *arena,
		   const struct carry_host *host, const struct lease *lease,
		   const char *instance, const struct observed *seen,
		   void (*resume)(void *flow), void *flow)
{
	*removal = (struct removal){
		.arena = arena,
		.host = host,
		.lease = lease,
		.instance = instance,
		.target = { seen ? seen->node : NULL, lease->type, lease->vmid },
		.there = seen != NULL,
		.running = seen && seen->power != OBSERVED_STOPPED,
	};
	op_begin(&removal->op, resume, flow);
	if (seen)
		pass_gate(removal);
	else
		prove_absent(removal);
}
