#include "controller/keyfile.h"

#include "base/arena.h"
#include "base/own.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES_MAX = 10 };

OWN_DEFINE(dir, DIR *, closedir);

static char *path_in(const char *dir, const char *name)
{
	size_t size = strlen(dir) + strlen(name) + 2;
	char *path = xcalloc(size, 1);

	snprintf(path, size, "%s/%s", dir, name);
	return path;
}

/* A sweeper may be quicker than our lock: then the file has no name any more. */
static bool create(struct keyfile *file, const char *dir)
{
	struct stat st = { 0 };

	for (int tries = 0; tries < TRIES_MAX; tries++) {
		file->path = path_in(dir, "key-XXXXXX");
		file->fd = mkostemp(file->path, O_CLOEXEC);
		if (file->fd >= 0 && flock(file->fd, LOCK_EX) == 0 &&
		    fstat(file->fd, &st) == 0 && st.st_nlink > 0)
			return true;
		if (file->fd < 0)
			return false;
		keyfile_finish(file);
	}
	return false;
}

bool keyfile_write(struct keyfile *file, const char *dir, const struct secret *key,
		   struct error *err)
{
	*file = (struct keyfile){ .fd = -1 };
	if (!create(file, dir))
		return error_set(err, ERROR_LOCAL, "%s: no file for a key: %s", dir,
				 strerror(errno));
	/* OpenSSH wants the newline at the end, which is not part of a secret */
	if (write(file->fd, key->value, key->len) != (ssize_t)key->len ||
	    write(file->fd, "\n", 1) != 1)
		return error_set(err, ERROR_LOCAL, "%s: %s", file->path, strerror(errno));
	return true;
}

void keyfile_finish(struct keyfile *file)
{
	if (!file->path)
		return;
	if (file->fd >= 0) {
		unlink(file->path);
		close(file->fd);
	}
	free(file->path);
	*file = (struct keyfile){ .fd = -1 };
}

void keyfile_sweep(const char *dir)
{
	own(dir) DIR *all = opendir(dir);
	struct dirent *entry;

	while (all && (entry = readdir(all))) {
		own(fd) int fd = -1;

		if (str_starts(entry->d_name, "signature-"))
			unlinkat(dirfd(all), entry->d_name, 0);
		if (!str_starts(entry->d_name, "key-"))
			continue;
		fd = openat(dirfd(all), entry->d_name,
			    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(dirfd(all), entry->d_name, 0);
	}
}
