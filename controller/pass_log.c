#include "controller/pass_log.h"

#include "base/log.h"
#include "base/text.h"
#include "reconcile/tell.h"

#include <string.h>

/* True when it has to be said: it is not what was said before. */
static bool is_news(struct pass_log *log, const char *key, const char *text)
{
	const json_t *before = json_object_get(log->told, key);

	json_object_set_new(log->fresh, key, json_string(text));
	return !before || !str_equal(json_string_value(before), text);
}

static void tell_mistakes(struct arena *arena, struct diags *diags)
{
	struct text text;
	char *save = NULL;

	text_init(&text, arena);
	diags_print(&text, diags);
	for (char *line = strtok_r(text.at, "\n", &save); diags->len > 0 && line;
	     line = strtok_r(NULL, "\n", &save))
		log_error(NULL, "%s", line);
}

static void tell_source(struct pass_log *log, struct arena *arena, struct source *source)
{
	const struct error *why =
		source->rejected.kind ? &source->rejected : &source->op.err;

	if (why->kind == ERROR_INVALID &&
	    is_news(log, "rejected",
		    arena_printf(arena, "%s %s", source->tip, why->text))) {
		tell_mistakes(arena,
			      source->mistakes.len ? &source->mistakes : &source->diags);
		if (source->rejected.kind)
			log_error(NULL, "%.8s is not in force: %s; %.8s is", source->tip,
				  why->text, source->desired);
	}
	if (source->repairs.kind && is_news(log, "repairs", source->repairs.text))
		log_error(NULL, "only finished guests are looked after: %s",
			  source->repairs.text);
}

/* What was tried is told each time. */
static void tell_guests(struct pass_log *log, struct arena *arena,
			const struct pass *pass)
{
	for (size_t i = 0; i < pass->outcome.len; i++) {
		const struct done *done = &pass->outcome.at[i];

		if (done->ok)
			log_info(done->guest, "%s", tell_done(arena, done));
		else
			log_error(done->guest, "%s", done->err.text);
	}
	for (size_t i = 0; i < pass->plan.actions.len; i++) {
		const struct action *action = &pass->plan.actions.at[i];
		const char *key = arena_printf(arena, "guest %s", action->guest);

		if (action->verb == VERB_REFUSED && is_news(log, key, action->why.text))
			log_warning(action->guest, "%s", action->why.text);
	}
	for (size_t i = 0; i < pass->plan.notes.len; i++) {
		const struct note *note = &pass->plan.notes.at[i];
		const char *key = arena_printf(arena, "%s %s", note_name(note->kind),
					       note->guest ? note->guest : "");

		if (is_news(log, key, note->text))
			log_notice(note->guest, "%s: %s", tell_note(note->kind),
				   note->text);
	}
}

static void tell_whole(struct pass_log *log, const struct pass *pass)
{
	const struct error *err = pass->op.err.kind ? &pass->op.err : &pass->plan.stop;

	if (!err->kind) {
		if (json_object_get(log->told, "pass"))
			log_notice(NULL, "a pass went well again");
	} else if (err->kind != ERROR_CANCELED && is_news(log, "pass", err->text)) {
		log_error(NULL, "the pass %s: %s",
			  err == &pass->op.err ? "failed" : "was refused", err->text);
	}
	log_debug(NULL, "pass: %u requests, %u of them writes", pass->requests,
		  pass->writes);
}

void pass_log_tell(struct pass_log *log, struct arena *arena, struct pass *pass)
{
	log->fresh = json_object();
	if (!pass->planned) /* nothing new is known of any guest */
		json_object_update(log->fresh, log->told);
	json_object_del(log->fresh, "pass");
	json_object_del(log->fresh, "repairs");
	json_object_del(log->fresh, "rejected");
	tell_source(log, arena, &pass->source);
	tell_guests(log, arena, pass);
	tell_whole(log, pass);
	json_decref(log->told);
	log->told = log->fresh;
	log->fresh = NULL;
}

void pass_log_finish(struct pass_log *log)
{
	json_decref(log->told);
	log->told = NULL;
}
