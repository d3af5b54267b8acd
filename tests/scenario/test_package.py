"""What is installed around the program: the unit, its user, the example of the configuration."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import textwrap
import unittest

from house import Case, digest, have, main
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


ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def every_key(schema):
    """All keys that a JSON Schema knows, however deep."""
    yield from schema.get("properties", {})
    for value in schema.values():
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                yield from every_key(inner)
    for inner in schema.get("properties", {}).values():
        yield from every_key(inner)


class Installed(Case):
    """The program as `meson install` puts it somewhere else."""

    tree = None
    made = None

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

        verb = re.search(r"^ExecStart=\S+/vm7 (\w+) --config ", unit.read_text(), re.M)[1]
        self.assertIn(verb, self.told())
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

    # --- the manual ----------------------------------------------------------------

    def manual(self, page):
        """The text of a page, which must be without a mistake."""
        path = self.installed(f"/man{page[-1]}/{page}")
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "200"}
        told = subprocess.run(["man", "--warnings", "-l", path], env=env, text=True, timeout=60,
                              check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(told.stderr, "")
        return told.stdout

    @unittest.skipUnless((BUILD / "docs/vm7.1").exists() and have("man"), "no manual was built")
    def test_manual(self):
        """manual: all verbs, options, exit codes and keys are in its pages"""
        page = self.manual("vm7.1")
        told = json.loads(self.ends(self.vm7("--json", "help"), 0).out)
        for verb in told["verbs"]:
            self.assertRegex(page, rf"\n {{7}}{verb['name']}\b")
        for option in told["options"]:
            self.assertRegex(page, rf"\n {{7}}(-., )?--{option['name']}\b")
        self.assertRegex(page, r"\n {7}130\n +Interrupted")
        self.assertRegex(self.manual("vm7-sim.1"), r"\n {7}--random-faults RATE\n")
        files = {"vm7.yaml": "vm7.yaml.5", "pools.yaml": "vm7.yaml.5",
                 "controller.yaml": "vm7-controller.yaml.5"}
        for file, name in files.items():
            page = self.manual(name)
            schema = json.loads(self.ends(self.vm7("schema", file), 0).out)
            for key in set(every_key(schema)):
                self.assertRegex(page, rf"[ .]{key}\b", file)

    # --- the package ---------------------------------------------------------------

    def deb(self):
        """The package of this build, made once for all tests."""
        if Installed.made is None:
            folder = tempfile.mkdtemp(prefix="vm7-deb-")
            self.addClassCleanup(shutil.rmtree, folder)
            said("sh", ROOT / "deploy/build-deb.sh", "--from", BUILD, folder)
            Installed.made = next(pathlib.Path(folder).glob("*.deb"))
        return Installed.made

    def next_deb(self):
        """The same as another version, whose conffile says something else."""
        tree = self.dir / "next"
        said("dpkg-deb", "-R", self.deb(), tree)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^Version: .*", "Version: 99.0", control.read_text()))
        example = tree / "etc/vm7/controller.yaml"
        example.write_text(example.read_text() + "# of the next version\n")
        said("dpkg-deb", "-Zgzip", "-z1", "--root-owner-group", "--build", tree, self.dir)
        return next(self.dir.glob("*.deb"))

    @unittest.skipUnless(have("lintian") and have("scdoc"), "lintian or scdoc is not installed")
    def test_deb(self):
        """package: lintian finds no mistake, and it needs what the programs are linked with"""
        made = self.deb()
        self.assertNotIn("E: ", said("lintian", "--allow-root", "--fail-on", "error", made))
        needs = said("dpkg-deb", "-f", made, "Depends")
        for package in ("libgit2", "libcurl", "libuv1", "git", "openssh-client"):
            self.assertIn(package, needs)

    @unittest.skipUnless(have("scdoc") and os.geteuid() == 0, "needs scdoc, and root for owners")
    def test_dpkg(self):
        """package: an upgrade keeps what people changed, purge takes what the package made"""
        first, second = self.deb(), self.next_deb()
        root = self.dir / "root"
        for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc"):
            (root / folder).mkdir(parents=True)
        for name in ("var/lib/dpkg/status", "var/lib/dpkg/available"):
            (root / name).touch()

        def dpkg(*words):
            return said("dpkg", f"--root={root}", "--force-script-chrootless", "--force-depends",
                        "--force-confold", "--log=/dev/null", *words)

        self.assertIn("nothing is started yet", dpkg("-i", first))
        config, secrets = root / "etc/vm7/controller.yaml", root / "etc/vm7/secrets"
        groups = (root / "etc/group").read_text()
        gid = int(re.search(r"^vm7:[^:]*:(\d+):", groups, re.MULTILINE)[1])
        made = secrets.stat()
        self.assertEqual((made.st_mode & 0o7777, made.st_uid, made.st_gid), (0o750, 0, gid))
        self.assertFalse((root / "etc/systemd/system").exists(), "it was enabled")

        config.write_text("endpoints: [\"https://pve01.example:8006\"]\n")
        (secrets / "pve-token").write_text("a secret")
        state = root / "var/lib/vm7/repo"
        state.mkdir(parents=True)
        self.assertNotIn("nothing is started yet", dpkg("-i", second))
        self.assertEqual(said("dpkg-query", f"--admindir={root}/var/lib/dpkg", "-W",
                              "-f=${Version}", "vm7"), "99.0")
        self.assertIn("pve01.example", config.read_text())

        dpkg("-r", "vm7")
        self.assertIn("pve01.example", config.read_text())
        self.assertTrue(state.exists())
        self.assertFalse((root / "usr/bin/vm7").exists())
        self.assertIn("still there", dpkg("-P", "vm7"))
        self.assertFalse(config.exists() or state.parent.exists())
        self.assertEqual((secrets / "pve-token").read_text(), "a secret")

        dpkg("-i", first)
        (secrets / "pve-token").unlink()
        self.assertNotIn("still there", dpkg("-P", "vm7"))
        self.assertFalse((root / "etc/vm7").exists())

    # --- the container -------------------------------------------------------------

    def node(self):
        """A folder of programs like those of a node; its container is a folder too."""
        fakes = {
            "bin/id": "echo 0",
            "bin/ha-manager": """
                echo "ha-manager $*" >>"$FAKE/log"
                case $1 in
                config) cat "$FAKE/ha" ;;
                add) printf '%s\\n\\tstate started\\n' "$2" >>"$FAKE/ha" ;;
                esac""",
            "bin/pveam": """
                echo "pveam $*" >>"$FAKE/log"
                file=debian-12-standard_12.7-1_amd64.tar.zst
                case $1 in
                available) echo "system          debian-12-standard_12.2-1_amd64.tar.zst"
                    echo "system          $file" ;;
                download) echo "$2:vztmpl/$3  120.65MB" >"$FAKE/templates" ;;
                list) cat "$FAKE/templates" ;;
                esac""",
            "bin/pct": """
                echo "pct $*" | tr '\\n' ' ' >>"$FAKE/log"
                echo >>"$FAKE/log"
                case $1 in
                config) cat "$FAKE/config" 2>/dev/null || exit 2 ;;
                status) cat "$FAKE/status" ;;
                start) echo "status: running" >"$FAKE/status" ;;
                push) cp "$3" "$FAKE/root$4" ;;
                create)
                    echo "status: stopped" >"$FAKE/status"
                    mkdir -p "$FAKE/root/root" "$FAKE/root/etc"
                    while [ "$1" != --hostname ]; do shift; done
                    echo "hostname: $2" >"$FAKE/config" ;;
                exec)
                    shift 3
                    for word in "$@"; do
                        case $word in
                        /dev/*) ;;
                        /*) word=$FAKE/root$word ;;
                        esac
                        set -- "$@" "$word"
                        shift
                    done
                    PATH=$FAKE/inside:$PATH exec "$@" ;;
                esac""",
            "inside/chown": 'echo "chown $*" >>"$FAKE/log"',
            "inside/stat": """
                case $3 in
                */secrets/*) echo "vm7:vm7:$(/usr/bin/stat -c %04a "$3")" ;;
                *) echo "root:root:$(/usr/bin/stat -c %04a "$3")" ;;
                esac""",
            "inside/apt-get": """
                while [ $# -gt 1 ]; do shift; done
                [ -f "$1" ] || exit 0
                dpkg-deb -x "$1" "$FAKE/root"
                mkdir -p "$FAKE/root/etc/vm7/secrets"
                echo "installed $(dpkg-deb -f "$1" Version)" >"$FAKE/dpkg" """,
            "inside/dpkg-query": 'cat "$FAKE/dpkg"',
            "inside/systemctl": """
                echo "systemctl $*" >>"$FAKE/log"
                case $1 in
                is-*) [ -e "$FAKE/enabled" ] ;;
                enable) touch "$FAKE/enabled" ;;
                esac""",
        }
        for name, text in fakes.items():
            path = self.dir / "node" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("#!/bin/sh\n" + textwrap.dedent(text))
            path.chmod(0o755)
        for name in ("ha", "templates", "log"):
            (self.dir / "node" / name).touch()
        return self.dir / "node"

    def lxc(self, node, *words, code=0, input=""):
        """lxc.sh on that node: what it said, and the calls that changed something."""
        (node / "log").write_text("")
        run = subprocess.run(
            ["sh", ROOT / "deploy/lxc.sh", *map(str, words)], text=True, input=input, timeout=120,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, cwd=self.dir,
            env={"PATH": f"{node}/bin:/usr/bin:/bin:/usr/sbin:/sbin", "FAKE": str(node)})
        self.assertEqual(run.returncode, code, run.stdout)
        log = (node / "log").read_text()
        reads = ("pct config", "pct status", "pct exec", "pveam list", "ha-manager config",
                 "systemctl is-", "chown")
        return run.stdout, [row for row in log.splitlines() if not row.startswith(reads)], log

    @unittest.skipUnless(have("scdoc"), "scdoc is not installed")
    def test_lxc(self):
        """lxc.sh: makes the container, puts everything in its place; again, it changes nothing"""
        node, token = self.node(), self.secret_file("token", "canary-of-proxmox")
        words = ["--vmid", 900, "--deb", self.deb(), "--repo", "https://git.example/infra.git",
                 "--endpoint", "https://pve01.example:8006", "--storage", "shared",
                 "--address", "192.168.10.5/24", "--gateway", "192.168.10.1", "--ha",
                 "--pve-token", token, "--git-password", "-"]
        told, calls, log = self.lxc(node, *words, input="canary-of-git\n")
        self.assertIn("made container 900", told)
        self.assertIn("pveam download local debian-12-standard_12.7-1_amd64.tar.zst", calls)
        made = next(call for call in calls if call.startswith("pct create"))
        for part in ("--unprivileged 1", "--features nesting=1", "--rootfs shared:4",
                     "ip=192.168.10.5/24,gw=192.168.10.1", "12.7-1_amd64.tar.zst"):
            self.assertIn(part, made)
        self.assertIn("systemctl enable --quiet --now vm7.service", calls)
        self.assertIn("ha-manager add ct:900 --state started --comment vm7", calls)

        etc = node / "root/etc/vm7"
        self.assertEqual((etc / "secrets/pve-token").read_text(), "canary-of-proxmox")
        self.assertEqual((etc / "secrets/git").read_text(), "canary-of-git\n")
        self.assertEqual((etc / "secrets/git").stat().st_mode & 0o7777, 0o600)
        self.assertRegex(log, r"chown vm7:vm7 \S+/etc/vm7/secrets/git\b")
        self.assertNotIn("canary", log + told)
        self.assertEqual(sorted(path.name for path in etc.rglob("*")),
                         ["controller.yaml", "git", "pve-token", "secrets"])
        repo = self.clone("/nowhere", "repo")
        self.ends(self.vm7("-C", repo.folder, "init"), 10)
        self.ends(self.vm7("-C", repo.folder, "--config", etc / "controller.yaml", "validate"), 0)

        before = digest(node / "root")
        told, calls, _ = self.lxc(node, *words, input="canary-of-git\n")
        self.assertIn("nothing to change", told)
        self.assertEqual((calls, digest(node / "root")), ([], before))

        told, calls, _ = self.lxc(node, *words, input="another\n")
        self.assertEqual(calls, ["systemctl reload vm7.service"])
        with open(etc / "controller.yaml", "a", encoding="utf-8") as config:
            config.write("task_timeout: 2h\n")
        told, calls, _ = self.lxc(node, *words, input="another\n")
        self.assertIn("left alone", told)
        self.assertEqual(calls, [])

    @unittest.skipUnless(have("scdoc"), "scdoc is not installed")
    def test_lxc_refused(self):
        """lxc.sh: what is missing, wrong or somebody else's is told before anything is done"""
        node, token = self.node(), self.secret_file("token", "canary")
        words = ["--vmid", 900, "--deb", self.deb(), "--repo", "git@git.example:infra.git",
                 "--endpoint", "https://a:8006", "--endpoint", "https://b:8006"]
        key = ["--git-key", "-", "--no-nesting"]
        for more, code, said_ in (
            ([], 64, "--pve-token FILE is needed"),
            (["--pve-token", self.dir / "none"], 1, "cannot be read"),
            (["--pve-token", "-", "--secret", "x=-"], 64, "only one secret"),
            (["--pve-token", token, "--secret", "../x=-"], 64, "letters, digits"),
            (["--pve-token", token, "--bridge", 'a"b'], 64, "quotes"),
            (["--pve-token", token, "--bridges", "b"], 64, "unknown option --bridges"),
        ):
            told, calls, _ = self.lxc(node, *words, *more, code=code)
            self.assertIn(said_, told)
            self.assertEqual(calls, [])

        told, calls, _ = self.lxc(node, *words, "--pve-token", token, *key, input="", code=1)
        self.assertIn("nothing was given", told)
        told, calls, _ = self.lxc(node, *words, "--pve-token", token, *key, input="a key\n")
        text = (node / "root/etc/vm7/controller.yaml").read_text()
        self.assertIn('endpoints: ["https://a:8006", "https://b:8006"]', text)
        self.assertIn("ssh_key: {secret: git-ssh}", text)
        self.assertTrue((node / "root/etc/systemd/system/vm7.service.d/no-nesting.conf").exists())

        told, calls, _ = self.lxc(node, *words, "--pve-token", token, "--name", "other", code=1)
        self.assertIn("is called vm7, not other", told)

    # --- completions ---------------------------------------------------------------

    def told(self):
        """What each completion must offer: verbs, and all options of each."""
        told = json.loads(self.ends(self.vm7("--json", "help"), 0).out)
        common = [option["name"] for option in told["options"] if option["common"]]
        return {verb["name"]: {f"--{name}" for name in common + verb["options"]}
                for verb in told["verbs"]}

    def test_bash(self):
        """completions: bash offers the verbs, their options and what stands behind them"""
        script = self.installed("/bash-completion/completions/vm7.bash")

        def offered(*words):
            line = " ".join(f"'{word}'" for word in ("vm7", *words))
            return set(said("bash", "-c", f"source {script}; COMP_WORDS=({line}); "
                            f"COMP_CWORD={len(words)}; _vm7 2>/dev/null; "
                            "printf '%s\\n' \"${COMPREPLY[@]}\"", cwd=self.dir).split())

        told = self.told()
        self.assertEqual(offered(""), set(told))
        self.assertEqual(offered("-C", "/tmp", "val"), {"validate"})
        for verb in ("plan", "hold", "release", "init"):
            self.assertEqual(offered(verb, "--"), told[verb])
        self.assertEqual(offered("--repo", "=", "x", "plan", "--format", "=", "ma"), {"markdown"})
        self.assertEqual(offered("import", ""), {"leases", "config-env"})
        (self.dir / "container.env").touch()
        self.assertIn("container.env", offered("import", "config-env", "con"))
        self.assertIn("container.env", offered("--config", "con"))

    @unittest.skipUnless(have("zsh"), "zsh is not installed")
    def test_zsh(self):
        """completions: zsh offers the verbs and the options of each"""
        script = self.installed("/_vm7")
        told = self.told()
        shown = said("zsh", "-fc", "_describe() { print -rl -- $verbs }; "
                     "_arguments() { state=; [[ $1 == -C ]] && _vm7_verbs }; "
                     f"service=vm7; source {script}")
        self.assertEqual({line.split(":")[0] for line in shown.splitlines()}, set(told))
        for verb in ("plan", "hold", "init"):
            shown = said("zsh", "-fc", "_arguments() { [[ $1 == -C ]] || print -rl -- \"$@\"; "
                         f"state=verb line=({verb}) }}; service=vm7; source {script}")
            self.assertEqual(set(re.findall(r"^\*?(--[a-z-]+)", shown, re.MULTILINE)), told[verb])

    @unittest.skipUnless(have("fish"), "fish is not installed")
    def test_fish(self):
        """completions: fish offers the verbs, their options and what stands behind them"""
        scripts = [self.installed(f"/vendor_completions.d/{name}.fish")
                   for name in ("vm7", "vm7-sim")]

        def offered(line):
            sources = "".join(f"source {script}; " for script in scripts)
            shown = said("fish", "-c", f"{sources} complete -C '{line}'", cwd=self.dir,
                         env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), "LC_ALL": "C.UTF-8"})
            return {row.split("\t")[0] for row in shown.splitlines()}

        told = self.told()
        self.assertEqual(offered("vm7 "), set(told))
        for verb in ("plan", "hold", "init"):
            self.assertEqual(offered(f"vm7 {verb} --"), told[verb])
        self.assertEqual(offered("vm7 inventory --format "),
                         {"yaml", "ansible", "json", "ssh-config", "hosts"})
        self.assertEqual(offered("vm7-sim --pve "), {"8", "9"})

    def test_words(self):
        """completions: the words that they offer behind an option are those that vm7 takes"""
        folder = self.clone("/nowhere", "words").folder
        self.ends(self.vm7("-C", folder, "init"), 10)
        fish = self.installed("/vendor_completions.d/vm7.fish").read_text()
        offers = re.findall(r"from (\w+)' -l (\w+) .* -xa '(.*)'$", fish, re.MULTILINE)
        self.assertGreaterEqual(len(offers), 5)
        for verb, option, words in offers:
            if "(" in words or verb == "reconcile":  # which is plan or apply
                continue
            for word in words.split():
                run = self.vm7("-C", folder, verb, f"--{option}", word)
                self.assertNotEqual(run.code, 64, run)
            self.ends(self.vm7("-C", folder, verb, f"--{option}", "nonsense"), 64)
        for word in re.findall(r"from schema; .* -fa '(.*)'$", fish, re.MULTILINE)[0].split():
            self.ends(self.vm7("schema", word), 0)

    def test_pages(self):
        """manual: every page of docs is installed"""
        for page in (ROOT / "docs").glob("*.md"):
            self.installed(f"/doc/vm7/{page.name}")


if __name__ == "__main__":
    main()
