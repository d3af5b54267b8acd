"""vm7 status and vm7 reconcile: what people are told by the controller, and without one."""

import json
import os
import pty
import re
import signal
import subprocess
import threading

from controller import Controller
from house import Case, main
from program import VM7
from sample import container, guest
from sim import default_world, fault

RAW = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class Asked(Case):
    """A controller, and a person who asks it."""

    def run_controller(self, site, **host):
        self.controller = Controller(site, **host)
        return self.controller

    def status(self, code, *args, words=(), **options):
        run = self.vm7("status", "--config", str(self.controller.config), *args, **options)
        return self.ends(run, code, *words).out

    def reconcile(self, code, *args, words=()):
        run = self.vm7("reconcile", "--config", str(self.controller.config), *args)
        return self.ends(run, code, *words).out

    def until(self, condition, what):
        return self.controller.until(lambda: condition(self.controller.ask()), what)

    def health(self, name):
        return {g["name"]: g["health"] for g in self.controller.ask()["guests"]}.get(name)


class Status(Asked):
    def test_well(self):
        """status: everything as desired is 0, with where things are and what comes next"""
        site = self.site([guest("a"), container("b")])
        controller = self.run_controller(site, poll_interval="2h")
        tip = site.origin.head()[:8]
        self.until(lambda doc: doc["as_desired"], "everything is as desired")
        shown = self.status(0, words=(
            "2 guests, everything as desired", site.origin.url + ": answers", f"in force    {tip}",
            "lab at " + site.sim.url, "pve01 online, pve02 online", "1 (started)", "a pass (drift check) in",
            "First machines", "mgmt 192.168.10.0/24: 2 of 151 used, 149 free"))
        self.assertNotIn("waits for a person", shown)
        self.assertNotIn("\x1b", shown)
        doc = json.loads(self.status(0, "--json"))
        self.assertEqual(list(doc), sorted(doc))
        del doc["now"], doc["next"]
        told = controller.ask()
        self.assertEqual(doc, {key: told[key] for key in doc})
        lease = site.leases()["b"]
        self.status(0, "b", words=("b: ok", "vm7.yaml:", "type: lxc, networks: mgmt, cpu: 1",
                                   f"container {lease['vmid']} on pve01, {lease['ip']}",
                                   lease["id"], "running on pve01", "create: done"))
        one = json.loads(self.status(0, "b", "--json"))
        self.assertEqual(one["lease"], lease)
        self.assertEqual(one["guest"]["name"], "b")
        self.assertEqual([past["action"]["verb"] for past in one["history"]], ["create"])
        self.status(64, "bb", words=("there is no guest bb; did you mean b?",))
        controller.stop()

    def test_trouble(self):
        """status: who fails and where, what waits, the commands; a mistake; who is held"""
        world = default_world()
        next(n for n in world["nodes"] if n["name"] == "pve03")["online"] = False
        site = self.site([guest("a"), guest("held", hold=True)], sim_options={"world": world},
                         globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-middle", "text": "clone failed: no space left"},
                                  params={"name": "bad"}, times=-1))
        controller = self.run_controller(site, drift_interval="1s")
        controller.ready("a")
        self.status(0, "held", words=("held: held",))
        site.set_vms(guest("a"), guest("held", hold=True), guest("bad"))
        self.until(lambda doc: [w for w in doc["waits"] if w["command"]], "bad failed")
        # it rests: passes that leave it alone do not forget where it failed
        controller.passes(more=1)
        self.status(1, words=("1 failed", "pve03 offline", "bad failed while being made, first ",
                              "no space left", "vm7 rollback --guest bad"))
        self.status(1, "bad", words=("bad: failed while being made", "reserved since",
                                     "vm7 rollback --guest bad", "create: failed: "))
        site.person.pull()
        text = site.person.read("vm7.yaml")
        bad = site.person.publish("Too little", {"vm7.yaml": text.replace('"cpu": 2', '"cpu": 0')})
        self.until(lambda doc: doc["repository"]["rejected"], "the mistake is known")
        shown = self.status(1, words=(f"refused     {bad[:8]}", "0 is less than 1"))
        self.assertRegex(shown, r"\n {14}vm7.yaml:\d+:\d+: vms\[0\].cpu: ")
        self.assertNotIn(f"in force    {bad[:8]}", shown)
        controller.stop()

    def test_hostile(self):
        """rule 9 status: nothing that a commit or Proxmox says reaches the terminal raw"""
        evil = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp"
        world = default_world()
        site = self.site([guest("a")], sim_options={"world": world})
        site.person.git("config", "user.name", "Eve" + evil)
        site.person.publish("Subject" + evil, {"note.txt": "x"})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone", times=-1,
                                  do={"task": "fail-middle", "text": "clone failed" + evil}))
        controller = self.run_controller(site)
        self.until(lambda doc: doc["waits"], "it failed")
        for args in ((), ("a",), ("--json",), ("a", "--json")):
            shown = self.status(1, *args, words=("clone failed", "Subject?"))
            self.assertIsNone(RAW.search(shown), repr(shown))
            self.assertNotIn("\\u00", shown)
        controller.stop()

    def test_doing(self):
        """status: a task under way has its UPID, a pass says how far it is"""
        site = self.site([guest("a")])
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone", {"task": "hang"},
                                  params={"name": "b"}))
        controller = self.run_controller(site)
        controller.ready("a")
        site.set_vms(guest("a"), guest("b"), container("c"))
        (upid,) = self.until(lambda doc: [step["upid"] for step in doc["doing"]
                                          if step["guest"] == "b" and step["upid"]], "its task")
        self.until(lambda doc: doc["pass"]["done"] == 1, "c is made")
        self.status(0, words=("a pass (a new commit)", "1 of 2 done", "b: being made", upid))
        self.assertNotIn("c: ", self.status(0))
        controller.kill()

    def test_files(self):
        """status: without a controller it is what the repository says; without both, 20"""
        site = self.site([guest("a"), guest("b")])
        self.ends(self.vm7("status"), 20, "no controller listens", "no repository here")
        self.ends(self.vm7("status", "--watch", cwd=site.person.folder), 20)
        self.ends(self.vm7("status", cwd=site.person.folder), 1, "No controller answers",
                  "2 not finished")
        site.apply()
        mark = site.sim.mark()
        for where in (["-C", str(site.person.folder)], ["--repo", site.origin.url]):
            run = self.ends(self.vm7("status", *where), 0, "No controller answers",
                            "everything as desired", "192.168.10.51")
            self.assertNotIn("controller  ", run.out)
        doc = json.loads(self.vm7("status", "--json", "-C", str(site.person.folder)).out)
        self.assertEqual([doc["controller"], doc["next"], doc["pass"]], [None] * 3)
        self.assertEqual({g["power"] for g in doc["guests"]}, {"unknown"})
        self.ends(self.vm7("status", "a", "-C", str(site.person.folder)), 0, "a: ok",
                  "Proxmox was not asked", site.leases()["a"]["id"])
        site.set_vms(guest("a"))
        self.ends(self.vm7("status", "--repo", site.origin.url), 1)
        if os.geteuid() == 0:  # the cache of a controller that is stopped stays its own
            theirs = self.dir / "theirs"
            theirs.mkdir()
            os.chown(theirs, 12345, 12345)
            self.ends(self.vm7("status", "--repo", site.origin.url, "--state-dir", theirs), 30,
                      "belongs to another user")
            self.assertEqual(list(theirs.iterdir()), [])
        self.assertEqual(site.sim.mark(), mark)

    def test_watch(self):
        """status --watch: it is drawn again when something changed, and Ctrl-C ends it with 0"""
        site = self.site([guest("a")])
        controller = self.run_controller(site)
        controller.ready("a")
        self.until(lambda doc: doc["as_desired"], "everything is as desired")
        command = [VM7, "status", "--watch", "--config", str(controller.config)]
        near, far = pty.openpty()
        shown = bytearray()

        def read():
            try:
                while piece := os.read(near, 4096):
                    shown.extend(piece)
            except OSError:
                pass  # the other side is closed
        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        screen = subprocess.Popen(command, stdin=far, stdout=far, stderr=far,
                                  env=self.environment({"TERM": "xterm"}), start_new_session=True)
        with open(self.dir / "lines", "wb") as out:
            lines = subprocess.Popen([*command, "--json"], stdin=subprocess.DEVNULL, stdout=out,
                                     env=self.environment(), start_new_session=True)
        os.close(far)
        controller.until(lambda: b"1 guest, everything as desired" in shown, "it is drawn")
        self.assertIn(b"\x1b[32m", shown)
        site.set_vms(guest("a"), guest("b"))
        controller.until(lambda: b"2 guests, everything as desired" in shown, "it is drawn anew")
        screen.send_signal(signal.SIGINT)
        self.assertEqual(screen.wait(30), 0)
        reader.join(30)
        self.assertTrue(bytes(shown).rstrip().endswith(b"\x1b[?1049l"), bytes(shown[-200:]))
        told = self.dir / "lines"
        controller.until(lambda: "2 guests, everything" in told.read_text(), "a line tells of it")
        lines.send_signal(signal.SIGTERM)
        self.assertEqual(lines.wait(30), 0)
        shown = [json.loads(line)["summary"] for line in told.read_text().splitlines()]
        self.assertEqual(shown[-1], "2 guests, everything as desired")
        controller.stop()


