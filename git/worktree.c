/* Files of a person's working tree, reached one folder at a time and never by a link. */
#include "git/tree.h"

#include "git/inside.h"
#include "git/path.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

OWN_DEFINE(dir, DIR *, closedir);

static bool refused(struct error *err, const char *path, const char *what)
{
	return error_set(err, ERROR_INVALID, "%s: is %s: only plain files are read", path,
			 what);
}

static bool failed(struct error *err, const char *path)
{
	return error_set(err, ERROR_LOCAL, "%s: %s", path, strerror(errno));
}

static bool top_open(const struct repo *repo, int *out, struct error *err)
{
	if (repo->cache)
		return error_set(err, ERROR_LOCAL, "%s has no working tree", repo->dir);
	*out = open(repo->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out >= 0 || failed(err, repo->dir);
}

static const char *strange(mode_t mode)
{
	return S_ISLNK(mode)   ? "a link"
	       : S_ISDIR(mode) ? "a folder"
	       : S_ISREG(mode) ? NULL
			       : "a device or pipe";
}

/* A repository of its own inside: a submodule, a forgotten clone. */
static bool is_repository(int folder)
{
	struct stat st;

	return fstatat(folder, ".git", &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Step from `*at` into its folder `name`; `missing` when there is none. */
static bool enter(int *at, const char *name, const char *path, bool *missing,
		  struct error *err)
{
	int below = openat(*at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (below < 0) {
		int why = errno;

		*missing = why == ENOENT;
		if (why == ENOTDIR && fstatat(*at, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			/* nothing is below a plain file */
			*missing = S_ISREG(st.st_mode);
			return *missing || refused(err, path, strange(st.st_mode));
		}
		errno = why;
		return *missing || failed(err, path);
	}
	close(*at);
	*at = below;
	return !is_repository(below) || refused(err, path, "another repository");
}

static bool content_read(int fd, struct arena *arena, const char *path, off_t size,
			 struct file *out, struct error *err)
{
	char *text = arena_array(arena, char, (size_t)size + 1);
	ssize_t count;
	size_t len = 0;

	while (len < (size_t)size &&
	       (count = read(fd, text + len, (size_t)size - len)) != 0) {
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return failed(err, path);
		len += (size_t)count;
	}
	out->path = arena_strdup(arena, path);
	out->text = text;
	out->len = len;
	return true;
}

static bool file_read(int folder, const char *name, struct arena *arena, const char *path,
		      struct file **out, struct error *err)
{
	/* Not blocking: a pipe without a writer would never open. */
	own(fd) int fd =
		openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return true;
	if (fd < 0 && errno == ELOOP)
		return refused(err, path, "a link");
	if (fd < 0 && errno == ENXIO) /* a socket */
		return refused(err, path, "a device or pipe");
	if (fd < 0 || fstat(fd, &st) < 0)
		return failed(err, path);
	if (strange(st.st_mode))
		return refused(err, path, strange(st.st_mode));
	if (st.st_size > FILE_BYTES_MAX)
		return error_set(err, ERROR_INVALID, "%s: larger than %d MiB", path,
				 FILE_BYTES_MAX / (1024 * 1024));
	*out = arena_new(arena, struct file);
	return content_read(fd, arena, path, st.st_size, *out, err);
}

bool worktree_read(struct repo *repo, struct arena *arena, const char *path,
		   struct file **out, struct error *err)
{
	own(fd) int at = -1;
	bool missing = false;
	char **parts;
	size_t count;

	*out = NULL;
	if (!path_split(arena, path, &parts, &count, err) || !top_open(repo, &at, err))
		return false;
	for (size_t i = 0; i + 1 < count && !missing; i++)
		if (!enter(&at, parts[i], path_join(arena, parts, i + 1), &missing, err))
			return false;
	return missing || file_read(at, parts[count - 1], arena, path, out, err);
}

static bool list_folder(struct listing *listing, int folder, const char *prefix,
			unsigned depth, struct error *err);

static bool list_entry(struct listing *listing, int folder, const char *name,
		       const char *path, unsigned depth, struct error *err)
{
	own(fd) int below = -1;
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || failed(err, path); /* gone meanwhile */
	if (!S_ISDIR(st.st_mode)) {
		if (!listing_wants(listing, path))
			return true;
		if (strange(st.st_mode))
			return refused(err, path, strange(st.st_mode));
		listing_add(listing, path);
		return true;
	}
	below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (below < 0)
		return failed(err, path);
	return is_repository(below) || list_folder(listing, below, path, depth + 1, err);
}

static bool list_folder(struct listing *listing, int folder, const char *prefix,
			unsigned depth, struct error *err)
{
	own(dir) DIR *dir = NULL;
	struct dirent *entry;
	int copy;

	if (depth > PATH_DEPTH_MAX)
		return error_set(err, ERROR_INVALID, "%s: too deep", prefix);
	copy = fcntl(folder, F_DUPFD_CLOEXEC, 0); /* closedir takes its own along */
	if (copy < 0 || !(dir = fdopendir(copy))) {
		if (copy >= 0)
			close(copy);
		return failed(err, *prefix ? prefix : "working tree");
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *name = entry->d_name, *path;

		if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
		    path_is_git(name))
			continue;
		path = listing_look(listing, prefix, name, err);
		if (!path || !list_entry(listing, folder, name, path, depth, err))
			return false;
	}
	return true;
}

bool worktree_list(struct repo *repo, struct arena *arena,
		   bool (*wanted)(void *what, const char *path), void *what,
		   const char ***out, size_t *len, struct error *err)
{
	own(fd) int top = -1;
	struct listing listing;
	bool ok;

	listing_init(&listing, arena, wanted, what);
	ok = top_open(repo, &top, err) && list_folder(&listing, top, "", 1, err);
	return listing_end(&listing, ok, out, len);
}
