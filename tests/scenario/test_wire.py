"""The simulator on the wire, byte by byte: a client that gets by with it gets by with pveproxy.

What is expected here is in pve-http-server's AnyEvent.pm: process_header, unshift_read_header,
authenticate_and_handle_request, push_request_header, response.
"""

import gzip
import json
import socket
import ssl
import time
import urllib.parse
import zlib
from http.client import HTTPException

from house import Case, main
from sim import ADMIN, SimError, fault

VERSION = "/api2/json/version"


class Answer:
    """One answer as it came: status, reason, headers in order, body."""

    def __init__(self, head, rest):
        lines = head.decode().split("\r\n")
        self.protocol, status, self.reason = lines[0].split(" ", 2)
        self.status = int(status)
        self.lines = lines[1:]
        self.headers = {}
        for line in self.lines:
            name, value = line.split(": ", 1)
            self.headers.setdefault(name, []).append(value)
        self.body = rest

    def one(self, name):
        values = self.headers.get(name, [])
        return values[-1] if values else None

    def __str__(self):
        return f"{self.status} {self.reason} {self.headers} {self.body[:200]}"


class Wire:
    """A raw connection over TLS."""

    def __init__(self, sim, tls=True):
        host, port = sim.address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=30)
        self.rest = b""
        self.token = f"Authorization: PVEAPIToken={ADMIN}={sim.tokens[ADMIN]}"
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)

    def send(self, *lines, body=b""):
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)

    def ask(self, line, *headers, body=b""):
        """One request of an admin, and its answer."""
        if body:
            headers += (f"Content-Length: {len(body)}",)
        self.send(f"{line} HTTP/1.1", "Host: pve", self.token, *headers, body=body)
        return self.answer()

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except ssl.SSLEOFError:
            data = b""
        self.rest += data
        return bool(data)

    def answer(self):
        """The next answer; None: the connection was closed without one."""
        while b"\r\n\r\n" not in self.rest:
            if not self._more():
                return None
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        answer = Answer(head, b"")
        length = answer.one("Content-Length")
        while length is None or len(self.rest) < int(length):
            if not self._more():
                break
        end = len(self.rest) if length is None else int(length)
        answer.body, self.rest = self.rest[:end], self.rest[end:]
        return answer

    def closed(self):
        """The server closes now or soon, and says no more."""
        try:
            return not self._more()
        except ConnectionResetError:
            return True


