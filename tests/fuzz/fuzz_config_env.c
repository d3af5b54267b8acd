/* Any bytes as a config.env: what is printed of it is YAML with the same values. */
#include "base/doc.h"
#include "reconcile/config_env.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(struct arena *arena, const struct entries *entries)
{
	const char *yaml = entries_yaml(arena, entries);
	struct file file = { "printed.yaml", yaml, strlen(yaml) };
	const struct doc *doc, *name;
	struct diags diags;

	diags_init(&diags, arena);
	doc = doc_read(arena, &file, &diags);
	if (!doc || diags.len > 0)
		abort();
	name = doc_get(doc_get(doc, "vms")->items[0], "name");
	if (strcmp(name->text, entries->at[0].name) != 0)
		abort();
	json_decref(entries_json(entries));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct file file = { "config.env", arena_strndup(arena, (const char *)data, size),
			     size };
	const struct config_env_how how = { .name = "folder" };
	struct entries entries = { 0 };
	struct config_env guest;
	struct shell_env env;
	struct diags diags;

	diags_init(&diags, arena);
	shell_env_read(&env, arena, &file, &diags);
	config_env_entry(&guest, &entries, arena, &env, &file, &how, &diags);
	expect_same(arena, &entries);
	arena_destroy(arena);
	return 0;
}
