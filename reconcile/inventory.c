/* The inventory for ssh and for /etc/hosts. */
#include "reconcile/inventory.h"

#include "base/text.h"
#include "reconcile/facts.h"

char *inventory_ssh_config(struct arena *arena, const struct inventory_guest *guests,
			   size_t len)
{
	const struct facts *all = facts_of_all(arena, guests, len);
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < len; i++) {
		const struct facts *guest = &all[i];

		if (!guest->reachable)
			continue;
		if (out.len > 0)
			text_addc(&out, '\n');
		text_addf(&out, "Host %s\n\tHostName %s\n", guest->name, guest->ip);
		if (guest->user)
			text_addf(&out, "\tUser %s\n", guest->user);
	}
	return arena_strdup(arena, text_str(&out));
}

/* The canonical name goes first (hosts(5)): the one with a domain, where there is one. */
static void add_host(struct text *out, const char *ip, const struct facts *guest)
{
	if (!ip)
		return;
	text_addf(out, "%s\t", ip);
	if (guest->domain)
		text_addf(out, "%s.%s ", guest->name, guest->domain);
	text_addf(out, "%s\n", guest->name);
}

char *inventory_hosts(struct arena *arena, const struct inventory_guest *guests,
		      size_t len)
{
	const struct facts *all = facts_of_all(arena, guests, len);
	struct text out;

	text_init(&out, arena);
	for (size_t i = 0; i < len; i++) {
		if (!all[i].reachable)
			continue;
		add_host(&out, all[i].ip, &all[i]);
		add_host(&out, all[i].ip6, &all[i]);
	}
	return arena_strdup(arena, text_str(&out));
}
