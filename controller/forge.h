/*
 * What a forge shows beside a commit: is it in force, and did all go well? Pure.
 */
#pragma once

#include "base/secret.h"
#include "controller/courier.h"
#include "controller/outgoing.h"
#include "git/repo.h"

#include <jansson.h>

enum verdict_state { VERDICT_PENDING, VERDICT_SUCCESS, VERDICT_FAILURE };

enum { VERDICT_TEXT = 141 }; /* GitHub takes 140 characters */

struct verdict {
	char commit[COMMIT_HEX]; /* of people */
	enum verdict_state state;
	char words[VERDICT_TEXT];
};

/*
 * Of a status document (schema 1) after a pass: about the newest commit of people. False:
 * the pass says nothing of any.
 */
bool verdict_of(struct verdict *out, const json_t *status);

/* Of a commit that a pass has begun to work on. */
void verdict_pending(struct verdict *out, const char *commit);

/* "pending", "success", "failure" */
const char *verdict_name(enum verdict_state state);

struct forge {
	enum forge_kind kind;
	const char *statuses; /* the URL that a commit's id is added to */
};

/*
 * `url` and `project` may be NULL: they are those of `repository`, a URL of Git's.
 * ERROR_INVALID where it does not tell.
 */
bool forge_init(struct forge *out, struct arena *arena, enum forge_kind kind,
		const char *url, const char *project, const char *repository,
		struct error *err);

/* The word before the token in the header Authorization. */
const char *forge_scheme(enum forge_kind kind);

void forge_letter(const struct forge *forge, const struct verdict *verdict,
		  struct arena *arena, struct letter *out);
