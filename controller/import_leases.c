/*
 * Addresses that guests have already, as `NAME=ADDRESS` or out of a file of the ancestor,
 * become leases. All of them or none: one commit, pushed.
 */
#include "base/log.h"
#include "base/text.h"
#include "base/vec.h"
#include "controller/import.h"
#include "controller/run.h"
#include "ipam/given.h"
#include "reconcile/syntax.h"

#include <stdio.h>
#include <string.h>

struct import {
	struct app *app;
	struct given *at;
	size_t len, cap;
	const char *pool; /* for all of them, or NULL */
	size_t new_len;
	struct error *why; /* of each that cannot be leased */
};

static bool is_address(const char *text)
{
	struct error err = { 0 };
	struct addr addr;

	return addr_read(&addr, text, &err);
}

static bool already_named(const struct import *import, const char *name,
			  struct error *err)
{
	for (size_t i = 0; i < import->len; i++)
		if (strcmp(import->at[i].name, name) == 0)
			return !error_set(err, ERROR_USAGE,
					  "%s is given twice: a guest's first address "
					  "is imported, no other",
					  name);
	return false;
}

/* `web-01=192.168.10.77`, or `pool=mgmt`; a guest may be called pool too. */
static bool read_word(struct import *import, const char *word, struct error *err)
{
	struct arena *arena = import->app->arena;
	size_t len = strcspn(word, "=");
	const char *name = arena_strndup(arena, word, len), *value = word + len + 1;

	if (!word[len] || len == 0 || !*value)
		return error_set(err, ERROR_USAGE,
				 "%s: expected NAME=ADDRESS or pool=POOL",
				 str_safe(arena, word, 200));
	if (strcmp(name, "pool") == 0 && !is_address(value)) {
		if (import->pool)
			return error_set(err, ERROR_USAGE,
					 "two pools, %s and %s: import the addresses of "
					 "each by themselves",
					 import->pool, str_safe(arena, value, 80));
		import->pool = value;
		return true;
	}
	if (already_named(import, name, err))
		return false;
	*vec_push(arena, import) = (struct given){ .name = name, .text = value };
	return true;
}

static const char *address_of(struct arena *arena, const struct lease *lease)
{
	char *text = arena_alloc(arena, ADDR_TEXT, 1);

	addr_print(lease->nics[0].ip.family ? &lease->nics[0].ip : &lease->nics[0].ip6,
		   text);
	return text;
}

/* A lease file of the ancestor: nothing but addresses and their pools. */
static bool read_leases(struct import *import, struct diags *diags, struct error *err)
{
	struct app *app = import->app;
	struct leases leases;
	struct file *file;

	if (!import_file(app, app->opt.file, &file, err))
		return false;
	leases_read(&leases, app->arena, file, diags);
	if (diags->len > 0)
		return error_set(err, ERROR_INVALID, "%s is no lease file", file->path);
	for (size_t i = 0; i < leases.len; i++) {
		const struct lease *lease = &leases.at[i];

		if (!lease->bare)
			return error_set(
				err, ERROR_REFUSED,
				"%s: %s is a guest that vm7 made: only leases of "
				"an address and a pool are imported",
				file->path, lease->name);
		if (already_named(import, lease->name, err))
			return false;
		*vec_push(app->arena, import) = (struct given){
			.name = lease->name,
			.text = address_of(app->arena, lease),
			.pool = lease->nics[0].pool,
		};
	}
	return true;
}

static bool read_all(struct import *import, struct diags *diags, struct error *err)
{
	struct app *app = import->app;

	import->pool = app->opt.pool;
	for (size_t i = 1; i < app->opt.words_len; i++)
		if (!read_word(import, app->opt.words[i], err))
			return false;
	for (size_t i = 0; i < import->len; i++)
		import->at[i].pool = import->pool;
	if (app->opt.file && !read_leases(import, diags, err))
		return false;
	return import->len > 0 ||
	       error_set(err, ERROR_USAGE,
			 "nothing to import: vm7 import leases NAME=ADDRESS, or --file");
}

/* The pool that the guest's first card asks for; NULL without an entry. */
static const char *asked_pool(const struct desired *want)
{
	return want ? want->networks[0]->pool.value : NULL;
}

static bool lease_one(const struct source *source, struct arena *arena,
		      struct leases *leases, struct given *given, struct error *err)
{
	const struct desired *want = manifest_find(&source->manifest, given->name);

	if (!want && !check_guest_name(given->name, err)) {
		err->kind = ERROR_USAGE;
		return false;
	}
	if (want && !asked_pool(want))
		return error_set(err, ERROR_REFUSED,
				 "its network %s has no pool: no address is leased for "
				 "it",
				 want->networks[0]->name);
	return given_lease(leases, arena, &source->manifest.pools, given,
			   asked_pool(want), err);
}

