"""What the token may do: looked at before anything is asked for, and printed to be granted."""

import json
import os
import time

from house import Case, main
from sample import container, guest
from sim import default_world, fault

VM7 = "vm7@pve"
SOME = [guest("a", resource_pool="lab", power="stopped"),
        container("b", network="tagged", resource_pool="lab"),
        container("c", image=None, template_id=9100, disk_gb=10, power="stopped"),
        guest("d", clone="linked", template_id=9001, cpu_type="host", agent=True)]
NETWORKS = [{"name": "mgmt", "pool": "mgmt"}, {"name": "services", "pool": "services"},
            {"name": "tagged", "dhcp": True, "bridge": "vmbr0", "vlan": 20}]


def world(**storages):
    """The default one with a resource pool; `local_lvm={"used": n}` changes a storage."""
    made = default_world()
    made["pve"] = int(os.environ.get("VM7_TEST_PVE", "9"))
    made["pools"] = [{"poolid": "lab"}]
    for storage in made["storages"]:
        storage.update(storages.get(storage["storage"].replace("-", "_"), {}))
    return made


class Rights(Case):
    def without(self, sim, *privileges):
        """The token's role loses these."""
        held = sim.get("/access/roles/VM7")
        left = [name for name in held if name not in privileges]
        self.assertLess(len(left), len(held))
        sim.put("/access/roles/VM7", privs=",".join(left))

    # --- H-45 -----------------------------------------------------------------------

    def test_h45_clone(self):
        """H-45 a token that lacks VM.Clone: 21 with privilege and path, zero POSTs"""
        site = self.site([guest("a")])
        self.without(site.sim, "VM.Clone")
        head = site.origin.head()
        run = self.ends(site.apply(code=None), 21, "VM.Clone on /vms/9000",
                        'pveum role modify VM7 --append 1 --privs "VM.Clone"')
        self.assertEqual(site.sim.writes(), [], run)
        self.assertEqual(site.origin.head(), head, "a lease was reserved for nothing")
        site.sim.put("/access/roles/VM7", privs="VM.Clone", append=1)
        site.apply()
        site.expect_up("a")

    def test_h45_plan(self):
        """H-45 for a plan it is a note, and the fingerprint is the one of a token that may"""
        site = self.site([guest("a")])
        able = site.plan_json()
        self.assertNotIn("rights", json.dumps(able["notes"]))
        self.without(site.sim, "VM.Clone")
        run = self.ends(site.plan("--detailed-exitcode"), 2, "VM.Clone on /vms/9000",
                        "apply will refuse it")
        self.assertIn("rights", run.out)
        made = site.plan_json()
        self.assertEqual(made["fingerprint"], able["fingerprint"])
        self.assertEqual([n["kind"] for n in made["notes"] if n["guest"] == "a"], ["rights"])

    def test_h45_others(self):
        """H-45 guests that need not what is missing are made"""
        site = self.site([guest("a"), container("b")])
        self.without(site.sim, "VM.Clone")
        self.ends(site.apply(code=None), 22, "VM.Clone")
        site.expect_up("b")

    def test_h45_nothing(self):
        """H-45 nothing held at a path: the line that gives the role there"""
        site = self.site([guest("a")])
        site.sim.request("PUT", "/access/acl", {"path": "/storage", "users": VM7,
                                                "roles": "NoAccess"})
        self.ends(site.apply(code=None), 21, "Datastore.AllocateSpace on /storage/local-lvm",
                  f"pveum acl modify /storage/local-lvm --users {VM7} --tokens '{VM7}!vm7' "
                  "--roles VM7")
        self.assertEqual(site.sim.writes(), [])

    def test_h45_secret(self):
        """H-45 a wrong secret is 21 before anything"""
        site = self.site([guest("a")])
        self.env["VM7_SECRET_PVE_TOKEN"] = "00000000-0000-0000-0000-000000000000"
        self.ends(site.apply(code=None), 21, "401")
        self.assertEqual(site.sim.writes(), [])

    def test_h45_full(self):
        """H-45 a storage that is nearly full is 20 with both numbers, zero POSTs"""
        sim = self.sim(world=world(local_lvm={"total": 100 << 30, "used": 85 << 30}))
        site = self.site([guest("a", disk_gb=20)], sim=sim)
        for verb in (site.plan, lambda: site.apply(code=None)):
            self.ends(verb(), 20, "local-lvm on pve01", "12 GiB free", "20 GiB")
        self.assertEqual(sim.writes(), [])

    def test_h45_sum(self):
        """H-45 room is counted over all guests of the plan: who comes too late is refused"""
        sim = self.sim(world=world(local_lvm={"total": 100 << 30, "used": 70 << 30}))
        site = self.site([guest("a", disk_gb=20), container("b", disk_gb=12), container("c", disk_gb=5)],
                         sim=sim)
        self.ends(site.apply(code=None), 22, "b", "local-lvm", "27 GiB free", "32 GiB",
                  "made before it")
        site.expect_up("a", "c")

    def test_h45_version(self):
        """H-45 an API older than what is supported is 20 with its version"""
        site = self.site([guest("a")])
        old = {"data": {"version": "8.0.4", "release": "8.0", "repoid": "d258a813"}}
        site.sim.set_faults(fault("GET", "/version", {
            "status": 200, "reason": "OK", "content_type": "application/json",
            "body": json.dumps(old)}, times=-1))
        self.ends(site.apply(code=None), 20, "8.0", "8.4")
        self.ends(site.plan(), 20, "8.0", "8.4")
        self.assertEqual(site.sim.writes(), [])

    # --- storages and bridges ----------------------------------------------------------

    def test_storages(self):
        """preflight: a storage that is not there, or does not take disks, is 20 with those that do"""
        for name, datastore, words in (
            ("unknown", "nowhere", ["no storage nowhere", "local-lvm and shared"]),
            ("content", "local", ["local on pve01 does not take images", "local-lvm"]),
        ):
            with self.part(name):
                site = self.site([guest("a", datastore=datastore)])
                self.ends(site.apply(code=None), 20, *words)
                self.assertEqual(site.sim.writes(), [])

    def test_bridge(self):
        """preflight: a bridge that the node does not have is 20 with those it has"""
        site = self.site([guest("a", network="x")],
                         networks=[{"name": "x", "dhcp": True, "bridge": "vmbr9"}])
        self.ends(site.apply(code=None), 20, "vmbr9", "network x", "pve01", "vmbr0")
        self.assertEqual(site.sim.writes(), [])

    # --- the questions -------------------------------------------------------------------

    def test_asked(self):
        """preflight: asked once where there is something to do, and never where there is not"""
        site = self.site([guest("a"), guest("b")])
        questions = ["/version", "/access/permissions", "/nodes/pve01/network"]
        for asked, verb in ((1, site.plan), (1, site.apply), (0, site.apply), (0, site.plan)):
            mark = site.sim.mark()
            self.ends(verb(), 0)
            paths = [e["path"] for e in site.sim.log()[mark:]]
            self.assertEqual([paths.count(q) for q in questions], [asked] * 3, paths)
            self.assertEqual([e for e in site.sim.log() if e["status"] >= 400], [])

    def test_silent(self):
        """preflight: what Proxmox does not tell stops nothing"""
        site = self.site([guest("a")])
        refused = {"status": 500, "reason": "no"}
        site.sim.set_faults(*[fault("GET", path, refused, times=-1) for path in (
            "/version", "/access/*", "/nodes/*/network")])
        self.ends(site.plan("--detailed-exitcode"), 2)
        site.apply()
        site.expect_up("a")

    def test_expiry(self):
        """preflight: a token that expires within two weeks is a note, with the line that helps"""
        site = self.site([guest("a")])
        token = f"/access/users/{VM7}/token/vm7"
        site.sim.post("/access/roles", roleid="Users", privs="User.Modify")
        site.sim.request("PUT", "/access/acl", {"path": "/access/groups", "users": VM7,
                                                "roles": "Users"})
        for days, told in ((10, True), (20, False)):
            site.sim.put(token, expire=int(time.time()) + days * 86400)
            run = self.ends(site.plan(), 0)
            self.assertEqual("expires on" in run.out, told, run)
            self.assertEqual(f"pveum user token modify {VM7} vm7" in run.out, told, run)

    # --- vm7 rights ------------------------------------------------------------------------

    def granted(self, sim, made, without=None):
        """A user with exactly these roles and entries, but for one privilege; its token."""
        taken = 0
        for role in made["roles"]:
            left = [p for p in role["privileges"] if (role["name"], p) != without]
            taken += len(role["privileges"]) - len(left)
            sim.post("/access/roles", roleid=role["name"], privs=",".join(left))
        self.assertEqual(taken, 1 if without else 0)
        sim.post("/access/users", userid="small@pve")
        for entry in made["acl"]:
            sim.request("PUT", "/access/acl", {"path": entry["path"], "users": "small@pve",
                                               "roles": entry["role"]})
        token = sim.post("/access/users/small@pve/token/ci", privsep=0)
        return f"{token['full-tokenid']}={token['value']}"

    def small_site(self, without=None, **storages):
        """A site whose token has what `vm7 rights` prints."""
        sim = self.sim(world=world(**storages))
        site = self.site(SOME, sim=sim, networks=NETWORKS)
        printed = self.ends(site.vm7("--json", "rights", "--pve", str(sim.pve)), 0)
        made = json.loads(printed.out)["releases"][0]
        self.assertEqual(made["release"], sim.pve)
        self.env["VM7_SECRET_PVE_TOKEN"] = self.granted(sim, made, without)
        return site, made

    def test_enough(self):
        """rights: exactly what is printed is enough for a whole pass, and the next is quiet"""
        site, _ = self.small_site()
        plan = site.plan_json()
        self.assertNotIn("rights", [n["kind"] for n in plan["notes"]], plan)
        site.apply()
        self.assertEqual(set(site.states().values()), {"ready"})
        self.assertEqual([e for e in site.sim.log() if e["status"] in (401, 403)], [])
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_enough_for_life(self):
        """rights: it is enough to change, release, take back and destroy them too"""
        site, _ = self.small_site()
        site.apply()
        changed = [{**vm, "cpu": 3, "ram_mb": 1024, "tags": ["new"]} for vm in SOME]
        site.set_vms(*changed)
        self.ends(site.apply(code=None), 0)
        kept = changed[1:]
        site.set_vms(*kept)
        self.ends(site.apply("--yes", code=None), 0)
        site.set_vms(*changed)
        self.ends(site.apply("--yes", code=None), 0)
        site.set_vms(*kept, globals_={"removal": {"policy": "destroy", "grace": "0s"}})
        self.ends(site.apply("--yes", code=None), 0)
        self.assertNotIn(SOME[0]["name"], site.states())
        self.assertEqual(set(site.states().values()), {"ready"})
        self.assertEqual([e for e in site.sim.log() if e["status"] in (401, 403)], [])
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_least(self):
        """rights: without any one privilege of it a pass is refused, by vm7 and by Proxmox"""
        _, made = self.small_site()
        for role in made["roles"]:
            for privilege in role["privileges"]:
                if privilege == "Datastore.Audit":
                    continue  # test_room
                with self.part(f"{role['name']} {privilege}"):
                    site, _ = self.small_site(without=(role["name"], privilege))
                    run = site.apply(code=None)
                    self.assertIn(run.code, (20, 21, 22), run)
                    self.assertIn(privilege, run.text)
                    site.sim.set_faults(fault("GET", "/access/permissions",
                                              {"status": 500, "reason": "no"}, times=-1))
                    run = site.apply(code=None)
                    self.assertNotEqual(run.code, 0, run)
                    self.assertTrue([e for e in site.sim.log() if e["status"] == 403] or
                                    "may not see it" in run.text, run)

    def test_room(self):
        """rights: without Datastore.Audit guests are made, but nobody sees what is full"""
        with self.part("with"):
            site, made = self.small_site(local_lvm={"total": 100 << 30, "used": 95 << 30})
            role = next(r["name"] for r in made["roles"]
                        if "Datastore.Audit" in r["privileges"])
            self.ends(site.plan("--guest", "a"), 20, "GiB free")
        with self.part("without"):
            site, _ = self.small_site(without=(role, "Datastore.Audit"),
                                      local_lvm={"total": 100 << 30, "used": 95 << 30})
            self.ends(site.plan("--guest", "a"), 0)

    def test_text(self):
        """rights: pveum lines for both releases, or one; without a network"""
        site = self.site(SOME, networks=NETWORKS)
        mark = site.sim.mark()
        run = self.ends(site.vm7("rights"), 0, "Proxmox VE 8", "Proxmox VE 9",
                        "pveum acl modify /vms/9000", "pveum acl modify /pool/lab",
                        f"pveum acl modify /storage --users {VM7}")
        self.assertNotIn("VM.Clone VM.Config", run.out, "guests can be cloned as templates can")
        run = self.ends(site.vm7("rights", "--pve", "8"), 0, "Proxmox VE 8")
        self.assertNotIn("Proxmox VE 9", run.out)
        self.ends(site.vm7("rights", "--pve", "7"), 64, "8 or 9")
        self.assertEqual(site.sim.mark(), mark)


if __name__ == "__main__":
    main()
