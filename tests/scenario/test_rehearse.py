"""Rehearsing: a real cluster becomes a world, and docs/rehearse.md keeps its word."""

import hashlib
import http.client
import json
import pathlib
import re
import ssl
import subprocess
import time
import urllib.parse

from clients import authority, cluster
from house import Case, main
from program import SIM
from sample import guest
from sim import ADMIN, AUDITOR, SimError

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPORT = ROOT / "deploy" / "export-world.py"
PAGE = ROOT / "docs" / "rehearse.md"
# What a moment, a boot or a certificate decides, not the world.
PASSING = {"cpu", "mem", "memhost", "uptime", "pid", "diskread", "diskwrite", "netin", "netout",
           "disk", "ssl_fingerprint", "ctime", "pressurecpufull", "pressurecpusome",
           "pressureiofull", "pressureiosome", "pressurememoryfull", "pressurememorysome"}


def without(answer, keys):
    """An answer without some keys, its lists in a fixed order."""
    if isinstance(answer, list):
        return sorted((without(entry, keys) for entry in answer),
                      key=lambda entry: json.dumps(entry, sort_keys=True))
    if isinstance(answer, dict):
        return {key: without(value, keys) for key, value in answer.items() if key not in keys}
    return answer


class Export(Case):
    def settled(self):
        """A cluster in which something has happened."""
        sim = cluster(self)
        sim.do("POST", "/nodes/pve01/qemu/9000/clone", newid=200, name="linked", pool="lab")
        sim.put("/nodes/pve01/qemu/200/config", tags="web;prod", description="Größe:\n50 %",
                ipconfig0="ip=10.1.2.7/24", cores=2)
        sim.do("POST", "/nodes/pve01/qemu/200/status/start")
        sim.put("/nodes/pve01/qemu/200/config", memory=2048, delete="tags,serial0")  # pending
        sim.do("POST", "/nodes/pve01/qemu/200/snapshot", snapname="clean", description="a & b")
        sim.do("POST", "/nodes/pve01/qemu/9001/clone", newid=201, name="full", full=1,
               storage="shared")
        sim.put("/pools/lab", storage="shared")
        sim.put("/storage/local", **{"prune-backups": "keep-last=3", "nodes": "pve01,pve02"})
        sim.do("POST", "/nodes/pve02/lxc", vmid=300, hostname="box", rootfs="local-lvm:2",
               ostemplate="local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst",
               net0="name=eth0,bridge=vmbr0,ip=dhcp", unprivileged=1)
        return sim

    def export(self, sim, user, *trust):
        return subprocess.run(
            ["/usr/bin/python3", str(EXPORT), sim.url, *trust], text=True, capture_output=True,
            timeout=60,
            env=self.environment({"VM7_SECRET_PVE_TOKEN": f"{user}={sim.tokens[user]}"}))

    def answers(self, sim, *unknown):
        """All that can be asked about a cluster, less what passes and what is unknown."""
        asked = ["/version", "/storage", "/cluster/status", "/cluster/resources", "/cluster/options",
                 "/nodes", "/pools", "/pools/lab"]
        for node in ("pve01", "pve02", "pve03"):
            asked += [f"/nodes/{node}/{part}" for part in ("network", "storage", "qemu", "lxc")]
            asked += [f"/nodes/{node}/storage/{entry['storage']}/content"
                      for entry in sim.get(f"/nodes/{node}/storage")]
        for guest in sim.get("/cluster/resources", type="vm"):
            path = f"/nodes/{guest['node']}/{guest['type']}/{guest['vmid']}"
            asked += [path + "/config", path + "/config?current=1", path + "/status/current",
                      path + "/snapshot"]
        return {path: without(sim.get(path.partition("?")[0], **dict(
            urllib.parse.parse_qsl(path.partition("?")[2]))), PASSING.union(unknown))
            for path in asked}

    def test_export(self):
        """rehearse: the world of a cluster answers as that cluster does"""
        sim = self.settled()
        for user, unknown in ((ADMIN, ()), (AUDITOR, ("parent",))):
            with self.part(user):
                run = self.export(sim, user, "--ca-file", authority(sim))
                self.assertEqual((run.returncode, run.stderr), (0, ""))
                copy = self.sim(world=json.loads(run.stdout))
                self.assertEqual(self.answers(copy, *unknown), self.answers(sim, *unknown))

    def test_writes_nothing(self):
        """rehearse: an export only reads, and refuses a certificate that is not the pinned one"""
        sim = cluster(self)
        run = self.export(sim, AUDITOR, "--fingerprint", sim.fingerprint)
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        self.assertEqual({entry["method"] for entry in sim.log()}, {"GET"})
        mark = sim.mark()
        run = self.export(sim, AUDITOR, "--fingerprint", "00" * 32)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("fingerprint", run.stderr)
        self.assertNotEqual(self.export(sim, AUDITOR).returncode, 0, "an unknown CA was trusted")
        self.assertEqual(sim.mark(), mark, "the token was sent to somebody unknown")


