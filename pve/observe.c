#include "pve/observe.h"

#include "pve/overview.h"
#include "pve/visit.h"
#include "reconcile/making.h"

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

struct observe_work {
	struct observe *observe;
	struct arena *arena;
	struct cluster *cluster;
	const struct observe_want *want;
	enum observe_step step;
	unsigned rounds, requests_before;
	unsigned under_way;         /* of the calls below */
	bool stopping;              /* canceled, or one of them failed */
	bool relisted;              /* guests had moved: the list was asked for again */
	struct cluster_state first; /* as it was then */
	const char *endpoint;       /* that told the status */
	struct param vms;
	struct ask status, list, options, version, maintenance;
	struct visit visit;
};

static void tick(void *flow);

/* ---- the end ---- */

static void end(struct observe_work *work)
{
	struct observe *observe = work->observe;

	observe->out.requests = cluster_requests(work->cluster) - work->requests_before;
	call_finish(&work->status.call);
	call_finish(&work->list.call);
	call_finish(&work->options.call);
	call_finish(&work->version.call);
	call_finish(&work->maintenance.call);
	observe->work = NULL;
	free(work);
	op_finish(&observe->op);
}

static void cancel_all(struct observe_work *work)
{
	call_cancel(&work->status.call);
	call_cancel(&work->list.call);
	call_cancel(&work->options.call);
	call_cancel(&work->version.call);
	call_cancel(&work->maintenance.call);
	visit_cancel(&work->visit);
}

/* The first thing that goes wrong is what is reported. */
static void stop(struct observe_work *work, const struct error *err)
{
	if (work->stopping)
		return;
	work->stopping = true;
	work->observe->op.err = *err;
	cancel_all(work);
}

/* ---- the whole cluster ---- */

static void asked(void *flow)
{
	struct ask *ask = flow;

	if (ask->call.op.err.kind)
		stop(ask->work, &ask->call.op.err);
	if (--ask->work->under_way == 0)
		tick(ask->work);
}

static void ask_for(struct observe_work *work, struct ask *ask, const char *path)
{
	call_finish(&ask->call);
	ask->work = work;
	ask->wanted = true;
	ask->request = (struct request){ .method = METHOD_GET, .path = path };
	/* asked for everything it tells of nodes and storages too */
	if (ask == &work->list && !work->want->room) {
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
	if (work->want->placing && !work->maintenance.wanted)
		ask_for(work, &work->maintenance, "/cluster/ha/status/current");
	if (work->want->release && !work->version.wanted)
		ask_for(work, &work->version, "/version");
}

/* ---- guest by guest ---- */

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

/* A template that a guest has to be made from again. */
static bool is_needed(const struct observe_work *work, const struct observed *guest)
{
	const struct observe_want *want = work->want;

	for (size_t i = 0; guest->template && i < want->spares_len; i++)
		if (want->spares[i].template == guest->vmid &&
		    !cluster_find(&work->observe->out, want->spares[i].vmid))
			return true;
	return false;
}

/*
 * It says that it is of a vm7: is it ours, and has lost its lease? A guest without a lease
 * is told of in every pass, not only where something is allocated.
 */
static bool is_marked(const struct observed *guest)
{
	for (size_t i = 0; !guest->template && i < guest->tags_len; i++)
		if (strcmp(guest->tags[i], TAG_OURS) == 0)
			return true;
	return false;
}

static bool wants_config(const struct observe_work *work, const struct observed *guest)
{
	const struct observe_want *want = work->want;

	if (was_looked_at(work, guest))
		return false;
	return is_leased(work, guest) || is_marked(guest) ||
	       is_in(want->templates, want->templates_len, guest->vmid) ||
	       is_needed(work, guest) || (want->allocating && !guest->template);
}

static bool wants_addresses(const struct observe_work *work, const struct observed *guest)
{
	return guest->has_config && guest->power == OBSERVED_RUNNING &&
	       is_in(work->want->dhcp, work->want->dhcp_len, guest->vmid);
}

static enum observed_power expected_power(const struct observe_want *want, unsigned vmid)
{
	if (is_in(want->up, want->up_len, vmid))
		return OBSERVED_RUNNING;
	return is_in(want->down, want->down_len, vmid) ? OBSERVED_STOPPED
						       : OBSERVED_OTHER;
}

/* The guests that `wants` says, of the nodes that can be asked. */
static const struct visit_item *choose(struct observe_work *work, size_t *len,
				       bool (*wants)(const struct observe_work *work,
						     const struct observed *guest))
{
	struct cluster_state *out = &work->observe->out;
	struct visit_item *items =
		arena_array(work->arena, struct visit_item, out->guests_len + 1);

	*len = 0;
	for (size_t i = 0; i < out->guests_len; i++) {
		struct observed *guest = &out->guests[i];

		if (cluster_node_online(out, guest->node) && wants(work, guest))
			items[(*len)++] = (struct visit_item){
				.guest = guest,
				.leased = is_leased(work, guest),
				.power = expected_power(work->want, guest->vmid),
			};
	}
	return items;
}

static void visit_for_configs(struct observe_work *work)
{
	size_t len;
	const struct visit_item *items = choose(work, &len, wants_config);

	work->step = OBSERVE_LOOKED;
	visit_configs_start(&work->visit, work->arena, work->cluster, items, len, tick,
			    work);
}

static void visit_for_addresses(struct observe_work *work)
{
	size_t len;
	const struct visit_item *items = choose(work, &len, wants_addresses);

	work->step = OBSERVE_ASKED;
	visit_addresses_start(&work->visit, work->arena, work->cluster, items, len, tick,
			      work);
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
	if (work->want->room)
		overview_room(out, work->arena, work->list.call.data);
	if (work->maintenance.wanted)
		overview_maintenance(out, work->maintenance.call.data);
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

static void tick(void *flow)
{
	struct observe_work *work = flow;
	struct error *err = &work->observe->op.err;

	if (work->stopping) {
		end(work);
		return;
	}
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
		visit_for_configs(work);
		return;
	case OBSERVE_LOOKED:
		if (!op_ok(&work->visit.op, err))
			break;
		if (work->visit.moved && !work->relisted) {
			work->relisted = true;
			work->first = work->observe->out;
			ask_list(work);
			return;
		}
		visit_for_addresses(work);
		return;
	case OBSERVE_ASKED:
		op_ok(&work->visit.op, err);
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
