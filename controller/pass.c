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
#include "controller/pass_inside.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "controller/connect.h"
#include "controller/seen.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	RACES_MAX = 100,
	ROUNDS_MAX = 8,
};

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

void pass_fill_input(struct pass *p, struct plan_input *input)
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
	pass_fill_input(p, input);
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
		   (int64_t)time(NULL), pass_tick, p);
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
	memcpy(p->settled.commit, p->source.desired, sizeof(p->settled.commit));
	memcpy(p->settled.leases_tip, p->leases_tip_after, sizeof(p->settled.leases_tip));
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
	apply_start(&p->apply, p->arena, p->cluster, &p->round, &p->gate, pass_tick, p);
}

static bool raced(struct pass *p)
{
	return (p->push.end == PUSH_MOVED || p->push.end == PUSH_UNKNOWN) &&
	       !p->canceled && p->races++ < RACES_MAX;
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
		     reserved ? &p->round.leases : &p->source.leases, pass_tick, p);
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
	source_start(&p->source, p->arena, &p->spec.source, pass_tick, p);
	p->spec.source.looked = NULL;
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

static void end_pass(struct pass *p)
{
	struct error *err = &p->op.err;

	if (p->cluster) {
		p->tally = *cluster_tally(p->cluster);
		p->requests = cluster_requests(p->cluster);
		p->writes = cluster_writes(p->cluster);
	}
	if (p->canceled && err->kind == ERROR_NONE)
		error_set(err, ERROR_CANCELED, "interrupted");
	op_finish(&p->op);
}

/* Canceled too late to end the step before it: then the next one is not begun. */
static bool begins_something(const struct pass *p)
{
	switch ((enum pass_step)p->step) {
	case PASS_READ:
	case PASS_OBSERVED:
	case PASS_INQUIRED:
	case PASS_PROBED:
	case PASS_PREFLOWN:
	case PASS_RESTED:
		return true;
	case PASS_RESERVED:
	case PASS_APPLIED:
	case PASS_RECORDED:
		return false;
	}
	return false;
}

/* Every wait ends here: a case that waits returns, one that ends the pass breaks. */
void pass_tick(void *flow)
{
	struct pass *p = flow;
	struct error *err = &p->op.err;

	phase_over(&p->phases, phase_of((enum pass_step)p->step));
	if (p->canceled && begins_something(p)) {
		end_pass(p);
		return;
	}
	switch ((enum pass_step)p->step) {
	case PASS_READ:
		memcpy(p->tip_after, p->source.tip, sizeof(p->tip_after));
		if (!op_ok(&p->source.op, err))
			break;
		if (p->source.repairs.kind && p->rounds > 0) {
			*err = p->source.repairs; /* what is left needs the branch */
			break;
		}
		if (p->source.repairs.kind)
			p->after = &p->source.leases;
		else
			is_now(p, &p->source.leases, "");
		if (p->spec.source.offline) {
			if (make_plan(p, err))
				is_expected(p, err);
			break;
		}
		if (!reach_cluster(p, err))
			break;
		p->called = true;
		pass_observe(p);
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
		pass_inquire(p);
		return;
	case PASS_INQUIRED:
		if (!op_ok(&p->inquiry.op, err))
			break;
		pass_probe(p);
		return;
	case PASS_PROBED:
		if (!op_ok(&p->probe.op, err) || !make_plan(p, err))
			break;
		phase_over(&p->phases, PHASE_PLAN);
		if (pass_preflight(p) || act(p, err))
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
			rest_a_little(&p->nap, pass_tick, p);
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
		if (p->canceled) /* what is reserved is taken up by the next pass */
			break;
		carry_out(p);
		return;
	case PASS_RESTED:
		if (!op_ok(&p->nap.op, err))
			break;
		begin_again(p);
		return;
	case PASS_APPLIED:
		results_of(&p->results, p->arena, &p->round, &p->apply.exec);
		pass_sum_up(p);
		if (p->source.repairs.kind) /* nobody can be told */
			break;
		pass_find_more(p);
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
	end_pass(p);
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