# --- the page ----------------------------------------------------------------------

# What a request raises when its answer does not come, or is none.
NO_ANSWER = (OSError, http.client.HTTPException)
NO_JSON = ValueError


def examples(kind):
    """The JSON blocks of the page that have this key, in order."""
    blocks = re.findall(r"^```json\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    return [block for block in map(json.loads, blocks) if kind in block]


class Page(Case):
    def test_world(self):
        """rehearse: the page's world is one that vm7 makes guests in"""
        (world,) = examples("nodes")
        sim = self.sim(world=world)
        self.assertEqual({guest["vmid"]: guest["status"] for guest
                          in sim.get("/cluster/resources", type="vm")},
                         {101: "running", 9000: "stopped"})
        site = self.site([guest("web")], sim=sim, proxmox={"node": "north", "datastore": "nas",
                                                           "resource_pool": "vm7"})
        site.apply()
        self.assertEqual(site.states(), {"web": "ready"})
        self.assertEqual(sim.status(site.leases()["web"]["vmid"]), "running")

    def test_complete(self):
        """rehearse: the page knows every key of a world, every fault, every option"""
        page = PAGE.read_text()
        world = (ROOT / "tests/sim/world_load.c").read_text().split("What --save adds")[0]
        keys = re.findall(r"^ \*   ([a-z]+)  +\S", world, re.M)
        self.assertIn("guests", keys)
        self.assertEqual([key for key in keys if f"| `{key}` |" not in page], ["pve"])
        faults = (ROOT / "tests/sim/faults.h").read_text().split("`do` is one of")[1]
        told = re.findall(r'^ \*   \{"(\w+)":', faults, re.M)
        self.assertIn("restart", told)
        known = {next(iter(example["faults"][0]["do"])) for example in examples("faults")}
        self.assertEqual(set(told), known)
        usage = subprocess.run([SIM, "--help"], capture_output=True, text=True, check=True).stdout
        self.assertEqual([option for option in re.findall(r"^  (--[a-z-]+)", usage, re.M)
                          if option not in page], ["--help"])
        self.assertLess(usage.count("\n"), 50)

    def test_faults(self):
        """rehearse: each of the page's faults strikes as the page says"""
        told = examples("faults")
        for number, example in enumerate(told):
            (row,) = example["faults"]
            kind = next(iter(row["do"]))
            with self.part(f"{number} {kind}"):
                self.struck = self.sim(save=True)
                self.struck.set_faults(row)
                getattr(self, "strikes_" + kind)(row)
        kinds = {next(iter(example["faults"][0]["do"])) for example in told}
        self.assertEqual({"strikes_" + kind for kind in kinds},
                         {name for name in dir(self) if name.startswith("strikes_")})

    def ask(self, row, **params):
        """A request that the row is about."""
        match = row["match"]
        path = match.get("path", "/version")
        path = path.replace("/nodes/*", "/nodes/pve01").replace("*", "9000")
        return self.struck.request(match.get("method", "GET"), path, params, timeout=3)

    def description(self):
        return self.struck.config(9000).get("description")

    def strikes_status(self, row):
        self.ask(row, newid=300)
        with self.assertRaises(SimError) as caught:
            self.ask(row, newid=301)
        self.assertEqual(caught.exception.status, row["do"]["status"])
        self.assertIn(row["do"]["reason"], caught.exception.text)
        self.ask(row, newid=301)

    def strikes_task(self, row):
        self.assertEqual(self.struck.wait(self.ask(row, newid=300)), row["do"]["text"])
        self.assertIn(300, self.struck.guests())

    def strikes_cut(self, row):
        with self.assertRaises(NO_ANSWER):
            self.ask(row, description="struck")
        self.assertEqual(self.description(), "struck" if row["do"]["cut"] == "after" else None)

    def strikes_refuse(self, row):
        for _ in range(3):
            with self.assertRaises(NO_ANSWER):
                self.ask(row)
        self.struck.set_faults()
        self.ask(row)

    def strikes_delay(self, row):
        self.assertTrue(self.ask(row))

    def strikes_half(self, row):
        with self.assertRaises((*NO_ANSWER, NO_JSON)):
            self.ask(row)

    def strikes_html(self, row):
        with self.assertRaises(NO_JSON):
            self.ask(row)

    strikes_bomb = strikes_html

    def strikes_silent(self, row):
        with self.assertRaises(TimeoutError):
            self.ask(row)

    def strikes_kill(self, row):
        with self.assertRaises(NO_ANSWER):
            self.ask(row, description="struck")
        self.struck.process.wait(10)
        self.struck.stop()
        self.struck.start()
        self.assertEqual(self.description(), "struck")

    def strikes_restart(self, row):
        with self.assertRaises(NO_ANSWER):
            self.ask(row)
        self.assertEqual(self.struck.process.poll(), None)
        self.assertTrue(self.once_up(lambda: self.ask(row)))

    def once_up(self, call):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                return call()
            except (*NO_ANSWER, SimError):
                time.sleep(0.05)
        return None

    def strikes_certificate(self, row):
        self.ask(row)
        (host, port) = self.struck.address.split(":")
        seen = ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, int(port))))
        self.assertNotEqual(hashlib.sha256(seen).hexdigest(),
                            self.struck.fingerprint.replace(":", "").lower())

    def strikes_world(self, row):
        self.ask(row)
        states = self.struck.get("/cluster/status")
        self.assertEqual({entry["name"]: entry.get("online", entry.get("quorate"))
                          for entry in states}, {"lab": 0, "pve01": 1, "pve02": 0, "pve03": 1})
        self.assertEqual(self.struck.config(9000)["lock"], "backup")

    def strikes_admin(self, row):
        self.ask(row)
        self.assertEqual(self.description(), "hands off")

    def test_random(self):
        """rehearse: the page's chance strikes, and what it drew can be told to strike again"""
        (example,) = examples("random")
        first, drawn = self.day(example)
        again, drawn_again = self.day(example)
        self.assertTrue(drawn)
        self.assertEqual((again, drawn_again), (first, drawn))
        replayed, more = self.day({"faults": drawn})
        self.assertEqual((replayed, more), (first, []))

    def day(self, fault_file):
        """How each of some requests ended under these faults, and the faults that were drawn."""
        sim = self.sim()
        sim.set_faults(*fault_file.get("faults", []), random=fault_file.get("random"))
        ended = []
        for _ in range(30):
            try:
                sim.get("/nodes/pve01/qemu/9000/config")
                ended.append(200)
            except SimError as err:
                ended.append(err.status)
            except NO_ANSWER:
                ended.append("cut")
        lines = map(json.loads, sim.log_file.read_text().splitlines())
        return ended, [line["fault"] for line in lines if "fault" in line]


if __name__ == "__main__":
    main()
