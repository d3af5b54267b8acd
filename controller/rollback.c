#include "controller/rollback.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "base/vec.h"
#include "controller/connect.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Named after what has just finished. */
enum rollback_step {
	ROLLBACK_READ,
	ROLLBACK_OBSERVED,
	ROLLBACK_PUSHED,
	ROLLBACK_REMOVED,
	ROLLBACK_RECORDED,
};

static void tick(void *flow);

/*
 * A finished guest is never rolled back; what waits for its end is, like what never
 * was.
 */
static bool may_be_rolled_back(const struct lease *lease)
{
	return !lease->bare && (lease->state == LEASE_RESERVED ||
				(lease->state == LEASE_DESTROYING && lease->half_made));
}

static bool choose(struct rollback *r, struct error *err)
{
	const struct leases *leases = &r->source.leases;
	const char *only = r->spec.only;
	const struct lease *lease = only ? leases_find(leases, only) : NULL;

	if (only && !lease)
		return error_set(err, ERROR_USAGE, "--guest %s: nothing is leased to it",
				 only);
	if (only && !may_be_rolled_back(lease))
		return error_set(err, ERROR_REFUSED,
				 "%s is %s: only what was never finished is rolled back. "
				 "To undo a change, "
				 "git revert it",
				 only,
				 lease->bare ? "leased by hand"
					     : lease_state_name(lease->state));
	if (only && lease->hold)
		return error_set(err, ERROR_REFUSED,
				 "%s is on hold (%s): vm7 unhold it first", only,
				 lease->hold);
	r->guests = arena_array(r->arena, struct rollback_guest, leases->len);
	for (size_t i = 0; i < leases->len; i++) {
		lease = &leases->at[i];
		if (only ? strcmp(lease->name, only) == 0
			 : lease->failed && !lease->hold && may_be_rolled_back(lease))
			r->guests[r->len++].lease = lease;
	}
	return true;
}

static bool begin_observing(struct rollback *r, struct error *err)
{
	unsigned *vmids = arena_array(r->arena, unsigned, r->len);

	r->want = (struct observe_want){
		.vmids = vmids,
		.vmids_len = r->len,
		.up = vmids,
		.up_len = r->len,
	};
	for (size_t i = 0; i < r->len; i++) {
		size_t at = i;

		for (; at > 0 && vmids[at - 1] > r->guests[i].lease->vmid; at--)
			vmids[at] = vmids[at - 1];
		vmids[at] = r->guests[i].lease->vmid;
	}
	if (!connect_config(&r->cluster_config, r->arena, &r->source.manifest,
			    r->source.ca_pem, r->spec.host, r->spec.endpoints,
			    r->spec.endpoints_len, err))
		return false;
	r->cluster_config.task_deadline = (uint64_t)r->spec.task_timeout;
	r->cluster = cluster_create(&r->cluster_config);
	r->step = ROLLBACK_OBSERVED;
	observe_start(&r->observe, r->arena, r->cluster, &r->want, tick, r);
	return true;
}

static void classify(struct rollback *r, struct rollback_guest *guest)
{
	const struct cluster_state *cluster = &r->observe.out;
	struct lease proof = *guest->lease;

	guest->seen = cluster_find(cluster, guest->lease->vmid);
	if (!guest->seen)
		return;
	proof.state = LEASE_RESERVED;
	if (guest->seen->lock)
		error_set(&guest->why, ERROR_TEMPORARY,
			  "VMID %u is locked (%s): Proxmox is working on it",
			  guest->seen->vmid, guest->seen->lock);
	else if (!guest->seen->has_config)
		error_set(&guest->why, ERROR_TEMPORARY, "VMID %u on %s cannot be read",
			  guest->seen->vmid, guest->seen->node);
	else if (!identity_proven(&proof, r->source.leases.instance, guest->seen,
				  &guest->why) &&
		 !guest->seen->line_id) {
		/*
		 * somebody else's guest has the number: the lease ends, the guest is
		 * not touched
		 */
		guest->why = (struct error){ 0 };
		guest->gone = true;
	}
}

static bool decide(struct rollback *r, struct error *err)
{
	const struct cluster_state *cluster = &r->observe.out;
	const char **names = arena_array(r->arena, const char *, r->len);
	size_t len = 0;

	if (!cluster->quorate)
		return error_set(err, ERROR_TEMPORARY,
				 "the cluster has no quorum: nothing is removed");
	if (r->source.leases.cluster &&
	    strcmp(r->source.leases.cluster, cluster->name) != 0)
		return error_set(err, ERROR_REFUSED,
				 "the leases belong to the cluster %s, this is %s",
				 r->source.leases.cluster, cluster->name);
	for (size_t i = 0; i < r->len; i++) {
		classify(r, &r->guests[i]);
		if (r->guests[i].seen && !r->guests[i].gone && !r->guests[i].why.kind)
			names[len++] = arena_printf(
				r->arena, "%s (%s %u)", r->guests[i].lease->name,
				guest_type_name(r->guests[i].lease->type),
				r->guests[i].lease->vmid);
	}
	r->destroys = len > 0;
	return len == 0 ||
	       r->spec.confirm(r->spec.owner, str_list(r->arena, names, len, 8), err);
}

