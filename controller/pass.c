/*
 * A pass runs in rounds: where its results leave more to do at once (a guest that is made
 * anew after it was destroyed), it reads and plans again, about these guests alone.
 *
 * The happy path of a round: read, observe, plan; reserve (commit, push), make the guests, record
 * (commit, push). A pass that allocates nothing pushes nothing before its first
 * request, an idle pass nothing at all.
 *
 * Lost races: a push that finds the branch moved reads everything again; a push without
 * an answer looks at the tip, where a reservation stands if its id is there. Results
 * are merged into the tip's leases by id.
 */
#include "controller/pass.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "base/vec.h"
#include "controller/connect.h"
#include "controller/seen.h"
#include "reconcile/place.h"
#include "reconcile/replace.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	RACES_MAX = 100,
	ROUNDS_MAX = 8,
	SUSPECTS_MAX = 20, /* of more it is not asked who changed them */
};

/* Named after what has just finished. */
enum pass_step {
	PASS_READ,
	PASS_OBSERVED,
	PASS_INQUIRED, /* what the lists do not tell */
	PASS_PROBED,   /* fresh addresses, and guests that were unreachable */
	PASS_PREFLOWN, /* there is something to do: may it be done? */
	PASS_RESERVED,
	PASS_RESTED, /* after a lost race */
	PASS_APPLIED,
	PASS_RECORDED,
};

static void tick(void *flow);

static int compare_unsigned(const void *a, const void *b)
{
	unsigned one = *(const unsigned *)a, other = *(const unsigned *)b;

	return (one > other) - (one < other);
}

static size_t sorted_without_repeats(unsigned *list, size_t len)
{
	size_t kept = 0;

	if (len > 0)
		qsort(list, len, sizeof(*list), compare_unsigned);
	for (size_t i = 0; i < len; i++)
		if (kept == 0 || list[kept - 1] != list[i])
			list[kept++] = list[i];
	return kept;
}

static bool has_dhcp(const struct desired *want)
{
	for (size_t i = 0; i < want->networks_len; i++)
		if (want->networks[i]->dhcp.value)
			return true;
	return false;
}

/* What the list has to say of its power for nothing to be done; OBSERVED_OTHER: it may
 * say what it likes. What may have to be stopped should be known to run. */
static enum observed_power power_expected(const struct desired *want,
					  const struct lease *lease)
{
	if (lease->hold || (want && want->spec.hold.value))
		return OBSERVED_OTHER;
	if (!want)
		return lease->state == LEASE_RELEASED ? OBSERVED_OTHER : OBSERVED_RUNNING;
	if (want->spec.power.value == POWER_OBSERVE)
		return OBSERVED_OTHER;
	return want->spec.power.value == POWER_RUNNING ? OBSERVED_RUNNING
						       : OBSERVED_STOPPED;
}

/* It is made, or may be made anew: what it is made from is looked at. */
static bool is_to_be_made(const struct lease *lease, const struct desired *want)
{
	return !lease || lease->bare || lease->state == LEASE_RESERVED ||
	       may_be_replaced(lease, want);
}

struct spare_list {
	struct spare *at;
	size_t len, cap;
};

/* What it would be made from, should it be gone. */
static void add_spares(struct spare_list *out, struct arena *arena,
		       const struct desired *guest, unsigned vmid)
{
	struct vmid_list templates = { 0 };

	place_templates(&templates, arena, guest);
	for (size_t i = 0; i < templates.len; i++)
		*vec_push(arena, out) = (struct spare){ templates.at[i], vmid };
}

