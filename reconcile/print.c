/*
 * The text form: one screen for a handful of guests. A sign, the guest, what is done, and
 * below it why, with what and how; what is as desired is only counted.
 */
#include "reconcile/print.h"

#include "base/text.h"
#include "reconcile/tell.h"

#include <string.h>

enum { NAME_MAX_WIDTH = 24, LINE_WIDTH = 90, DETAIL_INDENT = 4, DETAIL_LABEL = 9 };

static const char green[] = "\x1b[32m", yellow[] = "\x1b[33m", red[] = "\x1b[31m",
		  plain[] = "\x1b[0m";

struct page {
	struct arena *arena;
	struct text out;
	const struct plan *plan;
	bool color;
	int width; /* of the column of names */
};

static void widen(struct page *page, const char *guest)
{
	size_t len = strlen(guest);

	if (len > NAME_MAX_WIDTH)
		len = NAME_MAX_WIDTH;
	if ((int)len > page->width)
		page->width = (int)len;
}

static void page_begin(struct page *page, struct arena *arena, const struct plan *plan,
		       bool color)
{
	*page = (struct page){ .arena = arena, .plan = plan, .color = color };
	text_init(&page->out, arena);
	for (size_t i = 0; i < plan->actions.len; i++)
		if (plan->actions.at[i].verb != VERB_NONE)
			widen(page, plan->actions.at[i].guest);
	for (size_t i = 0; i < plan->notes.len; i++)
		if (plan->notes.at[i].guest)
			widen(page, plan->notes.at[i].guest);
}

static void add_headline(struct page *page, const char *verb)
{
	text_addf(&page->out, "vm7 %s: %s\n\n", verb, tell_read(page->arena, page->plan));
}

/* One line: a sign, who, and what. */
static void add_line(struct page *page, char sign, const char *color, const char *guest,
		     const char *what)
{
	text_addf(&page->out, "%s%c%s %-*s  %s\n", page->color ? color : "", sign,
		  page->color ? plain : "", page->width, tell_safe(page->arena, guest),
		  what);
}

static void add_detail(struct page *page, const char *label, const char *what)
{
	text_addf(&page->out, "%*s%-*s%s\n", DETAIL_INDENT, "", DETAIL_LABEL, label,
		  what);
}

/* A list under a label, broken between its items. */
struct listing {
	struct page *page;
	size_t begin; /* of the line that is being filled; 0: none was begun */
};

static void add_item(struct listing *listing, const char *label, const char *item)
{
	struct text *out = &listing->page->out;
	const int margin = DETAIL_INDENT + DETAIL_LABEL;

	if (!listing->begin) {
		listing->begin = out->len;
		text_addf(out, "%*s%-*s%s", DETAIL_INDENT, "", DETAIL_LABEL, label, item);
	} else if (out->len - listing->begin + 2 + strlen(item) > LINE_WIDTH) {
		text_add(out, ",\n");
		listing->begin = out->len;
		text_addf(out, "%*s%s", margin, "", item);
	} else {
		text_addf(out, ", %s", item);
	}
}

static void end_list(struct listing *listing)
{
	if (listing->begin)
		text_addc(&listing->page->out, '\n');
}

static void add_steps(struct page *page, const struct action *action)
{
	struct listing listing = { .page = page };

	if (action->steps_len == 0)
		add_item(&listing, "steps", "none is left");
	for (size_t i = 0; i < action->steps_len; i++)
		add_item(&listing, "steps",
			 tell_step(page->arena, action, action->steps[i]));
	end_list(&listing);
}

/* What other lines of the same guest say already. */
static bool is_said(const char *key)
{
	return str_equal(key, "name") || str_equal(key, "hostname") ||
	       str_equal(key, "smbios1") || str_starts(key, "ipconfig");
}

static void add_changes(struct page *page, const struct action *action)
{
	struct listing listing = { .page = page };

	for (size_t i = 0; i < action->changes.len; i++) {
		const struct change *change = &action->changes.at[i];
		const char *to = tell_value_short(page->arena, page->plan, action, change,
						  change->to);

		if (to && !is_said(change->key))
			add_item(&listing, "sets",
				 arena_printf(page->arena, "%s %s", change->key, to));
	}
	end_list(&listing);
	listing = (struct listing){ .page = page };
	for (size_t i = 0; i < action->changes.len; i++)
		if (!action->changes.at[i].to)
			add_item(&listing, "removes", action->changes.at[i].key);
	end_list(&listing);
}

static void add_cards(struct page *page, const struct action *action)
{
	for (size_t i = 0; i < action->lease->nics_len; i++)
		add_detail(page,
			   i == 0 ? "address" : arena_printf(page->arena, "net%zu", i),
			   tell_card(page->arena, page->plan, action, i));
}

/* From what it is to what it is to be. */
static void add_differences(struct page *page, const struct action *action)
{
	struct listing listing = { .page = page };

	for (size_t i = 0; i < action->changes.len; i++) {
		const struct change *change = &action->changes.at[i];
		const char *from = tell_value_short(page->arena, page->plan, action,
						    change, change->from);
		const char *to = tell_value_short(page->arena, page->plan, action, change,
						  change->to);

		add_item(&listing, "sets",
			 arena_printf(page->arena, "%s %s -> %s", change->key,
				      from ? from : "nothing", to ? to : "nothing"));
	}
	end_list(&listing);
}

/* To a guest that was finished once. */
static void add_doing(struct page *page, const struct action *action)
{
	if (action->reason)
		add_detail(page, "why", tell_safe(page->arena, action->reason));
	add_detail(page, "impact", impact_name(action->impact));
	add_steps(page, action);
	add_differences(page, action);
}

