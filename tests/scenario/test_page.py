"""The status page, looked at in Chromium: what it shows, and that it stays up to date."""

import os
import pathlib
import re
import tempfile
import threading
import unittest

import browser
import standing
from controller import Controller
from house import Case, main
from pageserver import PageServer
from sample import guest

# Of each text: its colour against what is behind it, as WCAG 2 reckons contrast. What is
# below 4.5 is told.
CONTRAST = """(() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => parts(colour).slice(0, 3).map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if (parts(colour).length === 3)
        return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const poor = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode, node = text.parentElement;
    if (!text.data.trim() || node.closest('.aside'))
      continue;
    const both = [light(getComputedStyle(node).color), light(behind(node))];
    const ratio = (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
    if (ratio < 4.5)
      poor.push(`${text.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return poor;
})()"""

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

# What one may stop at with the Tab key, in the order of the page.
STOPS = """[...document.querySelectorAll('a[href], button, input, summary')]
  .filter((node) => node.checkVisibility())"""


@unittest.skipUnless(browser.program(), "chromium is not installed")
class Page(Case):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="vm7-browser-", ignore_cleanup_errors=True)
        cls.addClassCleanup(folder.cleanup)
        cls.browser = browser.Browser(folder.name)
        cls.addClassCleanup(cls.browser.stop)

    def page(self, document, **options):
        """A tab that shows this document; the server is its `server`."""
        server = PageServer(document)
        self.addCleanup(server.stop)
        tab = self.browser.tab(**options)
        self.addCleanup(tab.close)
        tab.server = server
        tab.go(server.origin)
        return tab

    def clean(self, tab, origin=None):
        """It asked for nothing of anybody else, and nothing was amiss."""
        origin = origin or tab.server.origin
        self.assertEqual(tab.complaints, [])
        self.assertEqual([url for url in tab.requests if not url.startswith(origin)], [])

    def live(self, tab):
        tab.until("document.getElementById('live').textContent === 'Live'", "it is live")

    def test_content(self):
        """page: what is as desired, what is done, what waits and with which command"""
        tab = self.page(standing.busy())
        self.live(tab)
        text = tab.text()
        for words in ("12 guests: 1 failed, 1 disputed, 2 wait for a person",
                      "vm7.yaml:12:10: vms[0].cpu: 0 is less than 1", "3 of 8 guests done",
                      "is being cloned", "vm7 release db-02", "vm7 adopt 312",
                      "192.168.10.51", "fd00:10::51", "2048 is there, 4096 is desired",
                      "21050 of 60000 used, 40 resting, 38910 free, 2000 excluded",
                      "Two more web servers", "Grace Hopper", "maintenance", "offline",
                      "deploy key of infra.git"):
            self.assertIn(words, text)
        names = tab.run("[...document.querySelectorAll('#rows th > bdi')].map(n => n.innerText)")
        self.assertEqual(names[:2], ["win-11", "zeta"])
        self.assertEqual(names[5:], sorted(names[5:]))
        # the picture of a pool: a cell for each address, in four shapes
        cells = tab.run("[...document.querySelectorAll('.cells')[0].querySelectorAll('path')]"
                        ".map(p => [p.className.baseVal, (p.getAttribute('d').match(/M/g) "
                        "|| []).length])")
        self.assertEqual(dict(cells), {"used": 12, "resting": 1, "excluded": 11, "free": 127})
        # the script tells times in the words of the page
        told = re.findall(r"<time[^>]*>([^<]*(?:min|h|days)\b[^<]*)</time>",
                          tab.server.page.decode())
        self.assertGreater(len(told), 10)
        self.assertEqual(tab.run("[...document.querySelectorAll('time')].map(t => t.textContent)"
                                 ".filter(t => /min|h|days/.test(t))"), told)
        self.assertTrue(tab.run("""(async () => {
            const icon = new Image();
            icon.src = 'page.svg';
            await icon.decode();
            return icon.complete;
        })()"""))
        self.clean(tab)

    def test_update(self):
        """page: a change appears in place; focus, filter, scrolling and what is open stay"""
        document = standing.calm(30)
        tab = self.page(document, height=500)
        self.live(tab)
        tab.run("""window.same = document.querySelector('[data-key="web-07"]');
                   document.querySelector('.passes details').open = true;
                   document.getElementById('filter').focus()""")
        tab.ask("Input.insertText", text="web-07")
        tab.until("document.getElementById('shown').textContent === '1 of 30'", "filtered")
        tab.run("window.scrollTo(0, 300)")
        document["summary"] = "30 guests, 1 failed"
        document["pass"] = {"cause": "asked", "began": standing.NOW, "done": 1, "of": 4}
        document["guests"][6].update(health="failed", says="TASK ERROR: no space left")
        del document["guests"][0]
        tab.server.show(document)
        tab.until("document.title.startsWith('30 guests, 1 failed')", "the change is shown")
        self.assertEqual(
            tab.run("""[document.querySelector('h1').innerText,
                        document.querySelector('progress').value,
                        same === document.querySelector('#rows tr'),
                        same.innerText.includes('no space left'),
                        document.activeElement.id, document.activeElement.value,
                        document.getElementById('shown').textContent,
                        document.querySelector('.passes details').open,
                        document.body.className, scrollY > 0]"""),
            ["30 guests, 1 failed", 1, True, True, "filter", "web-07", "1 of 29", True, "bad",
             True])
        self.clean(tab)
        # what was away for a while is there again, and newer
        tab.server.stop()
        tab.until("document.getElementById('live').innerText.startsWith('Connection lost')",
                  "the loss is told")
        document["summary"] = "29 guests, everything as desired"
        tab.server.show(document)
        tab.server.start()
        self.live(tab)
        tab.until("document.title.startsWith('29 guests')", "what happened meanwhile is shown")
        # another version may have another script
        self.assertTrue(tab.run("'same' in window"))
        tab.server.show({**document, "version": "0.2.0"})
        tab.until("!('same' in window)", "a page of another version is loaded anew")

    def test_many(self):
        """page: a thousand guests can be filtered and kept up to date"""
        document = standing.calm(1000)
        tab = self.page(document)
        self.live(tab)
        tab.run("window.rows = [...document.querySelectorAll('#rows tr')]")
        document["guests"][776].update(health="drift", says="memory: 2048 is there")
        tab.server.show(document)
        tab.until("document.querySelector('#rows tr').dataset.key === 'web-777'",
                  "what drifts is at the top")
        self.assertEqual(tab.run("[...document.querySelectorAll('#rows tr')]"
                                 ".filter(r => rows.includes(r)).length"), 1000)
        tab.run("document.getElementById('filter').focus()")
        tab.ask("Input.insertText", text="pve02 web-77")
        tab.until("document.getElementById('shown').textContent === '3 of 1000'", "filtered")
        self.assertEqual(tab.run("[...document.querySelectorAll('#rows tr')]"
                                 ".filter(r => r.checkVisibility()).map(r => r.dataset.key)"),
                         ["web-772", "web-775", "web-778"])
        self.clean(tab)

    def test_without_script(self):
        """page: without JavaScript everything is there, and it is renewed by itself"""
        tab = self.page(standing.busy(), script=False)
        tab.ask("Emulation.setScriptExecutionDisabled", value=False)
        text = tab.text()
        for words in ("12 guests: 1 failed", "vm7 release db-02", "web-05", "12 of 140 used"):
            self.assertIn(words, text)
        self.assertNotIn("Filter", text)
        self.assertNotIn("Copy", text)
        self.assertNotIn(tab.server.origin + "events", tab.requests)
        self.assertEqual(tab.run("document.querySelector('meta[http-equiv=refresh]').content"),
                         "30")
        self.clean(tab)

    def test_hostile(self):
        """page: what comes from the repository or Proxmox stays text"""
        words = ["<script>window.hit=1</script><img src=x onerror='window.hit=1'>",
                 "\"'><svg onload=\"window.hit=1\">", "\u202e\u2067\u200f\u05d0" * 9,
                 "&lt;b&gt;" + "w" * 990]
        for word in words:
            tab = self.page(standing.hostile(word), width=375, height=800)
            tab.until("document.getElementById('live').textContent === 'Live'", "it is live")
            self.assertEqual(tab.run("[window.hit, document.scripts.length, "
                                     "document.querySelectorAll('img').length]"), [None, 1, 0])
            if word.isprintable():
                self.assertIn(word, tab.run("document.querySelector('h1').textContent"))
            self.assertLessEqual(tab.run(SIDEWAYS), 0, word)
            tab.look(1280, 900, "light")
            self.assertLessEqual(tab.run(SIDEWAYS), 0, word)
            self.clean(tab)

    def test_looks(self):
        """page: light and dark, wide and on a phone: readable, and no scrolling sideways"""
        shots = pathlib.Path(os.environ.get("VM7_TEST_SHOTS", self.dir))
        papers = set()
        tab = self.page(standing.busy())
        self.live(tab)
        for theme in ("light", "dark"):
            for width in (1280, 700, 375):
                tab.look(width, 900, theme)
                with self.subTest(theme=theme, width=width):
                    self.assertLessEqual(tab.run(SIDEWAYS), 0)
                    self.assertEqual(tab.run(CONTRAST), [])
                tab.shot(shots / f"page-{theme}-{width}.png")
            papers.add(tab.run("getComputedStyle(document.body).backgroundColor"))
        self.assertEqual(len(papers), 2)
        self.clean(tab)

    def test_access(self):
        """page: the Tab key reaches everything, and a screen reader finds its way"""
        tab = self.page(standing.busy())
        self.live(tab)
        count = tab.run(f"{STOPS}.length")
        self.assertGreater(count, 10)
        for number in range(count):
            tab.key("Tab")
            self.assertTrue(tab.run(f"{STOPS}[{number}] === document.activeElement"), number)
            self.assertNotEqual(tab.run("getComputedStyle(document.activeElement).outlineStyle"),
                                "none", number)
        tab.key("Enter")
        tab.until("document.activeElement.parentNode.open || "
                  "document.activeElement.closest('.passes') === null", "it opens")
        tab.run("document.querySelector('.skip').focus()")
        tab.key("Enter")
        tab.until("document.activeElement.id === 'guests'", "the guests are skipped to")
        nodes = tab.ask("Accessibility.getFullAXTree")["nodes"]
        named = [(n["role"]["value"], n.get("name", {}).get("value", ""))
                 for n in nodes if not n["ignored"]]
        roles = {role for role, name in named}
        for role in ("banner", "main", "contentinfo", "table", "columnheader", "rowheader",
                     "progressbar"):
            self.assertIn(role, roles)
        self.assertIn(("heading", "12 guests: 1 failed, 1 disputed, 2 wait for a person"), named)
        self.assertIn(("region", "Waiting for a person"), named)
        self.assertIn(("image", "12 of 140 used, 1 resting, 127 free, 11 excluded"), named)
        self.assertEqual(tab.run("document.querySelector('h1').parentNode.ariaLive"), "polite")
        self.assertEqual(
            [(role, name) for role, name in named
             if role in ("button", "link", "searchbox", "image") and not name.strip()], [])
        self.clean(tab)

    def test_controller(self):
        """page: the controller's own, from a commit to a guest that is as desired"""
        site = self.site([guest("a")], watched=True)
        site.person.publish("<img src=x onerror='window.hit=1'>", {"README": "hostile"})
        controller = Controller(site, listen=["127.0.0.1:0"])
        controller.says("door: open at http://")
        origin = controller.until(lambda: re.search(r"open at (http://\S+)\n", controller.log()),
                                  "an open door").group(1) + "/"
        tab = self.browser.tab()
        self.addCleanup(tab.close)
        tab.go(origin)
        self.live(tab)
        tab.run("window.same = 1")
        tab.until("document.querySelector('#rows [data-key=a] .badge.good')", "a is ready")
        site.person.pull()
        held = threading.Event()
        self.addCleanup(held.set)

        def hold(seen):
            if seen.path.endswith("/status/start"):
                held.wait(browser.ANSWER)
            return True
        site.sim.before = hold
        merged = site.set_vms(guest("a"), guest("b"))
        tab.until("document.querySelector('.steps [data-key=b]')?.innerText.includes('starting')",
                  "b is starting")
        self.assertEqual(tab.run("[document.querySelector('.count').innerText, "
                                 "document.querySelector('progress').max]"),
                         ["0 of 1 guest done", 1])
        held.set()
        tab.until("document.querySelector('#rows [data-key=b] .badge.good')", "b is ready")
        tab.until("document.body.className === 'good'", "everything is as desired")
        text = tab.text()
        for words in ("2 guests", site.leases()["b"]["ip"], merged[:8], "pve01",
                      "Other machines", "<img src=x onerror='window.hit=1'>"):
            self.assertIn(words, text)
        site.person.pull()
        site.person.publish("A mistake", {
            "vm7.yaml": site.manifest([guest("a"), guest("b")]).replace('"cpu"', '"cpus"', 1)})
        tab.until("document.querySelector('.mistakes')", "the mistake is told")
        self.assertRegex(tab.run("document.querySelector('.alerts').innerText"),
                         r"is not acted on(.|\n)*vm7.yaml:\d+:\d+: .*cpus")
        self.assertEqual(tab.run("[window.same, window.hit, document.body.className]"),
                         [1, None, "bad"])
        self.clean(tab, origin)
        controller.stop()


main()
