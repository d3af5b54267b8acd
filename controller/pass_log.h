/*
 * What a pass of the controller leaves in the log. A complaint is told when it is new, and
 * when it is over; not with every pass in between, for days.
 */
#pragma once

#include "controller/pass.h"

#include <jansson.h>

/* Zeroed: nothing was told yet. */
struct pass_log {
	json_t *told, *fresh; /* complaints by what they are about */
};

/* `arena` is for what is only needed now. */
void pass_log_tell(struct pass_log *log, struct arena *arena, struct pass *pass);
void pass_log_finish(struct pass_log *log);
