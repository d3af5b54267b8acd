/* One comparison of what is wanted with what is seen: shared by options and cards. */
#pragma once

#include "reconcile/making.h"

struct view {
	struct arena *arena; /* to make texts in */
	const struct making *making;
	const struct observed *seen; /* NULL: nothing is there */
};

/* As Proxmox takes them; NULL where they are not set. */
const char *view_number(struct view *view, const struct num_setting *setting);
const char *view_flag(const struct flag_setting *setting);

/* The value of an option that is there, or NULL. */
const char *view_seen(const struct view *view, const char *key);

/* The same value, however it is written; false when `now` is NULL. */
bool same_value(const char *now, const char *wanted);

void add_change(struct changes *out, struct view *view, const char *key, const char *from,
		const char *to);

/* A cloud-init drive, where what was cloned has none. */
void change_drive(struct changes *out, struct view *view);

/*
 * Its networks -> netN and ipconfigN. A finished guest loses the cards that its lease had
 * beyond them; one in the making all that its template brought. The addresses of a
 * machine are cloud-init's.
 */
void change_cards(struct changes *out, struct view *view, enum extent extent);
