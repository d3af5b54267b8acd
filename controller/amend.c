#include "controller/amend.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/text.h"
#include "controller/seen.h"
#include "reconcile/premise.h"

#include <string.h>
#include <time.h>

enum { RACES_MAX = 100 };

/* Named after what has just finished. */
enum amend_step { AMEND_READ, AMEND_PUSHED, AMEND_RESTED };

static void tick(void *flow);

/*
 * What belongs to the file as a whole. The commit that the leases were computed from
 * stays: no pass has worked on a newer one, and what people allowed since then (in
 * trailers) still counts.
 */
static void sign(struct amend *a)
{
	const char *source = a->leases.source;

	leases_sign(&a->leases, &a->source, NULL, NULL);
	if (source)
		a->leases.source = source;
}

static bool files_of(struct amend *a, struct new_file **files, size_t *len,
		     struct error *err)
{
	if (a->leases.instance)
		return results_files(files, len, a->arena, &a->source, &a->leases,
				     a->source.leases_tip, NULL, NULL, err);
	*files = arena_new(a->arena, struct new_file);
	(*files)->path = a->source.own.leases;
	(*files)->text = leases_print(a->arena, &a->leases);
	(*files)->len = strlen((*files)->text);
	*len = 1;
	return true;
}

/* True when a push is under way; else there is nothing to do, or `err` says why not. */
static bool decide(struct amend *a, struct error *err)
{
	const struct source *source = &a->source;
	struct new_file *files;
	char pass[UUID_TEXT];
	size_t len;

	if (!premise_of_branch(err, &source->manifest, &source->leases, source->branch))
		return false;
	leases_copy(&a->leases, a->arena, &source->leases);
	if (!a->spec.change(a->spec.owner, a->arena, source, &a->leases, err))
		return false;
	if (a->lost.err.kind) {
		*err = a->lost.err;
		return false;
	}
	sign(a);
	if (!files_of(a, &files, &len, err))
		return false;
	random_uuid(pass);
	a->step = AMEND_PUSHED;
	lost_push_begin(&a->lost);
	push_start(&a->push, source->spec.repo, source->leases_branch, source->leases_tip,
		   files, len,
		   arena_printf(a->arena, "%s\n\nVm7-Source: %s\nVm7-Pass: %s\n",
				a->spec.message(a->spec.owner, a->arena),
				a->leases.source, pass),
		   (int64_t)time(NULL), tick, a);
	return true;
}

static bool raced(struct amend *a)
{
	return (a->push.end == PUSH_MOVED || a->push.end == PUSH_UNKNOWN) &&
	       a->races++ < RACES_MAX;
}

static void read_branch(struct amend *a)
{
	a->step = AMEND_READ;
	source_start(&a->source, a->arena, &a->spec.source, tick, a);
}

static void tick(void *flow)
{
	struct amend *a = flow;
	struct error *err = &a->op.err;

	switch ((enum amend_step)a->step) {
	case AMEND_READ:
		if (!op_ok(&a->source.op, err) || !decide(a, err))
			break;
		return;
	case AMEND_PUSHED:
		lost_push_end(&a->lost, &a->push);
		if (raced(a)) {
			log_info("git", "%s: decided again", a->push.op.err.text);
			a->step = AMEND_RESTED;
			rest_a_little(&a->nap, tick, a);
			return;
		}
		if (!op_ok(&a->push.op, err)) {
			error_wrap(err, "%s", repo_name(a->spec.source.repo));
			error_wrap(err,
				   "the leases were not pushed, nothing has changed");
			break;
		}
		a->pushed = true;
		memcpy(a->commit, a->push.commit, sizeof(a->commit));
		a->note = a->push.note;
		seen_remember(a->spec.source.repo, a->leases.instance, a->leases.serial);
		break;
	case AMEND_RESTED:
		if (!op_ok(&a->nap.op, err))
			break;
		read_branch(a);
		return;
	}
	op_finish(&a->op);
}

void amend_start(struct amend *amend, struct arena *arena, const struct amend_spec *spec,
		 void (*resume)(void *flow), void *flow)
{
	*amend = (struct amend){ .arena = arena, .spec = *spec };
	op_begin(&amend->op, resume, flow);
	read_branch(amend);
}

void amend_cancel(struct amend *a)
{
	switch ((enum amend_step)a->step) {
	case AMEND_READ:
		source_cancel(&a->source);
		break;
	case AMEND_PUSHED:
		a->races = RACES_MAX;
		break;
	case AMEND_RESTED:
		nap_cancel(&a->nap);
		break;
	}
}
