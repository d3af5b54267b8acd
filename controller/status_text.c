#include "controller/status_text.h"

#include "base/text.h"
#include "controller/sheet.h"
#include "reconcile/plan.h"

#include <inttypes.h>
#include <string.h>

enum { FEW = 30 }; /* guests that are all listed */

/* ---- where things are ---- */

static void put_reach(struct sheet *sheet, const json_t *place)
{
	const json_t *reachable = json_object_get(place, "reachable");

	if (json_is_true(reachable)) {
		sheet_paint(sheet, TONE_GOOD, "answers");
	} else if (json_is_false(reachable)) {
		sheet_paint(sheet, TONE_BAD, "does not answer");
		sheet_add(sheet,
			  sheet_also(sheet, ": ", sheet_member(sheet, place, "error")));
	} else {
		sheet_paint(sheet, TONE_DIM, "was not asked");
	}
}

static void put_rejected(struct sheet *sheet, const json_t *rejected)
{
	size_t i;
	json_t *mistake;

	if (!json_is_object(rejected))
		return;
	sheet_label(sheet, "refused");
	sheet_paint(sheet, TONE_BAD, sheet_commit(sheet, rejected, "commit"));
	text_addf(&sheet->out, ": %s\n",
		  sheet_safe(sheet, document_text(rejected, "why")));
	json_array_foreach (json_object_get(rejected, "mistakes"), i, mistake)
		text_addf(&sheet->out, "%*s%s\n", LABEL + 2, "",
			  sheet_safe(sheet, json_string_value(mistake)));
}

static void put_repository(struct sheet *sheet)
{
	const json_t *it = json_object_get(sheet->status, "repository");

	sheet_label(sheet, "repository");
	if (document_text(it, "name"))
		text_addf(&sheet->out,
			  "%s of %s: ", sheet_safe(sheet, document_text(it, "branch")),
			  sheet_safe(sheet, document_text(it, "name")));
	put_reach(sheet, it);
	text_addf(&sheet->out, "%s\n",
		  sheet_also(sheet, ", looked at ", sheet_when(sheet, it, "looked_at")));
	sheet_row(sheet, "newest", sheet_commit(sheet, it, "tip"));
	if (document_text(it, "applied"))
		sheet_row(sheet, "in force",
			  arena_printf(sheet->arena, "%s%s",
				       sheet_commit(sheet, it, "applied"),
				       sheet_also(sheet, ", applied ",
						  sheet_when(sheet, it, "applied_at"))));
	put_rejected(sheet, json_object_get(it, "rejected"));
}

static void put_nodes(struct sheet *sheet, const json_t *nodes)
{
	size_t i;
	json_t *node;

	if (json_array_size(nodes) == 0)
		return;
	sheet_label(sheet, "nodes");
	json_array_foreach (nodes, i, node) {
		bool online = json_is_true(json_object_get(node, "online"));
		bool resting = json_is_true(json_object_get(node, "maintenance"));

		text_addf(&sheet->out, "%s%s ", i > 0 ? ", " : "",
			  sheet_safe(sheet, document_text(node, "name")));
		sheet_paint(sheet,
			    !online   ? TONE_BAD
			    : resting ? TONE_WAIT
				      : TONE_GOOD,
			    !online   ? "offline"
			    : resting ? "in maintenance"
				      : "online");
	}
	sheet_add(sheet, "\n");
}

static void put_cluster(struct sheet *sheet)
{
	const json_t *it = json_object_get(sheet->status, "cluster");
	const json_t *quorate = json_object_get(it, "quorate");

	sheet_label(sheet, "cluster");
	if (document_text(it, "name"))
		text_addf(&sheet->out,
			  "%s%s: ", sheet_safe(sheet, document_text(it, "name")),
			  sheet_also(sheet, " at ", sheet_member(sheet, it, "endpoint")));
	put_reach(sheet, it);
	if (json_is_false(quorate)) {
		sheet_add(sheet, ", ");
		sheet_paint(sheet, TONE_BAD, "has no quorum");
	}
	sheet_add(sheet, "\n");
	put_nodes(sheet, json_object_get(it, "nodes"));
}

/* ---- passes ---- */

