#include "pve/carry.h"

#include "base/text.h"
#include "base/when.h"
#include "pve/listing.h"
#include "pve/observe.h"
#include "reconcile/rights.h"
#include "reconcile/snapshot.h"

#include <string.h>

/* A step that succeeds and changes nothing must not be taken for ever. */
enum { ROUNDS_MAX = 40 };

/* High availability takes its time: a round of its manager is 10 s. */
enum { REST_MS = 3000, RESTS_MAX = 60, MISSES_MAX = 6 };

static void tick(void *flow);

static struct target target_of(const struct carry *c)
{
	return (struct target){ c->node, c->making->lease->type, c->making->lease->vmid };
}

static void end(struct carry *c)
{
	call_finish(&c->call);
	op_finish(&c->op);
}

static void end_with(struct carry *c, enum error_kind kind, const char *text)
{
	error_set(&c->op.err, kind, "%s", text);
	end(c);
}

static void ask(struct carry *c, enum carry_step step)
{
	c->step = step;
	call_finish(&c->call); /* what the last one answered has been looked at */
	call_start(&c->call, c->host->cluster, &c->request, tick, c);
}

/* Every round begins here: may it go on, and where does it stand? */
static void round_start(struct carry *c)
{
	if (c->stop) {
		end_with(c, ERROR_CANCELED, "interrupted");
	} else if (c->rounds++ == ROUNDS_MAX) {
		end_with(c, ERROR_FAILED,
			 "it does not come to rest: its config changes again and again");
	} else {
		c->step = CARRY_GATED;
		op_begin(&c->gate, tick, c);
		c->host->gate(c->host->owner, c->making->lease->name, &c->gate);
	}
}

static void end_locked(struct carry *c)
{
	error_set(&c->op.err, ERROR_TEMPORARY, "VMID %u is locked (%s)",
		  c->making->lease->vmid, c->lock);
	end(c);
}

/* Tasks under way that may be making it; a clone's is known by its source. */
static void find_tasks(struct carry *c)
{
	const struct observed *template = c->making->template;
	bool vm = c->making->want->type == GUEST_VM;

	c->step = CARRY_TASKS;
	task_find_start(&c->find, c->arena, c->host->cluster,
			template ? template->node : c->making->want->node,
			!template ? "vzcreate"
			: vm      ? "qmclone"
				  : "vzclone",
			arena_printf(c->arena, "%u",
				     template ? template->vmid : c->making->lease->vmid),
			tick, c);
}

/* True: it is asked for what its config does not tell, and its next step depends on. */
static bool asks_more(struct carry *c, const struct target *target)
{
	const struct making *making = c->making;
	enum lease_state state = making->lease->state;

	if (c->more_known)
		return false;
	if (state == LEASE_READY && snapshots_wanted(making))
		request_snapshots(&c->request, c->arena, target);
	else if (state == LEASE_DESTROYING && ends_with_backup(making))
		request_volumes(&c->request, c->arena, c->node, making->backup,
				target->vmid, "backup");
	else
		return false;
	ask(c, CARRY_MORE);
	return true;
}

static void look(struct carry *c)
{
	struct target target = target_of(c);

	if (!c->there) {
		request_free(&c->request, c->arena, c->making->lease->vmid);
		ask(c, CARRY_FREE);
	} else if (c->lock && c->making->lease->state == LEASE_RESERVED) {
		find_tasks(c);
	} else if (c->lock) {
		end_locked(c);
	} else if (!c->power_known) {
		request_status(&c->request, c->arena, &target);
		ask(c, CARRY_STATUS);
	} else if (!asks_more(c, &target)) {
		if (c->making->lease->state == LEASE_RESERVED)
			request_config(&c->request, c->arena, &target);
		else
			request_pending(&c->request, c->arena, &target);
		ask(c, CARRY_READ);
	}
}

static void begin_step(struct carry *c)
{
	c->host->progress(c->host->owner, c, c->next.step, false);
	ask(c, CARRY_SENT);
}

static void create(struct carry *c)
{
	c->next = (struct next){ .step = STEP_CREATE };
	request_create(&c->request, c->arena, c->making);
	begin_step(c);
}

