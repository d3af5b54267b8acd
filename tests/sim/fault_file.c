#include "fault_file.h"

#include <stdio.h>
#include <sys/stat.h>

static bool leave_to_chance(const struct fault_file *file, struct faults *faults,
			    struct error *err)
{
	return !file->random || faults->draw ||
	       faults_randomize(faults, file->random, err);
}

bool fault_file_read(struct fault_file *file, struct error *err)
{
	json_error_t where;
	struct faults fresh;
	struct stat st;
	json_t *json;
	bool ok;

	if (!file->path)
		return leave_to_chance(file, &file->faults, err);
	if (stat(file->path, &st) < 0) {
		faults_finish(&file->faults);
		file->time = (struct timespec){ 0 };
		file->inode = 0;
		return leave_to_chance(file, &file->faults, err);
	}
	file->time = st.st_mtim;
	file->inode = st.st_ino;
	json = json_load_file(file->path, 0, &where);
	if (!json)
		return error_set(err, ERROR_INVALID, "%s:%d: %s", file->path, where.line,
				 where.text);
	ok = faults_read(&fresh, json, err) && leave_to_chance(file, &fresh, err);
	json_decref(json);
	if (ok) {
		faults_finish(&file->faults);
		file->faults = fresh;
	}
	return ok;
}

void fault_file_look(struct fault_file *file)
{
	struct error err = { 0 };
	struct stat st = { 0 };

	if (!file->path)
		return;
	stat(file->path, &st);
	if (st.st_ino == file->inode && st.st_mtim.tv_sec == file->time.tv_sec &&
	    st.st_mtim.tv_nsec == file->time.tv_nsec)
		return;
	if (!fault_file_read(file, &err))
		fprintf(stderr, "vm7-sim: %s\n", err.text);
}