/* Only what the plan will look at: leased guests, templates of guests to be made. */
static void observe_what_matters(struct pass *p)
{
	const struct manifest *manifest = &p->source.manifest;
	const struct leases *leases = &p->source.leases;
	unsigned *vmids = arena_array(p->arena, unsigned, leases->len);
	struct vmid_list templates = { 0 };
	unsigned *dhcp = arena_array(p->arena, unsigned, manifest->guests_len);
	unsigned *up = arena_array(p->arena, unsigned, leases->len);
	unsigned *down = arena_array(p->arena, unsigned, leases->len);
	struct spare_list spares = { 0 };
	struct observe_want *want = &p->want;

	*want = (struct observe_want){
		.vmids = vmids,
		.up = up,
		.down = down,
		.dhcp = dhcp,
	};
	for (size_t i = 0; i < leases->len; i++) {
		const struct lease *lease = &leases->at[i];

		if (!lease->vmid)
			continue;
		vmids[want->vmids_len++] = lease->vmid;
		switch (power_expected(manifest_find(manifest, lease->name), lease)) {
		case OBSERVED_RUNNING:
			up[want->up_len++] = lease->vmid;
			break;
		case OBSERVED_STOPPED:
			down[want->down_len++] = lease->vmid;
			break;
		case OBSERVED_OTHER:
			break;
		}
	}
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *guest = &manifest->guests[i];
		const struct lease *lease = leases_find(leases, guest->name);

		want->allocating |= !lease || lease->bare;
		want->room |= is_to_be_made(lease, guest);
		want->placing |= place_is_auto(guest) && (!lease || !lease->node);
		if (is_to_be_made(lease, guest))
			place_templates(&templates, p->arena, guest);
		else
			add_spares(&spares, p->arena, guest, lease->vmid);
		if (p->spec.apply && lease && lease->vmid &&
		    lease->state == LEASE_READY && has_dhcp(guest))
			dhcp[want->dhcp_len++] = lease->vmid;
	}
	want->vmids_len = sorted_without_repeats(vmids, want->vmids_len);
	want->spares = spares.at;
	want->spares_len = spares.len;
	want->templates = templates.at;
	want->templates_len = sorted_without_repeats(templates.at, templates.len);
	want->dhcp_len = sorted_without_repeats(dhcp, want->dhcp_len);
	want->up_len = sorted_without_repeats(up, want->up_len);
	want->down_len = sorted_without_repeats(down, want->down_len);
	p->step = PASS_OBSERVED;
	observe_start(&p->observe, p->arena, p->cluster, want, tick, p);
}

/* What lies in the repository is read by all who read that: not for ever. */
static bool is_kept_secret(const struct pass *p, struct error *err)
{
	const struct secret_setting *token = &p->source.manifest.proxmox.token_secret;

	if (!p->spec.unattended || !token->inline_value)
		return true;
	return error_set(
		err, ERROR_DENIED,
		"%s: globals.proxmox.token_secret is in clear, and the "
		"controller takes none from the repository. Make a new token and "
		"say {secret: NAME}",
		place_print(p->arena, token->is.at));
}

static bool reach_cluster(struct pass *p, struct error *err)
{
	if (p->cluster)
		return true;
	if (!is_kept_secret(p, err))
		return false;
	if (!connect_config(&p->cluster_config, p->arena, &p->source.manifest,
			    p->source.ca_pem, p->spec.host, p->spec.endpoints,
			    p->spec.endpoints_len, err))
		return false;
	if (p->spec.apply && !connect_privileged(&p->cluster_config, p->arena,
						 &p->source.manifest, p->spec.host, err))
		return false;
	p->cluster_config.task_deadline = (uint64_t)p->spec.task_timeout;
	p->cluster = cluster_create(&p->cluster_config);
	return true;
}