/* Where its cloud-init drive comes to be. */
static const char *cloud_init_storage(struct carry *c)
{
	const struct making *making = c->making;
	const struct observed *template = making->template;

	if (making->want->spec.clone.value == CLONE_FULL && making->want->datastore)
		return making->want->datastore;
	for (size_t i = 0; template && i < template->options_len; i++)
		if (strstr(template->options[i].value, "-cloudinit"))
			return volume_storage(c->arena, template->options[i].value);
	return NULL;
}

/*
 * Its VMID is reserved by us and free: a cloud-init drive of that number is nobody's.
 * (pve-storage PVE/Storage/Plugin.pm alloc_image: its fixed name is taken)
 */
static void look_for_block(struct carry *c)
{
	const char *storage = cloud_init_storage(c);

	c->blocked = false;
	if (!storage) {
		end_with(c, ERROR_FAILED,
			 "a left-over cloud-init drive is in the way, and its storage is "
			 "not known");
		return;
	}
	c->node = c->making->want->node;
	request_volumes(&c->request, c->arena, c->node, storage, c->making->lease->vmid,
			"images");
	ask(c, CARRY_BLOCKED);
}

static void block_listed(struct carry *c)
{
	const char *volume = c->call.op.err.kind == ERROR_NONE
				     ? listing_cloud_init(c->arena, c->call.data,
							  c->making->lease->vmid)
				     : NULL;

	if (!volume) {
		error_set(&c->op.err, ERROR_FAILED,
			  "a left-over cloud-init drive of VMID %u is in the way, and is "
			  "not to be seen on %s: look at it there",
			  c->making->lease->vmid, cloud_init_storage(c));
		end(c);
		return;
	}
	c->cleared = volume;
	c->next = (struct next){ .step = STEP_WAIT };
	request_remove(&c->request, c->arena, c->node, volume_storage(c->arena, volume),
		       volume);
	request_expires(&c->request);
	ask(c, CARRY_SENT);
}

/* No guest has its VMID: that is where it begins, or what was wanted. */
static void absent(struct carry *c)
{
	switch (c->making->lease->state) {
	case LEASE_RESERVED:
		if (c->doubt)
			find_tasks(c);
		else if (c->blocked)
			look_for_block(c);
		else
			create(c);
		return;
	case LEASE_DESTROYING:
		end(c);
		return;
	case LEASE_ADOPTING:
	case LEASE_READY:
	case LEASE_RELEASING:
	case LEASE_RELEASED:
		error_set(&c->op.err, ERROR_FAILED,
			  "VMID %u is gone: it was deleted meanwhile",
			  c->making->lease->vmid);
		end(c);
		return;
	}
}

static void find_again(struct carry *c)
{
	request_guests(&c->request, c->arena);
	ask(c, CARRY_LISTED);
}

/*
 * The VMID is taken, or free: (pve-manager PVE/API2/Cluster.pm nextid: 400 when it is
 * taken)
 */
static void freed(struct carry *c)
{
	if (c->call.op.err.kind == ERROR_NONE) {
		absent(c);
	} else if (c->call.status == 400) {
		find_again(c);
	} else {
		c->op.err = c->call.op.err;
		end(c);
	}
}

/*
 * A task under way that may be ours is followed to its end; then the guest is looked at
 * again.
 */
static void tasks_listed(struct carry *c)
{
	if (c->find.op.err.kind) {
		c->op.err = c->find.op.err;
		end(c);
	} else if (c->find.upids_len > 0) {
		c->next = (struct next){ .step = STEP_WAIT };
		c->host->progress(c->host->owner, c, STEP_WAIT, false);
		c->step = CARRY_ENDED;
		task_start(&c->task, c->arena, c->host->cluster, c->find.upids[0], tick,
			   c);
	} else if (!c->there) {
		create(c);
	} else {
		error_set(&c->op.err, ERROR_TEMPORARY,
			  "VMID %u is locked (%s) and no task is making it: if it stays "
			  "so, look at it on %s and "
			  "free it there: %s",
			  c->making->lease->vmid, c->lock, c->node,
			  making_freed_by(c->arena, c->making->lease, c->lock));
		end(c);
	}
}

