"""Bad input from every side: it ends in the documented code, says where, and changes nothing."""

import json
import resource
import time

from hostile import closed_port
from house import Case, main
from sample import POOLS, container, guest, manifest
from sim import fault

# What a cluster may do to a read: (name, fault, expected codes)
BAD_READS = (
    ("HTML", {"html": True}, (20,)),
    ("half a body", {"half": True}, (20,)),
    ("no answer at all", {"cut": "before"}, (20,)),
    ("401", {"status": 401, "reason": "Authentication failed!", "body": ""}, (21,)),
    ("403", {"status": 403, "reason": "Permission check failed"}, (21,)),
    ("500", {"status": 500, "reason": "ipcc_send_rec[1] failed: Connection refused"}, (20,)),
    ("501", {"status": 501, "reason": "Method 'GET /x' not implemented"}, (20,)),
    ("595", {"status": 595, "reason": "No route to host"}, (20,)),
    ("596", {"status": 596, "reason": "Connection timed out"}, (20,)),
    ("redirect", {"status": 301, "reason": "Moved Permanently"}, (20,)),
    ("empty body", {"status": 200, "body": "", "content_type": "application/json"}, (20,)),
    ("not an envelope", {"status": 200, "body": "[1]", "content_type": "application/json"}, (20,)),
    ("null data", {"status": 200, "body": '{"data":null}', "content_type": "application/json"},
     (20,)),
    ("wrong types", {"status": 200, "body": '{"data":{"a":[{}]}}',
                     "content_type": "application/json"}, (20,)),
    ("deep JSON", {"status": 200, "body": "[" * 100000, "content_type": "application/json"},
     (20,)),
    ("NUL and control characters", {"status": 500, "reason": "a\x07b\x1b[31mc"}, (20,)),
)

# What it may do to a write; the guests survive all of it.
BAD_WRITES = (
    ("html", {"html": True}),
    ("half", {"half": True}),
    ("cut-before", {"cut": "before"}),
    ("cut-after", {"cut": "after"}),
    ("e500", {"status": 500, "reason": "got no worker upid - start worker failed"}),
    ("e595", {"status": 595, "reason": "Connection refused"}),
    ("e596", {"status": 596, "reason": "Connection timed out"}),
    ("locked", {"status": 500, "reason": "can't lock file '/var/lock/qemu-server/lock-1.conf'"
                                         " - got timeout"}),
)