static void add_making(struct page *page, const struct action *action)
{
	if (action->reason)
		add_detail(page, "why", tell_safe(page->arena, action->reason));
	if (action->why.kind)
		add_detail(page, "now", tell_safe(page->arena, action->why.text));
	add_detail(page, "impact", impact_name(action->impact));
	add_cards(page, action);
	add_steps(page, action);
	add_changes(page, action);
}

static void add_action(struct page *page, const struct action *action)
{
	const char *what = tell_action(page->arena, action);

	switch (action->verb) {
	case VERB_NONE:
		return;
	case VERB_CREATE:
		add_line(page, '+', green, action->guest, what);
		add_making(page, action);
		return;
	case VERB_RESUME:
		add_line(page, '>', green, action->guest, what);
		add_making(page, action);
		return;
	case VERB_ADOPT:
	case VERB_CHANGE:
	case VERB_RETURN:
		add_line(page, '*', green, action->guest, what);
		add_doing(page, action);
		return;
	case VERB_REPLACE:
		add_line(page, '-', red, action->guest, what);
		add_making(page, action);
		return;
	case VERB_RELEASE:
	case VERB_DESTROY:
		add_line(page, '-', red, action->guest, what);
		add_doing(page, action);
		return;
	case VERB_RECORD:
	case VERB_DROP:
		add_line(page, action->verb == VERB_DROP ? '-' : '*', yellow,
			 action->guest, what);
		if (action->reason)
			add_detail(page, "why", tell_safe(page->arena, action->reason));
		return;
	case VERB_WAIT:
		add_line(page, '.', yellow, action->guest, what);
		return;
	case VERB_REFUSED:
		add_line(page, '!', red, action->guest, what);
		if (action->offer) /* what it would get */
			add_cards(page, action);
		return;
	}
}

static void add_notes(struct page *page)
{
	for (size_t i = 0; i < page->plan->notes.len; i++) {
		const struct note *note = &page->plan->notes.at[i];
		const char *what =
			arena_printf(page->arena, "%s: %s", tell_note(note->kind),
				     tell_safe(page->arena, note->text));

		if (note->guest)
			add_line(page, '~', yellow, note->guest, what);
		else
			text_addf(&page->out, "%s~%s %s\n", page->color ? yellow : "",
				  page->color ? plain : "", what);
	}
}

static void add_stop(struct page *page, const struct error *stop)
{
	text_addf(&page->out, "%s!%s %s: %s\n", page->color ? red : "",
		  page->color ? plain : "",
		  stop->kind == ERROR_REFUSED ? "refused" : "failed",
		  tell_safe(page->arena, stop->text));
}

/* Something stands above the last paragraph: keep them apart. */
static void end_paragraph(struct page *page)
{
	if (!str_ends(text_str(&page->out), "\n\n"))
		text_addc(&page->out, '\n');
}

static void add_summary(struct page *page, const struct tally *tally)
{
	const char *all = tell_tally(page->arena, tally);
	bool idle = !plan_acts(page->plan) && tally->of[STANDING_REFUSED] == 0 &&
		    tally->of[STANDING_WAIT] == 0;

	end_paragraph(page);
	if (page->plan->stop.kind)
		text_add(&page->out, "Nothing is done.\n");
	else if (!*all)
		text_add(&page->out, "Nothing to do: no guest is asked for.\n");
	else
		text_addf(&page->out, "%s%s.\n", idle ? "Nothing to do: " : "", all);
}

char *print_plan_text(struct arena *arena, const struct plan *plan, bool color)
{
	struct tally tally;
	struct page page;

	standings_of(&tally, arena, plan);
	page_begin(&page, arena, plan, color);
	add_headline(&page, "plan");
	if (plan->stop.kind)
		add_stop(&page, &plan->stop);
	for (size_t i = 0; i < plan->actions.len; i++)
		add_action(&page, &plan->actions.at[i]);
	add_notes(&page);
	add_summary(&page, &tally);
	text_addf(&page.out, "fingerprint %s\n", plan->fingerprint);
	return arena_strdup(arena, text_str(&page.out));
}

static void add_done(struct page *page, const struct done *done)
{
	if (done->ok) {
		add_line(page, '+', green, done->guest, tell_done(page->arena, done));
		if (done->warnings && *done->warnings)
			add_detail(page, "warnings",
				   tell_safe(page->arena, done->warnings));
	} else {
		add_line(page, done->tried ? '!' : '.', done->tried ? red : yellow,
			 done->guest, tell_done(page->arena, done));
	}
}

/* What was decided about the guests that nothing was tried with. */
static void add_left(struct page *page)
{
	for (size_t i = 0; i < page->plan->actions.len; i++) {
		const struct action *action = &page->plan->actions.at[i];

		if (!verb_asks(action->verb))
			add_action(page, action);
	}
}

char *print_outcome_text(struct arena *arena, const struct outcome *outcome, bool color)
{
	const struct error *stop = outcome_stop(outcome);
	struct page page;

	page_begin(&page, arena, outcome->plan, color);
	add_headline(&page, "apply");
	for (size_t i = 0; i < outcome->len; i++)
		add_done(&page, &outcome->at[i]);
	add_left(&page);
	add_notes(&page);
	if (stop)
		add_stop(&page, stop);
	end_paragraph(&page);
	text_addf(&page.out, "%s\n", tell_outcome(arena, outcome));
	return arena_strdup(arena, text_str(&page.out));
}
