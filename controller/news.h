/*
 * What people are told without asking: what fails, what does so no longer, and what
 * waits for one of them. Pure.
 *
 * A digest is what there is to tell at a moment; it is small and survives a restart. What
 * is new is the difference between the digest that was told last and the one of now: so
 * nothing is told twice, and what came and went in between is not told at all.
 */
#pragma once

#include "controller/courier.h"
#include "controller/outgoing.h"

#include <jansson.h>

/*
 * Of a status document (schema 1) after a pass; a new reference. `before` is the digest
 * before it, or NULL: what a failed pass cannot know stays as it was there.
 */
json_t *news_digest(const json_t *before, const json_t *status);

/*
 * The message about what is new since `told` (NULL: nothing was told yet), as a new
 * reference; NULL: nothing is. Secrets are not in it.
 *
 *	{"schema": 1, "title", "text",
 *	 "failed": [{"what": "guest|pass|commit|repository", "guest", "why", "command"}],
 *	 "recovered": [{"what", "guest"}], "waits": [{"guest", "why", "command"}],
 *	 "commit", "branch", "repository", "cluster"}
 */
json_t *news_message(const json_t *told, const json_t *digest);

/* It as a letter in this format, to `url`. */
void news_letter(const json_t *message, enum news_format format, const char *url,
		 struct arena *arena, struct letter *out);
