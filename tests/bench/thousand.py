#!/usr/bin/env python3
"""A controller with many guests: what a pass costs, and whether the door stays open meanwhile.

VM7=... VM7_SIM=... python3 tests/bench/thousand.py [GUESTS]      (a release build; 1,000 by default)
"""

import pathlib
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))

from controller import Controller  # noqa: E402
from house import Case, main  # noqa: E402
from sample import guest, pool, pools  # noqa: E402
from sim import default_world  # noqa: E402

GUESTS = 1000


class Prober(threading.Thread):
    """Asks over the controller's unix socket, again and again, and keeps the times."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.path, self.took, self.over = str(path), [], False

    def run(self):
        while not self.over:
            began = time.monotonic()
            with socket.socket(socket.AF_UNIX) as peer:
                peer.connect(self.path)
                peer.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                while peer.recv(4096):
                    pass
            self.took.append(time.monotonic() - began)
            time.sleep(0.002)

    def figures(self):
        self.over = True
        self.join()
        took = sorted(self.took)
        return (f"median {took[len(took) // 2] * 1000:.1f} ms, "
                f"99 % {took[len(took) * 99 // 100] * 1000:.1f} ms, worst {took[-1] * 1000:.1f} ms")


class Thousand(Case):
    def test_thousand(self):
        """many guests, measured"""
        world = default_world()
        for storage in world["storages"]:
            storage["total"] = 10**15
        vms = [guest(f"g{i:04}", disk_gb=None) for i in range(GUESTS)]
        site = self.site(vms, pools=pools(
            mgmt=pool("10.0.0.0/16", "10.0.1.0", "10.0.200.0", "10.0.0.1"),
            services=pool("10.9.0.0/24", "10.9.0.10", "10.9.0.20")),
            sim_options={"speed": 2000, "world": world},
            globals_={"guard": {"max_destroy": 1, "max_replace": 1, "max_percent": 25}})
        began = time.monotonic()
        controller = Controller(site, poll_interval="1h", drift_interval="1h")
        controller.until(lambda: controller.ask()["passes"], "the first pass", timeout=1800)
        made = controller.ask()
        print(f"# made {len(made['passes'][0]['actions'])} guests in "
              f"{time.monotonic() - began:.0f} s; {[w['why'] for w in made['waits']][:1]}")
        for what in ("idle pass", "the same"):
            prober = Prober(controller.state / "vm7.sock")
            prober.start()
            began = time.monotonic()
            controller.signal(signal.SIGUSR1)
            controller.passes(more=1)
            took, last = time.monotonic() - began, controller.ask()["passes"][0]
            print(f"# {what}: {took:.2f} s, {last['requests']} requests, {last['writes']} writes; "
                  f"door (bar 50 ms): {prober.figures()}")
        print(f"# resident: {controller.rss() // 1024} KiB")
        controller.stop()


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        GUESTS = int(sys.argv.pop(1))
    main()
