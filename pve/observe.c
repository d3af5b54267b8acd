#include "pve/observe.h"

#include "base/log.h"
#include "base/text.h"
#include "pve/form.h"
#include "pve/link.h"
#include "pve/overview.h"

#include <stdlib.h>
#include <string.h>

/* How often everything is asked anew because an endpoint was lost in between. */
enum { ROUNDS_MAX = 3 };

/* Named after what has just finished. */
enum observe_step {
	OBSERVE_STATUS,
	OBSERVE_LISTED, /* the list, and what else is about the whole cluster */
	OBSERVE_LOOKED, /* each config */
	OBSERVE_ASKED,  /* each guest for its addresses */
};

/* One call about the whole cluster. */
struct ask {
	struct observe_work *work;
	bool wanted;
	struct request request;
	struct call call;
};

/* What a looker has just got. */
enum look_step { LOOK_CONFIG, LOOK_STATUS, LOOK_ADDRESSES };

/* Reads one guest after the other, of one node. */
struct looker {
	struct observe_work *work;
	struct node_work *node;
	struct observed *guest; /* NULL: it has nothing to do */
	enum look_step step;
	struct request request;
	struct call call;
};

/* The guests of one node that are to be read. */
struct node_work {
	struct observed **guests;
	size_t len, next;
	struct looker *lookers;
};

struct observe_work {
	struct observe *observe;
	struct arena *arena;
	struct cluster *cluster;
	const struct observe_want *want;
	enum observe_step step;
	unsigned rounds, requests_before;
	size_t under_way;           /* calls and lookers that have not ended */
	bool stopping;              /* canceled, or something went wrong: no new calls */
	bool moved;                 /* a guest was not where the list had it */
	bool relisted;              /* so the list was asked for again */
	struct cluster_state first; /* as it was then */
	const char *endpoint;       /* that told the status */
	struct param vms;
	struct ask status, list, options, version;
	struct node_work *nodes;
	unsigned lookers; /* of a node */
};

static void tick(struct observe_work *work);

/* ---- the end ---- */

static void end(struct observe_work *work)
{
	struct observe *observe = work->observe;

	observe->out.requests = cluster_requests(work->cluster) - work->requests_before;
	call_finish(&work->status.call);
	call_finish(&work->list.call);
	call_finish(&work->options.call);
	call_finish(&work->version.call);
	observe->work = NULL;
	free(work);
	op_finish(&observe->op);
}

static void cancel_calls(struct observe_work *work)
{
	call_cancel(&work->status.call);
	call_cancel(&work->list.call);
	call_cancel(&work->options.call);
	call_cancel(&work->version.call);
	for (size_t i = 0; work->nodes && i < work->observe->out.nodes_len; i++)
		for (unsigned j = 0; work->nodes[i].lookers && j < work->lookers; j++)
			call_cancel(&work->nodes[i].lookers[j].call);
}

/* The first thing that goes wrong is what is reported. */
static void stop(struct observe_work *work, const struct error *err)
{
	if (work->stopping)
		return;
	work->stopping = true;
	work->observe->op.err = *err;
	cancel_calls(work);
}

/* One of those under way has ended; with the last of them the step is over. */
static void one_less(struct observe_work *work)
{
	if (--work->under_way > 0)
		return;
	if (work->stopping)
		end(work);
	else
		tick(work);
}

/* ---- the whole cluster ---- */

static void asked(void *flow)
{
	struct ask *ask = flow;

	if (ask->call.op.err.kind)
		stop(ask->work, &ask->call.op.err);
	one_less(ask->work);
}

static void ask_for(struct observe_work *work, struct ask *ask, const char *path)
{
	call_finish(&ask->call);
	ask->work = work;
	ask->wanted = true;
	ask->request = (struct request){ .method = METHOD_GET, .path = path };
	if (ask == &work->list) {
		work->vms = (struct param){ "type", "vm" };
		ask->request.params = &work->vms;
		ask->request.params_len = 1;
	}
	work->under_way++;
	call_start(&ask->call, work->cluster, &ask->request, asked, ask);
}

static void ask_status(struct observe_work *work)
{
	work->step = OBSERVE_STATUS;
	work->rounds++;
	ask_for(work, &work->status, "/cluster/status");
}

static void ask_list(struct observe_work *work)
{
	work->step = OBSERVE_LISTED;
	ask_for(work, &work->list, "/cluster/resources");
	if (work->want->allocating && !work->options.wanted)
		ask_for(work, &work->options, "/cluster/options");
	if (work->want->release && !work->version.wanted)
		ask_for(work, &work->version, "/version");
}

/* ---- one guest after the other ---- */

static int compare_unsigned(const void *a, const void *b)
{
	unsigned first = *(const unsigned *)a, second = *(const unsigned *)b;

	return (first > second) - (first < second);
}

