/*
 * Files and volumes come and go. PVE: PVE::API2::Storage::Status upload,
 * PVE::Tools download_file_from_url, PVE::API2::Storage::Content delete.
 */
#include "base/text.h"
#include "image.h"
#include "internet.h"
#include "jobs.h"
#include "props.h"
#include "volume.h"

#include <string.h>
#include <strings.h>

#define DELETE_SECONDS 0.3

struct file {
	struct storage *storage;
	const char *content, *name;
	const char *volid, *path;
	const char *node; /* that sees it */
};

static struct file file_of(struct arena *arena, struct world *world,
			   const struct task *task)
{
	struct file file = {
		.storage = world_storage(world, task_text(task, "storage")),
		.content = task_text(task, "content"),
		.name = task_text(task, "name"),
		.node = task_text(task, "target"),
	};

	if (!file.node)
		file.node = task->node;
	file.volid = arena_printf(arena, "%s:%s/%s", task_text(task, "storage"),
				  file.content, file.name);
	file.path = image_path(arena, world, file.volid);
	return file;
}

/* It lies there now, in place of what had its name. */
static struct volume *put_file(struct world *world, const struct file *file,
			       uint64_t size)
{
	volume_remove(world, file->node, file->volid);
	return volume_add(world, file->storage, file->node, file->volid, 0, size,
			  file->content, storage_file_format(file->content, file->name),
			  NULL);
}

static void keep_sum(struct volume *volume, const char *algorithm, const char *sum)
{
	json_t *sums = json_object_get(volume->facts, "sums");

	if (!sums) {
		sums = json_object();
		json_object_set_new(volume->facts, "sums", sums);
	}
	props_set(sums, algorithm, sum);
}

static bool same_sum(const struct task *task, const char *got)
{
	return !strcasecmp(got, task_text(task, "expected"));
}

/* --- uploads --- */

static void import_file(struct arena *arena, struct world *world, struct task *task)
{
	struct file file = file_of(arena, world, task);
	const char *temporary = task_text(task, "temporary");
	bool here = !strcmp(file.node, task->node);
	const struct node *node = world_node(world, file.node);
	uint64_t size = (uint64_t)json_integer_value(json_object_get(task->args, "size"));
	struct volume *volume;

	task_log(task, "target node: %s", file.node);
	task_log(task, "target file: %s", file.path);
	task_log(task, "file size is: %llu", (unsigned long long)size);
	if (here)
		task_log(task, "command: cp -- %s %s", temporary, file.path);
	else
		task_log(task, "command: /usr/bin/scp -o BatchMode=yes -p -- %s [%s]:%s",
			 temporary, node ? node->ip : file.node, file.path);
	if (!node || !node->online || file.storage->offline) {
		task_fail(world, task, "import failed: exit code 255");
		return;
	}
	if (file.storage->full) {
		task_fail(world, task, "import failed: exit code 1");
		return;
	}
	volume = put_file(world, &file, size);
	keep_sum(volume, "sha256", task_text(task, "sha256"));
	if (task_text(task, "sum"))
		keep_sum(volume, task_text(task, "algorithm"), task_text(task, "sum"));
	task_log(task, "finished file import successfully");
	task_end(world, task);
}

void imgcopy_step(struct world *world, struct task *task)
{
	struct arena *arena;

	if (task->step == 0) {
		task_log(task, "starting file import from: %s",
			 task_text(task, "temporary"));
		task_later(world, task, 0.05);
		return;
	}
	if (task_text(task, "sum") && !same_sum(task, task_text(task, "sum"))) {
		task_log(task, "calculating checksum...");
		task_fail(world, task, "checksum mismatch: got '%s' != expect '%s'",
			  task_text(task, "sum"), task_text(task, "expected"));
		return;
	}
	if (task_text(task, "sum"))
		task_log(task, "calculating checksum...OK, checksum verified");
	arena = arena_create();
	import_file(arena, world, task);
	arena_destroy(arena);
}

/* --- downloads, with what wget says --- */

/* A file of that name is there: its checksum decides. */
static void refuse_override(struct arena *arena, struct world *world, struct task *task,
			    const struct file *file, const struct volume *old)
{
	const char *algorithm = task_text(task, "algorithm"), *got;

	if (!algorithm) {
		task_fail(world, task, "refusing to override existing file '%s'",
			  file->path);
		return;
	}
	got = volume_sum(arena, old, algorithm);
	if (same_sum(task, got)) {
		task_log(task, "calculating checksum of existing file...OK, got correct "
			       "file already, no need to download");
		task_end(world, task);
		return;
	}
	task_log(task, "calculating checksum of existing file...");
	task_fail(world, task, "checksum mismatch: got '%s' != expect '%s', aborting",
		  got, task_text(task, "expected"));
}

/* Up to the server's status line. */
static bool connect(struct arena *arena, struct world *world, struct task *task,
		    const struct page *page)
{
	const char *host = arena_strndup(arena, page->host, strcspn(page->host, ":"));

	task_log(task, "--%s--  %s", job_stamp(arena, world->now),
		 task_text(task, "url"));
	if (!page->resolves) {
		task_log(task, "Resolving %s (%s)... failed: Name or service not known.",
			 host, host);
		task_fail(world, task,
			  "download failed: wget: unable to resolve host address '%s'",
			  host);
		return false;
	}
	if (!page->status) {
		task_fail(world, task,
			  "download failed: Connecting to %s... failed: Connection "
			  "refused.",
			  page->host);
		return false;
	}
	task_log(task, "Connecting to %s... connected.", page->host);
	task_log(task, "HTTP request sent, awaiting response... %s", page->status);
	if (page->entry)
		return true;
	task_fail(world, task, "download failed: %s ERROR %.3s:%s.",
		  job_stamp(arena, world->now), page->status, page->status + 3);
	return false;
}

