#include "tests/lib/tap.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The last line of the tests: what a child of a test still says later is not waited for. */
static const char over[] = "# the tests are over\n";

static bool starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

/*
 * cmocka 1.1 tells a test that was skipped as one that failed: "not ok 3 # SKIP name".
 * What is no TAP becomes a comment.
 */
static void print_line(const char *line)
{
	bool failed = starts(line, "not ok ");
	bool skipped = failed && strstr(line, " # SKIP ");
	bool told = failed || starts(line, "ok ") || starts(line, "1..") || *line == '#';

	printf("%s%s", told ? "" : "# ", skipped ? line + strlen("not ") : line);
	fflush(stdout);
}

static int run(const char *group, const struct CMUnitTest *tests, size_t count)
{
	return _cmocka_run_group_tests(group, tests, count, NULL, NULL);
}

/* In a child, whose output is the pipe. */
static _Noreturn void run_into(int output, const char *group,
			       const struct CMUnitTest *tests, size_t count)
{
	int failed;

	dup2(output, STDOUT_FILENO);
	close(output);
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* cmocka asks the environment each time, and a test may have emptied it */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failed = run(group, tests, count);
	fputs(over, stdout);
	exit(failed);
}

int tap_run(const char *group, const struct CMUnitTest *tests, size_t count)
{
	const char *form = getenv("CMOCKA_MESSAGE_OUTPUT");
	char *line = NULL;
	int pipes[2], status;
	size_t size = 0;
	FILE *output;
	pid_t child;

	if (!form || strcmp(form, "TAP") != 0)
		return run(group, tests, count);
	if (pipe(pipes) < 0 || (child = fork()) < 0)
		abort();
	if (child == 0) {
		close(pipes[0]);
		run_into(pipes[1], group, tests, count);
	}
	close(pipes[1]);
	output = fdopen(pipes[0], "r");
	if (!output)
		abort();
	while (getline(&line, &size, output) > 0 && strcmp(line, over) != 0)
		print_line(line);
	free(line);
	fclose(output);
	if (waitpid(child, &status, 0) < 0)
		abort();
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
