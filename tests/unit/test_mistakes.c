#include "tests/lib/manifest.h"

static const struct manifest_row rows[] = {
	{ "nothing wrong", NULL, NULL, VM(""), NULL },
	{ "a container", NULL, NULL, CT(""), NULL },
	{ "no guests", NULL, NULL, NULL, NULL },
	{ "a name in capitals", NULL, NULL,
	  "  - {name: Web, type: vm, network: lan, template_id: 9000}\n",
	  "7:12: vms[0].name: a name is 1 to 63 lower-case letters, digits and '-'; it "
	  "begins with a letter and does not end in '-'" },
	{ "a name that begins with a digit", NULL, NULL,
	  "  - {name: 1web, type: vm, network: lan, template_id: 9000}\n",
	  "7:12: vms[0].name: a name is 1 to 63 lower-case letters, digits and '-'; it "
	  "begins with a letter and does not end in '-'" },
	{ "a name that ends in a hyphen", NULL, NULL,
	  "  - {name: web-, type: vm, network: lan, template_id: 9000}\n",
	  "7:12: vms[0].name: a name is 1 to 63 lower-case letters, digits and '-'; it "
	  "begins with a letter and does not end in '-'" },
	{ "a name with a dot", NULL, NULL,
	  "  - {name: a.b, type: vm, network: lan, template_id: 9000}\n",
	  "7:12: vms[0].name: a name is 1 to 63 lower-case letters, digits and '-'; it "
	  "begins with a letter and does not end in '-'" },
	{ "a name of 64 letters", NULL, NULL,
	  "  - {name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
	  "type: vm, network: lan, template_id: 9000}\n",
	  "7:12: vms[0].name: a name is 1 to 63 lower-case letters, digits and '-'; it "
	  "begins with a letter and does not end in '-'" },
	{ "no name", NULL, NULL, "  - {type: vm, network: lan, template_id: 9000}\n",
	  "7:5: vms[0]: name is missing" },
	{ "a name twice", NULL, NULL, VM("") VM(""),
	  "8:12: vms[1].name: a is already at vm7.yaml:7" },
	{ "no type", NULL, NULL, "  - {name: a, network: lan, template_id: 9000}\n",
	  "7:12: vms[0]: type is missing: vm or lxc" },
	{ "another type", NULL, NULL,
	  "  - {name: a, type: docker, network: lan, template_id: 9000}\n",
	  "7:21: vms[0].type: expected vm or lxc, not docker" },
	{ "no network", NULL, NULL, "  - {name: a, type: vm, template_id: 9000}\n",
	  "7:12: vms[0]: network is missing" },
	{ "an empty list of networks", NULL, NULL,
	  "  - {name: a, type: vm, networks: [], template_id: 9000}\n",
	  "7:12: vms[0]: network is missing" },
	{ "network and networks", NULL, NULL, VM(", networks: [lan]"),
	  "7:68: vms[0].networks: not together with network" },
	{ "a network twice", NULL, NULL,
	  "  - {name: a, type: vm, networks: [lan, lan], template_id: 9000}\n",
	  "7:41: vms[0].networks[1]: lan is already in the list" },
	{ "no template", NULL, NULL, "  - {name: a, type: vm, network: lan}\n",
	  "7:12: vms[0]: template_id is missing" },
	{ "no template or image", NULL, NULL,
	  "  - {name: c, type: lxc, network: lan, cpu: 1, ram_mb: 512, disk_gb: 4}\n",
	  "7:12: vms[0]: template_id or image is missing" },
	{ "template and image", NULL, NULL, CT(", template_id: 9100"),
	  "7:80: vms[0].image: not together with template_id" },
	{ "an image for a VM", NULL, NULL,
	  "  - {name: a, type: vm, network: lan, image: \"local:vztmpl/d.tar.zst\"}\n",
	  "7:46: vms[0].image: only a container has this" },
	{ "a named image", NULL, NULL,
	  "  - {name: c, type: lxc, network: lan, cpu: 1, ram_mb: 512, disk_gb: 4, "
	  "image: \"debian-12\"}\n",
	  "7:80: vms[0].image: named images are not supported yet: expected a volume, "
	  "such as local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst" },
	{ "an image of another kind", NULL, NULL,
	  "  - {name: c, type: lxc, network: lan, cpu: 1, ram_mb: 512, disk_gb: 4, "
	  "image: \"local:iso/d.iso\"}\n",
	  "7:80: vms[0].image: expected a container template: storage:vztmpl/name" },
	{ "an image with a comma", NULL, NULL,
	  "  - {name: c, type: lxc, network: lan, cpu: 1, ram_mb: 512, disk_gb: 4, "
	  "image: \"local:vztmpl/d,size=9.tar.zst\"}\n",
	  "7:80: vms[0].image: expected a container template: storage:vztmpl/name" },
	{ "an image needs sizes", NULL, NULL,
	  "  - {name: c, type: lxc, network: lan, image: \"local:vztmpl/d.tar.zst\"}\n",
	  "7:12: vms[0]: cpu is missing: an image does not say it\n"
	  "7:12: vms[0]: ram_mb is missing: an image does not say it\n"
	  "7:12: vms[0]: disk_gb is missing: an image does not say it" },
	{ "an image is not cloned", NULL, NULL, CT(", clone: full"),
	  "7:113: vms[0].clone: not together with image: nothing is cloned" },
	{ "a linked clone stays where it is", NULL, NULL,
	  VM(", clone: linked, datastore: fast"),
	  "7:84: vms[0].datastore: not together with clone: linked: its disks stay on "
	  "the template's storage" },
	{ "an address", NULL, NULL, VM(", ip: 10.0.0.7"),
	  "7:58: vms[0].ip: addresses are not written by hand: they are leased from the "
	  "pool of the network, and stand in the lease file (ipam/leases.json)" },
	{ "a gateway", NULL, NULL, VM(", gateway: 10.0.0.1"),
	  "7:58: vms[0].gateway: addresses are not written by hand: they are leased from "
	  "the pool of the network, and stand in the lease file (ipam/leases.json)" },
	{ "cores out of range", NULL, NULL, VM(", cpu: 0") VM_B(", cpu: 129"),
	  "7:63: vms[0].cpu: 0 is less than 1\n"
	  "8:63: vms[1].cpu: 129 is greater than 128" },
	{ "sockets out of range", NULL, NULL, VM(", sockets: 5"),
	  "7:67: vms[0].sockets: 5 is greater than 4" },
	{ "memory out of range", NULL, NULL, VM(", ram_mb: 511") VM_B(", ram_mb: 524289"),
	  "7:66: vms[0].ram_mb: 511 is less than 512\n"
	  "8:66: vms[1].ram_mb: 524289 is greater than 524288" },
	{ "disk out of range", NULL, NULL, VM(", disk_gb: 0") VM_B(", disk_gb: 131073"),
	  "7:67: vms[0].disk_gb: 0 is less than 1\n"
	  "8:67: vms[1].disk_gb: 131073 is greater than 131072" },
	{ "VMIDs out of range", NULL, NULL, VM(", vmid: 99") VM_B(", vmid: 1000000000"),
	  "7:64: vms[0].vmid: 99 is less than 100\n"
	  "8:64: vms[1].vmid: 1000000000 is greater than 999999999" },
	{ "a VMID twice", NULL, NULL, VM(", vmid: 200") VM_B(", vmid: 200"),
	  "8:64: vms[1].vmid: 200 is already at vm7.yaml:7" },
	{ "a template out of range", NULL, NULL,
	  "  - {name: a, type: vm, network: lan, template_id: 42}\n",
	  "7:52: vms[0].template_id: 42 is less than 100" },
	{ "balloon above the memory", NULL, NULL, VM(", ram_mb: 1024, balloon: 1025"),
	  "7:81: vms[0].balloon: 1025 is more than ram_mb (1024)" },
	{ "what only a container has", NULL, NULL,
	  VM(", swap_mb: 1, unprivileged: true, features: {nesting: true}"),
	  "7:67: vms[0].swap_mb: only a container has this\n"
	  "7:84: vms[0].unprivileged: only a container has this\n"
	  "7:110: vms[0].features.nesting: only a container has this" },
	{ "what only a VM has", NULL, NULL,
	  CT(", sockets: 1, agent: true, cpu_type: host, balloon: 0"),
	  "7:115: vms[0].sockets: only a VM has this\n"
	  "7:125: vms[0].agent: only a VM has this\n"
	  "7:141: vms[0].cpu_type: only a VM has this\n"
	  "7:156: vms[0].balloon: only a VM has this" },
	{ "a container has no user", NULL, NULL, CT(", access: {user: me}"),
	  "7:121: vms[0].access.user: only a VM has this" },
	{ "a CPU type with flags", NULL, NULL, VM(", cpu_type: \"host,flags=+aes\""),
	  "7:68: vms[0].cpu_type: expected a CPU type alone, such as host or "
	  "x86-64-v2-AES" },
	{ "a storage with a comma", NULL, NULL, VM(", datastore: \"a,ssd=1\""),
	  "7:69: vms[0].datastore: a storage's name is letters, digits, '_', '.' and "
	  "'-'; it begins with a letter and ends in a letter or digit" },
	{ "tags", NULL, NULL, VM(", tags: [\"we b\", \"a;b\", \"\", ok, vm7-released]"),
	  "7:65: vms[0].tags[0]: a tag is letters, digits, '_', '-', '+' and '.', and "
	  "begins with a letter, a digit or '_'\n"
	  "7:73: vms[0].tags[1]: a tag is letters, digits, '_', '-', '+' and '.', and "
	  "begins with a letter, a digit or '_'\n"
	  "7:80: vms[0].tags[2]: is empty\n"
	  "7:88: vms[0].tags[4]: vm7-released is set by vm7 itself" },
	{ "an env that is no tag", NULL, NULL, VM(", env: \"a b\""),
	  "7:63: vms[0].env: becomes the tag env-...: letters, digits, '_', '-', '+' and "
	  "'.'" },
	{ "DNS servers", NULL, NULL, VM(", dns: [10.0.0.300, \"10.0.0.1 10.0.0.2\"]"),
	  "7:64: vms[0].dns[0]: '10.0.0.300' is not an IP address\n"
	  "7:76: vms[0].dns[1]: '10.0.0.1 10.0.0.2' is not an IP address" },
	{ "a domain", NULL, NULL, VM(", domain: \"a b\""),
	  "7:66: vms[0].domain: expected a DNS name, such as example.lan" },
	{ "startup", NULL, NULL, VM(", startup: {order: -1, up: 2d, wait: 1}"),
	  "7:75: vms[0].startup.order: -1 is less than 0\n"
	  "7:83: vms[0].startup.up: 2d is too long\n"
	  "7:87: vms[0].startup.wait: unknown key" },
	{ "power", NULL, NULL, VM(", power: off"),
	  "7:65: vms[0].power: expected running, stopped or observe, not off" },
	{ "a guest that is adopted needs next to nothing", NULL, NULL,
	  "  - {name: DC01, type: vm, adopt: 100}\n"
	  "  - {name: a.b, type: lxc, adopt: 101, network: lan}\n",
	  NULL },
	{ "but a name that Proxmox allows, and a VMID once", NULL, NULL,
	  "  - {name: a_b, type: vm, adopt: 100, vmid: 100}\n"
	  "  - {name: b, type: vm, adopt: 100}\n"
	  "  - {name: c, type: vm, adopt: 99}\n",
	  "7:12: vms[0].name: expected a DNS name, as Proxmox has it: DC01 or a.b\n"
	  "7:45: vms[0].vmid: not together with adopt, which says its VMID\n"
	  "8:32: vms[1].adopt: 100 is already at vm7.yaml:7\n"
	  "9:32: vms[2].adopt: 99 is less than 100" },
	{ "an old name that has an entry", NULL, NULL, VM(", renamed_from: b") VM_B(""),
	  "7:72: vms[0].renamed_from: b still has an entry of its own, at vm7.yaml:8" },
	{ "an old name that two ask for", NULL, NULL,
	  VM(", renamed_from: x") VM_B(", renamed_from: x"),
	  "8:72: vms[1].renamed_from: x is the old name of the guest at vm7.yaml:7" },
	{ "H-44 a guest to depend on that is nowhere", NULL, NULL,
	  VM(", depends_on: [ab]") VM_B(", depends_on: [zzzzzzzzzz]"),
	  "7:71: vms[0].depends_on[0]: there is no guest ab; did you mean a?\n"
	  "8:71: vms[1].depends_on[0]: there is no guest zzzzzzzzzz" },
	{ "the same in a preset, told once", NULL, "presets: {p: {depends_on: [xyz]}}\n",
	  VM(", preset: p") VM_B(", preset: p"),
	  "6:28: presets.p.depends_on[0]: there is no guest xyz" },
	{ "H-41 guests that wait for each other", NULL, NULL,
	  VM(", depends_on: [b]") VM_B(", depends_on: [a]"),
	  "8:71: vms[1].depends_on: goes round in a circle: a -> b -> a" },
	{ "H-41 a guest that waits for itself", NULL, NULL, VM(", depends_on: [a]"),
	  "7:71: vms[0].depends_on: goes round in a circle: a -> a" },
	{ "what everybody depends on would depend on itself",
	  "  defaults: {depends_on: [a]}\n", NULL, VM(""),
	  "5:14: globals.defaults.depends_on: belongs in an entry of vms or a preset, "
	  "not here" },
	{ "ready", NULL, NULL,
	  VM(", ready: {when: up, timeout: 0s}") VM_B(", ready: {timeout: 1m}")
		  CT(", ready: {when: agent}"),
	  "7:72: vms[0].ready.when: expected running, agent or ssh, not up\n"
	  "7:85: vms[0].ready.timeout: 0s is too short\n"
	  "8:65: vms[1].ready: when is missing: running, agent or ssh\n"
	  "9:120: vms[2].ready.when: only a VM has an agent" },
	{ "G-16 snapshots", NULL, NULL,
	  VM(", snapshot_before: {when: replace, keep: 0}")
		  VM_B(", snapshot_before: {keep: 2}"),
	  "7:82: vms[0].snapshot_before.when: expected update, not replace\n"
	  "7:97: vms[0].snapshot_before.keep: 0 is less than 1\n"
	  "8:75: vms[1].snapshot_before: when is missing: update" },
	{ "an agent that is not there answers nobody", NULL, NULL,
	  VM(", agent: false, ready: {when: agent}"),
	  "7:86: vms[0].ready.when: not together with agent: false" },
	{ "SSH without a leased address", NULL, "networks: [{name: lan, dhcp: true}]\n",
	  VM(", ready: {when: ssh}"),
	  "7:72: vms[0].ready.when: it has no leased address to ask at: none of "
	  "its "
	  "networks has a pool" },
	{ "disks of a machine", NULL, NULL,
	  VM(", disks: [{slot: scsi31, size_gb: 1}, {slot: ide1, size_gb: 0}, {slot: "
	     "virtio0, size_gb: 1, ssd: true}, {slot: sata0, size_gb: 1, iothread: "
	     "false}, {slot: virtio0, size_gb: 1, storage: \"a,b\", cache: none}, {}, "
	     "x]"),
	  "7:73: vms[0].disks[0].slot: a disk's slot is scsi0 to scsi30, virtio0 to "
	  "virtio15 or sata0 to sata5\n"
	  "7:101: vms[0].disks[1].slot: a disk's slot is scsi0 to scsi30, virtio0 to "
	  "virtio15 or sata0 to sata5\n"
	  "7:116: vms[0].disks[1].size_gb: 0 is less than 1\n"
	  "7:153: vms[0].disks[2].ssd: a virtio disk cannot be shown as an SSD: use "
	  "scsi\n"
	  "7:196: vms[0].disks[3].iothread: a sata disk has no I/O thread: use scsi or "
	  "virtio\n"
	  "7:211: vms[0].disks[4].slot: virtio0 is already in the list\n"
	  "7:241: vms[0].disks[4].storage: a storage's name is letters, digits, '_', '.' "
	  "and '-'; it begins with a letter and ends in a letter or digit\n"
	  "7:248: vms[0].disks[4].cache: unknown key\n"
	  "7:262: vms[0].disks[5]: slot is missing\n"
	  "7:262: vms[0].disks[5]: size_gb is missing\n"
	  "7:266: vms[0].disks[6]: expected a mapping (key: value), not x" },
	{ "mounts of a container", NULL, NULL,
	  CT(", mounts: [{slot: mp256, path: /a}, {slot: mp01, path: a, size_gb: 1}, "
	     "{slot: mp1, path: \"/a,b\", host: /srv/../etc}, {slot: mp1, path: /a, "
	     "host: "
	     "/srv, size_gb: 1, storage: b1, backup: true}, {slot: mp3, path: /b/, "
	     "size_gb: 1}, {slot: mp4, path: /a, host: /x}]"),
	  "7:122: vms[0].mounts[0].slot: a mount's slot is mp0 to mp255\n"
	  "7:122: vms[0].mounts[0]: size_gb is missing for a volume, or host for a "
	  "folder of the node\n"
	  "7:147: vms[0].mounts[1].slot: a mount's slot is mp0 to mp255\n"
	  "7:159: vms[0].mounts[1].path: expected a whole path such as /srv/data, "
	  "without ',', '.', '..' or a '/' at the end\n"
	  "7:193: vms[0].mounts[2].path: expected a whole path such as /srv/data, "
	  "without ',', '.', '..' or a '/' at the end\n"
	  "7:207: vms[0].mounts[2].host: expected a whole path such as /srv/data, "
	  "without ',', '.', '..' or a '/' at the end\n"
	  "7:228: vms[0].mounts[3].slot: mp1 is already in the list\n"
	  "7:239: vms[0].mounts[3].path: /a is already in the list\n"
	  "7:264: vms[0].mounts[3].size_gb: not together with host: a folder of the node "
	  "is no volume\n"
	  "7:276: vms[0].mounts[3].storage: not together with host: a folder of the node "
	  "is no volume\n"
	  "7:288: vms[0].mounts[3].backup: not together with host: a folder of the node "
	  "is no volume\n"
	  "7:313: vms[0].mounts[4].path: expected a whole path such as /srv/data, "
	  "without ',', '.', '..' or a '/' at the end\n"
	  "7:349: vms[0].mounts[5].path: /a is already in the list" },
	{ "devices of a container", NULL, NULL,
	  CT(", devices: [{slot: dev0, path: /etc/passwd, mode: 0660}, {slot: dev0, "
	     "path: "
	     "/dev/a, mode: \"1660\", uid: -1}, {slot: mp0, path: /dev/../etc/x}]"),
	  "7:135: vms[0].devices[0].path: expected a device of the node, such as "
	  "/dev/dri/renderD128\n"
	  "7:154: vms[0].devices[0].mode: expected a text, not 0660: write \"0660\"\n"
	  "7:168: vms[0].devices[1].slot: dev0 is already in the list\n"
	  "7:194: vms[0].devices[1].mode: expected four octal digits that begin with 0, "
	  "such as \"0660\"\n"
	  "7:207: vms[0].devices[1].uid: -1 is less than 0\n"
	  "7:219: vms[0].devices[2].slot: a device's slot is dev0 to dev255\n"
	  "7:230: vms[0].devices[2].path: expected a device of the node, such as "
	  "/dev/dri/renderD128" },
	{ "slots of the other kind of guest", NULL, NULL,
	  VM(", mounts: [], devices: [], features: {mount: [nfs]}") CT(", disks: []"),
	  "7:66: vms[0].mounts: only a container has this\n"
	  "7:79: vms[0].devices: only a container has this\n"
	  "7:101: vms[0].features.mount: only a container has this\n"
	  "8:113: vms[1].disks: only a VM has this" },
	{ "features", NULL, NULL,
	  CT(", features: {keyctl: 1, mount: [\"nfs;cifs\", ext4], nested: true}"),
	  "7:125: vms[0].features.keyctl: expected true or false, not 1: write true\n"
	  "7:136: vms[0].features.mount[0]: expected a type of file system, such as nfs "
	  "or cifs\n"
	  "7:155: vms[0].features.nested: unknown key; did you mean nesting?" },
	{ "a disk has nowhere to be", NULL, "networks: [{name: lan}]\n",
	  VM(", clone: linked, disks: [{slot: scsi1, size_gb: 1}, {slot: scsi2, size_gb: "
	     "1, storage: big}]"),
	  "7:88: vms[0].disks[0]: storage is missing: the guest has no datastore of its "
	  "own" },
	{ "a key of another place", NULL, NULL, VM(", vmid_base: 100"),
	  "7:58: vms[0].vmid_base: belongs in globals.defaults, not here" },
	{ "a preset in a preset", NULL,
	  "presets:\n"
	  "  p: {preset: q, name: b, vmid: 100}\n",
	  VM(""),
	  "7:7: presets.p.preset: belongs in an entry of vms or globals.defaults, not "
	  "here\n"
	  "7:18: presets.p.name: belongs in an entry of vms, not here\n"
	  "7:27: presets.p.vmid: belongs in an entry of vms, not here" },
	{ "misspelt keys", NULL, NULL, VM(", ram_gb: 4, tag: [x], acess: {}"),
	  "7:58: vms[0].ram_gb: unknown key; did you mean ram_mb?\n"
	  "7:69: vms[0].tag: unknown key; did you mean tags?\n"
	  "7:79: vms[0].acess: unknown key; did you mean access?" },
	{ "networks, presets, nodes that are nowhere",
	  "  nodes: {pve01: {}, pve02: {datastore: fast}}\n",
	  "presets:\n"
	  "  small: {cpu: 1}\n",
	  "  - {name: a, type: vm, network: lam, template_id: 9000, preset: smal, node: "
	  "pve03}\n",
	  "10:34: vms[0].network: there is no network lam; did you mean lan?\n"
	  "10:66: vms[0].preset: there is no preset smal; did you mean small?\n"
	  "10:78: vms[0].node: there is no node pve03; did you mean pve01?" },
	{ "what a preset refers to is told once",
	  "  nodes: {pve01: {}, pve02: {datastore: fast}}\n",
	  "presets:\n"
	  "  p: {network: wan, node: nope, template_id: {pve09: 9000}}\n",
	  VM(", preset: p") VM_B(", preset: p"),
	  "8:16: presets.p.network: there is no network wan; did you mean lan?\n"
	  "8:27: presets.p.node: there is no node nope\n"
	  "8:46: presets.p.template_id: there is no node pve09; did you mean pve01?" },
	{ "what defaults refer to",
	  "  nodes: {pve01: {}, pve02: {datastore: fast}}\n"
	  "  defaults: {network: wan, preset: nope, node: nope}\n",
	  NULL, VM(", node: pve01"),
	  "6:23: globals.defaults.network: there is no network wan; did you mean lan?\n"
	  "6:36: globals.defaults.preset: there is no preset nope\n"
	  "6:48: globals.defaults.node: there is no node nope" },
	{ "a template for other nodes",
	  "  nodes: {pve01: {}, pve02: {datastore: fast}}\n", NULL,
	  "  - {name: a, type: vm, network: lan, template_id: {pve02: 9000}}\n",
	  "8:52: vms[0].template_id: has no template for node pve01" },
	{ "a network name twice", NULL,
	  "networks: [{name: lan, pool: mgmt}, {name: lan}]\n", VM(""),
	  "5:44: networks[1].name: lan is already at vm7.yaml:5" },
	{ "pools", NULL,
	  "networks: [{name: lan, pool: mgnt}, {name: b, pool: mgmt, dhcp: true}]\n",
	  VM(""),
	  "5:30: networks[0].pool: there is no pool mgnt; did you mean mgmt?\n"
	  "5:65: networks[1].dhcp: not together with pool: an address comes from one of "
	  "them" },
	{ "cards", NULL,
	  "networks: [{name: lan, bridge: \"vmbr0,tag=1\", vlan: 0, mtu: 575}, {name: b, "
	  "vlan: 4095, mtu: 65521, rate: 0, vnet: x}]\n",
	  VM(""),
	  "5:32: networks[0].bridge: a bridge is 1 to 15 letters, digits, '_', '.' and "
	  "'-'\n"
	  "5:53: networks[0].vlan: 0 is less than 1\n"
	  "5:61: networks[0].mtu: 575 is less than 576 (1 stands for the bridge's own)\n"
	  "5:83: networks[1].vlan: 4095 is greater than 4094\n"
	  "5:94: networks[1].mtu: 65521 is greater than 65520\n"
	  "5:107: networks[1].rate: 0 is less than 1\n"
	  "5:110: networks[1].vnet: not supported yet" },
	{ "a network without a name", NULL, "networks: [{pool: mgmt}, {name: lan}]\n",
	  VM(""), "5:12: networks[0]: name is missing" },
	{ "networks that are no mappings", NULL, "networks: [lan, {name: lan}]\n", VM(""),
	  "5:12: networks[0]: expected a mapping (key: value), not lan" },
	{ "a preset name", NULL, "presets: {\"a b\": {}}\n", VM(""),
	  "6:11: presets.a b: a name is 1 to 63 letters, digits, '_', '.' and '-', and "
	  "begins with a letter or digit" },
	{ "a guest that is no mapping", NULL, NULL, "  - web-01\n",
	  "7:5: vms[0]: expected a mapping (key: value), not web-01" },
	{ "an ssh key that is none", NULL, NULL,
	  VM(", access: {ssh_public_key: \"AAAA\"}")
		  VM_B(", access: {ssh_public_keys: [ssh-rsa, \"ssh-ed25519 A*A*\"]}"),
	  "7:83: vms[0].access.ssh_public_key: expected a public key line, such as "
	  "ssh-ed25519 AAAA... comment\n"
	  "8:85: vms[1].access.ssh_public_keys[0]: expected a public key line, such as "
	  "ssh-ed25519 AAAA... comment\n"
	  "8:94: vms[1].access.ssh_public_keys[1]: the part after the key's type is no "
	  "base64" },
	{ "a private key", NULL, NULL,
	  VM(", access: {ssh_public_key: \"-----BEGIN OPENSSH PRIVATE KEY-----\"}"),
	  "7:83: vms[0].access.ssh_public_key: this is a private key: whoever reads the "
	  "repository has it now. Make a new pair, and give the line of its .pub file" },
	{ "a user", NULL, NULL, VM(", access: {user: \"Root User\"}"),
	  "7:73: vms[0].access.user: a user is 1 to 32 lower-case letters, digits, '_', "
	  "'.' and '-', and begins with a letter or '_'" },
	{ "passwords in clear", NULL, NULL, VM(", access: {temp_password: hunter2}"),
	  "7:67: vms[0].access.temp_password: expected {secret: NAME}, a name that the "
	  "host's own configuration resolves" },
	{ "access that comes later", NULL, NULL,
	  VM(", access: {ssh_password_auth: true, sudo: none, packages: [vim], timezone: "
	     "UTC}"),
	  "7:86: vms[0].access.ssh_password_auth: true: not supported yet\n"
	  "7:92: vms[0].access.sudo: not supported yet\n"
	  "7:104: vms[0].access.packages: not supported yet\n"
	  "7:121: vms[0].access.timezone: not supported yet" },
	{ "sections of globals",
	  "  removal: {policy: delete, grace: 3 weeks, backup: a b}\n"
	  "  guard: {max_destroy: -1, max_replace: x, max_percent: 101}\n"
	  "  reconcile: {on_error: retry, parallel: 0, drift: ignore}\n",
	  NULL, VM(""),
	  "5:21: globals.removal.policy: expected stop, keep or destroy, not delete\n"
	  "5:36: globals.removal.grace: expected a duration such as 30s, 5m, 72h or 7d, "
	  "not 3 weeks\n"
	  "5:53: globals.removal.backup: a storage's name is letters, digits, '_', '.' "
	  "and '-'; it begins with a letter and ends in a letter or digit\n"
	  "6:24: globals.guard.max_destroy: -1 is less than 0\n"
	  "6:41: globals.guard.max_replace: expected a whole number, not x\n"
	  "6:57: globals.guard.max_percent: 101 is greater than 100\n"
	  "7:25: globals.reconcile.on_error: expected stop, continue or rollback, not "
	  "retry\n"
	  "7:42: globals.reconcile.parallel: 0 is less than 1\n"
	  "7:52: globals.reconcile.drift: expected repair or report, not ignore" },
	{ "ipam",
	  "  ipam: {pools_file: /etc/passwd, leases_file: \"../x\", branch: \"a..b\", "
	  "probe: ping}\n",
	  "networks: [{name: lan}]\n", VM(""),
	  "5:22: globals.ipam.pools_file: expected a path in the repository, without '/' "
	  "in front\n"
	  "5:48: globals.ipam.leases_file: '..' leads out of the repository\n"
	  "5:64: globals.ipam.branch: expected the name of a branch, such as vm7-state" },

	{ "another probe", "  ipam: {probe: arp}\n", NULL, VM(""),
	  "5:17: globals.ipam.probe: expected none or ping, not arp" },
	{ "VMID ranges", "  defaults: {vmid_range: 20000-10000}\n", NULL, VM(""),
	  "5:26: globals.defaults.vmid_range: expected two VMIDs from 100 to 999999999, "
	  "the lower one first, such as 10000-19999" },
	{ "two VMID ranges", "  defaults: {vmid_range: 10000-20000, vmid_base: 30000}\n",
	  NULL, VM(""),
	  "5:26: globals.defaults.vmid_range: not together with vmid_base" },
	{ "defaults that belong to one guest", "  defaults: {name: x, vmid: 100}\n", NULL,
	  VM(""),
	  "5:14: globals.defaults.name: belongs in an entry of vms, not here\n"
	  "5:23: globals.defaults.vmid: belongs in an entry of vms, not here" },
	{ "unknown keys of globals",
	  "  colour: red\n"
	  "  acess: {}\n",
	  "machines: []\n", VM(""),
	  "5:3: globals.colour: unknown key\n"
	  "6:3: globals.acess: unknown key; did you mean access?\n"
	  "8:1: machines: unknown key" },
};