static void fill_input(struct pass *p, struct plan_input *input)
{
	if (p->spec.apply && !*p->instance)
		random_uuid(p->instance);
	*input = (struct plan_input){
		.manifest = &p->source.manifest,
		.held = &p->source.leases,
		.cluster = p->observed,
		.applies = p->spec.apply,
		.unverified =
			connect_tls(p->spec.host, &p->source.manifest)->insecure.value,
		.commit = p->source.spec.working_tree && p->source.spec.head
				  ? p->source.spec.head
				  : p->source.tip,
		.working_tree = p->source.spec.working_tree && !p->source.clean,
		.unsigned_tree = p->source.spec.working_tree && p->source.spec.signers,
		.last = p->source.last,
		.contents = p->source.contents,
		.branch = p->source.branch,
		.instance = p->spec.apply ? p->instance : NULL,
		.repository = repo_name(p->spec.source.repo),
		.now = now_text(p->arena),
		.only = p->spec.only,
		.again = p->again.at,
		.again_len = p->again.len,
		.undo = p->undo.at,
		.undo_len = p->undo.len,
		.answering = p->probe.answering,
		.answering_len = p->probe.answering_len,
		.unprobed = p->probe.unprobed,
		.allow_destroy = p->source.allow_destroy,
		.allow_replace = p->source.allow_replace,
		.resting = p->spec.resting,
		.resting_len = p->spec.resting_len,
		.only_repairs = p->source.repairs.kind ? &p->source.repairs : NULL,
	};
}

static void plan_round(struct pass *p, const struct plan_input *input)
{
	plan_make(&p->round, p->arena, input);
	if (p->rounds == 0)
		p->plan = p->round;
}

static bool make_plan(struct pass *p, struct error *err)
{
	/* each round its own: what the first one decided is shown at the end */
	struct plan_input *input = arena_new(p->arena, struct plan_input);
	struct password *passwords = NULL;
	size_t passwords_len = 0;

	if (p->spec.apply &&
	    !connect_passwords(&passwords, &passwords_len, p->arena, &p->source.manifest,
			       &p->source.leases, p->spec.host, err))
		return false;
	fill_input(p, input);
	input->passwords = passwords;
	input->passwords_len = passwords_len;
	plan_round(p, input);
	p->planned = true;
	return true;
}

/* Is it the plan that was asked for? */
static bool is_expected(const struct pass *p, struct error *err)
{
	if (p->spec.only && !manifest_find(&p->source.manifest, p->spec.only) &&
	    !leases_find(&p->source.leases, p->spec.only))
		return error_set(err, ERROR_USAGE, "--guest %s: there is no such guest",
				 p->spec.only);
	if (p->spec.expect && p->rounds == 0 &&
	    strcmp(p->spec.expect, p->plan.fingerprint) != 0)
		return error_set(err, ERROR_REFUSED,
				 "the plan is not the expected one: its fingerprint is "
				 "%s. Look at it again: "
				 "vm7 plan",
				 p->plan.fingerprint);
	return true;
}

static void reserve(struct pass *p)
{
	struct new_file *file = arena_new(p->arena, struct new_file);
	char pass[UUID_TEXT];

	random_uuid(pass);
	leases_sign(&p->round.leases, &p->source, p->instance, p->observed);
	file->path = p->source.own.leases;
	file->text = leases_print(p->arena, &p->round.leases);
	file->len = strlen(file->text);
	p->step = PASS_RESERVED;
	lost_push_begin(&p->lost);
	push_start(&p->push, p->spec.source.repo, p->source.leases_branch,
		   p->source.leases_tip, file, 1,
		   reservation_message(p->arena, &p->round, p->source.last, pass),
		   (int64_t)time(NULL), tick, p);
}

/* What the branches have from here on. */
static void is_now(struct pass *p, const struct leases *leases, const char *pushed)
{
	p->after = leases;
	memcpy(p->leases_tip_after, *pushed ? pushed : p->source.leases_tip,
	       sizeof(p->leases_tip_after));
	if (*pushed && strcmp(p->source.branch, p->source.leases_branch) == 0)
		memcpy(p->tip_after, pushed, sizeof(p->tip_after));
	else
		memcpy(p->tip_after, p->source.tip, sizeof(p->tip_after));
}

static void carry_out(struct pass *p)
{
	const char *leases_tip = *p->push.commit ? p->push.commit : p->source.leases_tip;
	bool same = strcmp(p->source.branch, p->source.leases_branch) == 0;

	gate_finish(&p->gate);
	gate_init(&p->gate, &p->source, &p->round, same ? leases_tip : p->source.tip,
		  leases_tip);
	if (!same || !p->round.reserves) /* not just pushed to: it is looked at first */
		p->gate.looked_at = 0;
	p->apply.progress = p->spec.progress;
	p->apply.owner = p->spec.owner;
	p->step = PASS_APPLIED;
	apply_start(&p->apply, p->arena, p->cluster, &p->round, &p->gate, tick, p);
}

