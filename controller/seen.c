#include "controller/seen.h"

#include "base/own.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool seen_path(const struct repo *repo, char *out, size_t size)
{
	int len = snprintf(out, size, "%s/seen", repo_private_dir(repo));

	return len > 0 && (size_t)len < size;
}

unsigned seen_last(const struct repo *repo, const char *instance)
{
	char path[4096], known[64], number[16];
	own(file) FILE *file = NULL;

	if (!instance || !seen_path(repo, path, sizeof(path)))
		return 0;
	file = fopen(path, "re");
	if (!file || fscanf(file, "%63s %15s", known, number) != 2 ||
	    strcmp(known, instance) != 0)
		return 0;
	return (unsigned)strtoul(number, NULL, 10);
}

bool seen_check(const struct repo *repo, const char *instance, unsigned serial,
		struct error *err)
{
	unsigned last = seen_last(repo, instance);
	char path[4096];

	if (serial >= last || !seen_path(repo, path, sizeof(path)))
		return true;
	return error_set(err, ERROR_REFUSED,
			 "the lease file has the serial %u, but %u was seen here before: "
			 "the branch went back. If "
			 "that is meant, remove %s",
			 serial, last, path);
}

void seen_remember(const struct repo *repo, const char *instance, unsigned serial)
{
	char path[4096], fresh[4104];
	FILE *file;

	if (!instance || !seen_path(repo, path, sizeof(path)))
		return;
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	file = fopen(fresh, "we");
	if (!file)
		return;
	fprintf(file, "%s %u\n", instance, serial);
	if (fclose(file) == 0)
		rename(fresh, path);
}
