"""adopt: guests that somebody else made, printed as entries to be committed."""

import json

from house import Case, main
from sample import container, guest
from sim import AUDITOR, fault

NETWORKS = [
    {"name": "mgmt", "pool": "mgmt", "bridge": "vmbr0"},
    {"name": "services", "pool": "services", "bridge": "vmbr0", "vlan": 20},
    {"name": "outside", "dhcp": True, "bridge": "vmbr0"},
    {"name": "loose", "bridge": "vmbr0", "vlan": 30},
]
IMAGE = "local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"


class Adopt(Case):
    def world(self, vms=(), **options):
        site = self.site(vms, networks=options.pop("networks", NETWORKS), **options)
        self.env["VM7_SECRET_PVE_TOKEN"] = f"{AUDITOR}={site.sim.tokens[AUDITOR]}"
        return site

    def vm(self, site, vmid, **more):
        params = {"vmid": vmid, "name": f"vm-{vmid}", "memory": 2048, "cores": 2,
                  "net0": "virtio,bridge=vmbr0", "scsi0": "local-lvm:8", **more}
        site.sim.do("POST", "/nodes/pve01/qemu",
                    **{key: value for key, value in params.items() if value is not None})

    def ct(self, site, vmid, **more):
        params = {"vmid": vmid, "hostname": f"ct-{vmid}", "memory": 1024, "ostemplate": IMAGE,
                  "rootfs": "local-lvm:4", "net0": "name=eth0,bridge=vmbr0,ip=dhcp", **more}
        site.sim.do("POST", "/nodes/pve02/lxc",
                    **{key: value for key, value in params.items() if value is not None})

    def entries(self, site, *args, code=0):
        run = self.ends(site.vm7("--json", "adopt", *args), code)
        told = json.loads(run.out)
        self.assertEqual(told["schema"], 1)
        return {vm["entry"]["adopt"]: vm for vm in told["vms"]}, told

    def test_entry(self):
        """adopt VMID prints a VM as it is, by a token that can only look, and asks for nothing"""
        site = self.world()
        self.vm(site, 120, name="DC01", sockets=2, cpu="host", balloon=1024,
                agent="1,fstrim_cloned_disks=1", onboot=1, startup="order=2,up=30", tags="windows;Prod", protection=1,
                ipconfig0="ip=192.168.10.9/24,gw=192.168.10.1")
        mark = len(site.sim.log(everyone=True))
        run = self.ends(site.vm7("adopt", "120"), 0)
        self.assertEqual(run.out, """\
vms:
  - name: DC01
    type: vm
    adopt: 120
    network: mgmt
    cpu: 2
    sockets: 2
    cpu_type: host
    ram_mb: 2048
    balloon: 1024
    disk_gb: 8
    datastore: local-lvm
    tags: [prod, windows]
    onboot: true
    startup: {order: 2, up: 30}
    protection: true
    agent: true
    drift: report
    power: stopped
""")
        asked = site.sim.log(everyone=True)[mark:]
        self.assertEqual({request["method"] for request in asked}, {"GET"})
        self.assertIsNone(site.lease_file())
        site.sim.do("POST", "/nodes/pve01/qemu/120/status/start")
        entry = self.entries(site, "120")[0][120]["entry"]
        self.assertEqual(entry["power"], "running")

    def test_container(self):
        """adopt prints a container as it is, privileged or not, on its node"""
        site = self.world()
        self.ct(site, 130, features="nesting=1", unprivileged=1, swap=256, cores=3)
        self.ct(site, 131, hostname="a.b", unprivileged=0, memory=256)
        found, _ = self.entries(site, "130", "131")
        self.assertEqual(found[130]["entry"], {
            "name": "ct-130", "type": "lxc", "adopt": 130, "network": "outside", "cpu": 3,
            "ram_mb": 1024, "swap_mb": 256, "disk_gb": 4, "datastore": "local-lvm",
            "node": "pve02", "onboot": False, "protection": False, "unprivileged": True,
            "features": {"nesting": True}, "drift": "report", "power": "stopped"})
        other = found[131]["entry"]
        self.assertEqual((other["name"], other["unprivileged"], "ram_mb" in other, "cpu" in other),
                         ("a.b", False, False, False))
        self.assertIn("ram_mb: it has 256 MiB, an entry 512 or more", found[131]["notes"])
        self.assertIn("cpu: it may use every core of its node", found[131]["notes"])

    def test_accepted(self):
        """adopt prints what vm7.yaml takes: with a template in adopt's place it is valid"""
        site = self.world()
        self.vm(site, 120, sockets=2, cpu="x86-64-v2-AES", balloon=0, agent="enabled=1",
                startup="down=60,order=1", tags="a;b-c", onboot=1)
        self.vm(site, 121, net0="virtio,bridge=vmbr0,tag=20", net1="virtio,bridge=vmbr0",
                memory=4096, startup="7")
        self.ct(site, 130, features="nesting=1", unprivileged=1, cores=1)
        run = self.ends(site.vm7("adopt", "--all"), 0)
        made = run.out.replace("    drift: report\n", "")
        made = made.replace("adopt: 130", f'image: "{IMAGE}"')
        for vmid in (120, 121):
            made = made.replace(f"adopt: {vmid}", "template_id: 9000")
        self.assertNotIn("adopt", made)
        site.person.write("adopted.yaml", made)
        site.person.write("vm7.yaml", site.manifest([], include=["adopted.yaml"]))
        self.ends(site.vm7("validate"), 0, "3 guests")
        self.assertIn("startup: {order: 7}", run.out)

    def test_networks(self):
        """adopt finds networks by bridge and VLAN, and says which one is to be declared"""
        site = self.world()
        self.vm(site, 120, net0="virtio,bridge=vmbr0,tag=20", net1="virtio,bridge=vmbr0",
                net2="virtio,bridge=vmbr0,tag=30", ipconfig0="ip=192.168.20.9/24",
                ipconfig1="ip=dhcp")
        self.vm(site, 121, net0="virtio,bridge=vmbr0,tag=99")
        self.vm(site, 122, net0="virtio,bridge=vmbr0,tag=20", net1="virtio,bridge=vmbr0,tag=20")
        self.vm(site, 123, ipconfig0="ip=10.0.0.9/24")
        self.vm(site, 124, net0=None)
        self.vm(site, 125, net0=None, net1="virtio,bridge=vmbr0")
        found, _ = self.entries(site, "--all")
        self.assertEqual(found[120]["entry"]["networks"], ["services", "outside", "loose"])
        self.assertEqual(found[120]["notes"], [])
        for vmid, words in ((121, "{name: ..., bridge: vmbr0, vlan: 99}"),
                            (122, "net1: no further network"), (124, "no network card"),
                            (125, "net1: there is no net0 before it")):
            with self.subTest(vmid):
                self.assertNotIn("network", found[vmid]["entry"])
                self.assertNotIn("networks", found[vmid]["entry"])
                self.assertIn(words, "\n".join(found[vmid]["notes"]))
        self.assertIn("net0: it has 10.0.0.9, which is not in pool mgmt",
                      "\n".join(found[123]["notes"]))
        self.assertIn("  # net0: no network of vm7.yaml",
                      self.ends(site.vm7("adopt", "121"), 0).out)

    def test_skipped(self):
        """adopt leaves out templates, leased guests, another vm7's and names that are taken"""
        site = self.world([guest("mine"), guest("taken")])
        token = self.env.pop("VM7_SECRET_PVE_TOKEN")
        self.env["VM7_SECRET_PVE_TOKEN"] = site.sim.secret
        site.apply()
        self.env["VM7_SECRET_PVE_TOKEN"] = token
        vmid = site.leases()["mine"]["vmid"]
        site.set_vms(guest("mine"), guest("taken"), guest("to-come"))
        self.vm(site, 220, name="to-come")
        self.vm(site, 221, name="twin")
        self.vm(site, 222, name="twin")
        self.vm(site, 223, description="A guest.\n\nvm7: 00000000-0000-4000-8000-000000000001/"
                "00000000-0000-5000-8000-000000000002, edit vm7.yaml in git@example:other.git")
        found, told = self.entries(site, "--all")
        self.assertEqual(list(found), [221])
        self.assertEqual({one["vmid"]: one["why"].split(":")[0] for one in told["skipped"]}, {
            220: "vm7.yaml has an entry to-come already",
            222: "another guest is called twin too",
            223: "it carries the line of another vm7, which looks after it for git@example",
            9000: "it is a template", 9001: "it is a template", 9100: "it is a template"})
        run = self.ends(site.vm7("adopt", "--all"), 0, "VMID 9000 debian-12 is left out",
                        "2 of them have a lease already")
        self.assertEqual(run.out.count("- name:"), 1)
        run = self.ends(site.vm7("adopt", str(vmid), "221"), 23, "it has a lease already")
        self.assertIn("adopt: 221", run.out)

    def test_chosen(self):
        """adopt takes VMIDs, a tag or all, and one of these"""
        site = self.world()
        self.vm(site, 120, tags="old;web")
        self.vm(site, 121, tags="new")
        self.assertEqual(list(self.entries(site, "--tag", "Web")[0]), [120])
        self.assertEqual(list(self.entries(site, "--all")[0]), [120, 121])
        self.assertEqual(self.ends(site.vm7("adopt", "--tag", "none"), 0).out, "vms: []\n")
        for words, said in ((["999"], "there is no guest 999"), (["x"], "no VMID"),
                            (["99"], "no VMID"), ([], "one of them"),
                            (["120", "--all"], "one of them"),
                            (["--list", "--tag", "web"], "one of them")):
            with self.subTest(" ".join(words)):
                self.ends(site.vm7("adopt", *words), 64, said)
        run = self.ends(site.vm7("--json", "adopt", "999"), 64)
        self.assertIn("999", json.loads(run.out)["error"])

    def test_no_name(self):
        """adopt makes up a name for a VM that has none, and says so"""
        site = self.world()
        self.vm(site, 120, name=None, scsi0=None)
        found, _ = self.entries(site, "120")
        self.assertEqual(found[120]["entry"]["name"], "vm-120")
        self.assertIn("VMID 120 has no name", found[120]["notes"][0])
        self.assertNotIn("disk_gb", found[120]["entry"])

    def test_list(self):
        """adopt --list shows the guests of the cluster that no lease covers"""
        site = self.world([container("mine")])
        token = self.env["VM7_SECRET_PVE_TOKEN"]
        self.env["VM7_SECRET_PVE_TOKEN"] = site.sim.secret
        site.apply()
        self.env["VM7_SECRET_PVE_TOKEN"] = token
        self.vm(site, 220)
        run = self.ends(site.vm7("--json", "adopt", "--list"), 0)
        guests = {one["vmid"]: one for one in json.loads(run.out)["guests"]}
        self.assertEqual(list(guests), [220, 9000, 9001, 9100])
        self.assertEqual(guests[220], {"vmid": 220, "type": "vm", "node": "pve01",
                                       "name": "vm-220", "power": "stopped", "template": False,
                                       "note": None})
        self.assertTrue(guests[9100]["template"])
        run = self.ends(site.vm7("adopt", "--list"), 0)
        self.assertIn("220       vm  stopped  pve01        vm-220\n", run.out)
        self.assertIn("debian-12: template\n", run.out)

    def test_unreadable(self):
        """adopt: a guest whose config cannot be read is left out, and why is said"""
        site = self.world()
        self.vm(site, 120)
        self.vm(site, 121)
        site.sim.set_faults(fault("GET", "/nodes/*/qemu/120/config",
                                  {"status": 500, "reason": "got timeout"}, times=-1))
        run = self.ends(site.vm7("adopt", "--all"), 0, "VMID 120 vm-120 is left out",
                        "cannot be read")
        self.assertEqual(run.out.count("adopt: "), 1)
        self.assertIn("cannot be read", self.ends(site.vm7("adopt", "--list"), 0).out)

    def test_other_cluster(self):
        """adopt: leases of another cluster are not compared with this one's guests"""
        leases = {"version": 1, "cluster": "elsewhere", "leases": {}}
        site = self.world(files={"ipam/leases.json": json.dumps(leases)})
        self.ends(site.vm7("adopt", "--list"), 23, "elsewhere", "this is lab")
        run = self.ends(site.vm7("--json", "adopt", "--list"), 23)
        self.assertIn("elsewhere", json.loads(run.out)["error"])


if __name__ == "__main__":
    main()
