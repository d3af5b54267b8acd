#!/usr/bin/env python3
"""What an idle controller costs: memory, wake-ups, and what passes leave behind.

VM7=... VM7_SIM=... python3 tests/bench/idle.py [PASSES]      (a release build; 300 by default)
"""

import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scenario"))

from controller import Controller  # noqa: E402
from house import Case, main  # noqa: E402
from sample import guest  # noqa: E402

PASSES = 300


def switches(pid):
    """Voluntary context switches: how often it woke up."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("voluntary_ctxt_switches"):
            return int(line.split()[1])
    raise ValueError(pid)


class Idle(Case):
    def test_idle(self):
        """an idle controller, measured"""
        site = self.site([guest("a")])
        controller = Controller(site, poll_interval="60s", listen=["127.0.0.1:0"])
        controller.ready("a")
        controller.passes(more=0)
        time.sleep(2)
        print(f"# resident: {controller.rss() // 1024} KiB (bar 16384)")
        before = switches(controller.pid)
        time.sleep(30)
        print(f"# wake-ups a second: {(switches(controller.pid) - before) / 30:.2f} (bar 1)")
        files = len(os.listdir(f"/proc/{controller.pid}/fd"))
        self.passes(controller, 50)
        settled = controller.rss()
        self.passes(controller, PASSES)
        print(f"# {PASSES} passes later: {(controller.rss() - settled) // 1024:+} KiB "
              f"(bar 1024), {len(os.listdir(f'/proc/{controller.pid}/fd')) - files:+} files")
        controller.stop()

    @staticmethod
    def passes(controller, count):
        for _ in range(count):
            controller.signal(signal.SIGUSR1)
            controller.passes(more=1)


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1].isdigit():
        PASSES = int(sys.argv.pop(1))
    main()
