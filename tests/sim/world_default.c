/* The cluster that every test, the demo and the manual start from: design, "The simulator". */
#include "props.h"
#include "world.h"

#include <stdio.h>

/* Both names of the agent's privilege: each version ignores the one that it does not know. */
static const char role[] =
	"[\"VM.Allocate\", \"VM.Audit\", \"VM.Clone\", \"VM.Config.CDROM\", "
	"\"VM.Config.CPU\","
	" \"VM.Config.Cloudinit\", \"VM.Config.Disk\", \"VM.Config.HWType\","
	" \"VM.Config.Memory\", \"VM.Config.Network\", \"VM.Config.Options\","
	" \"VM.PowerMgmt\", \"VM.Monitor\", \"VM.GuestAgent.Audit\","
	" \"Datastore.AllocateSpace\", \"Datastore.Audit\", \"SDN.Use\","
	" \"Sys.Audit\"]";

static const char auditor[] =
	"[\"VM.Audit\", \"Datastore.Audit\", \"Sys.Audit\", \"SDN.Audit\","
	" \"Pool.Audit\", \"Mapping.Audit\"]";

/* What a default world needs beside the guests. */
static const char frame[] =
	"{\"cluster\": \"lab\","
	" \"nodes\": ["
	"  {\"name\": \"pve01\", \"ip\": \"192.168.10.11\", \"bridges\": [\"vmbr0\"]},"
	"  {\"name\": \"pve02\", \"ip\": \"192.168.10.12\", \"bridges\": [\"vmbr0\"]},"
	"  {\"name\": \"pve03\", \"ip\": \"192.168.10.13\", \"bridges\": [\"vmbr0\"]}],"
	" \"storages\": ["
	"  {\"storage\": \"local\", \"type\": \"dir\","
	"   \"content\": \"iso,vztmpl,import,snippets,backup\","
	"   \"total\": 100000000000, \"used\": 8000000000},"
	"  {\"storage\": \"local-lvm\", \"type\": \"lvmthin\", \"content\": "
	"\"images,rootdir\","
	"   \"total\": 800000000000},"
	"  {\"storage\": \"shared\", \"type\": \"nfs\", \"shared\": true,"
	"   \"content\": \"images,rootdir,iso,vztmpl\", \"total\": 4000000000000}],"
	" \"volumes\": ["
	"  {\"volid\": \"local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst\","
	"   \"nodes\": [\"pve01\", \"pve02\", \"pve03\"], \"content\": \"vztmpl\","
	"   \"format\": \"tzst\", \"size\": 126515062},"
	"  {\"volid\": \"local-lvm:base-9000-disk-0\", \"node\": \"pve01\","
	"   \"size\": 3221225472},"
	"  {\"volid\": \"local-lvm:vm-9000-cloudinit\", \"node\": \"pve01\","
	"   \"size\": 4194304},"
	"  {\"volid\": \"shared:9001/base-9001-disk-0.qcow2\", \"format\": \"qcow2\","
	"   \"size\": 3221225472},"
	"  {\"volid\": \"shared:9001/vm-9001-cloudinit.qcow2\", \"format\": \"qcow2\","
	"   \"size\": 4194304},"
	"  {\"volid\": \"local-lvm:base-9100-disk-0\", \"node\": \"pve01\","
	"   \"content\": \"rootdir\", \"size\": 2147483648}],"
	" \"pools\": [{\"poolid\": \"lab\", \"comment\": \"for guests of the lab\"}]}";

static json_t *vm_template(unsigned vmid, const char *disk, const char *image,
			   const char *mac, const char *uuid, const char *genid,
			   const char *meta)
{
	return json_pack(
		"{s:i, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
		"s:s, s:s, s:s, s:s, s:s, s:s}}",
		"vmid", (int)vmid, "type", "qemu", "node", "pve01", "config", "agent",
		"enabled=1", "boot", "order=scsi0", "cores", "1", "cpu", "x86-64-v2-AES",
		"ide2", image, "memory", "1024", "meta", meta, "name", "debian-12",
		"net0", mac, "ostype", "l26", "scsi0", disk, "scsihw",
		"virtio-scsi-single", "serial0", "socket", "smbios1", uuid, "template",
		"1", "vmgenid", genid);
}