static enum tone tone_of_result(const char *result)
{
	if (str_equal(result, "ok") || str_equal(result, "idle"))
		return TONE_GOOD;
	return str_equal(result, "interrupted") ? TONE_WAIT : TONE_BAD;
}

/* "41 (drift check) of 3f2a9c1b "Subject" by Ada: ok" */
static void put_pass(struct sheet *sheet, const json_t *pass)
{
	const char *result = document_text(pass, "result");

	text_addf(&sheet->out, "%" PRId64 " (%s)", document_number(pass, "n"),
		  sheet_safe(sheet, document_text(pass, "cause")));
	sheet_add(sheet, sheet_also(sheet, " of ", sheet_commit(sheet, pass, "commit")));
	if (document_text(pass, "subject"))
		text_addf(&sheet->out, " \"%s\"",
			  sheet_safe(sheet, document_text(pass, "subject")));
	sheet_add(sheet, sheet_also(sheet, " by ", sheet_member(sheet, pass, "author")));
	sheet_add(sheet, ": ");
	sheet_paint(sheet, tone_of_result(result), sheet_safe(sheet, result));
	if (document_text(pass, "error"))
		text_addf(&sheet->out, ": %s",
			  sheet_safe(sheet, document_text(pass, "error")));
	text_addf(&sheet->out,
		  "; %.1f s, %" PRId64 " requests, %" PRId64 " of them writes",
		  json_number_value(json_object_get(pass, "seconds")),
		  document_number(pass, "requests"), document_number(pass, "writes"));
}

static void put_last(struct sheet *sheet)
{
	const json_t *last = json_array_get(json_object_get(sheet->status, "passes"), 0);

	if (!last)
		return;
	sheet_label(sheet, "last pass");
	put_pass(sheet, last);
	text_addf(&sheet->out, "%s\n",
		  sheet_also(sheet, ", ", sheet_when(sheet, last, "began")));
}

static void put_doing(struct sheet *sheet)
{
	const json_t *pass = json_object_get(sheet->status, "pass");
	size_t i;
	json_t *step;

	if (!json_is_object(pass))
		return;
	sheet_label(sheet, "now");
	sheet_paint(sheet, TONE_BUSY, "a pass");
	text_addf(&sheet->out, " (%s), begun %s",
		  sheet_safe(sheet, document_text(pass, "cause")),
		  sheet_safe(sheet, sheet_when(sheet, pass, "began")));
	if (document_number(pass, "of") > 0)
		text_addf(&sheet->out, ": %" PRId64 " of %" PRId64 " done",
			  document_number(pass, "done"), document_number(pass, "of"));
	sheet_add(sheet, "\n");
	json_array_foreach (json_object_get(sheet->status, "doing"), i, step)
		text_addf(&sheet->out, "%*s%s: %s%s%s\n", LABEL + 2, "",
			  sheet_safe(sheet, document_text(step, "guest")),
			  sheet_safe(sheet, document_text(step, "step")),
			  sheet_also(sheet, ", ", sheet_when(sheet, step, "since")),
			  sheet_also(sheet, ", ", sheet_member(sheet, step, "upid")));
}

static void put_next(struct sheet *sheet)
{
	const json_t *next = json_object_get(sheet->status, "next");
	const char *what = document_text(next, "what");

	if (!what || json_is_object(json_object_get(sheet->status, "pass")))
		return;
	sheet_label(sheet, "next");
	if (str_equal(what, "poll"))
		sheet_add(sheet, "a look at the branch");
	else
		text_addf(&sheet->out, "a pass (%s)",
			  sheet_safe(sheet, document_text(next, "why")));
	text_addf(&sheet->out, " %s\n", sheet_safe(sheet, sheet_when(sheet, next, "at")));
}

/* ---- what waits ---- */

