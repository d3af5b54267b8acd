"""What the controller tells by itself: messages to people, statuses to forges."""

import signal

from controller import Controller
from house import Case, main
from inbox import Inbox
from sample import guest
from sim import fault

SLACK = "/services/T0CANARY0/B0CANARY0/XCanarySlack93cd1f77"
BEARER = "Canary-Bearer-5a1e22"
TOKEN = "Canary-Forge-77d0c1"


def no_space_for(name):
    return fault("POST", "/nodes/*/qemu/*/clone", {"task": "fail-start", "text": "no space left"},
                 params={"name": name}, times=-1)


class Telling(Case):
    def open_inbox(self, **options):
        self.inbox = Inbox(self, **options)
        self.env["VM7_SECRET_BEARER"] = BEARER
        self.env["VM7_SECRET_FORGE_TOKEN"] = TOKEN
        self.env["VM7_SECRET_SLACK"] = self.inbox.url + SLACK

    def notify(self, **settings):
        return {"ca_file": self.inbox.ca_file, "interval": "1s", **settings}

    def again(self, controller, **settings):
        """With other settings from now on."""
        read = controller.log().count("was read again")
        controller.host.update(settings)
        controller.write()
        controller.signal(signal.SIGHUP)
        controller.until(lambda: controller.log().count("was read again") > read, "reload")

    def letter(self, controller, number):
        """The letter of this number, when it has come and the controller knows."""
        def known():
            log = controller.log()
            return sum(map(log.count, (": told ", "is shown as", "did not arrive: it")))
        controller.until(lambda: known() >= number <= len(self.inbox.letters), f"letter {number}")
        return self.inbox.letters[number - 1]

    def no_more(self, controller, number):
        """Passes go by, and nothing else comes."""
        for _ in range(2):
            controller.signal(signal.SIGUSR1)
            controller.passes(more=1)
        self.assertEqual(len(self.inbox.letters), number, "\n".join(map(str, self.inbox.letters)))

    def nowhere(self, controller):
        """No secret is in the log or in what is remembered."""
        text = controller.log() + "".join(
            path.read_text(errors="replace") for path in controller.state.rglob("*")
            if path.is_file())
        for secret in (SLACK, SLACK.rpartition("/")[2], BEARER, TOKEN):
            self.assertNotIn(secret, text)

    def test_messages(self):
        """what fails, recovers and waits is told once, in each format, and secrets to nobody"""
        self.open_inbox()
        site = self.site([guest("a"), guest("b")],
                         globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(no_space_for("b"))
        controller = Controller(site, notify=self.notify(url=self.inbox.url + "/here",
                                                         secret={"secret": "bearer"}))
        with self.subTest("json, failed"):
            letter = self.letter(controller, 1)
            told = letter.json
            self.assertEqual((letter.path, letter.headers["Authorization"],
                              letter.headers["Content-Type"]),
                             ("/here", f"Bearer {BEARER}", "application/json"))
            self.assertEqual([(item["what"], item["guest"]) for item in told["failed"]],
                             [("guest", "b")], told)
            self.assertIn("no space left", told["failed"][0]["why"])
            self.assertEqual(told["failed"][0]["command"], "vm7 rollback --guest b")
            self.assertEqual((told["recovered"], told["waits"]), ([], []))
            self.assertEqual((told["branch"], told["cluster"]), ("main", "lab"))
            self.assertIn("b failed: ", told["text"])
            self.assertIn(told["commit"][:8], told["text"])
            self.no_more(controller, 1)
        with self.subTest("json, recovered"):
            site.sim.set_faults()
            controller.signal(signal.SIGUSR1)
            told = self.letter(controller, 2).json
            self.assertEqual(told["recovered"], [{"what": "guest", "guest": "b"}])
            self.assertEqual(told["failed"], [])
        with self.subTest("ntfy, a bad commit"):
            self.again(controller, notify=self.notify(url=self.inbox.url + "/topic",
                                                      format="ntfy"))
            bad = site.manifest([guest("a"), guest("b")]).replace('"cpu"', '"cpus"')
            site.person.pull()
            site.person.publish("A mistake", {"vm7.yaml": bad})
            letter = self.letter(controller, 3)
            self.assertEqual((letter.path, letter.headers["Title"], letter.headers["Priority"],
                              letter.headers["Tags"]),
                             ("/topic", "vm7: 1 failed", "high", "warning"))
            self.assertNotIn("Authorization", letter.headers)
            self.assertRegex(letter.body, r"^commit [0-9a-f]{8} is not in force: .*"
                                          r"vm7\.yaml:\d+:\d+: .*cpus")
            self.no_more(controller, 3)
            site.set_vms(guest("a"), guest("b"))
            letter = self.letter(controller, 4)
            self.assertEqual(letter.headers["Tags"], "white_check_mark")
        with self.subTest("Slack, it waits for a person"):
            self.again(controller, notify=self.notify(url_secret={"secret": "slack"},
                                                      format="slack"))
            self.inbox.refusals = 1
            site.set_vms(guest("a"), guest("b"), guest("c", template_id=9999))
            letter = self.letter(controller, 5)
            controller.says("notify: try 1 did not arrive: it answered 404")
            self.assertEqual(self.letter(controller, 6).body, letter.body)
            self.assertEqual(letter.path, SLACK)
            self.assertIn("c waits for a person: template 9999", letter.json["text"])
            self.assertEqual(list(letter.json), ["text"])
            self.no_more(controller, 6)
        controller.stop()
        self.nowhere(controller)

    def test_dead_server(self):
        """a dead server costs nothing; when it is back the rest is told at once, never twice"""
        self.open_inbox(tls=False)
        site = self.site([guest("a")], globals_={"reconcile": {"on_error": "continue"}})
        site.sim.set_faults(no_space_for("b"), no_space_for("c"))
        self.inbox.stop()
        controller = Controller(site, notify={"url": self.inbox.url, "interval": "1s"})
        controller.ready("a")
        site.set_vms(guest("a"), guest("b"))
        controller.says("notify: try 1 did not arrive")
        site.set_vms(guest("a"), guest("b"), guest("c"))
        controller.until(lambda: [one for one in controller.ask()["guests"]
                                  if one["name"] == "c" and one["failing_since"]], "c fails, too")
        self.inbox.start()
        told = self.letter(controller, 1).json
        self.assertEqual(sorted(item["guest"] for item in told["failed"]), ["b", "c"])
        self.no_more(controller, 1)
        controller.stop()
        controller.start()
        controller.until((controller.state / "vm7.sock").exists, "it is there again")
        self.no_more(controller, 1)
        site.set_vms(guest("a"))
        recovered = self.letter(controller, 2).json["recovered"]
        self.assertEqual(sorted(item["guest"] for item in recovered), ["b", "c"])
        controller.stop()

    def test_statuses(self):
        """a commit of people gets its state on the forge: pending, success, failure"""
        self.open_inbox()
        site = self.site([guest("a")])
        forge = {"kind": "github", "url": self.inbox.url, "project": "team/infra",
                 "token": {"secret": "forge-token"}, "ca_file": self.inbox.ca_file}
        first = site.origin.head()
        controller = Controller(site, forge=forge)
        self.letter(controller, 2)
        pending, success = self.inbox.letters
        for letter in pending, success:
            self.assertEqual(letter.path, f"/api/v3/repos/team/infra/statuses/{first}")
            self.assertEqual(letter.headers["Authorization"], f"Bearer {TOKEN}")
            self.assertEqual(letter.headers["X-GitHub-Api-Version"], "2022-11-28")
            self.assertEqual(letter.json["context"], "vm7")
        self.assertEqual([letter.json["state"] for letter in (pending, success)],
                         ["pending", "success"])
        self.assertEqual(success.json["description"], "1 made")
        self.no_more(controller, 2)
        bad = site.manifest([guest("a")]).replace('"cpu"', '"cpus"')
        site.person.pull()
        invalid = site.person.publish("A mistake", {"vm7.yaml": bad})
        letter = self.letter(controller, 3)
        self.assertEqual(letter.path, f"/api/v3/repos/team/infra/statuses/{invalid}")
        self.assertEqual(letter.json["state"], "failure")
        self.assertRegex(letter.json["description"], r"^vm7\.yaml:\d+:\d+: ")
        self.again(controller, forge={**forge, "kind": "forgejo"})
        self.no_more(controller, 3)
        site.sim.set_faults(no_space_for("b"))
        failing = site.set_vms(guest("a"), guest("b"))
        controller.until(lambda: self.inbox.letters[-1].json["state"] == "failure"
                         and failing in self.inbox.letters[-1].path, "a failure")
        letter = self.inbox.letters[-1]
        self.assertEqual(letter.path, f"/api/v1/repos/team/infra/statuses/{failing}")
        self.assertEqual(letter.headers["Authorization"], f"token {TOKEN}")
        self.assertIn("no space left", letter.json["description"])
        self.again(controller, forge={**forge, "kind": "gitlab", "project": "team/sub/infra"})
        good = site.set_vms(guest("a", cpu=4), message="More")
        controller.until(lambda: self.inbox.letters[-1].json["state"] == "success", "success")
        letter = self.inbox.letters[-1]
        self.assertEqual(letter.path, f"/api/v4/projects/team%2Fsub%2Finfra/statuses/{good}")
        self.assertEqual(letter.headers["Authorization"], f"Bearer {TOKEN}")
        self.assertEqual(letter.json["name"], "vm7")
        controller.stop()
        ours = {commit for commit in site.origin.commits()} - {first, invalid, failing, good}
        for letter in self.inbox.letters:
            self.assertFalse([commit for commit in ours if commit in letter.path], letter)
        self.nowhere(controller)

    def test_mistakes(self):
        """what cannot be told to anybody is said at the start"""
        self.open_inbox()
        site = self.site([guest("a")])
        url = "https://chat.example/hook"
        rows = [
            (11, {"notify": {"format": "json"}}, "one of url and url_secret is needed"),
            (11, {"notify": {"url": url, "url_secret": {"secret": "slack"}}}, "one of url"),
            (11, {"notify": {"url": "http://chat.example/"}}, "this machine alone"),
            (11, {"notify": {"url": f"https://user:{BEARER}@chat.example/"}}, "credentials"),
            (11, {"forge": {"kind": "gitea", "url": "http://chat.example",
                            "token": {"secret": "forge-token"}}}, "forge.url: http:// is for"),
            (11, {"notify": {"url": url, "ca_file": "/nowhere"}}, "/nowhere"),
            (21, {"notify": {"url": url, "secret": {"secret": "nobody"}}}, "nobody is missing"),
            (21, {"notify": {"url": url, "secret": {"secret": "bearer"}},
                  "secrets": {"bearer": {"env": "VM7_SECRET_BEARER", "use": "git"}}}, "bound to"),
            (11, {"forge": {"kind": "github", "token": {"secret": "forge-token"}}},
             "give url and project"),
            (11, {"forge": {"kind": "github"}}, "token is missing"),
        ]
        for number, (code, settings, words) in enumerate(rows):
            with self.subTest(words):
                controller = Controller(site, name=f"controller{number}", **settings)
                controller.ends(code)
                self.assertIn(words, controller.log())
                self.nowhere(controller)
        self.assertEqual([e for e in site.sim.log() if e["method"] != "GET"], [])


if __name__ == "__main__":
    main()
