"""X-08: the package in a Debian 12 of its own, and the controller run there as its unit runs it.

    VM7=build/controller/vm7 VM7_SIM=build/tests/sim/vm7-sim python3 tests/deploy/chroot.py

Not part of the suite: it downloads a Debian. It needs root, debootstrap and a mirror, and skips
with a reason without them. VM7_DEB names the package, else one is built; VM7_CHROOT is a folder
that debootstrap has already filled.

What a folder cannot show: the sandbox of the unit (tests/scenario/test_package.py asks systemd
for its exposure), the node's reboot and the watchdog that kills.
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "tests/scenario"))

from house import Case, have, main  # noqa: E402
from sample import guest  # noqa: E402

MIRROR = ("deb.debian.org", 80)


def why_not():
    """Why this cannot be tried here, or nothing."""
    if os.geteuid() != 0:
        return "needs root"
    if os.environ.get("VM7_CHROOT"):
        return None
    if not have("debootstrap"):
        return "debootstrap is not installed"
    try:
        socket.create_connection(MIRROR, timeout=10).close()
    except OSError as err:
        return f"{MIRROR[0]} cannot be reached: {err}"
    return None


class Chroot(Case):
    def run_in(self, *command):
        """Root's command in the Debian; what it printed."""
        done = subprocess.run(["chroot", self.root, *map(str, command)], text=True, timeout=600,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                                   "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout

    def debian(self):
        self.root = self.dir / "root"
        ready = os.environ.get("VM7_CHROOT")
        if ready:
            subprocess.run(["cp", "-a", ready, self.root], check=True)
        else:
            subprocess.run(["debootstrap", "--variant=minbase", "bookworm", self.root],
                           check=True, stdout=subprocess.DEVNULL)
        for name in ("resolv.conf", "hosts"):
            shutil.copy(f"/etc/{name}", self.root / "etc" / name)
        policy = self.root / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        if subprocess.run(["mount", "-t", "proc", "proc", self.root / "proc"],
                          check=False).returncode == 0:
            self.addCleanup(subprocess.run, ["umount", "-l", self.root / "proc"], check=True)

    def package(self):
        made = os.environ.get("VM7_DEB")
        if not made:
            built = subprocess.run(["sh", ROOT / "deploy/build-deb.sh", self.dir], check=True,
                                   text=True, stdout=subprocess.PIPE)
            made = built.stdout.splitlines()[-1]
        shutil.copy(made, self.root / "root/vm7.deb")
        self.run_in("apt-get", "-q", "update")
        told = self.run_in("apt-get", "-q", "install", "-y", "--no-install-recommends",
                           "/root/vm7.deb")
        self.assertIn("nothing is started yet", told)

    def owned(self, path, text, mode, parent=0o755):
        """A file of vm7's in the Debian."""
        path = self.root / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(parent)
        path.write_text(text)
        path.chmod(mode)
        for part in (path, path.parent):
            os.chown(part, self.uid, self.gid)

    def configure(self, site, server):
        """As an operator does it: one secret as a file, one from the unit's credentials."""
        passwd = (self.root / "etc/passwd").read_text().splitlines()
        user = next(line.split(":") for line in passwd if line.startswith("vm7:"))
        self.uid, self.gid = int(user[2]), int(user[3])
        self.assertNotEqual(self.uid, 0)
        self.assertTrue(all(entry.pw_uid != self.uid for entry in pwd.getpwall()),
                        "the user's number is somebody's on this machine")
        etc = self.root / "etc/vm7"
        shutil.copy(self.authority().file, etc / "ca.pem")
        (etc / "controller.yaml").write_text(
            f"repo: {server.url(site.origin)}\nbranch: main\n"
            "git: {username: bob, password: {secret: git}, ca_file: /etc/vm7/ca.pem}\n"
            f"endpoints: [{site.sim.url}]\nstate_dir: /var/lib/vm7\npoll_interval: 2s\n"
            "secrets:\n  git: {file: /etc/vm7/secrets/git, use: git}\n")
        secret = etc / "secrets/git"
        secret.write_text("hunter22")
        secret.chmod(0o600)
        os.chown(secret, self.uid, self.gid)
        self.owned("run/credentials/vm7.service/pve-token", site.sim.secret, 0o400, 0o500)
        for folder, mode in (("var/lib/vm7", 0o700), ("run/vm7", 0o755)):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
            (self.root / folder).chmod(mode)
            os.chown(self.root / folder, self.uid, self.gid)

    def start(self):
        """What the unit says of user, capabilities and environment."""
        self.notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(self.notes.close)
        place = self.root / "run/notify"
        self.notes.bind(str(place))
        place.chmod(0o777)
        self.heard = ""
        log = open(self.dir / "log", "w", encoding="utf-8")
        self.addCleanup(log.close)
        process = subprocess.Popen(
            ["chroot", self.root, "setpriv", "--reuid=vm7", "--regid=vm7", "--clear-groups",
             "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all",
             "/usr/bin/vm7", "controller", "--config", "/etc/vm7/controller.yaml"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            env={"PATH": "/usr/sbin:/usr/bin", "HOME": "/var/lib/vm7",
                 "NOTIFY_SOCKET": "/run/notify",
                 "STATE_DIRECTORY": "/var/lib/vm7", "RUNTIME_DIRECTORY": "/run/vm7",
                 "CREDENTIALS_DIRECTORY": "/run/credentials/vm7.service",
                 "WATCHDOG_USEC": "4000000"})
        self.addCleanup(process.kill)
        return process

    def said(self):
        return (self.dir / "log").read_text()

    def until(self, what, seconds, true):
        deadline = time.monotonic() + seconds
        while not true():
            self.assertLess(time.monotonic(), deadline, f"{what}\n{self.heard}\n{self.said()}")
            time.sleep(0.1)

    def hears(self, note):
        """Waits until it has told systemd this; what was told before is forgotten."""
        def told():
            self.notes.setblocking(False)
            try:
                while True:
                    self.heard += self.notes.recv(4096).decode() + "\n"
            except BlockingIOError:
                pass
            return note in self.heard
        self.until(f"it never said {note}", 60, told)
        self.heard = self.heard.split(note, 1)[1]

    @unittest.skipIf(why_not(), why_not())
    def test_unattended(self):
        """X-08 in a Debian 12 of its own the package's controller makes guests as its user"""
        self.debian()
        site = self.site([guest("web-01")])
        server = self.git_https(username="bob", password="hunter22")
        self.package()
        self.configure(site, server)
        process = self.start()
        self.hears("READY=1")
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        for line in (f"Uid:\t{self.uid}\t{self.uid}\t{self.uid}\t{self.uid}",
                     "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1"):
            self.assertIn(line, status)
        self.until("web-01 was never made", 120,
                   lambda: site.states() == {"web-01": "ready"})
        self.hears("WATCHDOG=1")

        site.set_vms(guest("web-01"), guest("web-02"))
        process.send_signal(signal.SIGHUP)
        self.hears("RELOADING=1")
        self.hears("READY=1")
        self.until("web-02 was never made", 120,
                   lambda: site.states() == {"web-01": "ready", "web-02": "ready"})
        site.expect_up("web-01", "web-02")

        process.send_signal(signal.SIGTERM)
        self.hears("STOPPING=1")
        self.assertEqual(process.wait(10), 0, self.said())
        for secret in (site.sim.secret, "hunter22"):
            self.assertNotIn(secret, self.said())

        (self.root / "etc/vm7/ca.pem").unlink()
        (self.root / "etc/vm7/secrets/git").unlink()
        self.run_in("apt-get", "-q", "purge", "-y", "vm7")
        for gone in ("usr/bin/vm7", "etc/vm7", "var/lib/vm7"):
            self.assertFalse((self.root / gone).exists(), gone)


if __name__ == "__main__":
    main()