static bool raced(struct pass *p)
{
	return (p->push.end == PUSH_MOVED || p->push.end == PUSH_UNKNOWN) &&
	       !p->canceled && p->races++ < RACES_MAX;
}

static const struct action *action_of(const struct pass *p, const char *guest)
{
	for (size_t i = 0; i < p->plan.actions.len; i++)
		if (strcmp(p->plan.actions.at[i].guest, guest) == 0)
			return &p->plan.actions.at[i];
	return NULL;
}

static struct done *done_with(struct pass *p, const char *guest)
{
	for (size_t i = 0; i < p->done.len; i++)
		if (strcmp(p->done.at[i].guest, guest) == 0)
			return &p->done.at[i];
	return NULL;
}

/* "cores and memory": what it has been given and takes at its next start. */
static const char *pending_of(struct pass *p, const struct observed *seen)
{
	const char **keys = arena_array(p->arena, const char *, seen->pending_len);

	if (seen->pending_len == 0)
		return NULL;
	for (size_t i = 0; i < seen->pending_len; i++)
		keys[i] = arena_strdup(p->arena, making_entry_key(seen->pending[i]));
	return str_list(p->arena, keys, seen->pending_len, 5);
}

/* It was made and is removed again; or it failed, which is what is told then. */
static void undone(const struct pass *p, struct done *done)
{
	done->state = LEASE_DESTROYING;
	if (!done->ok)
		return;
	done->ok = false;
	error_set(&done->err, ERROR_FAILED,
		  "removed again: %s failed (on_error: rollback)", p->failed);
}

/* What a later round refuses of a guest that an earlier one has worked on. */
static void tell_refusals(struct pass *p)
{
	for (size_t i = 0; p->rounds > 0 && i < p->round.actions.len; i++) {
		const struct action *action = &p->round.actions.at[i];
		struct done *done = done_with(p, action->guest);

		if (!done || verb_acts(action->verb) || !action->why.kind)
			continue;
		done->ok = false;
		done->err = action->why;
	}
}

/* What became of every action, for the report; a later round has the last word. */
static void sum_up(struct pass *p)
{
	tell_refusals(p);
	for (size_t i = 0; i < p->apply.exec.len; i++) {
		const struct exec_item *item = &p->apply.exec.at[i];
		const struct carry *carry = &p->apply.guests[i].carry;
		const char *guest = item->action->guest;
		struct done *done = done_with(p, guest);

		if (!done) {
			done = vec_push(p->arena, &p->done);
			*done = (struct done){ .guest = guest,
					       .action = action_of(p, guest) };
		}
		if (p->undo.len > 0 && item->state == EXEC_WELL) {
			undone(p, done);
			continue;
		}
		done->ok = item->state == EXEC_WELL;
		done->tried |= p->apply.guests[i].tries > 0;
		done->step = p->apply.guests[i].at;
		done->err = item->why;
		if (done->ok)
			done->err = (struct error){ 0 };
		done->state = done->ok || item->state == EXEC_UNREACHABLE
				      ? state_after(item->action)
				      : item->action->lease->state;
		if (carry->node)
			done->node = arena_strdup(p->arena, carry->node);
		if (carry->warnings && *carry->warnings)
			done->warnings = arena_strdup(p->arena, carry->warnings);
		if (done->ok && item->action->verb == VERB_CHANGE)
			done->pending = pending_of(p, &carry->seen);
	}
	p->outcome = (struct outcome){
		.plan = &p->plan,
		.at = p->done.at,
		.len = p->done.len,
	};
}

