"""What a newcomer runs first: the demo, and the sample repository."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

from house import Case, main
from program import SIM, VM7

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(VM7).parent.parent  # controller/vm7


class Demo(Case):
    def start(self):
        self.assertEqual(pathlib.Path(SIM), BUILD / "tests/sim/vm7-sim")
        (self.dir / "tmp").mkdir()
        env = self.environment({"TMPDIR": self.dir / "tmp", "VM7_DEMO_BUILD": BUILD,
                                "VM7_DEMO_SPEED": 100})
        return subprocess.Popen(
            ["sh", str(ROOT / "deploy/demo.sh")], env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)

    def left(self):
        return os.listdir(self.dir / "tmp")

    def test_story(self):
        """demo: it tells its whole story and leaves nothing behind"""
        demo = self.start()
        out, _ = demo.communicate(timeout=200)
        self.assertEqual(demo.returncode, 0, out)
        for words in ("2 to create", "web-01  is up: ssh devops@192.168.10.50",
                      "dns-01  is up: ssh root@192.168.10.51", "vm7: reserve web-01 and dns-01",
                      "HostName 192.168.10.50", "HostName 192.168.10.51", "Nothing to do"):
            self.assertIn(words.lower(), out.lower(), out)
        self.assertEqual(self.left(), [])

    def test_interrupt(self):
        """demo: Ctrl-C ends it and what it started, and leaves nothing behind"""
        demo = self.start()
        deadline = time.monotonic() + 60
        while "infra" not in [n for d in self.left() for n in os.listdir(self.dir / "tmp" / d)]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        os.killpg(demo.pid, signal.SIGINT)
        out, _ = demo.communicate(timeout=60)  # returns when nothing holds its output any more
        self.assertEqual(demo.returncode, 130, out)
        self.assertEqual(self.left(), [])

    def test_sample(self):
        """deploy/sample is valid, and so is what vm7 init writes"""
        repo = self.clone("/nowhere", "sample")
        shutil.copytree(ROOT / "deploy/sample", repo.folder, dirs_exist_ok=True)
        self.ends(self.vm7("-C", repo.folder, "validate"), 0, "2 guests")
        fresh = self.clone("/nowhere", "fresh")
        self.ends(self.vm7("-C", fresh.folder, "init"), 10)
        self.ends(self.vm7("-C", fresh.folder, "validate"), 0, "0 guests")


if __name__ == "__main__":
    main()
