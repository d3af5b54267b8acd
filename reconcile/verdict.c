#include "reconcile/verdict.h"

#include "base/hash.h"
#include "base/text.h"
#include "base/vec.h"
#include "ipam/rest.h"
#include "reconcile/declared.h"
#include "reconcile/replace.h"

#include <ctype.h>
#include <string.h>

/*
 * Digits in a row that only tell one run from another: eight and more, or part of a
 * UPID.
 */
char *normalised(struct arena *arena, const char *text)
{
	struct text out;

	text_init(&out, arena);
	while (*text) {
		size_t len = 0;

		if (str_starts(text, "UPID:")) {
			len = strcspn(text, " \t\n'\"");
			text_add(&out, "the task");
			text += len;
			continue;
		}
		while (isxdigit((unsigned char)text[len]))
			len++;
		if (len >= 8) {
			text_add(&out, "...");
			text += len;
			continue;
		}
		len += len == 0;
		text_addn(&out, text, len);
		text += len;
	}
	return arena_strdup(arena, text_str(&out));
}

enum lease_state state_after(const struct action *action)
{
	switch (action->verb) {
	case VERB_CREATE:
	case VERB_RESUME:
	case VERB_ADOPT:
	case VERB_CHANGE:
	case VERB_RETURN:
		return LEASE_READY;
	case VERB_RELEASE:
		return LEASE_RELEASED;
	case VERB_REPLACE:
	case VERB_DESTROY:
		return action->want ? LEASE_RESERVED : LEASE_DESTROYING;
	case VERB_NONE:
	case VERB_WAIT:
	case VERB_RECORD:
	case VERB_DROP:
	case VERB_REFUSED:
		break;
	}
	return action->lease->state;
}

static enum verdict_kind verdict_after(const struct action *action)
{
	if (action->verb == VERB_REPLACE)
		return VERDICT_REMADE;
	if (verb_makes(action->verb))
		return VERDICT_MADE;
	if (action->verb == VERB_RELEASE)
		return VERDICT_RELEASED;
	if (action->verb == VERB_DESTROY)
		return action->want ? VERDICT_REMADE : VERDICT_GONE;
	return VERDICT_KEPT;
}

/* What became of what was asked of Proxmox. */
static void add_verdict(struct results *out, struct arena *arena,
			const struct exec_item *item)
{
	const struct action *action = item->action;
	struct verdict verdict = { .guest = action->guest, .id = action->lease->id };

	switch (item->state) {
	case EXEC_UNREACHABLE: /* it is made all the same */
		if (item->why.kind != ERROR_CANCELED)
			verdict.unreachable = normalised(arena, item->why.text);
		__attribute__((fallthrough));
	case EXEC_WELL:
		verdict.kind = verdict_after(action);
		verdict.want = action->want;
		verdict.seen = item->seen;
		if (verb_makes(action->verb))
			verdict.node = action->want->node;
		break;
	case EXEC_FAILED:
		if (item->why.kind == ERROR_CANCELED)
			return;
		verdict.kind = VERDICT_FAILED;
		verdict.failed = normalised(arena, item->why.text);
		break;
	case EXEC_WAITING:
	case EXEC_RUNNING:
	case EXEC_RESTING:
	case EXEC_COMING:
	case EXEC_SKIPPED:
		return;
	}
	*vec_push(arena, out) = verdict;
}

void results_of(struct results *out, struct arena *arena, const struct plan *plan,
		const struct exec *exec)
{
	*out = (struct results){ 0 };
	for (size_t i = 0; i < exec->len; i++)
		add_verdict(out, arena, &exec->at[i]);
	for (size_t i = 0; i < plan->actions.len; i++)
		if (plan->actions.at[i].verb == VERB_RECORD && plan->actions.at[i].want)
			*vec_push(arena, out) = (struct verdict){
				.guest = plan->actions.at[i].guest,
				.id = plan->actions.at[i].lease->id,
				.kind = VERDICT_KEPT,
				.want = plan->actions.at[i].want,
				.seen = plan->actions.at[i].seen,
			};
}

struct merging {
	struct leases *out;
	struct arena *arena;
	const struct pools *pools;
	const char *now;
	unsigned serial; /* of the commit that this goes into */
};

static void move_to(struct lease *lease, enum lease_state state, const char *now)
{
	if (lease->state != state)
		lease->since = now;
	lease->state = state;
	lease->failed = NULL;
}

/* What was declared counts from now on; cards and addresses that went are freed. */
static void take_over(const struct merging *m, struct lease *lease,
		      const struct verdict *verdict)
{
	size_t cards = cards_kept(lease, verdict->want, verdict->seen);

	if (lease->nics_len > cards)
		leases_let_go(m->out, m->arena, lease->nics + cards,
			      lease->nics_len - cards, m->pools, m->now);
	for (size_t i = 0; i < lease->leaving_len; i++) {
		const struct leaving *leaving = &lease->leaving[i];
		const struct nic nic = { .pool = leaving->pool, .ip = leaving->ip };

		if (!carries_still(verdict->seen, &leaving->ip))
			leases_let_go(m->out, m->arena, &nic, 1, m->pools, m->now);
	}
	lease_declare(m->arena, lease, verdict->want, verdict->seen);
}

/* Its end was its beginning: the same address, VMID and MAC, another id, maybe a type. */
static void reserve_anew(const struct merging *m, struct lease *lease,
			 const struct desired *want)
{
	char id[UUID_TEXT];

	hash_uuid5(m->out->instance,
		   arena_printf(m->arena, "%s %u", lease->name, m->serial), id);
	lease->id = arena_strdup(m->arena, id);
	lease->type = want->type;
	lease->template = origin_of(m->arena, want);
	move_to(lease, LEASE_RESERVED, m->now);
}

/* True: the lease ends. */
static bool merge_one(const struct merging *m, struct lease *lease,
		      const struct verdict *verdict)
{
	switch (verdict->kind) {
	case VERDICT_MADE:
	case VERDICT_KEPT:
		move_to(lease, LEASE_READY, m->now);
		if (verdict->node)
			lease->node = verdict->node;
		if (verdict->want)
			take_over(m, lease, verdict);
		return false;
	case VERDICT_FAILED:
		lease->failed = verdict->failed;
		return false;
	case VERDICT_RELEASED:
		move_to(lease, LEASE_RELEASED, m->now);
		return false;
	case VERDICT_REMADE:
		reserve_anew(m, lease, verdict->want);
		return false;
	case VERDICT_GONE:
		return true;
	}
	return false;
}

void results_merge(struct leases *out, struct arena *arena, const struct leases *tip,
		   const struct results *results, const struct pools *pools,
		   const char *now)
{
	bool *gone = arena_array(arena, bool, tip->len);
	const struct merging m = { out, arena, pools, now, tip->serial + 1 };

	leases_copy(out, arena, tip);
	for (size_t i = 0; i < results->len; i++) {
		const struct verdict *verdict = &results->at[i];
		struct lease *lease = leases_find(out, verdict->guest);

		/* else a new making of it has begun meanwhile: not ours to tell */
		if (lease && str_equal(lease->id, verdict->id))
			gone[lease - out->at] = merge_one(&m, lease, verdict);
	}
	leases_end(out, arena, gone, pools, now);
}
