"""How the door answers while others crowd it: /healthz, from when it is asked to its answer.

    VM7=... VM7_SIM=... python3 door.py

Numbers are printed beside their bars; nothing is asserted about time.
"""

import pathlib
import resource
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))

from knock import Door  # noqa: E402
from sample import guest  # noqa: E402
from test_door import Doors  # noqa: E402

BAR_MS = 100
CROWD = 10_000


class Probe(threading.Thread):
    """Asks for /healthz again and again."""

    def __init__(self, door):
        super().__init__()
        self.door, self.took, self.over = door, [], False

    def run(self):
        while not self.over:
            began = time.monotonic()
            if self.door.ask("/healthz").status != 200:
                sys.exit("door: /healthz was refused")
            self.took.append((time.monotonic() - began) * 1000)
            time.sleep(0.002)


def measured(what, controller, door, crowd):
    before = controller.rss()
    probe = Probe(door)
    probe.start()
    began = time.monotonic()
    try:
        crowd()
    finally:
        probe.over = True
        probe.join()
    took = sorted(probe.took)
    print(f"{what}, {time.monotonic() - began:.1f} s: /healthz {len(took)} times, "
          f"median {statistics.median(took):.1f} ms, 99 % {took[len(took) * 99 // 100]:.1f} ms, "
          f"worst {took[-1]:.1f} ms (bar {BAR_MS}); resident {before >> 10} KiB before, "
          f"{controller.rss() >> 10} KiB after", flush=True)


def stay(door, words):
    """As many connections at once as the limits allow, until all have been there."""
    most = min(CROWD, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    held = []
    for i in range(CROWD):
        peer = door.connect(f"127.0.{i % 50 + 1}.{i % 200 + 1}")
        try:
            peer.sendall(words)
        except OSError:
            pass  # it had to make room already
        held.append(peer)
        if len(held) == most:
            held.pop(0).close()
    for peer in held:
        peer.close()


def come_and_go(door, path):
    for _ in range(CROWD):
        door.ask(path)


class Bench(Doors):
    def runTest(self):
        vms = [guest(f"g{i:03}", cpu=1) for i in range(40)]
        controller, (door,) = self.controller("127.0.0.1:0", vms=vms)
        controller.until(lambda: len(self.sims[0].guests()) == len(vms), "guests", 120)
        other = Door(door.where)
        measured("nobody else", controller, other, lambda: time.sleep(3))
        measured(f"{CROWD} silent connections", controller, other, lambda: stay(door, b""))
        measured(f"{CROWD} half requests", controller, other,
                 lambda: stay(door, b"POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"))
        measured(f"{CROWD} status documents", controller, other,
                 lambda: come_and_go(door, "/api/v1/status"))
        measured(f"{CROWD} pages", controller, other, lambda: come_and_go(door, "/"))
        controller.stop()


soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, CROWD + 500), hard))
result = Bench().run()
sys.exit("\n".join(text for _, text in result.failures + result.errors))
