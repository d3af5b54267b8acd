/*
 * Any bytes as a lease file: leases, or mistakes. What was read prints as a file that
 * reads the same, and an allocation on top of it doubles nothing.
 */
#include "base/text.h"
#include "ipam/allocate.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char pools_text[] =
	"pools:\n"
	"  mgmt: {cidr: 192.168.10.0/24, range_start: 192.168.10.50, range_end: "
	"192.168.10.53,\n"
	"    cidr6: \"fd00:10::/64\"}\n"
	"  services: {cidr: 192.168.20.0/30, gateway: 192.168.20.1}\n";

static struct file file_of(const char *path, const char *text)
{
	return (struct file){ path, text, strlen(text) };
}

/* Sorted, and whole or bare: what others rely on. */
static void check(const struct leases *leases, struct arena *arena)
{
	struct diags diags;

	for (size_t i = 0; i < leases->len; i++) {
		const struct lease *lease = &leases->at[i];

		if (leases_find(leases, lease->name) != lease)
			abort();
		if (lease->bare && lease->nics_len != 1)
			abort();
		if (!lease->bare && (!lease->id || !lease->since || lease->vmid < 100))
			abort();
		for (size_t n = 0; n < lease->nics_len; n++) {
			const struct nic *nic = &lease->nics[n];

			if ((nic->ip.family || nic->ip6.family) != (nic->pool != NULL))
				abort();
			if (!lease->bare && !nic->mac)
				abort();
		}
	}
	diags_init(&diags, arena);
	leases_check(leases, arena, NULL, &diags);
	if (diags.len > 0)
		abort();
}

/* What jansson makes of it again, and a newline. */
static void check_form(const char *printed)
{
	json_t *value = json_loads(printed, JSON_REJECT_DUPLICATES, NULL);
	char *dumped = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);

	if (!dumped || strncmp(dumped, printed, strlen(dumped)) != 0 ||
	    strcmp(printed + strlen(dumped), "\n") != 0)
		abort();
	free(dumped);
	json_decref(value);
}

static void reads_back(const struct leases *leases, struct arena *arena)
{
	const char *printed = leases_print(arena, leases);
	struct file file = file_of("printed.json", printed);
	struct leases again;
	struct diags diags;

	check_form(printed);
	diags_init(&diags, arena);
	leases_read(&again, arena, &file, &diags);
	if (diags.len > 0 || strcmp(leases_print(arena, &again), printed) != 0)
		abort();
}

/* Some guests that the file may know, and some that it cannot. */
static void allocates(const struct leases *held, struct arena *arena)
{
	static const struct claim both[] = { { "mgmt" }, { "services" } };
	static const char *const names[] = { "web-01", "a", "web-02", "b", "new", "x" };
	enum { LEN = sizeof(names) / sizeof(names[0]) };
	struct file file = file_of("pools.yaml", pools_text);
	struct want wants[LEN] = { 0 };
	struct allotment result[LEN];
	struct leases out;
	struct pools pools;
	struct diags diags;
	struct allocation how = {
		.pools = &pools,
		.held = held,
		.instance = held->instance ? held->instance : "",
		.serial = held->serial + 1,
		.since = "2026-11-21T09:30:00Z",
		.vmid_first = 10000,
		.vmid_last = 10003,
	};

	diags_init(&diags, arena);
	pools_read(&pools, arena, &file, &diags);
	for (size_t i = 0; i < LEN; i++)
		wants[i] = (struct want){ .name = names[i],
					  .node = "pve01",
					  .vmid = i == 4 ? 10001 : 0,
					  .claims = both,
					  .claims_len = i % 3 };
	allocate(&out, result, arena, &how, wants, LEN);
	for (size_t i = 0; i < LEN; i++)
		if (result[i].ok == (result[i].why.kind != ERROR_NONE) ||
		    (result[i].ok && !leases_find(&out, names[i])))
			abort();
	check(&out, arena);
	reads_back(&out, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct file file = { "leases.json",
			     arena_strndup(arena, (const char *)data, size), size };
	struct leases leases;
	struct diags diags;
	struct text text;

	diags_init(&diags, arena);
	leases_read(&leases, arena, &file, &diags);
	text_init(&text, arena);
	diags_print(&text, &diags);
	if (diags.len == 0) {
		check(&leases, arena);
		reads_back(&leases, arena);
		allocates(&leases, arena);
	}
	arena_destroy(arena);
	return 0;
}