/* Numbers come as numbers or as text. */
static long number_of(const json_t *value)
{
	const char *text = json_string_value(value);
	uint64_t number;

	if (text && str_number(text, &number) && number < 1000000000)
		return (long)number;
	return (long)json_integer_value(value);
}

static void guests_listed(struct carry *c)
{
	const char *type = target_kind(c->making->lease->type);
	const json_t *guest;
	size_t i;

	if (c->call.op.err.kind) {
		c->op.err = c->call.op.err;
		end(c);
		return;
	}
	json_array_foreach (c->call.data, i, guest) {
		const char *lock = json_string_value(json_object_get(guest, "lock"));
		const char *node = json_string_value(json_object_get(guest, "node"));

		if (number_of(json_object_get(guest, "vmid")) != c->making->lease->vmid ||
		    !node)
			continue;
		if (!str_equal(json_string_value(json_object_get(guest, "type")), type))
			break;
		c->there = true;
		c->power_known = false;
		c->node = arena_strdup(c->arena, node);
		c->lock = lock ? arena_strdup(c->arena, lock) : NULL;
		look(c);
		return;
	}
	if (c->making->lease->state != LEASE_RESERVED) {
		error_set(
			&c->op.err, ERROR_TEMPORARY,
			"VMID %u is in use, but not in the list: it may be a guest that "
			"the token cannot see",
			c->making->lease->vmid);
		end(c);
		return;
	}
	error_set(&c->op.err, ERROR_FAILED,
		  "VMID %u was taken meanwhile by a guest that is not vm7's: nothing was "
		  "made. The next pass "
		  "chooses another if it can see that guest (VM.Audit on /vms/%u)",
		  c->making->lease->vmid, c->making->lease->vmid);
	end(c);
}

static void rest(struct carry *c)
{
	c->step = CARRY_RESTED;
	nap_start(&c->nap, REST_MS, tick, c);
}

/*
 * It is not on its node any more: it is looked for on all of them. The list is up to 12 s
 * behind (pve-manager PVE/Service/pvestatd.pm): then not at once again.
 */
static void not_read(struct carry *c)
{
	if (c->call.op.err.kind != ERROR_CONFLICT || c->misses == MISSES_MAX) {
		c->op.err = c->call.op.err;
		end(c);
	} else if (c->misses++ == 0) {
		find_again(c);
	} else {
		c->there = false;
		rest(c);
	}
}

/* It was asked to stop, and what was asked (HA) has not done so yet. */
static void rest_until_stopped(struct carry *c)
{
	if (c->rests++ < RESTS_MAX)
		rest(c);
	else
		end_with(c, ERROR_TEMPORARY,
			 "it was asked to stop and has not: the HA manager takes its "
			 "time");
}

static void status_read(struct carry *c)
{
	const char *status = json_string_value(json_object_get(c->call.data, "status"));
	const char *lock = json_string_value(json_object_get(c->call.data, "lock"));

	if (c->call.op.err.kind) {
		not_read(c);
		return;
	}
	c->running = str_equal(status, "running");
	c->lock = lock ? arena_strdup(c->arena, lock) : NULL;
	if (c->running && c->stopping) {
		rest_until_stopped(c);
		return;
	}
	c->power_known = true;
	c->stopping = false;
	look(c);
}

static void more_read(struct carry *c)
{
	if (c->call.op.err.kind) {
		not_read(c);
		return;
	}
	if (c->making->lease->state == LEASE_READY)
		listing_snapshots(&c->more, c->arena, c->call.data);
	else
		c->more.backed_up = listing_has_backup(
			c->call.data, c->making->lease->vmid, c->end_began);
	c->more_known = true;
	if (c->backed && !c->more.backed_up) {
		error_set(&c->op.err, ERROR_FAILED,
			  "it is not destroyed: its backup is not to be found on %s",
			  c->making->backup);
		end(c);
		return;
	}
	look(c);
}

/* A restart that left everything waiting is not repeated. */
static bool restarts_in_vain(struct carry *c)
{
	return c->restarted && c->next.step == STEP_STOP && c->next.stop == STOP_ASKED;
}

