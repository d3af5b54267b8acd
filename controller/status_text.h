/*
 * The status document as text for a person. Every word in it that comes from the
 * repository or from Proxmox is made safe for a terminal.
 */
#pragma once

#include "base/arena.h"

#include <jansson.h>
#include <stdbool.h>

struct status_form {
	bool color;
	bool all; /* every guest, however many there are */
};

/* All of it; `form` as the terminal has it. What is returned lives in `arena`. */
char *status_text(struct arena *arena, const json_t *status,
		  const struct status_form *form);

/* One guest of it, with its lease as the lease file has it (NULL: none). */
char *status_guest_text(struct arena *arena, const json_t *status, const json_t *guest,
			const json_t *lease, const struct status_form *form);

/* What a pass of it has done: a line, one for each guest, and what waits if anything. */
char *status_pass_text(struct arena *arena, const json_t *status, const json_t *pass,
		       const struct status_form *form);

/*
 * The exit code of its newest pass for who asked for one: also not 0 when the pass could
 * only look after what was good last.
 */
int status_pass_exit(const json_t *status, const json_t *pass);

/* What the passes of it have done about a guest, newest first. A new reference. */
json_t *status_history(const json_t *status, const char *guest);