/* Is there more to do about it, now that this went well? */
static bool leads_on(const struct pass *p, const struct exec_item *item)
{
	const struct action *action = item->action;

	if (item->state != EXEC_WELL)
		return false;
	return action->verb == VERB_REPLACE ||
	       (action->verb == VERB_DESTROY && action->want) ||
	       (action->verb == VERB_RELEASE && action->lease->destroy_since &&
		p->source.manifest.removal_grace == 0);
}

/* Had it never been finished before this pass? One that is made again keeps its lease. */
static bool was_unknown(const struct pass *p, const char *guest)
{
	const struct lease *held = leases_find(&p->source.leases, guest);

	return !held || held->bare || held->state == LEASE_RESERVED;
}

/* on_error: rollback: one failed, so none of those that this pass made stays. */
static void find_undone(struct pass *p)
{
	const struct exec *exec = &p->apply.exec;

	if (p->source.manifest.on_error != ON_ERROR_ROLLBACK || p->failed)
		return;
	for (size_t i = 0; i < exec->len && !p->failed; i++)
		if (exec->at[i].state == EXEC_FAILED &&
		    verb_makes(exec->at[i].action->verb))
			p->failed = exec->at[i].action->guest;
	for (size_t i = 0; i < exec->len && p->failed; i++)
		if (exec->at[i].action->verb == VERB_CREATE &&
		    was_unknown(p, exec->at[i].action->guest))
			*vec_push(p->arena, &p->undo) = exec->at[i].action->guest;
}

static void find_more(struct pass *p)
{
	p->again.len = 0;
	if (p->undo.len > 0) { /* that was its round, and the last one */
		p->undo.len = 0;
		return;
	}
	find_undone(p);
	if (p->undo.len > 0)
		return;
	for (size_t i = 0; i < p->apply.exec.len; i++)
		if (leads_on(p, &p->apply.exec.at[i]))
			*vec_push(p->arena, &p->again) =
				p->apply.exec.at[i].action->guest;
}

/* Results go onto the tip that the reservations made, or that was read. */
static void record(struct pass *p)
{
	bool reserved = p->round.reserves && *p->push.commit;
	const struct record_spec spec = {
		.source = &p->source,
		.results = &p->results,
		.observed = p->observed,
		.instance = p->instance,
		.now = p->round.input->now,
	};

	p->step = PASS_RECORDED;
	record_start(&p->record, p->arena, &spec,
		     reserved ? p->push.commit : p->source.leases_tip,
		     reserved ? &p->round.leases : &p->source.leases, tick, p);
}

/* Guests are stopped or destroyed only where somebody said so. */
static bool may_disturb(struct pass *p, struct error *err)
{
	const char **names = arena_array(p->arena, const char *, p->round.actions.len);
	size_t len = 0;

	for (size_t i = 0; i < p->round.actions.len; i++)
		if (action_disturbs(&p->round.actions.at[i]))
			names[len++] = p->round.actions.at[i].guest;
	if (len == 0 || p->spec.yes || p->rounds > 0)
		return true;
	if (p->spec.confirm)
		return p->spec.confirm(p->spec.confirm_owner,
				       str_list(p->arena, names, len, 8), err);
	return error_set(
		err, ERROR_REFUSED,
		"%s would be stopped or destroyed: say --yes where nobody can be "
		"asked",
		str_list(p->arena, names, len, 8));
}

/* The plan is made: is there more to do than to show it? */
static bool goes_on(struct pass *p, struct error *err)
{
	if (!is_expected(p, err) || !p->spec.apply)
		return false;
	if (p->round.stop.kind) {
		*err = p->round.stop;
		return false;
	}
	return may_disturb(p, err);
}

static void begin_again(struct pass *p)
{
	p->step = PASS_READ;
	p->push = (struct push){ 0 };
	source_start(&p->source, p->arena, &p->spec.source, tick, p);
	p->spec.source.looked = NULL;
}

/*
 * A lease whose guest is not in the list: it may end, or be made again. That of a guest
 * that is still to be made is asked about when it is.
 */
static bool may_be_absent(const struct pass *p, const struct lease *lease)
{
	return !lease->bare && p->observed->quorate &&
	       !cluster_find(p->observed, lease->vmid) &&
	       (lease->state != LEASE_RESERVED ||
		!manifest_find(&p->source.manifest, lease->name));
}

