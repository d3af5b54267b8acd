#include "workers.h"

#include "base/arena.h"

#include <stdlib.h>

#define REQUESTS_MAX 1000
#define CONNS_SOFT   480

struct worker {
	unsigned requests, conns;
	bool replaced; /* nobody but its connections holds it */
};

static struct worker *start(void)
{
	return xcalloc(1, sizeof(struct worker));
}

static void replace(struct worker *worker)
{
	worker->replaced = true;
	if (!worker->conns)
		free(worker);
}

void workers_init(struct workers *workers)
{
	*workers = (struct workers){ { start(), start(), start() }, 0 };
}

void workers_finish(struct workers *workers)
{
	for (unsigned i = 0; i < 3; i++)
		replace(workers->at[i]);
}

struct worker *workers_accept(struct workers *workers)
{
	struct worker **at = &workers->at[workers->turn++ % 3];

	if (worker_is_ending(*at)) {
		replace(*at);
		*at = start();
	}
	(*at)->conns++;
	return *at;
}

void worker_leave(struct worker *worker)
{
	worker->conns--;
	if (worker->replaced && !worker->conns)
		free(worker);
}

void worker_count(struct worker *worker)
{
	worker->requests++;
}

bool worker_is_roomy(const struct worker *worker)
{
	return worker->conns < CONNS_SOFT;
}

bool worker_is_ending(const struct worker *worker)
{
	return worker->requests >= REQUESTS_MAX;
}
