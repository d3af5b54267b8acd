/* What a pass does with each guest: every row of the state table, and every guard. */
#include "tests/lib/scene.h"

#define A                                                                          \
	"- {name: a, type: vm, network: mgmt, cpu: 2, ram_mb: 2048, template_id: " \
	"9000}\n"
#define B                                                                          \
	"- {name: b, type: vm, network: mgmt, cpu: 2, ram_mb: 2048, template_id: " \
	"9000}\n"
#define AFTER_B                                                                   \
	"- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, template_id: " \
	"9000, depends_on: [b]}\n"
#define ADOPT "- {name: a, type: vm, network: mgmt, adopt: 10000}\n"
/* Somebody's guest, with an address in its config and without. */
#define THEIRS                                                                   \
	"{\"name\": \"a\", \"net0\": \"virtio=" MAC ",bridge=vmbr0\", "          \
	"\"ipconfig0\": \"ip=192.168.10.50/24\", \"smbios1\": \"uuid=" ID "\", " \
	"\"tags\": \"Theirs\", \"description\": \"Of somebody.\"}"
#define UNTOLD                                                          \
	"{\"name\": \"a\", \"net0\": \"virtio=" MAC ",bridge=vmbr0\", " \
	"\"smbios1\": \"uuid=" ID "\"}"
#define NAMED(n)      \
	"- {name: " n \
	", type: vm, network: mgmt, cpu: 1, ram_mb: 512, template_id: 9000}\n"
#define WITH(more)                                                                 \
	"- {name: a, type: vm, network: mgmt, cpu: 2, ram_mb: 2048, template_id: " \
	"9000, " more "}\n"
#define OTHER_ID       "b3d10000-0000-5000-8000-00000000000f"
#define OTHER_INSTANCE "5f0c0000-0000-4000-8000-00000000000f"

/* One lease of VMID 10000. */
#define LEASE(name, state, more) LEASE_OF(name, state, "10000", more)
#define RESERVED                 LEASES(LEASE("a", "reserved", ""))
#define READY                    LEASES(LEASE("a", "ready", ""))

#define MADE_FROM(template) \
	LEASES(LEASE("a", "ready", ", \"template\": \"" template "\""))
#define CT_READY                                                                        \
	LEASES("\"a\": {\"id\": \"" ID "\", \"ip\": \"192.168.10.50\", \"mac\": \"" MAC \
	       "\", \"node\": \"pve01\", \"pool\": \"mgmt\", \"since\": "               \
	       "\"2026-11-21T09:00:00Z\", \"state\": \"ready\", \"type\": \"lxc\", "    \
	       "\"vmid\": 10000}")
#define RENAMED(from)                                                              \
	"- {name: z, type: vm, network: mgmt, cpu: 2, ram_mb: 2048, template_id: " \
	"9000, renamed_from: " from "}\n"
#define OTHER_LEASE                                                                   \
	"\"z\": {\"id\": \"" OTHER_ID "\", \"ip\": \"192.168.10.51\", \"mac\": "      \
	"\"BC:24:11:00:00:02\", \"node\": \"pve01\", \"pool\": \"mgmt\", \"since\": " \
	"\"2026-11-21T09:00:00Z\", \"state\": \"ready\", \"type\": \"vm\", "          \
	"\"vmid\": 10001}"
#define CLONE_OF(template, more)                                      \
	"- {name: a, type: vm, network: mgmt, cpu: 2, ram_mb: 2048, " \
	"template_id: " template more "}\n"
#define AS_CT                                                                       \
	"- {name: a, type: lxc, network: mgmt, cpu: 2, ram_mb: 2048, template_id: " \
	"9100}\n"
#define AS_CT_ALLOWED                                                               \
	"- {name: a, type: lxc, network: mgmt, cpu: 2, ram_mb: 2048, template_id: " \
	"9100, replace: allow}\n"

/* The guest of that lease, with what a finished one has. */
#define CONFIG_OF(description, tags, uuid, cores) \
	"{" AS_MADE(description, tags, uuid, cores) "}"
#define AS_MADE(description, tags, uuid, cores)                                       \
	"\"name\": \"a\", \"cores\": " cores                                          \
	", \"memory\": \"2048\", \"agent\": \"1\", "                                  \
	"\"onboot\": 1, \"net0\": \"virtio=" MAC ",bridge=vmbr0\", \"ipconfig0\": "   \
	"\"ip=192.168.10.50/24,gw=192.168.10.1\", \"nameserver\": \"192.168.10.2\", " \
	"\"ciuser\": \"devops\", \"ciupgrade\": 0, \"serial0\": \"socket\", "         \
	"\"sshkeys\": \"" KEY_SENT                                                    \
	"\", \"scsi0\": \"local-lvm:vm-10000-disk-0,size=3G\""                        \
	", \"ide2\": \"local-lvm:vm-10000-cloudinit,media=cdrom\", \"smbios1\": "     \
	"\"uuid=" uuid "\", \"tags\": \"" tags "\", \"description\": \"" description  \
	"\""
#define CONFIG                CONFIG_OF("Made.\\n" LINE(ID), "vm7", ID, "2")
#define GUEST(more)           "{\"vmid\": 10000, \"name\": \"a\"" more "}"
#define WORLD(rest)           "{\"guests\": [" TEMPLATE_VM rest "]}"
#define WORLD_IN(state, rest) "{" state ", \"guests\": [" TEMPLATE_VM rest "]}"
#define THERE(more)           WORLD("," GUEST(more))
#define RUNNING               ", \"power\": \"running\""
#define OFFLINE_PVE02         "\"nodes\": {\"pve01\": true, \"pve02\": false}"

