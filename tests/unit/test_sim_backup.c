/* Guests are backed up, and come back. */
#include "tests/lib/story.h"
#include "tests/lib/test.h"

#define PVE01   "/nodes/pve01"
#define VZDUMP  PVE01 "/vzdump"
#define CONTENT PVE01 "/storage/local/content"
#define MADE                                                               \
	"POST " PVE01 "/qemu "                                             \
	"vmid=101&name=web&scsi0=local-lvm%3A2&net0=virtio%3DBC:24:11:00:" \
	"00:01%2Cbridge%3Dvmbr0"
#define BACKED                                                              \
	{ MADE, "OK" }, { "POST " VZDUMP " vmid=101&storage=local", "OK" }, \
	{                                                                   \
		"GET " CONTENT "?content=backup", "vzdump-qemu-101-"        \
	}

static const struct story stories[] = {
	{ "a VM is backed up with notes",
	  { { MADE, "OK" },
	    { "POST " VZDUMP " vmid=101&storage=local&compress=zstd&notes-template=%7B%"
	      "7Bguestname%7D%7D+on+%7B%7Bnode%7D%7D",
	      "INFO: creating vzdump archive "
	      "'/var/lib/vz/dump/vzdump-qemu-101-2026_11_21-" },
	    { "GET " CONTENT "?content=backup", "\"notes\":\"web on pve01\"" },
	    { "GET " CONTENT "?content=backup", "\"subtype\":\"qemu\",\"vmid\":101" },
	    { "GET " PVE01 "/qemu/101/config", "!\"lock\"" },
	    { "save" } } },
	{ "a guest of another node is passed over",
	  { { MADE, "OK" },
	    { "POST /nodes/pve02/vzdump vmid=101&storage=local", "\"OK\"" },
	    { "GET " CONTENT "?content=backup", "[]" },
	    { "POST " VZDUMP " storage=local", "{\"vmid\":\"property is missing\"}" },
	    { "as vm7@pve!vm7 POST " VZDUMP " vmid=101&storage=local",
	      "403 Permission check failed (/vms/101, VM.Backup)" },
	    { "POST " VZDUMP " vmid=101&storage=local&tmpdir=%2Ftmp",
	      "Only root may" } } },
	{ "a guest that is locked is not backed up, the next one is",
	  { { MADE, "OK" },
	    { "POST " PVE01 "/qemu vmid=102&scsi0=local-lvm%3A1", "OK" },
	    { "change {\"guests\": {\"101\": {\"lock\": \"migrate\"}}}" },
	    { "POST " VZDUMP " vmid=101,102&storage=local",
	      "ERROR: Backup of VM 101 failed - VM is locked (migrate)" },
	    { "GET " CONTENT "?content=backup", "\"vmid\":102" },
	    { "GET " CONTENT "?content=backup", "!\"vmid\":101" },
	    { "POST " VZDUMP " vmid=101&storage=local", "job errors" } } },
	{ "where no backup can go",
	  { { MADE, "OK" },
	    { "POST " VZDUMP " vmid=101&storage=shared",
	      "could not get storage information for 'shared': can't use storage "
	      "'shared' for backups - wrong content type" },
	    { "change {\"storages\": {\"local\": {\"full\": true}}}" },
	    { "POST " VZDUMP " vmid=101&storage=local", "job errors" },
	    { "GET " PVE01 "/qemu/101/config", "!\"lock\"" } } },
	{ "older backups go, protected ones stay",
	  { { MADE, "OK" },
	    { "POST " VZDUMP " vmid=101&storage=local&protected=1", "OK" },
	    { "POST " VZDUMP " vmid=101&storage=local", "OK" },
	    { "POST " VZDUMP " vmid=101&storage=local&prune-backups=keep-last%3D1",
	      "INFO: pruned 1 backup(s) not covered by keep-retention policy" },
	    { "GET " CONTENT "?content=backup", "\"protected\":1" },
	    { "POST " VZDUMP
	      " vmid=101&storage=local&prune-backups=keep-last%3D1&remove=0",
	      "!pruned" } } },
	{ "a VM comes back under another number",
	  { BACKED,
	    { "GET " VZDUMP "/extractconfig?volume=@", "name: web" },
	    { "POST " PVE01 "/qemu vmid=105&archive=@&storage=shared&unique=1&cores=3",
	      "OK" },
	    { "GET " PVE01 "/qemu/105/config", "\"cores\":3" },
	    { "GET " PVE01 "/qemu/105/config",
	      "\"scsi0\":\"shared:105/vm-105-disk-0.raw,size=2G\"" },
	    { "GET " PVE01 "/qemu/105/config", "!BC:24:11:00:00:01" },
	    { "GET " PVE01 "/qemu/105/config", "!lock" },
	    { "GET " PVE01 "/qemu/101/config", "BC:24:11:00:00:01" } } },
	{ "a VM comes back in its own place",
	  { BACKED,
	    { "POST " PVE01 "/qemu vmid=101&archive=@",
	      "500 unable to restore VM 101 - VM 101 already exists on node 'pve01'" },
	    { "PUT " PVE01 "/qemu/101/config name=broken", "null" },
	    { "POST " PVE01 "/qemu/101/status/start", "OK" },
	    { "POST " PVE01 "/qemu vmid=101&archive=@&force=1",
	      "500 unable to restore VM 101 - vm is running" },
	    { "POST " PVE01 "/qemu/101/status/stop", "OK" },
	    { "POST " PVE01 "/qemu vmid=101&archive=@&force=1", "OK" },
	    { "GET " PVE01 "/qemu/101/config", "\"name\":\"web\"" },
	    { "GET " PVE01 "/storage/local-lvm/content?vmid=101",
	      "local-lvm:vm-101-disk-0" } } },
	{ "what is no restore",
	  { BACKED,
	    { "POST " PVE01 "/qemu vmid=105&archive=@&scsi0=local-lvm%3A1",
	      "{\"scsi0\":\"not allowed for restore\"}" },
	    { "POST " PVE01 "/lxc vmid=105&ostemplate=@&restore=1",
	      "500 couldn't determine archive info" },
	    { "as vm7@pve!vm7 POST " PVE01 "/qemu vmid=105&archive=@",
	      "403 Permission check failed (/vms/101, VM.Backup)" },
	    { "change {\"storages\": {\"local-lvm\": {\"full\": true}}}" },
	    { "POST " PVE01 "/qemu vmid=105&archive=@",
	      "unable to restore VM 105 - lvcreate error:" },
	    { "GET " PVE01 "/qemu/105/config", "\"lock\":\"create\"" } } },
	{ "a backup that is protected or not",
	  { BACKED,
	    { "PUT " CONTENT "/@ protected=1&notes=keep", "null" },
	    { "GET " CONTENT "/@", "\"notes\":\"keep\"" },
	    { "DELETE " CONTENT "/@", "cannot remove protected volume" },
	    { "PUT " CONTENT "/@ protected=0", "null" },
	    { "DELETE " CONTENT "/@", "Removed volume" } } },
	{ "a container is backed up and restored",
	  { { "POST " PVE01 "/lxc/9100/clone newid=101&hostname=ct", "OK" },
	    { "POST " VZDUMP " vmid=101&storage=local&compress=gzip", ".tar.gz'" },
	    { "GET " CONTENT "?content=backup", "vzdump-lxc-101-" },
	    { "POST " PVE01 "/lxc vmid=105&ostemplate=@&restore=1", "OK" },
	    { "GET " PVE01 "/lxc/105/config", "\"hostname\":\"ct\"" },
	    { "GET " PVE01 "/lxc/105/config", "local-lvm:vm-105-disk-0" } } },
};

int main(void)
{
	add_rows(story_plays, stories);
	return run_all_tests("sim backup");
}
