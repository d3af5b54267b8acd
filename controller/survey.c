#include "controller/survey.h"

#include "base/text.h"
#include "controller/connect.h"

#include <string.h>

/* Named after what has just finished. */
enum survey_step { SURVEY_READ, SURVEY_OBSERVED };

static void tick(void *flow);

/* A guest without a lease, or with nothing but an address, needs no look at all. */
static bool wants_one(struct survey *s)
{
	const struct lease *lease =
		s->spec.guest ? leases_find(&s->source.leases, s->spec.guest) : NULL;

	if (lease)
		s->vmid = lease->vmid;
	s->want = (struct observe_want){
		.allocating = !s->spec.guest,
		.vmids = &s->vmid,
		.vmids_len = s->vmid ? 1 : 0,
	};
	return !s->spec.guest || s->vmid;
}

/* False without an error: there is nothing to look at. */
static bool observe_all(struct survey *s, struct error *err)
{
	if (!wants_one(s))
		return false;
	if (!connect_config(&s->config, s->arena, &s->source.manifest, s->source.ca_pem,
			    s->spec.host, s->spec.endpoints, s->spec.endpoints_len, err))
		return false;
	s->connection = cluster_create(&s->config);
	s->step = SURVEY_OBSERVED;
	observe_start(&s->observe, s->arena, s->connection, &s->want, tick, s);
	return true;
}

static bool is_our_cluster(const struct survey *s, struct error *err)
{
	const char *leased = s->source.leases.cluster;

	if (!leased || strcmp(leased, s->cluster->name) == 0)
		return true;
	return error_set(err, ERROR_REFUSED,
			 "the leases belong to the cluster %s, this is %s", leased,
			 s->cluster->name);
}

static void tick(void *flow)
{
	struct survey *s = flow;
	struct error *err = &s->op.err;

	switch ((enum survey_step)s->step) {
	case SURVEY_READ:
		if (!op_ok(&s->source.op, err) || !observe_all(s, err))
			break;
		return;
	case SURVEY_OBSERVED:
		if (!op_ok(&s->observe.op, err)) {
			error_wrap(err, "%s",
				   str_list(s->arena, s->config.endpoints,
					    s->config.endpoints_len, 3));
			break;
		}
		s->cluster = &s->observe.out;
		is_our_cluster(s, err);
		break;
	}
	op_finish(&s->op);
}

void survey_start(struct survey *survey, struct arena *arena,
		  const struct survey_spec *spec, void (*resume)(void *flow), void *flow)
{
	*survey = (struct survey){ .arena = arena, .spec = *spec };
	op_begin(&survey->op, resume, flow);
	survey->step = SURVEY_READ;
	source_start(&survey->source, arena, &spec->source, tick, survey);
}

void survey_cancel(struct survey *s)
{
	switch ((enum survey_step)s->step) {
	case SURVEY_READ:
		source_cancel(&s->source);
		break;
	case SURVEY_OBSERVED:
		observe_cancel(&s->observe);
		break;
	}
}

void survey_finish(struct survey *survey)
{
	cluster_destroy(survey->connection);
	connect_finish(&survey->config);
	survey->connection = NULL;
}
