#include "controller/news.h"

#include "base/secret.h"
#include "base/text.h"
#include "controller/document.h"

#include <stdlib.h>
#include <string.h>

enum {
	TEXT_MAX = 3500, /* ntfy makes a file of what is over 4096 */
	WHY_MAX = 300,
	MISTAKES_TOLD = 5,
	LISTED_MAX = 100, /* things of each kind in a message */
};

/* ---- a digest ---- */

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

static bool fails(const json_t *guest)
{
	static const char *const words[] = { "failed", "disputed", "unknown", NULL };

	return is_one_of(document_words(guest, "health"), words);
}

/* In between stands who is worked on: it is not known yet. */
static bool does_well(const json_t *guest)
{
	static const char *const words[] = { "ok", "held", "released", "drift", NULL };

	return is_one_of(document_words(guest, "health"), words);
}

/* Words of others leave this machine: once more without secrets. */
static json_t *words_of(const char *text)
{
	char *copy = xstrdup(text);
	json_t *out;

	secret_redact(copy);
	out = json_string(copy);
	free(copy);
	return out;
}

/* `about`: it is another failure when this changes. */
static void add_failed(json_t *failed, const char *key, const char *what,
		       const json_t *guest, const char *why, const char *about)
{
	json_t *command = json_object_get(guest, "command");

	json_object_set_new(failed, key,
			    json_pack("{s:s, s:s?, s:o, s:O?, s:s?}", "what", what,
				      "guest",
				      guest ? document_words(guest, "name") : NULL, "why",
				      words_of(why), "command", command, "about", about));
}

static void keep(json_t *out, const json_t *before, const char *key)
{
	json_t *known = json_object_get(before, key);

	if (known && !json_object_get(out, key))
		json_object_set(out, key, known);
}

/* Why the tip is not in force, with the first mistakes. */
static const char *why_rejected(struct arena *arena, const json_t *rejected)
{
	const json_t *mistakes = json_object_get(rejected, "mistakes"), *item;
	struct text out;
	size_t i;

	text_init(&out, arena);
	text_add(&out, document_words(rejected, "why"));
	json_array_foreach (mistakes, i, item) {
		if (i == MISTAKES_TOLD)
			break;
		text_addf(&out, "%s%s", i ? "; " : ": ", json_string_value(item));
	}
	if (json_array_size(mistakes) > MISTAKES_TOLD)
		text_addf(&out, " and %zu more",
			  json_array_size(mistakes) - MISTAKES_TOLD);
	return text_str(&out);
}

static void digest_repository(json_t *failed, struct arena *arena, const json_t *before,
			      const json_t *repository, const char *error)
{
	const json_t *rejected = json_object_get(repository, "rejected");
	bool away = json_is_false(json_object_get(repository, "reachable"));
	const char *words = document_words(repository, "error");

	if (away)
		add_failed(failed, "repository", "repository", NULL, words, NULL);
	if (json_is_object(rejected))
		add_failed(failed, "commit", "commit", NULL,
			   why_rejected(arena, rejected),
			   document_words(rejected, "commit"));
	else if (away)
		keep(failed, before, "commit");
	if (*error && !(away && strcmp(error, words) == 0) &&
	    strcmp(error, document_words(rejected, "why")) != 0)
		add_failed(failed, "pass", "pass", NULL, error, NULL);
}

/* `unsure`: the pass failed; those that it did not come to are as they were. */
static void digest_guests(json_t *failed, struct arena *arena, json_t *before,
			  const json_t *guests, bool unsure)
{
	const json_t *guest;
	const char *key;
	json_t *known;
	size_t i;

	json_array_foreach (guests, i, guest) {
		const char *says = document_words(guest, "says");

		key = arena_printf(arena, "guest %s", document_words(guest, "name"));
		if (fails(guest))
			add_failed(failed, key, "guest", guest,
				   *says ? says : "nobody knows how it is", NULL);
		else if (!does_well(guest))
			keep(failed, before, key);
	}
	if (!unsure)
		return;
	json_object_foreach (before, key, known)
		if (str_starts(key, "guest "))
			keep(failed, before, key);
}

static void digest_waits(json_t *waits, struct arena *arena, const json_t *failed,
			 json_t *before, const json_t *status, const char *error)
{
	const json_t *rejected =
		json_object_get(json_object_get(status, "repository"), "rejected");
	const json_t *item;
	const char *key;
	json_t *known;
	size_t i;

	json_array_foreach (json_object_get(status, "waits"), i, item) {
		const char *guest = document_words(item, "guest"),
			   *why = document_words(item, "why");

		if (*guest ? json_object_get(failed, arena_printf(arena, "guest %s",
								  guest)) != NULL
			   : strcmp(why, error) == 0 ||
				     strcmp(why, document_words(rejected, "why")) == 0)
			continue; /* told as failed */
		key = arena_printf(arena, "%s: %s", guest, why);
		json_object_set_new(waits, key,
				    json_pack("{s:O?, s:o, s:O?}", "guest",
					      json_object_get(item, "guest"), "why",
					      words_of(why), "command",
					      json_object_get(item, "command")));
	}
	if (*error)
		json_object_foreach (before, key, known)
			keep(waits, before, key);
}

