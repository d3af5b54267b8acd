/*
 * The form for a pull request, as GitHub and Forgejo render it.
 *
 * What comes from outside is text and nothing else: what could be markup is written as
 * entities, and where the rendered text itself is searched (mentions, issues, links) an
 * invisible blank stands in between. The whole stays below the size of a comment: an
 * item goes in as a whole or not at all, and what is left out is counted.
 */
#include "reconcile/tell.h"

#include "base/text.h"

#include <string.h>
#include <strings.h>

/* How far each part may fill the page, so that a long one leaves room for the next. */
enum {
	REFUSED_UNTIL = 20000,
	TABLE_UNTIL = 42000,
	NOTES_UNTIL = 54000,
	DETAILS_UNTIL = MARKDOWN_MAX - 500, /* what always comes at the end */
	FOREIGN_MAX = 600,
};

/* Does something begin here that is looked for in the rendered text? Its length, or 0. */
static size_t trigger(const char *at)
{
	if (*at == '@' || *at == '#' || (at[0] == ':' && at[1] == '/') ||
	    (at[0] == '[' && at[1] == '['))
		return 1;
	if (strncasecmp(at, "www.", 4) == 0 || strncasecmp(at, "gh-", 3) == 0)
		return 2;
	return 0;
}

/* Text from outside, for a paragraph, the item of a list or the cell of a table. */
static char *foreign(struct arena *arena, const char *text)
{
	const char *at = str_safe(arena, text, FOREIGN_MAX);
	size_t until_break = 0;
	struct text out;

	text_init(&out, arena);
	for (; *at; at++) {
		if (!until_break)
			until_break = trigger(at);
		if (strchr("&<>|`*_~[]#@\\$", *at))
			text_addf(&out, "&#%d;", *at);
		else
			text_addc(&out, *at);
		if (until_break && --until_break == 0)
			text_add(&out, "&#8203;");
	}
	return arena_strdup(arena, text_str(&out));
}

struct sheet {
	struct arena *arena;
	struct text out;
	const struct plan *plan;
};

/* The items of one part: as many as there is room for. */
struct part {
	struct sheet *sheet;
	const char *head; /* stands above the first one */
	size_t until;
	size_t shown, left;
};

static void add_item(struct part *part, const char *item)
{
	struct text *out = &part->sheet->out;
	size_t head = part->shown ? 0 : strlen(part->head);

	if (part->left > 0 || out->len + head + strlen(item) > part->until) {
		part->left++; /* once one is left out, all that follow are */
		return;
	}
	if (part->shown++ == 0)
		text_add(out, part->head);
	text_add(out, item);
}

static void end_part(struct part *part, const char *what)
{
	struct text *out = &part->sheet->out;

	if (part->left > 0)
		text_addf(out, "\n_%zu more %s left out: there is no room for them._\n",
			  part->left, what);
	if (part->shown > 0 || part->left > 0)
		text_addc(out, '\n');
}

static void add_headline(struct sheet *sheet, const char *verb, const char *summary)
{
	text_addf(&sheet->out, "**vm7 %s:** %s\n\nFor %s\n\n", verb,
		  foreign(sheet->arena, summary),
		  foreign(sheet->arena, tell_read(sheet->arena, sheet->plan)));
}

static void add_stop(struct sheet *sheet, const struct error *stop)
{
	text_addf(&sheet->out, "> **%s:** %s\n\n",
		  stop->kind == ERROR_REFUSED ? "Refused" : "Failed",
		  foreign(sheet->arena, stop->text));
}

static bool is_of(const struct action *action, bool refused)
{
	if (action->verb == VERB_NONE)
		return false;
	return verb_acts(action->verb) != refused;
}

static char *addresses(struct arena *arena, const struct action *action)
{
	char address[ADDR_TEXT];
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; action->lease && i < action->lease->nics_len; i++) {
		const struct nic *nic = &action->lease->nics[i];

		for (int v6 = 0; v6 < 2; v6++) {
			addr_print(v6 ? &nic->ip6 : &nic->ip, address);
			if (*address)
				text_addf(&out, "%s%s", out.len ? ", " : "", address);
		}
	}
	return arena_strdup(arena, text_str(&out));
}

