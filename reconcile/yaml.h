/*
 * YAML that vm7 writes.
 *
 * By hand rather than by libyaml's emitter, which leaves `yes`, `null`, `12:30` and the
 * empty text without quotes. Here what has quotes is a text, and so is a word that no
 * reader of YAML 1.1 or 1.2 takes for anything else; the rest is in quotes.
 */
#pragma once

#include "base/text.h"

#include <jansson.h>

/* A text where a value may stand; NULL is null. */
void yaml_text(struct text *out, const char *text);

/* Any value on one line: `[a, b]`, `{slot: mp0, size_gb: 8}`. Keys are written as they are. */
void yaml_flow(struct text *out, const json_t *value);