/* The config is less than a second old now: decide and act, with nothing in between. */
static void config_read(struct carry *c)
{
	struct target target = target_of(c);

	c->seen = (struct observed){
		.vmid = target.vmid,
		.node = c->node,
		.type = target.type,
		.power = c->running ? OBSERVED_RUNNING : OBSERVED_STOPPED,
	};
	if (c->call.op.err.kind ||
	    !observe_config(&c->seen, c->arena, c->call.data, &c->call.op.err)) {
		not_read(c);
		return;
	}
	c->seen.snapshots = c->more.snapshots;
	c->seen.snapshots_len = c->more.snapshots_len;
	c->seen.backed_up = c->more.backed_up;
	making_next(&c->next, c->arena, c->making, &c->seen);
	if (restarts_in_vain(c)) {
		error_set(&c->op.err, ERROR_FAILED,
			  "%s still waits for a start after one: look at the log of its "
			  "start on %s",
			  c->seen.pending[0], c->node);
		end(c);
		return;
	}
	switch (c->next.step) {
	case STEP_STOP:
		if (c->next.stop == STOP_HARD)
			request_stop(&c->request, c->arena, &target);
		else
			request_shutdown(&c->request, c->arena, &target,
					 c->next.stop == STOP_FIRM);
		request_expires(&c->request);
		break;
	case STEP_BACKUP:
		request_backup(&c->request, c->arena, &target, c->making->backup);
		break;
	case STEP_DESTROY:
		request_destroy(&c->request, c->arena, &target);
		request_expires(&c->request);
		break;
	case STEP_SNAPSHOT:
		request_snapshot(&c->request, c->arena, &target, c->next.snapshot,
				 c->making->commit);
		break;
	case STEP_PRUNE:
		request_prune(&c->request, c->arena, &target, c->next.snapshot);
		break;
	case STEP_CONFIGURE:
		request_configure(&c->request, c->arena, &target, &c->next.changes,
				  c->seen.digest);
		break;
	case STEP_GROW:
		request_grow(&c->request, c->arena, &target, c->next.disk, c->next.size,
			     c->seen.digest);
		break;
	case STEP_START:
		request_start(&c->request, c->arena, &target);
		request_expires(&c->request);
		break;
	case STEP_WAIT:
		c->lock = c->seen.lock ? c->seen.lock : "unreadable";
		look(c);
		return;
	case STEP_DONE:
		end(c);
		return;
	case STEP_CREATE:
	case STEP_REFUSE:
		c->op.err = c->next.why;
		end(c);
		return;
	}
	begin_step(c);
}

static void warn(struct carry *c, const char *what)
{
	c->warnings = arena_printf(c->arena, "%s%s%s", c->warnings,
				   *c->warnings ? "; " : "", what);
}

static bool is_among(const struct carry *c, const char *storage)
{
	for (size_t i = 0; i < c->storages_len; i++)
		if (strcmp(c->storages[i], storage) == 0)
			return true;
	return false;
}

/* Where its disks were, so that what its end leaves of them is found. */
static void note_storages(struct carry *c)
{
	const struct observed *seen = &c->seen;

	c->storages = arena_array(c->arena, const char *, seen->options_len);
	c->storages_len = 0;
	for (size_t i = 0; i < seen->options_len; i++) {
		const struct option *option = &seen->options[i];
		const char *storage = volume_storage(c->arena, option->value);

		if (storage && !is_among(c, storage) &&
		    (option_is_drive(seen->type, option->key) ||
		     str_starts(option->key, "unused")))
			c->storages[c->storages_len++] = storage;
	}
}

/* One storage after the other; then it goes on. */
static void look_for_rests(struct carry *c)
{
	if (c->storages_len == 0) {
		round_start(c);
		return;
	}
	request_volumes(&c->request, c->arena, c->node, c->storages[--c->storages_len],
			c->making->lease->vmid, NULL);
	ask(c, CARRY_LEFT);
}

/*
 * A volume that could not be removed is but a warning of the task, and the guest is gone
 * (qemu-server PVE/QemuServer.pm destroy_vm). It is told, and left to people. What cannot
 * be listed cannot be told.
 */
