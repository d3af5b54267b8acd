#include "pve/ready.h"

#include "base/text.h"

#include <string.h>

enum {
	AGENT_MS = 10000, /* from one look to the next */
	OTHER_MS = 2000,
	SSH_PORT = 22,
	SSH_MS = 5000, /* for one try */
	SSH_ONCE_MS = 1000,
};

static void tick(void *flow);

static enum ready_when when_of(const struct ready *r)
{
	return (enum ready_when)r->spec.settings->when.value;
}

static uint64_t loop_now(void)
{
	uv_update_time(op_loop());
	return uv_now(op_loop());
}

/* ---- one agent of a node at a time ---- */

static void take_out(struct ready **list, const struct ready *r)
{
	while (*list && *list != r)
		list = &(*list)->next;
	if (*list)
		*list = r->next;
}

static bool is_asking_on(const struct ready_line *line, const char *node)
{
	for (const struct ready *r = line->asking; r; r = r->next)
		if (strcmp(r->spec.target.node, node) == 0)
			return true;
	return false;
}

/* Of each node that nobody asks on, the one that was asked least. */
static void call_up(struct ready_line *line)
{
	struct ready *r = line->first;

	while (r) {
		struct ready *best = r, *other = r->next;

		if (is_asking_on(line, r->spec.target.node)) {
			r = r->next;
			continue;
		}
		for (; other; other = other->next)
			if (!strcmp(other->spec.target.node, r->spec.target.node) &&
			    other->asked < best->asked)
				best = other;
		take_out(&line->first, best);
		best->next = line->asking;
		line->asking = best;
		best->step = READY_ASKED;
		best->asked++;
		best->next_look = loop_now() + AGENT_MS;
		call_start(&best->call, best->cluster, &best->request, tick, best);
		r = line->first;
	}
}

static void stand_in_line(struct ready *r)
{
	struct ready **last = &r->line->first;

	while (*last)
		last = &(*last)->next;
	*last = r;
	r->next = NULL;
	r->step = READY_TURN;
	call_up(r->line);
}

/* ---- look, rest, look again ---- */

static void look(struct ready *r)
{
	switch (when_of(r)) {
	case READY_RUNNING:
		r->step = READY_ASKED;
		r->asked++;
		r->next_look = loop_now() + OTHER_MS;
		call_start(&r->call, r->cluster, &r->request, tick, r);
		return;
	case READY_AGENT:
		stand_in_line(r);
		return;
	case READY_SSH:
		r->step = READY_HEARD;
		r->asked++;
		r->next_look = loop_now() + OTHER_MS;
		banner_start(&r->banner, r->spec.address, SSH_PORT, "SSH-",
			     r->spec.once ? SSH_ONCE_MS : SSH_MS, tick, r);
		return;
	}
}

static const char *not_ready(const struct ready *r)
{
	switch (when_of(r)) {
	case READY_RUNNING:
		return "it does not run";
	case READY_AGENT:
		return "its QEMU guest agent does not answer";
	case READY_SSH:
		return "its SSH server does not answer";
	}
	return "";
}

static void give_up(struct ready *r)
{
	const char *where = when_of(r) == READY_SSH ? r->spec.address : NULL;

	error_set(
		&r->op.err, ERROR_FAILED,
		"it was started, but %s within %ld seconds: %s%s%s. Look at it on %s; it "
		"is kept",
		not_ready(r), ready_timeout(r->spec.settings), where ? where : "",
		where ? ": " : "", r->last.text, r->spec.target.node);
	op_finish(&r->op);
}

/* The last look is at the end of its time. */
static void rest(struct ready *r)
{
	uint64_t now = loop_now();
	uint64_t until = r->next_look < r->deadline ? r->next_look : r->deadline;

	if (r->asked > 0 && now >= r->deadline) {
		give_up(r);
		return;
	}
	r->step = READY_RESTED;
	nap_start(&r->nap, until > now ? until - now : 0, tick, r);
}

static bool is_ready(struct ready *r, const struct op *op)
{
	if (!op_ok(op, &r->last))
		return false;
	if (when_of(r) != READY_RUNNING)
		return true;
	if (str_equal(json_string_value(json_object_get(r->call.data, "status")),
		      "running"))
		return true;
	return error_set(&r->last, ERROR_TEMPORARY, "it is stopped again");
}

static void looked(struct ready *r, const struct op *op)
{
	bool well = is_ready(r, op);

	call_finish(&r->call);
	if (!well && r->canceled) {
		error_set(&r->op.err, ERROR_CANCELED, "interrupted");
	} else if (!well && r->last.kind != ERROR_DENIED) {
		rest(r);
		return;
	} else if (!well) {
		r->op.err = r->last;
		error_wrap(&r->op.err, "it was started, but its agent may not be asked");
	}
	op_finish(&r->op);
}

static void tick(void *flow)
{
	struct ready *r = flow;

	switch (r->step) {
	case READY_RESTED:
		if (r->canceled) {
			error_set(&r->op.err, ERROR_CANCELED, "interrupted");
			op_finish(&r->op);
		} else {
			look(r);
		}
		return;
	case READY_TURN: /* nothing is under way in the line */
		return;
	case READY_ASKED:
		if (when_of(r) == READY_AGENT)
			take_out(&r->line->asking, r);
		looked(r, &r->call.op);
		call_up(r->line);
		return;
	case READY_HEARD:
		looked(r, &r->banner.op);
		return;
	}
}

void ready_start(struct ready *ready, struct arena *arena, struct cluster *cluster,
		 struct ready_line *line, const struct ready_spec *spec,
		 void (*resume)(void *flow), void *flow)
{
	*ready = (struct ready){ .cluster = cluster, .line = line, .spec = *spec };
	op_begin(&ready->op, resume, flow);
	ready->deadline = loop_now() + (uint64_t)ready_timeout(spec->settings) * 1000;
	/* no agent answers at once, and asking in vain is dear */
	ready->next_look = loop_now() + (when_of(ready) == READY_AGENT ? AGENT_MS : 0);
	error_set(&ready->last, ERROR_TEMPORARY, "it was not asked");
	if (spec->once)
		ready->deadline = ready->next_look = loop_now();
	if (when_of(ready) == READY_AGENT)
		request_agent(&ready->request, arena, &ready->spec.target);
	else
		request_status(&ready->request, arena, &ready->spec.target);
	rest(ready);
}

const char *ready_address(struct arena *arena, const struct lease *lease)
{
	char text[ADDR_TEXT] = "";

	for (size_t i = 0; i < lease->nics_len && !*text; i++)
		addr_print(lease->nics[i].ip.family ? &lease->nics[i].ip
						    : &lease->nics[i].ip6,
			   text);
	return *text ? arena_strdup(arena, text) : NULL;
}

void ready_cancel(struct ready *ready)
{
	ready->canceled = true;
	switch (ready->step) {
	case READY_RESTED:
		nap_cancel(&ready->nap);
		return;
	case READY_TURN:
		take_out(&ready->line->first, ready);
		ready->step = READY_RESTED;
		nap_start(&ready->nap, 0, tick, ready);
		return;
	case READY_ASKED:
		call_cancel(&ready->call);
		return;
	case READY_HEARD:
		banner_cancel(&ready->banner);
		return;
	}
}
