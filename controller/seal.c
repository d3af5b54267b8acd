#include "controller/seal.h"

#include "pve/inquiry.h"
#include "pve/request.h"
#include "reconcile/making.h"

const struct lease *seal_of_disputed(const struct source *source,
				     const struct observed *seen)
{
	struct error why;

	for (size_t i = 0; i < source->leases.len; i++) {
		const struct lease *lease = &source->leases.at[i];

		if (lease->bare || lease->vmid != seen->vmid)
			continue;
		switch (lease->state) {
		case LEASE_RESERVED:
		case LEASE_ADOPTING:
		case LEASE_DESTROYING: /* there is no way back */
			return NULL;
		case LEASE_READY:
		case LEASE_RELEASING:
		case LEASE_RELEASED:
			return seen->has_config && !identity_proven(
							   lease, source->leases.instance,
							   seen, &why)
				       ? lease
				       : NULL;
		}
	}
	return NULL;
}

/* One call, waited for to its end. */
static bool ask(struct app *app, struct survey *survey, struct call *call,
		const struct request *request, struct error *err)
{
	bool over = false;

	call_start(call, survey->connection, request, app_done, &over);
	app_run(app, &over, NULL, NULL);
	return op_ok(&call->op, err);
}

bool seal_guest(struct app *app, struct survey *survey, const struct lease *lease,
		const struct observed *seen, struct error *err)
{
	const struct target target = { seen->node, seen->type, seen->vmid };
	const struct making making = {
		.lease = lease,
		.instance = survey->source.leases.instance,
		.repository = repo_name(survey->source.spec.repo),
	};
	struct observed now = *seen;
	struct changes changes;
	struct request request;
	struct call call;
	bool well;

	if (!survey->cluster->quorate)
		return error_set(err, ERROR_TEMPORARY,
				 "the cluster has no quorum: nothing is written");
	request_pending(&request, app->arena, &target);
	well = ask(app, survey, &call, &request, err) &&
	       observe_config(&now, app->arena, call.data, err);
	call_finish(&call);
	if (!well || !sealing_changes(&changes, app->arena, &making, &now, err))
		return false;
	request_configure(&request, app->arena, &target, &changes, now.digest);
	well = ask(app, survey, &call, &request, err);
	call_finish(&call);
	return well;
}
