"""A door that shows the status page of documents that a test made up."""

import http.server
import json
import os
import pathlib
import subprocess
import threading

from program import VM7, sanitizer_env

PRINT = pathlib.Path(VM7).resolve().parent.parent / "tests/scenario/page-print"
TYPES = {"page.css": "text/css", "page.js": "text/javascript", "page.svg": "image/svg+xml"}


def page_print(*args, document=None):
    """What the program page-print says."""
    return subprocess.run([PRINT, *args], check=True, stdout=subprocess.PIPE,
                          input=json.dumps(document).encode(),
                          env=sanitizer_env(dict(os.environ))).stdout


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        owner = self.server.owner
        name = self.path[1:]
        if name == "events":
            self._events(owner)
        elif name in owner.files:
            self._answer(TYPES[name], owner.files[name])
        elif name == "":
            self._answer("text/html; charset=utf-8", owner.page)
        else:
            self.send_error(404)

    def _answer(self, kind, body):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Security-Policy", self.server.owner.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _events(self, owner):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.wfile.write(b"retry: 100\n\n")
        told = -1
        while True:
            with owner.changed:
                owner.changed.wait_for(lambda: owner.number > told or owner.server is None)
                if owner.server is None:
                    return
                told = owner.number
            self.wfile.write(b"event: changed\ndata: 1\n\n")


class PageServer:
    """Shows one document, and tells who listens when another takes its place."""

    def __init__(self, document):
        self.files = {name: page_print(name) for name in TYPES}
        self.policy = page_print("policy").decode()
        self.changed = threading.Condition()
        self.number = 0
        self.server = None
        self.port = 0
        self.show(document)
        self.start()

    def show(self, document):
        page = page_print(document=document)
        with self.changed:
            self.page = page
            self.number += 1
            self.changed.notify_all()

    def start(self):
        """Start, or start again after stop(), at the same address."""
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), _Handler)
        self.server.daemon_threads = True
        self.server.owner = self
        self.port = self.server.server_port
        self.origin = f"http://127.0.0.1:{self.port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self):
        with self.changed:
            server, self.server = self.server, None
            self.changed.notify_all()
        if server:
            server.shutdown()
            server.server_close()
