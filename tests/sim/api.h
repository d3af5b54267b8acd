/*
 * The API: a request in, an answer out. No I/O; time comes from the world.
 *
 * A call may have to wait, for a lock file or for a worker of the daemon that does it, of which
 * a node has three for pveproxy and three for pvedaemon, each busy with one call: api_handle()
 * then returns false and is asked again after the world has moved. An answer may be due
 * later than it is known (a slow call, the three seconds of a 401): it says when.
 */
#pragma once

#include "base/arena.h"
#include "multipart.h"
#include "schema.h"
#include "task.h"
#include "world.h"

/* What came over the wire, already taken apart. Everything lives as long as the call. */
struct api_request {
	const char *method;
	const char *path;  /* "/api2/json/version", still percent-encoded */
	const char *query; /* behind "?", or NULL */
	const char *cookie, *authorization, *csrf; /* headers, or NULL */
	const char *content_type;                  /* header, or NULL */
	const char *agent; /* User-Agent header, or NULL: for the log */
	const char *body;
	size_t body_len;
	int refused; /* its body is, with `refusal`: said once it is known who asks; or 0 */
	const char *refusal;
};

struct api_answer {
	int status;
	const char *reason;
	const char *type; /* NULL: no body at all, and no Content-Length */
	const char *body;
	size_t body_len;
	bool proxied; /* passed through pvedaemon, which shows in the headers */
	double due;   /* world time at which it leaves */
};

enum call_state { CALL_WAITING, CALL_ANSWERED };

struct row;

struct call {
	struct arena *arena;
	struct world *world;
	struct api_request request;
	struct api_answer answer;
	enum call_state state;
	double arrived;
	double began; /* when a worker took it: waiting for locks counts from here */
	const struct row *row;
	const char *path;      /* "/nodes/pve01/qemu", decoded */
	const char *user;      /* NULL: not logged in */
	json_t *params;        /* texts; released with the arena */
	json_t *raw;           /* as sent, for the log */
	json_t *errors;        /* parameter: why */
	struct upload upload;  /* the file that came with it */
	unsigned *worker;      /* of whose workers it holds one */
	struct task *task;     /* it started */
	enum task_fault fault; /* what a fault file wants of that task */
	const char *fault_text;
	bool read;  /* params were taken from the request */
	bool extjs; /* asked for below /api2/extjs */
};

/* One call of the API. */
struct row {
	const char *method, *path;
	unsigned flags;
	const char *on, *need; /* privileges "A|B" on "/vms/{vmid}"; NULL: any login */
	struct schema_set params;
	void (*run)(struct call *call);
	double seconds; /* that it keeps its worker busy */
	/* What `need` cannot say, asked after it: refuses and returns false when not. */
	bool (*allow)(struct call *call);
};

enum row_flag {
	ROW_PROTECTED = 1 << 0, /* runs in pvedaemon: takes a worker */
	ROW_NODE = 1 << 1,      /* proxied to the node in the path */
	ROW_FORK = 1 << 2,      /* starts a task */
	ROW_WORLD = 1 << 3,     /* needs no login */
	ROW_NO_TOKEN = 1 << 4,  /* refuses tokens */
	ROW_FROM_9 = 1 << 5,    /* PVE 8 does not know it */
	ROW_ONLY_8 = 1 << 6,
	ROW_REST = 1 << 7, /* the last {x} takes the rest of the path */
};

/* `request` must outlive the call. */
void call_init(struct call *call, struct arena *arena, struct world *world,
	       const struct api_request *request);

/* False: not yet. Afterwards call->answer holds the answer. */
bool api_handle(struct call *call);

/*
 * Between pveproxy and who does the work nobody waits longer than half a minute: at this time
 * the caller is told 596, and the call goes on. INFINITY: it is not proxied.
 */
double api_patience(const struct call *call);

/* What the caller is told then. */
struct api_answer api_timeout(void);

/* The work is over and its answer has left: its worker is free. */
void call_finish(struct call *call);

/* Read path and parameters, without doing anything: for the log and for faults. */
void call_read(struct call *call);

/* --- for the handlers --- */

const char *param(const struct call *call, const char *name);
unsigned param_number(const struct call *call, const char *name);
bool param_true(const struct call *call, const char *name);

void reply(struct call *call, json_t *data); /* takes `data` */
void reply_total(struct call *call, json_t *data, size_t total);
void reply_task(struct call *call, struct task *task);
void refuse(struct call *call, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* 400 with `errors`. */
void bad_param(struct call *call, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static inline bool answered(const struct call *call)
{
	return call->state == CALL_ANSWERED;
}

/* Refuses with 403 and returns false when the caller lacks it. */
bool must_have(struct call *call, const char *path, const char *privileges);
bool may(const struct call *call, const char *path, const char *privileges);
bool may_guest(const struct call *call, unsigned vmid, const char *privileges);

/* The guest of the path, or NULL with 500 as PVE's answer. */
struct guest *call_guest(struct call *call, enum guest_type type);

/* The lock file is free, or it was waited for; false: return, the call is not over or refused. */
bool call_lock(struct call *call, struct guest *guest);

/* Refuses when the guest has a config lock. */
bool call_unlocked(struct call *call, const struct guest *guest);

/* Refuses when the cluster has lost quorum. */
bool call_quorate(struct call *call);

struct task *call_start(struct call *call, const char *type, const char *id,
			json_t *args);

/* On another node than the path names. */
struct task *call_start_on(struct call *call, const char *node, const char *type,
			   const char *id, json_t *args);

/* "/vms/100" */
char *vm_path(struct call *call, unsigned vmid);

/* A guest under HA: a task of `type` passes the wish on; false: HA does not manage it. */
bool call_ha(struct call *call, const char *type, const char *timeout);

/* The part of HA's config is still the one whose `digest` the caller saw, if he says which. */
bool call_ha_same(struct call *call, const char *part, const char *doing);

/* Parts of paths that many calls share. */
extern const struct schema node_params[], guest_params[];

/* All of them, NULL at the end; each ends in a row without a method. */
extern const struct row *const api_tables[];
extern const struct row cluster_rows[], access_rows[], storage_rows[], guest_rows[],
	config_rows[], create_rows[], clone_rows[], resize_rows[], destroy_rows[],
	power_rows[], task_rows[], agent_rows[], interface_rows[], template_rows[],
	snapshot_rows[], ticket_rows[], user_rows[], token_rows[], role_rows[],
	group_rows[], acl_rows[], pool_rows[], move_rows[], volume_rows[], upload_rows[],
	download_rows[], migrate_rows[], storage_config_rows[], node_rows[],
	network_rows[], bulk_rows[], datacenter_rows[], backup_rows[], ha_rows[],
	ha_status_rows[], ha_place_rows[], sdn_rows[], sdn_zone_rows[], sdn_vnet_rows[],
	sdn_subnet_rows[];
