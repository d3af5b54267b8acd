"""Order: who is made before whom, how many at once, and when a guest counts as ready."""

import json
import socket

from house import Case, main
from sample import guest, manifest, pool, pools
from sim import default_world, fault


def made(sim, name):
    """The number of the request that cloned the guest, and of the one that started it."""
    clone = next(e for e in sim.writes() if e["params"].get("name") == name)
    vmid = clone["params"]["newid"]
    start = next(e for e in sim.writes() if e["path"].endswith(f"/qemu/{vmid}/status/start"))
    return clone["n"], start["n"]


def asked(sim, vmid=None):
    """What was asked of agents."""
    return [e for e in sim.log() if "/agent/" in e["path"]
            and (vmid is None or f"/qemu/{vmid}/" in e["path"])]


def status_of(site):
    """What the repository tells of the guests, by name."""
    return json.loads(site.origin.show("inventory/status.json"))["guests"]


def slow_world(seconds):
    world = default_world()
    world["boot"] = seconds
    return world


class Order(Case):
    def test_h41_cycle(self):
        """H-41 guests that wait for each other are a mistake that names the circle"""
        site = self.site([guest("a", depends_on=["b"]), guest("b", depends_on=["a"])])
        self.ends(site.vm7("validate"), 11, "a -> b -> a")
        self.ends(site.vm7("apply"), 11, "a -> b -> a")
        self.assertEqual(site.sim.log(), [])
        site.set_vms(guest("web"), guest("app", depends_on=["wep"]))
        self.ends(site.vm7("validate"), 11, "there is no guest wep; did you mean web?")

    def test_h41_chain(self):
        """H-41 a chain is made link by link, whatever the order in the file"""
        site = self.site([guest("top", depends_on=["app"]), guest("app", depends_on=["db"]),
                          guest("alone"), guest("db")])
        site.apply()
        site.expect_up("top", "app", "db", "alone")
        self.assertEqual(site.leases()["top"]["depends"], ["app"])
        self.assertNotIn("depends", site.leases()["db"])
        numbers = {name: made(site.sim, name) for name in ("db", "app", "top", "alone")}
        self.assertLess(numbers["db"][1], numbers["app"][0])
        self.assertLess(numbers["app"][1], numbers["top"][0])
        self.assertLess(numbers["alone"][0], numbers["app"][0])

    def test_h41_failed(self):
        """H-41 who depends on a guest that failed is not begun, and is made when it is there"""
        site = self.site([guest("app", depends_on=["db"]), guest("db"), guest("alone")],
                         globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left"},
                                  params={"name": "db"}, times=-1))
        run = self.ends(site.vm7("apply"), 22, "not begun: it depends on db, which failed")
        self.assertEqual([e for e in site.sim.writes() if e["params"].get("name") == "app"], [])
        self.assertEqual(site.states()["alone"], "ready", str(run))
        site.sim.set_faults()
        site.apply()
        site.expect_up("app", "db", "alone")

    def test_h41_alone(self):
        """H-41 --guest makes nobody before those it depends on are there"""
        site = self.site([guest("app", depends_on=["db"]), guest("db")])
        self.ends(site.vm7("apply", "--guest", "app"), 23, "it depends on db, which is not there")
        self.assertEqual(site.sim.writes(), [])
        self.assertEqual(site.leases(), {})

    def test_h41_removed(self):
        """H-41 removal goes the other way round: who depends on others is stopped first"""
        guard = {"guard": {"max_destroy": 9, "max_percent": 100}}
        site = self.site([guest("kept"), guest("db"), guest("app", depends_on=["db"]),
                          guest("top", depends_on=["app"])], globals_=guard)
        site.apply()
        vmids = {name: lease["vmid"] for name, lease in site.leases().items()}
        writes = len(site.sim.writes())
        site.set_vms(guest("kept"))
        site.apply("--yes")
        self.assertEqual(site.states(), {"kept": "ready", "db": "released", "app": "released",
                                         "top": "released"})
        stops = [int(e["path"].split("/")[4]) for e in site.sim.writes()[writes:]
                 if e["path"].endswith(("/status/shutdown", "/status/stop"))]
        self.assertEqual(stops, [vmids["top"], vmids["app"], vmids["db"]])

    def test_h41_parallel(self):
        """H-41 six guests with parallel 3: three tasks at once, and never more"""
        names = ["a", "b", "c", "d", "e", "f"]
        site = self.site([guest(name) for name in names],
                         globals_={"reconcile": {"parallel": 3}}, sim_options={"speed": 20})
        site.apply()
        site.expect_up(*names)
        tasks = site.sim.get("/nodes/pve01/tasks", limit=500)
        edges = sorted([(int(task["starttime"]), 1) for task in tasks] +
                       [(int(task["endtime"]), -1) for task in tasks])
        most = now = 0
        for _, change in edges:
            now += change
            most = max(most, now)
        self.assertEqual(most, 3)

    def test_h42_continue(self):
        """H-42 on_error: continue makes the others when one of three fails"""
        site = self.site([guest("a"), guest("b"), guest("c")],
                         globals_={"reconcile": {"on_error": "continue", "parallel": 1}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left"},
                                  params={"name": "b"}, times=-1))
        self.ends(site.vm7("apply"), 22, "no space left")
        self.assertEqual(site.states(), {"a": "ready", "b": "reserved", "c": "ready"})
        self.assertEqual(len(site.sim.guests()), 2)

    def test_h42_rollback(self):
        """H-42 V-20 on_error: rollback removes what the pass made, and nothing else"""
        site = self.site([guest("old")])
        site.apply()
        held = site.leases()["old"]
        site.set_vms(guest("old"), guest("a"), guest("b"), guest("c"),
                     globals_={"reconcile": {"on_error": "rollback", "parallel": 1}})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/*/clone",
                                  {"task": "fail-start", "text": "no space left"},
                                  params={"name": "b"}, times=-1))
        run = self.ends(site.apply(code=None), 22, "no space left", "removed again")
        self.assertEqual(site.leases(), {"old": held}, run)
        site.expect_up("old")
        deleted = [e for e in site.sim.writes() if e["method"] == "DELETE"]
        self.assertEqual(len(deleted), 1, "c was never begun, b never there")
        site.sim.set_faults()
        site.apply()
        site.expect_up("old", "a", "b", "c")

    def test_h46_answers(self):
        """H-46 a guest is ready when its agent answers, and only then others build on it"""
        site = self.site([guest("app", depends_on=["db"]), guest("db", ready={"when": "agent"})],
                         sim_options={"speed": 10, "world": slow_world(150)})
        site.apply()
        site.expect_up("app", "db")
        looks = asked(site.sim)
        self.assertEqual([e["status"] for e in looks], [500] * (len(looks) - 1) + [200])
        self.assertGreater(len(looks), 1)
        self.assertGreater(made(site.sim, "app")[0], looks[-1]["n"])
        mark = site.sim.mark()
        site.apply()
        self.assertEqual([e for e in site.sim.log()[mark:] if "/agent/" in e["path"]], [])

    def test_h46_never(self):
        """H-46 who never answers is unreachable and kept, and keeps nobody else waiting"""
        slow = [f"slow-{i}" for i in range(10)]
        site = self.site(
            [guest(name, ready={"when": "agent", "timeout": "20s"}) for name in slow] +
            [guest("fast"), guest("late", depends_on=["slow-0"])],
            globals_={"reconcile": {"on_error": "continue", "parallel": 2}},
            sim_options={"speed": 50, "world": slow_world(1e6)})
        self.ends(site.vm7("apply"), 22, "its QEMU guest agent does not answer within 20 seconds",
                  "not begun: it depends on slow-0, which does not answer")
        self.assertEqual(site.states(), {**dict.fromkeys([*slow, "fast"], "ready"),
                                         "late": "reserved"})
        last = {name: asked(site.sim, site.leases()[name]["vmid"])[-1]["n"] for name in slow}
        self.assertLess(made(site.sim, "fast")[1], min(last.values()))
        status = status_of(site)
        for name in slow:
            self.assertEqual(status[name]["state"], "unreachable")
            self.assertIn("does not answer", status[name]["last_error"])
            self.assertEqual(site.sim.status(site.leases()[name]["vmid"]), "running")
        self.assertEqual(status["fast"]["state"], "ready")
        writes, looks = len(site.sim.writes()), len(asked(site.sim))
        site.apply()  # they are not made again, and what depends on them comes now
        self.assertEqual({e["params"].get("name") for e in site.sim.writes()[writes:]} - {None},
                         {"late"})
        self.assertEqual(status_of(site)["slow-3"]["state"], "unreachable")
        self.assertEqual(len(asked(site.sim)[looks:]), 1)  # one agent in a pass, in its turn
        head = site.origin.head()
        site.apply()
        self.assertEqual(site.origin.head(), head)

    def test_h46_ssh(self):
        """H-46 when: ssh waits for the greeting of an SSH server at the leased address"""
        addresses = pools(mgmt=pool("127.77.0.0/16", "127.77.7.1", "127.77.7.9"),
                          services=pool("192.168.20.0/24", "192.168.20.50", "192.168.20.60"))
        site = self.site([guest("db", ready={"when": "ssh", "timeout": "3s"})], pools=addresses)
        self.ends(site.vm7("apply"), 22, "its SSH server does not answer within 3 seconds",
                  "127.77.7.1")
        self.assertEqual(status_of(site)["db"]["state"], "unreachable")
        site.set_vms(guest("db", ready={"when": "ssh", "timeout": "3s"}),
                     guest("app", ready={"when": "ssh"}), guest("last", depends_on=["app"]))
        try:
            server = socket.create_server(("127.77.7.2", 22))
        except PermissionError:
            self.skipTest("only root may listen where SSH does")
        self.addCleanup(server.close)
        running = site.start_vm7("apply")
        server.settimeout(60)
        peer, _ = server.accept()
        with peer:
            self.assertEqual([e for e in site.sim.writes() if e["params"].get("name") == "last"],
                             [])
            peer.sendall(b"Hello\r\nSSH-2.0-test\r\n")
            self.ends(running.finish(120), 0)
        site.expect_up("db", "app", "last")
        self.assertEqual(status_of(site)["app"]["state"], "ready")
        self.assertEqual(status_of(site)["db"]["state"], "unreachable")
        server.close()
        server = socket.create_server(("127.77.7.1", 22))  # it answers later
        self.addCleanup(server.close)
        running = site.start_vm7("apply")
        server.settimeout(60)
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"SSH-2.0-test\r\n")
            self.ends(running.finish(120), 0)
        self.assertEqual(status_of(site)["db"]["state"], "ready")
        self.assertIsNone(status_of(site)["db"].get("last_error"))
        head = site.origin.head()
        site.apply()
        self.assertEqual(site.origin.head(), head)

    def test_h46_running(self):
        """H-46 when: running asks whether the guest still runs"""
        site = self.site([guest("a", ready={"when": "running"}),
                          guest("b", depends_on=["a"])])
        site.apply()
        site.expect_up("a", "b")

    def test_v22(self):
        """V-22 an address that answers to a ping is disputed; the scan allocates nothing"""
        addresses = pools(mgmt=pool("127.77.0.0/16", "127.77.7.1", "127.77.7.9"),
                          services=pool("192.0.2.0/24", "192.0.2.50", "192.0.2.60"))
        vms = [guest("a"), guest("b", network="services"),
               guest("c", network="services", depends_on=["a"])]
        ipam = {"pools_file": "ipam/pools.yaml", "leases_file": "ipam/leases.json"}
        site = self.site(vms, pools=addresses, globals_={"ipam": {**ipam, "probe": "ping"}})
        run = site.vm7("plan", "--json")
        if "pings are not permitted here" in run.text:
            self.ends(run, 0, "no fresh address was tried out")
            self.skipTest("pings are not permitted here")
        self.ends(run, 22,
                  "disputed: 127.77.7.1 would be leased to it, but somebody answers there",
                  "it depends on a, which is refused")
        self.assertEqual(site.vm7("plan", "--json").out, run.out)
        self.assertEqual(site.leases(), {})
        self.assertNotIn("answers there", site.vm7("plan", "--offline").text)
        self.ends(site.vm7("apply"), 22, "127.77.7.1")
        self.assertEqual(site.states(), {"b": "ready"})
        held = site.leases()
        self.ends(site.vm7("apply"), 23, "127.77.7.1")
        self.assertEqual(site.leases(), held)
        site.set_vms(*vms, globals_={"ipam": {**ipam, "probe": "none"}})
        site.apply()
        self.assertEqual(site.leases()["a"]["ip"], "127.77.7.1")
        site.set_vms(*vms, globals_={"ipam": {**ipam, "probe": "ping"}})
        site.apply()  # what is leased already is not tried out

    def test_h46_mistakes(self):
        """H-46 what could never answer is a mistake"""
        site = self.site(text=manifest(None, [guest("a", agent=False, ready={"when": "agent"})]))
        self.ends(site.vm7("validate"), 11, "ready.when: not together with agent: false")


if __name__ == "__main__":
    main()
