/*
 * One trip through the house: read the repository, observe the cluster, decide; and, to
 * apply, push the reservations, make the guests, push the results.
 *
 * Nothing is asked of Proxmox that a pushed lease does not cover. A lost race for the
 * branch reads everything again and decides anew; results are facts, and are merged
 * into whatever the branch has become.
 */
#pragma once

#include "controller/apply.h"
#include "controller/host.h"
#include "controller/phases.h"
#include "controller/probe.h"
#include "controller/record.h"
#include "pve/inquiry.h"
#include "pve/observe.h"
#include "pve/preflight.h"
#include "reconcile/print.h"

struct pass_spec {
	struct source_spec source;
	const struct host *host;
	const char *const *endpoints; /* that the command line allows */
	size_t endpoints_len;
	bool apply;                 /* else it is only planned */
	bool unattended;            /* nobody is asked, and nobody sees a warning */
	const char *only;           /* --guest */
	const char *expect;         /* --expect */
	const char *const *resting; /* guests that are tried again later */
	size_t resting_len;
	bool yes; /* guests may be stopped and destroyed without asking */
	/* May these guests be stopped or destroyed? NULL: nobody can be asked. */
	bool (*confirm)(void *owner, const char *guests, struct error *err);
	void *confirm_owner;
	long task_timeout; /* seconds; 0: an hour */
	void (*progress)(void *owner, const char *guest, enum step step, bool done);
	void *owner;
};

struct pass {
	struct op op;
	struct arena *arena;
	struct pass_spec spec;
	/* what it has come to, as far as it got */
	struct source source;
	struct cluster_state *observed; /* NULL: Proxmox was not asked */
	bool called;                    /* it was to be: with `observed` NULL in vain */
	struct plan plan;               /* of the first round */
	bool planned;
	struct outcome outcome; /* what became of the actions, when applied */
	const char
		*git_note; /* of the last push: why a checkout was not brought forward */
	unsigned requests, writes;  /* to Proxmox */
	struct cluster_tally tally; /* what came of them */
	struct phases phases;
	/* what the branch has now, as far as vm7 knows; NULL: it was not even read */
	const struct leases *after;
	/* people's branch, and that of the leases; "" unknown */
	char tip_after[COMMIT_HEX], leases_tip_after[COMMIT_HEX];
	/* what can be gone back to; `commit` "": nothing that this pass has read */
	struct good settled;
	bool overtaken; /* somebody pushed meanwhile: what they say was not looked at */
	/* private */
	int step;
	bool canceled;
	struct plan_input input;
	struct cluster_config cluster_config;
	struct cluster *cluster;
	struct observe_want want;
	struct observe observe;
	struct inquiry inquiry;
	struct probe probe;
	struct preflight preflight;
	bool preflown; /* its answers are good for the whole pass */
	struct gate gate;
	struct apply apply;
	struct push push;
	struct record record;
	struct nap nap;
	unsigned races, rounds;
	struct plan round; /* the plan that is carried out */
	struct {
		struct done *at;
		size_t len, cap;
	} done;
	struct {
		const char **at;
		size_t len, cap;
	} undo;             /* on_error: rollback: what this pass has made */
	const char *failed; /* for which that is */
	struct {
		const char **at;
		size_t len, cap;
	} again; /* guests with more to do at once: another round is about them */
	struct lost_push lost;
	struct results results;
	char instance[40];
};

void pass_start(struct pass *pass, struct arena *arena, const struct pass_spec *spec,
		void (*resume)(void *flow), void *flow);

/*
 * What is under way is brought to an end that the next pass can go on from; results are
 * still pushed.
 */
void pass_cancel(struct pass *pass);

/* Let go of everything but the arena. */
void pass_finish(struct pass *pass);

/* The exit code that the pass has earned. */
int pass_exit(const struct pass *pass);

/* How many requests it has sent to Proxmox by now. */
unsigned pass_requests(const struct pass *pass);