static json_t *where_of(const json_t *status)
{
	const json_t *repository = json_object_get(status, "repository");
	const json_t *rejected = json_object_get(repository, "rejected");
	json_t *commit = json_is_object(rejected)
				 ? json_object_get(rejected, "commit")
				 : json_object_get(repository, "applied");

	return json_pack("{s:O?, s:O?, s:O?, s:O?}", "commit", commit, "branch",
			 json_object_get(repository, "branch"), "repository",
			 json_object_get(repository, "name"), "cluster",
			 json_object_get(json_object_get(status, "cluster"), "name"));
}

json_t *news_digest(const json_t *before, const json_t *status)
{
	const json_t *last = json_array_get(json_object_get(status, "passes"), 0);
	json_t *failed, *waits, *failed_before, *waits_before, *out;
	const char *error = document_words(last, "error");
	struct arena *arena;

	if (!last || strcmp(document_words(last, "result"), "interrupted") == 0)
		return before ? json_deep_copy(before) : json_object();
	arena = arena_create();
	failed = json_object();
	waits = json_object();
	failed_before = json_object_get(before, "failed");
	waits_before = json_object_get(before, "waits");
	digest_repository(failed, arena, failed_before,
			  json_object_get(status, "repository"), error);
	digest_guests(failed, arena, failed_before, json_object_get(status, "guests"),
		      *error != '\0');
	digest_waits(waits, arena, failed, waits_before, status, error);
	out = json_pack("{s:o, s:o, s:o}", "failed", failed, "waits", waits, "where",
			where_of(status));
	arena_destroy(arena);
	return out;
}

/* ---- a message ---- */

static bool is_new(const json_t *told, const char *key, const json_t *item)
{
	const json_t *known = json_object_get(told, key);

	return !known ||
	       strcmp(document_words(known, "about"), document_words(item, "about")) != 0;
}

/* What is in `now` and not, or otherwise, in `then`. */
static json_t *new_in(json_t *now, const json_t *then)
{
	json_t *out = json_array(), *item;
	const char *key;

	json_object_foreach (now, key, item)
		if (is_new(then, key, item))
			json_array_append_new(out, json_copy(item));
	return out;
}

static json_t *gone_from(json_t *then, const json_t *now)
{
	json_t *out = json_array(), *item;
	const char *key;

	json_object_foreach (then, key, item)
		if (!json_object_get(now, key))
			json_array_append_new(
				out, json_pack("{s:O, s:O?}", "what",
					       json_object_get(item, "what"), "guest",
					       json_object_get(item, "guest")));
	return out;
}

static const char *head_of_failed(struct arena *arena, const json_t *item)
{
	const char *what = document_words(item, "what");

	if (strcmp(what, "guest") == 0)
		return arena_printf(arena, "%s failed", document_words(item, "guest"));
	if (strcmp(what, "commit") == 0)
		return arena_printf(arena, "commit %.8s is not in force",
				    document_words(item, "about"));
	if (strcmp(what, "repository") == 0)
		return "the repository cannot be reached";
	return "the pass failed";
}

static const char *head_of_recovered(struct arena *arena, const json_t *item)
{
	const char *what = document_words(item, "what");

	if (strcmp(what, "guest") == 0)
		return arena_printf(arena, "%s does not fail any more",
				    document_words(item, "guest"));
	if (strcmp(what, "commit") == 0)
		return "the newest commit is in force again";
	if (strcmp(what, "repository") == 0)
		return "the repository can be reached again";
	return "passes go well again";
}

static const char *head_of_wait(struct arena *arena, const json_t *item)
{
	const char *guest = document_words(item, "guest");

	return *guest ? arena_printf(arena, "%s waits for a person", guest)
		      : "this waits for a person";
}

struct section {
	const json_t *items;
	const char *(*head)(struct arena *arena, const json_t *item);
};

static const char *line_of(struct arena *arena, const struct section *section,
			   const json_t *item)
{
	const char *why = str_safe(arena, document_words(item, "why"), WHY_MAX);
	const char *command = document_words(item, "command");

	return arena_printf(arena, "%s%s%s%s%s\n", section->head(arena, item),
			    *why ? ": " : "", why, *command ? "\n  " : "", command);
}

static void add_where(struct text *out, const json_t *where)
{
	const char *commit = document_words(where, "commit");
	const char *cluster = document_words(where, "cluster");

	if (*commit)
		text_addf(out, "commit %.8s of %s", commit,
			  document_words(where, "branch"));
	else
		text_addf(out, "branch %s", document_words(where, "branch"));
	text_addf(out, " of %s", document_words(where, "repository"));
	if (*cluster)
		text_addf(out, ", cluster %s", cluster);
}

