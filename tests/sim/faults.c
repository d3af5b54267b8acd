#include "faults.h"

#include "base/text.h"
#include "draw.h"
#include "props.h"

#include <fnmatch.h>
#include <string.h>

static void drop_json(void *json)
{
	json_decref(json);
}

static bool read_task(struct fault *fault, const char *how, struct error *err)
{
	static const char *const names[] = { "fail-start", "fail-middle", "fail-end",
					     "hang", "warn" };
	static const enum task_fault kinds[] = { TASK_FAULT_START, TASK_FAULT_MIDDLE,
						 TASK_FAULT_END, TASK_FAULT_HANG,
						 TASK_FAULT_WARN };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_equal(how, names[i])) {
			fault->kind = FAULT_TASK;
			fault->task = kinds[i];
			return true;
		}
	return error_set(err, ERROR_INVALID, "faults: task: '%s' is unknown",
			 how ? how : "");
}

static bool read_do(struct fault *fault, const json_t *what, struct error *err)
{
	static const struct {
		const char *name;
		enum fault_kind kind;
	} plain[] = {
		{ "status", FAULT_STATUS },   { "refuse", FAULT_REFUSE },
		{ "delay", FAULT_DELAY },     { "half", FAULT_HALF },
		{ "html", FAULT_HTML },       { "bomb", FAULT_BOMB },
		{ "silent", FAULT_SILENT },   { "kill", FAULT_KILL },
		{ "admin", FAULT_ADMIN },     { "world", FAULT_WORLD },
		{ "restart", FAULT_RESTART }, { "certificate", FAULT_CERTIFICATE },
	};
	static const char *const durations[] = { "delay", "restart", "seconds" };
	const char *cut = props_get(what, "cut");

	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++)
		if (json_object_get(what, durations[i]))
			fault->seconds =
				json_number_value(json_object_get(what, durations[i]));
	fault->then = json_object_get(what, "then");
	fault->done = json_is_true(json_object_get(what, "done"));
	fault->text = props_get(what, "text");
	if (json_object_get(what, "task"))
		return read_task(fault, props_get(what, "task"), err);
	if (cut) {
		fault->kind = !strcmp(cut, "after") ? FAULT_CUT_AFTER : FAULT_CUT_BEFORE;
		return true;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (json_object_get(what, plain[i].name)) {
			fault->kind = plain[i].kind;
			fault->status =
				(int)json_integer_value(json_object_get(what, "status"));
			fault->reason = props_get(what, "reason");
			fault->body = props_get(what, "body");
			fault->type = props_get(what, "content_type");
			fault->with = json_object_get(what, plain[i].name);
			return true;
		}
	return error_set(err, ERROR_INVALID, "faults: nothing that is known in \"do\"");
}

static long whole(const json_t *json, const char *key, long otherwise)
{
	const json_t *value = json_object_get(json, key);

	return json_is_integer(value) ? (long)json_integer_value(value) : otherwise;
}

/* What `row` says lives as long as that. */
static bool read_row(struct fault *fault, const json_t *row, struct error *err)
{
	*fault = (struct fault){ .match = json_object_get(row, "match"),
				 .after = whole(row, "after", 0),
				 .times = whole(row, "times", 1),
				 .every = whole(row, "every", 1) };
	fault->any = json_object_size(fault->match) == 0;
	return read_do(fault, json_object_get(row, "do"), err);
}

bool faults_randomize(struct faults *faults, const json_t *random, struct error *err)
{
	if (!faults->arena)
		faults->arena = arena_create();
	faults->draw = draw_create(faults->arena, random, err);
	return faults->draw != NULL;
}

bool faults_read(struct faults *faults, const json_t *json, struct error *err)
{
	const json_t *list, *entry, *random;
	size_t i;

	*faults = (struct faults){ .arena = arena_create() };
	json = json_deep_copy(json);
	arena_defer(faults->arena, drop_json, (void *)(uintptr_t)json);
	list = json_object_get(json, "faults");
	random = json_object_get(json, "random");
	faults->at = arena_array(faults->arena, struct fault, json_array_size(list) + 1);
	json_array_foreach (list, i, entry)
		if (!read_row(&faults->at[faults->count++], entry, err))
			break;
	if (i == json_array_size(list) &&
	    (!random || faults_randomize(faults, random, err)))
		return true;
	faults_finish(faults);
	return false;
}

void faults_finish(struct faults *faults)
{
	arena_destroy(faults->arena);
	*faults = (struct faults){ 0 };
}

static bool fits(const char *pattern, const char *text)
{
	return !pattern || (text && fnmatch(pattern, text, 0) == 0);
}

static bool matches(const struct fault *fault, const char *method, const char *path,
		    const json_t *params)
{
	const json_t *wanted = json_object_get(fault->match, "params");
	const char *name;
	json_t *value;

	if (!fits(props_get(fault->match, "method"), method) ||
	    !fits(props_get(fault->match, "path"), path))
		return false;
	json_object_foreach ((json_t *)(uintptr_t)wanted, name, value) {
		const json_t *is = json_object_get(params, name);
		char number[32];
		const char *text = json_string_value(is);

		if (json_is_integer(is)) {
			snprintf(number, sizeof(number), "%lld",
				 (long long)json_integer_value(is));
			text = number;
		}
		if (!text || !fits(json_string_value(value), text))
			return false;
	}
	return true;
}

static bool strikes(struct fault *fault)
{
	if (fault->times == 0)
		return false;
	if (fault->after > 0) {
		fault->after--;
		return false;
	}
	if (fault->every > 1 && fault->seen++ % fault->every != 0)
		return false;
	if (fault->times > 0)
		fault->times--;
	return true;
}

/* The rows that chance draws are read as those of a file are, so that these can repeat them. */
static const struct fault *drawn_fault(struct faults *faults, const char *method,
				       const char *path, const json_t **drawn)
{
	struct error err = { 0 };

	*drawn = draw_fault(faults->draw, method, path);
	if (!*drawn || !read_row(&faults->fresh, *drawn, &err))
		return NULL;
	return &faults->fresh;
}

const struct fault *faults_strike(struct faults *faults, const char *method,
				  const char *path, const json_t *params,
				  const json_t **drawn)
{
	*drawn = NULL;
	for (size_t i = 0; i < faults->count; i++) {
		struct fault *fault = &faults->at[i];

		if (!(fault->any && fault->kind == FAULT_REFUSE) &&
		    matches(fault, method, path, params) && strikes(fault))
			return fault;
	}
	return faults->draw ? drawn_fault(faults, method, path, drawn) : NULL;
}

bool faults_refuse(struct faults *faults)
{
	for (size_t i = 0; i < faults->count; i++)
		if (faults->at[i].any && faults->at[i].kind == FAULT_REFUSE &&
		    strikes(&faults->at[i]))
			return true;
	return false;
}