static const struct plan_row rows[] = {
	/* without a lease */
	{ "no guests: nothing to do", { .world = WORLD("") }, "", 0 },
	{ "an entry without a lease is created",
	  { .vms = A, .world = WORLD("") },
	  "a create 100 create,configure,start | a reserved 100",
	  0,
	  "a: in vm7.yaml:14, and nothing is leased to it" },
	{ "entries are created in their order, not by name",
	  { .vms = B A, .world = WORLD("") },
	  "b create 100 create,configure,start; a create 101 create,configure,start | "
	  "a reserved 101, b reserved 100",
	  0 },
	{ "the number comes from the datacenter's range",
	  { .vms = A, .world = WORLD_IN("\"vmids\": [700, 799]", "") },
	  "a create 700 create,configure,start | a reserved 700",
	  0 },
	{ "the file's range wins",
	  { .globals = "  defaults: {vmid_base: 10000}\n",
	    .vms = A,
	    .world = WORLD_IN("\"vmids\": [700, 799]", "") },
	  "a create 10000 create,configure,start | a reserved 10000",
	  0 },
	{ "a number that somebody has is stepped over, and told",
	  { .vms = A, .world = WORLD(",{\"vmid\": 100, \"config\": {}}") },
	  "a create 101 create,configure,start; ~a vmid | a reserved 101",
	  0,
	  "100" },
	{ "an explicit number that is taken is refused",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, vmid: 150}\n",
	    .world = WORLD(",{\"vmid\": 150, \"name\": \"x\", \"config\": {}}") },
	  "a refused 23",
	  23,
	  "150" },
	{ "a disk that grows is a step",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, disk_gb: 40}\n",
	    .world = WORLD("") },
	  "a create 100 create,configure,grow,start | a reserved 100",
	  0 },
	{ "a guest that is to be stopped is not started",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, power: stopped}\n",
	    .world = WORLD("") },
	  "a create 100 create,configure | a reserved 100",
	  0 },
	{ "a container from an archive takes everything at once",
	  { .vms = "- {name: a, type: lxc, network: mgmt, cpu: 1, ram_mb: 512, disk_gb: "
		   "8, "
		   "image: 'local:vztmpl/debian-12.tar.zst'}\n",
	    .world = WORLD("") },
	  "a create 100 create,start | a reserved 100",
	  0 },
	{ "an address alone becomes a whole lease and stays",
	  { .vms = A,
	    .leases = "{\"leases\": {\"a\": {\"ip\": \"192.168.10.51\", \"pool\": "
		      "\"mgmt\"}}}",
	    .world = WORLD("") },
	  "a create 100 create,configure,start | a reserved 100",
	  0,
	  "only its address is leased" },
	{ "offline it is planned all the same",
	  { .vms = A },
	  "a create 100 create,configure,start | a reserved 100",
	  0 },
	{ "offline a disk is said to grow",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, disk_gb: 40}\n" },
	  "a create 100 create,configure,grow,start | a reserved 100",
	  0 },

	/* who is made before whom */
	{ "a guest and what it depends on are made in one pass",
	  { .vms = AFTER_B B, .world = WORLD("") },
	  "a create 100 create,configure,start; b create 101 create,configure,start | "
	  "a reserved 100, b reserved 101",
	  0 },
	{ "who depends on a refused guest is refused with it, all the way up",
	  { .vms = "- {name: c, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, depends_on: [a]}\n" AFTER_B
		   "- {name: b, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, vmid: 150}\n",
	    .world = WORLD(",{\"vmid\": 150, \"name\": \"x\", \"config\": {}}") },
	  "c refused 23; a refused 23; b refused 23",
	  23,
	  "it depends on a, which is refused" },
	{ "who depends on a guest that is held and not there is refused",
	  { .vms = AFTER_B "- {name: b, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
			   "template_id: 9000, hold: true}\n",
	    .world = WORLD("") },
	  "a refused 23; b none; ~b hold",
	  23,
	  "it depends on b, which is not there, and is not to be made now" },
	{ "who depends on a guest that must be waited for waits too",
	  { .vms = AFTER_B "- {name: b, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
			   "template_id: 9000, node: pve02}\n",
	    .world = WORLD_IN(OFFLINE_PVE02, "") },
	  "a wait 20; b wait 20",
	  20,
	  "it depends on b, which waits itself" },

	/* what must hold before anything is made */
	{ "a template that is not there is a failure that names it",
	  { .vms = A, .world = "{}" },
	  "a refused 20",
	  20,
	  "template 9000 does not exist on the cluster lab" },
	{ "a guest that is no template is not cloned",
	  { .vms = A,
	    .world = "{\"guests\": [{\"vmid\": 9000, \"config\": {\"scsi0\": \"x\"}}]}" },
	  "a refused 23",
	  23,
	  "VMID 9000 is no template" },
	{ "a template of the other kind is refused",
	  { .vms = A,
	    .world = "{\"guests\": [{\"vmid\": 9000, \"type\": \"lxc\", \"template\": "
		     "true, "
		     "\"config\": {}}]}" },
	  "a refused 23",
	  23,
	  "template 9000 is a lxc" },
	{ "F-13 a clone of a template without a cloud-init drive is given one",
	  { .vms = A,
	    .world = "{\"guests\": [{\"vmid\": 9000, \"template\": true, \"config\": "
		     "{\"scsi0\": \"x:y,size=3G\"}}]}" },
	  "a create 100 create,configure,start | a reserved 100",
	  0,
	  "template 9000 has no cloud-init drive, so it is given one" },
	{ "F-13 a template without a drive and without a slot is refused",
	  { .vms = A,
	    .world = "{\"guests\": [{\"vmid\": 9000, \"template\": true, \"config\": {"
		     "\"ide0\": \"x:0\", \"ide1\": \"x:1\", \"ide2\": \"x:2\", "
		     "\"ide3\": \"x:3\", \"scsi0\": \"x:y,size=3G\", \"scsi1\": \"x:4\", "
		     "\"scsi2\": \"x:5\", \"scsi3\": \"x:6\", \"scsi4\": \"x:7\", "
		     "\"scsi5\": \"x:8\", \"scsi6\": \"x:9\", \"scsi7\": \"x:a\", "
		     "\"scsi8\": \"x:b\", \"scsi9\": \"x:c\"}}]}" },
	  "a refused 23",
	  23,
	  "no free ide or scsi slot" },
	{ "a template that boots by itself is refused",
	  { .vms = A,
	    .world = "{\"guests\": [{\"vmid\": 9000, \"template\": true, \"config\": "
		     "{\"scsi0\": \"x:y,size=3G\", \"onboot\": 1, \"ide2\": "
		     "\"x:vm-9000-cloudinit,media=cdrom\"}}]}" },
	  "a refused 23",
	  23,
	  "template 9000 has onboot=1" },
	{ "a template with a static address is refused",
	  { .vms = A,
	    .world = "{\"guests\": [{\"vmid\": 9000, \"template\": true, \"config\": "
		     "{\"scsi0\": \"x:y,size=3G\", \"net0\": \"virtio=" MAC "\", "
		     "\"ipconfig0\": \"ip=10.0.0.9/24\", \"ide2\": "
		     "\"x:vm-9000-cloudinit,media=cdrom\"}}]}" },
	  "a refused 23",
	  23,
	  "static address 10.0.0.9 on net0" },
	{ "a disk smaller than the template's is refused, with both sizes",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, disk_gb: 2}\n",
	    .world = WORLD("") },
	  "a refused 23",
	  23,
	  "disk_gb is 2, but scsi0 of template 9000 has 3 GiB" },
	{ "a container's template must be as unprivileged as the entry says",
	  { .vms = "- {name: a, type: lxc, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9100, unprivileged: false}\n",
	    .world = "{\"guests\": [" TEMPLATE_CT "]}" },
	  "a refused 23",
	  23,
	  "template 9100 is unprivileged" },
	{ "a node that is not in the cluster is named",
	  { .vms = A, .world = "{\"nodes\": {\"pve7\": true, \"pve8\": true}}" },
	  "a refused 20",
	  20,
	  "node pve01 is not in the cluster lab, which has pve7 and pve8" },
	{ "a node that is offline is waited for",
	  { .vms = A, .world = WORLD_IN("\"nodes\": {\"pve01\": false}", "") },
	  "a wait 20",
	  20,
	  "node pve01 is offline" },
	{ "the template's node counts too",
	  { .vms = A,
	    .world = "{" OFFLINE_PVE02
		     ", \"guests\": [{\"vmid\": 9000, \"node\": \"pve02\", "
		     "\"template\": true}]}" },
	  "a wait 20",
	  20,
	  "template 9000: node pve02 is offline" },
	{ "a template that cannot be read is waited for",
	  { .vms = A, .world = "{\"guests\": [{\"vmid\": 9000, \"template\": true}]}" },
	  "a wait 20",
	  20,
	  "config of template 9000 cannot be read" },
	{ "without quorum nothing is made",
	  { .vms = A, .world = WORLD_IN("\"quorate\": false", "") },
	  "a wait 20",
	  20,
	  "no quorum" },

	/* other people's guests */
	{ "a name that another guest has is disputed",
	  { .vms = A,
	    .world = WORLD(",{\"vmid\": 300, \"name\": \"a\", \"config\": {}}") },
	  "a refused 23",
	  23,
	  "disputed: VMID 300 on pve01 has this name already" },
	{ "so is it when that guest cannot be read",
	  { .vms = A, .world = WORLD(",{\"vmid\": 300, \"name\": \"a\"}") },
	  "a refused 23",
	  23,
	  "disputed" },
	{ "an address that another guest has is not given out",
	  { .vms = A B NAMED("c"),
	    .globals = "  reconcile: {on_error: continue}\n",
	    .world = WORLD(
		    ",{\"vmid\": 300, \"name\": \"x\", \"config\": {\"net0\": \"e1000="
		    "BC:24:11:00:00:77\", \"ipconfig0\": \"ip=192.168.10.51/24\"}}") },
	  "a create 100 create,configure,start; b create 101 create,configure,start; c "
	  "refused 24 | a reserved 100, b reserved 101",
	  22,
	  "1 of guests that are not vm7's" },
	{ "an old lease of an address that another guest has is disputed",
	  { .vms = A,
	    .leases = "{\"leases\": {\"a\": {\"ip\": \"192.168.10.51\", \"pool\": "
		      "\"mgmt\"}}}",
	    .world = WORLD(
		    ",{\"vmid\": 300, \"name\": \"x\", \"config\": {\"net0\": \"e1000="
		    "BC:24:11:00:00:77\", \"ipconfig0\": \"ip=192.168.10.51/24\"}}") },
	  "a refused 23",
	  23,
	  "disputed: 192.168.10.51 is leased to it" },
	{ "a guest with our line, but without a lease, is told and left alone",
	  { .leases = LEASES(""),
	    .world = WORLD(",{\"vmid\": 300, \"name\": \"old\", \"config\": "
			   "{\"description\": \"" LINE(ID) "\"}}") },
	  "~old orphan",
	  0,
	  "VMID 300 on pve01" },
	{ "another repository's guests are none of ours",
	  { .leases = LEASES(""),
	    .world = WORLD(",{\"vmid\": 300, \"name\": \"old\", \"config\": "
			   "{\"description\": \"vm7: " OTHER_INSTANCE "/" ID
			   ", edit vm7.yaml in https://git.example/x.git\"}}") },
	  "",
	  0 },

	/* reserved */
	{ "reserved and absent: created with its number",
	  { .vms = A, .leases = RESERVED, .world = WORLD("") },
	  "a create 10000 create,configure,start",
	  0,
	  "reserved and not there yet" },
	{ "reserved, absent and its entry gone: the lease is dropped",
	  { .leases = RESERVED, .world = WORLD_IN("\"free\": [10000]", "") },
	  "a drop |",
	  0 },
	{ "but not while its VMID is not proven free",
	  { .leases = RESERVED, .world = WORLD("") },
	  "~a unknown",
	  0 },
	{ "nor while its node is offline",
	  { .leases = RESERVED,
	    .world = WORLD_IN("\"free\": [10000], \"nodes\": {\"pve01\": false}", "") },
	  "~a unknown",
	  0 },
	{ "nor without quorum",
	  { .leases = RESERVED, .world = WORLD_IN("\"quorate\": false", "") },
	  "~a unknown",
	  0 },
	{ "nor when Proxmox was not asked",
	  { .leases = RESERVED },
	  "~a awaiting-release",
	  0 },
	{ "reserved, half made and its entry gone: it keeps its lease",
	  { .leases = RESERVED, .world = THERE(", \"config\": " CONFIG) },
	  "~a awaiting-release",
	  0 },
	{ "reserved and being cloned, with our line: waited for",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(", \"lock\": \"clone\", \"config\": " CONFIG) },
	  "a resume 10000 wait",
	  0,
	  "VMID 10000 is locked (clone)" },
	{ "reserved and being created, without a line yet: waited for",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(", \"lock\": \"create\", \"config\": {\"memory\": 128}") },
	  "a resume 10000 wait",
	  0 },
	{ "reserved and unreadable: waited for, not made again",
	  { .vms = A, .leases = RESERVED, .world = THERE("") },
	  "a resume 10000 wait",
	  0,
	  "config of VMID 10000 cannot be read" },
	{ "reserved and on a node that is offline: waited for",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = WORLD_IN("\"nodes\": {\"pve01\": false}", "," GUEST("")) },
	  "a wait 20",
	  20 },
	{ "reserved, there with our line alone: gone on with",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(", \"config\": {\"description\": \"" LINE(ID) "\"}") },
	  "a resume 10000 configure,start",
	  0,
	  "half made" },
	{ "reserved, finished but for its start: started",
	  { .vms = A, .leases = RESERVED, .world = THERE(", \"config\": " CONFIG) },
	  "a resume 10000 start",
	  0 },
	{ "reserved, finished and running: there is nothing left but to say so",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a resume 10000",
	  0 },
	{ "reserved, but somebody started it half made: refused",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(RUNNING ", \"config\": {\"description\": \"" LINE(ID) "\"}") },
	  "a refused 23",
	  23,
	  "started before it was finished" },
	{ "the address of a guest that took a reserved number is not given out",
	  { .vms = NAMED("b") NAMED("c"),
	    .globals = "  reconcile: {on_error: continue}\n",
	    .leases = RESERVED,
	    .world = THERE(", \"config\": {\"ipconfig0\": \"ip=192.168.10.51/24\", "
			   "\"net0\": \"virtio=BC:24:11:77:77:77,bridge=vmbr0\"}") },
	  "b create 100 create,configure,start; c refused 24; ~a awaiting-release | "
	  "a reserved 10000, b reserved 100",
	  22,
	  "1 of guests that are not vm7's" },
	{ "reserved, but somebody else's guest is there: another number",
	  { .vms = A,
	    .leases = RESERVED,
	    .globals = "  defaults: {vmid_base: 10000}\n",
	    .world = THERE(", \"config\": {\"memory\": 128}") },
	  "a create 10001 create,configure,start; ~a vmid | a reserved 10001",
	  0,
	  "VMID 10000 was reserved, but somebody else's guest has it" },
	{ "and not that while it cannot be made",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = "{\"guests\": [" GUEST(", \"config\": {\"memory\": 128}") "]}" },
	  "a refused 20",
	  20,
	  "template 9000 does not exist" },
	{ "reserved, but a guest of another line is there: refused",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(", \"config\": " CONFIG_OF(LINE(OTHER_ID), "vm7", ID, "2")) },
	  "a refused 23",
	  23,
	  "carries another identity" },
	{ "reserved, but what is there is of the other kind: refused",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(", \"type\": \"lxc\", \"config\": {\"description\": \"" LINE(
		    ID) "\"}") },
	  "a refused 23",
	  23,
	  "is a lxc, the lease is for a vm" },
	{ "reserved, but made a template: refused",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(", \"template\": true, \"config\": " CONFIG) },
	  "a refused 23",
	  23,
	  "made a template" },
	{ "the tag and UUID of a half-made guest are not asked for",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = THERE(
		    ", \"config\": " CONFIG_OF(LINE(ID), "golden", OTHER_ID, "2")) },
	  "a resume 10000 configure,start",
	  0 },

	/* ready */
	{ "ready and as desired: nothing",
	  { .vms = A, .leases = READY, .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a none",
	  0 },
	{ "ready and different: changed",
	  { .vms = A,
	    .leases = READY,
	    .world =
		    THERE(RUNNING ", \"config\": " CONFIG_OF(LINE(ID), "vm7", ID, "4")) },
	  "a change 10000 configure",
	  0,
	  "cpu differs from its entry" },
	{ "ready and different, but only reported: told",
	  { .vms = A,
	    .leases = READY,
	    .globals = "  reconcile: {drift: report}\n",
	    .world =
		    THERE(RUNNING ", \"config\": " CONFIG_OF(LINE(ID), "vm7", ID, "4")) },
	  "a none; ~a drift",
	  0,
	  "cpu is 4, the entry says 2" },
	{ "a guest's own word on drift wins",
	  { .vms = WITH("drift: repair"),
	    .leases = READY,
	    .globals = "  reconcile: {drift: report}\n",
	    .world =
		    THERE(RUNNING ", \"config\": " CONFIG_OF(LINE(ID), "vm7", ID, "4")) },
	  "a change 10000 configure",
	  0 },
	{ "what waits for its next start is told, and not done again",
	  { .vms = A,
	    .leases = READY,
	    .world = THERE(RUNNING ", \"pending\": [\"cores\"], \"config\": " CONFIG) },
	  "a none; ~a pending",
	  0,
	  "cpu is set and waits for its next start" },
	{ "it restarts where its entry lets it",
	  { .vms = WITH("restart: auto"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"pending\": [\"cores\"], \"config\": " CONFIG) },
	  "a change 10000 stop,start; ~a pending",
	  0,
	  "wait for a restart" },
	{ "G-16 a snapshot comes before what changes it",
	  { .vms = WITH("snapshot_before: {when: update}"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG_OF("Made.\\n" LINE(ID), "vm7",
							      ID, "1")) },
	  "a change 10000 snapshot,configure",
	  0 },
	{ "G-16 and before a restart",
	  { .vms = WITH("restart: auto, snapshot_before: {when: update}"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"pending\": [\"cores\"], \"config\": " CONFIG) },
	  "a change 10000 snapshot,stop,start; ~a pending",
	  0 },
	{ "G-16 but not before a start",
	  { .vms = WITH("snapshot_before: {when: update}"),
	    .leases = READY,
	    .world = THERE(", \"config\": " CONFIG) },
	  "a change 10000 start",
	  0 },
	{ "not for what others left waiting",
	  { .vms = WITH("restart: auto"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"pending\": [\"vga\"], \"config\": " CONFIG) },
	  "a none; ~a pending",
	  0 },
	{ "nor again after a restart that did not help",
	  { .vms = WITH("restart: auto"),
	    .leases = LEASES(LEASE("a", "ready", ", \"failed\": \"still waits\"")),
	    .world = THERE(RUNNING ", \"pending\": [\"cores\"], \"config\": " CONFIG) },
	  "a none; ~a pending",
	  0 },
	{ "a change that waits restarts it at once where it may",
	  { .vms = WITH("restart: auto"),
	    .leases = READY,
	    .world =
		    THERE(RUNNING ", \"config\": " CONFIG_OF(LINE(ID), "vm7", ID, "4")) },
	  "a change 10000 configure,stop,start",
	  0 },
	{ "the controller's own guest is not restarted",
	  { .vms = WITH("restart: auto, self: true"),
	    .leases = LEASES(LEASE("a", "ready", ", \"self\": true")),
	    .world =
		    THERE(RUNNING ", \"config\": " CONFIG_OF(LINE(ID), "vm7", ID, "4")) },
	  "a change 10000 configure",
	  0 },
	{ "what the controller's own guest depends on is not stopped",
	  { .vms = WITH("power: stopped") "- {name: b, type: vm, network: mgmt, cpu: 1, "
					  "ram_mb: 512, "
					  "template_id: 9000, self: true, depends_on: "
					  "[a], hold: true}\n",
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23; b none; ~b hold",
	  23,
	  "own guest b depends on it" },
	{ "a tag that the entry has no more goes",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "ready", ", \"owns\": {\"tags\": [\"web\"]}")),
	    .world = THERE(RUNNING
			   ", \"config\": " CONFIG_OF(LINE(ID), "vm7;web", ID, "2")) },
	  "a change 10000 configure",
	  0 },
	{ "what the lease keeps of its entry is written when it changes",
	  { .vms = WITH("removal: keep"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a record 10000",
	  0 },
	{ "a failure that is over is taken back",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "ready", ", \"failed\": \"no room\"")),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a record 10000",
	  0 },
	{ "what its first start was told is for the next rebuild",
	  { .vms = WITH("dns: [192.168.10.9]"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a none; ~a next-rebuild",
	  0,
	  "nameserver differs from its entry" },
	{ "or written where it says so",
	  { .vms = WITH("dns: [192.168.10.9], reseed: true"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a change 10000 configure; ~a warning",
	  0,
	  "new SSH host keys" },
	{ "ready and stopped: started",
	  { .vms = A, .leases = READY, .world = THERE(", \"config\": " CONFIG) },
	  "a change 10000 start",
	  0,
	  "it is stopped, its entry says running" },
	{ "ready and running, to be stopped",
	  { .vms = WITH("power: stopped"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a change 10000 stop",
	  0 },
	{ "power: observe leaves it as it is",
	  { .vms = WITH("power: observe"),
	    .leases = READY,
	    .world = THERE(", \"config\": " CONFIG) },
	  "a none",
	  0 },
	{ "tags that people added are no difference",
	  { .vms = A,
	    .leases = READY,
	    .world = THERE(RUNNING
			   ", \"config\": " CONFIG_OF(LINE(ID), "mine;vm7", ID, "2")) },
	  "a none",
	  0 },
	{ "ready and gone: made again, under the same number",
	  { .vms = A, .leases = READY, .world = WORLD_IN("\"free\": [10000]", "") },
	  "a create 10000 create,configure,start | a reserved 10000",
	  0,
	  "was deleted outside vm7" },
	{ "refused to be made again, it keeps its number",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9009}\n" B,
	    .leases = READY,
	    .globals = "  reconcile: {on_error: continue}\n",
	    .world = WORLD_IN("\"vmids\": [10000, 10009], \"free\": [10000]", "") },
	  "a refused 20; b create 10001 create,configure,start | a ready 10000, b "
	  "reserved 10001",
	  22 },
	{ "not while its number is not proven free",
	  { .vms = A, .leases = READY, .world = WORLD("") },
	  "a none; ~a unknown",
	  0 },
	{ "not when it is protected",
	  { .vms = WITH("protection: true"),
	    .leases = LEASES(LEASE("a", "ready", ", \"protection\": true")),
	    .world = WORLD_IN("\"free\": [10000]", "") },
	  "a refused 23",
	  23,
	  "protected" },
	{ "not when differences are only reported",
	  { .vms = WITH("drift: report"),
	    .leases = READY,
	    .world = WORLD_IN("\"free\": [10000]", "") },
	  "a none; ~a drift",
	  0,
	  "VMID 10000 is gone" },
	{ "a card that is only reported keeps its address",
	  { .vms = WITH("drift: report"),
	    .leases = LEASES(LEASE("a", "ready",
				   ", \"nics\": [{\"ip\": \"10.0.0.5\", \"mac\": "
				   "\"BC:24:11:00:00:02\", \"pool\": \"dual\"}]")),
	    .world = THERE(RUNNING ", \"config\": {\"net1\": "
				   "\"virtio=BC:24:11:00:00:02,bridge=vmbr0\", " AS_MADE(
					   LINE(ID), "vm7", ID, "2") "}") },
	  "a none; ~a vmid; ~a drift",
	  0,
	  "net1 is virtio" },
	{ "not beyond the budget",
	  { .vms = A,
	    .leases = READY,
	    .globals = "  guard: {max_replace: 0}\n",
	    .world = WORLD_IN("\"free\": [10000]", "") },
	  "a refused 23",
	  23,
	  "Vm7-Allow-Replace: 1" },
	{ "ready and its node offline: unknown, not gone",
	  { .vms = A,
	    .leases = READY,
	    .world = WORLD_IN("\"nodes\": {\"pve01\": false}", "") },
	  "a none; ~a unknown",
	  0,
	  "node pve01 is offline" },
	{ "ready and moved to a node that is offline: unknown",
	  { .vms = A,
	    .leases = READY,
	    .world = WORLD_IN(OFFLINE_PVE02, "," GUEST(", \"node\": \"pve02\"")) },
	  "a none; ~a unknown",
	  0,
	  "node pve02 is offline" },
	{ "ready without quorum: unknown, not gone",
	  { .vms = A, .leases = READY, .world = WORLD_IN("\"quorate\": false", "") },
	  "a none; ~a unknown",
	  0 },
	{ "ready and locked: busy",
	  { .vms = A,
	    .leases = READY,
	    .world = THERE(", \"lock\": \"backup\", \"config\": " CONFIG) },
	  "a none; ~a busy",
	  0,
	  "(backup)" },
	{ "ready and unreadable: unknown",
	  { .vms = A, .leases = READY, .world = THERE("") },
	  "a none; ~a unknown",
	  0 },
	{ "ready without our line: disputed",
	  { .vms = A,
	    .leases = READY,
	    .world = THERE(", \"config\": " CONFIG_OF("mine", "vm7", ID, "2")) },
	  "a refused 23",
	  23,
	  "disputed: VMID 10000 has no line of vm7" },
	{ "somebody else's guest at its number: that guest's address is taken",
	  { .vms = A B,
	    .leases = READY,
	    .world = WORLD(",{\"vmid\": 10000, \"config\": {\"net0\": \"virtio=x\", "
			   "\"ipconfig0\": \"ip=192.168.10.51/24\"}}"
			   ",{\"vmid\": 300, \"config\": {\"net0\": \"virtio=y\", "
			   "\"ipconfig0\": \"ip=192.168.10.52/24\"}}") },
	  "a refused 23; b refused 24",
	  22,
	  "pool mgmt is full" },
	{ "ready with another line: disputed",
	  { .vms = A,
	    .leases = READY,
	    .world = THERE(", \"config\": " CONFIG_OF(LINE(OTHER_ID), "vm7", ID, "2")) },
	  "a refused 23",
	  23,
	  "disputed: VMID 10000 carries another identity" },
	{ "ready without the tag: disputed",
	  { .vms = A,
	    .leases = READY,
	    .world = THERE(", \"config\": " CONFIG_OF(LINE(ID), "web", ID, "2")) },
	  "a refused 23",
	  23,
	  "disputed: VMID 10000 has lost the tag vm7" },
	{ "ready with another UUID: disputed",
	  { .vms = A,
	    .leases = READY,
	    .world = THERE(", \"config\": " CONFIG_OF(LINE(ID), "vm7", OTHER_ID, "2")) },
	  "a refused 23",
	  23,
	  "disputed: VMID 10000 has the UUID" },
	{ "a UUID in capitals is the same",
	  { .vms = A,
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG_OF(
		    LINE(ID), "vm7", "B3D10000-0000-5000-8000-000000000001", "2")) },
	  "a none",
	  0 },
	{ "ready and its entry gone: released",
	  { .leases = READY, .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a release 10000 stop,configure | a releasing 10000",
	  0 },
	{ "ready, stopped and its entry gone: released",
	  { .leases = READY, .world = THERE(", \"config\": " CONFIG) },
	  "a release 10000 configure | a releasing 10000",
	  0 },
	{ "ready, its entry gone, to be kept",
	  { .leases = LEASES(LEASE("a", "ready", ", \"removal\": \"keep\"")),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "~a awaiting-release",
	  0,
	  "left running" },
	{ "ready, its entry gone, protected",
	  { .leases = LEASES(LEASE("a", "ready", ", \"protection\": true")),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23",
	  23,
	  "protection: false" },
	{ "ready, its entry gone, the controller's own",
	  { .leases = LEASES(LEASE("a", "ready", ", \"self\": true")),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23",
	  23,
	  "the controller runs in it" },
	{ "ready, its entry gone, locked: waited for",
	  { .leases = READY,
	    .world = THERE(", \"lock\": \"backup\", \"config\": " CONFIG) },
	  "a wait 20",
	  20,
	  "(backup)" },
	{ "ready, its entry gone, disputed",
	  { .leases = READY,
	    .world = THERE(RUNNING
			   ", \"config\": " CONFIG_OF(LINE(OTHER_ID), "vm7", ID, "2")) },
	  "a refused 23",
	  23,
	  "disputed" },
	{ "ready, its entry gone, and so is the guest: the lease is dropped",
	  { .leases = READY, .world = WORLD_IN("\"free\": [10000]", "") },
	  "a drop |",
	  0 },
	{ "ready, its entry gone, beyond the budget",
	  { .leases = READY,
	    .globals = "  guard: {max_destroy: 0}\n",
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23",
	  23,
	  "Vm7-Allow-Destroy: 1" },
	{ "ready and asked for on another network: refused",
	  { .vms = "- {name: a, type: vm, network: dual, cpu: 2, ram_mb: 2048, "
		   "template_id: 9000}\n",
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23",
	  23,
	  "readdress" },

	/* what takes another guest */
	{ "ready and asked for as the other kind: refused",
	  { .vms = AS_CT,
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23; ~a requires-replace",
	  23,
	  "requires replace: it is a vm, its entry says lxc" },
	{ "G-11 another template: refused, and nothing else is changed",
	  { .vms = CLONE_OF("9000", ""),
	    .leases = MADE_FROM("9001"),
	    .world = THERE(", \"config\": " CONFIG) },
	  "a refused 23; ~a requires-replace",
	  23,
	  "it was made from 9001, its entry says 9000" },
	{ "the template it was made from is none",
	  { .vms = A,
	    .leases = MADE_FROM("9000"),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a none",
	  0 },
	{ "nor is another node's of its map",
	  { .vms = CLONE_OF("{pve01: 9000, pve02: 9001}", ""),
	    .leases = MADE_FROM("9001"),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a none",
	  0 },
	{ "replace: ignore takes it for where it came from",
	  { .vms = CLONE_OF("9000", ", replace: ignore"),
	    .leases = MADE_FROM("9001"),
	    .world = THERE(", \"config\": " CONFIG) },
	  "a change 10000 start",
	  0 },
	{ "but not another kind",
	  { .vms = "- {name: a, type: lxc, network: mgmt, cpu: 2, ram_mb: 2048, "
		   "template_id: 9100, replace: ignore}\n",
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23; ~a requires-replace",
	  23 },
	{ "drift: report only tells of it, and of what else differs",
	  { .vms = CLONE_OF("9000", ", replace: allow, drift: report"),
	    .leases = MADE_FROM("9001"),
	    .world = THERE(", \"config\": " CONFIG) },
	  "a none; ~a requires-replace; ~a drift",
	  0 },
	{ "replace: allow destroys it and makes it again",
	  { .vms = CLONE_OF("9000", ", replace: allow"),
	    .leases = MADE_FROM("9001"),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a replace 10000 stop,destroy,create,configure,start; ~a requires-replace | "
	  "a destroying 10000",
	  0,
	  "it was made from 9001" },
	{ "as the other kind too",
	  { .vms = AS_CT_ALLOWED,
	    .leases = READY,
	    .world = WORLD("," TEMPLATE_CT "," GUEST(", \"config\": " CONFIG)) },
	  "a replace 10000 destroy,create,configure,start; ~a requires-replace | "
	  "a destroying 10000",
	  0 },
	{ "a container that is privileged, and should not be",
	  { .vms = AS_CT_ALLOWED,
	    .leases = CT_READY,
	    .world = WORLD("," TEMPLATE_CT ",{\"vmid\": 10000, \"name\": \"a\", "
			   "\"type\": \"lxc\", \"config\": {\"hostname\": \"a\", "
			   "\"tags\": \"vm7\", \"description\": \"" LINE(ID) "\"}}") },
	  "a replace 10000 destroy,create,configure,start; ~a requires-replace | "
	  "a destroying 10000",
	  0,
	  "it is privileged, its entry says unprivileged: true" },
	{ "not before all is there for its making",
	  { .vms = CLONE_OF("9005", ", replace: allow"),
	    .leases = MADE_FROM("9000"),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 20; ~a requires-replace",
	  20,
	  "it is not replaced: template 9005 does not exist" },
	{ "not while it is protected",
	  { .vms = CLONE_OF("9000", ", replace: allow"),
	    .leases = LEASES(LEASE("a", "ready",
				   ", \"template\": \"9001\", \"protection\": true")),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23; ~a requires-replace",
	  23,
	  "it is protected: it is not replaced" },
	{ "not the controller's own",
	  { .vms = CLONE_OF("9000", ", replace: allow, self: true"),
	    .leases = MADE_FROM("9001"),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23; ~a requires-replace",
	  23,
	  "the controller runs in it" },
	{ "not beyond the budget of replacements",
	  { .vms = CLONE_OF("9000", ", replace: allow"),
	    .leases = MADE_FROM("9001"),
	    .globals = "  guard: {max_replace: 0}\n",
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23; ~a requires-replace",
	  23,
	  "Vm7-Allow-Replace: 1" },
	{ "not a guest that is not ours",
	  { .vms = CLONE_OF("9000", ", replace: allow"),
	    .leases = MADE_FROM("9001"),
	    .world = THERE(RUNNING
			   ", \"config\": " CONFIG_OF(LINE(OTHER_ID), "vm7", ID, "2")) },
	  "a refused 23",
	  23,
	  "disputed" },
	/* another name */
	{ "renamed: its lease goes on under the new name",
	  { .vms = RENAMED("a"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "z change 10000 configure; ~z warning | z ready 10000",
	  0,
	  "renamed from a; name differs from its entry" },
	{ "a reservation too",
	  { .vms = RENAMED("a"), .leases = RESERVED, .world = WORLD("") },
	  "z create 10000 create,configure,start | z reserved 10000",
	  0 },
	{ "and a released guest comes back under it",
	  { .vms = RENAMED("a"),
	    .leases = LEASES(LEASE("a", "released", "")),
	    .world = THERE(", \"config\": " CONFIG) },
	  "z return 10000 configure,start; ~z warning | z ready 10000",
	  0 },
	{ "but not one that is being destroyed",
	  { .vms = RENAMED("a"),
	    .leases = LEASES(LEASE("a", "destroying", "")),
	    .world = THERE(", \"config\": " CONFIG) },
	  "z create 100 create,configure,start; a destroy 10000 destroy | a destroying "
	  "10000, z reserved 100",
	  0 },
	{ "its old entry is back: so is its name",
	  { .vms = A,
	    .leases = LEASES(LEASE("z", "ready", ", \"was\": \"a\"")),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a record 10000 | a ready 10000",
	  0 },
	{ "who has a lease of its own is not renamed",
	  { .vms = RENAMED("a"),
	    .leases = LEASES(
		    LEASE("a", "ready", ", \"removal\": \"keep\"") ", " OTHER_LEASE),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "z none; ~z warning; ~z unknown; ~a awaiting-release",
	  0,
	  "renamed_from: a has no effect" },
	{ "nor is anybody given a name that somebody else has",
	  { .vms = RENAMED("a"),
	    .leases = READY,
	    .world = WORLD("," GUEST(
		    RUNNING
		    ", \"config\": " CONFIG) ",{\"vmid\": 777, "
					     "\"name\": \"z\", \"config\": {}}") },
	  "z refused 23",
	  23,
	  "disputed: VMID 777" },

	/* another address */
	{ "V-06 readdress: allow gives it an address of the other pool",
	  { .vms = "- {name: a, type: vm, network: dual, cpu: 2, ram_mb: 2048, "
		   "template_id: 9000, readdress: allow}\n",
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a change 10000 configure; ~a vmid; ~a warning | a ready 10000",
	  0,
	  "readdress: net0 goes from 192.168.10.50 of pool mgmt to 10.0.0.5 of pool "
	  "dual" },
	{ "V-06 not where differences are only reported",
	  { .vms = "- {name: a, type: vm, network: dual, cpu: 2, ram_mb: 2048, "
		   "template_id: 9000, readdress: allow, drift: report}\n",
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23",
	  23,
	  "readdress" },
	{ "V-06 an address that has left is freed",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "ready",
				   ", \"leaving\": [{\"ip\": \"10.0.0.5\", \"pool\": "
				   "\"dual\"}]")),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a record 10000",
	  0 },

	{ "reserved as another kind: its lease has to be freed",
	  { .vms = AS_CT, .leases = RESERVED, .world = WORLD("," TEMPLATE_CT) },
	  "a refused 23",
	  23,
	  "vm7 rollback --guest a" },

	{ "offline nothing is said about a finished guest",
	  { .vms = A, .leases = READY },
	  "a none",
	  0 },

	/* releasing, released, destroying */
	{ "releasing goes on",
	  { .leases = LEASES(LEASE("a", "releasing", "")),
	    .globals = "  guard: {max_destroy: 0}\n",
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a release 10000 stop,configure",
	  0 },
	{ "releasing, and its entry is back",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "releasing", "")),
	    .world = THERE(", \"config\": " CONFIG) },
	  "a return 10000 start | a ready 10000",
	  0,
	  "its entry is back" },
	{ "released, and its entry is back",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "released", "")),
	    .world = THERE(
		    ", \"config\": " CONFIG_OF(LINE(ID), "vm7;vm7-released", ID, "2")) },
	  "a return 10000 configure,start | a ready 10000",
	  0 },
	{ "released, locked, and its entry is back: waited for",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "released", "")),
	    .world = THERE(", \"lock\": \"backup\", \"config\": " CONFIG) },
	  "a wait 20",
	  20 },
	{ "released, gone, and its entry is back: made again",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "released", "")),
	    .world = WORLD_IN("\"free\": [10000]", "") },
	  "a create 10000 create,configure,start | a reserved 10000",
	  0 },
	{ "released and to be stopped only: waits",
	  { .leases = LEASES(LEASE("a", "released", "")),
	    .world = THERE(", \"config\": " CONFIG) },
	  "~a awaiting-release",
	  0,
	  "keeps its disks" },
	{ "released, and to be destroyed by now: its grace begins",
	  { .leases = LEASES(LEASE("a", "released", "")),
	    .globals = "  removal: {policy: destroy}\n",
	    .world = THERE(", \"config\": " CONFIG) },
	  "a record 10000 | a released 10000",
	  0,
	  "its grace begins" },
	{ "released, and not to be destroyed any more",
	  { .leases = LEASES(LEASE("a", "released",
				   ", \"destroy_since\": \"2026-11-20T09:00:00Z\"")),
	    .world = THERE(", \"config\": " CONFIG) },
	  "a record 10000 | a released 10000",
	  0 },
	{ "released, in its grace",
	  { .leases = LEASES(LEASE("a", "released",
				   ", \"destroy_since\": \"2026-11-21T09:00:00Z\"")),
	    .globals = "  removal: {policy: destroy, grace: 24h}\n",
	    .world = THERE(", \"config\": " CONFIG) },
	  "~a awaiting-release",
	  0,
	  "destroyed at 2026-11-22T09:00:00Z" },
	{ "the later of the release and the decision counts",
	  { .leases = LEASES(LEASE("a", "released",
				   ", \"destroy_since\": \"2026-11-21T09:20:00Z\"")),
	    .globals = "  removal: {policy: destroy, grace: 1h}\n",
	    .world = THERE(", \"config\": " CONFIG) },
	  "~a awaiting-release",
	  0,
	  "destroyed at 2026-11-21T10:20:00Z" },
	{ "released, its grace over: destroyed",
	  { .leases = LEASES(LEASE("a", "released",
				   ", \"destroy_since\": \"2026-11-21T09:00:00Z\"")),
	    .globals = "  removal: {policy: destroy, grace: 10m}\n"
		       "  guard: {max_destroy: 0}\n",
	    .world = THERE(", \"config\": " CONFIG) },
	  "a destroy 10000 destroy | a destroying 10000",
	  0,
	  "its grace is over" },
	{ "but not where Proxmox protects it",
	  { .leases = LEASES(LEASE("a", "released",
				   ", \"destroy_since\": \"2026-11-21T09:00:00Z\"")),
	    .globals = "  removal: {policy: destroy, grace: 10m}\n",
	    .world = THERE(", \"config\": {\"name\": \"a\", \"protection\": 1, "
			   "\"tags\": \"vm7\", \"smbios1\": \"uuid=" ID
			   "\", \"description\": \"" LINE(ID) "\"}") },
	  "a refused 23",
	  23,
	  "protected in Proxmox" },
	{ "destroying goes on",
	  { .leases = LEASES(LEASE("a", "destroying", "")),
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a destroy 10000 stop,destroy",
	  0 },
	{ "destroying, and Proxmox protects it by now: not even stopped",
	  { .leases = LEASES(LEASE("a", "destroying", "")),
	    .world = THERE(RUNNING ", \"config\": {\"name\": \"a\", \"protection\": 1, "
				   "\"tags\": \"vm7\", \"smbios1\": \"uuid=" ID
				   "\", \"description\": \"" LINE(ID) "\"}") },
	  "a refused 23",
	  23,
	  "protected in Proxmox" },
	{ "a backup is made of what is destroyed",
	  { .leases = LEASES(LEASE("a", "destroying", "")),
	    .globals = "  removal: {policy: destroy, backup: pbs}\n",
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a destroy 10000 stop,backup,destroy",
	  0 },
	{ "but not of what was never finished",
	  { .leases = LEASES(LEASE("a", "destroying", ", \"half_made\": true")),
	    .globals = "  removal: {policy: destroy, backup: pbs}\n",
	    .world = THERE(", \"config\": " CONFIG) },
	  "a destroy 10000 destroy",
	  0 },
	{ "destroying has no way back",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "destroying", "")),
	    .world = THERE(", \"config\": " CONFIG) },
	  "a destroy 10000 destroy",
	  0 },
	{ "destroyed: the lease is dropped",
	  { .leases = LEASES(LEASE("a", "destroying", "")),
	    .world = WORLD_IN("\"free\": [10000]", "") },
	  "a drop |",
	  0 },
	{ "destroyed, and wanted: made anew",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "destroying", "")),
	    .world = WORLD_IN("\"free\": [10000]", "") },
	  "a create 10000 create,configure,start | a reserved 10000",
	  0 },
	{ "a guest that took the number of one that is destroyed is left alone",
	  { .leases = LEASES(LEASE("a", "destroying", "")),
	    .world = THERE(RUNNING ", \"config\": {\"name\": \"other\"}") },
	  "a refused 23",
	  23,
	  "disputed" },

	/* adopting */
	{ "adopted as it is: an address of its config, its MAC and its UUID",
	  { .vms = ADOPT, .world = THERE(RUNNING ", \"config\": " THEIRS) },
	  "a adopt 10000 configure | a adopting 10000",
	  0,
	  "to be taken over as it is" },
	{ "without a card that is looked after",
	  { .vms = "- {name: DC01, type: vm, adopt: 10000}\n",
	    .world = THERE(", \"config\": " THEIRS) },
	  "DC01 adopt 10000 configure | DC01 adopting 10000",
	  0 },
	{ "its address was told before it could be adopted",
	  { .vms = ADOPT,
	    .leases = "{\"leases\": {\"a\": {\"ip\": \"192.168.10.9\", \"pool\": "
		      "\"mgmt\"}}}",
	    .world = THERE(", \"config\": " UNTOLD) },
	  "a adopt 10000 configure | a adopting 10000",
	  0 },
	{ "but it has another one",
	  { .vms = ADOPT,
	    .leases = "{\"leases\": {\"a\": {\"ip\": \"192.168.10.9\", \"pool\": "
		      "\"mgmt\"}}}",
	    .world = THERE(", \"config\": " THEIRS) },
	  "a refused 23",
	  23,
	  "192.168.10.9 is leased to it, and VMID 10000 has another address" },
	{ "an address that nobody knows is not leased",
	  { .vms = ADOPT, .world = THERE(", \"config\": " UNTOLD) },
	  "a refused 23",
	  23,
	  "vm7 import leases a=ADDRESS" },
	{ "an address outside the pool is a mistake",
	  { .vms = "- {name: a, type: vm, network: dual, adopt: 10000}\n",
	    .world = THERE(", \"config\": " THEIRS) },
	  "a refused 11",
	  11,
	  "net0 has 192.168.10.50, which is not in pool dual" },
	{ "more networks than cards",
	  { .vms = "- {name: a, type: vm, networks: [mgmt, dyn], adopt: 10000}\n",
	    .world = THERE(", \"config\": " THEIRS) },
	  "a refused 23",
	  23,
	  "no net1" },
	{ "nothing is there",
	  { .vms = ADOPT, .world = WORLD("") },
	  "a refused 20",
	  20,
	  "no guest 10000" },
	{ "a template is nobody's guest",
	  { .vms = "- {name: a, type: vm, adopt: 9000}\n", .world = WORLD("") },
	  "a refused 23",
	  23,
	  "template" },
	{ "locked: another pass",
	  { .vms = ADOPT, .world = THERE(", \"lock\": \"backup\", \"config\": " THEIRS) },
	  "a wait 20",
	  20,
	  "locked (backup)" },
	{ "one that cannot be read",
	  { .vms = ADOPT, .world = THERE("") },
	  "a refused 23",
	  23,
	  "read" },
	{ "another vm7's",
	  { .vms = ADOPT,
	    .leases = LEASES(""),
	    .world = THERE(", \"config\": {\"name\": \"a\", \"description\": "
			   "\"vm7: " OTHER_INSTANCE "/" OTHER_ID
			   ", edit vm7.yaml in x\"}") },
	  "a refused 23",
	  23,
	  "another vm7" },
	{ "a VM that has no UUID",
	  { .vms = ADOPT, .world = THERE(", \"config\": {\"name\": \"a\"}") },
	  "a refused 23",
	  23,
	  "--smbios1" },
	{ "a container where a VM is meant",
	  { .vms = "- {name: a, type: lxc, adopt: 10000}\n",
	    .world = THERE(", \"config\": " THEIRS) },
	  "a refused 23",
	  23,
	  "is a vm, the entry says lxc" },
	{ "its VMID is leased to another name",
	  { .vms = A "- {name: b, type: vm, adopt: 10000}\n",
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a none; b refused 23",
	  23,
	  "leased to a already" },
	{ "its MAC is leased to another name",
	  { .vms = A "- {name: b, type: vm, network: dyn, adopt: 500}\n",
	    .leases = READY,
	    .world = WORLD("," GUEST(
		    RUNNING ", \"config\": " CONFIG) ", {\"vmid\": 500, \"config\": "
						     "{\"net0\": \"virtio=" MAC
						     ",bridge=vmbr0\", \"smbios1\": "
						     "\"uuid=" OTHER_ID "\"}}") },
	  "a none; b refused 23",
	  23,
	  "the MAC " MAC ", which is leased to a" },
	{ "two of one UUID",
	  { .vms = "- {name: a, type: vm, adopt: 500}\n"
		   "- {name: b, type: vm, adopt: 501}\n",
	    .world = WORLD(",{\"vmid\": 500, \"config\": {\"smbios1\": \"uuid=" ID
			   "\"}}, {\"vmid\": 501, \"config\": {\"smbios1\": "
			   "\"uuid=" ID "\"}}") },
	  "a adopt 500 configure; b refused 23 | a adopting 500",
	  22,
	  "the UUID " ID ", which is leased to a" },
	{ "an entry keeps the guest that it has",
	  { .vms = WITH("adopt: 500"),
	    .leases = READY,
	    .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  "a refused 23",
	  23,
	  "an entry keeps its guest" },
	{ "adopting goes on, whatever its entry says by now",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "adopting", "")),
	    .world = THERE(", \"config\": " THEIRS) },
	  "a adopt 10000 configure",
	  0 },
	{ "adopting, and the marks are there already",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "adopting", "")),
	    .world = THERE(", \"config\": " CONFIG) },
	  "a adopt 10000",
	  0 },
	{ "adopting, and another guest is there by now",
	  { .vms = ADOPT,
	    .leases = LEASES(LEASE("a", "adopting", "")),
	    .world = THERE(", \"config\": {\"net0\": \"virtio=BC:24:11:00:00:99\"}") },
	  "a refused 23",
	  23,
	  "left alone" },
	{ "adopting, and it has another UUID by now",
	  { .vms = ADOPT,
	    .leases = LEASES(LEASE("a", "adopting", "")),
	    .world = THERE(", \"config\": {\"net0\": \"virtio=" MAC
			   "\", \"smbios1\": \"uuid=" OTHER_ID "\"}") },
	  "a refused 23",
	  23,
	  "has the UUID" },
	{ "adopting, and it is gone",
	  { .vms = ADOPT,
	    .leases = LEASES(LEASE("a", "adopting", "")),
	    .world = WORLD_IN("\"free\": [10000]", "") },
	  "a refused 23",
	  23,
	  "is gone" },
	{ "adopted, and deleted: there is nothing to make it from",
	  { .vms = ADOPT, .leases = READY, .world = WORLD_IN("\"free\": [10000]", "") },
	  "a refused 23",
	  23,
	  "could be made from" },
	{ "adopted: what a first start would be told is nobody's business",
	  { .vms = "- {name: a, type: vm, network: mgmt, adopt: 10000, power: observe, "
		   "onboot: false}\n",
	    .leases = READY,
	    .world = THERE(", \"config\": {\"name\": \"a\", \"agent\": 1, \"net0\": "
			   "\"virtio=" MAC ",bridge=vmbr0\", \"ciuser\": \"root\", "
			   "\"smbios1\": \"uuid=" ID "\", \"tags\": \"vm7\", "
			   "\"description\": \"" LINE(ID) "\"}") },
	  "a none",
	  0 },
	{ "nobody was asked",
	  { .vms = ADOPT },
	  "a none; ~a unknown",
	  0,
	  "adopted as it is found" },
	{ "hold leaves it to whom it belongs",
	  { .vms = "- {name: a, type: vm, adopt: 10000, hold: true}\n",
	    .world = THERE(", \"config\": " THEIRS) },
	  "a none; ~a hold",
	  0 },
	{ "adopting, and its entry is gone: the lease is dropped",
	  { .leases = LEASES(LEASE("a", "adopting", "")),
	    .world = THERE(", \"config\": " CONFIG) },
	  "a drop |",
	  0 },

	/* hold and --guest */
	{ "hold in the entry: nothing, and no lease",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, hold: true}\n" B,
	    .world = WORLD("") },
	  "a none; b create 100 create,configure,start; ~a hold | b reserved 100",
	  0,
	  "hold: true in its entry" },
	{ "hold in the lease: nothing",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "reserved", ", \"hold\": \"being looked at\"")),
	    .world = WORLD("") },
	  "a none; ~a hold",
	  0,
	  "being looked at" },
	{ "hold does not dispute",
	  { .vms = A,
	    .leases = LEASES(LEASE("a", "ready", ", \"hold\": \"mine\"")),
	    .world = THERE(", \"config\": {}") },
	  "a none; ~a hold",
	  0 },
	{ "--guest leaves the others alone",
	  { .vms = A B, .world = WORLD(""), .only = "b" },
	  "a none; b create 100 create,configure,start | b reserved 100",
	  0 },
	{ "--guest does not care about the others' troubles",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9999}\n" B,
	    .world = WORLD(""),
	    .only = "b" },
	  "a none; b create 100 create,configure,start | b reserved 100",
	  0 },
	{ "--guest keeps the others' leases",
	  { .vms = B, .leases = RESERVED, .world = WORLD(""), .only = "b" },
	  "b create 100 create,configure,start | a reserved 10000, b reserved 100",
	  0 },

	/* one guest that cannot be served */
	{ "a full pool stops every creation",
	  { .vms = A B NAMED("c") NAMED("d"), .world = WORLD("") },
	  "a refused 24; b refused 24; c refused 24; d refused 24",
	  24,
	  "pool mgmt is full: 3 addresses" },
	{ "on_error: continue makes the others",
	  { .vms = A B NAMED("c") NAMED("d"),
	    .globals = "  reconcile: {on_error: continue}\n",
	    .world = WORLD("") },
	  "a create 100 create,configure,start; b create 101 create,configure,start; c "
	  "create 102 create,configure,start; d refused 24 | a reserved 100, b reserved "
	  "101, c reserved 102",
	  22 },
	{ "what is half made goes on beside a full pool",
	  { .vms = A B NAMED("c") NAMED("d"),
	    .leases = RESERVED,
	    .world = THERE(", \"config\": " CONFIG) },
	  "a resume 10000 start; b refused 24; c refused 24; d refused 24",
	  22 },
	{ "troubles of different kinds are 22",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9999}\n"
		   "- {name: b, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9000, disk_gb: 1}\n",
	    .world = WORLD("") },
	  "a refused 20; b refused 23",
	  22 },
	{ "troubles of one kind are that kind's",
	  { .vms = "- {name: a, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9999}\n"
		   "- {name: b, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
		   "template_id: 9998}\n",
	    .world = WORLD("") },
	  "a refused 20; b refused 20",
	  20 },

	/* of the whole pass */
	{ "leases of another branch stop the pass",
	  { .vms = A, .leases = RESERVED, .world = WORLD(""), .branch = "test" },
	  "stop 23",
	  23,
	  "belongs to the branch main, this is test" },
	{ "leases of another cluster stop the pass",
	  { .vms = A,
	    .leases = RESERVED,
	    .world = WORLD_IN("\"cluster\": \"prod\"", "") },
	  "stop 23",
	  23,
	  "belongs to the cluster lab, https://pve.local:8006 answers as prod" },
	{ "a lease file that vanished stops the pass",
	  { .vms = B, .world = THERE(", \"config\": " CONFIG) },
	  "stop 23",
	  23,
	  "ipam/leases.json does not exist, but a (10000) on the cluster carries vm7's "
	  "line" },
	{ "so does it when the repository was moved, by the names",
	  { .vms = A,
	    .world = THERE(
		    ", \"config\": {\"name\": \"a\", \"description\": \"vm7: " INSTANCE
		    "/" ID ", edit vm7.yaml in https://old.example/x.git\"}") },
	  "stop 23",
	  23 },
	{ "another repository's guests are no sign of that",
	  { .vms = B,
	    .world = THERE(
		    ", \"config\": {\"name\": \"a\", \"description\": \"vm7: " INSTANCE
		    "/" ID ", edit vm7.yaml in https://old.example/x.git\"}") },
	  "b create 100 create,configure,start | b reserved 100",
	  0 },
	{ "old addresses without an instance are not a file that vanished",
	  { .vms = A,
	    .leases = "{\"leases\": {\"z\": {\"ip\": \"192.168.10.50\", \"pool\": "
		      "\"mgmt\"}}}",
	    .world = WORLD("") },
	  "a create 100 create,configure,start | a reserved 100, z reserved 0",
	  0 },
	{ "an unverified connection is told",
	  { .vm7 = "version: 1\nglobals:\n  proxmox: {endpoint: 'https://h:8006', "
		   "username: v@pve,\n    token_name: vm7, token_secret: {secret: t}, "
		   "node: "
		   "pve01, tls: {insecure: true}}\n"
		   "  access: {user: u, ssh_public_key: '" KEY "'}\n"
		   "networks: []\nvms: []\n",
	    .world = "{}" },
	  "~ warning; ~ tls",
	  0,
	  "insecure" },
};

