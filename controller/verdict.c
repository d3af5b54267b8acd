#include "base/text.h"
#include "controller/document.h"
#include "controller/forge.h"

#include <stdio.h>
#include <string.h>

const char *verdict_name(enum verdict_state state)
{
	switch (state) {
	case VERDICT_PENDING:
		return "pending";
	case VERDICT_SUCCESS:
		return "success";
	case VERDICT_FAILURE:
		return "failure";
	}
	return "";
}

/* As each verb is told when it is done, in this order. */
static const struct {
	const char *verb, *word;
} words[] = {
	{ "create", "made" },      { "resume", "made" },       { "adopt", "adopted" },
	{ "change", "changed" },   { "return", "taken back" }, { "replace", "replaced" },
	{ "release", "released" }, { "destroy", "destroyed" },
};

enum { WORDS = sizeof(words) / sizeof(words[0]) };

static void count(const json_t *actions, size_t counts[WORDS])
{
	const json_t *action;
	size_t i;

	json_array_foreach (actions, i, action)
		for (size_t j = 0; j < WORDS; j++)
			if (json_is_true(json_object_get(action, "ok")) &&
			    strcmp(words[j].verb, document_words(action, "verb")) == 0)
				/* a guest that another pass began was made, too */
				counts[j && strcmp(words[j].word, words[j - 1].word) == 0
					       ? j - 1
					       : j]++;
}

/* "2 made, 1 changed"; what there is when nothing was to be done. */
static const char *tell_well(struct arena *arena, const json_t *status,
			     const json_t *last)
{
	size_t counts[WORDS] = { 0 };
	struct text out;

	text_init(&out, arena);
	count(json_object_get(last, "actions"), counts);
	for (size_t j = 0; j < WORDS; j++)
		if (counts[j])
			text_addf(&out, "%s%zu %s", out.len ? ", " : "", counts[j],
				  words[j].word);
	return out.len ? text_str(&out) : document_words(status, "summary");
}

static const char *tell_rejected(const json_t *rejected)
{
	const json_t *mistake = json_array_get(json_object_get(rejected, "mistakes"), 0);

	return mistake ? json_string_value(mistake) : document_words(rejected, "why");
}

/* The first thing that went wrong. */
static const char *tell_bad(struct arena *arena, const json_t *status, const json_t *last)
{
	const json_t *wait = json_array_get(json_object_get(status, "waits"), 0);
	const char *error = document_words(last, "error"), *guest;
	const json_t *action;
	size_t i;

	if (*error)
		return error;
	json_array_foreach (json_object_get(last, "actions"), i, action)
		if (json_is_false(json_object_get(action, "ok")))
			return arena_printf(arena, "%s: %s",
					    document_words(action, "guest"),
					    document_words(action, "error"));
	if (!wait)
		return document_words(status, "summary");
	guest = document_words(wait, "guest");
	return arena_printf(arena, "%s%s%s", guest, *guest ? ": " : "",
			    document_words(wait, "why"));
}

static size_t working(const json_t *status)
{
	const json_t *guest;
	size_t out = 0, i;

	json_array_foreach (json_object_get(status, "guests"), i, guest)
		out += strcmp(document_words(guest, "health"), "working") == 0;
	return out;
}

static bool conclude(struct verdict *out, struct arena *arena, const char *commit,
		     enum verdict_state state, const char *text)
{
	char *safe;

	if (strlen(commit) >= sizeof(out->commit))
		return false;
	snprintf(out->commit, sizeof(out->commit), "%s", commit);
	out->state = state;
	safe = str_safe(arena, text, strlen(text) + 1);
	secret_redact(safe);
	snprintf(out->words, sizeof(out->words), "%s",
		 str_safe(arena, safe, VERDICT_TEXT - 1));
	return *commit != '\0';
}

static bool judge(struct verdict *out, struct arena *arena, const json_t *status,
		  const json_t *last)
{
	const json_t *repository = json_object_get(status, "repository");
	const json_t *rejected = json_object_get(repository, "rejected");
	const char *commit = document_words(repository, "applied");
	bool failed = *document_words(last, "error") != '\0' ||
		      json_integer_value(json_object_get(last, "exit")) != 0;
	size_t busy = working(status);

	if (json_is_object(rejected))
		return conclude(out, arena, document_words(rejected, "commit"),
				VERDICT_FAILURE, tell_rejected(rejected));
	/* what was applied before is looked after; of the tip nobody knows */
	if (json_is_false(json_object_get(repository, "reachable")))
		return false;
	if (failed)
		return conclude(out, arena, commit, VERDICT_FAILURE,
				tell_bad(arena, status, last));
	if (busy)
		return conclude(out, arena, commit, VERDICT_PENDING,
				arena_printf(arena, "%zu being worked on", busy));
	return conclude(out, arena, commit, VERDICT_SUCCESS,
			tell_well(arena, status, last));
}

bool verdict_of(struct verdict *out, const json_t *status)
{
	const json_t *last = json_array_get(json_object_get(status, "passes"), 0);
	struct arena *arena;
	bool any;

	*out = (struct verdict){ 0 };
	if (!last || strcmp(document_words(last, "result"), "interrupted") == 0)
		return false;
	arena = arena_create();
	any = judge(out, arena, status, last);
	arena_destroy(arena);
	return any;
}

void verdict_pending(struct verdict *out, const char *commit)
{
	*out = (struct verdict){ .state = VERDICT_PENDING, .words = "a pass is made" };
	strncpy(out->commit, commit, sizeof(out->commit) - 1);
}
