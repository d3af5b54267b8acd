#include "pve/inquiry.h"

#include "base/text.h"
#include "pve/request.h"

#include <string.h>

static void tick(void *flow);

/* True when a question is under way: first the VMIDs, then the storages. */
static bool ask_next(struct inquiry *q)
{
	const struct inquiry_want *want = &q->want;

	if (q->next == want->vmids_len + want->storages_len)
		return false;
	if (q->next < want->vmids_len)
		request_free(&q->request, q->arena, want->vmids[q->next]);
	else
		request_archives(&q->request, q->arena,
				 &want->storages[q->next - want->vmids_len]);
	call_start(&q->call, q->cluster, &q->request, tick, q);
	return true;
}

static void note_archives(struct inquiry *q)
{
	struct archives *answer = &q->state->archives[q->state->archives_len++];
	const json_t *volume;
	size_t i;

	*answer = q->want.storages[q->next - q->want.vmids_len];
	answer->volumes =
		arena_array(q->arena, const char *, json_array_size(q->call.data));
	json_array_foreach (q->call.data, i, volume) {
		const char *id = json_string_value(json_object_get(volume, "volid"));

		if (id)
			answer->volumes[answer->len++] = arena_strdup(q->arena, id);
	}
}

static void tick(void *flow)
{
	struct inquiry *q = flow;
	enum error_kind kind = q->call.op.err.kind;

	if (kind == ERROR_CANCELED) {
		q->op.err = q->call.op.err;
	} else if (kind == ERROR_NONE && q->next < q->want.vmids_len) {
		q->state->free[q->state->free_len++] = q->want.vmids[q->next];
	} else if (kind == ERROR_NONE) {
		note_archives(q);
	}
	call_finish(&q->call);
	q->next++;
	if (kind == ERROR_CANCELED || !ask_next(q))
		op_finish(&q->op);
}

void inquiry_start(struct inquiry *inquiry, struct arena *arena, struct cluster *cluster,
		   struct cluster_state *state, const struct inquiry_want *want,
		   void (*resume)(void *flow), void *flow)
{
	*inquiry = (struct inquiry){
		.arena = arena,
		.cluster = cluster,
		.state = state,
		.want = *want,
	};
	op_begin(&inquiry->op, resume, flow);
	state->free = arena_array(arena, unsigned, want->vmids_len);
	state->archives = arena_array(arena, struct archives, want->storages_len);
	if (!ask_next(inquiry))
		op_finish(&inquiry->op);
}

void inquiry_cancel(struct inquiry *inquiry)
{
	call_cancel(&inquiry->call);
}