class BadFiles(Case):
    def check(self, files, *words, code=11, within=15):
        """validate, plan and apply end with 11; no request, no commit."""
        site = self.site([guest("a")], sim=self.shared, mode="remote")
        mark = len(self.shared.log())
        site.person.publish("bad", files)
        head = site.origin.head()
        for where, verb in ((["-C", str(site.person.folder)], "validate"),
                            (["-C", str(site.person.folder)], "plan"),
                            (site.where(), "apply")):
            started = time.monotonic()
            run = self.vm7(*where, verb)
            self.assertLess(time.monotonic() - started, within, run)
            self.assertEqual(run.code, code, run)
            for word in words:
                self.assertIn(word, run.err)
        self.assertEqual(site.origin.head(), head)
        self.assertEqual([e for e in self.shared.log()[mark:] if e["method"] != "GET"], [])
        return run

    def setUp(self):
        super().setUp()
        self.shared = self.sim()

    def test_yaml(self):
        """bad input: YAML that is truncated, binary, deep, huge, cyclic, or not YAML at all"""
        good = manifest(self.shared, [guest("a")])
        deep_block = "".join(" " * i + "a:\n" for i in range(300))
        cases = {
            "truncated": (good[:-30], "vm7.yaml:"),
            "truncated string": (good[: good.index("devops") + 3], "vm7.yaml:"),
            "binary": (bytes(range(256)) * 40, "vm7.yaml"),
            "NUL": (good.replace("devops", "dev\0ops"), "vm7.yaml:"),
            "UTF-16": (good.encode("utf-16"), "vm7.yaml"),
            "bad UTF-8": (good.encode() + b"# \xff\xfe\n", "vm7.yaml:"),
            "deep flow": ("a: " + "[" * 100_000, "vm7.yaml:1:"),
            "deep block": (deep_block, "vm7.yaml:"),
            "cyclic": ("a: &a [*a]\n", "vm7.yaml:1:"),
            "billion laughs": ("a: &a [x,x]\n" + "".join(
                f"{chr(98 + i)}: &{chr(98 + i)} [*{chr(97 + i)},*{chr(97 + i)}]\n"
                for i in range(20)), "vm7.yaml:1:"),
            "a list": ("- 1\n", "vm7.yaml:1:"),
            "a word": ("hello\n", "vm7.yaml:1:"),
            "empty": ("", "vm7.yaml"),
            "only a comment": ("# nothing\n", "vm7.yaml"),
            "tabs": (good.replace("  access", "\taccess"), "vm7.yaml:"),
            "wrong %YAML": ("%YAML 2.0\n---\n" + good, "vm7.yaml:1:"),
            "many mistakes": (good + "".join(f"k{i}: 1\n" for i in range(20_000)), "vm7.yaml:"),
        }
        for name, (text, word) in cases.items():
            with self.part(name, keep_env=True):
                run = self.check({"vm7.yaml": text}, word)
                self.assertLess(len(run.err), 2_000_000)
                self.assertNotIn("\0", run.err)

    def test_yaml_huge(self):
        """bad input: a hundred thousand guests are read in seconds, refused or not"""
        text = manifest(self.shared, []).replace("vms: []", "vms:\n") + "".join(
            f'  - {{"name": "g{i}", "type": "docker"}}\n' for i in range(100_000))
        self.check({"vm7.yaml": text}, "vm7.yaml:", within=60)

    def test_crlf(self):
        """bad input that is none: a BOM and CRLF line ends are read"""
        site = self.site([guest("a")], sim=self.shared)
        text = "\ufeff" + site.manifest([guest("a")]).replace("\n", "\r\n")
        site.person.publish("from Windows", {"vm7.yaml": text.encode()})
        self.ends(site.vm7("validate"), 0)

    def test_pools(self):
        """bad input: the pools file"""
        for name, text in {
            "missing key": POOLS.replace("    cidr: \"192.168.10.0/24\"\n", ""),
            "truncated": POOLS[:40],
            "binary": b"\x00\x01\x02",
            "empty": "",
            "a list": "[]\n",
        }.items():
            with self.part(name, keep_env=True):
                self.check({"ipam/pools.yaml": text}, "ipam/pools.yaml")

    def test_leases(self):
        """bad input: a lease file that is not JSON, or not a lease file"""
        def lease(**more):
            return json.dumps({"leases": {"a": {"ip": "192.168.10.50", "pool": "mgmt", **more}}})
        for name, text in {
            "truncated": '{"leases": {"a": {"ip": "192.168.',
            "empty": "",
            "a list": "[]",
            "null": "null",
            "binary": b"\x89PNG\r\n\x1a\n",
            "double key": '{"leases": {}, "leases": {}}',
            "deep": "[" * 100_000,
            "trailing": lease() + "x",
            "conflict": "<<<<<<< HEAD\n" + lease() + "\n=======\n" + lease() + "\n>>>>>>> x\n",
            "number as address": json.dumps({"leases": {"a": {"ip": 3232238130, "pool": "mgmt"}}}),
            "no such pool key": lease(pool=7),
            "unknown key": lease(owner="me"),
            "version 2": json.dumps({"version": 2, "leases": {}}),
            "big integer": lease(vmid=10 ** 30),
            "NUL": lease(node="pve\u0000"),
            "leases is a list": json.dumps({"leases": []}),
        }.items():
            with self.part(name, keep_env=True):
                site = self.site([guest("a")], sim=self.shared, mode="remote")
                site.person.publish("bad", {"ipam/leases.json": text})
                head, mark = site.origin.head(), len(self.shared.writes())
                for verb in ("plan", "apply"):
                    self.ends(site.vm7(verb), 11, "ipam/leases.json")
                self.assertEqual((site.origin.head(), len(self.shared.writes())), (head, mark))

    def test_missing(self):
        """bad input: files that are not there, folders in their place"""
        for name, change in {
            "no vm7.yaml": lambda p: p.remove("vm7.yaml"),
            "no pools": lambda p: p.remove("ipam/pools.yaml"),
            "vm7.yaml a folder": lambda p: (p.remove("vm7.yaml"), p.write("vm7.yaml/x", "")),
        }.items():
            with self.part(name, keep_env=True):
                site = self.site([guest("a")], sim=self.shared, mode="remote")
                change(site.person)
                site.person.publish("bad")
                word = "ipam/pools.yaml" if "pools" in name else "vm7.yaml"
                self.ends(site.apply(code=None), 11, word)

    def test_many_files(self):
        """bad input: an include that matches very many files ends in time"""
        site = self.site([guest("a")], sim=self.shared, mode="remote", include=["g/*.yaml"])
        site.person.publish("many", {f"g/{i}.yaml": "vms: []\n" for i in range(5000)})
        run = site.plan(timeout=60)
        self.assertIn(run.code, (0, 11), run)


