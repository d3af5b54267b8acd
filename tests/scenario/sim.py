"""A simulated Proxmox cluster: the program vm7-sim, and a person at its GUI."""

import json
import os
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

from certs import Authority
from program import SIM, sanitizer_env
from pveschema import dump_of, published

ADMIN = "admin@pve!admin"
AUDITOR = "audit@pve!ci"


class SimError(Exception):
    """An answer of the cluster that is not 200."""

    def __init__(self, status, text):
        super().__init__(f"{status}: {text}")
        self.status = status
        self.text = text


def insecure_context():
    """For a peer that the test started itself."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def default_world():
    """The world that the simulator starts with, to be edited."""
    return json.loads(
        subprocess.run([SIM, "--print-world"], check=True, capture_output=True).stdout
    )


class Sim:
    """One running simulator. `folder` is where its files are kept.

    `save`: it can be stopped and started again, at the same address with the same certificate.
    """

    def __init__(self, folder, world=None, faults=None, speed=100, pve=None, save=False, args=()):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.log_file = folder / "requests.jsonl"
        self.faults_file = folder / "faults.json"
        self.save_file = folder / "world.saved.json"
        self.pve = int(pve or os.environ.get("VM7_TEST_PVE", "9"))
        self.command = [
            SIM, "--listen", "127.0.0.1:0", "--pve", str(self.pve), "--speed", str(speed),
            "--log", str(self.log_file), "--faults", str(self.faults_file), *args,
        ]
        if dump_of(self.pve).exists():
            self.command += ["--schema", str(dump_of(self.pve))]
        if world is not None:
            world_file = folder / "world.json"
            world_file.write_text(json.dumps(world, indent=1))
            self.command += ["--world", str(world_file)]
        if save:
            cert, key = Authority(folder / "ca").issue()
            self.command += ["--save", str(self.save_file), "--cert", str(cert), "--key", str(key)]
        self.process = None
        self.set_faults(*(faults or []))
        self.start()

    def start(self, listen=None):
        """Start, or start again after stop()."""
        command = list(self.command)
        if listen:
            command[command.index("--listen") + 1] = listen
        self.stderr_file = self.folder / "sim.stderr"
        with open(self.stderr_file, "ab") as stderr:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=stderr, stdin=subprocess.DEVNULL,
                env=sanitizer_env({"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}),
            )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("vm7-sim did not start: " + self.stderr_file.read_text())
        self.ready = json.loads(line)
        self.url = self.ready["url"]
        self.fingerprint = self.ready["fingerprint"]
        self.username = self.ready["username"]
        self.token_name = self.ready["token_name"]
        self.secret = self.ready["token_secret"]
        self.user = f"{self.username}!{self.token_name}"
        self.tokens = dict(self.ready.get("tokens", {}))
        self.tokens[self.user] = self.secret

    @property
    def address(self):
        """host:port of the listener."""
        return urllib.parse.urlsplit(self.url).netloc

    def stop(self, sig=signal.SIGTERM):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.process = None

    # --- requests ----------------------------------------------------------------

    def request(self, method, path, params=None, user=ADMIN, timeout=60):
        """One API call as `user`; the data of the answer, or SimError."""
        text = urllib.parse.urlencode(
            {k: int(v) if isinstance(v, bool) else v for k, v in (params or {}).items()}
        )
        url = self.url + "/api2/json" + path
        body = None
        if method in ("GET", "DELETE"):
            url += "?" + text if text else ""
        else:
            body = text.encode()
        request = urllib.request.Request(url, data=body, method=method)
        request.add_header("Authorization", f"PVEAPIToken={user}={self.tokens[user]}")
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=insecure_context()),
        )
        try:
            with opener.open(request, timeout=timeout) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as err:
            body = err.read().decode(errors="replace")
            raise SimError(err.code, f"{err.reason} {body}") from None

    def get(self, path, **params):
        return self.request("GET", path, params)

    def post(self, path, **params):
        return self.request("POST", path, params)

    def put(self, path, **params):
        return self.request("PUT", path, params)

    def delete(self, path, **params):
        return self.request("DELETE", path, params)

    def wait(self, upid, timeout=60):
        """Follow a task to its end; its exit status."""
        node = upid.split(":")[1]
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            status = self.get(f"/nodes/{node}/tasks/{urllib.parse.quote(upid)}/status")
            if status["status"] == "stopped":
                return status["exitstatus"]
            time.sleep(0.05)
        raise TimeoutError(upid)

    def do(self, method, path, **params):
        """An admin's call that starts a task, followed to a good end that the list tells of."""
        ended = self.wait(self.request(method, path, params))
        if ended != "OK":
            raise SimError(0, f"{method} {path}: {ended}")
        if "/status/" in path:
            self.until_listed(path.partition("/status/")[0])

    def until_listed(self, guest, timeout=30):
        """The list tells of a guest's power with pvestatd's next round, and not before."""
        vmid = int(guest.rpartition("/")[2])
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            own = self.get(guest + "/status/current")["status"]
            if [e["status"] for e in self.get("/cluster/resources", type="vm")
                    if int(e["vmid"]) == vmid] == [own]:
                return
            time.sleep(0.02)
        raise TimeoutError(f"the list does not tell that {guest} is {own}")

    # --- what is there -----------------------------------------------------------

    def guests(self):
        """vmid -> entry of /cluster/resources, templates left out."""
        found = {}
        for entry in self.get("/cluster/resources", type="vm"):
            config = self.get(f"/nodes/{entry['node']}/{entry['type']}/{entry['vmid']}/config")
            if not int(config.get("template", 0)):
                found[int(entry["vmid"])] = entry
        return found

    def where(self, vmid):
        for entry in self.get("/cluster/resources", type="vm"):
            if int(entry["vmid"]) == vmid:
                return f"/nodes/{entry['node']}/{entry['type']}/{vmid}"
        raise KeyError(vmid)

    def config(self, vmid):
        return self.get(self.where(vmid) + "/config")

    def status(self, vmid):
        return self.get(self.where(vmid) + "/status/current")["status"]

    # --- the log -----------------------------------------------------------------

    def log(self, everyone=False):
        """Requests in order of arrival; those of the tests' own admin left out."""
        if not self.log_file.exists():
            return []
        lines = self.log_file.read_text().splitlines()
        parsed = [json.loads(line) for line in lines if line.strip()]
        parsed = [entry for entry in parsed if "method" in entry]  # the rest are faults
        for entry in parsed:
            entry["path"] = entry["path"].removeprefix("/api2/json")
        if everyone:
            return parsed
        return [entry for entry in parsed if entry.get("user") != ADMIN]

    def writes(self):
        return [entry for entry in self.log() if entry["method"] != "GET"]

    def mark(self):
        """A place in the log: `sim.log()[mark:]` is what came after it."""
        return len(self.log())

    def tail(self, count=25):
        return "\n".join(
            f"{e.get('n')} {e['method']} {e['path']} {e.get('params') or ''} {e.get('user')}"
            f" -> {e.get('status')} {e.get('upid') or ''}"
            for e in self.log(everyone=True)[-count:]
        )

    def check_requests(self):
        """Every request that vm7 sent is one that Proxmox takes, by its published schema."""
        schema = published(self.pve)
        if schema is None:
            return
        wrong = []
        for entry in self.log(everyone=True):
            if (entry.get("agent") or "").startswith("vm7/"):
                found = schema.mistakes(entry["method"], entry["path"], entry["params"])
                wrong += [f"{entry['method']} {entry['path']}: {text}" for text in found]
        if wrong:
            raise AssertionError("vm7 sent what Proxmox refuses:\n" + "\n".join(sorted(set(wrong))))

    # --- faults ------------------------------------------------------------------

    def set_faults(self, *faults, random=None):
        """These from now on. The file is looked at again before the next request is."""
        text = json.dumps({"faults": list(faults), **({"random": random} if random else {})})
        fresh = self.faults_file.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, self.faults_file)


def fault(method, path, do, params=None, after=0, times=1):
    """A row of the fault file: what happens to the requests that match."""
    match = {"method": method, "path": path}
    if params:
        match["params"] = params
    return {"match": match, "after": after, "times": times, "do": do}
