#include "git/open.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Under sudo, the person's own files are still their own. */
static bool is_own(uid_t owner)
{
	const char *sudo = getenv("SUDO_UID");

	return owner == geteuid() ||
	       (geteuid() == 0 && sudo && strtoul(sudo, NULL, 10) == owner);
}

struct trust {
	const char *dir;
	bool yes;
};

/* One value of safe.directory, in order: an empty one forgets those before it. */
static int sees_value(const git_config_entry *entry, void *payload)
{
	struct trust *trust = payload;
	size_t len = strlen(entry->value);

	/* not from the repository itself: that would be the fox's word */
	if (entry->level > GIT_CONFIG_LEVEL_GLOBAL)
		return 0;
	while (len > 1 && entry->value[len - 1] == '/')
		len--;
	if (len == 0)
		trust->yes = false;
	else if (strcmp(entry->value, "*") == 0 ||
		 (strlen(trust->dir) == len &&
		  strncmp(trust->dir, entry->value, len) == 0))
		trust->yes = true;
	return 0;
}

static bool is_trusted(const char *dir)
{
	own(git_config) git_config *config = NULL;
	struct trust trust = { .dir = dir };

	if (git_config_open_default(&config) == 0)
		git_config_get_multivar_foreach(config, "safe.directory", NULL,
						sees_value, &trust);
	return trust.yes;
}

bool owner_trusted(const struct repo *repo, struct error *err)
{
	const char *const places[] = { repo->dir, git_repository_path(repo->git) };
	struct stat st;

	for (size_t i = 0; i < 2; i++) {
		if (lstat(places[i], &st) < 0)
			return error_set(err, ERROR_LOCAL, "%s: %s", places[i],
					 strerror(errno));
		if (!is_own(st.st_uid) && !is_trusted(repo->dir))
			return error_set(
				err, ERROR_LOCAL,
				"%s belongs to another user: git config --global "
				"--add safe.directory %s",
				places[i], repo->dir);
	}
	return true;
}
