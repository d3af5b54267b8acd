"""Secrets: where they come from, and that nobody else ever sees them."""

import base64
import ctypes
import re
import resource

from certs import Authority
from house import Case, main
from sample import KEY, POOLS, container, guest, manifest, readme_sample
from sim import AUDITOR, fault

PASSWORD = "Canary-Pass-93cd1f"


class Secrets(Case):
    def remote(self, site, *args, config=None, env=None):
        """plan with the host's configuration."""
        where = ["--config", config] if config else []
        return self.vm7("--repo", site.origin.url, "--branch", "main", *where, *args, env=env)

    def test_v16_null(self):
        """V-16 no password: nothing of the kind is sent, and render says the account is locked"""
        site = self.site([guest("web-01")], watched=True, globals_={
            "access": {"user": "devops", "ssh_public_key": KEY, "temp_password": None}})
        site.apply()
        for seen in site.sim.requests:
            self.assertNotIn("cipassword", seen.params)
        self.assertNotIn("cipassword", site.sim.config(site.leases()["web-01"]["vmid"]))
        run = self.ends(site.vm7("render", "web-01"), 0, "devops", KEY.split()[1])
        self.assertNotRegex(run.out, r"(?m)^\s*passwd:")

    def test_v16_hash(self):
        """V-16 a password leaves the host only as a crypt hash that fits it"""
        site = self.site([guest("web-01")], watched=True, globals_={
            "access": {"user": "devops", "ssh_public_key": KEY,
                       "temp_password": {"secret": "first-login"}}})
        self.env["VM7_SECRET_FIRST_LOGIN"] = PASSWORD
        runs = [site.plan("-v"), site.vm7("--json", "plan"),
                site.vm7("plan", "--format", "markdown"), site.apply("-v"), site.plan("-v")]
        self.assertIn("cipassword", runs[0].out, "the plan does not say that there is a password")
        sent = [s.params["cipassword"] for s in site.sim.requests if "cipassword" in s.params]
        self.assertEqual(len(sent), 1)
        self.assertRegex(sent[0], r"^\$(6|y|5)\$")
        self.assertEqual(crypt(PASSWORD, sent[0]), sent[0], "the hash is not of the password")
        for run in runs:
            self.ends(run, 0)
            self.assertNotIn(PASSWORD, run.text)
            self.assertNotRegex(run.text, r"\$(6|y|5)\$", "a hash is told")
        self.nowhere(PASSWORD, site)
        self.nowhere(sent[0], site)
        run = self.ends(site.vm7("render", "web-01"), 0)
        self.assertRegex(run.out, r"(?m)^cipassword: \$(6|y)\$")
        self.assertNotIn(PASSWORD, run.text)
        self.ends(site.plan("--detailed-exitcode"), 0)

    def nowhere(self, secret, site):
        """The secret is in no file that a run left, and in no object of Git."""
        needles = [secret.encode(), base64.b64encode(secret.encode())]
        for needle in needles:
            self.assertNotIn(needle, site.origin.objects_text())
            for path in self.dir.rglob("*"):
                if path.is_file() and not path.is_symlink() and "secrets" not in path.parts \
                        and not re.match(r"sim\d+$|ca$", path.relative_to(self.dir).parts[0]):
                    self.assertNotIn(needle, path.read_bytes(), path)

    def test_rule10(self):
        """rule 10 the token is in no output, commit, file, process title or core dump"""
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))  # what vm7 has to take away
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))
        site = self.site([guest(n) for n in "ab"], watched=True, mode="remote")
        secret = site.sim.secret
        seen_cmdlines, limits = [], []

        def look(seen):
            if seen.write:
                for pid in family(running.pid):
                    seen_cmdlines.append(read_bytes(f"/proc/{pid}/cmdline"))
                limits.append(read_bytes(f"/proc/{running.pid}/limits"))
        site.sim.before = look
        running = self.start_vm7("--repo", site.origin.url, "--branch", "main", "-v", "apply")
        run = running.finish(120)
        self.runs.append(run)
        self.ends(run, 0)
        texts = [run.text]
        for args in (["-v", "plan"], ["--json", "plan"], ["--json", "apply"],
                     ["plan", "--report", self.dir / "r.md"], ["inventory"]):
            texts.append(site.vm7(*args).text)
        site.sim.sim.set_faults(fault("GET", "/cluster/resources", {
            "status": 401, "reason": "Authentication failed!"}, times=-1))
        texts.append(site.vm7("-v", "plan").text)
        for text in texts:
            self.assertNotIn(secret, text)
            self.assertNotIn(base64.b64encode(secret.encode()).decode(), text)
        for line in seen_cmdlines:
            self.assertNotIn(secret.encode(), line)
        self.nowhere(secret, site)
        core = [line for line in limits[0].decode().splitlines() if "core file size" in line]
        self.assertRegex(core[0], r"size\s+0\s", "core dumps are not switched off")

    def test_h13_missing(self):
        """H-13 a reference to a secret that nobody has is 21 and named"""
        site = self.site([guest("a")], proxmox={"token_secret": {"secret": "not-there"}})
        self.ends(site.plan(), 21, "not-there")
        self.ends(site.apply(code=None), 21, "not-there")
        self.assertEqual(site.sim.log(), [])

    def test_h13_file(self):
        """H-13, V-23 a secret's file: 0600 is read, one that others can read is 21 with its mode"""
        site = self.site([guest("a")])
        self.env.pop("VM7_SECRET_PVE_TOKEN")
        for mode, code in ((0o600, 0), (0o400, 0), (0o640, 21), (0o644, 21), (0o604, 21)):
            with self.subTest(oct(mode)):
                file = self.secret_file("token", site.sim.secret + "\n", mode)
                config = self.host_config(endpoints=[site.sim.url],
                                          secrets={"pve-token": {"file": str(file)}})
                run = self.ends(site.plan("--config", config), code)
                if code:
                    self.assertIn(f"{mode:04o}"[1:], run.text)
                    self.assertNotIn(site.sim.secret, run.text)
                file.chmod(0o600)
        missing = self.host_config(endpoints=[site.sim.url],
                                   secrets={"pve-token": {"file": str(self.dir / "none")}})
        self.ends(site.plan("--config", missing), 21, "none")

    def test_h13_config_mode(self):
        """design 8 a host configuration that others may write is refused"""
        site = self.site([guest("a")])
        config = self.host_config(endpoints=[site.sim.url])
        config.chmod(0o666)
        run = site.plan("--config", config)
        self.assertIn(run.code, (11, 21), run)
        self.assertEqual(site.sim.log(), [])

    def test_h13_command(self):
        """H-13 a secret from a command; one that fails is 21"""
        site = self.site([guest("a")])
        self.env.pop("VM7_SECRET_PVE_TOKEN")
        script = self.dir / "pass.sh"
        script.write_text(f"#!/bin/sh\n[ \"$1\" = pve ] && echo '{site.sim.secret}' && exit 0\n"
                          "echo 'vault is sealed' >&2\nexit 3\n")
        script.chmod(0o700)
        for arg, code in (("pve", 0), ("other", 21)):
            config = self.host_config(endpoints=[site.sim.url], secrets={
                "pve-token": {"command": [str(script), arg]}})
            run = self.ends(site.plan("--config", config), code)
            self.assertNotIn(site.sim.secret, run.text)

    def test_h13_command_hangs(self):
        """H-13 a secret's command that never ends is 21 at a deadline"""
        site = self.site([guest("a")])
        self.env.pop("VM7_SECRET_PVE_TOKEN")
        config = self.host_config(endpoints=[site.sim.url], secrets={
            "pve-token": {"command": ["/bin/sleep", "600"]}})
        self.ends(site.plan("--config", config), 21)

    def test_h13_places(self):
        """design 8 a secret by name: host's file, credentials directory, environment"""
        site = self.site([guest("a")])
        secret = self.env.pop("VM7_SECRET_PVE_TOKEN")
        self.ends(site.plan(), 21, "pve-token")
        credentials = self.dir / "credentials"
        credentials.mkdir()
        (credentials / "pve-token").write_text(secret)
        (credentials / "pve-token").chmod(0o400)
        self.ends(site.plan(env={"CREDENTIALS_DIRECTORY": credentials}), 0)
        self.ends(site.plan(env={"VM7_SECRET_PVE_TOKEN": secret}), 0)
        config = self.host_config(endpoints=[site.sim.url],
                                  secrets={"pve-token": {"env": "MY_TOKEN"}})
        self.ends(site.plan("--config", config, env={"MY_TOKEN": secret}), 0)

    def test_h13_use(self):
        """design 8 a secret bound to git is not given to Proxmox"""
        site = self.site([guest("a")])
        self.env.pop("VM7_SECRET_PVE_TOKEN")
        file = self.secret_file("token", site.sim.secret)
        config = self.host_config(endpoints=[site.sim.url], secrets={
            "pve-token": {"file": str(file), "use": "git"}})
        self.ends(site.plan("--config", config), 21, "pve-token")
        self.assertEqual(site.sim.log(), [])

    def test_h13_names(self):
        """rule 9 a secret's name is a name, never a path"""
        for name in ("../../etc/passwd", "/etc/passwd", "a/b", "", "a b", ".."):
            with self.subTest(name):
                repo = self.clone("/nowhere", "r" + str(abs(hash(name))))
                repo.commit("x", {"vm7.yaml": manifest(
                    None, [guest("a")], proxmox={"token_secret": {"secret": name}}),
                    "ipam/pools.yaml": POOLS})
                self.ends(self.vm7("-C", repo.folder, "validate"), 11, "vm7.yaml:")

    def test_v23_inline(self):
        """V-23 a token in vm7.yaml works in one-shot verbs, with a warning"""
        sim = self.sim()
        self.env.pop("VM7_SECRET_PVE_TOKEN")
        site = self.site(sim=sim, text=readme_sample(sim).replace(
            "{secret: pve-token}", f'"{sim.secret}"'))
        run = self.ends(site.plan(), 0, "warning", "token_secret")
        self.assertNotIn(sim.secret, run.text)
        self.ends(site.vm7("validate"), 0, "warning", "token_secret")

    def test_v23_header(self):
        """V-23 the header is USER!TOKEN=SECRET, and a whole token in the secret wins"""
        site = self.site([guest("a")], watched=True)
        self.ends(site.plan(), 0)
        name = f"{site.sim.username}!{site.sim.token_name}"
        self.assertEqual({s.headers["Authorization"] for s in site.sim.requests},
                         {f"PVEAPIToken={name}={site.sim.secret}"})
        mark = len(site.sim.requests)
        whole = f"{AUDITOR}={site.sim.tokens[AUDITOR]}"
        self.ends(site.plan(env={"VM7_SECRET_PVE_TOKEN": whole}), 0)
        self.assertEqual({s.headers["Authorization"] for s in site.sim.requests[mark:]},
                         {f"PVEAPIToken={whole}"})

    def test_wrong_token(self):
        """21 a token that the cluster refuses: one request, then no more"""
        site = self.site([guest("a")])
        self.ends(site.plan(env={"VM7_SECRET_PVE_TOKEN": "00000000-0000-0000-0000-0"}), 21, "401")
        self.assertLessEqual(len(site.sim.log()), 4)

    def test_endpoints(self):
        """rule 9 a token is sent only where the host allows"""
        site = self.site([guest("a")], watched=True)
        for env in ({"VM7_ENDPOINTS": "https://pve.local:8006"}, {"VM7_ENDPOINTS": ""},
                    {"VM7_ENDPOINTS": None},
                    {"VM7_ENDPOINTS": site.sim.url.replace("127.0.0.1", "localhost")}):
            with self.subTest(str(env)):
                run = self.ends(site.plan(env=env), 23, site.sim.url)
                self.assertEqual(site.sim.requests, [], run)
        self.ends(site.plan("--endpoint", site.sim.url, env={"VM7_ENDPOINTS": None}), 0)
        config = self.host_config(endpoints=[site.sim.url])
        self.ends(site.plan("--config", config, env={"VM7_ENDPOINTS": None}), 0)

    def test_fingerprint(self):
        """a certificate that is not the pinned one: nothing is sent to it"""
        site = self.site([guest("a")], watched=True, proxmox={
            "tls": {"fingerprint": ":".join(["AB"] * 32)}})
        run = site.plan()
        self.assertIn(run.code, (20, 21), run)
        self.assertIn("fingerprint", run.text.lower() + "fingerprint" * ("certificate" in run.text))
        self.assertEqual(site.sim.requests, [])

    def test_no_tls_settings(self):
        """without fingerprint or CA an unknown certificate is refused"""
        site = self.site([guest("a")], watched=True, proxmox={"tls": None})
        run = site.plan()
        self.assertIn(run.code, (20, 21), run)
        self.assertIn("certificate", run.text)
        self.assertEqual(site.sim.requests, [])

    def test_ca_file(self):
        """a CA of the repository: trusted for its names, and not for others"""
        sim = self.sim()
        proxy = self.between(sim)
        ca = self.authority().file.read_text()
        site = self.site([guest("a")], sim=proxy, files={"ca.pem": ca},
                         proxmox={"tls": {"ca_file": "ca.pem"}})
        self.ends(site.plan(), 0)
        self.assertTrue(proxy.requests)
        other = Authority(self.dir / "other-ca").file.read_text()
        site.person.publish("another CA", {"ca.pem": other})
        mark = len(proxy.requests)
        self.ends(site.plan(), 20)
        self.assertEqual(len(proxy.requests), mark)

    def test_insecure(self):
        """insecure: true works and is named in every report"""
        site = self.site([guest("a")], proxmox={"tls": {"insecure": True}})
        self.ends(site.plan(), 0, "insecure")
        self.ends(site.vm7("plan", "--format", "markdown"), 0, "insecure")

    def test_host_tls(self):
        """the host's TLS settings win over the repository's, whole"""
        wrong = {"fingerprint": ":".join(["AB"] * 32)}
        site = self.site([guest("a")], watched=True, proxmox={"tls": {"insecure": True}})
        pinned = self.host_config(tls=wrong)
        run = site.plan("--config", pinned)
        self.assertIn(run.code, (20, 21), run)
        self.assertIn("fingerprint", run.text)
        self.assertEqual(site.sim.requests, [])
        right = self.host_config(tls={"fingerprint": site.sim.fingerprint})
        run = self.ends(site.plan("--config", right), 0)
        self.assertNotIn("nobody knows whether this is the cluster", run.text)
        site.person.publish("a pin of another", {"vm7.yaml": site.manifest(
            [guest("a")], proxmox={"tls": wrong})})
        self.ends(site.plan(), 20)
        self.ends(site.plan("--config", right), 0)
        self.ends(site.vm7("apply", "--config", right), 0)
        open_wide = self.host_config(tls={"insecure": True})
        self.ends(site.plan("--config", open_wide), 0, "nobody knows whether this is the cluster")

    def test_host_ca_file(self):
        """the host's CA: a file of the host that nobody else can change"""
        sim = self.sim()
        proxy = self.between(sim)
        ca = self.dir / "host-ca.pem"
        ca.write_bytes(self.authority().file.read_bytes())
        ca.chmod(0o644)
        site = self.site([guest("a")], sim=proxy, proxmox={"tls": None})
        self.ends(site.plan(), 20)
        config = self.host_config(tls={"ca_file": str(ca)})
        self.ends(site.plan("--config", config), 0)
        ca.chmod(0o666)
        self.ends(site.plan("--config", config), 21, str(ca), "others can change it")
        ca.unlink()
        self.ends(site.plan("--config", config), 11, str(ca))
        config = self.host_config(tls={"ca_file": str(ca), "insecure": True})
        self.ends(site.plan("--config", config), 11, "tls.insecure", "ca_file")

    def test_passwords_of_containers(self):
        """V-16 a container gets no password at all"""
        site = self.site([container("c")], watched=True, globals_={
            "access": {"user": "devops", "ssh_public_key": KEY,
                       "temp_password": {"secret": "first-login"}}})
        self.env["VM7_SECRET_FIRST_LOGIN"] = PASSWORD
        site.apply()
        for seen in site.sim.requests:
            self.assertNotEqual(seen.params.get("password"), PASSWORD)
        self.nowhere(PASSWORD, site)


def crypt(password, setting):
    """crypt(3), which Python no longer has."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), setting.encode()).decode()


def family(pid):
    """A process and its children, theirs too."""
    found = [pid]
    for one in found:
        try:
            with open(f"/proc/{one}/task/{one}/children") as file:
                found += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return found


def read_bytes(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


if __name__ == "__main__":
    main()
