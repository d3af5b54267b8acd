/*
 * Who a caller is: tokens, tickets, passwords. PVE: PVE::HTTPServer auth_handler,
 * PVE::AccessControl verify_token, verify_ticket, PVE::Ticket.
 *
 * A ticket is signed with a key that comes from the world's seed, so it survives a restart.
 */
#pragma once

#include "base/arena.h"
#include "world.h"

/* The headers that say who calls; each may be NULL. */
struct credentials {
	const char *cookie, *authorization, *csrf;
};

/*
 * The user they stand for, or NULL and `why`, the reason of a 401. `write`: not a GET, so that
 * a ticket must come with its CSRF token.
 */
const char *login(struct arena *arena, const struct world *world,
		  const struct credentials *headers, bool write, const char **why);

/* A token is among them, and no ticket, which would go before it. */
bool login_by_token(struct arena *arena, const struct credentials *headers);

/* The user exists, is enabled and has not expired. */
bool login_enabled(const struct world *world, const char *user);

bool login_password_is(const struct world *world, const char *user, const char *password);

/*
 * "PVE:root@pam:6B0158DC::<signature>", and "6B0158DC:<signature>" for its writes, made at
 * `time`.
 */
char *login_ticket(struct arena *arena, const struct world *world, const char *user,
		   double time);
char *login_csrf(struct arena *arena, const struct world *world, const char *user,
		 double time);

/* The user of a valid ticket, or NULL. */
char *login_ticket_user(struct arena *arena, const struct world *world,
			const char *ticket);
