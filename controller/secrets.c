/* Where the value behind a secret's name comes from. */
#include "base/own.h"
#include "base/text.h"
#include "controller/host.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SECRET_BYTES_MAX = 64 * 1024, COMMAND_SECONDS = 10, END_MS = 2000 };

/*
 * A name from the repository becomes part of a path and of a variable: letters, digits,
 * - _ .
 */
static bool name_is_plain(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 100 || name[0] == '.')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
			return false;
	return true;
}

static bool read_all(int fd, const char *what, int deadline, struct secret *out,
		     struct error *err)
{
	char bytes[SECRET_BYTES_MAX];
	time_t end = time(NULL) + deadline;
	size_t len = 0;
	bool well = false;

	for (;;) {
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		int left = (int)(end - time(NULL));
		ssize_t got;

		if (deadline && (left <= 0 || poll(&poller, 1, left * 1000) == 0)) {
			error_set(err, ERROR_DENIED, "%s: no end after %d s", what,
				  deadline);
			break;
		}
		got = read(fd, bytes + len, sizeof(bytes) - len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error_set(err, ERROR_DENIED, "%s: %s", what, strerror(errno));
			break;
		}
		len += (size_t)got;
		if (len == sizeof(bytes)) {
			error_set(err, ERROR_DENIED, "%s: too long for a secret", what);
			break;
		}
		if (got == 0) {
			secret_set(out, bytes, len);
			well = true;
			break;
		}
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	if (well && out->len == 0)
		return error_set(err, ERROR_DENIED, "%s: it is empty", what);
	return well;
}

/*
 * True with an empty `out` when there is no such file. `loose`: systemd's own modes are
 * fine.
 */
static bool from_file(const char *path, unsigned forbidden, bool must_exist,
		      struct secret *out, struct error *err)
{
	own(fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0 && !must_exist && (errno == ENOENT || errno == ENOTDIR))
		return true;
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_set(err, ERROR_DENIED, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return error_set(err, ERROR_DENIED, "%s is not a file", path);
	if (st.st_mode & forbidden)
		return error_set(err, ERROR_DENIED,
				 "%s has mode %04o: others can read it; chmod 600 it and "
				 "change the secret",
				 path, (unsigned)(st.st_mode & 07777));
	return read_all(fd, path, 0, out, err);
}

static void child_runs(char *const *argv, int output)
{
	int nothing = open("/dev/null", O_RDWR);

	setpgid(0, 0);
	dup2(nothing, STDIN_FILENO);
	dup2(output, STDOUT_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

/* It has said what it says; it does not keep us waiting by not ending. */
static int ended(pid_t pid, bool well)
{
	const struct timespec moment = { .tv_nsec = 10L * 1000 * 1000 };
	int status = 0;

	for (unsigned i = 0; well && i < END_MS / 10; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		nanosleep(&moment, NULL);
	}
	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return well ? 0 : status;
}

static bool from_command(struct arena *arena, const struct list_setting *command,
			 struct secret *out, struct error *err)
{
	char **argv = arena_array(arena, char *, command->len + 1);
	int pipes[2], status;
	pid_t pid;
	bool well;

	for (size_t i = 0; i < command->len; i++)
		argv[i] = arena_strdup(arena, command->at[i]);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return error_set(err, ERROR_LOCAL, "pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		child_runs(argv, pipes[1]);
	close(pipes[1]);
	if (pid < 0) {
		close(pipes[0]);
		return error_set(err, ERROR_LOCAL, "fork: %s", strerror(errno));
	}
	well = read_all(pipes[0], argv[0], COMMAND_SECONDS, out, err);
	close(pipes[0]);
	status = ended(pid, well);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return error_set(err, ERROR_DENIED, "%s: cannot be run", argv[0]);
	if (WIFEXITED(status) && WEXITSTATUS(status) != 0)
		return error_set(err, ERROR_DENIED, "%s ended with %d", argv[0],
				 WEXITSTATUS(status));
	return well;
}

static bool from_environment(const char *variable, struct secret *out)
{
	const char *value = getenv(variable);

	if (!value || !*value)
		return false;
	secret_set(out, value, strlen(value));
	return out->len > 0;
}

static const char *use_name(enum secret_use use)
{
	switch (use) {
	case USE_ANY:
		return "anything";
	case USE_PROXMOX:
		return "Proxmox";
	case USE_GIT:
		return "Git";
	case USE_GUEST:
		return "guests";
	case USE_WEBHOOK:
		return "webhooks";
	case USE_NOTIFY:
		return "messages";
	case USE_FORGE:
		return "commit statuses";
	}
	return "";
}

static bool from_source(const struct secret_source *source, struct arena *arena,
			enum secret_use use, struct secret *out, struct error *err)
{
	enum secret_use bound = (enum secret_use)source->use.value;

	if (bound != USE_ANY && bound != use)
		return error_set(err, ERROR_DENIED,
				 "it is bound to %s by the host and is not used for %s",
				 use_name(bound), use_name(use));
	if (is_set(&source->file.is))
		return from_file(source->file.value, 077, true, out, err);
	if (is_set(&source->command.is))
		return from_command(arena, &source->command, out, err);
	if (from_environment(source->env.value, out))
		return true;
	return error_set(err, ERROR_DENIED, "the variable %s is not set",
			 source->env.value);
}

static char *variable_of(struct arena *arena, const char *name)
{
	char *variable = arena_printf(arena, "VM7_SECRET_%s", name);

	for (char *at = variable; *at; at++)
		*at = isalnum((unsigned char)*at) ? (char)toupper((unsigned char)*at)
						  : '_';
	return variable;
}

/* Anywhere but in `secrets:`. True with an empty `out` when it is nowhere. */
static bool from_places(struct arena *arena, const char *name, const char *variable,
			struct secret *out, struct error *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	if (credentials && *credentials &&
	    !from_file(arena_printf(arena, "%s/%s", credentials, name), 007, false, out,
		       err))
		return false;
	if (out->value || from_environment(variable, out))
		return true;
	return from_file(arena_printf(arena, "/etc/vm7/secrets/%s", name), 077, false,
			 out, err);
}

static bool look_up(const struct host *host, struct arena *arena, const char *name,
		    enum secret_use use, struct secret *out, struct error *err)
{
	char *variable;

	if (!name_is_plain(name))
		return error_set(err, ERROR_DENIED,
				 "secret %s: a name has letters, digits, - _ and .",
				 name);
	variable = variable_of(arena, name);
	for (size_t i = 0; i < host->secrets_len; i++)
		if (strcmp(host->secrets[i].name, name) == 0)
			return from_source(&host->secrets[i], arena, use, out, err) ||
			       error_wrap(err, "secret %s", name);
	if (!from_places(arena, name, variable, out, err))
		return error_wrap(err, "secret %s", name);
	if (!out->value)
		return error_set(
			err, ERROR_DENIED,
			"secret %s is missing: it is in none of `secrets:` of %s, "
			"$CREDENTIALS_DIRECTORY, $%s, /etc/vm7/secrets/%s",
			name, host->file ? host->file : "the host's configuration",
			variable, name);
	return true;
}

bool host_secret(const struct host *host, struct arena *arena, const char *name,
		 enum secret_use use, struct secret *out, struct error *err)
{
	*out = (struct secret){ 0 };
	if (look_up(host, arena, name, use, out, err))
		return true;
	secret_finish(out); /* what a program printed before it failed */
	return false;
}
