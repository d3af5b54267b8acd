#include "controller/probe.h"

enum { ANSWER_MS = 1000 };

static void pinged(void *flow)
{
	struct probe *probe = flow;
	const struct error *err = &probe->ping.op.err;

	if (err->kind == ERROR_CANCELED)
		probe->op.err = *err;
	else if (err->kind)
		probe->unprobed = arena_strdup(probe->arena, err->text);
	for (size_t i = 0; i < probe->len && !err->kind; i++)
		if (probe->ping.answers[i])
			probe->answering[probe->answering_len++] = probe->fresh[i];
	op_finish(&probe->op);
}

void probe_start(struct probe *probe, struct arena *arena, const struct plan *plan,
		 void (*resume)(void *flow), void *flow)
{
	const char **texts;

	*probe = (struct probe){ .arena = arena };
	op_begin(&probe->op, resume, flow);
	probe->len = plan_fresh(&probe->fresh, arena, plan);
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
	ping_cancel(&probe->ping);
}
