/* Guests out of backups, as two calls that make guests offer it. */
#pragma once

#include "api.h"

/* Does the call ask for a restore, and not for a new guest? */
bool restore_asked(const struct call *call, enum guest_type type);

/* Answer it. `options`: what the caller sets beside what the backup has. */
void restore_begin(struct call *call, enum guest_type type, json_t *options);
