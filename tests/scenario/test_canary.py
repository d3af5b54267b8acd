"""Secrets of every kind go through a controller's day, and are found nowhere."""

import base64
import os
import pathlib
import socket
import urllib.parse

from controller import Controller
from house import Case, main
from sample import container, guest
from sim import fault

CANARIES = {name: f"canary-of-{name}-7f3a9c" for name in ("git", "webhook", "root-password")}


def family(pid):
    """A process and all that it has started, by /proc."""
    found, todo = [], [pid]
    while todo:
        one = todo.pop()
        found.append(one)
        for task in pathlib.Path(f"/proc/{one}/task").glob("*/children"):
            try:
                todo += [int(child) for child in task.read_text(encoding="ascii").split()]
            except OSError:
                pass
    return found


def forms(secret, user="bob"):
    """As it stands, and as it travels."""
    pairs = [secret, base64.b64encode(secret.encode()).decode(), urllib.parse.quote(secret)]
    return set(pairs + [base64.b64encode(f"{user}:{secret}".encode()).decode()])


class Canary(Case):
    def secrets_of(self, given):
        """The host's `secrets:` for these values, each in a file of its own."""
        return {name: {"file": str(self.secret_file(name, value + "\n"))}
                for name, value in given.items()}

    def fetch(self, port, path, method="GET", headers="", body=""):
        """A raw request to the door; all that comes back."""
        with socket.create_connection(("127.0.0.1", port), timeout=60) as peer:
            peer.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}"
                         f"Content-Length: {len(body)}\r\n\r\n{body}".encode())
            answer = b""
            while block := peer.recv(65536):
                answer += block
            return answer

    def nowhere(self, needles, site, controller, texts, skip=()):
        """In no text, object, file of the controller's, or process title."""
        texts = [controller.log_file.read_bytes(), site.origin.objects_text(), *texts]
        texts += [path.read_bytes() for path in controller.state.rglob("*")
                  if path.is_file() and path.name not in skip]
        for needle in needles:
            for text in texts:
                if isinstance(text, str):
                    text = text.encode()
                self.assertNotIn(needle.encode(), text)

    def test_https(self):
        """X-14 token, Git password, webhook, root's and a user's password: nowhere"""
        site = self.site([])
        given = {**CANARIES, "pve-token": site.sim.secret, "user": "canary-of-user-7f3a9c",
                 "pve-root": site.sim.ready["passwords"]["root@pam"]}
        given.pop("root-password")
        self.env.pop("VM7_SECRET_PVE_TOKEN")
        site.options = {
            "proxmox": {"privileged": {"username": "root@pam",
                                       "password": {"secret": "pve-root"}}}}
        site.set_vms(guest("a", access={"temp_password": {"secret": "user"}}),
                     container("b", mounts=[{"slot": "mp0", "path": "/d", "host": "/srv/d"}]))
        server = self.git_https(username="bob", password=given["git"])
        titles = []
        server.before = lambda path: titles.extend(
            pathlib.Path(f"/proc/{pid}/cmdline").read_bytes() for pid in family(os.getpid()))
        controller = Controller(
            site, args=["-v"], repo=server.url(site.origin), listen=["127.0.0.1:0"],
            webhook={"secret": "webhook"}, endpoints=[site.sim.url],
            secrets=self.secrets_of(given),
            git={"username": "bob", "password": {"secret": "git"},
                 "ca_file": str(self.authority().file)})
        controller.ready("a", "b")
        site.sim.set_faults(fault("GET", "/cluster/resources", {
            "status": 401, "reason": "Authentication failed!"}, times=2))
        self.ask_for_a_pass(controller)
        server.password = "another"
        controller.signal(10)
        controller.says("only finished guests")
        limits = pathlib.Path(f"/proc/{controller.pid}/limits").read_text(encoding="ascii")
        self.assertRegex(limits, r"core file size\s+0\s")
        port = self.port_of(controller)
        shown = [self.fetch(port, path) for path in (
            "/", "/metrics", "/api/v1/status", "/api/v1/plan", "/api/v1/leases", "/readyz")]
        shown += [self.fetch(port, "/hook", "POST", f"X-Gitlab-Token: {word}\r\n", "{}")
                  for word in (given["webhook"], given["webhook"] + "x")]
        shown.append(str(controller.ask()))
        controller.stop()
        self.assertTrue(titles)
        for name, secret in given.items():
            with self.subTest(name):
                self.nowhere(forms(secret), site, controller, shown + titles)

    @staticmethod
    def ask_for_a_pass(controller):
        controller.signal(10)
        controller.passes(more=1)

    def port_of(self, controller):
        """The port that the kernel picked, by the sockets of the process."""
        inodes = set()
        for link in pathlib.Path(f"/proc/{controller.pid}/fd").iterdir():
            try:
                inodes.add(os.readlink(link))
            except OSError:
                pass
        for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and f"socket:[{words[9]}]" in inodes:
                return int(words[1].split(":")[1], 16)
        raise AssertionError("it does not listen")

    def test_ssh(self):
        """X-14 the SSH key that logs in: nowhere, and gone when the controller is"""
        site = self.site([guest("a")])
        server = self.git_ssh()
        key = server.key.read_text()
        line = key.splitlines()[3]
        controller = Controller(
            site, args=["-v"], repo=server.url(site.origin), secrets=self.secrets_of({
                "ssh": key.rstrip("\n")}),
            git={"ssh_key": {"secret": "ssh"}, "known_hosts": str(server.known_hosts)})
        controller.ready("a")
        held = [path for path in controller.state.rglob("*")
                if path.is_file() and line in path.read_text(errors="replace")]
        self.assertEqual([path.stat().st_mode & 0o777 for path in held], [0o600])
        controller.stop()
        self.nowhere([line], site, controller, [])


if __name__ == "__main__":
    main()
