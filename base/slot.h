/* One value on its way into its setting. Private to base/decode.c and its readers. */
#pragma once

#include "base/decode.h"

/* Where a value stands in the tree, and what it is for. */
struct slot {
	const struct decode *how;
	const struct trail *trail;
	const struct field *field;
	const struct doc *key, *doc;
	void *out; /* the member */
};

/* "a whole number": what the field wants, in words. */
const char *slot_expected(const struct slot *slot);

/* What stands there instead: the text itself, "a list", "nothing". */
const char *doc_in_words(const struct decode *how, const struct doc *doc);

/* Tell that `doc` is not `want`. It is quoted, so no secret comes here. Returns false. */
bool slot_wrong(const struct slot *slot, const struct doc *doc, const char *want);

/*
 * One scalar each, checked against the field. `doc` is the slot's own or one inside it.
 * False (NULL, -1) when that was a mistake, which is told.
 */
bool slot_number(const struct slot *slot, const struct doc *doc, long *out);
bool slot_duration(const struct slot *slot, const struct doc *doc, long *out);
bool slot_flag(const struct slot *slot, const struct doc *doc, bool *out);
int slot_choice(const struct slot *slot, const struct doc *doc);
bool slot_fixed(const struct slot *slot);

/* A text of one line. A block scalar ends in a line break: that is not part of it. */
const char *slot_text(const struct slot *slot, const struct doc *doc, const char *want);

/* Fill the setting of the slot, whatever its kind. */
bool slot_setting(const struct slot *slot);

/* Is there a line break or another control character? */
bool has_control(const char *text);