static bool change(void *owner, struct arena *arena, const struct source *source,
		   struct leases *leases, struct error *err)
{
	struct import *import = owner;
	const struct error *first = NULL;
	size_t failed = 0;

	import->new_len = 0;
	import->why = arena_array(arena, struct error, import->len);
	for (size_t i = 0; i < import->len; i++) {
		struct given *given = &import->at[i];
		struct error *why = &import->why[i];

		given->is_new = false;
		if (lease_one(source, arena, leases, given, why)) {
			import->new_len += given->is_new;
			continue;
		}
		error_wrap(why, "%s", str_safe(arena, given->name, 80));
		first = first ? first : why;
		failed++;
	}
	if (failed == 1)
		*err = *first;
	else if (failed > 1)
		error_set(err, first->kind, "%zu of %zu addresses cannot be leased",
			  failed, import->len);
	if (failed > 0)
		error_wrap(err, "nothing is imported");
	return failed == 0 && import->new_len > 0;
}

static const char *message(void *owner, struct arena *arena)
{
	const struct import *import = owner;
	const char **names = arena_array(arena, const char *, import->len);
	struct text text;
	size_t len = 0;

	for (size_t i = 0; i < import->len; i++)
		if (import->at[i].is_new)
			names[len++] = import->at[i].name;
	text_init(&text, arena);
	text_addf(&text, "vm7: import the address%s of %s\n", len == 1 ? "" : "es",
		  str_list(arena, names, len, 3));
	for (size_t i = 0; i < import->len; i++)
		if (import->at[i].is_new)
			text_addf(&text, "\n%s: %s of pool %s", import->at[i].name,
				  import->at[i].text, import->at[i].pool);
	return text_str(&text);
}

static void print_json(struct import *import, const struct amend *amend)
{
	bool well = amend->op.err.kind == ERROR_NONE;
	json_auto_t *all = json_array(), *document = NULL;

	for (size_t i = 0; i < import->len; i++) {
		const struct given *given = &import->at[i];
		const struct error *why = import->why ? &import->why[i] : NULL;

		json_array_append_new(
			all,
			json_pack("{s:s, s:s, s:s?, s:b, s:o}", "name",
				  str_safe(import->app->arena, given->name, 300), "ip",
				  str_safe(import->app->arena, given->text, 80), "pool",
				  given->pool, "new", well && given->is_new, "error",
				  why && why->kind ? json_string(why->text)
						   : json_null()));
	}
	document = json_pack("{s:i, s:O, s:s?, s:o}", "schema", 1, "leases", all,
			     "commit", amend->pushed ? amend->commit : NULL, "error",
			     well ? json_null() : json_string(amend->op.err.text));
	app_print_json(document);
}

static void print_text(const struct import *import, const struct amend *amend)
{
	if (amend->op.err.kind)
		return;
	for (size_t i = 0; i < import->len; i++) {
		const struct given *given = &import->at[i];

		printf("%s: %s of pool %s is leased%s\n", given->name, given->text,
		       given->pool, given->is_new ? "" : " already");
	}
}

/* What a person should know beside. */
static void tell(const struct import *import, const struct amend *amend)
{
	size_t failed = 0;

	for (size_t i = 0; import->why && i < import->len; i++)
		failed += import->why[i].kind != ERROR_NONE;
	for (size_t i = 0; failed > 1 && i < import->len; i++)
		if (import->why[i].kind)
			log_error(NULL, "%s", import->why[i].text);
	for (size_t i = 0; !amend->op.err.kind && i < import->len; i++)
		if (!manifest_find(&amend->source.manifest, import->at[i].name))
			log_warning(import->at[i].name,
				    "it has no entry in vm7.yaml; the address is kept "
				    "for it");
}

int import_leases(struct app *app)
{
	struct import import = { .app = app };
	const struct amend_spec spec = { .change = change,
					 .message = message,
					 .owner = &import };
	struct error err = { 0 };
	struct amend amend;
	struct diags diags;

	diags_init(&diags, app->arena);
	if (!read_all(&import, &diags, &err) || !app_repo(app, false, &err) ||
	    !app_lock(app, 0, &err))
		return app_fail(app, &err, &diags);
	run_amend(app, &amend, &spec, &err);
	tell(&import, &amend);
	if (app->opt.json)
		print_json(&import, &amend);
	else
		print_text(&import, &amend);
	return err.kind ? app_fail(app, &err, &amend.source.diags) : 0;
}
