/* Storages, the files and volumes on them, and what is wrong with them. */
#include "tests/lib/story.h"
#include "tests/lib/test.h"

#define LOCAL      "/nodes/pve01/storage/local"
#define SHARED     "/nodes/pve01/storage/shared"
#define PART(name) "--x\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"
#define FILE_PART(name)                                                              \
	"--x\r\nContent-Disposition: form-data; name=\"filename\"; filename=\"" name \
	"\"\r\nContent-Type: application/octet-stream\r\n\r\n"
#define SHA256_OF_HELLO "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
#define ISO             PART("content") "iso\r\n"

static const struct story stories[] = {
	{ "an upload lies where lists show it",
	  { { "POST " LOCAL "/upload " ISO FILE_PART("a b.iso") "hello\r\n--x--\r\n",
	      "OK [\"starting file import from: /var/tmp/pveupload-" },
	    { "GET " LOCAL "/content?content=iso",
	      "\"size\":5,\"volid\":\"local:iso/a_b.iso\"" },
	    { "GET " LOCAL "/content/local:iso/a_b.iso",
	      "\"path\":\"/var/lib/vz/template/iso/a_b.iso\"" },
	    { "GET " LOCAL "/content/iso/a_b.iso", "\"used\":4096" },
	    { "save" },
	    { "DELETE " LOCAL "/content/local:iso%2Fa_b.iso?delay=5", "null" },
	    { "GET " LOCAL "/content?content=iso", "[]" } } },
	{ "disks are listed by right on their guest, or by its name",
	  { { "as audit@pve!ci GET /nodes/pve01/storage/local-lvm/content", "[]" },
	    { "as audit@pve!ci GET /nodes/pve01/storage/local-lvm/content?vmid=9000",
	      "local-lvm:base-9000-disk-0" } } },
	{ "an upload with its checksum",
	  { { "POST " LOCAL
	      "/upload " ISO PART("checksum-algorithm") "sha256\r\n" PART("checksum")
		      SHA256_OF_HELLO "\r\n" FILE_PART("a.iso") "hello\r\n--x--",
	      "calculating checksum...OK, checksum verified" },
	    { "POST " LOCAL "/upload " ISO PART("checksum-algorithm") "sha256\r\n" PART(
		      "checksum") "00\r\n" FILE_PART("b.iso") "hello\r\n--x--",
	      "checksum mismatch: got '" SHA256_OF_HELLO "' != expect '00'" },
	    { "GET " LOCAL "/content/local:iso/b.iso", "500 volume_size_info on" } } },
	{ "an upload to another node goes there",
	  { { "POST /nodes/pve02/storage/local/upload " ISO FILE_PART(
		      "a.iso") "x\r\n--x--",
	      "-- /var/tmp/pveupload-" },
	    { "GET /nodes/pve02/storage/local/content?content=iso", "local:iso/a.iso" },
	    { "GET " LOCAL "/content?content=iso", "[]" } } },
	{ "parts in another order lose fields",
	  { { "POST " LOCAL
	      "/upload " PART("checksum") "00\r\n" ISO FILE_PART("a.iso") "x\r\n--x--",
	      "501 upload failed" },
	    { "POST " LOCAL "/upload " FILE_PART("a.iso") "x\r\n--x--",
	      "400 Parameter verification failed. {\"content\":\"property is missing" },
	    { "POST " LOCAL "/upload " ISO
	      "--x\r\nContent-Disposition: form-data; name=\"file\"; "
	      "filename=\"a.iso\"\r\n\r\nx\r\n--x--",
	      "501 wrong field name 'file' for file upload, expected 'filename'" },
	    { "POST " LOCAL "/upload " ISO FILE_PART("a.iso") "cut off",
	      "501 upload failed" },
	    { "POST " LOCAL "/upload content=iso&filename=a.iso",
	      "500 missing temporary file name" } } },
	{ "what is not taken as an upload",
	  { { "POST " LOCAL "/upload " ISO FILE_PART("a.txt") "x\r\n--x--",
	      "{\"filename\":\"wrong file extension\"}" },
	    { "POST " LOCAL
	      "/upload " PART("content") "snippets\r\n" FILE_PART("a.yaml") "x\r\n--x--",
	      "value 'snippets' does not have a value in the enumeration 'iso, vztmpl, "
	      "import'" },
	    { "POST /nodes/pve01/storage/local-lvm/upload " ISO FILE_PART(
		      "a.iso") "x\r\n--x--",
	      "500 can't upload to storage type 'lvmthin'" },
	    { "POST " SHARED
	      "/upload " PART("content") "import\r\n" FILE_PART("a.raw") "x\r\n--x--",
	      "500 storage 'shared' does not support 'import' content" },
	    { "as vm7@pve!vm7 POST " LOCAL "/upload " ISO FILE_PART("a.iso") "x\r\n--x--",
	      "403 Permission check failed (/storage/local, "
	      "Datastore.AllocateTemplate)" },
	    { "POST " LOCAL "/content " PART("content") "iso\r\n--x--",
	      "506 upload 'Content-Type 'multipart/form-data; boundary=x' not "
	      "implemented" } } },
	{ "an URL that leads nowhere",
	  { { "POST " LOCAL "/download-url "
	      "content=iso&filename=a.iso&url=https%3A%2F%2Fx.example%2Fa.iso",
	      "download failed: wget: unable to resolve host address 'x.example'" },
	    { "POST " LOCAL "/download-url "
	      "content=iso&filename=a.iso&url=https%3A%2F%2F10.0.0.1%2Fa.iso",
	      "download failed: Connecting to 10.0.0.1... failed: Connection refused." },
	    { "GET /nodes/pve01/query-url-metadata?url=https%3A%2F%2Fx.example%2Fa.iso",
	      "500 invalid server response: '500 Can't connect to x.example (Name or "
	      "service not known)'" },
	    { "as vm7@pve!vm7 GET "
	      "/nodes/pve01/query-url-metadata?url=https%3A%2F%2Fx.example%2Fa.iso",
	      "403 Permission check failed" } } },
	{ "a storage without room",
	  { { "change {\"storages\": {\"local-lvm\": {\"full\": true}, \"local\": "
	      "{\"full\": true}}}" },
	    { "save" },
	    { "POST /nodes/pve01/qemu vmid=101&scsi0=local-lvm%3A1",
	      "unable to create VM 101 - lvcreate error:   Cannot create new thin "
	      "volume" },
	    { "POST /nodes/pve01/qemu/9000/clone newid=102&full=1",
	      "clone failed: lvcreate error:" },
	    { "POST " LOCAL "/upload " ISO FILE_PART("a.iso") "x\r\n--x--",
	      "import failed: exit code 1" },
	    { "GET /cluster/nextid?vmid=101", "101" },
	    { "GET /cluster/nextid?vmid=102", "102" } } },
	{ "a storage that does not answer",
	  { { "change {\"storages\": {\"shared\": {\"offline\": true}}}" },
	    { "GET /nodes/pve01/storage?storage=shared", "\"active\":0" },
	    { "GET /nodes/pve01/storage?storage=shared", "\"enabled\":1" },
	    { "GET " SHARED "/content", "500 storage 'shared' is not online" },
	    { "POST /nodes/pve01/qemu vmid=101&scsi0=shared%3A1",
	      "unable to create VM 101 - storage 'shared' is not online" } } },
	{ "a storage whose lock somebody keeps",
	  { { "change {\"storages\": {\"shared\": {\"locked\": true}, \"local-lvm\": "
	      "{\"locked\": true}}}" },
	    { "POST /nodes/pve01/qemu vmid=101&scsi0=shared%3A1",
	      "unable to create VM 101 - cfs-lock 'storage-shared' error: got lock "
	      "request timeout" },
	    { "POST /nodes/pve01/qemu vmid=101&scsi0=local-lvm%3A1",
	      "unable to create VM 101 - can't lock file "
	      "'/var/lock/pve-manager/pve-storage-local-lvm' - got timeout" },
	    { "change {\"storages\": {\"shared\": {\"locked\": false}}}" },
	    { "POST /nodes/pve01/qemu vmid=101&scsi0=shared%3A1", "OK" } } },
	{ "a volume that is made by hand",
	  { { "POST " SHARED "/content vmid=101&filename=vm-101-x.qcow2&size=1G",
	      "\"shared:101/vm-101-x.qcow2\"" },
	    { "POST " SHARED "/content vmid=101&filename=vm-101-x.qcow2&size=1G",
	      "500 disk image '/mnt/pve/shared/images/101/vm-101-x.qcow2' already "
	      "exists" },
	    { "POST " SHARED
	      "/content vmid=101&filename=vm-101-y.qcow2&size=1G&format=raw",
	      "{\"format\":\"different storage formats (raw != qcow2)\"}" },
	    { "POST " SHARED "/content vmid=101&filename=vm-102-x.raw&size=1G",
	      "500 illegal name 'vm-102-x.raw' - should be 'vm-101-*'" },
	    { "PUT " SHARED "/content/shared:101/vm-101-x.qcow2 notes=x",
	      "500 only backups support attribute 'notes'" },
	    { "DELETE " SHARED "/content/shared:101/vm-101-x.qcow2",
	      "Removed volume 'shared:101/vm-101-x.qcow2'" } } },
	{ "a base that clones use stays",
	  { { "POST /nodes/pve01/qemu/9001/clone newid=101", "OK" },
	    { "DELETE " SHARED "/content/shared:9001/base-9001-disk-0.qcow2",
	      "base volume '9001/base-9001-disk-0.qcow2' is still in use by linked "
	      "cloned" },
	    { "DELETE " SHARED "/content/local:iso/a.iso",
	      "{\"volume\":\"storage ID mismatch (local != shared)\\n\"}" },
	    { "as vm7@pve!vm7 DELETE " SHARED
	      "/content/shared:9001/vm-9001-cloudinit.qcow2",
	      "403 Permission check failed (/storage/shared, Datastore.Allocate)" } } },
};

int main(void)
{
	add_rows(story_plays, stories);
	return run_all_tests("sim storage");
}