/* Two scenes that must, or must not, have the same fingerprint. */
static const struct pair {
	const char *name;
	struct scene_spec one, other;
	bool same;
} pairs[] = {
	{ "the same input has the same fingerprint",
	  { .vms = A, .world = WORLD("") },
	  { .vms = A, .world = WORLD("") },
	  true },
	{ "who runs first does not change it",
	  { .vms = A, .world = WORLD(""), .dry = true },
	  { .vms = A, .world = WORLD("") },
	  true },
	{ "a template that was edited changes it",
	  { .vms = A,
	    .world = "{\"guests\": [{\"vmid\": 9000, \"template\": true, \"config\": "
		     "{\"digest\": \"1\", \"ide2\": \"x:cloudinit\"}}]}" },
	  { .vms = A,
	    .world = "{\"guests\": [{\"vmid\": 9000, \"template\": true, \"config\": "
		     "{\"digest\": \"2\", \"ide2\": \"x:cloudinit\"}}]}" },
	  false },
	{ "a guest that took a number changes it",
	  { .vms = A, .world = WORLD("") },
	  { .vms = A, .world = WORLD(",{\"vmid\": 777, \"config\": {}}") },
	  false },
	{ "another guest's coming is nothing to an idle pass",
	  { .vms = A, .leases = READY, .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  { .vms = A,
	    .leases = READY,
	    .world =
		    WORLD("," GUEST(RUNNING ", \"config\": " CONFIG) ",{\"vmid\": 777, "
								     "\"config\": {}}") },
	  true },
	{ "a guest that was stopped changes it",
	  { .vms = A, .leases = READY, .world = THERE(RUNNING ", \"config\": " CONFIG) },
	  { .vms = A, .leases = READY, .world = THERE(", \"config\": " CONFIG) },
	  false },
	{ "a plan made offline has another one",
	  { .vms = A },
	  { .vms = A, .world = WORLD("") },
	  false },
	{ "a plan for one guest has another one",
	  { .vms = A B, .world = WORLD("") },
	  { .vms = A B, .world = WORLD(""), .only = "a" },
	  false },
};

static void is_told_apart(void **state)
{
	const struct pair *pair = *state;
	struct scene one, other;

	scene_plan(&one, &pair->one);
	scene_plan(&other, &pair->other);
	assert_int_equal(strlen(one.plan.fingerprint), 64);
	if (pair->same)
		assert_string_equal(one.plan.fingerprint, other.plan.fingerprint);
	else
		assert_string_not_equal(one.plan.fingerprint, other.plan.fingerprint);
	scene_finish(&one);
	scene_finish(&other);
}

/* What stays of a lease that is made anew because its number was taken. */
static void a_taken_number(void **state)
{
	const struct scene_spec spec = {
		.vms = A,
		.leases = RESERVED,
		.world = THERE(", \"config\": {\"memory\": 128}"),
	};
	const struct lease *lease;
	struct scene scene;
	char ip[ADDR_TEXT];

	(void)state;
	scene_plan(&scene, &spec);
	lease = leases_find(&scene.plan.leases, "a");
	addr_print(&lease->nics[0].ip, ip);
	assert_string_equal(ip, "192.168.10.50");
	assert_string_equal(lease->nics[0].mac, MAC);
	assert_string_not_equal(lease->id, ID);
	assert_int_equal(lease->vmid, 100);
	assert_string_equal(lease->since, "2026-11-21T09:30:00Z");
	/* what is held was not touched */
	assert_int_equal(scene.leases.at[0].vmid, 10000);
	scene_finish(&scene);
}

/* A refusal after the allocation leaves the lease file as it is. */
static void a_refusal(void **state)
{
	const struct scene_spec spec = {
		.vms = A B,
		.leases = "{\"leases\": {\"a\": {\"ip\": \"192.168.10.51\", \"pool\": "
			  "\"mgmt\"}}}",
		.world = "{}", /* no template */
	};
	struct scene scene;

	(void)state;
	scene_plan(&scene, &spec);
	assert_string_equal(scene_brief(&scene), "a refused 20; b refused 20");
	assert_false(scene.plan.reserves);
	assert_string_equal(leases_print(scene.arena, &scene.plan.leases),
			    leases_print(scene.arena, &scene.leases));
	assert_ptr_equal(scene_action(&scene, "a")->lease,
			 leases_find(&scene.plan.leases, "a"));
	assert_null(scene_action(&scene, "b")->lease);
	scene_finish(&scene);
}

enum { MANY = 30 };

/*
 * a is to be stopped; g29 is the controller's own guest. Each of g0 to g29 depends on the
 * one before it, g0 on `first`; or each on all before it.
 */
static const char *many(struct arena *arena, const char *first, bool dense)
{
	struct text out;

	text_init(&out, arena);
	text_add(&out, WITH("power: stopped"));
	for (size_t i = 0; i < MANY; i++) {
		text_addf(&out,
			  "- {name: g%zu, type: vm, network: mgmt, cpu: 1, ram_mb: 512, "
			  "template_id: 9000, hold: true, self: %s, depends_on: [",
			  i, i + 1 == MANY ? "true" : "false");
		if (i == 0)
			text_add(&out, first);
		for (size_t j = dense || i == 0 ? 0 : i - 1; j < i; j++)
			text_addf(&out, "%sg%zu", j > 0 && dense ? ", " : "", j);
		text_add(&out, "]}\n");
	}
	return text_str(&out);
}

static enum verb stopped_among_many(const char *first, bool dense)
{
	struct arena *arena = arena_create();
	const struct scene_spec spec = {
		.vms = many(arena, first, dense),
		.leases = READY,
		.world = THERE(RUNNING ", \"config\": " CONFIG),
	};
	struct scene scene;
	enum verb verb;

	scene_plan(&scene, &spec);
	verb = scene_action(&scene, "a")->verb;
	scene_finish(&scene);
	arena_destroy(arena);
	return verb;
}

/* However far away the controller's own guest is. */
static void a_long_chain(void **state)
{
	(void)state;
	assert_int_equal(stopped_among_many("a", false), VERB_REFUSED);
	assert_int_equal(stopped_among_many("", false), VERB_CHANGE);
}

/* There are more ways through it than anybody can walk. */
static void a_dense_graph(void **state)
{
	(void)state;
	assert_int_equal(stopped_among_many("a", true), VERB_REFUSED);
	assert_int_equal(stopped_among_many("", true), VERB_CHANGE);
}

static const struct code_row {
	const char *name;
	int codes[3];
	size_t failed, well;
	int code;
} code_rows[] = {
	{ "nobody failed", { 0 }, 0, 3, 0 },
	{ "nobody had work", { 0 }, 0, 0, 0 },
	{ "one failed alone", { 20 }, 1, 0, 20 },
	{ "all failed of one cause", { 23, 23, 23 }, 3, 0, 23 },
	{ "all failed, of several causes", { 23, 23, 20 }, 3, 0, 22 },
	{ "part of them failed", { 23 }, 1, 1, 22 },
};

static void sums_up(void **state)
{
	const struct code_row *row = *state;

	assert_int_equal(guests_exit(row->codes, row->failed, row->well), row->code);
}

int main(void)
{
	add_rows(plans_this, rows);
	add_rows(is_told_apart, pairs);
	add_test("a taken number: addresses and MAC stay, the identity is new",
		 a_taken_number);
	add_test("a refusal leaves the leases as they are", a_refusal);
	add_test("what the controller's own guest depends on from afar", a_long_chain);
	add_test("dependences of all on all are followed once", a_dense_graph);
	add_rows(sums_up, code_rows);
	return run_all_tests("plan");
}