/*
 * Not in the list is not yet absent: a VMID must be free. And an archive should be
 * there.
 */
static void inquire(struct pass *p)
{
	const struct leases *leases = &p->source.leases;
	const struct manifest *manifest = &p->source.manifest;
	unsigned *vmids = arena_array(p->arena, unsigned, leases->len);
	struct inquiry_want want = { .vmids = vmids };
	struct archive_list storages = { 0 };

	for (size_t i = 0; i < leases->len; i++)
		if (may_be_absent(p, &leases->at[i]))
			vmids[want.vmids_len++] = leases->at[i].vmid;
	for (size_t i = 0; i < manifest->guests_len; i++) {
		const struct desired *guest = &manifest->guests[i];
		const struct lease *lease = leases_find(leases, guest->name);

		if (is_to_be_made(lease, guest))
			place_archives(&storages, p->arena, p->observed, guest, lease);
	}
	want.storages = storages.at;
	want.storages_len = storages.len;
	p->step = PASS_INQUIRED;
	inquiry_start(&p->inquiry, p->arena, p->cluster, p->observed, &want, tick, p);
}

/* Does somebody answer at addresses that the plan would give out? And who was unreachable? */
static void probe(struct pass *p)
{
	struct probe_spec spec = { .source = &p->source, .observed = &p->observe.out };
	struct plan_input input;
	struct plan plan;

	p->probe = (struct probe){ 0 };
	fill_input(p, &input);
	if (p->source.manifest.probe == PROBE_PING) {
		plan_make(&plan, p->arena, &input);
		spec.plan = &plan;
	}
	if (p->spec.apply)
		spec.cluster = p->cluster;
	p->step = PASS_PROBED;
	probe_start(&p->probe, p->arena, &spec, tick, p);
}

/* Where something is to be made. */
static const char **nodes_of_making(struct pass *p, size_t *len)
{
	const char **nodes = arena_array(p->arena, const char *, p->round.actions.len);

	*len = 0;
	for (size_t i = 0; i < p->round.actions.len; i++) {
		const struct action *action = &p->round.actions.at[i];

		if (action->verb == VERB_CREATE &&
		    !str_in(action->want->node, nodes, *len))
			nodes[(*len)++] = action->want->node;
	}
	return nodes;
}

/* Is this a guest that differs although nobody touched its entry? */
static bool is_suspect(const struct pass *p, const struct action *action)
{
	const struct lease *held = leases_find(&p->source.leases, action->guest);

	if (!held || held->bare || held->state != LEASE_READY)
		return false;
	return action->verb == VERB_CHANGE || action->verb == VERB_CREATE;
}

/* What differs was changed by hand only where desired state is what it was. */
static const struct suspect *find_suspects(struct pass *p, size_t *len)
{
	const struct plan *plan = &p->round;
	struct suspect *out = arena_array(p->arena, struct suspect, SUSPECTS_MAX);

	*len = 0;
	if (p->rounds > 0 || (p->source.spec.working_tree && !p->source.clean) ||
	    !str_equal(p->source.last, p->source.leases.source))
		return out;
	for (size_t i = 0; i < plan->actions.len && *len < SUSPECTS_MAX; i++) {
		const struct action *action = &plan->actions.at[i];

		if (is_suspect(p, action))
			out[(*len)++] = (struct suspect){
				action->lease->vmid,
				action->seen ? action->seen->node : action->lease->node,
			};
	}
	return out;
}

static bool asks_anything(const struct plan *plan)
{
	for (size_t i = 0; i < plan->actions.len; i++)
		if (plan->actions.at[i].steps_len > 0)
			return true;
	return false;
}

/* Only when something will be asked for, and once: a plan that does nothing needs no
 * leave. */
