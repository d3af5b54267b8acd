#include "pve/look.h"

#include "base/log.h"
#include "pve/form.h"
#include "pve/link.h"
#include "pve/observe.h"
#include "pve/overview.h"

#include <stdlib.h>
#include <string.h>

/* What was asked of a guest. */
enum look_step { LOOK_CONFIG, LOOK_STATUS, LOOK_ADDRESSES };

/* The items of one node. */
struct node_work {
	const struct look_item *next, *end;
};

/* Looks at one guest of its node after the other. */
struct looker {
	struct look_work *work;
	struct node_work *node;
	const struct look_item *item;
	enum look_step step;
	struct request request;
	struct call call;
};

struct look_work {
	struct look *look;
	struct arena *arena;
	struct cluster *cluster;
	enum look_step first; /* that is asked of each */
	struct look_item *items;
	struct node_work *nodes;
	struct looker *lookers;
	size_t nodes_len, lookers_len;
	size_t under_way; /* lookers that have not ended */
	bool stopping;
};

static void looked(void *flow);

static void one_less(struct look_work *work)
{
	struct look *look = work->look;

	if (--work->under_way > 0)
		return;
	look->work = NULL;
	free(work);
	op_finish(&look->op);
}

/* The first thing that goes wrong is what is reported. */
static void stop(struct look_work *work, const struct error *err)
{
	if (work->stopping)
		return;
	work->stopping = true;
	work->look->op.err = *err;
	for (size_t i = 0; i < work->lookers_len; i++)
		call_cancel(&work->lookers[i].call);
}

/* ---- one guest after the other ---- */

static void ask(struct looker *looker, enum look_step step)
{
	struct look_work *work = looker->work;
	const struct observed *guest = looker->item->guest;
	bool vm = guest->type == GUEST_VM;
	const char *what = NULL;

	switch (step) {
	case LOOK_CONFIG:
		what = "config";
		break;
	case LOOK_STATUS:
		what = "status/current";
		break;
	case LOOK_ADDRESSES:
		what = vm ? "agent/network-get-interfaces" : "interfaces";
		break;
	}
	looker->step = step;
	looker->request = (struct request){
		.method = METHOD_GET,
		.node = guest->node,
		.path = arena_printf(work->arena, "/nodes/%s/%s/%u/%s",
				     percent_encode(work->arena, guest->node),
				     vm ? "qemu" : "lxc", guest->vmid, what),
	};
	call_start(&looker->call, work->cluster, &looker->request, looked, looker);
}

static void look_at_next(struct looker *looker)
{
	if (looker->work->stopping || looker->node->next == looker->node->end) {
		one_less(looker->work);
		return;
	}
	looker->item = looker->node->next++;
	ask(looker, looker->work->first);
}

static const char *about(struct arena *arena, const struct observed *guest)
{
	return guest->name ? guest->name : arena_printf(arena, "VMID %u", guest->vmid);
}

static void take_config(struct looker *looker)
{
	struct look_work *work = looker->work;
	struct observed *guest = looker->item->guest;
	struct error err = { 0 };

	if (op_ok(&looker->call.op, &err) &&
	    observe_config(guest, work->arena, looker->call.data, &err))
		return;
	if (err.kind == ERROR_CONFLICT)
		work->look->moved = true;
	else
		log_warning(about(work->arena, guest), "it cannot be looked at: %s",
			    err.text);
}

static void take(struct looker *looker)
{
	struct observed *guest = looker->item->guest;
	const struct call *call = &looker->call;

	switch (looker->step) {
	case LOOK_CONFIG:
		take_config(looker);
		return;
	case LOOK_STATUS:
		if (!call->op.err.kind)
			overview_power(guest, looker->work->arena, call->data);
		return;
	case LOOK_ADDRESSES: /* an agent that is not there yet is no error */
		if (!call->op.err.kind)
			overview_addresses(guest, looker->work->arena, call->data);
		return;
	}
}

