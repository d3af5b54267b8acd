/* What the tables of verbs and options tell about themselves. */
#include "controller/options.h"

#include <stdio.h>
#include <string.h>

static void print_option(const struct option_row *row)
{
	char left[64], letter[8] = "    ";

	if (row->letter)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s", letter, row->name,
		 row->argument ? " " : "", row->argument ? row->argument : "");
	printf("  %-28s %s\n", left, row->help);
}

void help_print(const struct command *command)
{
	if (!command) {
		printf("vm7 %s: merged pull requests become machines on Proxmox VE\n\n"
		       "usage: vm7 [-C DIR] [-v] VERB [options]\n\n",
		       VM7_VERSION);
		for (command = commands; command->name; command++)
			printf("  %-12s %s\n", command->name, command->summary);
		printf("\nCommon options:\n");
		for (const struct option_row *row = option_rows; row->name; row++)
			if (row->common)
				print_option(row);
		printf("\nvm7 help VERB tells more about one of them.\n");
		return;
	}
	printf("vm7 %s%s%s [options]\n\n%s\n", command->name,
	       command->argument ? " " : "", command->argument ? command->argument : "",
	       command->summary);
	if (command->about)
		printf("\n%s\n", command->about);
	if (command->options && *command->options)
		printf("\nOptions:\n");
	for (const struct option_row *row = option_rows; row->name; row++)
		if (!row->common && command_takes(command, row))
			print_option(row);
	printf("\nCommon options: see vm7 help.\n");
}

static json_t *option_json(const struct option_row *row)
{
	const char letter[2] = { row->letter };

	return json_pack("{s:s, s:s, s:s?, s:b, s:b, s:s}", "name", row->name, "letter",
			 letter, "argument", row->argument, "common", row->common,
			 "repeatable", row->kind == OPTION_TEXTS, "help", row->help);
}

static json_t *command_json(const struct command *command)
{
	json_t *own = json_array();

	for (const struct option_row *row = option_rows; row->name; row++)
		if (!row->common && command_takes(command, row))
			json_array_append_new(own, json_string(row->name));
	return json_pack("{s:s, s:s, s:s?, s:s?, s:o}", "name", command->name, "summary",
			 command->summary, "argument", command->argument, "about",
			 command->about, "options", own);
}

json_t *help_json(const struct command *command)
{
	json_t *verbs = json_array(), *options = json_array();

	for (const struct command *row = commands; row->name; row++)
		if (!command || row == command)
			json_array_append_new(verbs, command_json(row));
	for (const struct option_row *row = option_rows; row->name; row++)
		if (!command || command_takes(command, row))
			json_array_append_new(options, option_json(row));
	return json_pack("{s:i, s:o, s:o}", "schema", 1, "verbs", verbs, "options",
			 options);
}