static bool is_in(const unsigned *vmids, size_t len, unsigned vmid)
{
	return len > 0 &&
	       bsearch(&vmid, vmids, len, sizeof(*vmids), compare_unsigned) != NULL;
}

static bool is_leased(const struct observe_work *work, const struct observed *guest)
{
	return is_in(work->want->vmids, work->want->vmids_len, guest->vmid);
}

static bool is_at(const struct observed *known, const struct observed *guest)
{
	return known && known->type == guest->type &&
	       strcmp(known->node, guest->node) == 0;
}

/* Before the list was asked for again: then only who moved is looked at. */
static bool was_looked_at(const struct observe_work *work, const struct observed *guest)
{
	return work->relisted && is_at(cluster_find(&work->first, guest->vmid), guest);
}

static bool wants_config(const struct observe_work *work, const struct observed *guest)
{
	const struct observe_want *want = work->want;

	if (was_looked_at(work, guest))
		return false;
	return is_leased(work, guest) ||
	       is_in(want->templates, want->templates_len, guest->vmid) ||
	       (want->allocating && !guest->template);
}

/* Only where the list would make us act: a busy guest is left alone anyway. */
static bool wants_status(const struct observe_work *work, const struct observed *guest)
{
	return guest->has_config && is_leased(work, guest) && !guest->lock &&
	       !guest->template && guest->power != OBSERVED_RUNNING;
}

static bool wants_addresses(const struct observe_work *work, const struct observed *guest)
{
	return guest->has_config && guest->power == OBSERVED_RUNNING &&
	       is_in(work->want->dhcp, work->want->dhcp_len, guest->vmid);
}

static void looked(void *flow);

static void look_for(struct looker *looker, enum look_step step)
{
	struct observe_work *work = looker->work;
	const struct observed *guest = looker->guest;
	const char *what = NULL;

	switch (step) {
	case LOOK_CONFIG:
		what = "config";
		break;
	case LOOK_STATUS:
		what = "status/current";
		break;
	case LOOK_ADDRESSES:
		what = guest->type == GUEST_VM ? "agent/network-get-interfaces"
					       : "interfaces";
		break;
	}
	looker->step = step;
	looker->request = (struct request){
		.method = METHOD_GET,
		.node = guest->node,
		.path = arena_printf(work->arena, "/nodes/%s/%s/%u/%s",
				     percent_encode(work->arena, guest->node),
				     guest->type == GUEST_VM ? "qemu" : "lxc",
				     guest->vmid, what),
	};
	call_start(&looker->call, work->cluster, &looker->request, looked, looker);
}

static void look_next(struct looker *looker)
{
	struct observe_work *work = looker->work;
	struct node_work *node = looker->node;

	if (work->stopping || node->next == node->len) {
		one_less(work);
		return;
	}
	looker->guest = node->guests[node->next++];
	look_for(looker, work->step == OBSERVE_LOOKED ? LOOK_CONFIG : LOOK_ADDRESSES);
}

/* Nobody answers at all, or nobody will: then nothing is known of anything. */
static bool is_lost(const struct call *call)
{
	return call->op.err.kind && (call->status == 0 || call->status == 401);
}

static const char *about(struct observe_work *work, const struct observed *guest)
{
	return guest->name ? guest->name
			   : arena_printf(work->arena, "VMID %u", guest->vmid);
}

static void take_config(struct looker *looker)
{
	struct observe_work *work = looker->work;
	struct error err = { 0 };

	if (op_ok(&looker->call.op, &err) &&
	    observe_config(looker->guest, work->arena, looker->call.data, &err))
		return;
	if (err.kind == ERROR_CONFLICT)
		work->moved = true;
	else
		log_warning(about(work, looker->guest), "it cannot be looked at: %s",
			    err.text);
}

static void looked(void *flow)
{
	struct looker *looker = flow;
	struct observe_work *work = looker->work;
	const struct call *call = &looker->call;
	enum look_step step = looker->step;

	if (is_lost(call)) {
		stop(work, &call->op.err);
	} else {
		switch (step) {
		case LOOK_CONFIG:
			take_config(looker);
			break;
		case LOOK_STATUS:
			if (!call->op.err.kind)
				overview_power(looker->guest, work->arena, call->data);
			break;
		case LOOK_ADDRESSES: /* an agent that is not there yet is no error */
			if (!call->op.err.kind)
				overview_addresses(looker->guest, work->arena,
						   call->data);
			break;
		}
	}
	call_finish(&looker->call);
	if (step == LOOK_CONFIG && !work->stopping && wants_status(work, looker->guest))
		look_for(looker, LOOK_STATUS);
	else
		look_next(looker);
}

