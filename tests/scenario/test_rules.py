"""The rules that no change may break (design, section 2), each with a test that fails if it is."""

import json
import shutil
import time

from house import Case, main
from hostile import Hostile
from sample import POOLS, container, guest, manifest
from sim import fault

ADMIN_DOES = "admin"


def admin(method, path, **params):
    """What a fault does: a person at the GUI is a moment faster."""
    return {ADMIN_DOES: {"method": method, "path": path, "params": params}}


class Rules(Case):
    # --- 1: nothing is asked that a pushed lease does not cover --------------------------

    def test_rule1_covered(self):
        """rule 1 at each write its guest's lease is in the pushed branch, made by this pass"""
        site = self.site([guest("a"), container("b"), container("c", image=None, template_id=9100)],
                         watched=True)
        uncovered = []

        def look(seen):
            if not seen.write:
                return
            vmids = {str(l["vmid"]): l["state"] for l in site.leases().values()}
            about = seen.params.get("newid") or seen.params.get("vmid") or \
                seen.path.split("/")[4]
            if vmids.get(about) != "reserved":
                uncovered.append(str(seen))
        site.sim.before = look
        site.apply()
        site.expect_up("a", "b", "c")
        self.assertEqual(uncovered, [])

    def test_rule1_entry_gone(self):
        """rule 1 an entry that vanishes while others are made: its guest is not made"""
        site = self.site([guest("a"), guest("b")], watched=True,
                         globals_={"reconcile": {"parallel": 1}})
        other = self.clone(site.origin.url, "other")
        held_back = []

        def slow(seen):
            if seen.write and not held_back:
                held_back.append(seen)
                other.pull()
                other.publish("b is not wanted", {"vm7.yaml": site.manifest([guest("a")])})
                time.sleep(11)  # the last look at the branch is then too old for b
        site.sim.before = slow
        run = site.apply(code=None)
        self.assertEqual([s.params["name"] for s in site.sim.writes_seen()
                          if s.path.endswith("/clone")], ["a"], run)
        site.sim.before = lambda seen: True
        site.apply()
        site.expect_up("a")

    def test_rule1_lease_changed(self):
        """rule 1 a lease that changed meanwhile: the action is dropped"""
        site = self.site([guest("a"), guest("b")], watched=True, mode="remote",
                         globals_={"reconcile": {"parallel": 1}})
        held_back = []

        def slow(seen):
            if seen.write and not held_back:
                held_back.append(seen)

                def drop(held):
                    for name in list(held["leases"]):
                        if name != seen.params["name"]:
                            del held["leases"][name]
                site.edit_leases(drop, as_vm7=True)
                time.sleep(11)
        site.sim.before = slow
        site.apply(code=None)
        made = [s.params["name"] for s in site.sim.writes_seen() if s.path.endswith("/clone")]
        self.assertEqual(len(made), 1, made)

    def test_rule1_git_gone(self):
        """rule 1 Git unreachable in the middle: no create and no start after ten seconds"""
        for kind, path in (("create", "/clone"), ("start", "/status/start")):
            with self.part(kind):
                site = self.site([guest("a"), guest("b")], watched=True, mode="remote",
                                 globals_={"reconcile": {"parallel": 1}})
                away = site.origin.folder.with_name("away.git")
                gone = []

                def slow(seen):
                    trigger = seen.write and (kind == "create" or seen.path.endswith("/config"))
                    if trigger and not gone:
                        gone.append(seen)
                        site.origin.folder.rename(away)
                        time.sleep(11)
                site.sim.before = slow
                run = site.apply(code=None)
                self.assertEqual(run.code, 20, run)
                late = [str(s) for s in site.sim.writes_seen()
                        if s.path.endswith(path) and s.started > gone[0].ended]
                self.assertEqual(late, [])
                away.rename(site.origin.folder)
                site.sim.before = lambda seen: True
                site.apply()
                site.expect_up("a", "b")

    # --- 2: identity before action ------------------------------------------------------

    def test_rule2_reads(self):
        """rule 2 before each write a config GET of that guest, under a second, nothing between"""
        site = self.site([guest("a"), guest("b"), container("c"),
                          container("d", image=None, template_id=9100, disk_gb=9)], watched=True)
        site.apply()
        site.expect_up("a", "b", "c", "d")
        checked = 0
        for lease in site.leases().values():
            mine = [s for s in site.sim.requests
                    if f"/{lease['vmid']}/" in s.path + "/" and "/tasks/" not in s.path]
            for before, seen in zip(mine, mine[1:]):
                if not seen.write:
                    continue
                checked += 1
                self.assertEqual(before.method, "GET", f"{before} just before {seen}")
                self.assertTrue(before.path.endswith("/config"), f"{before} before {seen}")
                self.assertLess(seen.started - before.ended, 1.0, f"{before} before {seen}")
        self.assertGreaterEqual(checked, 8)

    def test_rule2_line(self):
        """rule 2 a guest whose line is not ours is disputed and left alone"""
        site = self.site([guest("a", vmid=10000)])
        site.sim.set_faults(fault("GET", "/nodes/*/qemu/10000/config", admin(
            "PUT", "/nodes/pve01/qemu/10000/config", description="mine now"), times=-1))
        run = site.apply(code=None)
        self.assertIn(run.code, (20, 22, 23), run)
        writes = [e for e in site.sim.writes() if "/qemu/10000/" in e["path"]]
        self.assertEqual(writes, [], run)
        self.assertNotEqual(site.states().get("a"), "ready")

    def test_rule2_ready(self):
        """rule 2 a ready guest that lost a proof is disputed: reported, nothing is written"""
        changes = {
            "line": {"description": "nothing of ours"},
            "foreign line": {"description": "vm7: 0b7ef1b8-6a3a-4a52-9f8e-0a1f6f6b0001/"
                                            "0b7ef1b8-6a3a-4a52-9f8e-0a1f6f6b0002, edit "
                                            "vm7.yaml in elsewhere"},
            "tag": {"tags": "web"},
            "uuid": {"smbios1": "uuid=0b7ef1b8-6a3a-4a52-9f8e-0a1f6f6b0003"},
        }
        for name, params in changes.items():
            with self.part(name):
                site = self.site([guest("a")])
                site.apply()
                vmid = site.leases()["a"]["vmid"]
                site.sim.put(f"/nodes/pve01/qemu/{vmid}/config", **params)
                mark = len(site.sim.writes())
                run = site.apply(code=None)
                self.assertIn("disputed", run.text, run)
                self.assertEqual(len(site.sim.writes()), mark)
                self.assertEqual(site.leases()["a"]["vmid"], vmid)

    def test_rule2_create_carries_line(self):
        """rule 2 the create and clone calls themselves carry the identity line"""
        site = self.site([guest("a"), container("b"),
                          container("c", image=None, template_id=9100)])
        site.apply()
        held = site.lease_file()
        creates = [e for e in site.sim.writes()
                   if e["path"].endswith("/clone") or e["path"].endswith("/lxc")]
        self.assertEqual(len(creates), 3)
        for entry in creates:
            params = entry["params"]
            vmid = int(params.get("newid") or params["vmid"])
            (lease,) = [l for l in held["leases"].values() if l["vmid"] == vmid]
            self.assertIn(f"vm7: {held['instance']}/{lease['id']}", params["description"])

    # --- 3: create by reserved VMID -----------------------------------------------------

    def test_rule3(self):
        """rule 3 a VMID taken at the last moment is never swapped for another in that pass"""
        site = self.site([guest("a", vmid=None)], globals_={"defaults": {"vmid_base": 10000}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/9000/clone", admin(
            "POST", "/nodes/pve01/qemu", vmid=10000, name="foreign")))
        run = site.apply(code=None)
        self.assertNotEqual(run.code, 0, run)
        asked = [e["params"]["newid"] for e in site.sim.writes() if e["path"].endswith("/clone")]
        self.assertEqual([str(a) for a in asked], ["10000"])
        site.apply()
        held = site.leases()["a"]
        self.assertEqual((held["state"], held["vmid"]), ("ready", 10001))
        self.assertEqual(site.sim.config(10000)["name"], "foreign")
        self.assertNotIn("vm7", site.sim.config(10000).get("tags", ""))
        self.assertEqual(held["ip"], "192.168.10.50")

    def test_rule3_own(self):
        """rule 3 an answer that got lost: the guest is there, is ours, and is not made twice"""
        for kind, vm in (("vm", guest("a")), ("lxc", container("a"))):
            with self.part(kind):
                site = self.site([vm])
                path = "/nodes/*/qemu/9000/clone" if kind == "vm" else "/nodes/*/lxc"
                site.sim.set_faults(fault("POST", path, {"cut": "after"}))
                run = site.apply(code=None)
                if run.code:
                    self.assertIn(run.code, (20, 22), run)
                    site.apply()
                site.expect_up("a")
                made = [e for e in site.sim.writes()
                        if e["path"].endswith("/clone") or e["path"].endswith("/lxc")]
                self.assertEqual(len(made), 1, made)

    # --- 4: digests ----------------------------------------------------------------------

    def test_rule4(self):
        """rule 4 every config and resize carries the digest it was computed from"""
        site = self.site([guest("a"), container("b", image=None, template_id=9100, disk_gb=9)])
        site.apply()
        seen = [e for e in site.sim.writes()
                if e["path"].endswith("/config") or e["path"].endswith("/resize")]
        self.assertGreaterEqual(len(seen), 4)
        for entry in seen:
            self.assertRegex(entry["params"].get("digest", ""), r"^[0-9a-f]{40}$", entry)

    def test_rule4_mismatch(self):
        """rule 4 a config that changed meanwhile is observed again, and the change is kept"""
        for path in ("config", "resize"):
            with self.part(path):
                site = self.site([guest("a", vmid=10000)])
                methods = ("PUT", "POST") if path == "config" else ("PUT",)
                site.sim.set_faults(*[fault(m, f"/nodes/*/qemu/10000/{path}", admin(
                    "PUT", "/nodes/pve01/qemu/10000/config", boot="order=scsi0"))
                    for m in methods])
                run = site.apply(code=None)
                if run.code:
                    site.apply()
                site.expect_up("a")
                self.assertEqual(site.guest("a")["boot"], "order=scsi0")
                failed = [e for e in site.sim.log() if e["path"].endswith("/" + path)
                          and e["method"] != "GET" and e["status"] >= 400]
                gets = [e for e in site.sim.log() if e["path"] == "/nodes/pve01/qemu/10000/config"
                        and e["method"] == "GET"]
                if failed:
                    self.assertTrue([g for g in gets if g["n"] > failed[0]["n"]])

    # --- 5: unknown is not absent ----------------------------------------------------------

    def reserved(self, **options):
        """A guest with a lease `reserved` and nothing made yet."""
        site = self.site([guest("a")], watched=True, **options)
        site.apply_killed_before()
        self.assertEqual(site.states(), {"a": "reserved"})
        return site

    def refuses(self, site, code, *words):
        mark = len(site.sim.writes_seen())
        run = site.apply(code=None)
        if code is not None:
            self.assertIn(run.code, code, run)
        for word in words:
            self.assertIn(word, run.text.lower())
        self.assertEqual([str(s) for s in site.sim.writes_seen()[mark:]], [])
        self.assertEqual(site.states(), {"a": "reserved"})
        return run

    def test_rule5_list(self):
        """rule 5 a list that failed: no create on its account"""
        site = self.reserved()
        site.sim.set_faults(fault("GET", "/cluster/resources",
                                  {"status": 500, "reason": "got timeout"}, times=-1))
        self.refuses(site, (20,))
        site.sim.set_faults()
        site.apply()
        site.expect_up("a")

    def test_rule5_half(self):
        """rule 5 half a list is no list"""
        site = self.reserved()
        site.sim.set_faults(fault("GET", "/cluster/resources", {"half": True}, times=-1))
        self.refuses(site, (20,))

    def test_rule5_quorum(self):
        """rule 5 a cluster without quorum: nothing is made"""
        site = self.reserved()
        answer = site.sim.get("/cluster/status")
        for entry in answer:
            if entry["type"] == "cluster":
                entry["quorate"] = 0
        site.sim.set_faults(fault("GET", "/cluster/status", {
            "status": 200, "body": json.dumps({"data": answer}),
            "content_type": "application/json"}, times=-1))
        self.refuses(site, (20,), "quor")

    def test_rule5_nextid(self):
        """rule 5 an id that the list does not show but nextid refuses is not free"""
        site = self.reserved()
        vmid = site.leases()["a"]["vmid"]
        site.sim.set_faults(fault("GET", "/cluster/nextid", {
            "status": 400, "reason": "Parameter verification failed.",
            "body": json.dumps({"data": None, "errors": {"vmid": f"VM {vmid} already exists"}}),
            "content_type": "application/json"}, times=-1))
        self.refuses(site, None)

    def test_rule5_offline(self):
        """rule 5 guests on a node that is offline are unknown: a warning, nothing is made again"""
        site = self.site([guest("a", node="pve02", template_id=9001, clone="linked",
                                datastore=None, disk_gb=None)],
                         sim_options={"save": True}, globals_={
            "nodes": {"pve01": {"datastore": "local-lvm"}, "pve02": {"datastore": "shared"}}})
        site.apply()
        site.expect_up("a")
        held = site.leases()
        set_offline(site.sim, "pve02")
        mark = len(site.sim.writes())
        run = site.apply(code=None)
        self.assertEqual(run.code, 0, run)
        self.assertIn("unknown", run.text)
        self.assertEqual((len(site.sim.writes()), site.leases()), (mark, held))

    def test_rule5_unreadable(self):
        """rule 5 a ready guest that cannot be read: no repair, no other guest"""
        site = self.site([guest("a")])
        site.apply()
        held = site.leases()
        vmid = held["a"]["vmid"]
        for do in ({"status": 500, "reason": "got timeout"}, {"status": 596, "reason": "timed out"},
                   {"html": True}, {"half": True}):
            site.sim.set_faults(fault("GET", f"/nodes/*/qemu/{vmid}/pending", do, times=-1))
            mark = len(site.sim.writes())
            run = site.apply(code=None)
            self.assertEqual((len(site.sim.writes()), site.leases()), (mark, held), run)

    # --- 6: nothing is destroyed by surprise (what this program can already break) -----------

    def test_rule6(self):
        """rule 6 an empty, invalid or missing vm7.yaml: nothing is stopped, dropped or doubled"""
        for name, text in (("empty list", None), ("empty file", ""),
                           ("invalid", "version: 1\nvms:"), ("missing", False)):
            with self.part(name):
                site = self.site([guest("a"), guest("b")])
                site.apply()
                held, mark = site.leases(), len(site.sim.writes())
                site.person.pull()
                if text is False:
                    site.person.remove("vm7.yaml")
                    site.person.publish("gone")
                else:
                    site.person.publish(name, {"vm7.yaml": site.manifest([]) if text is None
                                               else text})
                run = site.apply(code=None)
                self.assertEqual((site.leases(), len(site.sim.writes())), (held, mark), run)
                self.assertIn(run.code, (0, 23) if text is None else (11,), run)

    # --- 9: the repository is hostile input ------------------------------------------------

    def test_rule9_links(self):
        """rule 9 links are refused in commits and in working trees, whatever they point at"""
        outside = self.dir / "outside.yaml"
        outside.write_text(POOLS)
        for path in ("vm7.yaml", "ipam/pools.yaml", "ipam", "guests/b.yaml", "ipam/leases.json"):
            for mode in ("checkout", "remote"):
                with self.part(f"{path} {mode}"):
                    site = self.site([guest("a")], mode=mode, include=["guests/*.yaml"],
                                     files={"guests/a.yaml": "vms: []\n"})
                    target = site.person.folder / path
                    if target.is_dir():
                        shutil.rmtree(target)
                        aim = self.dir / "outside-ipam"
                        aim.mkdir(exist_ok=True)
                        (aim / "pools.yaml").write_text(POOLS)
                    else:
                        target.unlink(missing_ok=True)
                        aim = outside
                        if path == "vm7.yaml":
                            aim = self.dir / "outside-vm7.yaml"
                            aim.write_text(site.manifest([guest("a")]))
                    site.person.link(path, str(aim))
                    if mode == "checkout" and path != "ipam/leases.json":
                        self.ends(site.plan(), 11, "link")  # leases are read from the branch
                        self.ends(site.vm7("validate"), 11, "link")
                    site.person.publish("a link")
                    run = self.ends(site.apply(code=None), 11)
                    self.assertIn("link", run.text)
                    self.assertEqual(site.sim.writes(), [])

    def test_rule9_submodule(self):
        """rule 9 a submodule where a file should be is refused"""
        site = self.site([guest("a")], mode="remote")
        site.person.git("rm", "-q", "-r", "ipam")
        site.person.git("update-index", "--add", "--cacheinfo", f"160000,{site.origin.head()},ipam")
        site.person.git("commit", "-q", "-m", "submodule")
        site.person.push()
        self.ends(site.apply(code=None), 11, "ipam")
        self.assertEqual(site.sim.writes(), [])

    def test_rule9_paths(self):
        """rule 9 no path leads out of the repository"""
        secret = self.dir / "pools.yaml"
        secret.write_text(POOLS)
        for path in (str(secret), "../pools.yaml", "ipam/../../pools.yaml", ".git/config", "~/x",
                     "ipam//pools.yaml/..", "ipam\\pools.yaml", "C:/pools.yaml"):
            with self.subTest(path):
                repo = self.clone("/nowhere", "r" + str(abs(hash(path))))
                repo.commit("x", {"ipam/pools.yaml": POOLS, "vm7.yaml": manifest(
                    None, [guest("a")], globals_={"ipam": {
                        "pools_file": path, "leases_file": "ipam/leases.json"}})})
                self.ends(self.vm7("-C", repo.folder, "validate"), 11)
                repo.commit("x", {"vm7.yaml": manifest(None, [guest("a")], include=[path])})
                self.ends(self.vm7("-C", repo.folder, "validate"), 11)

    def test_rule9_nothing_runs(self):
        """rule 9 nothing in the repository is executed: hooks, filters, attributes"""
        site = self.site([guest("a")], mode="remote")
        canary = self.dir / "canary"
        script = f"#!/bin/sh\ntouch {canary}\n"
        site.person.publish("traps", {
            ".gitattributes": "* filter=trap diff=trap merge=trap\n",
            ".gitconfig": f"[filter \"trap\"]\n\tsmudge = touch {canary}\n",
            "hooks/post-checkout": script, ".git-hooks/post-merge": script,
            "vm7.yaml": site.manifest([guest("a")]) + f"# $(touch {canary})\n"})
        site.apply()
        site.expect_up("a")
        self.assertFalse(canary.exists())

    def test_rule9_endpoint(self):
        """rule 9 an endpoint of the repository that the host does not allow gets nothing"""
        trap = Hostile("html", self.authority().server_context()[0])
        self.addCleanup(trap.stop)
        site = self.site([guest("a")])
        site.set_vms(guest("a"), proxmox={"endpoint": trap.url(path=""), "tls": {"insecure": True}})
        run = self.ends(site.apply(code=None), 23, str(trap.port))
        self.assertEqual(trap.seen, 0, run)

    def test_rule9_sizes(self):
        """rule 9 a file that is too big is refused, quickly"""
        site = self.site([guest("a")], mode="remote")
        site.person.publish("big", {"vm7.yaml": site.manifest([guest("a")]) + "#" * 70_000_000})
        started = time.monotonic()
        self.ends(site.apply(code=None), 11, "vm7.yaml")
        self.assertLess(time.monotonic() - started, 30)
        self.assertEqual(site.sim.writes(), [])


def set_offline(sim, node):
    """Stop a simulator, take a node of its world away, start it again at the same address."""
    address = sim.address
    sim.stop()
    world = json.loads(sim.save_file.read_text())
    next(entry for entry in world["nodes"] if entry["name"] == node)["online"] = False
    sim.save_file.write_text(json.dumps(world))
    sim.start(listen=address)


if __name__ == "__main__":
    main()
