"""A test of the whole program: a simulated cluster, a Git server and people.

Each test has a folder of its own with a HOME of its own, and gives every program its whole
environment: nothing of the machine's configuration is inherited.
"""

import base64
import contextlib
import hashlib
import json
import pathlib
import secrets
import shutil
import tempfile
import unittest

import tap
from between import Between
from certs import Authority
from gitrepo import BareRepo, Repo, person_config
from gitserver import GitHttps, GitSsh
from program import Run, Running, VM7, have, sanitizer_env
from sample import POOLS, manifest
from sim import Sim

__all__ = ["Case", "Site", "main", "have", "digest"]

main = tap.main


class Case(unittest.TestCase):
    """One test. What it starts is ended with it."""

    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="vm7-scenario-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.home = self.dir / "home"
        person_config(self.home)
        self.runs = []
        self.sims = []
        self.env = {}
        self.last_trail = ""
        self.canaries = []  # secrets that a test has made, beside those of simulators
        self.addCleanup(self._nothing_is_told)
        self.addCleanup(self._remember)

    def _remember(self):
        """Runs before the folders vanish: what a failure will want to show."""
        self.last_trail = self.trail()

    def _nothing_is_told(self):
        """X-14 rule 10 what any run of any test said has none of the secrets that it was given."""
        hidden = [form for secret in self.canaries + [sim.secret for sim in self.sims]
                  for form in (secret, base64.b64encode(secret.encode()).decode())]
        for run in self.runs:
            said = run.text if isinstance(run, Run) else str(run)
            for secret in hidden:
                if secret in said:
                    raise AssertionError(f"a secret was told:\n{run}")

    def trail(self):
        parts = [str(run) for run in self.runs[-3:]]
        parts += ["--- last requests of " + sim.url + "\n" + sim.tail() for sim in self.sims[-2:]]
        return "\n".join(parts)

    @contextlib.contextmanager
    def part(self, name, keep_env=False):
        """One of several scenes in a test: a subTest with a folder and environment of its own.

        `keep_env`: with the environment so far, because the scenes share a cluster.
        """
        folder, env = self.dir, self.env
        self.dir = folder / name.replace("/", "-").replace(" ", "-")
        self.env = dict(env) if keep_env else {}
        try:
            with self.subTest(name):
                yield
        finally:
            self.dir, self.env = folder, env

    # --- the world around the program ----------------------------------------------

    def sim(self, **options):
        """Start a simulated cluster; vm7 gets its token and leave to talk to it."""
        sim = Sim(self.dir / f"sim{len(self.sims)}", **options)
        self.addCleanup(sim.check_requests)
        self.addCleanup(sim.stop)
        self.sims.append(sim)
        self.env.setdefault("VM7_ENDPOINTS", sim.url)
        self.env.setdefault("VM7_SECRET_PVE_TOKEN", sim.secret)
        return sim

    def between(self, sim):
        """A proxy before `sim` that vm7 is pointed at instead."""
        proxy = Between(sim, self.authority())
        self.addCleanup(proxy.stop)
        self.env["VM7_ENDPOINTS"] = proxy.url
        return proxy

    def bare(self, name="infra.git"):
        return BareRepo(self.dir / "srv" / name, self.home)

    def clone(self, url, name="person"):
        return Repo(self.dir / name, self.home, url)

    def authority(self):
        if not hasattr(self, "_authority"):
            self._authority = Authority(self.dir / "ca")
        return self._authority

    def git_https(self, **options):
        server = GitHttps(self.dir / "srv", self.home, self.authority(), **options)
        self.addCleanup(server.stop)
        return server

    def git_ssh(self, **options):
        server = GitSsh(self.dir / "ssh", **options)
        self.addCleanup(server.stop)
        return server

    def site(self, vms=(), **options):
        """The usual scene: a cluster, a repository with these guests, a person."""
        return Site(self, vms, **options)

    def made(self, *vms, **options):
        """A site whose guests are made."""
        site = self.site(list(vms), **options)
        site.apply()
        return site

    def secret_file(self, name, text, mode=0o600):
        path = self.dir / "secrets" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(mode)
        return path

    def host_config(self, **settings):
        """The host's own configuration file; give it to vm7 with --config."""
        path = self.dir / "controller.yaml"
        path.write_text("".join(f"{key}: {json.dumps(value)}\n" for key, value in settings.items()))
        path.chmod(0o600)
        return path

    # --- the program ---------------------------------------------------------------

    def environment(self, extra=None):
        env = sanitizer_env({
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "TMPDIR": str(self.dir),
            **self.env,
            **(extra or {}),
        })
        return {key: str(value) for key, value in env.items() if value is not None}

    def start_vm7(self, *args, cwd=None, env=None, input=None):
        """vm7 in the background; `finish()` waits for it."""
        running = Running([VM7, *args], str(cwd or self.dir), self.environment(env), input)
        self.addCleanup(running.kill)
        return running

    def vm7(self, *args, cwd=None, env=None, input=None, timeout=120):
        """Run vm7 to its end. A sanitizer's complaint fails the test."""
        running = self.start_vm7(*args, cwd=cwd, env=env, input=input)
        try:
            run = running.finish(timeout)
        except AssertionError as err:
            self.runs.append(err)
            raise
        self.runs.append(run)
        return run

    # --- asserting -----------------------------------------------------------------

    def ends(self, run: Run, code, *words):
        """The run ended with this code and said these words."""
        self.assertEqual(run.code, code, f"expected {code}\n{run}")
        for word in words:
            self.assertIn(word.lower(), run.text.lower())
        return run

    def at_rest(self, site, *args):
        """Rule 7: after a pass there is nothing to do."""
        self.ends(site.plan("--detailed-exitcode", *args), 0)


