"""apply: a virtual machine from a template, from the first request to the last."""

import json
import os
import re
import signal
import time
import urllib.parse
import uuid

from house import Case, digest, main
from sample import KEY, guest, readme_sample
from sim import fault

CREATE = ("clone", "config", "resize", "start")


def kinds(entries, vmid):
    """What the writes about one VM were, in order: clone, config, resize, start."""
    found = []
    for entry in entries:
        path, params = entry["path"], entry["params"]
        if path.endswith("/clone") and str(params.get("newid")) == str(vmid):
            found.append("clone")
        elif f"/qemu/{vmid}/" in path:
            found.append(path.rsplit("/", 1)[1])
    return found


class Apply(Case):
    def test_v12(self):
        """V-12 the second apply asks nothing, changes not a byte, makes no commit"""
        for mode in ("checkout", "remote"):
            with self.part(mode):
                sim = self.sim()
                site = self.site([guest("web-01"), guest("web-02")], mode=mode, sim=sim)
                site.apply()
                site.expect_up("web-01", "web-02")
                self.assertIn("web-01", site.origin.show("inventory/inventory.yaml"))
                head, mark = site.origin.head(), len(sim.writes())
                before = digest(site.person.folder, skip=(".git",))
                site.apply()
                self.assertEqual((site.origin.head(), len(sim.writes())), (head, mark))
                self.assertEqual(digest(site.person.folder, skip=(".git",)), before)
                if mode == "checkout":
                    self.assertEqual(site.person.head(), head, "the checkout was not moved along")
                    self.assertEqual(site.person.git("status", "--porcelain"), "")

    def test_v13(self):
        """V-13 the ancestor's sample: clone, config, resize, start, and what the guest has then"""
        sim = self.sim()
        site = self.site(sim=sim, text=readme_sample(sim))
        site.apply()
        site.expect_up("web-01")
        vmid = site.leases()["web-01"]["vmid"]
        self.assertEqual(kinds(sim.writes(), vmid), list(CREATE))
        config = site.guest("web-01")
        self.assertEqual((int(config["cores"]), int(config["memory"])), (2, 4096))
        self.assertIn("size=40G", config["scsi0"])
        self.assertEqual(set(config["tags"].split(";")), {"bootstrap", "web", "env-prod", "vm7"})
        self.assertEqual(int(config["onboot"]), 1)
        self.assertFalse(int(config.get("protection", 0)))
        clone = sim.writes()[0]["params"]
        self.assertEqual((clone["name"], str(clone["full"]), clone["storage"]),
                         ("web-01", "1", "local-lvm"))

    def test_v13_linked(self):
        """V-13 clone: linked sends neither storage nor full"""
        site = self.site([guest("a", clone="linked", disk_gb=None)])
        site.apply()
        site.expect_up("a")
        clone = site.sim.writes()[0]["params"]
        self.assertNotIn("storage", clone)
        self.assertIn(str(clone.get("full", 0)), ("0", "false"))
        self.assertNotIn("resize", kinds(site.sim.writes(), site.leases()["a"]["vmid"]))

    def test_identity(self):
        """design 6 the guest carries its line, the tag and the lease's id as SMBIOS UUID"""
        site = self.site([guest("a", tags=["web"], env="prod")])
        site.apply()
        held = site.lease_file()
        config, lease = site.guest("a"), held["leases"]["a"]
        last = config["description"].rstrip().splitlines()[-1]
        self.assertRegex(last, rf"^vm7: {held['instance']}/{lease['id']}, edit vm7\.yaml in \S+$")
        self.assertIn(f"uuid={lease['id']}", config["smbios1"].lower())
        clone = site.sim.writes()[0]
        self.assertIn(f"vm7: {held['instance']}/{lease['id']}", clone["params"]["description"])
        self.assertRegex(lease["since"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(lease["owns"], {"tags": ["env-prod", "web"]})
        self.assertEqual(uuid.UUID(lease["id"]).version, 5)

    def test_v17(self):
        """V-17 address, gateway and DNS servers are Proxmox's own cloud-init settings"""
        site = self.site([guest("web-01")])
        site.apply()
        config = site.guest("web-01")
        self.assertEqual(config["ipconfig0"], "ip=192.168.10.50/24,gw=192.168.10.1")
        self.assertEqual(config["nameserver"].split(), ["192.168.10.2", "192.168.10.3"])
        self.assertNotIn(",", config["nameserver"])
        self.assertEqual(config["ciuser"], "devops")
        self.assertEqual(urllib.parse.unquote(config["sshkeys"]).strip(), KEY)
        self.assertIn(str(config["ciupgrade"]), ("0", "False"))

    def test_h04(self):
        """H-04 serial0 is a socket before the first start, also when the template has none"""
        site = self.site([guest("a")])
        site.sim.put("/nodes/pve01/qemu/9000/config", delete="serial0")
        site.apply()
        vmid = site.leases()["a"]["vmid"]
        writes = [e for e in site.sim.writes() if f"/qemu/{vmid}/" in e["path"]]
        started = next(i for i, e in enumerate(writes) if e["path"].endswith("/start"))
        before = [e for e in writes[:started] if e["path"].endswith("/config")]
        self.assertTrue(any(e["params"].get("serial0") == "socket" for e in before), writes)
        self.assertEqual(site.guest("a")["serial0"], "socket")

    def test_keys(self):
        """V-13 every key of a VM reaches its Proxmox option"""
        site = self.site([guest(
            "a", sockets=2, cpu=3, ram_mb=3072, balloon=1024, cpu_type="host", agent=False,
            onboot=False, protection=True, tags=["B", "a"], env="Stage",
            access={"user": "root2", "ssh_public_keys": [KEY, KEY.replace("devops@", "ops@")]},
            dns=["10.5.5.5"], domain="lan.example")])
        run = site.apply(code=None)
        self.ends(run, 0)
        config = site.guest("a")
        self.assertEqual([int(config[k]) for k in ("sockets", "cores", "memory", "balloon")],
                         [2, 3, 3072, 1024])
        self.assertEqual(config["cpu"].split(",")[0].removeprefix("cputype="), "host")
        self.assertEqual(str(config["agent"]).split(",")[0].removeprefix("enabled="), "0")
        self.assertFalse(int(config.get("onboot", 0)))
        self.assertEqual(int(config["protection"]), 1)
        self.assertEqual(set(config["tags"].split(";")), {"a", "b", "env-stage", "vm7"})
        self.assertEqual((config["ciuser"], config["nameserver"], config["searchdomain"]),
                         ("root2", "10.5.5.5", "lan.example"))
        self.assertEqual(config["sshkeys"].count("ssh-ed25519"), 2)

    def test_template_leftovers(self):
        """V-13 what a template hands on is reset: tags, description, protection"""
        site = self.site([guest("a")])
        site.sim.put("/nodes/pve01/qemu/9000/config", tags="golden;base", protection=1,
                     description="do not touch")
        site.apply()
        config = site.guest("a")
        self.assertEqual(config["tags"], "vm7")
        self.assertFalse(int(config.get("protection", 0)))
        self.assertNotIn("do not touch", config["description"])

    def test_stopped(self):
        """power: stopped makes the guest and does not start it"""
        site = self.site([guest("a", power="stopped")])
        site.apply()
        vmid = site.leases()["a"]["vmid"]
        self.assertNotIn("start", kinds(site.sim.writes(), vmid))
        self.assertEqual(site.sim.status(vmid), "stopped")
        self.assertEqual(site.states(), {"a": "ready"})

    def test_v07(self):
        """V-07 at the first write for a guest its lease is already in the pushed branch"""
        site = self.site([guest(name) for name in "abc"], watched=True)
        found = []

        def look(seen):
            if seen.write and seen.path.endswith("/clone"):
                held = site.leases()
                found.append((seen.params["name"], seen.params["newid"],
                              {n: (str(l["vmid"]), l["state"]) for n, l in held.items()}))
        site.sim.before = look
        site.apply()
        self.assertEqual(sorted(name for name, _, _ in found), ["a", "b", "c"])
        for name, vmid, held in found:
            self.assertEqual(held[name], (vmid, "reserved"))

    def test_v07_killed(self):
        """V-07 killed at the first write, the next run uses the same addresses"""
        site = self.site([guest(name) for name in "abc"], watched=True)
        site.apply_killed_before()
        held = site.leases()
        self.assertEqual({l["state"] for l in held.values()}, {"reserved"})
        site.apply()
        site.expect_up("a", "b", "c")
        after = site.leases()
        for key in ("ip", "vmid", "mac", "id"):
            self.assertEqual({n: l[key] for n, l in after.items()},
                             {n: l[key] for n, l in held.items()}, key)

    def test_v08(self):
        """V-08 eight applies at once on one folder: one does it, no address twice"""
        names = [f"g{i}" for i in range(8)]
        site = self.site([guest(name, disk_gb=None, clone="linked") for name in names])
        started = [site.start_vm7("apply") for _ in names]
        runs = [running.finish(200) for running in started]
        self.runs += runs
        codes = sorted(run.code for run in runs)
        self.assertLessEqual(set(codes), {0, 25}, runs)
        self.assertIn(0, codes)
        site.expect_up(*names)
        clones = [e for e in site.sim.writes() if e["path"].endswith("/clone")]
        self.assertEqual(len(clones), 8)

    def test_h42(self):
        """H-42 on_error: stop makes no further guests, the others go on; again repairs"""
        site = self.site([guest(name) for name in "abc"],
                         globals_={"reconcile": {"on_error": "stop", "parallel": 1}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left"},
                                  params={"name": "b"}))
        self.ends(site.apply(code=None), 22, "no space left", "b")
        self.assertEqual(site.states()["a"], "ready")
        self.assertFalse([e for e in site.sim.writes() if e["params"].get("name") == "c"])
        site.apply()
        site.expect_up("a", "b", "c")

    def test_g12(self):
        """G-12 the words of a failed task reach the report, the commit and status.json"""
        site = self.site([guest("a"), guest("b")], globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/status/start",
                                  {"task": "fail-start", "text": "start failed: QEMU exited"},
                                  times=1))
        run = self.ends(site.vm7("--json", "apply"), 22)
        failed = [g for g in json.loads(run.out)["guests"] if not g["ok"]]
        self.assertEqual(len(failed), 1)
        self.assertIn("QEMU exited", failed[0]["error"])
        status = json.loads(site.origin.show("inventory/status.json"))
        text = json.dumps(status)
        self.assertIn("QEMU exited", text)
        self.assertIn("QEMU exited", site.origin.message("refs/heads/main"))

    def test_g12_resumed(self):
        """G-12 a task that still runs is found again by the next pass, never started twice"""
        site = self.site([guest("a")], sim_options={"speed": 2})
        running = site.start_vm7("apply")
        deadline = time.monotonic() + 60
        while not [e for e in site.sim.log() if e["path"].endswith("/status")
                   and "/tasks/" in e["path"]]:
            self.assertLess(time.monotonic(), deadline, "no task was followed")
            time.sleep(0.05)
        running.kill()
        running.process.communicate()
        run = site.apply(code=None, timeout=200)
        self.ends(run, 0)
        site.expect_up("a")
        clones = [e for e in site.sim.writes() if e["path"].endswith("/clone")]
        self.assertEqual(len(clones), 1)

    def test_g12_hangs(self):
        """G-12 a task that never ends: given up at --task-timeout, gone on with in the next pass"""
        site = self.site([guest("a")])
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone", {"task": "hang"}))
        started = time.monotonic()
        run = site.apply("--task-timeout", "3s", code=None)
        self.assertLess(time.monotonic() - started, 30)
        self.assertIn(run.code, (20, 22), run)
        self.assertIn("clone", run.text)
        self.assertEqual(site.states(), {"a": "reserved"})
        site.sim.set_faults()
        run = site.apply("--task-timeout", "3s", code=None)
        self.assertNotEqual(run.code, 0, run)
        (task,) = [t for t in site.sim.get("/nodes/pve01/tasks", source="active")
                   if t["type"] == "qmclone"]
        site.sim.delete(f"/nodes/pve01/tasks/{urllib.parse.quote(task['upid'])}")
        site.sim.wait(task["upid"])
        run = site.apply(code=None)
        if run.code:
            site.apply()
        site.expect_up("a")
        clones = [e for e in site.sim.writes() if e["path"].endswith("/clone")]
        self.assertEqual(len(clones), 2, "a clone was started beside one that still ran")

    def interrupted(self, sig):
        """apply that gets a signal while the clones of three guests run."""
        site = self.site([guest(n) for n in "abc"], sim_options={"speed": 2})
        running = site.start_vm7("apply")
        deadline = time.monotonic() + 60
        while not [e for e in site.sim.writes() if e["upid"]]:
            self.assertLess(time.monotonic(), deadline, "nothing was begun")
            time.sleep(0.05)
        os.kill(running.pid, sig)
        run = running.finish(60)
        self.runs.append(run)
        return site, run

    def test_interrupted(self):
        """130 an interrupted apply ends soon, says so, and the next one goes on"""
        for sig in (signal.SIGINT, signal.SIGTERM):
            with self.part(sig.name):
                site, run = self.interrupted(sig)
                self.assertEqual(run.code, 130, run)
                self.assertIn("interrupt", run.text.lower())
                site.apply(timeout=200)
                site.expect_up("a", "b", "c")
                clones = [e["params"]["newid"] for e in site.sim.writes()
                          if e["path"].endswith("/clone")]
                self.assertEqual(len(clones), len(set(clones)), "a guest was made twice")

    def test_resource_pool(self):
        """resource_pool: a new guest is put into the resource pool, and stays without a word"""
        site = self.site([guest("a", resource_pool="lab"), guest("b")])
        site.apply()
        clones = {e["params"]["name"]: e["params"].get("pool") for e in site.sim.writes()
                  if e["path"].endswith("/clone")}
        self.assertEqual(clones, {"a": "lab", "b": None})
        self.ends(site.plan("--detailed-exitcode"), 0)
        site.set_vms(guest("a"), guest("b"), guest("c", resource_pool="nobody"))
        run = site.apply(code=None)
        self.assertIn(run.code, (20, 21, 22), run)
        self.assertIn("nobody", run.text)

    def test_warnings(self):
        """G-12 a task that ends with warnings is a success"""
        site = self.site([guest("a")])
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/status/start",
                                  {"task": "warn", "text": "no hardware clock"}))
        self.ends(site.apply(code=None), 0)
        site.expect_up("a")

    def test_h43(self):
        """H-43 reconcile --once --json is one document with guests: well, in part, cluster down"""
        site = self.site([guest("a"), guest("b")], globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space"},
                                  params={"name": "b"}))
        for code in (22, 0):
            run = self.ends(site.vm7("reconcile", "--once", "--json"), code)
            made = json.loads(run.out)
            self.assertEqual(made["schema"], 1)
            self.assertEqual(sorted(g["name"] for g in made["guests"]), ["a", "b"])
        site.sim.stop()
        for args in (["reconcile", "--once", "--json"], ["--json", "plan"],
                     ["reconcile", "--once", "--dry-run", "--json"]):
            run = self.ends(site.vm7(*args), 20)
            made = json.loads(run.out)
            self.assertIn("guests" if "--dry-run" not in args and "plan" not in args else "vms",
                          made)
            self.assertEqual(made["error"]["code"], 20)

    def test_f10(self):
        """F-10 status.json lists each guest; one that failed has a last_error"""
        site = self.site([guest("a"), guest("b")], globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left on device"},
                                  params={"name": "b"}, times=-1))
        source = site.origin.head()
        site.apply(code=22)
        status = json.loads(site.origin.show("inventory/status.json"))
        guests = status["guests"]
        rows = guests if isinstance(guests, dict) else {g["name"]: g for g in guests}
        self.assertEqual(sorted(rows), ["a", "b"])
        for row in rows.values():
            self.assertLessEqual({"vmid", "node", "ip", "state", "last_error", "commit"}, set(row))
        self.assertIn("no space left", rows["b"]["last_error"])
        self.assertFalse(rows["a"]["last_error"])
        self.assertEqual(rows["a"]["commit"], source)
        self.assertEqual(status["vm_ips"]["a"], "192.168.10.50")
        self.assertEqual(status["vm_ids"]["a"], site.leases()["a"]["vmid"])

    def test_f10_again(self):
        """F-10 an equal failure commits nothing the second time but the intent"""
        site = self.site([guest("a")])
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left"}, times=-1))
        site.apply(code=None)
        first = site.origin.show("inventory/status.json")
        head = site.origin.head()
        run = site.apply(code=None)
        self.assertIn(run.code, (20, 22))
        self.assertEqual(site.origin.show("inventory/status.json"), first)
        self.assertEqual(site.origin.head(), head, "an equal failure made commits")

    def test_x02(self):
        """X-02 creating makes two commits that touch only vm7's files; idle makes none"""
        site = self.site([guest("a"), guest("b")])
        base = site.origin.head()
        site.apply()
        commits = site.origin.commits(base)
        self.assertEqual(len(commits), 2)
        ours = {"ipam/leases.json", "inventory/inventory.yaml", "inventory/hosts.yml",
                "inventory/status.json"}
        for commit in commits:
            self.assertLessEqual(set(site.origin.files(commit)), ours)
            self.assertEqual(site.origin.author(commit), "Pat Person <pat@example.org>")
            self.assertRegex(site.origin.message(commit), rf"(?m)^Vm7-Source: {base}$")
            self.assertRegex(site.origin.message(commit), r"(?m)^Vm7-Pass: \S+$")
        self.assertIn("a", site.origin.message(commits[0]))
        self.assertEqual({l["state"] for l in site.leases(commits[0]).values()}, {"reserved"})
        self.assertIn("ssh devops@192.168.10.50", site.origin.message(commits[1]))
        first, second = (site.lease_file(c) for c in commits)
        self.assertEqual(second["serial"], first["serial"] + 1)
        self.assertEqual(second["source"], base)
        site.apply()
        self.assertEqual(site.origin.head(), commits[1])

    def test_x02_author(self):
        """X-02 with the host's configuration the author is the configured one"""
        site = self.site([guest("a")], mode="remote")
        config = self.host_config(git={"author": "robot <robot@example.org>"},
                                  endpoints=[site.sim.url],
                                  state_dir=str(self.dir / "state"))
        base = site.origin.head()
        site.apply("--config", config)
        for commit in site.origin.commits(base):
            self.assertEqual(site.origin.author(commit), "robot <robot@example.org>")

    def test_result_commit(self):
        """a result commit says who is up"""
        site = self.site([guest("web-01")])
        run = site.apply()
        self.assertIn("web-01 is up: ssh devops@192.168.10.50",
                      site.origin.message("refs/heads/main"))
        self.assertIn("ssh devops@192.168.10.50", run.text)

    def test_requests(self):
        """design 9 creating a VM asks what it must and nothing twice"""
        site = self.site([guest("a")])
        site.apply()
        vmid = site.leases()["a"]["vmid"]
        asked = [e for e in site.sim.log() if f"/qemu/{vmid}/" in e["path"]
                 or e["path"].endswith("/nextid") or e["path"].endswith("/clone")]
        said = [(e["method"], e["path"].rsplit("/", 1)[1]) for e in asked]
        self.assertLessEqual(said.count(("GET", "config")), 4, said)
        self.assertEqual(said.count(("GET", "nextid")), 1, said)
        self.assertEqual([k for m, k in said if m != "GET"], list(CREATE))

    def test_verbose(self):
        """-v shows each request without the token"""
        site = self.site([guest("a")])
        run = self.ends(site.vm7("-v", "apply"), 0, "/clone", "/status/start")
        self.assertNotIn(site.sim.secret, run.text)
        self.assertNotIn("/clone", site.sim and self.ends(site.vm7("apply"), 0).text)

    def test_many(self):
        """twenty guests at once: no lock errors, each made once"""
        names = [f"g{i:02}" for i in range(20)]
        site = self.site([guest(n, clone="linked", disk_gb=None) for n in names])
        run = site.apply()
        site.expect_up(*names)
        self.assertNotIn("lock", re.sub(r"\bblock", "", run.err.lower()))
        bad = [e for e in site.sim.log() if e["status"] >= 500]
        self.assertEqual(bad, [])

    def test_slow_guests(self):
        """guests are made side by side, not one after the other"""
        site = self.site([guest(n) for n in "abcd"], watched=True)
        site.apply()
        site.expect_up(*"abcd")
        clones = [s for s in site.sim.writes_seen() if s.path.endswith("/clone")]
        starts = [s for s in site.sim.writes_seen() if s.path.endswith("/status/start")]
        self.assertLess(clones[-1].started, starts[0].started,
                        "the last clone began only after the first guest was done")


if __name__ == "__main__":
    main()
