#include "pve/task.h"

#include "base/text.h"
#include "base/vec.h"
#include "pve/form.h"
#include "pve/link.h"

#include <stdlib.h>
#include <string.h>

struct task_find_work {
	struct task_find *find;
	struct arena *arena;
	struct cluster *cluster;
	const char *type, *id;
	struct request request;
	struct param params[3];
	struct call call;
};

static bool fits(const struct task_find_work *work, const struct upid *upid)
{
	const char *token = work->cluster->config->token.value;

	return token && same_user(upid->user, token) &&
	       (!work->type || strcmp(upid->type, work->type) == 0) &&
	       (!work->id || strcmp(upid->id, work->id) == 0);
}

struct found {
	int64_t started;
	const char *upid;
};

static int compare_started(const void *a, const void *b)
{
	const struct found *first = a, *second = b;

	if (first->started != second->started)
		return first->started < second->started ? -1 : 1;
	return strcmp(first->upid, second->upid);
}

static void listed(struct task_find_work *work)
{
	struct task_find *find = work->find;
	struct {
		struct found *at;
		size_t len, cap;
	} all = { 0 };
	const json_t *entry;
	size_t i;

	json_array_foreach (work->call.data, i, entry) {
		const char *text = json_string_value(json_object_get(entry, "upid"));
		struct upid upid;

		if (text && upid_read(&upid, work->arena, text) && fits(work, &upid))
			*vec_push(work->arena, &all) = (struct found){
				upid.started,
				arena_strdup(work->arena, text),
			};
	}
	if (all.len > 1)
		qsort(all.at, all.len, sizeof(*all.at), compare_started);
	find->upids = arena_array(work->arena, const char *, all.len + 1);
	find->upids_len = all.len;
	for (i = 0; i < all.len; i++)
		find->upids[i] = all.at[i].upid;
}

static void tick(void *flow)
{
	struct task_find_work *work = flow;
	struct task_find *find = work->find;

	if (op_ok(&work->call.op, &find->op.err))
		listed(work);
	call_finish(&work->call);
	find->work = NULL;
	free(work);
	op_finish(&find->op);
}

void task_find_start(struct task_find *find, struct arena *arena, struct cluster *cluster,
		     const char *node, const char *type, const char *id,
		     void (*resume)(void *flow), void *flow)
{
	struct task_find_work *work = xcalloc(1, sizeof(*work));
	size_t count = 0;

	*find = (struct task_find){ .work = work };
	op_begin(&find->op, resume, flow);
	work->find = find;
	work->arena = arena;
	work->cluster = cluster;
	work->type = type;
	work->id = id;
	/* without it, tasks under way are not listed */
	work->params[count++] = (struct param){ "source", "active" };
	if (type)
		work->params[count++] = (struct param){ "typefilter", type };
	if (id)
		work->params[count++] = (struct param){ "vmid", id };
	work->request = (struct request){
		.method = METHOD_GET,
		.node = node,
		.path = arena_printf(arena, "/nodes/%s/tasks",
				     percent_encode(arena, node)),
		.params = work->params,
		.params_len = count,
	};
	call_start(&work->call, cluster, &work->request, tick, work);
}

void task_find_cancel(struct task_find *find)
{
	if (find->work)
		call_cancel(&find->work->call);
}
