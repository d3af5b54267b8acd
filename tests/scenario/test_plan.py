"""plan: what it says, and that it changes nothing."""

import json

from house import Case, digest, main
from sample import container, guest
from sim import ADMIN, fault


class Plan(Case):
    def test_v11(self):
        """V-11 three new guests get three addresses; only reads, not a byte changed; 2 then 0"""
        for mode in ("checkout", "remote"):
            with self.part(mode):
                sim = self.sim()
                site = self.site([guest(name) for name in "abc"], mode=mode, sim=sim)
                before = digest(site.person.folder), digest(site.origin.folder)
                run = self.ends(site.vm7("--json", "plan", "--detailed-exitcode"), 2)
                made = json.loads(run.out)
                self.assertIsInstance(made["schema"], int)
                self.assertEqual([vm["ip"] for vm in made["vms"]],
                                 ["192.168.10.50", "192.168.10.51", "192.168.10.52"])
                for vm in made["vms"]:
                    self.assertLessEqual(
                        {"name", "pool", "ip", "action", "type", "template_id", "vmid", "node"},
                        set(vm))
                    self.assertEqual((vm["pool"], vm["type"], vm["template_id"]),
                                     ("mgmt", "vm", 9000))
                self.assertEqual({e["method"] for e in sim.log()}, {"GET"})
                self.assertEqual((digest(site.person.folder), digest(site.origin.folder)), before)
                site.apply()
                self.ends(site.plan("--detailed-exitcode"), 0)

    def test_text(self):
        """V-11 the text names each guest with address, VMID and node, and what is asked"""
        site = self.site([guest("web-01"), container("ct-01")])
        run = self.ends(site.plan(), 0, "web-01", "192.168.10.50", "ct-01", "192.168.10.51",
                        "pve01", "create")
        self.assertNotIn("\x1b", run.text, "colour although nobody watches")

    def test_working_tree(self):
        """V-11 in a checkout plan reads the working tree, and says so"""
        site = self.site([guest("a")])
        site.person.write("vm7.yaml", site.manifest([guest("a"), guest("b")]))
        run = self.ends(site.plan(), 0, "b", "192.168.10.51")
        self.assertRegex(run.text.lower(), r"work(ing)? tree|uncommitted")

    def test_same_as_ever(self):
        """rule 7 the same input gives the same plan in another folder, home, zone and language"""
        site = self.site([guest("b", tags=["x", "a"]), container("a"), guest("c", node="pve02",
                                                                               template_id=9001)])
        first = site.vm7("--json", "plan").out
        other = self.clone(site.origin.url, "elsewhere/with a space")
        other.pull()
        home = self.dir / "other home"
        home.mkdir()
        second = self.vm7("-C", other.folder, "--json", "plan", env={
            "HOME": home, "TZ": "Asia/Tokyo", "LC_ALL": "C", "LANG": "de_DE.UTF-8"}).out
        third = self.vm7("--repo", site.origin.url, "--branch", "main", "--json", "plan").out
        self.assertEqual(first, second)
        self.assertEqual(json.loads(first)["vms"], json.loads(third)["vms"])

    def test_no_actions_after(self):
        """rule 7 after a successful pass the next plan has no actions"""
        site = self.site([guest("a", tags=["x"], env="prod", onboot=False, agent=True),
                          guest("b", clone="linked", disk_gb=None, sockets=2, balloon=1024,
                                cpu_type="host", protection=True),
                          container("c", swap_mb=0, features={"nesting": True}, unprivileged=True),
                          container("d", image=None, template_id=9100),
                          guest("e", power="stopped")],
                         globals_={"defaults": {"domain": "example.lan", "dns": ["10.1.1.1"]}})
        run = site.apply(code=None)
        self.ends(run, 0)
        made = site.plan_json("--detailed-exitcode")
        self.assertEqual(self.runs[-1].code, 0, self.runs[-1])
        self.assertEqual({vm["action"] for vm in made["vms"]}, {"none"}, made)

    def test_startup(self):
        """startup needs Sys.Modify on /, and with it nothing differs afterwards"""
        site = self.site([guest("a", startup={"order": 3, "up": 10, "down": 20})])
        self.env["VM7_SECRET_PVE_TOKEN"] = f"{ADMIN}={site.sim.tokens[ADMIN]}"
        site.apply()
        self.assertEqual(site.guest("a")["startup"], "order=3,up=10,down=20")
        self.ends(site.plan("--detailed-exitcode"), 0)

    def test_idle_requests(self):
        """design 9 a plan of existing guests asks once a guest, and status only where it matters"""
        site = self.site([guest("a"), guest("b"), container("c")])
        site.apply()
        for lease in site.leases().values():
            site.sim.until_listed(site.sim.where(lease["vmid"]))
        mark = site.sim.mark()
        self.ends(site.plan(), 0)
        asked = [e["path"] for e in site.sim.log()[mark:]]
        configs = [p for p in asked if p.endswith("/config")]
        self.assertEqual(len([p for p in asked if p.endswith("/cluster/resources")]), 1, asked)
        self.assertEqual(len(configs), len(set(configs)), asked)
        self.assertLessEqual(len(configs), 6, asked)  # three guests, three templates at most
        self.assertFalse([p for p in asked if p.endswith("/status/current")], asked)

    def test_one_guest(self):
        """--guest narrows plan and apply to one guest; an unknown one is a usage mistake"""
        site = self.site([guest("a"), guest("b")])
        made = site.plan_json("--guest", "b")
        acted = [vm["name"] for vm in made["vms"] if vm["action"] != "none"]
        self.assertEqual(acted, ["b"])
        site.apply("--guest", "b")
        site.expect_up("b")
        run = site.plan("--guest", "nobody")
        self.assertIn(run.code, (11, 64), run)
        self.assertIn("nobody", run.text)

    def test_offline(self):
        """--offline plans without asking Proxmox anything"""
        site = self.site([guest("a")])
        run = self.ends(site.plan("--offline"), 0, "192.168.10.50")
        self.assertEqual(site.sim.log(), [])
        self.env.pop("VM7_SECRET_PVE_TOKEN")
        site.origin.folder.rename(self.dir / "gone.git")
        self.assertEqual(self.ends(site.plan("--offline"), 0, "a").out, run.out)

    def test_expect(self):
        """apply --expect does what was shown, and nothing when the world has moved"""
        site = self.site([guest("a")])
        shown = site.plan_json()["fingerprint"]
        self.assertIn(shown, self.ends(site.plan(), 0).out)
        site.sim.do("POST", "/nodes/pve01/qemu", vmid=777, name="other")
        self.ends(site.apply("--expect", shown, code=None), 23, "fingerprint")
        self.assertEqual(site.sim.writes(), [])
        site.apply("--expect", site.plan_json()["fingerprint"])
        self.assertEqual(site.states(), {"a": "ready"})

    def test_missing_template(self):
        """V-13 a template that is not there is 20 and names the id; nothing is asked"""
        site = self.site([guest("a", template_id=9999)])
        self.ends(site.plan(), 20, "9999")
        self.ends(site.apply(code=None), 20, "9999")
        self.assertEqual(site.sim.writes(), [])
        self.assertEqual(site.leases(), {})

    def test_not_a_template(self):
        """V-13 a guest that is no template is refused"""
        site = self.site([guest("a", template_id=150)])
        site.sim.do("POST", "/nodes/pve01/qemu", vmid=150, name="ordinary")
        run = site.apply(code=None)
        self.assertIn(run.code, (20, 23), run)
        self.assertIn("150", run.text)
        self.assertEqual(site.sim.writes(), [])

    def test_smaller_disk(self):
        """V-13 a disk smaller than the template's is 23 and names both sizes"""
        site = self.site([guest("a", disk_gb=2)])
        run = self.ends(site.apply(code=None), 23)
        self.assertRegex(run.text, r"\b2\b.*\b3\b|\b3\b.*\b2\b")
        self.assertEqual(site.sim.writes(), [])

    def test_h12(self):
        """H-12 the guest's node is in the request's path, with that node's datastore"""
        site = self.site([guest("a", node="pve02", template_id=9001)], globals_={
            "nodes": {"pve01": {"datastore": "local-lvm"}, "pve02": {"datastore": "shared"}}})
        site.apply()
        lease = site.leases()["a"]
        self.assertEqual(lease["node"], "pve02")
        self.assertIn("/nodes/pve02/", site.sim.where(lease["vmid"]))
        self.assertIn("shared:", site.guest("a")["scsi0"])

    def test_h12_unknown(self):
        """H-12 a node that the cluster does not have is 20 before any write"""
        site = self.site([guest("a")], proxmox={"node": "pve77"})
        self.ends(site.apply(code=None), 20, "pve77")
        self.assertEqual(site.sim.writes(), [])

    def test_template_per_node(self):
        """F-02 a map of templates picks the one of the guest's node"""
        site = self.site([guest("a", template_id={"pve01": 9000, "pve02": 9001})])
        made = site.plan_json()
        self.assertEqual(made["vms"][0]["template_id"], 9000)

    def test_bad_templates(self):
        """a template that would boot wrongly is refused: onboot, a static address"""
        for option, value in (("onboot", 1), ("ipconfig0", "ip=10.0.0.9/24")):
            with self.part(option):
                site = self.site([guest("a")])
                site.sim.put("/nodes/pve01/qemu/9000/config", **{option: value})
                run = site.apply(code=None)
                self.assertIn(run.code, (20, 23), run)
                self.assertIn("9000", run.text)
                self.assertEqual(site.sim.writes(), [])

    def test_unmanaged_twin(self):
        """an unmanaged guest with the same name or address: disputed, with the offer to adopt"""
        sim = self.sim()
        sim.do("POST", "/nodes/pve01/qemu", vmid=300, name="web-01")
        sim.do("POST", "/nodes/pve01/qemu", vmid=301, name="other",
               ipconfig0="ip=192.168.10.51/24")
        site = self.site([guest("web-01"), guest("b"), guest("c")], sim=sim,
                         globals_={"reconcile": {"on_error": "continue"}})
        run = site.apply(code=None)
        self.assertIn(run.code, (22, 23), run)
        self.assertIn("adopt", run.text)
        self.assertIn("300", run.text)
        leases = site.leases()
        self.assertNotEqual(leases.get("web-01", {}).get("state"), "ready")
        self.assertNotIn("192.168.10.51", [l.get("ip") for l in leases.values()
                                           if l["state"] == "ready"])
        for name in (300, 301):
            self.assertNotIn("vm7", sim.config(name).get("tags", ""))
        self.assertFalse([e for e in sim.writes() if "/300" in e["path"] or "/301" in e["path"]])

    def test_hold(self):
        """hold: true leaves a guest alone"""
        site = self.site([guest("a", hold=True), guest("b")])
        site.apply()
        self.assertEqual([n for n, s in site.states().items() if s == "ready"], ["b"])
        self.assertFalse([e for e in site.sim.writes() if e["params"].get("name") == "a"])

    def test_duplicate_status(self):
        """X-13 a failing list of guests: no plan is made up from it"""
        site = self.site([guest("a")])
        site.sim.set_faults(fault("GET", "/cluster/resources",
                                  {"status": 500, "reason": "database locked"}, times=-1))
        self.ends(site.plan("--detailed-exitcode"), 20, "database locked")


if __name__ == "__main__":
    main()
