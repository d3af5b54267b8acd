"""Chromium without a window, spoken to in its debugging protocol over a pipe."""

import base64
import itertools
import json
import os
import queue
import shutil
import signal
import subprocess
import threading
import time

ANSWER = 20  # seconds that it may take

OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--hide-scrollbars", "--remote-debugging-pipe",
]


def program():
    """Where Chromium is, or None."""
    return shutil.which("chromium", path="/usr/bin:/usr/local/bin")


class Browser:
    """One Chromium. What it says on its own is told to the tab it is about."""

    def __init__(self, folder):
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # it reads descriptor 3 and writes descriptor 4
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}', "sh", program(),
             *OPTIONS, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"})
        os.close(theirs_in)
        os.close(theirs_out)
        self._numbers = itertools.count(1)
        self._answers = {}
        self._tabs = {}
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self):
        try:
            self.ask("Browser.close")
            self._process.wait(ANSWER)
        except (OSError, RuntimeError, queue.Empty, subprocess.TimeoutExpired):
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        os.close(self._out)

    def _listen(self):
        rest = b""
        with os.fdopen(self._in, "rb", buffering=0) as pipe:
            while more := pipe.read(1 << 16):
                *messages, rest = (rest + more).split(b"\0")
                for message in map(json.loads, messages):
                    if "id" in message:
                        self._answers[message["id"]].put(message)
                    elif message.get("sessionId") in self._tabs:
                        self._tabs[message["sessionId"]]._hear(message)

    def ask(self, method, session=None, **params):
        number = next(self._numbers)
        self._answers[number] = queue.Queue()
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        answer = self._answers[number].get(timeout=ANSWER)
        del self._answers[number]
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def tab(self, **options):
        return Tab(self, **options)


class Tab:
    """One page. Keeps what it asked for (`requests`) and complained about (`complaints`)."""

    def __init__(self, browser, width=1280, height=900, theme="light", script=True):
        self.browser = browser
        self.requests = []
        self.complaints = []
        self._loads = 0
        target = browser.ask("Target.createTarget", url="about:blank")["targetId"]
        self._target = target
        self._session = browser.ask("Target.attachToTarget", targetId=target,
                                    flatten=True)["sessionId"]
        browser._tabs[self._session] = self
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.look(width, height, theme)
        if not script:
            self.ask("Emulation.setScriptExecutionDisabled", value=True)

    def ask(self, method, **params):
        return self.browser.ask(method, self._session, **params)

    def close(self):
        self.browser.ask("Target.closeTarget", targetId=self._target)

    def _hear(self, message):
        what, params = message["method"], message["params"]
        if what == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif what == "Page.loadEventFired":
            self._loads += 1
        elif what == "Log.entryAdded" and params["entry"]["level"] in ("warning", "error"):
            entry = params["entry"]
            self.complaints.append(f"{entry['text']} {entry.get('url', '')}")
        elif what == "Runtime.consoleAPICalled":
            self.complaints.append(f"console: {params['args']}")
        elif what == "Runtime.exceptionThrown":
            self.complaints.append(f"exception: {params['exceptionDetails']}")

    def look(self, width, height, theme):
        """The size of the window, and light or dark."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height,
                 deviceScaleFactor=1, mobile=width < 500)
        self.ask("Emulation.setEmulatedMedia",
                 features=[{"name": "prefers-color-scheme", "value": theme}])

    def go(self, url):
        loads = self._loads
        self.ask("Page.navigate", url=url)
        self.until(lambda: self._loads > loads, f"{url} is loaded")

    def run(self, expression):
        """What the expression is in the page; a promise is waited for."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True,
                          awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def until(self, condition, what):
        """Wait for a function, or an expression in the page, to become true."""
        end = time.monotonic() + ANSWER
        while not (condition() if callable(condition) else self.run(f"Boolean({condition})")):
            if time.monotonic() > end:
                raise AssertionError(f"never happened: {what}")
            time.sleep(0.02)

    def text(self):
        return self.run("document.body.innerText")

    def key(self, name, text=None):
        code = {"Tab": 9, "Enter": 13}.get(name, 0)
        more = {"text": "\r"} if name == "Enter" else {"text": text} if text else {}
        self.ask("Input.dispatchKeyEvent", type="keyDown", key=name, code=name,
                 windowsVirtualKeyCode=code, **more)
        self.ask("Input.dispatchKeyEvent", type="keyUp", key=name, code=name,
                 windowsVirtualKeyCode=code)

    def shot(self, path):
        """The whole page as a picture."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        data = self.ask("Page.captureScreenshot", captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": size["width"],
                              "height": min(size["height"], 8000), "scale": 1})
        path.write_bytes(base64.b64decode(data["data"]))