static void put_wait(struct sheet *sheet, const json_t *wait)
{
	const char *name = document_text(wait, "guest");
	const json_t *guest = name ? document_guest(sheet->status, name) : NULL;
	const char *health = document_text(guest, "health");
	const char *since = sheet_when(sheet, guest, "failing_since");

	sheet_add(sheet, "  ");
	if (name)
		text_addf(&sheet->out, "%s ", sheet_safe(sheet, name));
	if (name && (str_equal(health, "failed") || str_equal(health, "disputed"))) {
		sheet_paint(sheet, TONE_BAD, health);
		sheet_add(sheet, sheet_also(sheet, " while ",
					    sheet_member(sheet, guest, "step")));
		sheet_add(sheet, sheet_also(sheet, ", first ", since));
		sheet_add(sheet, ": ");
	} else if (name) {
		sheet_paint(sheet, TONE_WAIT, "waits");
		sheet_add(sheet, sheet_also(sheet, ", first told ",
					    sheet_when(sheet, wait, "since")));
		sheet_add(sheet, ": ");
	}
	text_addf(&sheet->out, "%s\n", sheet_safe(sheet, document_text(wait, "why")));
	sheet_command(sheet, document_text(wait, "command"));
}

static void put_waits(struct sheet *sheet)
{
	const json_t *waits = json_object_get(sheet->status, "waits");
	const json_t *orphans = json_object_get(sheet->status, "orphans");
	size_t i;
	json_t *item;

	if (json_array_size(waits) + json_array_size(orphans) > 0)
		sheet_heading(sheet, "waits for a person");
	json_array_foreach (waits, i, item)
		put_wait(sheet, item);
	json_array_foreach (orphans, i, item) {
		text_addf(&sheet->out,
			  "  %s (%" PRId64 ") on %s says that it is ours, and no lease "
			  "knows it\n",
			  sheet_safe(sheet, document_text(item, "name")),
			  document_number(item, "vmid"),
			  sheet_safe(sheet, document_text(item, "node")));
		sheet_command(sheet, document_text(item, "command"));
	}
}

/* ---- guests ---- */

/* Is it told among what waits, with all there is to say? */
static bool is_told(const char *health)
{
	return str_equal(health, "failed") || str_equal(health, "waiting") ||
	       str_equal(health, "disputed");
}

static size_t width_of(const json_t *guests, const char *key, size_t least)
{
	size_t i;
	json_t *guest;

	json_array_foreach (guests, i, guest) {
		const char *text = document_text(guest, key);
		size_t len = text ? strlen(text) : 0;

		if (len > least)
			least = len < 40 ? len : 40;
	}
	return least;
}

static void put_guest(struct sheet *sheet, const json_t *guest, size_t width,
		      size_t nodes)
{
	const char *health = document_text(guest, "health");
	char vmid[16] = "-";

	if (document_number(guest, "vmid") > 0)
		snprintf(vmid, sizeof(vmid), "%" PRId64, document_number(guest, "vmid"));
	text_addf(&sheet->out, "  %-*s  ", (int)width,
		  sheet_safe(sheet, document_text(guest, "name")));
	sheet_paint(sheet, sheet_tone(health),
		    arena_printf(sheet->arena, "%-8s", sheet_safe(sheet, health)));
	text_addf(&sheet->out, "  %-10s  %-7s  %9s  %-*s%s\n",
		  document_text(guest, "state")
			  ? sheet_safe(sheet, document_text(guest, "state"))
			  : "-",
		  sheet_safe(sheet, document_text(guest, "power")), vmid, (int)nodes,
		  document_text(guest, "node")
			  ? sheet_safe(sheet, document_text(guest, "node"))
			  : "-",
		  sheet_also(sheet, "  ", sheet_addresses(sheet, guest)));
	if (is_told(health))
		return;
	if (document_text(guest, "says"))
		text_addf(&sheet->out, "      %s%s\n",
			  sheet_safe(sheet, document_text(guest, "says")),
			  sheet_also(sheet, ", first ",
				     sheet_when(sheet, guest, "failing_since")));
	sheet_command(sheet, document_text(guest, "command"));
}

static void put_guests(struct sheet *sheet)
{
	const json_t *guests = json_object_get(sheet->status, "guests");
	size_t width = width_of(guests, "name", 4), nodes = width_of(guests, "node", 4);
	size_t left_out = 0, i;
	bool all = sheet->form->all || json_array_size(guests) <= FEW;
	json_t *guest;

	if (json_array_size(guests) == 0)
		return;
	sheet_heading(sheet, "guests");
	json_array_foreach (guests, i, guest)
		if (all || !str_equal(document_text(guest, "health"), "ok"))
			put_guest(sheet, guest, width, nodes);
		else
			left_out++;
	if (left_out > 0)
		text_addf(&sheet->out, "  %zu as desired: vm7 -v status lists them\n",
			  left_out);
}

