"""What is installed around the program: the unit, its user, the example of the configuration."""

import pathlib
import re
import subprocess
import unittest

from house import Case, have, main
from program import VM7

BUILD = pathlib.Path(VM7).parent.parent  # controller/vm7


def said(*command, code=0, **options):
    """What a program of the system prints; it must end with `code`."""
    run = subprocess.run([str(word) for word in command], text=True, timeout=120,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, check=False, **options)
    if code is not None and run.returncode != code:
        raise AssertionError(f"{command}: ended with {run.returncode}, not {code}\n{run.stdout}")
    return run.stdout


class Installed(Case):
    """The program as `meson install` puts it somewhere else."""

    tree = None

    def installed(self, name):
        """The only installed file whose path ends so."""
        if self.tree is None:
            self.tree = self.dir / "tree"
            said("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet",
                 "--destdir", self.tree)
        found = [path for path in self.tree.rglob("*") if str(path).endswith(name)]
        self.assertEqual(len(found), 1, f"{name}: {found}")
        return found[0]

    @unittest.skipUnless(have("systemd-analyze"), "systemd is not installed")
    def test_exposure(self):
        """unit: systemd finds nothing to say, and an exposure of 2.0 at most"""
        unit = self.installed("/systemd/system/vm7.service")
        told = said("systemd-analyze", "security", "--offline=yes", "--threshold=20", unit)
        exposure = re.search(r"exposure level for vm7.service: ([0-9.]+)", told)
        self.assertLessEqual(float(exposure[1]), 2.0, told)

        program = self.installed("/bin/vm7")
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={program}", unit.read_text(), flags=re.M)
        unit.write_text(re.sub(r"^Documentation=.*\n", "", text, flags=re.M))
        self.assertEqual(said("systemd-analyze", "verify", "--man=no", unit), "")

    @unittest.skipUnless(have("systemd-sysusers"), "systemd is not installed")
    def test_user(self):
        """unit: the user that it runs as is made by sysusers"""
        conf = self.installed("/sysusers.d/vm7.conf")
        root = self.dir / "root"
        (root / "etc").mkdir(parents=True)
        said("systemd-sysusers", f"--root={root}", conf)
        made = [line.split(":") for line in (root / "etc/passwd").read_text().splitlines()]
        user = next(fields for fields in made if fields[0] == "vm7")
        self.assertEqual(user[5], "/var/lib/vm7")
        self.assertIn("User=vm7\n", self.installed("/system/vm7.service").read_text())

    def test_example(self):
        """unit: the example of the configuration is valid, as it is and with every line taken in"""
        example = self.installed("/vm7/controller.yaml")
        repo = self.clone("/nowhere", "empty")
        self.ends(self.vm7("-C", repo.folder, "init"), 10)
        self.ends(self.vm7("-C", repo.folder, "--config", example, "validate"), 0)
        text = example.read_text()
        taken = re.sub(r"^#(?=[a-z_]+:|  \S+:)", "", text, flags=re.M)
        self.assertNotEqual(taken, text)
        example.write_text(taken)
        self.ends(self.vm7("-C", repo.folder, "--config", example, "validate"), 0)


if __name__ == "__main__":
    main()