static void add_refused(struct sheet *sheet)
{
	struct part part = { .sheet = sheet,
			     .head = "**Not done**\n\n",
			     .until = REFUSED_UNTIL };

	for (size_t i = 0; i < sheet->plan->actions.len; i++) {
		const struct action *action = &sheet->plan->actions.at[i];

		if (is_of(action, true))
			add_item(&part,
				 arena_printf(sheet->arena, "- **%s** %s%s%s\n",
					      foreign(sheet->arena, action->guest),
					      foreign(sheet->arena,
						      tell_action(sheet->arena, action)),
					      action->offer ? "; it would get " : "",
					      action->offer
						      ? addresses(sheet->arena, action)
						      : ""));
	}
	end_part(&part, "of these are");
}

static const char table_head[] = "| guest | what is done | address | impact |\n"
				 "|---|---|---|---|\n";

static void add_actions(struct sheet *sheet)
{
	struct arena *arena = sheet->arena;
	struct part part = { .sheet = sheet, .head = table_head, .until = TABLE_UNTIL };

	for (size_t i = 0; i < sheet->plan->actions.len; i++) {
		const struct action *action = &sheet->plan->actions.at[i];

		if (is_of(action, false))
			add_item(&part,
				 arena_printf(arena, "| **%s** | %s | %s | %s |\n",
					      foreign(arena, action->guest),
					      foreign(arena, tell_action(arena, action)),
					      addresses(arena, action),
					      impact_name(action->impact)));
	}
	end_part(&part, "actions are");
}

static void add_notes(struct sheet *sheet)
{
	struct arena *arena = sheet->arena;
	struct part part = { .sheet = sheet,
			     .head = "**Notes**\n\n",
			     .until = NOTES_UNTIL };

	for (size_t i = 0; i < sheet->plan->notes.len; i++) {
		const struct note *note = &sheet->plan->notes.at[i];

		add_item(&part,
			 arena_printf(arena, "- %s%s%s_%s_: %s\n",
				      note->guest ? "**" : "",
				      note->guest ? foreign(arena, note->guest) : "",
				      note->guest ? "** " : "", tell_note(note->kind),
				      foreign(arena, note->text)));
	}
	end_part(&part, "notes are");
}

static char *cell(struct sheet *sheet, const struct action *action,
		  const struct change *change, const char *value)
{
	const char *shown =
		tell_value_short(sheet->arena, sheet->plan, action, change, value);

	return foreign(sheet->arena, shown ? shown : "");
}

static char *details(struct sheet *sheet, const struct action *action)
{
	struct arena *arena = sheet->arena;
	struct text out;

	text_init(&out, arena);
	text_addf(&out, "<details><summary>%s</summary>\n\n",
		  foreign(arena, action->guest));
	if (action->reason)
		text_addf(&out, "- why: %s\n", foreign(arena, action->reason));
	for (size_t i = 0; i < action->lease->nics_len; i++)
		text_addf(&out, "- net%zu: %s\n", i,
			  foreign(arena, tell_card(arena, sheet->plan, action, i)));
	text_addf(&out, "- steps: %s", action->steps_len ? "" : "none is left");
	for (size_t i = 0; i < action->steps_len; i++)
		text_addf(&out, "%s%s", i ? ", " : "",
			  foreign(arena, tell_step(arena, action, action->steps[i])));
	text_addc(&out, '\n');
	if (action->changes.len > 0)
		text_add(&out, "\n| option | now | then |\n|---|---|---|\n");
	for (size_t i = 0; i < action->changes.len; i++) {
		const struct change *change = &action->changes.at[i];

		text_addf(&out, "| %s | %s | %s |\n", foreign(arena, change->key),
			  cell(sheet, action, change, change->from),
			  cell(sheet, action, change, change->to));
	}
	text_add(&out, "\n</details>\n");
	return arena_strdup(arena, text_str(&out));
}

