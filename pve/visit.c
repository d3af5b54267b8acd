#include "pve/visit.h"

#include "base/log.h"
#include "pve/form.h"
#include "pve/link.h"
#include "pve/observe.h"
#include "pve/overview.h"

#include <stdlib.h>
#include <string.h>

/* What was asked of a guest. */
enum visit_step { VISIT_CONFIG, VISIT_STATUS, VISIT_ADDRESSES };

/* The items of one node. */
struct node_work {
	const struct visit_item *next, *end;
};

/* Looks at one guest of its node after the other. */
struct visitor {
	struct visit_work *work;
	struct node_work *node;
	const struct visit_item *item;
	enum visit_step step;
	struct request request;
	struct call call;
};

struct visit_work {
	struct visit *visit;
	struct arena *arena;
	struct cluster *cluster;
	enum visit_step first; /* that is asked of each */
	struct visit_item *items;
	struct node_work *nodes;
	struct visitor *visitors;
	size_t nodes_len, visitors_len;
	size_t under_way; /* visitors that have not ended */
	bool stopping;
};

static void visited(void *flow);

static void one_less(struct visit_work *work)
{
	struct visit *visit = work->visit;

	if (--work->under_way > 0)
		return;
	visit->work = NULL;
	free(work);
	op_finish(&visit->op);
}

/* The first thing that goes wrong is what is reported. */
static void stop(struct visit_work *work, const struct error *err)
{
	if (work->stopping)
		return;
	work->stopping = true;
	work->visit->op.err = *err;
	for (size_t i = 0; i < work->visitors_len; i++)
		call_cancel(&work->visitors[i].call);
}

/* ---- one guest after the other ---- */

static void ask(struct visitor *visitor, enum visit_step step)
{
	struct visit_work *work = visitor->work;
	const struct observed *guest = visitor->item->guest;
	bool vm = guest->type == GUEST_VM;
	const char *what = NULL;

	switch (step) {
	case VISIT_CONFIG:
		what = visitor->item->leased ? "pending" : "config";
		break;
	case VISIT_STATUS:
		what = "status/current";
		break;
	case VISIT_ADDRESSES:
		what = vm ? "agent/network-get-interfaces" : "interfaces";
		break;
	}
	visitor->step = step;
	visitor->request = (struct request){
		.method = METHOD_GET,
		.node = guest->node,
		.path = arena_printf(work->arena, "/nodes/%s/%s/%u/%s",
				     percent_encode(work->arena, guest->node),
				     vm ? "qemu" : "lxc", guest->vmid, what),
	};
	call_start(&visitor->call, work->cluster, &visitor->request, visited, visitor);
}

static void visit_at_next(struct visitor *visitor)
{
	if (visitor->work->stopping || visitor->node->next == visitor->node->end) {
		one_less(visitor->work);
		return;
	}
	visitor->item = visitor->node->next++;
	ask(visitor, visitor->work->first);
}

static const char *about(struct arena *arena, const struct observed *guest)
{
	return guest->name ? guest->name : arena_printf(arena, "VMID %u", guest->vmid);
}

static void take_config(struct visitor *visitor)
{
	struct visit_work *work = visitor->work;
	struct observed *guest = visitor->item->guest;
	struct error err = { 0 };

	if (op_ok(&visitor->call.op, &err) &&
	    observe_config(guest, work->arena, visitor->call.data, &err))
		return;
	if (err.kind == ERROR_CONFLICT)
		work->visit->moved = true;
	else
		log_warning(about(work->arena, guest), "it cannot be looked at: %s",
			    err.text);
}

static void take(struct visitor *visitor)
{
	struct observed *guest = visitor->item->guest;
	const struct call *call = &visitor->call;

	switch (visitor->step) {
	case VISIT_CONFIG:
		take_config(visitor);
		return;
	case VISIT_STATUS:
		if (!call->op.err.kind)
			overview_power(guest, visitor->work->arena, call->data);
		return;
	case VISIT_ADDRESSES: /* an agent that is not there yet is no error */
		if (!call->op.err.kind)
			overview_addresses(guest, visitor->work->arena, call->data);
		return;
	}
}