static void rests_listed(struct carry *c)
{
	const char *left =
		c->call.op.err.kind == ERROR_NONE
			? listing_disks(c->arena, c->call.data, c->making->lease->vmid)
			: NULL;

	if (left)
		warn(c, arena_printf(c->arena,
				     "Proxmox has left disks of VMID %u behind: %s. vm7 "
				     "does not remove them: look at them on %s",
				     c->making->lease->vmid, left, c->node));
	look_for_rests(c);
}

/*
 * A backup is told by the clock of its node: where that is behind ours, what its own task
 * made counts all the same.
 */
static void backup_begun(struct carry *c)
{
	struct upid task;

	if (c->call.upid && upid_read(&task, c->arena, c->call.upid) &&
	    task.started < c->end_began)
		c->end_began = task.started;
}

/* What a finished step tells about the guest, before it is looked at again. */
static void step_done(struct carry *c)
{
	c->host->progress(c->host->owner, c, c->next.step, true);
	switch (c->next.step) {
	case STEP_CREATE:
		c->there = c->power_known = true;
		c->doubt = c->running = false;
		c->node = c->making->want->node;
		c->lock = NULL;
		break;
	case STEP_WAIT:
		c->there = c->power_known = c->doubt = false;
		c->lock = NULL;
		break;
	case STEP_START: /* the last step, and its task has told how it ended */
		if (!c->restarted) {
			end(c);
			return;
		}
		c->running = true;
		break;
	case STEP_STOP:
		c->restarted = c->next.stop == STOP_ASKED;
		/* a task of the HA manager ends when it has been told, not when it is done
		 * (pve-ha-manager, hastop) */
		c->stopping = upid_is_ha(c->arena, c->call.upid);
		c->power_known = !c->stopping;
		c->running = false;
		break;
	case STEP_BACKUP:
		c->backed = true;
		c->more_known = false;
		backup_begun(c);
		break;
	case STEP_DESTROY:
		c->there = c->power_known = false;
		note_storages(c);
		look_for_rests(c);
		return;
	case STEP_SNAPSHOT:
	case STEP_PRUNE:
		c->more_known = false;
		break;
	case STEP_CONFIGURE:
	case STEP_GROW:
	case STEP_DONE:
	case STEP_REFUSE:
		break;
	}
	round_start(c);
}

/* Is its making in the way of a cloud-init drive that an earlier guest has left? */
static bool is_blocked(struct carry *c, const struct error *err)
{
	return c->next.step == STEP_CREATE && strstr(err->text, "already exists") &&
	       strstr(err->text,
		      arena_printf(c->arena, "vm-%u-cloudinit", c->making->lease->vmid));
}

/*
 * A step that failed may have been taken all the same: by an earlier try, or by this
 * one whose answer was lost. Looking again is the only way to know. False: it is a
 * failure.
 */
static bool looks_again(struct carry *c, const struct error *err)
{
	if (err->kind == ERROR_UNKNOWN) {
		c->power_known = c->more_known = false;
		if (c->next.step == STEP_CREATE) {
			c->there = false;
			c->doubt = true;
		}
		if (c->next.step == STEP_DESTROY)
			c->there = false;
		return true;
	}
	if (c->next.step == STEP_STOP && strstr(err->text, "not running")) {
		c->power_known = false;
		return true;
	}
	/* (qemu-server PVE/QemuServer.pm vmconfig_hotplug_pending: it stays pending, and
	 * everything else was applied) */
	if (c->next.step == STEP_CONFIGURE && !c->unplugged &&
	    strstr(err->text, "hotplug problem")) {
		c->unplugged = true;
		return true;
	}
	if (is_blocked(c, err)) {
		c->blocked = !c->cleared;
		c->there = c->power_known = false;
		return c->blocked;
	}
	if (c->next.step == STEP_CREATE && err->kind == ERROR_FAILED &&
	    (strstr(err->text, "already exists") || strstr(err->text, "File exists"))) {
		c->there = c->power_known = false;
		return true;
	}
	if (c->next.step == STEP_START && strstr(err->text, "already running")) {
		c->power_known = false;
		return true;
	}
	if (c->next.step == STEP_GROW && strstr(err->text, "already at specified size"))
		return true;
	return err->kind == ERROR_CONFLICT;
}