class TheWire(Case):
    def setUp(self):
        super().setUp()
        self.here = self.sim()

    def wire(self, **options):
        wire = Wire(self.here, **options)
        self.addCleanup(wire.socket.close)
        return wire

    def test_headers(self):
        """wire: an answer's headers, in the order of a real one"""
        answer = self.wire().ask("GET " + VERSION)
        names = [line.split(":")[0] for line in answer.lines]
        self.assertEqual(names, ["Cache-Control", "Connection", "Date", "Pragma", "Server",
                                 "Content-Length", "Content-Type", "Expires"])
        self.assertEqual(answer.one("Connection"), "Keep-Alive")
        self.assertEqual(answer.one("Date"), answer.one("Expires"))
        self.assertEqual(answer.one("Content-Type"), "application/json;charset=UTF-8")
        through = self.wire().ask("PUT /api2/json/nodes/pve01/qemu/9000/config",
                                  body=b"description=x")
        self.assertEqual(through.headers["Connection"], ["close", "Keep-Alive"])

    def test_hundred(self):
        """wire: the hundredth answer on a connection is the last"""
        wire = self.wire()
        kept = [wire.ask("GET " + VERSION).one("Connection") for _ in range(100)]
        self.assertEqual(kept, ["Keep-Alive"] * 99 + ["close"])
        self.assertTrue(wire.closed())

    def test_errors_close(self):
        """wire: every status from 400 on closes the connection"""
        for line, status in (("GET /api2/json/foo", 501), ("GET /api2/json/version?x=1", 400),
                             ("GET /api2/json/nodes/pve01/qemu/999/config", 500)):
            wire = self.wire()
            answer = wire.ask(line)
            self.assertEqual((answer.status, answer.one("Connection")), (status, "close"))
            self.assertTrue(wire.closed(), line)

    def test_refused(self):
        """wire: what the server refuses before any method runs, and with which words"""
        big = ("Content-Length: 524289",)
        table = [
            (("HEAD " + VERSION,), 501, "method 'HEAD' not available", False),
            (("PATCH " + VERSION,), 501, "method 'PATCH' not available", False),
            (("OPTIONS " + VERSION,), 501, "method 'OPTIONS' not available", False),
            (("POST " + VERSION, "Transfer-Encoding: chunked"), 501,
             "chunked transfer encoding not supported", True),
            (("GET " + VERSION, "Content-Length: 2"), 501,
             "Unexpected content for method 'GET'", True),
            (("DELETE " + VERSION, "Content-Length: 2"), 501,
             "Unexpected content for method 'DELETE'", True),
            (("PUT " + VERSION, *big), 501, "for data too large", True),
            (("GET " + VERSION, "nonsense"), 506, "unable to parse request header", True),
        ]
        for lines, status, reason, told in table:
            with self.subTest(" ".join(lines)):
                wire = self.wire()
                answer = wire.ask(*lines)
                self.assertEqual((answer.status, answer.reason), (status, reason))
                self.assertEqual(answer.body, reason.encode() if told else b"")
                self.assertEqual("Content-Length" in answer.headers, told)
                self.assertTrue(wire.closed())

    def test_order(self):
        """wire: who asks is looked at before what is in the body"""
        wire = self.wire()
        wire.send("PUT /api2/json/version HTTP/1.1", "Content-Length: 524289")
        self.assertEqual(wire.answer().status, 401)

    def test_request_lines(self):
        """wire: request lines that are none, and HTTP/1.0"""
        for line, status, protocol in (("GET /", 400, "HTTP/1.0"),
                                       ("GET / HTTP/2.0", 506, "HTTP/1.0")):
            wire = self.wire()
            wire.send(line)
            answer = wire.answer()
            self.assertEqual((answer.status, answer.protocol), (status, protocol))
        wire = self.wire()
        wire.send("", f"GET {VERSION} HTTP/1.0", wire.token)
        answer = wire.answer()
        self.assertEqual((answer.status, answer.protocol, answer.one("Connection")),
                         (200, "HTTP/1.0", "close"))

    def test_limits(self):
        """wire: one header line or byte too many is never answered"""
        lines = [f"X-{i}: y" for i in range(61)]
        self.assertEqual(self.wire().ask("GET " + VERSION, *lines[:60]).status, 200)
        wires = [self.wire(), self.wire()]
        wires[0].send("GET " + VERSION + " HTTP/1.1", "Host: pve", wires[0].token, *lines)
        wires[1].send("GET " + VERSION + " HTTP/1.1", "X: " + "y" * 8192)
        for wire in wires:
            self.assertIsNone(wire.answer())

    def test_body_limit(self):
        """wire: a body of 512 KiB is read"""
        body = b"description=" + b"x" * (524288 - len("description="))
        answer = self.wire().ask("PUT /api2/json/nodes/pve01/qemu/9000/config", body=body)
        self.assertEqual(answer.status, 400)
        self.assertIn(b"value may only be 8192 characters long", answer.body)

    def test_idle(self):
        """wire: five seconds without a word, or in the middle of one, end the connection"""
        quiet, kept, head, body = (self.wire() for _ in range(4))
        kept.ask("GET " + VERSION)
        head.socket.sendall(b"GET /api2/json/ver")
        body.send("PUT /api2/json/version HTTP/1.1", body.token, "Content-Length: 9", body=b"abc")
        for wire in (quiet, kept, head, body):
            self.assertTrue(wire.closed())

    def test_plain(self):
        """wire: plain HTTP on the TLS port is sent elsewhere"""
        for method, status in (("GET", 301), ("POST", 308)):
            wire = self.wire(tls=False)
            wire.send(f"{method} {VERSION} HTTP/1.1", "Host: pve:8006")
            answer = wire.answer()
            self.assertEqual((answer.status, answer.one("Location")),
                             (status, "https://pve:8006" + VERSION))
            self.assertTrue(wire.closed())

    def test_recycling(self):
        """wire: a worker that has read a thousand requests closes what it has"""
        early = 0
        for _ in range(36):  # three workers in turn, 99 requests each time
            wire = self.wire()
            for _ in range(99):
                answer = wire.ask("GET " + VERSION)
                if answer.one("Connection") == "close":
                    early += 1
                    self.assertTrue(wire.closed())
                    break
            wire.socket.close()
        self.assertEqual(early, 3)

    def test_compression(self):
        """wire: long bodies are packed for those who say that they can unpack"""
        path = "GET /api2/json/cluster/resources"
        plain = self.wire().ask(path)
        self.assertGreater(len(plain.body), 1024)
        self.assertNotIn("Content-Encoding", plain.headers)
        self.assertNotIn("Content-Encoding",
                         self.wire().ask("GET " + VERSION, "Accept-Encoding: gzip").headers)
        for offer, used, unpack in (("gzip", "gzip", gzip.decompress),
                                    ("br, deflate", "deflate", zlib.decompress)):
            answer = self.wire().ask(path, "Accept-Encoding: " + offer)
            self.assertEqual(answer.one("Content-Encoding"), used)
            self.assertEqual(json.loads(unpack(answer.body)).keys(), {"data"})

    def test_unauthorized(self):
        """wire: a 401 has neither body nor length"""
        for header, reason in (("X: y", "No ticket"),
                               ("Authorization: PVEAPIToken=vm7@pve!vm7=x",
                                "Authentication failed!")):
            wire = self.wire()
            wire.send(f"GET {VERSION} HTTP/1.1", header)
            answer = wire.answer()
            self.assertEqual((answer.status, answer.reason, answer.body), (401, reason, b""))
            self.assertNotIn("Content-Length", answer.headers)
            self.assertNotIn("Content-Type", answer.headers)

    # --- the work and its client ---------------------------------------------------

    def blocked(self, count):
        """So many calls that each hold a worker of pvedaemon until a lock file times out."""
        self.here.do("POST", "/nodes/pve01/qemu", vmid=300, name="stuck")
        self.here.set_faults(fault("POST", "*/start", {"task": "hang"}))
        self.here.post("/nodes/pve01/qemu/300/status/start")
        calls = []
        for _ in range(count):  # a connection that says nothing for five seconds is closed
            calls.append(wire := self.wire())
            wire.send("PUT /api2/json/nodes/pve01/qemu/300/config HTTP/1.1", wire.token,
                      "Content-Length: 8", body=b"onboot=1")
        return calls

    def test_hangup(self):
        """wire: who hangs up does not stop the work"""
        self.here.set_faults(fault("POST", "/nodes/pve01/qemu", {"delay": 100}))
        wire = self.wire()
        body = urllib.parse.urlencode({"vmid": 400, "name": "left"}).encode()
        wire.send("POST /api2/json/nodes/pve01/qemu HTTP/1.1", wire.token,
                  f"Content-Length: {len(body)}", body=body)
        wire.socket.close()
        self.until(lambda: 400 in self.here.guests())

    def test_timeout(self):
        """wire: after half a minute it is 596, and what was asked for happens later"""
        self.here = self.sim(speed=4)  # all are sent long before the first has ended
        self.here.do("POST", "/nodes/pve01/qemu", vmid=400, name="other")
        calls = self.blocked(30)  # three at a time, ten seconds each
        with self.assertRaises(SimError) as caught:
            self.here.put("/nodes/pve01/qemu/400/config", description="late")
        self.assertEqual(caught.exception.status, 596)
        answers = [call.answer() for call in calls]
        self.assertEqual({answer.status for answer in answers[:6]}, {500})
        self.assertEqual({answer.status for answer in answers[25:]}, {596})
        self.until(lambda: self.here.config(400).get("description", "").strip() == "late")

    def until(self, condition):
        """Look again and again; each look is a request, which takes its time."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.02)
        self.fail("it did not happen")

    def test_restart(self):
        """wire: daemons that start again: connections cut, refused a while, tasks go on"""
        made = self.here.post("/nodes/pve01/qemu/9000/clone", newid=300, full=1)
        open_one = self.wire()
        open_one.ask("GET " + VERSION)
        self.here.set_faults(fault("GET", "/version", {"restart": 400}))
        with self.assertRaises(OSError):
            self.here.get("/version")
        self.assertTrue(open_one.closed())
        with self.assertRaises(SimError) as caught:
            self.here.put("/nodes/pve01/qemu/9000/config", description="x")
        self.assertEqual((caught.exception.status, self.here.get("/version") is None),
                         (595, False))
        self.until(lambda: self.settled(made))

    def settled(self, upid):
        try:
            return self.here.wait(upid) == "OK"
        except SimError:
            return False  # task status is asked of pvedaemon, too

    def test_chance(self):
        """wire: faults by chance from the command line; the log says which, and the seed"""
        sim = self.sim(args=("--random-faults", "0.3", "--seed", "5"))
        failed = 0
        for _ in range(30):
            try:
                sim.get("/version")
            except (SimError, OSError, ValueError, HTTPException):
                failed += 1
        lines = [json.loads(line) for line in sim.log_file.read_text().splitlines()]
        self.assertEqual(lines[0], {"random": {"seed": 5, "rate": 0.3}})
        rows = [line["fault"] for line in lines if "fault" in line]
        self.assertTrue(rows)
        self.assertGreater(failed, 0)
        self.assertEqual({row["match"]["path"] for row in rows}, {"/version"})

    def test_certificate(self):
        """wire: another certificate for new connections, not for those that are open"""
        old = self.wire()
        before = old.socket.getpeercert(binary_form=True)
        self.here.set_faults(fault("GET", "/nodes", {"certificate": True}))
        self.here.get("/nodes")
        self.assertEqual(old.ask("GET " + VERSION).status, 200)
        self.assertNotEqual(self.wire().socket.getpeercert(binary_form=True), before)

    def test_blackout(self):
        """wire: a node that is off for a while, and a quorum that is lost for a while"""
        self.here.set_faults(
            fault("GET", "/version", {"world": {"nodes": {"pve02": {"online": False}}},
                                      "seconds": 400,
                                      "then": {"nodes": {"pve02": {"online": True}}}}),
            fault("GET", "/version", {"world": {"quorate": False}, "seconds": 400,
                                      "then": {"quorate": True}}))
        self.here.get("/version")
        with self.assertRaises(SimError) as caught:
            self.here.get("/nodes/pve02/qemu")
        self.assertEqual(caught.exception.status, 595)
        self.until(lambda: self.works("GET", "/nodes/pve02/qemu"))
        self.here.get("/version")
        self.assertFalse(self.works("POST", "/nodes/pve01/qemu", vmid=500))
        self.until(lambda: self.works("POST", "/nodes/pve01/qemu", vmid=500))

    def works(self, method, path, **params):
        try:
            self.here.request(method, path, params)
            return True
        except SimError:
            return False


if __name__ == "__main__":
    main()
