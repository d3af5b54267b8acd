#include "controller/probe.h"

#include "reconcile/inventory.h"

#include <string.h>
#include <time.h>

enum { ANSWER_MS = 1000 };

struct probe_guest {
	struct probe *probe;
	struct observed *seen;
	struct ready_spec spec;
	struct ready ready;
	bool over;
};

/* ---- guests that were unreachable ---- */

static void one_less(struct probe *probe)
{
	if (--probe->under_way > 0)
		return;
	if (probe->canceled)
		error_set(&probe->op.err, ERROR_CANCELED, "interrupted");
	op_finish(&probe->op);
}

static void answered(void *flow)
{
	struct probe_guest *guest = flow;

	guest->over = true;
	guest->seen->answers = guest->ready.op.err.kind == ERROR_NONE;
	one_less(guest->probe);
}

/* Finished, running, and told to be unreachable by the last pass that knew. */
static bool is_asked_again(const struct probe *probe, const struct desired *want,
			   const struct inventory_status *before, struct probe_guest *out)
{
	const struct inventory_entry *entry = inventory_status_find(before, want->name);
	const struct lease *lease = leases_find(&probe->spec.source->leases, want->name);
	const struct observed *seen;

	if (!is_set(&want->spec.ready.when.is) || !entry || !entry->last_error ||
	    !lease || lease->state != LEASE_READY || !lease->vmid)
		return false;
	seen = cluster_find(probe->spec.observed, lease->vmid);
	if (!seen || seen->power != OBSERVED_RUNNING || seen->lock)
		return false;
	out->seen = &probe->spec.observed->guests[seen - probe->spec.observed->guests];
	out->spec = (struct ready_spec){
		.target = { seen->node, seen->type, seen->vmid },
		.settings = &want->spec.ready,
		.address = ready_address(probe->arena, lease),
		.once = true,
	};
	return true;
}

/* To ask in vain is dear: one agent of a node in a pass, each in its turn. */
static bool is_its_turn(const struct probe *probe, const struct probe_guest *guest,
			size_t now)
{
	size_t before = 0, all = 0;

	if (guest->spec.settings->when.value != READY_AGENT)
		return true;
	for (size_t i = 0; i < probe->guests_len; i++) {
		const struct probe_guest *other = &probe->guests[i];

		if (other->spec.settings->when.value != READY_AGENT ||
		    strcmp(other->spec.target.node, guest->spec.target.node) != 0)
			continue;
		before += other < guest;
		all++;
	}
	return all > 0 && before == now % all;
}

static bool has_ready(const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->guests_len; i++)
		if (is_set(&manifest->guests[i].spec.ready.when.is))
			return true;
	return false;
}

static void ask_again(struct probe *probe)
{
	const struct manifest *manifest = &probe->spec.source->manifest;
	struct inventory_status before;
	size_t now = (size_t)time(NULL) / 60;

	probe->under_way = 1; /* until all have begun */
	if (probe->spec.cluster && !probe->canceled && has_ready(manifest)) {
		inventory_status_read(&before, probe->arena,
				      probe->spec.source->status_file);
		probe->guests = arena_array(probe->arena, struct probe_guest,
					    manifest->guests_len);
		for (size_t i = 0; i < manifest->guests_len; i++)
			probe->guests_len +=
				is_asked_again(probe, &manifest->guests[i], &before,
					       &probe->guests[probe->guests_len]);
	}
	for (size_t i = 0; i < probe->guests_len; i++) {
		struct probe_guest *guest = &probe->guests[i];

		guest->probe = probe;
		guest->over = !is_its_turn(probe, guest, now);
		if (guest->over)
			continue;
		probe->under_way++;
		ready_start(&guest->ready, probe->arena, probe->spec.cluster,
			    &probe->line, &guest->spec, answered, guest);
	}
	one_less(probe);
}

/* ---- fresh addresses ---- */

static void pinged(void *flow)
{
	struct probe *probe = flow;
	const struct error *err = &probe->ping.op.err;

	if (err->kind && err->kind != ERROR_CANCELED)
		probe->unprobed = arena_strdup(probe->arena, err->text);
	for (size_t i = 0; i < probe->len && !err->kind; i++)
		if (probe->ping.answers[i])
			probe->answering[probe->answering_len++] = probe->fresh[i];
	ask_again(probe);
}

void probe_start(struct probe *probe, struct arena *arena, const struct probe_spec *spec,
		 void (*resume)(void *flow), void *flow)
{
	const char **texts;

	*probe = (struct probe){ .arena = arena, .spec = *spec };
	op_begin(&probe->op, resume, flow);
	if (spec->plan)
		probe->len = plan_fresh(&probe->fresh, arena, spec->plan);
	probe->spec.plan = NULL; /* it need not stay */
	probe->answering = arena_array(arena, struct addr, probe->len);
	texts = arena_array(arena, const char *, probe->len);
	for (size_t i = 0; i < probe->len; i++) {
		char text[ADDR_TEXT];

		addr_print(&probe->fresh[i], text);
		texts[i] = arena_strdup(arena, text);
	}
	ping_start(&probe->ping, texts, probe->len, arena_array(arena, bool, probe->len),
		   ANSWER_MS, pinged, probe);
}

void probe_cancel(struct probe *probe)
{
	probe->canceled = true;
	ping_cancel(&probe->ping);
	for (size_t i = 0; i < probe->guests_len; i++)
		if (!probe->guests[i].over)
			ready_cancel(&probe->guests[i].ready);
}
