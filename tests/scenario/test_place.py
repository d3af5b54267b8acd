"""Where guests are made: node: auto, spread, clones to another node, templates without a drive."""

import time

from house import Case, main
from sample import container, guest
from sim import default_world

GIB = 1 << 30


def shared(**more):
    """A guest whose template and disks every node sees."""
    return guest(**{"template_id": 9001, "datastore": "shared", "node": "auto", **more})


class Place(Case):
    def world(self, memory=(64, 64, 64), nodes=()):
        """The default one, its nodes with this much memory in GiB."""
        world = default_world()
        for node, gib in zip(world["nodes"], memory):
            node["memory"] = gib * GIB
        for name, change in dict(nodes).items():
            next(n for n in world["nodes"] if n["name"] == name).update(change)
        return world

    def template(self, world, vmid, node, storage="local-lvm", drive=True):
        """A copy of template 9000 on another node."""
        first = next(g for g in world["guests"] if g["vmid"] == 9000)
        config = {key: value.replace("9000", str(vmid)) if isinstance(value, str) else value
                  for key, value in first["config"].items()}
        world["volumes"].append({"volid": f"{storage}:base-{vmid}-disk-0", "node": node,
                                 "size": 3 * GIB})
        if drive:
            world["volumes"].append({"volid": f"{storage}:vm-{vmid}-cloudinit", "node": node,
                                     "size": 4 << 20})
        else:
            del config["ide2"]
        world["guests"].append({**first, "vmid": vmid, "node": node, "config": config})

    def nodes_of(self, site):
        """Where the leases say that guests are, and where they are."""
        leases = site.leases()
        where = site.sim.guests()
        for name, lease in leases.items():
            self.assertEqual(where[lease["vmid"]]["node"], lease["node"], name)
        return {name: lease["node"] for name, lease in leases.items()}

    def posts(self, site):
        return [r for r in site.sim.log() if r["method"] in ("POST", "PUT", "DELETE")]

    def test_auto(self):
        """node: auto goes to the most memory, says so, and is decided once"""
        site = self.site([shared(name="a", ram_mb=8192), shared(name="b"), shared(name="c")],
                         sim_options={"world": self.world((32, 64, 60))})
        plan = site.plan()
        self.ends(plan, 0, "VM 100 on pve02", "node pve02: auto: 56 GiB free")
        again = site.plan()
        self.assertEqual(plan.out, again.out)
        self.ends(site.apply(), 0)
        # 64, 60 and 32 GiB, an eighth in use: 56, 52 and 28
        self.assertEqual(self.nodes_of(site), {"a": "pve02", "b": "pve03", "c": "pve03"})
        # whatever is free now, nobody moves
        self.ends(site.plan("--detailed-exitcode"), 0, "Nothing to do")
        self.ends(site.apply(), 0, "3 as desired")
        self.assertEqual(self.nodes_of(site), {"a": "pve02", "b": "pve03", "c": "pve03"})

    def test_moved(self):
        """node: auto follows a guest that was moved: it is no drift"""
        site = self.site([shared(name="a")])
        self.ends(site.apply(), 0)
        vmid = site.leases()["a"]["vmid"]
        there = self.nodes_of(site)["a"]
        site.sim.do("POST", f"/nodes/{there}/qemu/{vmid}/migrate", target="pve03", online=1)
        self.ends(site.plan("--detailed-exitcode"), 0, "Nothing to do")

    def test_ha_move(self):
        """an HA move is not drift: nothing is said, nothing is done, changes go where it is"""
        site = self.site([shared(name="a", node="pve01"), shared(name="b", node="pve01")])
        self.ends(site.apply(), 0)
        vmids = {name: lease["vmid"] for name, lease in site.leases().items()}
        site.sim.post("/cluster/ha/resources", sid=f"vm:{vmids['a']}")
        for vmid in vmids.values():
            site.sim.do("POST", f"/nodes/pve01/qemu/{vmid}/migrate", target="pve03", online=1)
        deadline = time.monotonic() + 60
        while "/pve03/" not in site.sim.where(vmids["a"]) and time.monotonic() < deadline:
            time.sleep(0.1)
        run = self.ends(site.plan("--detailed-exitcode"), 0, "b  differs: it is on node pve03")
        self.assertNotIn("~ a", run.out)
        site.set_vms(shared(name="a", node="pve01", ram_mb=4096), shared(name="b", node="pve01"))
        mark = len(site.sim.writes())
        self.ends(site.apply(), 0)
        self.assertEqual([e["path"] for e in site.sim.writes()[mark:]],
                         [f"/nodes/pve03/qemu/{vmids['a']}/config"])

    def test_spread(self):
        """spread keeps a group on different nodes, whatever is free"""
        vms = [shared(name=name, spread="web") for name in ("a", "b", "c")]
        site = self.site(vms, sim_options={"world": self.world((64, 8, 8))})
        self.ends(site.plan(), 0, "0 of the group web there and 2 elsewhere")
        self.ends(site.apply(), 0)
        self.assertEqual(sorted(self.nodes_of(site).values()), ["pve01", "pve02", "pve03"])
        self.ends(site.plan("--detailed-exitcode"), 0, "Nothing to do")

    def test_not_chosen(self):
        """node: auto: what is offline or in maintenance is not chosen"""
        site = self.site([shared(name="a"), shared(name="b")], sim_options={"world": self.world(
            (16, 64, 64), {"pve02": {"maintenance": True}, "pve03": {"online": False}})})
        self.ends(site.apply(), 0)
        self.assertEqual(self.nodes_of(site), {"a": "pve01", "b": "pve01"})

    def test_full(self):
        """node: auto: all full is 20 with the reasons by node, before any request to change"""
        site = self.site([shared(name="a", ram_mb=16384)], sim_options={"world": self.world(
            (8, 12, 64), {"pve03": {"maintenance": True}})})
        for run in (site.plan(), site.apply(code=None)):
            self.ends(run, 20, "no node can take it: pve01: ", "pve02: 10 GiB of memory left, "
                      "it needs 16384 MiB", "pve03: in maintenance")
        self.assertEqual(self.posts(site), [])

    def test_map(self):
        """F-02 a map with both: the right template is used, also by node: auto"""
        world = self.world((16, 16, 64))
        self.template(world, 9002, "pve02")
        ids = {"pve01": 9000, "pve02": 9002}
        site = self.site([guest("a", node="pve02", template_id=ids),
                          guest("b", node="auto", template_id=ids)],
                         sim_options={"world": world})
        self.ends(site.apply(), 0)
        self.assertEqual(self.nodes_of(site), {"a": "pve02", "b": "pve01"})
        clones = [r["path"] for r in self.posts(site) if r["path"].endswith("/clone")]
        self.assertEqual(sorted(path.split("/")[-2] for path in clones), ["9000", "9002"])

    def test_unreachable(self):
        """F-02 a template on another node's own storage is 20 before any POST"""
        for name, vm in (("disks", guest("a", node="pve02", datastore="shared")),
                         ("copy", shared(name="a", node="pve02", datastore="local-lvm"))):
            with self.part(name):
                site = self.site([vm])
                for run in (site.plan(), site.apply(code=None)):
                    self.ends(run, 20, "cannot be cloned to pve02", "template_id: {pve02: VMID}")
                self.assertEqual(self.posts(site), [])

    def test_target(self):
        """F-02 shared disks are cloned to the guest's node, which is where it is finished"""
        site = self.site([shared(name="a", node="pve02", disk_gb=12),
                          container("c", node="pve03", datastore="shared", disk_gb=8,
                                    image=None, template_id=9100)])
        self.ends(site.apply(), 0)
        self.assertEqual(self.nodes_of(site), {"a": "pve02", "c": "pve03"})
        self.assertEqual({r["params"].get("target") for r in self.posts(site)
                          if r["path"].endswith("/clone")}, {"pve02", "pve03"})
        for lease in site.leases().values():
            self.assertEqual(site.sim.status(lease["vmid"]), "running")
        self.ends(site.plan("--detailed-exitcode"), 0, "Nothing to do")

    def test_archive(self):
        """node: auto: a container goes where its archive is"""
        world = self.world((16, 64, 32))
        world["volumes"][0]["nodes"] = ["pve01", "pve03"]
        site = self.site([container("c", node="auto")], sim_options={"world": world})
        self.ends(site.apply(), 0)
        self.assertEqual(self.nodes_of(site), {"c": "pve03"})

    def test_drive(self):
        """F-13 a template without a cloud-init drive: the clone is given one, and boots as before"""
        world = self.world()
        self.template(world, 9002, "pve01", drive=False)
        site = self.site([guest("a", template_id=9002)], sim_options={"world": world})
        self.ends(site.plan(), 0, "ide2 local-lvm:cloudinit", "no cloud-init drive")
        self.ends(site.apply(), 0)
        config = site.sim.config(site.leases()["a"]["vmid"])
        self.assertIn("cloudinit", config["ide2"])
        self.assertEqual(config["boot"], "order=scsi0")
        writes = [r for r in self.posts(site) if r["path"].endswith("/config")]
        self.assertEqual(len(writes), 1, writes)
        self.ends(site.plan("--detailed-exitcode"), 0, "Nothing to do")

    def test_no_template(self):
        """F-13 what is no template is refused"""
        world = self.world()
        self.template(world, 9002, "pve01")
        del world["guests"][-1]["config"]["template"]
        site = self.site([guest("a", template_id=9002)], sim_options={"world": world})
        self.ends(site.apply(code=None), 23, "VMID 9002 is no template")
        self.assertEqual(self.posts(site), [])


if __name__ == "__main__":
    main()