static const struct whole {
	const char *name, *text, *mistakes;
} wholes[] = {
	{ "another version",
	  "version: 2\n"
	  "globals: {proxmox: {endpoint: \"https://a\", token_secret: {secret: t}}}\n"
	  "vms: []\n",
	  "1:10: version: expected 1, not 2" },
	{ "nothing", "# nothing\n",
	  "1:1: the file is empty: expected version, globals and vms" },
	{ "a list", "- a\n", "1:1: expected a mapping (key: value), not a list" },
	{ "nothing but a version", "version: 1\n",
	  "1:1: globals is missing\n"
	  "1:1: vms is missing" },
	{ "nothing where lists are",
	  "version: 1\n"
	  "globals: {proxmox: {endpoint: \"https://a\", token_secret: {secret: t}}}\n"
	  "networks:\n"
	  "presets:\n"
	  "vms:\n",
	  "3:10: networks: expected a list, not nothing; for none write []\n"
	  "4:9: presets: expected a mapping (key: value), not nothing; for none write "
	  "{}\n"
	  "5:5: vms: expected a list, not nothing; for none write []" },
	{ "no cluster",
	  "version: 1\n"
	  "globals: {}\n"
	  "vms: []\n",
	  "2:10: globals: proxmox is missing" },
	{ "no way in",
	  "version: 1\n"
	  "globals: {proxmox: {endpoint: \"https://a\", token_secret: {secret: t}, node: "
	  "n}}\n"
	  "networks: [{name: lan}]\n"
	  "vms:\n"
	  "  - {name: a, type: vm, network: lan, template_id: 9000}\n"
	  "  - {name: b, type: vm, network: lan, template_id: 9000}\n",
	  "5:12: vms[0].access: user is missing, here and in globals.access\n"
	  "5:12: vms[0].access: ssh_public_key is missing, here and in globals.access: "
	  "nobody could log in" },
	{ "a user and no key",
	  "version: 1\n"
	  "globals:\n"
	  "  proxmox: {endpoint: \"https://a\", token_secret: {secret: t}, node: n}\n"
	  "  access: {user: u}\n"
	  "networks: [{name: lan}]\n"
	  "vms:\n"
	  "  - {name: a, type: vm, network: lan, template_id: 9000}\n",
	  "7:12: vms[0].access: ssh_public_key is missing, here and in globals.access: "
	  "nobody could log in" },
	{ "a key and no user",
	  "version: 1\n"
	  "globals:\n"
	  "  proxmox: {endpoint: \"https://a\", token_secret: {secret: t}, node: n}\n"
	  "  access: {ssh_public_key: ssh-rsa AAAA}\n"
	  "networks: [{name: lan}]\n"
	  "vms:\n"
	  "  - {name: a, type: vm, network: lan, template_id: 9000}\n",
	  "7:12: vms[0].access: user is missing, here and in globals.access" },
	{ "no node anywhere",
	  "version: 1\n"
	  "globals:\n"
	  "  proxmox: {endpoint: \"https://a\", token_secret: {secret: t}}\n"
	  "  access: {user: u, ssh_public_key: ssh-rsa AAAA}\n"
	  "networks: [{name: lan}]\n"
	  "vms:\n"
	  "  - {name: a, type: vm, network: lan, template_id: 9000}\n",
	  "7:12: vms[0]: node is missing, here and in globals.proxmox" },
	{ "several nodes and none named",
	  "version: 1\n"
	  "globals:\n"
	  "  proxmox: {endpoint: \"https://a\", token_secret: {secret: t}}\n"
	  "  nodes: {n1: {}, n2: {}}\n"
	  "  access: {user: u, ssh_public_key: ssh-rsa AAAA}\n"
	  "networks: [{name: lan}]\n"
	  "vms:\n"
	  "  - {name: a, type: vm, network: lan, template_id: 9000}\n",
	  "8:12: vms[0]: node is missing: there are several, and none is named here or "
	  "in globals.proxmox" },
	{ "the cluster",
	  "version: 1\n"
	  "globals:\n"
	  "  nodes: {n1: {}, \"n,2\": {datastore: \"-\"}, n3: {x: 1}}\n"
	  "  proxmox:\n"
	  "    endpoint: [http://a, \"https://u:p@a\", \"https://a/api\", "
	  "\"https://a:0\", \"https://a:99999\", \"https://\", \"https://[fe80::1\", "
	  "\"https://[::1]:8006\", https://10.0.0.1:8006]\n"
	  "    username: root\n"
	  "    token_name: root@pam!vm7\n"
	  "    token_secret: abc\n"
	  "    node: auto\n"
	  "    datastore: \"a,b\"\n"
	  "    resource_pool: \"a//b\"\n"
	  "    privileged: {}\n"
	  "    tls: {fingerprint: \"AB:CD\", ca_file: \"/etc/ca.pem\", insecure: true}\n"
	  "vms: []\n",
	  "3:19: globals.nodes.n,2: a node's name is letters, digits and '-'\n"
	  "3:38: globals.nodes.n,2.datastore: a storage's name is letters, digits, '_', "
	  "'.' and '-'; it begins with a letter and ends in a letter or digit\n"
	  "3:49: globals.nodes.n3.x: unknown key\n"
	  "5:16: globals.proxmox.endpoint[0]: expected https://host:8006\n"
	  "5:26: globals.proxmox.endpoint[1]: no user or password in the address: "
	  "username, token_name and token_secret have keys of their own\n"
	  "5:43: globals.proxmox.endpoint[2]: expected https://host:8006 with nothing "
	  "after it\n"
	  "5:60: globals.proxmox.endpoint[3]: the port is a number from 1 to 65535\n"
	  "5:75: globals.proxmox.endpoint[4]: the port is a number from 1 to 65535\n"
	  "5:94: globals.proxmox.endpoint[5]: the host is a DNS name, an address or [an "
	  "IPv6 address]\n"
	  "5:106: globals.proxmox.endpoint[6]: the host is a DNS name, an address or [an "
	  "IPv6 address]\n"
	  "6:15: globals.proxmox.username: expected user@realm, such as vm7@pve\n"
	  "7:17: globals.proxmox.token_name: expected the name of the token alone, "
	  "without user@realm!\n"
	  "10:16: globals.proxmox.datastore: a storage's name is letters, digits, '_', "
	  "'.' and '-'; it begins with a letter and ends in a letter or digit\n"
	  "11:20: globals.proxmox.resource_pool: a resource pool is letters, digits, "
	  "'_', '.' and '-', up to three levels with '/' between\n"
	  "12:17: globals.proxmox.privileged: username is missing\n"
	  "12:17: globals.proxmox.privileged: password is missing\n"
	  "13:24: globals.proxmox.tls.fingerprint: expected a SHA-256 fingerprint: 32 "
	  "bytes in hexadecimal with ':' between\n"
	  "13:42: globals.proxmox.tls.ca_file: expected a path in the repository, "
	  "without '/' in front\n"
	  "13:67: globals.proxmox.tls.insecure: not together with fingerprint: either it "
	  "is checked or it is not" },
	{ "includes",
	  "version: 1\n"
	  "globals: {proxmox: {endpoint: \"https://a\", token_secret: {secret: t}}}\n"
	  "include: [/etc/passwd, \"../x.yaml\", \"a//b\", \"a\\\\b\", \"[\", "
	  "\"guests/*.yaml\"]\n"
	  "vms: []\n",
	  "3:11: include[0]: expected a path in the repository, without '/' in front\n"
	  "3:24: include[1]: '..' leads out of the repository\n"
	  "3:37: include[2]: a folder without a name in the path\n"
	  "3:45: include[3]: folders are parted by '/', not by '\\'\n"
	  "3:53: include[4]: '[' without ']'\n"
	  "3:58: include: guests/*.yaml matches no file" },
};

static void tells(void **state)
{
	const struct manifest_row *row = *state;
	struct made made = { .arena = arena_create() };

	make(&made, text_of(made.arena, row), NULL, 0);
	assert_mistakes(&made.diags, row->mistakes);
	arena_destroy(made.arena);
}

static void tells_of_whole(void **state)
{
	const struct whole *row = *state;
	struct made made = { 0 };

	make(&made, row->text, NULL, 0);
	assert_mistakes(&made.diags, row->mistakes);
	arena_destroy(made.arena);
}

int main(void)
{
	add_rows(tells, rows);
	add_rows(tells_of_whole, wholes);
	return run_all_tests("mistakes");
}
