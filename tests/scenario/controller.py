"""vm7 controller in the background, and waiting for what it does."""

import http.client
import json
import signal
import socket
import subprocess
import time

from program import SANITIZER_EXIT, VM7


class Controller:
    """One running controller of a site. `host` are keys of its configuration."""

    def __init__(self, site, name="controller", args=(), env=None, **host):
        self.site, self.case = site, site.case
        self.folder = self.case.dir / name
        self.folder.mkdir(exist_ok=True)
        self.config = self.folder / "controller.yaml"
        self.state = self.folder / "state"
        self.args, self.env = args, env
        self.host = {"repo": site.origin.url, "branch": "main", "poll_interval": "1s",
                     "drift_interval": "1h", "state_dir": str(self.state), **host}
        self.log_file = self.folder / "log"
        self.process = None
        self.case.addCleanup(self.kill)
        self.write()
        self.start()

    def write(self):
        self.config.write_text("".join(f"{key}: {json.dumps(value)}\n"
                                       for key, value in self.host.items()))
        self.config.chmod(0o600)

    def start(self):
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [VM7, "controller", "--config", str(self.config), *self.args],
                cwd=self.folder, env=self.case.environment(self.env), stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True)

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_file.read_text(errors="replace")

    def until(self, condition, what, timeout=120):
        """Wait for a condition to hold; the controller must be alive meanwhile."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"not within {timeout} s: {what}\n--- log\n{self.log()[-6000:]}\n"
                             f"{self.case.trail()}")

    def says(self, *words, timeout=120):
        """Wait until the log has all of these."""
        self.until(lambda: all(word in self.log() for word in words), f"log with {words}",
                   timeout)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def ends(self, code=0, timeout=30):
        """It ends by itself with this code."""
        try:
            got = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"it did not end\n{self.log()[-6000:]}") from None
        self.case.assertNotEqual(got, SANITIZER_EXIT, self.log())
        self.case.assertEqual(got, code, self.log())

    def stop(self, timeout=30):
        """SIGTERM, and a good end."""
        self.signal(signal.SIGTERM)
        self.ends(0, timeout)

    def rss(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * 4096

    # --- what it says --------------------------------------------------------------

    def ask(self, method="GET", path="/api/v1/status"):
        """Over its unix socket, once it listens: the document that it answers with."""
        self.until(self._listens, "it listens")
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(self.state / "vm7.sock"))
            peer.sendall(f"{method} {path} HTTP/1.1\r\nHost: vm7\r\n"
                         "Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            answer = http.client.HTTPResponse(peer, method=method)
            answer.begin()
            return json.loads(answer.read() or "null")

    def _listens(self):
        with socket.socket(socket.AF_UNIX) as peer:
            return peer.connect_ex(str(self.state / "vm7.sock")) == 0

    def passes(self, more=0):
        """How many passes it has made; waits for `more` of them to end first."""
        def count():
            done = self.ask()["passes"]
            return done[0]["n"] if done else 0
        want = count() + more if more else 0
        return self.until(lambda: count() >= want and count() + 1, f"{more} more passes") - 1

    # --- what it did ---------------------------------------------------------------

    def ready(self, *names, timeout=120):
        """Wait until these guests, and no others, have ready leases."""
        self.until(lambda: self.site.states() == {name: "ready" for name in names},
                   f"{names} are ready", timeout)