static char *text_for_people(struct arena *arena, const struct section *sections,
			     const json_t *where)
{
	size_t left = 0, i;
	const json_t *item;
	struct text out;

	text_init(&out, arena);
	for (; sections->head; sections++)
		json_array_foreach (sections->items, i, item) {
			const char *line = line_of(arena, sections, item);

			if (out.len + strlen(line) > TEXT_MAX)
				left++;
			else
				text_add(&out, line);
		}
	if (left)
		text_addf(&out, "and %zu more: vm7 status\n", left);
	add_where(&out, where);
	return out.at;
}

static void count_in(struct text *out, const char *start, const json_t *items,
		     const char *words)
{
	if (json_array_size(items) > 0)
		text_addf(out, "%s%zu %s", out->len ? ", " : start,
			  json_array_size(items), words);
}

static const char *title_of(struct arena *arena, const json_t *failed,
			    const json_t *recovered, const json_t *waits)
{
	struct text out;

	text_init(&out, arena);
	count_in(&out, "", failed, "failed");
	count_in(&out, "", recovered, "recovered");
	count_in(&out, "", waits, json_array_size(waits) == 1 ? "waits" : "wait");
	return arena_printf(arena, "vm7: %s", text_str(&out));
}

/* A list that is read by a program is cut, too; its title has the number. */
static json_t *listed(json_t *items)
{
	json_t *item;
	size_t i;

	while (json_array_size(items) > LISTED_MAX)
		json_array_remove(items, LISTED_MAX);
	json_array_foreach (items, i, item)
		json_object_del(item, "about");
	return items;
}

json_t *news_message(const json_t *told, const json_t *digest)
{
	json_t *failed_then = json_object_get(told, "failed");
	json_t *failed_now = json_object_get(digest, "failed");
	json_t *failed = new_in(failed_now, failed_then);
	json_t *recovered = gone_from(failed_then, failed_now);
	json_t *waits =
		new_in(json_object_get(digest, "waits"), json_object_get(told, "waits"));
	const struct section sections[] = {
		{ failed, head_of_failed },
		{ waits, head_of_wait },
		{ recovered, head_of_recovered },
		{ NULL, NULL },
	};
	struct arena *arena = arena_create();
	json_t *where = json_object_get(digest, "where"), *out = NULL;
	const char *title = title_of(arena, failed, recovered, waits);
	const char *text = text_for_people(arena, sections, where);

	if (json_array_size(failed) + json_array_size(recovered) +
		    json_array_size(waits) >
	    0)
		out = json_pack("{s:i, s:s, s:s, s:O, s:O, s:O}", "schema", 1, "title",
				title, "text", text, "failed", listed(failed),
				"recovered", listed(recovered), "waits", listed(waits));
	if (out)
		json_object_update(out, where);
	json_decref(failed);
	json_decref(recovered);
	json_decref(waits);
	arena_destroy(arena);
	return out;
}

/* ---- a letter ---- */

/* Slack reads these three as its own. */
static const char *for_slack(struct arena *arena, const char *text)
{
	struct text out;

	text_init(&out, arena);
	for (; *text; text++)
		if (*text == '&')
			text_add(&out, "&amp;");
		else if (*text == '<')
			text_add(&out, "&lt;");
		else if (*text == '>')
			text_add(&out, "&gt;");
		else
			text_addc(&out, *text);
	return text_str(&out);
}

static const char *dump(struct arena *arena, const json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT);
	const char *out = arena_strdup(arena, text);

	free(text);
	return out;
}

static const char *slack_body(struct arena *arena, const json_t *message)
{
	json_t *body = json_pack(
		"{s:s}", "text",
		for_slack(arena,
			  arena_printf(arena, "%s\n%s", document_words(message, "title"),
				       document_words(message, "text"))));
	const char *out = dump(arena, body);

	json_decref(body);
	return out;
}

void news_letter(const json_t *message, enum news_format format, const char *url,
		 struct arena *arena, struct letter *out)
{
	bool bad = json_array_size(json_object_get(message, "failed")) > 0;
	bool waits = json_array_size(json_object_get(message, "waits")) > 0;

	*out = (struct letter){ .url = url,
				.headers = { "Content-Type: application/json" } };
	switch (format) {
	case NEWS_JSON:
		out->body = dump(arena, message);
		break;
	case NEWS_SLACK:
		out->body = slack_body(arena, message);
		break;
	case NEWS_NTFY:
		out->headers[0] = "Content-Type: text/plain; charset=utf-8";
		out->headers[1] = arena_printf(arena, "Title: %s",
					       document_words(message, "title"));
		out->headers[2] = bad ? "Priority: high" : "Priority: default";
		out->headers[3] = bad     ? "Tags: warning"
				  : waits ? "Tags: hand"
					  : "Tags: white_check_mark";
		out->body = arena_strdup(arena, document_words(message, "text"));
		break;
	}
}