/* Only where the list would make us act: a busy guest is left alone anyway. */
static bool wants_status(const struct looker *looker)
{
	const struct observed *guest = looker->item->guest;

	return looker->step == LOOK_CONFIG && looker->item->power && guest->has_config &&
	       !guest->lock && !guest->template && guest->power != OBSERVED_RUNNING;
}

/* Nobody answers at all, or nobody will: then nothing is known of anything. */
static bool is_lost(const struct call *call)
{
	return call->op.err.kind && (call->status == 0 || call->status == 401);
}

static void looked(void *flow)
{
	struct looker *looker = flow;

	if (is_lost(&looker->call))
		stop(looker->work, &looker->call.op.err);
	else
		take(looker);
	call_finish(&looker->call);
	if (!looker->work->stopping && wants_status(looker))
		ask(looker, LOOK_STATUS);
	else
		look_at_next(looker);
}

/* ---- all of them ---- */

static int compare_items(const void *a, const void *b)
{
	const struct observed *first = ((const struct look_item *)a)->guest;
	const struct observed *second = ((const struct look_item *)b)->guest;
	int order = strcmp(first->node, second->node);

	return order ? order
		     : (first->vmid > second->vmid) - (first->vmid < second->vmid);
}

/* By node, then VMID: each node's are in one stretch. */
static void share_out(struct look_work *work, const struct look_item *items, size_t len)
{
	struct node_work *node = NULL;

	work->items = arena_array(work->arena, struct look_item, len + 1);
	work->nodes = arena_array(work->arena, struct node_work, len + 1);
	if (len > 0)
		memcpy(work->items, items, len * sizeof(*items));
	qsort(work->items, len, sizeof(*items), compare_items);
	for (size_t i = 0; i < len; i++) {
		const struct look_item *item = &work->items[i];

		if (!node || strcmp(item->guest->node, item[-1].guest->node) != 0) {
			node = &work->nodes[work->nodes_len++];
			node->next = item;
		}
		node->end = item + 1;
	}
}

static void start_lookers(struct look_work *work, unsigned per_node)
{
	work->lookers =
		arena_array(work->arena, struct looker, work->nodes_len * per_node + 1);
	work->under_way = 1; /* until all have begun */
	for (size_t i = 0; i < work->nodes_len; i++) {
		struct node_work *node = &work->nodes[i];

		for (unsigned j = 0; j < per_node && node->next < node->end; j++) {
			struct looker *looker = &work->lookers[work->lookers_len++];

			looker->work = work;
			looker->node = node;
			work->under_way++;
			look_at_next(looker);
		}
	}
	one_less(work);
}

static void look_start(struct look *look, struct arena *arena, struct cluster *cluster,
		       enum look_step first, unsigned per_node,
		       const struct look_item *items, size_t len,
		       void (*resume)(void *flow), void *flow)
{
	struct look_work *work = xcalloc(1, sizeof(*work));

	*look = (struct look){ .work = work };
	op_begin(&look->op, resume, flow);
	work->look = look;
	work->arena = arena;
	work->cluster = cluster;
	work->first = first;
	share_out(work, items, len);
	start_lookers(work, per_node);
}

void look_configs_start(struct look *look, struct arena *arena, struct cluster *cluster,
			const struct look_item *items, size_t len,
			void (*resume)(void *flow), void *flow)
{
	look_start(look, arena, cluster, LOOK_CONFIG, cluster_per_node(cluster), items,
		   len, resume, flow);
}

/* An agent that does not answer keeps a worker of its node busy for 3 s (qemu-server
 * PVE/QemuServer/Agent.pm): one at a time. */
void look_addresses_start(struct look *look, struct arena *arena, struct cluster *cluster,
			  const struct look_item *items, size_t len,
			  void (*resume)(void *flow), void *flow)
{
	look_start(look, arena, cluster, LOOK_ADDRESSES, 1, items, len, resume, flow);
}

void look_cancel(struct look *look)
{
	struct error err;

	if (!look->work)
		return;
	error_set(&err, ERROR_CANCELED, "interrupted");
	stop(look->work, &err);
}