static void failed(struct carry *c, const struct error *err)
{
	if (looks_again(c, err)) {
		round_start(c);
		return;
	}
	c->op.err = *err;
	if (c->next.step == STEP_BACKUP)
		error_wrap(&c->op.err, "it is not destroyed without its backup");
	else if (c->cleared && c->next.step == STEP_WAIT)
		error_wrap(
			&c->op.err,
			"a left-over volume is in the way. As root on %s: pvesm free %s",
			c->node, c->cleared);
	end(c);
}

static void sent(struct carry *c)
{
	if (c->call.op.err.kind) {
		failed(c, &c->call.op.err);
	} else if (c->call.upid) {
		c->step = CARRY_ENDED;
		task_start(&c->task, c->arena, c->host->cluster,
			   arena_strdup(c->arena, c->call.upid), tick, c);
	} else {
		step_done(c);
	}
}

static void ended(struct carry *c)
{
	if (c->task.unfinished) {
		c->op.err = c->task.op.err;
		c->op.err.kind =
			ERROR_FAILED; /* for this pass: the next follows it again */
		end(c);
		return;
	}
	if (c->task.op.err.kind && c->next.step != STEP_WAIT) {
		failed(c, &c->task.op.err);
		return;
	}
	if (c->task.op.err.kind == ERROR_UNKNOWN ||
	    c->task.op.err.kind == ERROR_CANCELED) {
		c->op.err =
			c->task.op
				.err; /* still under way: another pass follows it again */
		end(c);
		return;
	}
	if (c->task.warnings && c->task.log)
		warn(c, c->task.log);
	step_done(c);
}

/* Every wait ends here. */
static void tick(void *flow)
{
	struct carry *c = flow;

	switch (c->step) {
	case CARRY_GATED:
		if (c->gate.err.kind) {
			c->op.err = c->gate.err;
			end(c);
		} else {
			look(c);
		}
		return;
	case CARRY_FREE:
		freed(c);
		break;
	case CARRY_TASKS:
		tasks_listed(c);
		break;
	case CARRY_LISTED:
		guests_listed(c);
		break;
	case CARRY_STATUS:
		status_read(c);
		break;
	case CARRY_MORE:
		more_read(c);
		break;
	case CARRY_READ:
		config_read(c);
		break;
	case CARRY_SENT:
		sent(c);
		break;
	case CARRY_ENDED:
		ended(c);
		return;
	case CARRY_LEFT:
		rests_listed(c);
		break;
	case CARRY_BLOCKED:
		block_listed(c);
		break;
	case CARRY_RESTED:
		if (c->nap.op.err.kind) {
			c->op.err = c->nap.op.err;
			end(c);
		} else {
			look(c);
		}
		return;
	}
}

void carry_start(struct carry *carry, struct arena *arena, const struct carry_host *host,
		 const struct making *making, const struct observed *seen, bool begun,
		 void (*resume)(void *flow), void *flow)
{
	*carry = (struct carry){
		.arena = arena,
		.host = host,
		.making = making,
		.there = seen != NULL,
		.doubt = begun,
		.warnings = "",
	};
	when_read(&carry->end_began, making->lease->since);
	op_begin(&carry->op, resume, flow);
	if (seen) {
		carry->node = seen->node;
		carry->lock = seen->lock;
		carry->power_known = seen->power != OBSERVED_OTHER;
		carry->running = seen->power == OBSERVED_RUNNING;
	}
	round_start(carry);
}

const char *carry_task(const struct carry *carry)
{
	return carry->step == CARRY_ENDED ? carry->task.upid : NULL;
}

void carry_cancel(struct carry *carry)
{
	carry->stop = true;
	switch (carry->step) {
	case CARRY_ENDED:
		task_cancel(&carry->task);
		break;
	case CARRY_TASKS:
		task_find_cancel(&carry->find);
		break;
	case CARRY_RESTED:
		nap_cancel(&carry->nap);
		break;
	case CARRY_FREE:
	case CARRY_LISTED:
	case CARRY_STATUS:
	case CARRY_MORE:
	case CARRY_LEFT:
	case CARRY_BLOCKED:
	case CARRY_READ:
	case CARRY_SENT: /* a write is waited for: its answer tells what was done */
	case CARRY_GATED:
		break;
	}
}
