/* What URLs lead to. Nothing is fetched: the world knows what is out there. */
#pragma once

#include "base/arena.h"
#include "world.h"

struct page {
	const json_t *entry; /* its size, type, sums; NULL: nothing came */
	const char *status;  /* of the server, "200 OK"; NULL: there is none */
	const char *host;    /* with its port as in the URL */
	bool resolves;       /* the name leads to an address */
};

void internet_open(struct arena *arena, const struct world *world, const char *url,
		   struct page *out);

/* The checksum of what is there; made up of the URL unless the world has one. */
const char *internet_sum(struct arena *arena, const struct page *page, const char *url,
			 const char *algorithm);