/* Only where the list would make us act: a busy guest is left alone anyway. */
static bool wants_status(const struct visitor *visitor)
{
	const struct observed *guest = visitor->item->guest;

	if (visitor->step != VISIT_CONFIG || !guest->has_config || guest->lock ||
	    guest->template || visitor->item->power == OBSERVED_OTHER)
		return false;
	return (guest->power == OBSERVED_RUNNING) !=
	       (visitor->item->power == OBSERVED_RUNNING);
}

/* Nobody answers at all, or nobody will: then nothing is known of anything. */
static bool is_lost(const struct call *call)
{
	return call->op.err.kind && (call->status == 0 || call->status == 401);
}

static void visited(void *flow)
{
	struct visitor *visitor = flow;

	if (is_lost(&visitor->call))
		stop(visitor->work, &visitor->call.op.err);
	else
		take(visitor);
	call_finish(&visitor->call);
	if (!visitor->work->stopping && wants_status(visitor))
		ask(visitor, VISIT_STATUS);
	else
		visit_at_next(visitor);
}

/* ---- all of them ---- */

static int compare_items(const void *a, const void *b)
{
	const struct observed *first = ((const struct visit_item *)a)->guest;
	const struct observed *second = ((const struct visit_item *)b)->guest;
	int order = strcmp(first->node, second->node);

	return order ? order
		     : (first->vmid > second->vmid) - (first->vmid < second->vmid);
}

/* By node, then VMID: each node's are in one stretch. */
static void share_out(struct visit_work *work, const struct visit_item *items, size_t len)
{
	struct node_work *node = NULL;

	work->items = arena_array(work->arena, struct visit_item, len + 1);
	work->nodes = arena_array(work->arena, struct node_work, len + 1);
	if (len > 0)
		memcpy(work->items, items, len * sizeof(*items));
	qsort(work->items, len, sizeof(*items), compare_items);
	for (size_t i = 0; i < len; i++) {
		const struct visit_item *item = &work->items[i];

		if (!node || strcmp(item->guest->node, item[-1].guest->node) != 0) {
			node = &work->nodes[work->nodes_len++];
			node->next = item;
		}
		node->end = item + 1;
	}
}

static void start_visitors(struct visit_work *work, unsigned per_node)
{
	work->visitors =
		arena_array(work->arena, struct visitor, work->nodes_len * per_node + 1);
	work->under_way = 1; /* until all have begun */
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the 1 above keeps it */
	for (size_t i = 0; i < work->nodes_len; i++) {
		struct node_work *node = &work->nodes[i];

		for (unsigned j = 0; j < per_node && node->next < node->end; j++) {
			struct visitor *visitor = &work->visitors[work->visitors_len++];

			visitor->work = work;
			visitor->node = node;
			work->under_way++;
			visit_at_next(visitor);
		}
	}
	one_less(work);
}

static void visit_start(struct visit *visit, struct arena *arena, struct cluster *cluster,
			enum visit_step first, unsigned per_node,
			const struct visit_item *items, size_t len,
			void (*resume)(void *flow), void *flow)
{
	struct visit_work *work = xcalloc(1, sizeof(*work));

	*visit = (struct visit){ .work = work };
	op_begin(&visit->op, resume, flow);
	work->visit = visit;
	work->arena = arena;
	work->cluster = cluster;
	work->first = first;
	share_out(work, items, len);
	start_visitors(work, per_node);
}

void visit_configs_start(struct visit *visit, struct arena *arena,
			 struct cluster *cluster, const struct visit_item *items,
			 size_t len, void (*resume)(void *flow), void *flow)
{
	visit_start(visit, arena, cluster, VISIT_CONFIG, cluster_per_node(cluster), items,
		    len, resume, flow);
}

/* An agent that does not answer keeps a worker of its node busy for 3 s (qemu-server
 * PVE/QemuServer/Agent.pm): one at a time. */
void visit_addresses_start(struct visit *visit, struct arena *arena,
			   struct cluster *cluster, const struct visit_item *items,
			   size_t len, void (*resume)(void *flow), void *flow)
{
	visit_start(visit, arena, cluster, VISIT_ADDRESSES, 1, items, len, resume, flow);
}

void visit_cancel(struct visit *visit)
{
	struct error err;

	if (!visit->work)
		return;
	error_set(&err, ERROR_CANCELED, "interrupted");
	stop(visit->work, &err);
}