static bool begin_preflight(struct pass *p)
{
	const char *token = p->cluster_config.token.value;
	struct preflight_want want = {
		.token = arena_strndup(p->arena, token, strcspn(token, "=")),
	};

	if (p->preflown || !asks_anything(&p->round))
		return false;
	want.nodes = nodes_of_making(p, &want.nodes_len);
	want.suspects = find_suspects(p, &want.suspects_len);
	p->step = PASS_PREFLOWN;
	preflight_start(&p->preflight, p->arena, p->cluster, &want, tick, p);
	return true;
}

static bool not_reserved(const struct pass *p, struct error *err)
{
	error_wrap(err, "%s", repo_name(p->spec.source.repo));
	return error_wrap(
		err, "the reservations were not pushed, nothing was asked of Proxmox");
}

/* All is known: decide, and begin what there is to do. False: it ends here. */
static bool act(struct pass *p, struct error *err)
{
	if (!goes_on(p, err))
		return false;
	if (!p->round.reserves) {
		carry_out(p);
	} else if (p->lost.err.kind) {
		*err = p->lost.err;
		return not_reserved(p, err);
	} else {
		reserve(p);
	}
	return true;
}

/* What was waited for until just now. */
static enum phase phase_of(enum pass_step step)
{
	switch (step) {
	case PASS_READ:
		return PHASE_READ;
	case PASS_OBSERVED:
	case PASS_INQUIRED:
	case PASS_PROBED:
	case PASS_PREFLOWN:
		return PHASE_OBSERVE;
	case PASS_RESERVED:
	case PASS_RESTED:
		return PHASE_RESERVE;
	case PASS_APPLIED:
		return PHASE_APPLY;
	case PASS_RECORDED:
		return PHASE_RECORD;
	}
	return PHASE_READ;
}

/* Every wait ends here: a case that waits returns, one that ends the pass breaks. */
static void tick(void *flow)
{
	struct pass *p = flow;
	struct error *err = &p->op.err;

	phase_over(&p->phases, phase_of((enum pass_step)p->step));
	switch ((enum pass_step)p->step) {
	case PASS_READ:
		memcpy(p->tip_after, p->source.tip, sizeof(p->tip_after));
		if (!op_ok(&p->source.op, err))
			break;
		is_now(p, &p->source.leases, "");
		if (p->spec.source.offline) {
			if (make_plan(p, err))
				is_expected(p, err);
			break;
		}
		if (!reach_cluster(p, err))
			break;
		observe_what_matters(p);
		return;
	case PASS_OBSERVED:
		if (!op_ok(&p->observe.op, err)) {
			error_wrap(err, "%s",
				   str_list(p->arena, p->cluster_config.endpoints,
					    p->cluster_config.endpoints_len, 3));
			break;
		}
		p->observed = &p->observe.out;
		if (p->preflown)
			preflight_tell(&p->preflight.out, p->observed);
		inquire(p);
		return;
	case PASS_INQUIRED:
		if (!op_ok(&p->inquiry.op, err))
			break;
		probe(p);
		return;
	case PASS_PROBED:
		if (!op_ok(&p->probe.op, err) || !make_plan(p, err))
			break;
		phase_over(&p->phases, PHASE_PLAN);
		if (begin_preflight(p) || act(p, err))
			return;
		break;
	case PASS_PREFLOWN:
		if (!op_ok(&p->preflight.op, err))
			break;
		p->preflown = true;
		preflight_tell(&p->preflight.out, p->observed);
		plan_round(p, p->round.input);
		if (!act(p, err))
			break;
		return;
	case PASS_RESERVED:
		lost_push_end(&p->lost, &p->push);
		if (raced(p)) {
			log_info("git", "%s: decided again", p->push.op.err.text);
			p->step = PASS_RESTED;
			rest_a_little(&p->nap, tick, p);
			return;
		}
		if (!op_ok(&p->push.op, err)) {
			error_wrap(err, "the reservations were not pushed, nothing was "
					"asked of Proxmox");
			break;
		}
		p->git_note = p->push.note;
		seen_remember(p->spec.source.repo, p->round.leases.instance,
			      p->round.leases.serial);
		is_now(p, &p->round.leases, p->push.commit);
		carry_out(p);
		return;
	case PASS_RESTED:
		if (!op_ok(&p->nap.op, err))
			break;
		begin_again(p);
		return;
	case PASS_APPLIED:
		results_of(&p->results, p->arena, &p->round, &p->apply.exec);
		sum_up(p);
		if (p->source.repairs.kind) /* nobody can be told */
			break;
		find_more(p);
		record(p);
		return;
	case PASS_RECORDED:
		if (!op_ok(&p->record.op, err))
			break;
		if (p->record.note)
			p->git_note = p->record.note;
		is_now(p, p->record.leases,
		       p->record.pushed ? p->record.push.commit : p->push.commit);
		p->overtaken |= p->record.races > 0;
		if (p->again.len + p->undo.len == 0 || p->canceled ||
		    ++p->rounds == ROUNDS_MAX)
			break;
		apply_finish(&p->apply);
		begin_again(p);
		return;
	}
	if (p->cluster) {
		p->tally = *cluster_tally(p->cluster);
		p->requests = cluster_requests(p->cluster);
		p->writes = cluster_writes(p->cluster);
	}
	if (p->canceled && err->kind == ERROR_NONE)
		error_set(err, ERROR_CANCELED, "interrupted");
	op_finish(&p->op);
}

