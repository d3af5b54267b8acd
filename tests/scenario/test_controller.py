"""The controller: what it does by itself, and what it lets be."""

import json
import signal
import socket

from controller import Controller
from house import Case, main
from sample import container, guest
from sim import fault


class Unattended(Case):
    def test_g14(self):
        """G-14 X-02 what is merged becomes a machine; another branch does nothing"""
        site = self.site([])
        controller = Controller(site)
        head = site.origin.head()
        site.person.git("switch", "-q", "-c", "other")
        site.person.commit("On another branch", {"vm7.yaml": site.manifest([guest("x")])})
        site.person.git("push", "-q", "origin", "other")
        site.person.git("switch", "-q", "main")
        site.set_vms(guest("a"), container("b"))
        controller.ready("a", "b")
        controller.until(lambda: len(site.origin.commits()) == 4, "results are pushed")
        site.person.pull()
        ours = site.person.git("log", "-2", "--format=%an").split("\n")
        self.assertEqual([name for name in ours if name], ["vm7", "vm7"])
        site.expect_up("a", "b")
        self.assertNotEqual(site.origin.head(), head)
        controller.stop()
        self.assertNotIn("x", site.leases())

    def test_x04(self):
        """X-01 X-04 what it pushed itself starts nothing; USR1 makes a pass at once"""
        site = self.site([guest("a")])
        controller = Controller(site)
        controller.ready("a")
        controller.until(lambda: len(site.origin.commits()) == 3, "results are pushed")
        mark, head = site.sim.mark(), site.origin.head()
        for _ in range(3):
            looked = controller.ask()["repository"]["looked_at"]
            controller.until(lambda: controller.ask()["repository"]["looked_at"] != looked,
                             "another look")
        self.assertEqual(site.sim.log()[mark:], [])
        controller.signal(signal.SIGUSR1)
        controller.passes(more=1)
        controller.stop()
        self.assertEqual([e for e in site.sim.log()[mark:] if e["method"] != "GET"], [])
        self.assertEqual(len([e for e in site.sim.log()[mark:]
                              if e["path"].endswith("/cluster/resources")]), 1)
        self.assertEqual(site.origin.head(), head)

    def test_x06(self):
        """X-06 a bad commit is told with its place; the last good one stays in force"""
        site = self.site([guest("a"), guest("b")])
        controller = Controller(site, drift_interval="2s")
        controller.ready("a", "b")
        writes = len(site.sim.writes())
        bad = site.manifest([guest("a"), guest("b"), guest("c")]).replace('"cpu"', '"cpus"')
        site.person.pull()
        site.person.publish("A mistake", {"vm7.yaml": bad})
        controller.says("vm7.yaml:", "cpus", "not in force")
        self.assertEqual(len(site.sim.writes()), writes)
        site.sim.do("POST", site.sim.where(site.leases()["a"]["vmid"]) + "/status/stop")
        controller.until(lambda: site.sim.status(site.leases()["a"]["vmid"]) == "running",
                         "what was stopped by hand runs again")
        self.assertNotIn("c", site.leases())
        controller.stop()
        controller.start()
        controller.says("not in force")
        site.set_vms(guest("a"), guest("b"), guest("c"))
        controller.ready("a", "b", "c")
        controller.stop()

    def test_x06_empty(self):
        """X-06 after a bad commit a controller without a memory holds on to the last good one"""
        site = self.site([guest("a"), guest("b")])
        site.apply()
        site.person.pull()
        site.person.publish("A mistake", {"vm7.yaml": "version: 2\nvms: []\n"})
        site.sim.do("POST", site.sim.where(site.leases()["a"]["vmid"]) + "/status/stop")
        controller = Controller(site)
        controller.until(lambda: site.sim.status(site.leases()["a"]["vmid"]) == "running",
                         "what was stopped by hand runs again")
        self.assertEqual(site.states(), {"a": "ready", "b": "ready"})
        controller.stop()

    def test_x12_git(self):
        """X-12 Git down: drift repair of finished guests goes on, and nothing else"""
        site = self.site([guest("a"), guest("b", power="observe")])
        controller = Controller(site, drift_interval="1s")
        controller.ready("a", "b")
        controller.until(lambda: len(site.origin.commits()) == 3, "results are pushed")
        vmids = {name: lease["vmid"] for name, lease in site.leases().items()}
        away = site.origin.folder.with_name("away.git")
        site.origin.folder.rename(away)
        controller.says("only finished guests are looked after")
        path = site.sim.where(vmids["a"])
        site.sim.put(path + "/config", onboot=0)
        site.sim.do("POST", path + "/status/stop")
        controller.until(lambda: site.sim.status(vmids["a"]) == "running", "it is started")
        controller.until(lambda: site.sim.config(vmids["a"]).get("onboot") == 1, "it is repaired")
        gone = site.sim.where(vmids["b"])
        site.sim.do("POST", gone + "/status/stop")
        site.sim.do("DELETE", gone)
        controller.says("only repairs are done now")
        self.assertNotIn(vmids["b"], site.sim.guests())
        away.rename(site.origin.folder)
        controller.until(lambda: vmids["b"] in site.sim.guests(), "it is made again")
        controller.ready("a", "b")
        controller.stop()

    def test_x12_pve(self):
        """X-12 Proxmox down: few requests, then it goes on; 401 is not tried again and again"""
        site = self.site([guest("a")], sim_options={"save": True})
        address = site.sim.address
        site.sim.stop()
        controller = Controller(site, drift_interval="1s")
        controller.says("the pass failed")
        site.sim.start(listen=address)
        controller.ready("a")
        controller.stop()
        mark = site.sim.mark()
        self.env["VM7_SECRET_PVE_TOKEN"] = "00000000-0000-4000-8000-000000000000"
        other = Controller(site, name="denied", drift_interval="1s")
        other.says("the pass failed", "401")
        for _ in range(3):
            head = site.origin.head()
            site.person.pull()
            site.person.publish("No change", {"note.txt": head})
        other.until(lambda: other.passes() >= 2, "a commit is a new try")
        self.assertEqual(other.log().count("the pass failed"), 1)
        self.assertLess(len(site.sim.log()[mark:]), 10)
        other.stop()

    def test_x11(self):
        """X-11 a second controller on the same state is 25"""
        site = self.site([guest("a")])
        controller = Controller(site)
        controller.ready("a")
        second = Controller(site, name="second", state_dir=str(controller.state))
        second.ends(25)
        self.assertIn("locked", second.log())
        controller.stop()

    def test_v23(self):
        """V-23 a secret in the repository, or one that others can read, is 21"""
        site = self.site([guest("a")])
        secret = self.secret_file("token", site.sim.secret, mode=0o644)
        secrets = {"pve-token": {"file": str(secret), "use": "proxmox"}}
        Controller(site, name="open", secrets=secrets, env={"VM7_SECRET_PVE_TOKEN": None}).ends(21)
        self.assertIn("0644", (self.dir / "open" / "log").read_text())
        secret.chmod(0o600)
        good = Controller(site, name="good", secrets=secrets, env={"VM7_SECRET_PVE_TOKEN": None})
        good.ready("a")
        good.stop()
        self.assertIn(site.sim.user, {e["user"] for e in site.sim.log()})
        text = site.manifest([guest("a")]).replace(
            json.dumps({"secret": "pve-token"}), json.dumps(site.sim.secret))
        self.assertIn(site.sim.secret, text)
        site.person.pull()
        site.person.publish("In clear", {"vm7.yaml": text})
        clear = Controller(site, name="clear")
        clear.ends(21)
        self.assertNotIn(site.sim.secret, clear.log())

    def test_g20(self):
        """G-20 rule 8 an empty disk: no write, and everything goes on"""
        site = self.site([guest("a"), container("b")])
        first = Controller(site, name="first")
        first.ready("a", "b")
        first.stop()
        shown = site.origin.show("inventory/inventory.yaml")
        mark = len(site.sim.writes())
        second = Controller(site, name="second")
        seen = site.sim.mark()
        second.until(lambda: [e for e in site.sim.log()[seen - 1:]
                              if e["path"].endswith("/resources")], "a pass")
        second.signal(signal.SIGUSR1)
        second.stop()
        self.assertEqual(len(site.sim.writes()), mark)
        self.assertEqual(site.origin.show("inventory/inventory.yaml"), shown)

    def test_hangup(self):
        """SIGHUP reads configuration and secrets again; what is wrong with them changes nothing"""
        site = self.site([guest("a")])
        controller = Controller(site, poll_interval="1h")
        controller.ready("a")
        controller.host["poll_interval"] = "soon"
        controller.write()
        controller.signal(signal.SIGHUP)
        controller.says("poll_interval", "as it was before")
        controller.host["poll_interval"] = "1s"
        controller.write()
        controller.signal(signal.SIGHUP)
        controller.says("was read again")
        site.set_vms(guest("a"), guest("b"))
        controller.ready("a", "b")
        controller.stop()

    def test_x01(self):
        """X-01 two commits between two looks are one pass, on the newest; memory stays"""
        site = self.site([guest("a")])
        controller = Controller(site, poll_interval="1h", drift_interval="1h", env={
            "ASAN_OPTIONS": "exitcode=99:detect_leaks=1:quarantine_size_mb=0"})
        controller.ready("a")
        controller.until(lambda: controller.ask()["passes"], "the pass is over")
        site.set_vms(guest("a"), guest("b"))
        site.set_vms(guest("a"), guest("c"))
        made = controller.passes()
        controller.signal(signal.SIGUSR1)
        controller.ready("a", "c")
        controller.until(lambda: not controller.ask()["pass"], "the pass is over")
        self.assertEqual(controller.passes(), made + 1)
        for _ in range(20):
            self.one_more(controller)
        settled, writes = controller.rss(), len(site.sim.writes())
        for _ in range(40):
            self.one_more(controller)
        self.assertLess(controller.rss() - settled, 1024 * 1024)
        self.assertEqual(len(site.sim.writes()), writes)
        controller.stop()

    @staticmethod
    def one_more(controller):
        controller.signal(signal.SIGUSR1)
        controller.passes(more=1)

    def test_x05(self):
        """X-05 rule 8 killed at any time, it goes on where it stood when it is started again"""
        site = self.site([], watched=True)
        doomed = ["/clone", "/config", "/resize", "/status/start"]

        def kill(seen):
            if seen.write and doomed and seen.path.endswith(doomed[0]):
                doomed.pop(0)
                controller.kill()
                return True
        site.sim.before = kill
        site.set_vms(guest("a"), container("b"))
        controller = Controller(site)
        while doomed:
            left = len(doomed)
            controller.process.wait(120)
            self.assertLess(len(doomed), left, controller.log())
            controller.start()
        controller.ready("a", "b")
        site.expect_up("a", "b")
        controller.stop()

    def test_g17(self):
        """G-17 the container that it runs in is made by hand, then looked after, never stopped"""
        own = container("vm7", self=True)
        site = self.site([own])
        site.apply()
        mark, head = len(site.sim.writes()), site.origin.head()
        controller = Controller(site)
        controller.until(lambda: controller.ask()["passes"], "a pass")
        self.assertEqual((len(site.sim.writes()), site.origin.head()), (mark, head))
        site.set_vms({**own, "ram_mb": 1024})
        vmid = site.leases()["vm7"]["vmid"]
        controller.until(lambda: int(site.sim.config(vmid)["memory"]) == 1024, "it is changed")
        controller.until(lambda: not controller.ask()["pass"], "the pass is over")
        mark = len(site.sim.writes())
        site.set_vms({**own, "ram_mb": 1024, "power": "stopped",
                      "image": "local:vztmpl/another.tar.zst"})
        controller.until(lambda: [w for w in controller.ask()["waits"] if w["guest"] == "vm7"],
                         "it waits for a person")
        self.assertEqual(site.sim.writes()[mark:], [])
        self.assertEqual(site.sim.status(vmid), "running")
        controller.stop()

    def test_own_branch(self):
        """ipam.branch: where main is protected, leases live on a branch of their own"""
        site = self.site([guest("a")], globals_={
            "ipam": {"pools_file": "ipam/pools.yaml", "leases_file": "ipam/leases.json",
                     "branch": "vm7"}})
        controller = Controller(site, poll_interval="1s")

        def states():
            return {name: lease["state"] for name, lease in
                    site.leases("refs/heads/vm7").items()}
        main_before = site.origin.head()
        controller.until(lambda: "vm7" in site.origin.git("branch", "--format=%(refname:short)")
                         and states() == {"a": "ready"}, "a is made")
        controller.until(lambda: controller.ask()["as_desired"], "all is as desired")
        self.assertEqual(site.origin.head(), main_before)
        made = controller.passes()
        for _ in range(2):
            looked = controller.ask()["repository"]["looked_at"]
            controller.until(lambda: controller.ask()["repository"]["looked_at"] != looked,
                             "another look")
        self.assertEqual(controller.passes(), made, "its own commit started a pass")
        site.set_vms(guest("a"), guest("b"), globals_=site.options["globals_"])
        controller.until(lambda: states() == {"a": "ready", "b": "ready"}, "b is made")
        controller.stop()

    def test_shut(self):
        """a door that cannot be opened at a reload is opened as soon as it can be"""
        site = self.site([guest("a")])
        controller = Controller(site)
        controller.ready("a")
        with socket.create_server(("127.0.0.1", 0)) as taken:
            controller.host["listen"] = [f"127.0.0.1:{taken.getsockname()[1]}"]
            controller.write()
            controller.signal(signal.SIGHUP)
            controller.says("nothing is served for now", "in use")
        controller.says("open at http://127.0.0.1")
        self.assertEqual(controller.log().count("nothing is served"), 1)
        self.assertEqual(controller.ask()["schema"], 1)
        controller.stop()

    def test_stop_while_pushing(self):
        """SIGTERM while a reservation is pushed: it is pushed, and nothing is begun"""
        site = self.site([guest("a")])
        server = self.git_https()

        def stop(path):
            if path.endswith("/git-receive-pack") and "?" not in path:
                controller.signal(signal.SIGTERM)
                controller.says("stopping")
        server.before = stop
        controller = Controller(site, repo=server.url(site.origin),
                                git={"ca_file": str(self.authority().file)})
        controller.ends(0)
        self.assertEqual(site.states(), {"a": "reserved"})
        self.assertEqual(site.sim.writes(), [])
        server.before = lambda path: None
        controller.start()
        controller.ready("a")
        controller.stop()

    def test_no_storm(self):
        """X-12 a guest that rests does not make failing passes come faster"""
        site = self.site([guest("a"), guest("b", template_id=9999)], sim_options={"save": True})
        controller = Controller(site, drift_interval="1s")
        controller.until(lambda: site.states().get("a") == "ready", "a is made")
        controller.until(lambda: controller.ask()["passes"], "a pass is over")
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/status/start", {
            "status": 500, "reason": "no"}, times=-1))
        site.sim.do("POST", site.sim.where(site.leases()["a"]["vmid"]) + "/status/stop")
        controller.until(lambda: [g for g in controller.ask()["guests"]
                                  if g["health"] == "failed"], "a fails")
        site.sim.stop()
        controller.until(lambda: controller.ask()["cluster"]["reachable"] is False, "it is away")
        controller.until(lambda: controller.ask()["next"]["what"] == "retry"
                         and not controller.ask()["pass"], "it rests")
        before = controller.passes()
        for _ in range(2):
            looked = controller.ask()["repository"]["looked_at"]
            controller.until(lambda: controller.ask()["repository"]["looked_at"] > looked,
                             "another look")
        self.assertLessEqual(controller.passes(), before + 4)
        controller.stop()

    def test_released(self):
        """what is stopped and kept is no reason for alarm; what removal: keep leaves up waits"""
        site = self.site([guest("a"), guest("b", removal="keep"), guest("c")])
        controller = Controller(site)
        controller.ready("a", "b", "c")
        site.set_vms(guest("b", removal="keep"), guest("c"))
        controller.until(lambda: site.states().get("a") == "released", "a is released")
        controller.until(lambda: controller.ask()["as_desired"], "all is as desired")
        site.set_vms(guest("c"))
        controller.until(lambda: [(w["guest"], w["command"]) for w in controller.ask()["waits"]]
                         == [("b", "vm7 release b")], "b waits")
        self.assertFalse(controller.ask()["as_desired"])
        controller.stop()

    def test_log(self):
        """log lines: with their priorities in the journal, or as JSON"""
        site = self.site([guest("a", template_id=9999)])
        log = self.dir / "journal" / "log"
        log.parent.mkdir()
        log.touch()
        stat = log.stat()
        controller = Controller(site, name="journal",
                                env={"JOURNAL_STREAM": f"{stat.st_dev}:{stat.st_ino}"})
        controller.says("<5>vm7", "<4>a: ")
        controller.stop()
        controller = Controller(site, name="json", args=["--log-format", "json"])
        controller.says('"warning"')
        controller.stop()
        lines = [json.loads(line) for line in controller.log().splitlines()]
        self.assertIn(("warning", "a"), [(line["level"], line["about"]) for line in lines])
        self.assertTrue(all(set(line) == {"time", "level", "about", "text"} for line in lines))

    def test_systemd(self):
        """Type=notify: ready, reloading, stopping, and a watchdog that is fed while it works"""
        site = self.site([guest("a")])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self.dir / "notify"))
            manager.settimeout(120)
            controller = Controller(site, env={
                "NOTIFY_SOCKET": str(self.dir / "notify"), "WATCHDOG_USEC": "400000"})

            def heard(word):
                while True:
                    said = manager.recv(4096).decode()
                    if word in said:
                        return said
            heard("READY=1")
            heard("WATCHDOG=1")
            controller.ready("a")
            heard("STATUS=1 guest, everything as desired")
            controller.signal(signal.SIGHUP)
            self.assertIn("MONOTONIC_USEC=", heard("RELOADING=1"))
            heard("READY=1")
            controller.signal(signal.SIGTERM)
            heard("STOPPING=1")
            controller.ends(0)

    def test_stop(self):
        """SIGTERM in the middle: it ends, and the next start goes on with what was under way"""
        site = self.site([guest("a"), guest("b")], sim_options={"speed": 10})
        controller = Controller(site)
        controller.until(lambda: [e for e in site.sim.writes() if e["path"].endswith("/clone")],
                         "it is being made")
        controller.stop()
        controller.start()
        controller.ready("a", "b")
        controller.until(lambda: site.sim.guests(), "guests")
        site.expect_up("a", "b")
        controller.stop()

    def test_failing_guest(self):
        """a guest that cannot be made rests longer and longer; the others are looked after"""
        site = self.site([guest("a"), guest("b", template_id=9999)])
        controller = Controller(site, drift_interval="1s")
        controller.until(lambda: site.states().get("a") == "ready", "a is made")
        site.sim.do("POST", site.sim.where(site.leases()["a"]["vmid"]) + "/status/stop")
        controller.until(lambda: site.sim.status(site.leases()["a"]["vmid"]) == "running",
                         "it is started")
        site.set_vms(guest("a"), guest("b"))
        controller.ready("a", "b")
        controller.stop()


if __name__ == "__main__":
    main()
