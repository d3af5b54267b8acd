/*
 * Needs -> the smallest roles and entries of an ACL that meet them, as a person grants
 * them. Pure.
 */
#pragma once

#include "reconcile/rights.h"

#include <jansson.h>

/* One entry of the ACL; it propagates. */
struct grant {
	const char *path;
	const char **privileges; /* sorted */
	size_t len;
	const char *role; /* a name for exactly these privileges */
	const char **why; /* "to clone its template" */
	size_t why_len;
	const char **guests; /* for whom */
	size_t guests_len;
};

struct grants {
	struct grant *at; /* by path */
	size_t len, cap;
};

/*
 * In Proxmox the deepest entry replaces those above it, so what is needed there stands in
 * it, and what a path above gives as well gets no entry of its own. (pve-access-control
 * PVE/AccessControl.pm roles)
 */
void grants_make(struct grants *out, struct arena *arena, const struct needs *needs);

/* The pveum lines for a release, to be run as root on a node; ends in a newline. */
char *grants_print(struct arena *arena, const struct grants *grants, unsigned release,
		   const char *user, const char *token);

/* The same as {"release", "roles", "acl", "commands"}. */
json_t *grants_json(struct arena *arena, const struct grants *grants, unsigned release,
		    const char *user, const char *token);