static json_t *guests(unsigned pve, struct chance *chance, double now)
{
	static const char *const disks[] = {
		"local-lvm:base-9000-disk-0,size=3G",
		"shared:9001/base-9001-disk-0.qcow2,size=3G"
	};
	static const char *const images[] = {
		"local-lvm:vm-9000-cloudinit,media=cdrom",
		"shared:9001/vm-9001-cloudinit.qcow2,media=cdrom"
	};
	char mac[MAC_LEN + 1], uuid[UUID_LEN + 1], genid[UUID_LEN + 1];
	char card[80], smbios[80], meta[80];
	json_t *list = json_array();

	snprintf(meta, sizeof(meta), "creation-qemu=%s,ctime=%lld",
		 pve >= 9 ? "10.1.2" : "9.2.0", (long long)now - 30LL * 86400);
	for (unsigned i = 0; i < 2; i++) {
		chance_mac(chance, "BC:24:11", mac);
		chance_uuid(chance, uuid);
		chance_uuid(chance, genid);
		snprintf(card, sizeof(card), "virtio=%s,bridge=vmbr0", mac);
		snprintf(smbios, sizeof(smbios), "uuid=%s", uuid);
		json_array_append_new(list, vm_template(9000 + i, disks[i], images[i],
							card, smbios, genid, meta));
	}
	chance_mac(chance, "BC:24:11", mac);
	snprintf(card, sizeof(card), "name=eth0,bridge=vmbr0,hwaddr=%s,ip=dhcp,type=veth",
		 mac);
	json_array_append_new(
		list,
		json_pack(
			"{s:i, s:s, s:s, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
			"s:s}}",
			"vmid", 9100, "type", "lxc", "node", "pve01", "config", "arch",
			"amd64", "features", "nesting=1", "hostname", "debian-12-ct",
			"memory", "512", "net0", card, "ostype", "debian", "rootfs",
			"local-lvm:base-9100-disk-0,size=2G", "swap", "512", "template",
			"1", "unprivileged", "1"));
	return list;
}

static json_t *access(void)
{
	json_t *roles = json_object();

	json_object_set_new(roles, "VM7", json_loads(role, 0, NULL));
	json_object_set_new(roles, "VM7Audit", json_loads(auditor, 0, NULL));
	return json_pack(
		"{s:o, s:{s:{s:i, s:{s:{s:i}}}, s:{s:i, s:{s:{s:i}}}, s:{s:i, "
		"s:{s:{s:i}}}},"
		" s:[{s:s, s:s, s:s, s:i}, {s:s, s:s, s:s, s:i}, {s:s, s:s, s:s, s:i}]}",
		"roles", roles, "users", "vm7@pve", "enable", 1, "tokens", "vm7",
		"privsep", 0, "admin@pve", "enable", 1, "tokens", "admin", "privsep", 0,
		"audit@pve", "enable", 1, "tokens", "ci", "privsep", 0, "acl", "path",
		"/", "ugid", "vm7@pve", "roleid", "VM7", "propagate", 1, "path", "/",
		"ugid", "admin@pve", "roleid", "Administrator", "propagate", 1, "path",
		"/", "ugid", "audit@pve", "roleid", "VM7Audit", "propagate", 1);
}

json_t *world_default(unsigned pve, uint64_t seed, double now)
{
	struct chance chance = { seed ^ 0x5eed };
	json_t *out = json_loads(frame, 0, NULL);

	json_object_set_new(out, "pve", json_integer(pve));
	json_object_set_new(out, "guests", guests(pve, &chance, now));
	json_object_set_new(out, "access", access());
	return out;
}
