"""The tests' own Git servers and rules, tried with plain git: they are what they claim to be."""

import ast
import pathlib
import re
import socket
import ssl
import subprocess
import time
import unittest

from gitrepo import git_env, person_config
from gitserver import GitSsh
from hostile import Hostile, closed_port
from house import Case, digest, main
from program import Running
from sample import POOLS, guest, manifest, readme_sample
from sim import SimError, fault

# The acceptance rows that the program as it stands has to pass, and the rules of the design.
ROWS = """
V-01 V-02 V-03 V-04 V-05 V-07 V-08 V-09 V-10 V-11 V-12 V-13 V-14 V-16 V-17 V-19 V-20 V-23
H-01 H-04 H-05 H-06 H-07 H-08 H-09 H-10 H-12 H-13 H-43 H-48 F-10 G-04 G-12 X-02 X-03 X-13
""".split() + [f"rule {n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)]


class Harness(Case):
    def repository(self):
        origin = self.bare()
        person = self.clone(origin.url)
        person.commit("One", {"a": "1\n", "big": "x" * 3_000_000})
        person.push()
        return origin

    def round_trip(self, origin, url, home, env=None):
        """Clone over `url`, change, push; what the server has then is ours."""
        other = self.clone(url, "other")
        other.home = home
        other.git("fetch", "-q", "origin", "main")
        other.git("merge", "-q", "--ff-only", "origin/main")
        self.assertEqual(other.head(), origin.head())
        # More than http.postBuffer, so that git sends its body in chunks.
        other.commit("Two", {"noise": "".join(f"{i * 7919 % 104729}\n" for i in range(400_000))})
        other.push()
        self.assertEqual(other.head(), origin.head())

    def test_https(self):
        """harness: git over HTTPS with a private CA and basic auth"""
        origin = self.repository()
        server = self.git_https(username="bob", password="hunter22")
        home = self.dir / "home2"
        url = server.url(origin)
        person_config(home, f'[http]\n\tsslCAInfo = {self.authority().file}\n'
                            f'[url "{url.replace("https://", "https://bob:hunter22@")}"]\n'
                            f"\tinsteadOf = {url}\n")
        self.round_trip(origin, url, home)
        self.assertTrue(any("version=2" in headers.get("Git-Protocol", "")
                            for _, _, headers in server.requests))
        refused = subprocess.run(["git", "ls-remote", url], env=git_env(self.home),
                                 capture_output=True)
        self.assertNotEqual(refused.returncode, 0, "a stranger without the CA got in")

    def test_https_hook(self):
        """harness: hooks run behind HTTPS and their words reach the client"""
        origin = self.repository()
        origin.hook("pre-receive", "echo 'not on a Friday' >&2; exit 1\n")
        server = self.git_https()
        person_config(self.home, f"[http]\n\tsslCAInfo = {self.authority().file}\n")
        other = self.clone(server.url(origin), "other")
        other.git("fetch", "-q", "origin", "main")
        other.git("merge", "-q", "--ff-only", "origin/main")
        other.commit("Two", {"b": "2\n"})
        other.git("push", "origin", "main", check=False)
        self.assertIn("not on a Friday", other.failed)

    def test_ssh(self):
        """harness: git over sshd with ed25519 and RSA keys and a checked known_hosts"""
        for kind in ("ed25519", "rsa"):
            with self.subTest(kind):
                origin = self.bare(f"{kind}.git")
                person = self.clone(origin.url, "person-" + kind)
                person.commit("One", {"a": "1\n"})
                person.push()
                server = GitSsh(self.dir / ("ssh-" + kind), key_type=kind)
                self.addCleanup(server.stop)
                env = {**git_env(self.home), "GIT_SSH_COMMAND": server.command()}
                listed = subprocess.run(["git", "ls-remote", server.url(origin)], env=env,
                                        capture_output=True, timeout=30)
                self.assertEqual(listed.returncode, 0, listed.stderr)
                self.assertIn(origin.head().encode(), listed.stdout)
                wrong = server.command().replace(str(server.known_hosts),
                                                 str(server.other_known_hosts()))
                listed = subprocess.run(["git", "ls-remote", server.url(origin)], timeout=30,
                                        env={**env, "GIT_SSH_COMMAND": wrong}, capture_output=True)
                self.assertNotEqual(listed.returncode, 0, "an unknown host key was accepted")

    def test_hostile(self):
        """harness: silent, trickling, closing and refusing servers"""
        for kind in ("silent", "trickle", "hangup", "html"):
            server = Hostile(kind)
            with socket.create_connection(("127.0.0.1", server.port)) as peer:
                peer.sendall(b"GET / HTTP/1.1\r\n\r\n")
                peer.settimeout(0.7)
                try:
                    got = peer.recv(4096)
                except TimeoutError:
                    got = None
            server.stop()
            expected = {"silent": (None,), "trickle": (b"H",), "hangup": (b"",)}
            if kind == "html":
                self.assertIn(b"<html>", got)
            else:
                self.assertIn(got, expected[kind])
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", closed_port()))

    def test_hostile_tls(self):
        """harness: a silent server behind a completed TLS handshake"""
        context, _ = self.authority().server_context()
        server = Hostile("silent", context)
        self.addCleanup(server.stop)
        client = ssl.create_default_context(cafile=self.authority().file)
        with socket.create_connection(("127.0.0.1", server.port)) as peer:
            with client.wrap_socket(peer, server_hostname="localhost") as tls:
                tls.settimeout(0.3)
                with self.assertRaises(TimeoutError):
                    tls.recv(1)

    def test_runs(self):
        """harness: a run is killed at its deadline, a sanitizer's words fail it"""
        started = time.monotonic()
        with self.assertRaisesRegex(AssertionError, "did not end"):
            Running(["sh", "-c", "sleep 60 & sleep 60"], self.dir, self.environment()).finish(0.5)
        self.assertLess(time.monotonic() - started, 5)
        with self.assertRaisesRegex(AssertionError, "sanitizer"):
            Running(["sh", "-c", "echo '==1==ERROR: AddressSanitizer: x' >&2"], self.dir,
                    self.environment()).finish(5)

    def test_environment(self):
        """harness: nothing of the machine's environment reaches a program"""
        run = Running(["env"], self.dir, self.environment({"A": "1"})).finish(5)
        names = {line.split("=")[0] for line in run.out.splitlines()}
        self.assertEqual(names - {"A", "PATH", "HOME", "LC_ALL", "TMPDIR", "ASAN_OPTIONS",
                                  "LSAN_OPTIONS", "UBSAN_OPTIONS"}, set())

    def test_sample(self):
        """harness: what the builders write is YAML that a stranger reads the same"""
        try:
            import yaml
        except ImportError:
            raise unittest.SkipTest("python3-yaml is not installed") from None
        made = yaml.safe_load(manifest(None, [guest("a", tags=["x"]), guest("b", disk_gb=None)]))
        self.assertEqual([vm["name"] for vm in made["vms"]], ["a", "b"])
        self.assertNotIn("disk_gb", made["vms"][1])
        self.assertEqual(yaml.safe_load(readme_sample())["vms"][0]["disk_gb"], 40)
        self.assertEqual(yaml.safe_load(POOLS)["pools"]["services"]["gateway"], "192.168.20.1")

    def test_digest(self):
        """harness: the digest of a folder sees content, names and modes"""
        file = self.dir / "d" / "f"
        file.parent.mkdir()
        file.write_text("1")
        seen = [digest(file.parent)]
        file.write_text("2")
        seen.append(digest(file.parent))
        file.chmod(0o755)
        seen.append(digest(file.parent))
        file.rename(file.with_name("g"))
        seen.append(digest(file.parent))
        self.assertEqual(len(set(seen)), 4)

    def test_sim(self):
        """harness: the cluster: a person makes guests, the log tells who asked what"""
        sim = self.sim()
        sim.do("POST", "/nodes/pve02/qemu", vmid=300, name="other")
        self.assertEqual((list(sim.guests()), sim.config(300)["name"]), ([300], "other"))
        self.assertEqual(sim.status(300), "stopped")
        self.assertEqual(sim.log(), [], "an admin's requests count as vm7's")
        made = sim.request("POST", "/nodes/pve01/qemu/9000/clone",
                           {"newid": 301, "name": "x", "full": 0}, user=sim.user)
        self.assertEqual(sim.wait(made), "OK")
        (entry,) = sim.writes()
        self.assertEqual((entry["path"], entry["params"]["newid"], entry["upid"]),
                         ("/nodes/pve01/qemu/9000/clone", "301", made))
        with self.assertRaises(SimError):
            sim.put("/nodes/pve01/qemu/301/config", nonsense=1)

    def test_faults(self):
        """harness: faults strike what they name, so often, and can be lifted"""
        sim = self.sim(faults=[fault("GET", "/version", {"status": 500, "reason": "no"}, times=2)])
        for expected in (500, 500, None):
            try:
                sim.get("/version")
                self.assertIsNone(expected)
            except SimError as err:
                self.assertEqual(err.status, expected)
        sim.set_faults(fault("GET", "/version", {"admin": {
            "method": "PUT", "path": "/nodes/pve01/qemu/9000/config",
            "params": {"description": "struck"}}}))
        sim.get("/version")
        self.assertEqual(sim.config(9000)["description"].strip(), "struck")
        sim.set_faults(fault("GET", "/version", {"status": 500, "reason": "no"}, times=-1))
        sim.set_faults()
        self.assertTrue(sim.get("/version"))

    def test_saved(self):
        """harness: a cluster that is killed and started again is the same one"""
        sim = self.sim(save=True)
        sim.do("POST", "/nodes/pve01/qemu", vmid=300, name="other")
        url, fingerprint, secret = sim.url, sim.fingerprint, sim.secret
        sim.stop(9)
        sim.start(listen=url.removeprefix("https://"))
        self.assertEqual((sim.url, sim.fingerprint, sim.secret), (url, fingerprint, secret))
        self.assertEqual(sim.config(300)["name"], "other")

    def test_between(self):
        """harness: the proxy lets requests pass, sees them before and after, and can cut them"""
        sim = self.sim()
        proxy = self.between(sim)
        sim.url, real = proxy.url, sim.url
        seen = []
        proxy.before = lambda s: seen.append(("before", s.method, s.path))
        proxy.after = lambda s: seen.append(("after", s.status, s.params))
        sim.do("POST", "/nodes/pve01/qemu", vmid=300, name="other")
        self.assertEqual(seen[:2], [("before", "POST", "/nodes/pve01/qemu"),
                                    ("after", 200, {"vmid": "300", "name": "other"})])
        with self.assertRaises(SimError) as caught:
            sim.get("/nonsense")
        self.assertEqual(caught.exception.status, 501)
        proxy.before = lambda s: False
        with self.assertRaises(OSError):
            sim.post("/nodes/pve01/qemu", vmid=301)
        proxy.before = lambda s: True
        proxy.after = lambda s: False
        with self.assertRaises(OSError):
            sim.post("/nodes/pve01/qemu", vmid=302)
        sim.url = real
        self.assertNotIn(301, sim.guests())
        self.assertIn(302, sim.guests())

    def test_rows(self):
        """harness: every row of the list is a test, and no two tests have one name"""
        names = []
        for file in sorted(pathlib.Path(__file__).parent.glob("test_*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    text = ast.get_docstring(node)
                    self.assertTrue(text, f"{file.name}: {node.name} has no name")
                    names.append(text.splitlines()[0])
        self.assertEqual(sorted({n for n in names if names.count(n) > 1}), [])
        missing = [row for row in ROWS
                   if not any(re.search(rf"\b{row}\b", name) for name in names)]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    main()