static void add_details(struct sheet *sheet)
{
	struct part part = { .sheet = sheet, .head = "", .until = DETAILS_UNTIL };

	for (size_t i = 0; i < sheet->plan->actions.len; i++) {
		const struct action *action = &sheet->plan->actions.at[i];

		if (!verb_asks(action->verb))
			continue;
		if (part.left > 0) /* long enough not to be made for nothing */
			part.left++;
		else
			add_item(&part, details(sheet, action));
	}
	end_part(&part, "guests' details are");
}

/* One empty line at most, and none at the end. */
static char *finished(struct sheet *sheet)
{
	while (sheet->out.len > 1 && sheet->out.at[sheet->out.len - 1] == '\n' &&
	       sheet->out.at[sheet->out.len - 2] == '\n')
		sheet->out.at[--sheet->out.len] = '\0';
	return arena_strdup(sheet->arena, text_str(&sheet->out));
}

static void sheet_begin(struct sheet *sheet, struct arena *arena, const struct plan *plan)
{
	*sheet = (struct sheet){ .arena = arena, .plan = plan };
	text_init(&sheet->out, arena);
}

char *print_plan_markdown(struct arena *arena, const struct plan *plan)
{
	const char *summary;
	struct tally tally;
	struct sheet sheet;

	standings_of(&tally, arena, plan);
	summary = tell_tally(arena, &tally);
	if (plan->stop.kind)
		summary = "nothing is done";
	else if (!*summary)
		summary = "no guest is asked for";
	sheet_begin(&sheet, arena, plan);
	add_headline(&sheet, "plan", summary);
	if (plan->stop.kind)
		add_stop(&sheet, &plan->stop);
	add_refused(&sheet);
	add_actions(&sheet);
	add_notes(&sheet);
	add_details(&sheet);
	text_addf(&sheet.out, "Fingerprint: `%s`\n", plan->fingerprint);
	return finished(&sheet);
}

static void add_done(struct sheet *sheet, const struct outcome *outcome, bool ok)
{
	struct arena *arena = sheet->arena;
	struct part part = { .sheet = sheet,
			     .head = ok ? "**Made**\n\n" : "**Failed**\n\n",
			     .until = ok ? TABLE_UNTIL : REFUSED_UNTIL };

	for (size_t i = 0; i < outcome->len; i++) {
		const struct done *done = &outcome->at[i];

		if (done->ok == ok)
			add_item(&part,
				 arena_printf(arena, "- **%s** %s%s%s\n",
					      foreign(arena, done->guest),
					      foreign(arena, tell_done(arena, done)),
					      done->warnings ? "; warnings: " : "",
					      done->warnings
						      ? foreign(arena, done->warnings)
						      : ""));
	}
	end_part(&part, "of these are");
}

char *print_outcome_markdown(struct arena *arena, const struct outcome *outcome)
{
	const struct error *stop = outcome_stop(outcome);
	struct sheet sheet;

	sheet_begin(&sheet, arena, outcome->plan);
	add_headline(&sheet, "apply", tell_outcome(arena, outcome));
	if (stop)
		add_stop(&sheet, stop);
	add_done(&sheet, outcome, false);
	add_refused(&sheet);
	add_done(&sheet, outcome, true);
	add_notes(&sheet);
	return finished(&sheet);
}

static void add_mistakes(struct sheet *sheet, const struct diags *diags)
{
	struct part part = { .sheet = sheet, .head = "", .until = DETAILS_UNTIL };

	for (size_t i = 0; i < diags->len; i++) {
		const struct diag *diag = &diags->at[i];
		struct text item;

		text_init(&item, sheet->arena);
		text_addf(&item, "- %s",
			  foreign(sheet->arena, place_print(sheet->arena, diag->at)));
		if (*diag->where)
			text_addf(&item, ", %s", foreign(sheet->arena, diag->where));
		text_addf(&item, ": %s\n", foreign(sheet->arena, diag->what));
		add_item(&part, text_str(&item));
	}
	end_part(&part, "mistakes");
}

char *print_error_markdown(struct arena *arena, const struct error *err,
			   const struct diags *diags)
{
	struct sheet sheet;

	sheet_begin(&sheet, arena, NULL);
	text_add(&sheet.out, "**vm7:** nothing was done\n\n");
	add_stop(&sheet, err);
	add_mistakes(&sheet, diags);
	return finished(&sheet);
}
