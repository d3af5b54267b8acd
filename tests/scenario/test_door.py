"""The door of the controller: routes, hooks, metrics; and people who mean it no good."""

import contextlib
import re
import signal
import socket
import subprocess

from controller import Controller
from house import Case, have, main
from knock import Door, Events, read_metrics, statuses
from program import SANITIZER_EXIT
from sample import guest

SECRET = "what-the-forge-and-we-know"
ON_MAIN = b'{"ref": "refs/heads/main"}'

# a sanitizer would keep what is freed, and memory could not be judged
FRUGAL = f"exitcode={SANITIZER_EXIT}:detect_leaks=1:quarantine_size_mb=1"

SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer"}


class Doors(Case):
    def served(self, controller):
        """The doors of a controller so far, in the order of `listen`; all of them or none."""
        def opened():
            # a line that is still being written is not whole
            found = re.findall(r"open at (https?://\S+)\n", controller.log())
            return len(found) % len(controller.host["listen"]) == 0 and found
        found = controller.until(opened, "open doors")
        authority = self.authority().file if any("https" in url for url in found) else None
        return [Door(url, authority) for url in found]

    def controller(self, *listen, vms=(), **host):
        """A controller that looks by itself once an hour, and its doors."""
        site = self.site(vms)
        controller = Controller(site, listen=list(listen), poll_interval="1h",
                                env={"VM7_SECRET_HOOK": SECRET, "ASAN_OPTIONS": FRUGAL}, **host)
        doors = self.served(controller)
        controller.until(lambda: doors[0].ask("/readyz").status == 200, "it is ready")
        return controller, doors

    def test_routes(self):
        """door: every address answers to what it is for, safely, and to nothing else"""
        cert, key = map(str, self.authority().issue())
        controller, (plain, six, tls) = self.controller(
            "127.0.0.1:0", {"address": "[::1]:0", "only": ["healthz", "metrics"]},
            {"address": "127.0.0.1:0", "tls": {"cert": cert, "key": key}}, vms=[guest("a")])
        unix = Door(str(controller.state / "vm7.sock"))
        controller.ready("a")
        pages = {"/healthz": "text/plain", "/readyz": "text/plain", "/metrics": "text/plain",
                 "/api/v1/status": "application/json", "/api/v1/plan": "application/json",
                 "/api/v1/leases": "application/json", "/": "text/html",
                 "/page.css": "text/css", "/page.js": "text/javascript"}
        for path, kind in pages.items():
            for door in (plain, tls):
                answer = door.ask(path)
                self.assertEqual(answer.status, 200, path)
                self.assertEqual(answer.headers.get_content_type(), kind, path)
                self.assertLessEqual(SAFE.items(), dict(answer.headers).items())
                self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
                self.assertNotIn("Server", answer.headers)
            empty = plain.ask(path, "HEAD")
            self.assertEqual((empty.status, empty.body), (200, b""), path)
            refused = plain.ask(path, "POST", body=b"x")
            self.assertEqual((refused.status, refused.headers["Allow"]), (405, "GET, HEAD"))
            wanted = 200 if path in ("/healthz", "/metrics") else 404
            self.assertEqual(six.ask(path).status, wanted, path)
        self.assertEqual(plain.ask("/api/v1/status").json["guests"][0]["name"], "a")
        self.assertIn("a", plain.ask("/api/v1/leases").json["leases"])
        self.assertEqual(unix.ask("/api/v1/status").json["schema"], 1)
        for path in ("/healthz/", "//healthz", "/./healthz", "/../healthz", "/%68ealthz",
                     "/healthz%00", "/api/v1/status/../leases", "/api", "/page.css/x",
                     "http://door/healthz", "/" + "a" * 3000):
            self.assertEqual(plain.ask(path).status, 404, path)
        # what changes nothing is for everybody; a pass is asked for by our own user alone
        self.assertEqual(plain.ask("/reconcile", "POST").status, 404)
        self.assertEqual(plain.ask("/hook", "POST", body=b"{}").status, 404)  # no secret
        self.assertEqual(plain.ask("/hook").status, 405)
        self.assertEqual(unix.ask("/", "GET").status, 404)
        self.assertEqual(unix.ask("/reconcile?accept=xyz", "POST").status, 400)
        self.assertEqual(oct((controller.state / "vm7.sock").stat().st_mode & 0o777), "0o600")
        passes = controller.passes()
        events = Events(plain)
        self.assertEqual(unix.ask("/reconcile", "POST").status, 202)
        events.until(lambda: events.count() >= 2)
        controller.until(lambda: controller.passes() > passes, "the pass that was asked for")
        controller.signal(signal.SIGHUP)
        controller.until(lambda: len(self.served(controller)) == 6, "doors are opened again")
        events.end()  # and they do
        doors = self.served(controller)[3:]
        self.assertEqual([door.ask("/healthz").status for door in doors], [200] * 3)
        listeners = [Events(doors[0]), Events(doors[2])]
        controller.stop()
        for listener in listeners:
            listener.end()
        self.assertFalse((controller.state / "vm7.sock").exists())

    def test_hooks(self):
        """door: hooks of three forges are heard when they are signed, and soon not too often"""
        controller, (door,) = self.controller("127.0.0.1:0", webhook={"secret": "hook"})
        self.assertEqual(door.ask("/hook", "POST", body=ON_MAIN).status, 401)
        for forge in ("github", "gitea", "forgejo", "gitlab"):
            with self.subTest(forge):
                self.assertEqual(door.hook("another", ON_MAIN, forge), 401)
                self.assertEqual(door.hook(SECRET, b'{"ref": "refs/heads/x"}', forge), 204)
                self.assertEqual(door.hook(SECRET, b'{"ref": "refs/tags/main"}', forge), 204)
        self.assertEqual(door.hook(SECRET, b"{}", event="ping"), 204)
        self.assertEqual(controller.log().count("hook: refused"), 1)
        controller.site.set_vms(guest("a"))
        for forge in ("github", "gitea", "forgejo", "gitlab"):
            self.assertEqual(door.hook(SECRET, ON_MAIN, forge), 202)
        controller.ready("a")
        replayed = {door.hook(SECRET, ON_MAIN) for _ in range(30)}
        self.assertEqual(replayed, {202, 429})
        big = door.ask("/hook", "POST", body=b"x" * (256 * 1024 + 1))
        self.assertEqual(big.status, 413)
        controller.stop()
        self.assertNotIn(SECRET, controller.log())

    def test_metrics(self):
        """door: metrics are what Prometheus reads, and count what was done"""
        controller, (door,) = self.controller("127.0.0.1:0", vms=[guest("a"), guest("b")])
        controller.ready("a", "b")
        key = 'vm7_passes_total{result="ok"}'
        controller.until(lambda: read_metrics(door.ask("/metrics").text)[key] >= 1,
                         "a pass that is counted")
        text = door.ask("/metrics").text
        found = read_metrics(text)
        for key, value in {
            'vm7_actions_total{verb="create",result="ok"}': 2,
            'vm7_actions_total{verb="create",result="failed"}': 0,
            'vm7_git_operations_total{kind="push",result="ok"}': 2,
            'vm7_guests{state="ready"}': 2, 'vm7_guests_health{health="ok"}': 2,
            'vm7_pool_addresses_used{pool="mgmt"}': 2, "vm7_as_desired": 1,
            "vm7_git_reachable": 1, 'vm7_proxmox_requests_total{status="5xx"}': 0,
            'vm7_proxmox_tasks_total{result="failed"}': 0,
        }.items():
            self.assertEqual(found.get(key), value, key)
        requests = found['vm7_proxmox_requests_total{status="2xx"}']
        self.assertEqual(requests, len(controller.site.sim.log()))
        for phase in ("read", "observe", "plan", "reserve", "apply", "record"):
            self.assertGreater(found[f'vm7_pass_seconds_total{{phase="{phase}"}}'], 0, phase)
        self.assertGreater(found['vm7_proxmox_tasks_total{result="ok"}'], 0)
        self.assertGreater(found["vm7_resident_memory_bytes"], 1e6)
        self.assertIn("vm7_last_good_commit_age_seconds", found)
        self.assertIn("vm7_last_success_timestamp_seconds", found)
        if have("promtool"):
            subprocess.run(["promtool", "check", "metrics"], input=text.encode(), check=True)
        controller.stop()

    def test_listeners(self):
        """door: who asks for the events again and again and hangs up takes nobody's place"""
        controller, (plain,) = self.controller("127.0.0.1:0")
        with plain.connect() as rude:
            rude.sendall(b"GET /events HTTP/1.1\r\nHost: door\r\n\r\n" * 70)
            rude.shutdown(socket.SHUT_WR)
            said = b""
            while said.count(b"HTTP/1.1 ") < 2:  # the first of them was found to be gone
                said += rude.recv(65536)
            Events(plain).close()
        late = plain.connect()  # a listener that comes when the door is closed
        late.sendall(b"GET /events HTTP/1.1\r\nHost: door\r\n\r\n" * 3)
        controller.stop()
        late.close()

    def test_start(self):
        """door: an address that cannot be had is told at once, with its name"""
        bare = self.bare()
        cert, key = self.authority().issue()
        with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            for code, words, settings in (
                (30, [address, "in use"], {"listen": [address]}),
                (11, ["listen[0].address", "expected an address"], {"listen": ["localhost:1"]}),
                (11, ["listen[1]", "the same"], {"listen": ["[::1]:9"] * 2}),
                (11, ["listen[0].only[1]"],
                 {"listen": [{"address": "[::1]:9", "only": ["api", "x"]}]}),
                (21, [str(key), "others can read"],
                 {"listen": [{"address": "127.0.0.1:0",
                              "tls": {"cert": str(cert), "key": str(key)}}]}),
                (21, ["secret hook is missing"], {"webhook": {"secret": "hook"}}),
            ):
                with self.subTest(words[0]):
                    key.chmod(0o644)
                    config = self.host_config(repo=bare.url, state_dir=str(self.dir / "s"),
                                              **settings)
                    self.ends(self.vm7("controller", "--config", config), code, *words)

    # --- people who mean it no good ------------------------------------------------

    def test_hostile(self):
        """door: whatever is said to it, others are answered, and it stays small"""
        controller, (door,) = self.controller("127.0.0.1:0", webhook={"secret": "hook"})
        for words, status in (
            (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", 400),  # no host
            (b"GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505),
            (b"\xff" * 60000, 414),
            (b"GET /healthz HTTP/1.1\r\nHost: a\r\nA\r\n\r\n", 400),
            (b"GET /healthz HTTP/1.1\r\n" + b"A: b\r\n" * 20000 + b"\r\n", 431),
            (b"GET /healthz HTTP/1.1\r\nHost: a\r\nA: " + b"b" * 60000 + b"\r\n\r\n", 431),
            (b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", 400),
            (b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 6\r\n\r\nabcde", 400),
            (b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\n"
             b"abcdefg", 400),
            (b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
             b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
            (b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
             413),
            (b"POST /hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            (b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
            (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
        ):
            with self.subTest(words[:60]):
                self.assertEqual(statuses(door.say(words))[:1], [status])
        for words in (b"", b"\r\n\r\n", b"GET", b"\x16\x03\x01\x02\x00", b"\0" * 5000):
            with door.connect() as peer:
                peer.sendall(words)
                self.assertEqual(door.ask("/healthz").status, 200)
        self.pipelined(door)
        before = controller.rss()
        self.crowd(controller, door)
        self.assertLess(controller.rss() - before, 16 << 20)
        self.assertEqual(door.hook(SECRET, ON_MAIN), 202)
        controller.stop()
        self.assertNotIn(SECRET, controller.log())
        self.assertLess(controller.log().count("\n"), 40)

    def pipelined(self, door):
        """Requests in one breath, and one that hides in the body of another."""
        one = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
        hidden = b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
        body = b"GET /readyz HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(hidden)
        last = b"GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        said = door.say(one * 5 + body + hidden + last)
        self.assertEqual(statuses(said), [200] * 6 + [404])
        self.assertNotIn(b"vm7_", said)

    def crowd(self, controller, door):
        """10,000 connections, a thousand at a time, that never say a whole request."""
        for wave in range(10):
            with contextlib.ExitStack() as stack:
                for i in range(1000):
                    peer = stack.enter_context(door.connect(f"127.0.{wave + 1}.{i % 200 + 1}"))
                    with contextlib.suppress(OSError):
                        peer.sendall(b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n")
                    if i % 100 == 0:
                        self.assertEqual(door.ask("/healthz").status, 200)
                self.assertLess(self.descriptors(controller), 400)
        events = [Events(door) for _ in range(64)]
        self.assertEqual(door.ask("/events").status, 503)
        for one in events:
            one.close()
        self.assertEqual(door.ask("/events", "HEAD").status, 200, "who has gone makes room")

    def descriptors(self, controller):
        said = subprocess.run(["ls", f"/proc/{controller.pid}/fd"], capture_output=True,
                              check=True, text=True)
        return len(said.stdout.split())


if __name__ == "__main__":
    main()