/* ---- the rest ---- */

static void put_pools(struct sheet *sheet)
{
	const json_t *pools = json_object_get(sheet->status, "pools");
	size_t i;
	json_t *pool;

	if (json_array_size(pools) > 0)
		sheet_heading(sheet, "pools");
	json_array_foreach (pools, i, pool) {
		text_addf(&sheet->out, "  %s %s: %" PRId64 " of %" PRId64 " used",
			  sheet_safe(sheet, document_text(pool, "name")),
			  sheet_safe(sheet, document_text(pool, "cidr")),
			  document_number(pool, "used"), document_number(pool, "size"));
		if (document_number(pool, "resting") > 0)
			text_addf(&sheet->out, ", %" PRId64 " resting",
				  document_number(pool, "resting"));
		sheet_add(sheet, ", ");
		sheet_paint(sheet,
			    document_number(pool, "free") > 0 ? TONE_GOOD : TONE_BAD,
			    arena_printf(sheet->arena, "%" PRId64 " free",
					 document_number(pool, "free")));
		sheet_add(sheet, "\n");
	}
}

static void put_expiries(struct sheet *sheet)
{
	const json_t *expiries = json_object_get(sheet->status, "expiries");
	size_t i;
	json_t *one;

	if (json_array_size(expiries) > 0)
		sheet_heading(sheet, "expires");
	json_array_foreach (expiries, i, one)
		text_addf(&sheet->out, "  %s %s (%s)\n",
			  sheet_safe(sheet, document_text(one, "what")),
			  sheet_safe(sheet, sheet_when(sheet, one, "at")),
			  sheet_safe(sheet, document_text(one, "at")));
}

static void put_head(struct sheet *sheet)
{
	const json_t *controller = json_object_get(sheet->status, "controller");

	if (!json_is_object(controller))
		sheet_add(sheet,
			  "No controller answers: this is what the repository says.\n");
	sheet_paint(sheet, page_overall(sheet->status),
		    sheet_safe(sheet, document_text(sheet->status, "summary")));
	sheet_add(sheet, "\n\n");
	if (json_is_object(controller))
		sheet_row(sheet, "controller",
			  arena_printf(
				  sheet->arena, "vm7 %s, %s, started %s",
				  sheet_safe(sheet,
					     document_text(sheet->status, "version")),
				  sheet_safe(sheet, document_text(controller, "state")),
				  sheet_safe(sheet,
					     sheet_when(sheet, controller, "since"))));
}

char *status_text(struct arena *arena, const json_t *status,
		  const struct status_form *form)
{
	struct sheet sheet;

	sheet_init(&sheet, arena, status, form);
	put_head(&sheet);
	put_repository(&sheet);
	put_cluster(&sheet);
	put_last(&sheet);
	put_doing(&sheet);
	put_next(&sheet);
	put_waits(&sheet);
	put_guests(&sheet);
	put_pools(&sheet);
	put_expiries(&sheet);
	return sheet.out.at;
}

char *status_pass_text(struct arena *arena, const json_t *status, const json_t *pass,
		       const struct status_form *form)
{
	struct sheet sheet;
	size_t i;
	json_t *action;

	sheet_init(&sheet, arena, status, form);
	sheet_add(&sheet, "pass ");
	put_pass(&sheet, pass);
	sheet_add(&sheet, "\n");
	json_array_foreach (json_object_get(pass, "actions"), i, action) {
		text_addf(&sheet.out,
			  "  %s: ", sheet_safe(&sheet, document_text(action, "guest")));
		sheet_action(&sheet, action);
		sheet_add(&sheet, "\n");
	}
	if (status_pass_exit(status, pass) != 0) {
		put_repository(&sheet);
		put_waits(&sheet);
	}
	return sheet.out.at;
}

int status_pass_exit(const json_t *status, const json_t *pass)
{
	const json_t *repository = json_object_get(status, "repository");
	const json_t *rejected = json_object_get(repository, "rejected");
	int code = (int)document_number(pass, "exit");

	if (code == 0 && json_is_object(rejected))
		code = (int)document_number(rejected, "exit");
	if (code == 0 && json_is_false(json_object_get(repository, "reachable")))
		code = error_exit(ERROR_TEMPORARY);
	return code;
}
