#include "controller/record.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/when.h"
#include "controller/seen.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { RACES_MAX = 100, LOST_MAX = 5, LOST_SLOW_MS = 20000 };

/* Named after what has just finished. */
enum record_step {
	RECORD_PUSHED,
	RECORD_RESTED,
	RECORD_LOOKED,
	RECORD_VOUCHED, /* for the tip that came in between */
};

static void tick(void *flow);

void random_uuid(char out[37])
{
	uint8_t bytes[16];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		abort(); /* cannot happen for so few bytes */
	hash_uuid4(bytes, out);
}

const char *now_text(struct arena *arena)
{
	char *text = arena_alloc(arena, WHEN_TEXT, 1);

	when_print(time(NULL), text);
	return text;
}

void rest_a_little(struct nap *nap, void (*resume)(void *flow), void *flow)
{
	uint16_t chance = 0;

	if (getrandom(&chance, sizeof(chance), 0) < 0)
		chance = 0;
	nap_start(nap, 20 + chance % 200, resume, flow);
}

void lost_push_begin(struct lost_push *lost)
{
	uv_update_time(op_loop());
	lost->began = uv_now(op_loop());
}

void lost_push_end(struct lost_push *lost, const struct push *push)
{
	if (push->end != PUSH_UNKNOWN)
		return;
	lost->count++;
	/* a server that kept us waiting once will do it again */
	if (lost->count == LOST_MAX || uv_now(op_loop()) - lost->began > LOST_SLOW_MS)
		lost->err = push->op.err;
}

/* True when a push is under way; else there is nothing to tell, or `err` says why not. */
static bool push_onto(struct record *r, const char *tip, const struct leases *tip_leases,
		      struct error *err)
{
	const struct record_spec *spec = &r->spec;
	struct leases *leases = arena_new(r->arena, struct leases);
	/* what the operator accepted is settled, also when there is nothing else to tell */
	bool settles =
		spec->source->rewritten && strcmp(tip, spec->source->leases_tip) == 0;
	struct new_file *files;
	char pass[UUID_TEXT];
	size_t len;

	r->leases = leases;
	results_merge(leases, r->arena, tip_leases, spec->results,
		      &spec->source->manifest.pools, spec->now);
	if (!results_files(&files, &len, r->arena, spec->source, leases, tip,
			   spec->observed, spec->results, err) ||
	    (len == 0 && !settles))
		return false;
	/* a commit of ours has a serial of its own, so the lease file goes along */
	leases_sign(leases, spec->source, spec->instance, spec->observed);
	if (!results_files(&files, &len, r->arena, spec->source, leases, tip,
			   spec->observed, spec->results, err))
		return false;
	if (r->lost.err.kind) {
		*err = r->lost.err;
		return false;
	}
	r->serial = leases->serial;
	r->spec.instance = leases->instance;
	random_uuid(pass);
	r->step = RECORD_PUSHED;
	lost_push_begin(&r->lost);
	push_start(&r->push, spec->source->spec.repo, spec->source->leases_branch, tip,
		   files, len,
		   results_message(r->arena, spec->source, leases, spec->results, pass),
		   (int64_t)time(NULL), tick, r);
	return true;
}

static bool go_on(struct record *r, struct error *err)
{
	struct leases *leases = arena_new(r->arena, struct leases);
	struct source *source = (struct source *)(uintptr_t)r->spec.source;

	return source_leases_at(source, r->look.tip, leases, err) &&
	       push_onto(r, r->look.tip, leases, err);
}

/* Nothing is committed on a tip that nobody has signed. True when it has to be asked. */
static bool begin_vouching(struct record *r)
{
	const struct source *source = r->spec.source;

	if (!source->spec.signers || strcmp(source->branch, source->leases_branch) != 0)
		return false;
	r->step = RECORD_VOUCHED;
	vouch_start(&r->vouch, r->arena, source->spec.repo, source->branch, r->look.tip,
		    in_folder(r->arena, source->spec.folder, "vm7.yaml"),
		    source->spec.signers, tick, r);
	return true;
}

static void tick(void *flow)
{
	struct record *r = flow;
	struct error *err = &r->op.err;

	switch ((enum record_step)r->step) {
	case RECORD_PUSHED:
		lost_push_end(&r->lost, &r->push);
		if ((r->push.end == PUSH_MOVED || r->push.end == PUSH_UNKNOWN) &&
		    r->races++ < RACES_MAX) {
			log_info("git", "%s: the results are merged again",
				 r->push.op.err.text);
			r->step = RECORD_RESTED;
			rest_a_little(&r->nap, tick, r);
			return;
		}
		if (!op_ok(&r->push.op, err))
			break;
		r->pushed = true;
		r->note = r->push.note;
		seen_remember(r->spec.source->spec.repo, r->spec.instance, r->serial);
		break;
	case RECORD_RESTED:
		if (!op_ok(&r->nap.op, err))
			break;
		r->step = RECORD_LOOKED;
		look_start(&r->look, r->spec.source->spec.repo,
			   r->spec.source->leases_branch, tick, r);
		return;
	case RECORD_LOOKED:
		if (!op_ok(&r->look.op, err))
			break;
		if (begin_vouching(r) || go_on(r, err))
			return;
		break;
	case RECORD_VOUCHED:
		if (op_ok(&r->vouch.op, err) &&
		    vouch_covers(&r->vouch, &r->spec.source->own, err) && go_on(r, err))
			return;
		break;
	}
	if (err->kind) {
		error_wrap(err, "%s", repo_name(r->spec.source->spec.repo));
		error_wrap(err, "the results were not pushed; the next pass finds and "
				"pushes them");
	}
	op_finish(&r->op);
}

void record_start(struct record *record, struct arena *arena,
		  const struct record_spec *spec, const char *tip,
		  const struct leases *tip_leases, void (*resume)(void *flow), void *flow)
{
	*record = (struct record){ .arena = arena, .spec = *spec };
	op_begin(&record->op, resume, flow);
	if (!push_onto(record, tip, tip_leases, &record->op.err))
		op_finish(&record->op);
}

void record_cancel(struct record *r)
{
	switch ((enum record_step)r->step) {
	case RECORD_PUSHED:
		r->races = RACES_MAX;
		break;
	case RECORD_RESTED:
		nap_cancel(&r->nap);
		break;
	case RECORD_LOOKED:
		look_cancel(&r->look);
		break;
	case RECORD_VOUCHED:
		vouch_cancel(&r->vouch);
		break;
	}
}