class Site:
    """A cluster, the repository that describes it, and a person who works on it.

    `watched` puts a Between in front of the cluster; it is then `self.sim`.
    `mode` says how vm7 is pointed at the repository: "checkout" (-C, the person's clone) or
    "remote" (--repo and --branch, a cache of vm7's own).
    """

    def __init__(self, case, vms=(), mode="checkout", pools=POOLS, sim=None, text=None,
                 files=None, sim_options=None, watched=False, **manifest_options):
        self.case = case
        self.mode = mode
        self.sim = sim or case.sim(**(sim_options or {}))
        if watched:
            self.sim = case.between(self.sim)
        self.pools = pools
        self.options = manifest_options
        self.origin = case.bare()
        self.person = case.clone(self.origin.url)
        if text is None:
            text = self.manifest(vms)
        self.person.commit("First machines", {
            "vm7.yaml": text, "ipam/pools.yaml": pools, **(files or {}),
        })
        self.person.push()

    def manifest(self, vms, **changes):
        return manifest(self.sim, vms, **{**self.options, **changes})

    def set_vms(self, *vms, message="Other machines", **changes):
        """Publish a vm7.yaml with these guests."""
        if self.mode == "checkout":
            self.person.pull()
        return self.person.publish(message, {"vm7.yaml": self.manifest(vms, **changes)})

    # --- running -------------------------------------------------------------------

    def where(self):
        if self.mode == "checkout":
            return ["-C", str(self.person.folder)]
        return ["--repo", self.origin.url, "--branch", "main"]

    def vm7(self, *args, **options):
        return self.case.vm7(*self.where(), *args, **options)

    def start_vm7(self, *args, **options):
        return self.case.start_vm7(*self.where(), *args, **options)

    def plan(self, *args, **options):
        return self.vm7("plan", *args, **options)

    def plan_json(self, *args, **options):
        run = self.vm7("--json", "plan", *args, **options)
        return json.loads(run.out)

    def apply(self, *args, code=0, **options):
        """One pass, which is expected to end with `code` (None: any)."""
        run = self.vm7("apply", *args, **options)
        if code is not None:
            self.case.ends(run, code)
        return run

    def apply_killed_before(self, suffix="", *args):
        """An apply that is killed right before the first write whose path ends so.

        Without a suffix its reservations are pushed, and nothing is asked of Proxmox. The site
        must be `watched`.
        """
        running = None

        def kill(seen):
            if seen.write and seen.path.endswith(suffix):
                running.kill()
                return False
        self.sim.before = kill
        running = self.start_vm7("apply", *args)
        running.process.communicate(timeout=120)
        self.sim.before = lambda seen: True

    # --- looking -------------------------------------------------------------------

    def lease_file(self, commit="refs/heads/main"):
        text = self.origin.show("ipam/leases.json", commit)
        return None if text is None else json.loads(text)

    def leases(self, commit="refs/heads/main"):
        return (self.lease_file(commit) or {"leases": {}})["leases"]

    def states(self):
        return {name: lease.get("state") for name, lease in self.leases().items()}

    def edit_leases(self, change, message="Lease file by hand", as_vm7=False):
        """Publish a commit in which `change(file)` has edited the lease file.

        `as_vm7`: in a commit that looks like one of vm7's own, the state of an older pass.
        """
        self.person.pull()
        held = json.loads(self.person.read("ipam/leases.json"))
        change(held)
        if as_vm7:
            held["serial"] += 1
            message += f"\n\nVm7-Source: {held['source']}\nVm7-Pass: {secrets.token_hex(8)}\n"
        text = json.dumps(held, indent=2, sort_keys=True) + "\n"
        return self.person.publish(message, {"ipam/leases.json": text})

    def guest(self, name):
        """Config of the guest that holds this lease."""
        return self.sim.config(self.leases()[name]["vmid"])

    def expect_up(self, *names):
        """Exactly these guests run, each with a ready lease of its own, and nothing else."""
        case = self.case
        leases = self.leases()
        case.assertEqual(sorted(leases), sorted(names))
        case.assertEqual({n: l["state"] for n, l in leases.items()}, {n: "ready" for n in names})
        vmids = [lease["vmid"] for lease in leases.values()]
        addresses = [lease["ip"] for lease in leases.values() if lease.get("ip")]
        case.assertEqual(len(set(vmids)), len(names), "a VMID was leased twice")
        case.assertEqual(len(set(addresses)), len(addresses), "an address was leased twice")
        case.assertEqual(sorted(self.sim.guests()), sorted(vmids))
        for name, lease in leases.items():
            case.assertEqual(self.sim.status(lease["vmid"]), "running", name)
            config = self.sim.config(lease["vmid"])
            case.assertEqual(config.get("name", config.get("hostname")), name)
            case.assertIn(lease["id"], config["description"])
            case.assertIn("vm7", config["tags"].split(";"))


def digest(folder, skip=()):
    """A hash over names, modes and content of everything below a folder."""
    total = hashlib.sha256()
    for path in sorted(pathlib.Path(folder).rglob("*")):
        name = str(path.relative_to(folder))
        if any(name.startswith(prefix) for prefix in skip):
            continue
        total.update(f"{name} {path.lstat().st_mode}\n".encode())
        if path.is_file() and not path.is_symlink():
            total.update(path.read_bytes())
    return total.hexdigest()