class Reconcile(Asked):
    def test_asked(self):
        """reconcile: the controller makes a pass, it is told what came of it, and ends so"""
        site = self.site([guest("a")])
        self.ends(self.vm7("reconcile"), 20, "no controller listens", "--once")
        self.ends(self.vm7("reconcile", "--guest", "a"), 64, "--once")
        controller = self.run_controller(site, poll_interval="1h")
        controller.ready("a")
        controller.passes(more=0)
        self.assertIn("idle", self.reconcile(0))
        vmid = site.leases()["a"]["vmid"]
        site.sim.do("POST", site.sim.where(vmid) + "/status/stop")
        # both are granted by passes that began after they asked
        both = [threading.Thread(target=self.reconcile, args=(0,)) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        self.assertEqual(site.sim.status(vmid), "running")
        site.set_vms(guest("a", cpu=4))
        self.assertIn("a: change: done", self.reconcile(0))
        done = json.loads(self.reconcile(0, "--json"))
        self.assertEqual((done["pass"]["result"], done["pass"]["exit"]), ("idle", 0))
        site.set_vms(guest("a", cpu=4), guest("b", template_id=9999))
        self.reconcile(20, words=("waits for a person", "b waits", "template 9999"))
        controller.stop()

    def test_rewritten(self):
        """X-06 reconcile: a rewritten branch is refused until the operator names its commit"""
        site = self.site([guest("a")])
        controller = self.run_controller(site)
        controller.ready("a")
        self.until(lambda doc: doc["as_desired"], "everything is as desired")
        site.person.pull()
        tree = f"{site.origin.head()}^{{tree}}"
        new = site.person.git("commit-tree", "-m", "All in one", tree).strip()
        site.person.git("push", "-q", "origin", f"{new}:refs/pushed/{new}")
        site.origin.git("update-ref", "refs/heads/main", new)
        self.until(lambda doc: [w for w in doc["waits"] if w["command"]], "it waits")
        command = f"vm7 reconcile --accept-rewrite {new}"
        self.status(1, words=("was rewritten", command))
        self.reconcile(64, "--accept-rewrite", "HEAD")
        self.reconcile(23, words=(f"refused     {new[:8]}", command))
        self.reconcile(23, "--accept-rewrite", "0123456789abcdef", words=(command,))
        self.reconcile(0, *command.split()[2:])
        self.until(lambda doc: doc["as_desired"], "everything is as desired again")
        self.assertEqual(site.lease_file()["source"], new)
        self.status(0)
        controller.stop()


if __name__ == "__main__":
    main()