/* "196616 (192K)" */
static char *length_text(struct arena *arena, unsigned long long size)
{
	static const char units[] = "KMG";
	double value = (double)size;
	size_t unit = 0;

	if (size < 1024)
		return arena_printf(arena, "%llu", size);
	for (value /= 1024; value >= 1024 && unit + 1 < strlen(units); unit++)
		value /= 1024;
	return arena_printf(arena, value < 10 ? "%llu (%.1f%c)" : "%llu (%.0f%c)", size,
			    value, units[unit]);
}

static void begin_download(struct arena *arena, struct world *world, struct task *task)
{
	struct file file = file_of(arena, world, task);
	const char *url = task_text(task, "url"), *type;
	const struct volume *old = volume_find(world, file.node, file.volid);
	struct page page;
	uint64_t size;

	task_log(task, "downloading %s to %s", url, file.path);
	if (old) {
		refuse_override(arena, world, task, &file, old);
		return;
	}
	internet_open(arena, world, url, &page);
	if (!connect(arena, world, task, &page))
		return;
	size = (uint64_t)json_integer_value(json_object_get(page.entry, "size"));
	type = props_get(page.entry, "type");
	task_log(task, "Length: %s [%s]", length_text(arena, size),
		 type ? type : "application/octet-stream");
	task_log(task, "Saving to: '%s.tmp_dwnl.%u'", file.path, task->pid);
	task_later(world, task, 0.05 + storage_copy(world, file.storage, size, 0));
}

/* The rates that wget shows are nobody's business: they say how long our copy took. */
static void finish_download(struct arena *arena, struct world *world, struct task *task)
{
	struct file file = file_of(arena, world, task);
	const char *url = task_text(task, "url"),
		   *algorithm = task_text(task, "algorithm");
	unsigned long long size;
	struct volume *volume;
	struct page page;
	const char *sum;

	internet_open(arena, world, url, &page);
	size = (unsigned long long)json_integer_value(
		json_object_get(page.entry, "size"));
	if (file.storage->full || !page.entry) {
		task_fail(world, task,
			  "download failed: Cannot write to '%s.tmp_dwnl.%u' "
			  "(No space left on device).",
			  file.path, task->pid);
		return;
	}
	task_log(task, "     0K                                    100%%  512M=0s");
	task_log(task, "%s (512 MB/s) - '%s.tmp_dwnl.%u' saved [%llu/%llu]",
		 job_stamp(arena, world->now), file.path, task->pid, size, size);
	sum = algorithm ? internet_sum(arena, &page, url, algorithm) : NULL;
	if (sum && !same_sum(task, sum)) {
		task_log(task, "calculating checksum...");
		task_fail(world, task, "checksum mismatch: got '%s' != expect '%s'", sum,
			  task_text(task, "expected"));
		return;
	}
	if (sum)
		task_log(task, "calculating checksum...OK, checksum verified");
	volume = put_file(world, &file, size);
	if (json_object_get(page.entry, "sums"))
		json_object_set(volume->facts, "sums",
				json_object_get(page.entry, "sums"));
	else if (sum)
		keep_sum(volume, algorithm, sum);
	task_log(task, "download of '%s' to '%s' finished", url, file.path);
	task_end(world, task);
}

void download_step(struct world *world, struct task *task)
{
	struct arena *arena = arena_create();

	if (task->step == 0)
		begin_download(arena, world, task);
	else
		finish_download(arena, world, task);
	arena_destroy(arena);
}

/* --- DELETE of a volume --- */

/* PVE: PVE::Storage vdisk_free. Whether a guest uses it nobody looks. */
static void free_volume(struct arena *arena, struct world *world, struct task *task)
{
	const char *volid = task_text(task, "volid");
	const struct storage *storage = volume_storage(world, volid);
	const struct volume *volume = volume_find(world, task->node, volid);
	const char *why = storage ? storage_unreachable(arena, storage) : NULL;

	if (why)
		task_fail(world, task, "%s", why);
	else if (volume && volume_in_use(world, volid))
		task_fail(world, task,
			  "base volume '%s' is still in use by linked cloned",
			  strchr(volid, ':') + 1);
	else if (volume && volume_is_protected(volume))
		task_fail(world, task, "cannot remove protected volume '%s'", volid);
	else if (!volume && storage && !storage_is_file(storage))
		task_fail(world, task,
			  "lvremove '%s' error:   Failed to find logical "
			  "volume \"%s\"",
			  image_path(arena, world, volid) + strlen("/dev/"),
			  image_path(arena, world, volid) + strlen("/dev/"));
	else {
		if (!volume)
			task_log(task, "disk image '%s' does not exist",
				 image_path(arena, world, volid));
		volume_remove(world, task->node, volid);
		task_log(task, "Removed volume '%s'", volid);
		task_end(world, task);
	}
}

void imgdel_step(struct world *world, struct task *task)
{
	struct arena *arena;
	const struct storage *storage;

	if (task->step == 0) {
		storage = volume_storage(world, task_text(task, "volid"));
		task_later(world, task,
			   storage && storage->locked ? storage_lock_seconds(storage)
						      : DELETE_SECONDS);
		return;
	}
	arena = arena_create();
	free_volume(arena, world, task);
	arena_destroy(arena);
}