/* The intent is pushed before the first guest is touched. */
static void push_intent(struct rollback *r)
{
	struct new_file *file = arena_new(r->arena, struct new_file);
	struct text message;
	char pass[UUID_TEXT];

	leases_copy(&r->leases, r->arena, &r->source.leases);
	text_init(&message, r->arena);
	text_add(&message, "vm7: roll back");
	for (size_t i = 0; i < r->len; i++) {
		struct rollback_guest *guest = &r->guests[i];
		struct lease *lease = leases_find(&r->leases, guest->lease->name);

		if (!guest->seen || guest->gone || guest->why.kind)
			continue;
		if (lease->state != LEASE_DESTROYING)
			lease->since = r->now;
		lease->state = LEASE_DESTROYING;
		lease->half_made = true;
		guest->lease = lease;
		text_addf(&message, " %s", lease->name);
	}
	leases_sign(&r->leases, &r->source, NULL, NULL);
	random_uuid(pass);
	text_addf(&message, "\n\nVm7-Source: %s\nVm7-Pass: %s\n", r->source.last, pass);
	file->path = r->source.own.leases;
	file->text = leases_print(r->arena, &r->leases);
	file->len = strlen(file->text);
	r->step = ROLLBACK_PUSHED;
	push_start(&r->push, r->spec.source.repo, r->source.leases_branch,
		   r->source.leases_tip, file, 1, text_str(&message), (int64_t)time(NULL),
		   tick, r);
}

static void on_gate(void *owner, const char *guest, struct op *op)
{
	gate_ask(&((struct rollback *)owner)->gate, guest, op);
}

static void on_progress(void *owner, struct carry *carry, enum step step, bool done)
{
	(void)owner;
	(void)carry;
	(void)step;
	(void)done;
}

/* What the gate compares with: these leases, in this state. */
static void open_gate(struct rollback *r)
{
	const char *tip = *r->push.commit ? r->push.commit : r->source.leases_tip;
	bool same = strcmp(r->source.branch, r->source.leases_branch) == 0;

	for (size_t i = 0; i < r->len; i++)
		*vec_push(r->arena, &r->plan.actions) = (struct action){
			.guest = r->guests[i].lease->name,
			.lease = r->guests[i].lease,
		};
	gate_init(&r->gate, &r->source, &r->plan, same ? tip : r->source.tip, tip);
	r->host = (struct carry_host){ r->cluster, r, on_gate, on_progress };
}

static void record(struct rollback *r)
{
	const struct record_spec spec = {
		.source = &r->source,
		.results = &r->results,
		.observed = &r->observe.out,
		.now = r->now,
	};

	for (size_t i = 0; i < r->len; i++)
		if (r->guests[i].gone)
			*vec_push(r->arena, &r->results) = (struct verdict){
				.guest = r->guests[i].lease->name,
				.id = r->guests[i].lease->id,
				.kind = VERDICT_GONE,
			};
	r->step = ROLLBACK_RECORDED;
	record_start(&r->record, r->arena, &spec,
		     r->destroys ? r->push.commit : r->source.leases_tip,
		     r->destroys ? &r->leases : &r->source.leases, tick, r);
}

/* One after the other: there are few, and a person is watching. */
static void remove_next(struct rollback *r)
{
	while (r->at < r->len && (r->guests[r->at].gone || r->guests[r->at].why.kind))
		r->at++;
	if (r->at == r->len) {
		record(r);
		return;
	}
	r->step = ROLLBACK_REMOVED;
	r->proof = *r->guests[r->at].lease;
	r->proof.state = LEASE_DESTROYING; /* also of one that was never there */
	r->proof.half_made = true;
	r->making = (struct making){
		.lease = &r->proof,
		.instance = r->source.leases.instance,
	};
	carry_start(&r->carry, r->arena, &r->host, &r->making, r->guests[r->at].seen,
		    false, tick, r);
}

static void tick(void *flow)
{
	struct rollback *r = flow;
	struct error *err = &r->op.err;

	switch ((enum rollback_step)r->step) {
	case ROLLBACK_READ:
		if (!op_ok(&r->source.op, err) || !choose(r, err) || r->len == 0 ||
		    !begin_observing(r, err))
			break;
		return;
	case ROLLBACK_OBSERVED:
		if (!op_ok(&r->observe.op, err) || !decide(r, err))
			break;
		if (r->destroys) {
			push_intent(r);
			return;
		}
		open_gate(r);
		remove_next(r);
		return;
	case ROLLBACK_PUSHED:
		if (!op_ok(&r->push.op, err)) {
			error_wrap(err, "the intent was not pushed, nothing was removed");
			break;
		}
		open_gate(r);
		remove_next(r);
		return;
	case ROLLBACK_REMOVED:
		r->guests[r->at].gone = op_ok(&r->carry.op, &r->guests[r->at].why);
		r->at++;
		remove_next(r);
		return;
	case ROLLBACK_RECORDED:
		op_ok(&r->record.op, err);
		break;
	}
	op_finish(&r->op);
}

void rollback_start(struct rollback *rollback, struct arena *arena,
		    const struct rollback_spec *spec, void (*resume)(void *flow),
		    void *flow)
{
	*rollback = (struct rollback){ .arena = arena, .spec = *spec };
	op_begin(&rollback->op, resume, flow);
	rollback->now = now_text(arena);
	rollback->step = ROLLBACK_READ;
	source_start(&rollback->source, arena, &spec->source, tick, rollback);
}

void rollback_finish(struct rollback *rollback)
{
	gate_finish(&rollback->gate);
	cluster_destroy(rollback->cluster);
	connect_finish(&rollback->cluster_config);
	rollback->cluster = NULL;
}
