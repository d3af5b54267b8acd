/*
 * The status document as it is read: by the page, the terminal, metrics and messages. What
 * is missing, or of another type, counts as not said.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

/* A member that is a text; NULL when it is none. */
const char *document_text(const json_t *object, const char *key);

/* The same; "" when it is none. */
const char *document_words(const json_t *object, const char *key);

/* A member that is a number; 0 when it is none. */
int64_t document_number(const json_t *object, const char *key);

/* The guest of that name; NULL: there is none. */
const json_t *document_guest(const json_t *status, const char *name);