class BadCluster(Case):
    def site_with(self, do, path, method="GET", times=-1):
        site = self.site([guest("a")])
        site.sim.set_faults(fault(method, path, do, times=times))
        return site

    def test_reads(self):
        """bad input: a cluster that answers reads with nonsense: code, place, nothing changed"""
        site = self.site([guest("a")])
        head = site.origin.head()
        for path in ("/cluster/resources", "/cluster/status", "/nodes/*/qemu/9000/config"):
            for name, do, codes in BAD_READS:
                with self.subTest(f"{path} {name}"):
                    site.sim.set_faults(fault("GET", path, do, times=-1))
                    started = time.monotonic()
                    run = site.apply(code=None)
                    self.assertLess(time.monotonic() - started, 45)
                    if path.endswith("/config"):  # of one guest's template: the pass goes on
                        self.assertIn(run.code, (20, *codes), run)
                        self.assertIn("9000", run.err)
                    else:
                        self.assertIn(run.code, codes, run)
                        self.assertIn(path.strip("/"), run.err)
                    self.assertNotRegex(run.err, r"[\x00-\x08\x0b-\x1f]")
                    self.assertEqual((site.origin.head(), site.sim.writes()), (head, []))
        site.sim.set_faults()
        site.apply()
        site.expect_up("a")

    def test_bomb(self):
        """bad input: a gzip bomb is cut off"""
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        site = self.site_with({"bomb": True}, "/cluster/resources")
        started = time.monotonic()
        run = self.ends(site.apply(code=None), 20, "/cluster/resources")
        self.assertLess(time.monotonic() - started, 60, run)
        after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        self.assertLess(max(0, after - before), 700 * 1024, "it was unpacked into memory")
        self.assertEqual(site.sim.writes(), [])

    def test_silent(self):
        """bad input: a cluster that never answers ends at a deadline"""
        site = self.site_with({"silent": True}, "/cluster/resources")
        started = time.monotonic()
        self.ends(site.apply(code=None), 20, "/cluster/resources")
        self.assertLess(time.monotonic() - started, 150)

    def test_refused(self):
        """bad input: a cluster that is not there is 20 and named"""
        site = self.site([guest("a")])
        url = site.sim.url
        site.sim.stop()
        for verb in ("plan", "apply"):
            self.ends(site.vm7(verb), 20, url.split("/")[2])
        self.assertEqual(site.leases(), {})

    def test_second_endpoint(self):
        """a list of endpoints: one that is down is passed over"""
        site = self.site([guest("a")])
        dead = f"https://127.0.0.1:{closed_port()}"
        self.env["VM7_ENDPOINTS"] += "," + dead
        site.set_vms(guest("a"), proxmox={"endpoint": [dead, site.sim.url]})
        site.apply()
        site.expect_up("a")

    def writes(self, make, path_of):
        """A guest for each fault, all in one pass; the next pass (or two) repairs."""
        site = self.site([make(f"{kind}-{i}", vmid=20000 + i)
                          for i, (kind, _) in enumerate(BAD_WRITES)],
                         globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(*[
            fault(method, path, do, params=params)
            for i, (kind, do) in enumerate(BAD_WRITES)
            for method, path, params in path_of(20000 + i)])
        first = site.apply(code=None, timeout=280)
        self.assertIn(first.code, (0, 20, 22), first)
        for _ in range(2):
            run = site.apply(code=None, timeout=280)
            if run.code == 0:
                break
        self.assertEqual(run.code, 0, run)
        site.expect_up(*[f"{kind}-{i}" for i, (kind, _) in enumerate(BAD_WRITES)])
        made = [e for e in site.sim.writes() if e["upid"]
                and (e["path"].endswith("/clone") or e["path"].endswith("/lxc"))]
        ids = sorted(str(e["params"].get("newid") or e["params"]["vmid"]) for e in made)
        self.assertEqual(ids, [str(20000 + i) for i in range(len(BAD_WRITES))])

    def test_clone(self):
        """bad input: bad answers to a clone; no guest is lost or made twice"""
        self.writes(lambda n, **k: guest(n, clone="linked", disk_gb=None, **k),
                    lambda vmid: [("POST", "/nodes/*/qemu/9000/clone", {"newid": str(vmid)})])

    def test_config(self):
        """bad input: bad answers to a config"""
        self.writes(lambda n, **k: guest(n, clone="linked", disk_gb=None, **k),
                    lambda vmid: [("POST", f"/nodes/*/qemu/{vmid}/config", None),
                                  ("PUT", f"/nodes/*/qemu/{vmid}/config", None)])

    def test_resize(self):
        """bad input: bad answers to a resize; a disk never grows twice"""
        self.writes(lambda n, **k: guest(n, clone="linked", disk_gb=8, **k),
                    lambda vmid: [("PUT", f"/nodes/*/qemu/{vmid}/resize", None)])

    def test_start(self):
        """bad input: bad answers to a start"""
        self.writes(lambda n, **k: guest(n, clone="linked", disk_gb=None, **k),
                    lambda vmid: [("POST", f"/nodes/*/qemu/{vmid}/status/start", None)])

    def test_container(self):
        """bad input: bad answers to the making of a container"""
        self.writes(container,
                    lambda vmid: [("POST", "/nodes/*/lxc", {"vmid": str(vmid)})])

    def test_task_status(self):
        """bad input: a task whose status cannot be read for a while is followed on"""
        site = self.site([guest("a")])
        site.sim.set_faults(fault("GET", "/nodes/*/tasks/*/status",
                                  {"status": 595, "reason": "Connection refused"}, times=3))
        run = site.apply(code=None)
        if run.code:
            site.apply()
        site.expect_up("a")
        self.assertEqual(len([e for e in site.sim.writes() if e["path"].endswith("/clone")]), 1)

    def test_cluster_dies(self):
        """bad input: the cluster's API dies right after a clone began; a later pass goes on"""
        site = self.site([guest("a")], sim_options={"save": True})
        site.sim.set_faults(fault("POST", "/nodes/*/qemu/9000/clone", {"kill": True}))
        address = site.sim.address
        run = site.apply(code=None)
        self.assertIn(run.code, (20, 22), run)
        site.sim.process.wait(10)
        site.sim.faults_file.write_text('{"faults": []}')
        site.sim.start(listen=address)
        site.apply(timeout=200)
        site.expect_up("a")
        self.assertEqual(len([e for e in site.sim.writes() if e["path"].endswith("/clone")]), 1)


if __name__ == "__main__":
    main()
