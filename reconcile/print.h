/*
 * A plan, and what became of it: as text for a terminal, as JSON for programs, as
 * Markdown for a pull request.
 *
 * The same plan gives the same bytes. Every word from outside (names, the texts of
 * Proxmox, notes) is made safe for where it is shown; secrets are never shown. What is
 * returned lives in `arena` and ends in a newline.
 */
#pragma once

#include "reconcile/plan.h"

/* Of the JSON documents; grows when a key goes away or changes its meaning. */
enum { PRINT_SCHEMA = 1 };

/* A comment on GitHub must stay below 65,536 characters. */
enum { MARKDOWN_MAX = 64900 };

/* What became of one action. */
struct done {
	const char *guest;
	const struct action *action;
	bool ok;
	bool tried;     /* false: it was never begun, `err` says why */
	enum step step; /* the last that was begun */
	struct error err;
	enum lease_state state; /* of its lease by now */
	const char *node;       /* where it is; NULL: as leased */
	const char *ip;         /* that it told us (DHCP); NULL: as leased */
	const char *warnings;   /* of its tasks, or NULL */
	const char *pending;    /* "cores and memory": wait for its next start; or NULL */
};

/* A pass that went on from its plan. */
struct outcome {
	const struct plan *plan;
	struct done *at; /* the actions that ask something of Proxmox, in order */
	size_t len;
	struct error stop; /* what ended the pass, or ERROR_NONE */
};

/* Signs and refusals in the colours of a terminal when `color`. */
char *print_plan_text(struct arena *arena, const struct plan *plan, bool color);
char *print_plan_json(struct arena *arena, const struct plan *plan);
char *print_plan_markdown(struct arena *arena, const struct plan *plan);

char *print_outcome_text(struct arena *arena, const struct outcome *outcome, bool color);
char *print_outcome_json(struct arena *arena, const struct outcome *outcome);
char *print_outcome_markdown(struct arena *arena, const struct outcome *outcome);

/* For a pass that failed before there was a plan: the same document, its lists empty. */
char *print_plan_error_json(struct arena *arena, const struct error *err);
char *print_outcome_error_json(struct arena *arena, const struct error *err);
/* With the mistakes that were found in the files, if that is why. */
char *print_error_markdown(struct arena *arena, const struct error *err,
			   const struct diags *diags);