/* The guests of each node that `wants` says, in order. */
static void share_out(struct observe_work *work,
		      bool (*wants)(const struct observe_work *work,
				    const struct observed *guest))
{
	struct cluster_state *out = &work->observe->out;

	work->nodes = arena_array(work->arena, struct node_work, out->nodes_len);
	for (size_t i = 0; i < out->nodes_len; i++) {
		struct node_work *node = &work->nodes[i];

		if (!out->nodes[i].online)
			continue;
		node->guests =
			arena_array(work->arena, struct observed *, out->guests_len);
		for (size_t j = 0; j < out->guests_len; j++)
			if (strcmp(out->guests[j].node, out->nodes[i].name) == 0 &&
			    wants(work, &out->guests[j]))
				node->guests[node->len++] = &out->guests[j];
	}
}

/* As many lookers a node as calls may be in flight for it. An agent that does not answer
 * keeps a worker of its node busy for 3 s (qemu-server PVE/QemuServer/Agent.pm), so
 * guests are asked one at a time. */
static void start_looking(struct observe_work *work, enum observe_step step)
{
	size_t nodes = work->observe->out.nodes_len;

	work->step = step;
	if (step == OBSERVE_LOOKED)
		share_out(work, wants_config);
	else
		share_out(work, wants_addresses);
	work->lookers = step == OBSERVE_LOOKED ? cluster_per_node(work->cluster) : 1;
	work->under_way++; /* until all have begun */
	for (size_t i = 0; i < nodes; i++) {
		struct node_work *node = &work->nodes[i];

		node->lookers = arena_array(work->arena, struct looker, work->lookers);
		for (unsigned j = 0; j < work->lookers && node->next < node->len; j++) {
			node->lookers[j].work = work;
			node->lookers[j].node = node;
			work->under_way++;
			look_next(&node->lookers[j]);
		}
	}
	one_less(work);
}

/* ---- from step to step ---- */

/* What was read before the list was asked for again is still good. */
static void keep_read(struct observe_work *work)
{
	struct cluster_state *out = &work->observe->out;

	for (size_t i = 0; i < out->guests_len; i++) {
		const struct observed *known =
			cluster_find(&work->first, out->guests[i].vmid);

		if (is_at(known, &out->guests[i]) && known->has_config)
			out->guests[i] = *known;
	}
}

static bool listed(struct observe_work *work, struct error *err)
{
	struct cluster_state *out = &work->observe->out;

	if (!overview_guests(out, work->arena, work->list.call.data, err))
		return false;
	if (work->relisted)
		keep_read(work);
	if (work->options.wanted)
		overview_options(out, work->arena, work->options.call.data);
	return !work->version.wanted ||
	       overview_release(out, work->version.call.data, err);
}

static bool status_told(struct observe_work *work, struct error *err)
{
	struct observe *observe = work->observe;

	work->endpoint = work->status.call.endpoint;
	observe->out.endpoint = work->endpoint;
	return overview_status(&observe->out, work->arena, work->status.call.data, err);
}

static void tick(struct observe_work *work)
{
	struct error *err = &work->observe->op.err;

	switch (work->step) {
	case OBSERVE_STATUS:
		if (!status_told(work, err))
			break;
		ask_list(work);
		return;
	case OBSERVE_LISTED:
		/* a list of one endpoint proves nothing with the quorum of another */
		if (work->list.call.endpoint != work->endpoint &&
		    work->rounds < ROUNDS_MAX) {
			ask_status(work);
			return;
		}
		if (work->list.call.endpoint != work->endpoint) {
			error_set(err, ERROR_TEMPORARY,
				  "the endpoints come and go: no picture of the cluster");
			break;
		}
		if (!listed(work, err))
			break;
		start_looking(work, OBSERVE_LOOKED);
		return;
	case OBSERVE_LOOKED:
		if (work->moved && !work->relisted) {
			work->moved = false;
			work->relisted = true;
			work->first = work->observe->out;
			ask_list(work);
			return;
		}
		start_looking(work, OBSERVE_ASKED);
		return;
	case OBSERVE_ASKED:
		break;
	}
	end(work);
}

void observe_start(struct observe *observe, struct arena *arena, struct cluster *cluster,
		   const struct observe_want *want, void (*resume)(void *flow),
		   void *flow)
{
	struct observe_work *work = xcalloc(1, sizeof(*work));

	*observe = (struct observe){ .work = work };
	op_begin(&observe->op, resume, flow);
	work->observe = observe;
	work->arena = arena;
	work->cluster = cluster;
	work->want = want;
	work->requests_before = cluster_requests(cluster);
	ask_status(work);
}

void observe_cancel(struct observe *observe)
{
	struct error err;

	if (!observe->work)
		return;
	error_set(&err, ERROR_CANCELED, "interrupted");
	stop(observe->work, &err);
}
