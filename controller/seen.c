#include "controller/seen.h"

#include "base/own.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool path_of(const struct repo *repo, const char *name, char *out, size_t size)
{
	int len = snprintf(out, size, "%s/%s", repo_private_dir(repo), name);

	return len > 0 && (size_t)len < size;
}

unsigned seen_last(const struct repo *repo, const char *instance)
{
	char path[4096], known[64], number[16];
	own(file) FILE *file = NULL;

	if (!instance || !path_of(repo, "seen", path, sizeof(path)))
		return 0;
	file = fopen(path, "re");
	if (!file || fscanf(file, "%63s %15s", known, number) != 2 ||
	    strcmp(known, instance) != 0)
		return 0;
	return (unsigned)strtoul(number, NULL, 10);
}

/* Whole or not at all. */
static void write_line(const struct repo *repo, const char *name, const char *line)
{
	char path[4096], fresh[4104];
	FILE *file;

	if (!path_of(repo, name, path, sizeof(path)))
		return;
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	file = fopen(fresh, "we");
	if (!file)
		return;
	fprintf(file, "%s\n", line);
	if (fclose(file) == 0)
		rename(fresh, path);
}

void seen_remember(const struct repo *repo, const char *instance, unsigned serial)
{
	char line[128];

	if (!instance)
		return;
	snprintf(line, sizeof(line), "%s %u", instance, serial);
	write_line(repo, "seen", line);
}

bool good_recall(const struct repo *repo, const char *branch, struct good *out)
{
	own(file) FILE *file = NULL;
	char path[4096], of[256];

	if (!path_of(repo, "good", path, sizeof(path)))
		return false;
	file = fopen(path, "re");
	return file &&
	       fscanf(file, "%40s %40s %255s", out->commit, out->leases_tip, of) == 3 &&
	       strcmp(of, branch) == 0 && strlen(out->commit) == COMMIT_HEX - 1 &&
	       strlen(out->leases_tip) == COMMIT_HEX - 1;
}

void good_remember(const struct repo *repo, const char *branch, const struct good *good)
{
	char line[2 * COMMIT_HEX + 257];
	struct good known;

	if (good_recall(repo, branch, &known) &&
	    strcmp(known.commit, good->commit) == 0 &&
	    strcmp(known.leases_tip, good->leases_tip) == 0)
		return;
	snprintf(line, sizeof(line), "%s %s %s", good->commit, good->leases_tip, branch);
	write_line(repo, "good", line);
}

json_t *seen_document(const struct repo *repo, const char *name)
{
	char path[4096];

	return path_of(repo, name, path, sizeof(path)) ? json_load_file(path, 0, NULL)
						       : NULL;
}

void seen_remember_document(const struct repo *repo, const char *name,
			    const json_t *document)
{
	char *text = json_dumps(document, JSON_COMPACT);

	write_line(repo, name, text);
	free(text);
}