void pass_start(struct pass *pass, struct arena *arena, const struct pass_spec *spec,
		void (*resume)(void *flow), void *flow)
{
	*pass = (struct pass){ .arena = arena, .spec = *spec };
	op_begin(&pass->op, resume, flow);
	phases_begin(&pass->phases);
	begin_again(pass);
}

void pass_cancel(struct pass *p)
{
	p->canceled = true;
	switch ((enum pass_step)p->step) {
	case PASS_READ:
		source_cancel(&p->source);
		break;
	case PASS_OBSERVED:
		observe_cancel(&p->observe);
		break;
	case PASS_INQUIRED:
		inquiry_cancel(&p->inquiry);
		break;
	case PASS_PROBED:
		probe_cancel(&p->probe);
		break;
	case PASS_PREFLOWN:
		preflight_cancel(&p->preflight);
		break;
	case PASS_APPLIED:
		apply_cancel(&p->apply);
		break;
	case PASS_RESTED:
		nap_cancel(&p->nap);
		break;
	case PASS_RESERVED: /* a push has its own deadline, and its answer is worth having */
		break;
	case PASS_RECORDED:
		record_cancel(&p->record);
		break;
	}
}

void pass_finish(struct pass *pass)
{
	apply_finish(&pass->apply);
	gate_finish(&pass->gate);
	cluster_destroy(pass->cluster);
	connect_finish(&pass->cluster_config);
	pass->cluster = NULL;
}

unsigned pass_requests(const struct pass *pass)
{
	return pass->cluster ? cluster_requests(pass->cluster) : pass->requests;
}

int pass_exit(const struct pass *pass)
{
	size_t failed = 0, well = 0;
	int *codes, code;

	if (pass->op.err.kind)
		return error_exit(pass->op.err.kind);
	if (!pass->planned)
		return 0;
	if (!pass->spec.apply || pass->plan.stop.kind)
		return plan_exit(&pass->plan);
	codes = xcalloc(pass->plan.actions.len, sizeof(*codes));
	for (size_t i = 0; i < pass->plan.actions.len; i++) {
		const struct action *action = &pass->plan.actions.at[i];

		if (action->verb == VERB_REFUSED || action->verb == VERB_WAIT)
			codes[failed++] = error_exit(action->why.kind);
	}
	for (size_t i = 0; i < pass->outcome.len; i++) {
		enum error_kind kind = pass->outcome.at[i].err.kind;

		if (pass->outcome.at[i].ok)
			well++;
		else /* 20 is for what stops a pass: this guest alone failed */
			codes[failed++] = error_exit(kind) == 20 ? 22 : error_exit(kind);
	}
	code = guests_exit(codes, failed, well);
	free(codes);
	return code;
}
