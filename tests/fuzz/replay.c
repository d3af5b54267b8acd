/*
 * Runs a fuzz target over saved inputs, as a plain test: replay_NAME FOLDER.
 *
 * Each input is given whole, cut off at every length, and with every byte in turn replaced
 * by bytes that mean something in YAML, JSON and property strings. So the few inputs that
 * are kept stand for the many that are near them, and every run tries the same ones.
 *
 * Inputs are copied into memory of exactly their size, so that a sanitizer sees a read
 * beyond the end.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer inputs are tried at evenly spread places, so that each takes about as long. */
enum { PLACES_MAX = 400, INPUT_MAX = 1 << 20 };

static const char telling[] = { '\0', '\n', ' ', '"', ',', ':', '=', '{', '[', '-', '9' };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_input(const char *bytes, size_t len)
{
	uint8_t *exact = malloc(len > 0 ? len : 1);

	if (!exact)
		abort();
	if (len > 0)
		memcpy(exact, bytes, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
}

static size_t try_near(char *bytes, size_t len)
{
	size_t stride = len / PLACES_MAX + 1;
	size_t tried = 1;

	try_input(bytes, len);
	for (size_t at = 0; at < len; at += stride) {
		char was = bytes[at];

		try_input(bytes, at);
		bytes[at] = telling[at / stride % sizeof(telling)];
		try_input(bytes, len);
		bytes[at] = (char)(was ^ 0x80);
		try_input(bytes, len);
		bytes[at] = was;
		tried += 3;
	}
	return tried;
}

static bool try_file(const char *folder, const char *name, size_t *tried)
{
	static char bytes[INPUT_MAX];
	char path[4096];
	FILE *file;
	size_t len;
	bool well;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "rb");
	if (!file) {
		perror(path);
		return false;
	}
	len = fread(bytes, 1, sizeof(bytes), file);
	well = !ferror(file) && len < sizeof(bytes);
	fclose(file);
	if (!well) {
		fprintf(stderr, "%s: cannot be read, or is too long\n", path);
		return false;
	}
	/* what crashes is the last one named */
	fprintf(stderr, "%s\n", path);
	*tried += try_near(bytes, len);
	return true;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **names;
	size_t tried = 0;
	bool well = true;
	int count;

	if (argc != 2) {
		fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
		return 64;
	}
	count = scandir(argv[1], &names, visible, alphasort);
	if (count <= 0) {
		fprintf(stderr, "%s: no inputs\n", argv[1]);
		return 1;
	}
	for (int i = 0; i < count; i++) {
		well = try_file(argv[1], names[i]->d_name, &tried) && well;
		free(names[i]);
	}
	free(names);
	printf("%d inputs, %zu variants\n", count, tried);
	return well ? 0 : 1;
}
